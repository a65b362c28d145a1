"""What is counted of a messaging channel: turns, once each, whatever the channel repeats."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from clinicbot.gateway.conversation import ConversationService
from clinicbot.store.figure_tables import daily_counts, daily_durations
from tests.gateway.fake_rasa import ANSWER, FakeRasa, understood
from tests.gateway.messaging.conftest import Meta

HOW_LONG = "duration/how_long"


def counts(engine: Engine) -> list[tuple[Any, ...]]:
    selected = [daily_counts.c[name] for name in ("channel", "language", "kind", "label", "count")]
    with engine.connect() as connection:
        assert connection.execute(select(daily_durations)).all() == []  # nobody watches a clock there
        return [tuple(row) for row in connection.execute(select(*selected).order_by(*selected)).all()]


async def test_a_turn_is_counted_once_however_often_its_messages_come(
    meta: Meta, rasa: FakeRasa, engine: Engine
) -> None:
    rasa.answers = [understood(ANSWER, HOW_LONG)]
    words = [meta.text("quick question"), meta.text("how long does it last?")]
    for _ in range(2):
        await meta.deliver(*words)
    await meta.graph.receives(1)
    await meta.deliver(*words)
    await meta.has_noted_what_was_sent()
    assert counts(engine) == [("whatsapp", "en", "answer", HOW_LONG, 1)]


async def test_an_emergency_is_counted(meta: Meta, rasa: FakeRasa, engine: Engine) -> None:
    await meta.say("i cant breathe")
    await meta.graph.receives(1)
    await meta.has_noted_what_was_sent()
    assert counts(engine) == [("whatsapp", "en", "emergency", "report_red", 1)]


async def test_a_turn_that_an_error_of_ours_spoils_is_counted_as_a_fallback(
    meta: Meta, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("an error of ours")

    monkeypatch.setattr(ConversationService, "answer_turn", fail)
    await meta.say("how long does it last?")
    await meta.graph.receives(1)
    await meta.has_noted_what_was_sent()
    assert counts(engine) == [("whatsapp", "en", "fallback", "", 1)]
