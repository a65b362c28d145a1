"""In which language a message is answered, and what becomes of one that the assistant doesn't speak."""

import pytest

from clinicbot.clinic import Clinic, load_clinic
from clinicbot.gateway.replies import other_language_reply
from clinicbot.texts import load_texts
from tests.gateway.conftest import Chat, Gateway, check_emergency_comes_first, check_names_the_numbers
from tests.gateway.fake_rasa import SUGGESTIONS, FakeRasa

ITALIAN = "Buongiorno, quanto dura l'effetto del botox sul viso?"
PERSIAN = "سلام، اثر بوتاکس چقدر طول می‌کشد؟"
ENGLISH = "How long does the effect last?"
GERMAN = "Wie lange hält die Wirkung von Botox?"
TURKISH = "Botoksun etkisi ne kadar sürer?"
FRENCH = "Combien de temps dure l'effet du botox ?"


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        pytest.param(ITALIAN, "it", id="Italian"),
        pytest.param(PERSIAN, "fa", id="Persian"),
        pytest.param("Скільки триває дія ботокса?", "uk", id="Ukrainian"),
        pytest.param("ボトックスの効果はどのくらい続きますか？", "ja", id="Japanese"),
    ],
)
async def test_a_first_message_in_a_foreign_language_gets_both_numbers_without_rasa(
    chat: Chat, rasa: FakeRasa, clinic: Clinic, text: str, foreign: str
) -> None:
    (reply,) = await chat.say(text)
    assert reply["kind"] == "handover"
    assert reply["text"] == other_language_reply(clinic, foreign).text
    english, own = reply["text"].split("\n")
    assert english == load_texts("en").get("other_language", phone=clinic.phone, emergency=clinic.emergency_number)
    assert clinic.phone in own
    assert clinic.emergency_number in own
    check_names_the_numbers(reply, clinic)
    assert rasa.asked == []


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, TURKISH, FRENCH, "ok", "Bonjour"])
async def test_a_first_message_in_a_language_of_the_clinic_goes_to_rasa(chat: Chat, rasa: FakeRasa, text: str) -> None:
    await chat.say(text)
    assert rasa.texts == [text]


@pytest.mark.parametrize("language", load_clinic().languages)
async def test_a_foreign_message_does_not_change_the_conversations_language(
    gateway: Gateway, rasa: FakeRasa, language: str
) -> None:
    chat = await gateway.start(language)
    (reply,) = await chat.say(ITALIAN)
    assert reply["language"] == "en"
    (reply,) = await chat.say("4-6?")
    assert reply["language"] == language
    assert rasa.asked[-1]["metadata"]["language"] == language


async def test_an_emergency_goes_before_a_foreign_language(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    text = "Buongiorno dottore, ho fatto il botox e adesso sto male"
    (reply,) = await chat.say(text)
    assert reply["kind"] == "handover"
    chat = await chat.gateway.start()
    check_emergency_comes_first(await chat.say(f"{text}: double vision"), clinic)


@pytest.mark.parametrize("first", [None, ENGLISH, TURKISH, GERMAN])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("i cant breathe", id="en"),
        pytest.param("nefes alamıyorum", id="tr"),
        pytest.param("Ich kann nicht atmen", id="de"),
        pytest.param("не могу дышать", id="ru"),
        pytest.param("ne mogu dyshat", id="ru in Latin letters"),
        pytest.param("لا أستطيع التنفس", id="ar"),
        pytest.param("je n'arrive pas à respirer", id="fr"),
        pytest.param("no puedo respirar", id="es"),
    ],
)
async def test_an_emergency_is_one_whatever_language_came_before(
    chat: Chat, clinic: Clinic, first: str | None, text: str
) -> None:
    if first:
        await chat.say(first)
    assert check_emergency_comes_first(await chat.say(text), clinic) == []


@pytest.mark.parametrize(
    ("text", "language"), [("ne mogu dyshat", "ru"), ("не могу дышать", "ru"), ("لا أستطيع التنفس", "ar")]
)
async def test_an_emergency_is_answered_in_its_own_language(chat: Chat, text: str, language: str) -> None:
    (reply,) = await chat.say(text)
    assert reply["kind"] == "emergency"
    assert reply["language"] == language


@pytest.mark.parametrize("text", ["ok", "OK!", "no", "hello", "hm?", "👍", "4-6"])
@pytest.mark.parametrize(("first", "language"), [(TURKISH, "tr"), (GERMAN, "de"), (FRENCH, "fr"), (ENGLISH, "en")])
async def test_a_short_message_stays_in_the_conversations_language(
    chat: Chat, rasa: FakeRasa, first: str, language: str, text: str
) -> None:
    await chat.say(first)
    (reply,) = await chat.say(text)
    assert reply["language"] == language
    assert rasa.asked[-1]["metadata"]["language"] == language


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (GERMAN, "de"), (FRENCH, "fr")])
async def test_a_whole_sentence_in_another_language_changes_it(
    chat: Chat, rasa: FakeRasa, text: str, language: str
) -> None:
    await chat.say(TURKISH)
    (reply,) = await chat.say(text)
    assert reply["language"] == language
    assert rasa.asked[-1]["metadata"]["language"] == language


async def test_a_pressed_button_stays_in_the_conversations_language(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [SUGGESTIONS]
    (reply,) = await chat.say(TURKISH)
    # the button's title is English
    (reply,) = await chat.say(button=reply["buttons"][0]["value"])
    assert reply["language"] == "tr"
    assert rasa.asked[-1]["metadata"]["language"] == "tr"
