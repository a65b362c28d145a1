"""Several messages: read as one where they belong together, answered in order, an alarm at once."""

import asyncio

import pytest

from clinicbot.gateway import answering, incoming
from clinicbot.safety.emergency import load_emergency_text
from tests.channels import fixtures
from tests.gateway.conftest import eventually
from tests.gateway.fake_rasa import ANSWER, FakeRasa
from tests.gateway.messaging.conftest import Meta, RunMeta

EMERGENCY = load_emergency_text("en").text


async def test_three_quick_messages_are_one_question(run_meta: RunMeta, rasa: FakeRasa) -> None:
    async with run_meta(CLINICBOT_PAUSE="0.3") as meta:
        await meta.say("hi", "quick q", "can i shower after")
        await meta.graph.receives(1)
        assert rasa.texts == ["hi. quick q. can i shower after"]
        assert len(meta.said_to(1)) == 1


@pytest.mark.parametrize("texts", [("i cant", "swallow"), ("i", "cant", "breathe"), ("my throat is", "swelling")])
async def test_a_red_flag_split_over_messages_in_one_turn(
    run_meta: RunMeta, rasa: FakeRasa, texts: tuple[str, ...]
) -> None:
    async with run_meta(CLINICBOT_PAUSE="3600") as meta:
        await meta.say(*texts)
        await meta.graph.receives(1)
        assert meta.said_to(1)[0] == EMERGENCY
        assert rasa.asked == []


@pytest.mark.parametrize("texts", [("i cant", "swallow"), ("i", "cant", "breathe"), ("i cant", "hello?", "swallow")])
async def test_a_red_flag_split_over_turns(meta: Meta, texts: tuple[str, ...]) -> None:
    *first, last = texts
    for number, text in enumerate(first, 1):
        await meta.say(text)
        await meta.graph.until(lambda number=number: len(meta.said_to(1)) == number)
    await meta.say(last)
    await meta.graph.until(lambda: EMERGENCY in meta.said_to(1))


async def test_a_red_flag_in_the_middle_of_others_comes_first_and_the_rest_is_answered(
    run_meta: RunMeta, rasa: FakeRasa
) -> None:
    async with run_meta(CLINICBOT_PAUSE="0.3") as meta:
        await meta.deliver(
            meta.text("hello"), meta.text("i cant swallow since the injections"), meta.text("how long does it last?")
        )
        await meta.graph.until(lambda: len(meta.said_to(1)) == 2)
        assert meta.said_to(1)[0].startswith(EMERGENCY)
        assert meta.said_to(1)[1].startswith(ANSWER["text"])
        assert rasa.texts[-1] == "hello. how long does it last?"


async def test_an_alarm_does_not_wait_for_a_turn_that_hangs(run_meta: RunMeta, rasa: FakeRasa) -> None:
    rasa.may_answer.clear()
    async with run_meta() as meta:
        await meta.say("how long does it last?")
        await asyncio.wait_for(rasa.was_asked.wait(), 5)
        await meta.say("i cant breathe")
        await meta.graph.receives(1)
        assert meta.said_to(1) == [EMERGENCY]
        rasa.may_answer.set()
        await meta.graph.until(lambda: len(meta.said_to(1)) == 2)
        assert meta.said_to(1)[1].startswith(ANSWER["text"])


async def test_an_alarm_does_not_wait_for_the_rest_of_what_is_typed(run_meta: RunMeta) -> None:
    async with run_meta(CLINICBOT_PAUSE="3600") as meta:
        await meta.say("hi", "i cant breathe")
        await meta.graph.receives(1)
        assert meta.said_to(1) == [EMERGENCY]


async def test_an_alarm_is_not_raised_again_by_the_next_message(meta: Meta) -> None:
    await meta.say("i cant swallow")
    await meta.graph.receives(2)
    await meta.say("thank you")
    await meta.graph.receives(3)
    assert meta.said_to(1)[0] == EMERGENCY
    assert meta.said_to(1)[1].startswith(ANSWER["text"])


