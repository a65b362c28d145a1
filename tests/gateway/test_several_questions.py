"""Several things in one message: one reply, or the emergency text and then one reply."""

import asyncio
import uuid
from typing import Any

import pytest

from clinicbot.clinic import Clinic
from clinicbot.gateway import asking
from clinicbot.texts import load_texts
from tests.gateway.conftest import Chat, Json, Run, check_emergency_comes_first
from tests.gateway.fake_rasa import ANSWER, HANDOVER, SUGGESTIONS, FakeRasa, emergency_of, unused_port

RED = "i cant breathe."
LASTS = "How long does botox last?"
TURKISH = "Botoksun etkisi ne kadar sürer?"


def answer(text: str, **metadata: Any) -> Json:
    """An FAQ's answer, as Rasa sends it."""
    return {"text": text, "metadata": {"title": f"{text}?", "source": ["p5.2"]} | metadata}


SHOWS, FADES = answer("It shows soon.", source=["p5.3"]), answer("It fades slowly.")
BRUISES = answer("Bruises may occur.", phone_line=True)
SMALLTALK = {"text": "You are welcome.", "metadata": {"kind": "smalltalk"}}


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives Rasa the time that a busy machine may need; that it is short has tests of its own."""
    monkeypatch.setattr(asking, "BESIDE_EMERGENCY_SECONDS", 5.0)


async def test_several_answers_are_one_reply_in_order(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = [SHOWS, FADES, answer("It shows soon. Do not rub it.")]
    (reply,) = await chat.say("When does it show, and for how long?")
    assert reply["kind"] == "answer"
    assert reply["text"] == "It shows soon.\nIt fades slowly.\nDo not rub it."
    assert reply["source"]["title"].split(" · ")[:2] == ["It shows soon.?", "It fades slowly.?"]
    assert (await chat.history())["messages"][0]["replies"] == [reply]


async def test_several_answers_name_the_phone_line_once_and_last(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = [BRUISES, FADES, answer("Swelling may occur.", phone_line=True)]
    (reply,) = await chat.say("Bruises, swelling, and how long?")
    line = load_texts("en").get("phone_line", phone=clinic.phone)
    assert reply["text"] == f"Bruises may occur.\nIt fades slowly.\nSwelling may occur.\n{line}"
    assert [button["value"] for button in reply["buttons"]] == [clinic.phone_uri]


async def test_what_was_not_understood_is_named_beside_what_was(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    named = load_texts("en").get("not_understood_part", part="the blue form", phone=clinic.phone)
    call = {"title": "Call", "payload": clinic.phone_uri}
    rasa.answers = [FADES, {"text": named, "buttons": [call], "metadata": {"kind": "fallback"}}]
    (reply,) = await chat.say("How long, and the blue form?")
    assert reply["kind"] == "answer"
    assert reply["text"] == f"It fades slowly.\n{named}"
    assert [button["value"] for button in reply["buttons"]] == [clinic.phone_uri]


async def test_buttons_of_several_answers_still_send_what_they_stand_for(chat: Chat, rasa: FakeRasa) -> None:
    other = {"text": "Or this?", "buttons": [{"title": "When?", "payload": "faq:duration/onset"}], "metadata": {}}
    rasa.answers = [SUGGESTIONS, other]
    (reply,) = await chat.say("hm")
    for title, payload in (("How long does it last?", "faq:duration/how_long"), ("When?", "faq:duration/onset")):
        (button,) = [button for button in reply["buttons"] if button["title"] == title]
        await chat.say(button=button["value"])
        assert rasa.texts[-1] == payload


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    ("text", "asked"),
    [
        pytest.param(f"{RED} {LASTS}", f"{RED} {LASTS}", id="a question behind"),
        pytest.param(f"{LASTS}\n{RED}", f"{LASTS} {RED}", id="a question before"),
        pytest.param("i cant breathe, how long does it last?", "i cant breathe, how long does it last?", id="in one"),
        pytest.param(f"nefes alamıyorum. {TURKISH}", f"nefes alamıyorum. {TURKISH}", id="Turkish"),
        pytest.param(f"/{RED} is it a {{slot}}?", f"{RED} is it a (slot)?", id="slash and braces"),
    ],
)
async def test_rasa_is_told_what_an_emergency_message_says_and_that_it_is_one(
    chat: Chat, rasa: FakeRasa, clinic: Clinic, text: str, asked: str
) -> None:
    (reply,) = check_emergency_comes_first(await chat.say(text), clinic)
    assert rasa.texts == [asked]
    assert rasa.asked[0]["metadata"]["urgent"] is True
    assert reply["text"] == ANSWER["text"]
    assert reply["source"]["title"] == "How long does it last?"


@pytest.mark.parametrize("text", [RED, "i cant breathe?", "i cant breathe please help", "nefes alamıyorum"])
async def test_a_message_too_short_to_ask_more_gets_the_emergency_text_alone(
    chat: Chat, rasa: FakeRasa, clinic: Clinic, text: str
) -> None:
    assert check_emergency_comes_first(await chat.say(text), clinic) == []
    assert rasa.asked == []


@pytest.mark.usefixtures("unhurried")
async def test_a_longer_message_that_asks_nothing_more_gets_the_emergency_text_alone(
    chat: Chat, rasa: FakeRasa, clinic: Clinic
) -> None:
    rasa.answers = [emergency_of(clinic)]
    assert check_emergency_comes_first(await chat.say(f"{RED} i had botox on monday."), clinic) == []
    assert len(rasa.asked) == 1


@pytest.mark.usefixtures("unhurried")
async def test_several_answers_beside_an_emergency_are_one_reply(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = [SHOWS, FADES]
    (reply,) = check_emergency_comes_first(await chat.say(f"{RED} {LASTS}"), clinic)
    assert reply["text"] == "It shows soon.\nIt fades slowly."


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    ("answers", "texts"),
    [
        pytest.param([BRUISES], [], id="an FAQ that sends to the phone line"),
        pytest.param([BRUISES, FADES], ["It fades slowly."], id="that one beside another"),
        pytest.param([FADES, BRUISES], ["It fades slowly."], id="that one behind another"),
        pytest.param([HANDOVER], [], id="a handover"),
        pytest.param([SUGGESTIONS], [], id="not understood"),
        pytest.param([SMALLTALK, SHOWS], ["It shows soon."], id="small talk"),
    ],
)
async def test_only_answers_that_play_nothing_down_stand_beside_an_emergency(
    chat: Chat, rasa: FakeRasa, clinic: Clinic, answers: list[Json], texts: list[str]
) -> None:
    rasa.answers = answers
    beside = check_emergency_comes_first(await chat.say(f"{RED} {LASTS}"), clinic)
    assert [reply["text"] for reply in beside] == texts
    assert len(rasa.asked) == 1


@pytest.mark.usefixtures("unhurried")
async def test_no_emergency_of_rasas_own_is_repeated_beside_one(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = [emergency_of(clinic), SHOWS]
    (reply,) = check_emergency_comes_first(await chat.say(f"{RED} {LASTS}"), clinic)
    assert reply["text"] == "It shows soon."


@pytest.mark.parametrize(
    ("answers", "texts"),
    [
        pytest.param([SHOWS, FADES], ["It shows soon.\nIt fades slowly."], id="answers"),
        pytest.param([BRUISES], [], id="an FAQ that sends to the phone line"),
        pytest.param([SHOWS, BRUISES], ["It shows soon."], id="that one behind another"),
    ],
)
async def test_beside_rasas_own_emergency_the_same_holds(
    chat: Chat, rasa: FakeRasa, clinic: Clinic, answers: list[Json], texts: list[str]
) -> None:
    rasa.answers = [*answers, emergency_of(clinic)]
    beside = check_emergency_comes_first(await chat.say("what is it with my arm, and how long?"), clinic)
    assert [reply["text"] for reply in beside] == texts


async def test_rasa_is_too_slow_beside_an_emergency(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.may_answer.clear()
    # far below the five seconds that any other message may wait for Rasa
    replies = await asyncio.wait_for(chat.say(f"{RED} {LASTS}"), 3)
    assert check_emergency_comes_first(replies, clinic) == []
    assert rasa.texts == [f"{RED} {LASTS}"]


async def test_rasa_is_down_beside_an_emergency(run: Run, clinic: Clinic) -> None:
    async with run(RASA_PORT=str(unused_port())) as gateway:
        replies = await (await gateway.start()).say(f"{RED} {LASTS}")
        assert check_emergency_comes_first(replies, clinic) == []


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("[]", 200, id="silence"),
        pytest.param("[{", 200, id="invalid JSON"),
        pytest.param("[null]", 200, id="a list of null"),
        pytest.param('[{"text": "a", "metadata": {"kind": "nonsense"}}]', 200, id="an unknown kind"),
        pytest.param('[{"text": "a", "metadata": {"source": ["p5.2"]}}]', 200, id="a source without title"),
        pytest.param("Internal Server Error", 500, id="500"),
    ],
)
async def test_an_unusable_answer_beside_an_emergency(
    chat: Chat, rasa: FakeRasa, clinic: Clinic, body: str, status: int
) -> None:
    rasa.body, rasa.status = body, status
    assert check_emergency_comes_first(await chat.say(f"{RED} {LASTS}"), clinic) == []
    assert len(rasa.asked) == 1


async def test_an_emergency_with_a_question_waits_for_no_earlier_message(
    chat: Chat, rasa: FakeRasa, clinic: Clinic
) -> None:
    rasa.may_answer.clear()
    question = asyncio.create_task(chat.say("And where?"))
    await asyncio.wait_for(rasa.was_asked.wait(), 5)
    check_emergency_comes_first(await asyncio.wait_for(chat.say(f"{RED} {LASTS}"), 3), clinic)
    assert not question.done()
    rasa.may_answer.set()
    await question


@pytest.mark.usefixtures("unhurried")
async def test_an_emergency_with_a_question_is_kept_whole(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    message_id = str(uuid.uuid4())
    replies = await chat.say(f"{RED} {LASTS}", id=message_id)
    assert await chat.say(f"{RED} {LASTS}", id=message_id) == replies
    assert (await chat.history())["messages"][0]["replies"] == replies
    assert len(replies) == 2
    assert len(rasa.asked) == 1
