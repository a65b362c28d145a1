"""What the gateway counts of what it answers."""

import asyncio
import json
import uuid
from datetime import datetime, timezone
from typing import Any

import pytest
from sqlalchemy import Table, select

from clinicbot.clinic import Clinic
from clinicbot.store.figure_tables import daily_counts, daily_durations, daily_thumbs, understandings
from tests.gateway.conftest import Chat, Gateway
from tests.gateway.fake_rasa import ANSWER, HANDOVER, FakeRasa, emergency_of, understood

HOW_LONG = "duration/how_long"


def rows(gateway: Gateway, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    selected = [table.c[column] for column in columns]
    with gateway.app.state.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*selected).order_by(*selected)).all()]


def counts(gateway: Gateway) -> list[tuple[Any, ...]]:
    return rows(gateway, daily_counts, "kind", "label", "count")


async def test_an_answer_is_counted_by_day_channel_language_kind_and_label(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, clinic: Clinic
) -> None:
    def today() -> Any:
        return datetime.now(timezone.utc).astimezone(clinic.time_zone).date()

    rasa.answers = [understood(ANSWER, HOW_LONG)]
    before = today()
    await chat.say("How long does it last?")
    await chat.say("Ne kadar sürer, kaç ay etkili kalır?")
    counted = rows(gateway, daily_counts, "language", "channel", "kind", "label", "count", "day")
    assert [row[:-1] for row in counted] == [
        ("en", "web", "answer", HOW_LONG, 1),
        ("tr", "web", "answer", HOW_LONG, 1),
    ]
    assert all(before <= row[-1] <= today() for row in counted)
    assert sum(count for (count,) in rows(gateway, daily_durations, "count")) == 2


async def test_what_was_understood_is_kept(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [understood(HANDOVER, "ask_price", nearest=(HOW_LONG, "duration/onset"), release=3), ANSWER]
    await chat.say("How much for four months?")
    ((label, labels, confidence, nearest, release),) = rows(
        gateway, understandings, "label", "labels", "confidence", "nearest", "release"
    )
    assert (label, json.loads(labels), confidence, release) == ("ask_price", ["ask_price"], 0.9, 3)
    assert json.loads(nearest) == [HOW_LONG, "duration/onset"]


async def test_it_is_kept_also_if_the_message_that_brings_it_says_nothing(
    gateway: Gateway, chat: Chat, rasa: FakeRasa
) -> None:
    rasa.answers = [understood(ANSWER | {"text": ""}, HOW_LONG), ANSWER]
    await chat.say("How long does it last?")
    assert counts(gateway) == [("answer", HOW_LONG, 1)]


@pytest.mark.parametrize("told", [None, "how long", {"labels": [7]}])
async def test_a_rasa_that_tells_nothing_usable_is_answered_as_ever(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, told: Any
) -> None:
    rasa.answers = [ANSWER | {"understood": told}]
    (reply,) = await chat.say("How long does it last?")
    assert reply["text"] == ANSWER["text"]
    assert counts(gateway) == [("answer", "", 1)]
    assert rows(gateway, understandings, "label") == []


async def test_an_emergency_that_the_gate_finds_is_counted_without_asking_anybody(
    gateway: Gateway, chat: Chat, rasa: FakeRasa
) -> None:
    await chat.say("i cant breathe")
    assert rasa.asked == []
    assert counts(gateway) == [("emergency", "report_red", 1)]
    assert rows(gateway, daily_durations, "count") == []


async def test_an_emergency_that_rasa_finds_beside_a_question_is_counted_as_an_emergency(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, clinic: Clinic
) -> None:
    rasa.answers = [understood(ANSWER, HOW_LONG, "report_red"), emergency_of(clinic)]
    await chat.say("How long does it last? Something is very wrong")
    assert counts(gateway) == [("emergency", "report_red", 1)]


async def test_silence_is_counted_as_a_fallback(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = []
    await chat.say("How long does it last?")
    assert counts(gateway) == [("fallback", "", 1)]


async def test_a_message_that_is_sent_again_counts_once(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [understood(ANSWER, HOW_LONG)]
    message_id = str(uuid.uuid4())
    await asyncio.gather(*(chat.send("How long does it last?", id=message_id) for _ in range(3)))
    await chat.send("How long does it last?", id=message_id)
    assert counts(gateway) == [("answer", HOW_LONG, 1)]


async def test_figures_that_cannot_be_recorded_cost_nobody_the_reply(
    gateway: Gateway, chat: Chat, rasa: FakeRasa
) -> None:
    daily_counts.drop(gateway.app.state.engine)
    rasa.answers = [understood(ANSWER, HOW_LONG)]
    (reply,) = await chat.say("How long does it last?")
    assert reply["text"] == ANSWER["text"]
    (alarm, *_) = await chat.say("i cant breathe")
    assert alarm["kind"] == "emergency"
    assert [len(message["replies"]) for message in (await chat.history())["messages"]] == [1, 1]


async def test_a_thumb_counts_for_the_faq(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [understood(ANSWER, HOW_LONG)]
    (reply,) = await chat.say("How long does it last?")
    await chat.rate(reply["id"], True)
    await chat.rate(reply["id"], False)
    thumbs = rows(gateway, daily_thumbs, "label", "helpful", "count")
    assert sorted(thumbs) == [(HOW_LONG, False, 1), (HOW_LONG, True, 0)]


async def test_an_ended_session_leaves_nothing_of_what_was_understood(
    gateway: Gateway, chat: Chat, rasa: FakeRasa
) -> None:
    rasa.answers = [understood(ANSWER, HOW_LONG)]
    await chat.say("How long does it last?")
    await chat.end()
    assert rows(gateway, understandings, "label") == []
    assert counts(gateway) == [("answer", HOW_LONG, 1)]