async def test_an_alarm_overtakes_answers_that_can_not_be_sent_yet(meta: Meta) -> None:
    meta.graph.may_answer.clear()
    await meta.say("how long does it last?")
    await meta.graph.until(lambda: meta.graph.attempts == 1)
    await meta.say("does it hurt?", "i cant breathe")

    async def all_are_queued() -> bool:  # two answers, the emergency text and its contact card
        return meta.services.stores.outbox.count_waiting() == 4

    await eventually(all_are_queued)
    meta.graph.may_answer.set()
    await meta.graph.until(lambda: len(meta.said_to(1)) >= 2)
    assert meta.said_to(1)[1] == EMERGENCY


async def test_turns_of_a_person_are_answered_in_order(meta: Meta, rasa: FakeRasa) -> None:
    rasa.may_answer.clear()
    await meta.say("first question?")
    await asyncio.wait_for(rasa.was_asked.wait(), 5)
    await meta.say("second question?")
    await meta.say("third question?", person=2)
    rasa.may_answer.set()
    await meta.graph.until(lambda: len(meta.said_to(1)) == 2 and len(meta.said_to(2)) == 1)
    mine = [asked["message"] for asked in rasa.asked if "third" not in asked["message"]]
    assert mine == ["first question?", "second question?"]
    assert set(rasa.most_at_once.values()) == {1}


async def test_messages_that_arrive_out_of_order_are_read_in_the_order_of_writing(
    run_meta: RunMeta, rasa: FakeRasa
) -> None:
    async with run_meta(CLINICBOT_PAUSE="0.3") as meta:
        early, late = meta.text("can i"), meta.text("shower after")
        await meta.deliver(late)
        await meta.deliver(early)
        await meta.graph.receives(1)
        assert rasa.texts == ["can i. shower after"]


async def test_what_was_stored_before_a_stop_is_answered_after_it(run_meta: RunMeta, rasa: FakeRasa) -> None:
    async with run_meta(CLINICBOT_PAUSE="3600") as meta:
        await meta.say("how long does it last?", "does it hurt?")
        await meta.say("i have a question", person=2)
        assert meta.graph.sent == []
    async with run_meta() as meta:
        await meta.graph.until(lambda: bool(meta.said_to(1)) and bool(meta.said_to(2)))
        assert len(meta.graph.sent) == 2


async def test_a_turn_that_was_begun_before_a_stop_is_answered_after_it_once(run_meta: RunMeta, rasa: FakeRasa) -> None:
    rasa.may_answer.clear()
    async with run_meta() as meta:
        await meta.say("how long does it last?")
        await asyncio.wait_for(rasa.was_asked.wait(), 5)
        assert meta.graph.sent == []
    rasa.may_answer.set()
    async with run_meta() as meta:
        await meta.graph.receives(1)
        await meta.say("does it hurt?")
        await meta.graph.receives(2)
        assert len(meta.said_to(1)) == 2


async def test_people_do_not_wait_for_one_another(meta: Meta, rasa: FakeRasa) -> None:
    meta.graph.may_answer.clear()
    await meta.say("how long does it last?")
    await meta.graph.until(lambda: meta.graph.attempts == 1)
    await meta.say("how long does it last?", person=2)
    await meta.graph.until(lambda: meta.graph.attempts == 2)
    meta.graph.may_answer.set()
    await meta.graph.until(
        lambda: {body["to"] for body in meta.graph.sent} == {fixtures.phone_of(1), fixtures.phone_of(2)}
    )


async def test_while_rasa_is_down_nobody_waits_for_the_patience_with_others(
    run_meta: RunMeta, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them waits for Rasa from when they wrote, not from when it is their turn to ask."""
    monkeypatch.setattr(answering, "PATIENCE", 2.0)
    monkeypatch.setattr(incoming, "AT_ONCE", 1)
    rasa.answers = []
    async with run_meta() as meta:
        for person in range(8):
            await meta.say("how long does it last?", person=person)
        # one after the other, each with all the patience, it would be 16 seconds
        await meta.graph.until(lambda: all(meta.said_to(person) for person in range(8)), seconds=10)
    # the first one asks again while there is patience; those behind it ask once
    assert 8 < len(rasa.asked) < 16
