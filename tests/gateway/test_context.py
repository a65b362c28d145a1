"""What was said before: as Rasa is told of it, and as the safety gate reads it together with the message."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from clinicbot.clinic import Clinic
from clinicbot.clock import utc_now
from clinicbot.gateway.conversation import CONTEXT_MESSAGES
from clinicbot.store.database import messages
from tests.gateway.conftest import Chat, Gateway, Json, check_emergency_comes_first
from tests.gateway.fake_rasa import ANSWER, SUGGESTIONS, FakeRasa, emergency_of

RED = "i cant breathe."


def make_older(gateway: Gateway, ages: dict[str, timedelta]) -> None:
    """Makes messages look as if they had been received that long ago."""
    with gateway.app.state.engine.begin() as connection:
        for text, age in ages.items():
            changed = connection.execute(
                update(messages).where(messages.c.text == text).values(received_at=utc_now() - age)
            )
            assert changed.rowcount == 1, text


def context(rasa: FakeRasa) -> list[Json]:
    """What Rasa was told, with its last message, of those before."""
    earlier: list[Json] = rasa.asked[-1]["metadata"]["earlier"]
    return earlier


async def test_a_first_message_comes_without_context(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    await (await gateway.start()).say("somebody else's")
    await chat.say("How is it done?")
    assert context(rasa) == []
    assert rasa.asked[-1]["metadata"]["urgent"] is False


async def test_the_messages_before_are_handed_over_oldest_first(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    for text in ("How is it done?", "And where?"):
        await chat.say(text)
    make_older(gateway, {"How is it done?": timedelta(minutes=50), "And where?": timedelta(seconds=90)})
    await chat.say("And for migraines?")
    assert rasa.texts[-1] == "And for migraines?"
    assert context(rasa) == [
        {
            "text": "How is it done?",
            "language": "en",
            "seconds_ago": pytest.approx(3000, abs=30),
            "urgent": False,
        },
        {"text": "And where?", "language": "en", "seconds_ago": pytest.approx(90, abs=30), "urgent": False},
    ]


async def test_only_the_last_ones_are_handed_over(chat: Chat, rasa: FakeRasa) -> None:
    texts = [f"How long is it after {number} days?" for number in range(CONTEXT_MESSAGES + 2)]
    for text in texts:
        await chat.say(text)
    await chat.say("And where?")
    assert [said["text"] for said in context(rasa)] == texts[2:]


async def test_nothing_older_than_an_hour_is_handed_over(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    for text in ("How is it done?", "And where?"):
        await chat.say(text)
    make_older(gateway, {"How is it done?": timedelta(minutes=61), "And where?": timedelta(minutes=59)})
    await chat.say("And for migraines?")
    assert [said["text"] for said in context(rasa)] == ["And where?"]


async def test_a_pressed_button_is_handed_over_as_what_it_stands_for(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [SUGGESTIONS]
    (reply,) = await chat.say("How was that again?")
    await chat.say(button=reply["buttons"][0]["value"])
    assert [said["text"] for said in context(rasa)] == ["How was that again?"]
    await chat.say("And where?")
    assert [said["text"] for said in context(rasa)] == ["How was that again?", "faq:duration/how_long"]


@pytest.mark.parametrize(
    ("text", "told"),
    [("/restart", "restart"), ("is it {language}?", "is it (language)?"), ("/", "?"), ("what\nis it", "what is it")],
)
async def test_odd_text_of_before_is_as_harmless_as_now(chat: Chat, rasa: FakeRasa, text: str, told: str) -> None:
    await chat.say(text)
    await chat.say("And where?")
    assert [said["text"] for said in context(rasa)] == [told]


async def test_each_message_before_has_the_language_it_was_answered_in(chat: Chat, rasa: FakeRasa) -> None:
    for text in ("Botoksun etkisi ne kadar sürer?", "How long does the effect last?"):
        await chat.say(text)
    await chat.say("Wie lange hält die Wirkung von Botox?")
    assert [said["language"] for said in context(rasa)] == ["tr", "en"]
    assert rasa.asked[-1]["metadata"]["language"] == "de"


@pytest.mark.parametrize("by_rasa", [False, True], ids=["of the gate", "of Rasa"])
async def test_an_emergency_of_before_is_urgent(chat: Chat, rasa: FakeRasa, clinic: Clinic, by_rasa: bool) -> None:
    text = "what is it with my arm" if by_rasa else RED
    rasa.answers = [emergency_of(clinic)]
    check_emergency_comes_first(await chat.say(text), clinic)
    rasa.answers = [ANSWER]
    await chat.say("And where?")
    await chat.say("And how?")
    assert [(said["text"], said["urgent"]) for said in context(rasa)] == [(text, True), ("And where?", False)]


async def test_a_message_that_rasa_gave_nothing_for_is_still_context(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = []
    await chat.say("How is it done?")
    rasa.answers = [ANSWER]
    await chat.say("And where?")
    assert [said["text"] for said in context(rasa)] == ["How is it done?"]


async def kind_of(chat: Chat, text: str) -> str:
    return str((await chat.say(text))[0]["kind"])


@pytest.mark.parametrize(("minutes", "kind"), [(9, "emergency"), (11, "answer")])
async def test_only_messages_of_the_last_ten_minutes_are_read_together(
    gateway: Gateway, chat: Chat, minutes: int, kind: str
) -> None:
    assert await kind_of(chat, "i cant") == "answer"
    make_older(gateway, {"i cant": timedelta(minutes=minutes)})
    assert await kind_of(chat, "swallow") == kind


@pytest.mark.parametrize(
    ("texts", "kind"),
    [(("i cant", "hello", "swallow"), "emergency"), (("i cant", "hello", "please", "swallow"), "answer")],
)
async def test_no_more_than_three_messages_are_read_together(chat: Chat, texts: tuple[str, ...], kind: str) -> None:
    *before, last = texts
    for text in before:
        assert await kind_of(chat, text) == "answer"
    assert await kind_of(chat, last) == kind


async def test_a_pressed_button_is_no_word_of_the_patient(chat: Chat, rasa: FakeRasa) -> None:
    offer = {"text": "This?", "buttons": [{"title": "i cant", "payload": "faq:uses/one"}]}
    rasa.answers = [offer | {"metadata": {"kind": "fallback"}}]
    (reply,) = await chat.say("hm?")
    rasa.answers = [ANSWER]
    await chat.say(button=reply["buttons"][0]["value"])
    assert await kind_of(chat, "swallow") == "answer"


async def test_a_pressed_button_does_not_come_between_two_messages(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [SUGGESTIONS]
    (reply,) = await chat.say("i cant")
    for _ in range(2):
        await chat.say(button=reply["buttons"][0]["value"])
    assert await kind_of(chat, "swallow") == "emergency"


async def test_an_alarm_does_not_come_between_two_messages(chat: Chat) -> None:
    for text, kind in (("i cant", "answer"), *[("chest pain", "emergency")] * 2, ("swallow", "emergency")):
        assert await kind_of(chat, text) == kind


async def test_the_words_of_an_alarm_do_not_raise_another(chat: Chat) -> None:
    assert await kind_of(chat, "i cant breathe") == "emergency"
    assert await kind_of(chat, "swallow") == "answer"
