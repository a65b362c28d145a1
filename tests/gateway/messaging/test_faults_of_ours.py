"""A fault of ours, or of the database, on the way of a message: never silence, and nothing is held against others."""

import asyncio
import logging

import pytest
from sqlalchemy.exc import OperationalError

from clinicbot.clinic import Clinic
from clinicbot.gateway import intake
from clinicbot.gateway.conversation import ConversationService
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.store.inbox import Inbox
from clinicbot.store.outbox import Outbox
from clinicbot.texts import load_texts
from tests.channels import fixtures
from tests.gateway.conftest import check_problem
from tests.gateway.fake_rasa import ANSWER, FakeRasa
from tests.gateway.messaging.conftest import Meta, RunMeta

EMERGENCY = load_emergency_text("en").text


def failure(clinic: Clinic) -> str:
    return load_texts("en").get("failure", phone=clinic.phone, emergency=clinic.emergency_number)


async def test_messages_that_can_not_be_read_by_a_fault_of_ours_are_answered_with_the_numbers(
    meta: Meta, clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("quetzalcoatl")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(intake, "find_alarm", broken)
        await meta.say("how long does quetzalcoatl last?")
        await meta.graph.until(lambda: bool(meta.said_to(1)))
    assert meta.said_to(1)[0].startswith(failure(clinic))
    assert "ValueError" in caplog.text
    assert "quetzalcoatl" not in caplog.text
    await meta.say("and this?")
    await meta.graph.until(lambda: len(meta.said_to(1)) == 2)
    assert meta.said_to(1)[1] == ANSWER["text"]


@pytest.mark.parametrize(("text", "is_emergency"), [("how long does it last?", False), ("i cant breathe", True)])
async def test_a_turn_that_can_not_be_answered_by_a_fault_of_ours_is_answered_with_the_numbers(
    meta: Meta, clinic: Clinic, monkeypatch: pytest.MonkeyPatch, text: str, is_emergency: bool
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ConversationService, "answer_turn", broken)
    await meta.say(text)
    await meta.graph.until(lambda: bool(meta.said_to(1)))
    assert meta.said_to(1)[0].startswith(EMERGENCY if is_emergency else failure(clinic))


async def test_a_turn_that_can_not_be_stored_is_answered_once_it_can(
    meta: Meta, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinicbot.gateway.incoming.TRY_AGAIN_SECONDS", 0.01)
    finish, failures = Outbox.finish_turn, iter(range(3))

    def sometimes(self: Outbox, *values: object, **options: object) -> None:
        if next(failures, None) is not None:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        finish(self, *values, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Outbox, "finish_turn", sometimes)
    await meta.say("how long does it last?")
    await meta.graph.receives(1)
    assert len(meta.said_to(1)) == 1
    assert len(rasa.asked) == 1


async def test_an_alarm_that_can_not_be_stored_is_told_at_once(meta: Meta, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr("clinicbot.gateway.incoming.TRY_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(Outbox, "finish_turn", full)
    await meta.say("i cant breathe")
    await meta.graph.receives(2)
    assert meta.said_to(1) == [EMERGENCY]


async def test_one_delivery_that_is_refused_is_not_held_against_the_others(
    meta: Meta, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = Inbox.receive

    def poisoned(self: Inbox, deliveries, *values, **options):  # type: ignore[no-untyped-def]
        if any("poison" in message.text for each in deliveries for message in each.messages):
            raise OperationalError("INSERT", {}, Exception("poison"))
        return receive(self, deliveries, *values, **options)

    monkeypatch.setattr(Inbox, "receive", poisoned)
    good, bad = meta.post(meta.text("a question?", 1)), meta.post(meta.text("poison", 2))
    answers = await asyncio.gather(good, bad)
    assert answers[0].status_code == 200
    check_problem(answers[1], 503, clinic)
    await meta.graph.receives(1)
    assert meta.said_to(1)


async def test_a_red_flag_and_the_erase_word_together(run_meta: RunMeta) -> None:
    async with run_meta(CLINICBOT_PAUSE="0.2") as meta:
        await meta.deliver(meta.text("i cant breathe"), meta.text("DELETE"), meta.text("how long does it last?"))
        await meta.graph.until(lambda: len(meta.said_to(1)) == 3)
        first, second, third = meta.said_to(1)
        assert first == EMERGENCY
        assert second == load_texts("en").get("erased")
        assert third.startswith(ANSWER["text"])


async def test_a_name_that_only_the_number_is_known_by_goes_on_with_the_user_id(meta: Meta) -> None:
    document = meta.text("how long does it last?")
    value = document["entry"][0]["changes"][0]["value"]
    del value["messages"][0]["from_user_id"], value["contacts"][0]["user_id"]
    await meta.deliver(document)
    await meta.graph.receives(1)
    await meta.say("does it hurt?")
    await meta.graph.receives(2)
    # the notice stands under the first answer only: it is the same person
    assert load_texts("en").get("erase_word") in meta.said_to(1)[0]
    assert load_texts("en").get("erase_word") not in meta.said_to(1)[1]
    assert {body["to"] for body in meta.graph.sent} == {fixtures.phone_of(1)}
