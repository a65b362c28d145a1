"""What a patient on WhatsApp gets for what they send."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from clinicbot.clinic import Clinic
from clinicbot.gateway import answering
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.store import contacts
from clinicbot.store.database import feedback, metadata
from clinicbot.texts import load_texts
from tests.channels import fixtures
from tests.gateway.fake_rasa import ANSWER, HANDOVER, SUGGESTIONS, FakeRasa, emergency_of
from tests.gateway.messaging.conftest import Meta, RunMeta
from tests.gateway.messaging.fake_graph import text_of

UNREADABLE = (
    "image", "image_question_caption", "video", "voice", "audio", "document", "sticker", "location", "contacts",
    "unsupported", "unsupported_poll", "edit", "flow_reply", "future_type", "future_type_odd",
)  # fmt: skip


async def noticed(meta: Meta) -> None:
    """Person 1 has been told who answers here."""
    await meta.say("hello there")
    await meta.graph.receives(1)
    meta.graph.sent.clear()


async def test_a_question_is_answered(meta: Meta, rasa: FakeRasa) -> None:
    await noticed(meta)
    await meta.say("how long does it last?")
    (sent,) = await meta.graph.receives(1)
    assert text_of(sent) == ANSWER["text"]
    assert sent["to"] == fixtures.phone_of(1)
    assert meta.graph.tokens == {"Bearer an-access-token"}


async def test_rasa_never_learns_who_writes(meta: Meta, rasa: FakeRasa) -> None:
    await meta.say("how long does it last?")
    await meta.graph.receives(1)
    (asked,) = rasa.asked
    assert fixtures.phone_of(1) not in str(asked)
    assert fixtures.user_id_of(1) not in str(asked)


async def test_a_person_without_a_visible_number_is_answered_by_the_user_id(meta: Meta) -> None:
    await meta.deliver(fixtures.load("text_without_phone"))
    (sent, *_) = await meta.graph.receives(1)
    assert "to" not in sent
    assert "." in sent["recipient"]


async def test_the_first_answer_says_who_answers_and_the_second_does_not(meta: Meta, clinic: Clinic) -> None:
    await meta.say("how long does it last?")
    await meta.graph.receives(1)
    await meta.say("does it hurt?")
    await meta.graph.receives(2)
    first, second = meta.said_to(1)
    assert first.startswith(ANSWER["text"])
    assert load_texts("en").get("erase_word") in first
    assert str(clinic.retention_days) in first
    assert second == ANSWER["text"]


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_can_not_be_read_is_answered_with_the_red_list_and_the_phone_line(
    meta: Meta, clinic: Clinic, name: str
) -> None:
    await meta.deliver(meta.of_type(name))
    await meta.graph.receives(1)
    said = meta.said_to(1)[0]
    texts = load_texts("en")
    assert texts.get("unreadable", phone=clinic.phone) in said
    assert load_emergency_text("en").red_list in said
    assert clinic.phone in said


@pytest.mark.parametrize("name", ["image_red_flag_caption", "edit_caption", "order"])
async def test_a_red_flag_in_the_words_of_something_else_counts(meta: Meta, name: str) -> None:
    await meta.deliver(meta.of_type(name))
    await meta.graph.receives(1)
    assert meta.said_to(1)[0].startswith(load_emergency_text("en").text)


async def test_a_question_in_a_caption_is_answered_below(meta: Meta, rasa: FakeRasa) -> None:
    await meta.deliver(meta.of_type("image_question_caption"))
    await meta.graph.receives(1)
    said = meta.said_to(1)[0]
    assert said.index(load_emergency_text("en").red_list) < said.index(ANSWER["text"])
    assert len(rasa.asked) == 1


async def test_an_album_is_one_notice(meta: Meta) -> None:
    await meta.deliver(*(meta.of_type("image") for _ in range(4)))
    await meta.say("hello", person=2)
    await meta.graph.until(lambda: bool(meta.said_to(1)) and bool(meta.said_to(2)))
    assert len(meta.said_to(1)) == 1


@pytest.mark.parametrize("name", ["reaction", "reaction_removed", "revoke", "system_changed_number", "request_welcome"])
async def test_what_wants_no_answer_gets_none(meta: Meta, rasa: FakeRasa, name: str) -> None:
    await meta.deliver(meta.of_type(name))
    await meta.say("and a question")
    await meta.graph.receives(1)
    assert len(meta.said_to(1)) == 1
    assert rasa.texts == ["and a question"]


@pytest.mark.parametrize(("emoji", "helpful"), [("👍", True), ("👍🏽", True), ("👎", False), ("😮", None)])
async def test_a_thumb_on_an_answer_is_feedback(meta: Meta, emoji: str, helpful: bool | None) -> None:
    await meta.say("how long does it last?")
    await meta.graph.receives(1)
    await meta.has_noted_what_was_sent()
    document = meta.of_type("reaction")
    reaction = document["entry"][0]["changes"][0]["value"]["messages"][0]["reaction"]
    reaction |= {"message_id": "wamid.sent1", "emoji": emoji}
    await meta.deliver(document)
    await meta.say("thanks")
    await meta.graph.receives(2)
    with meta.services.stores.outbox._engine.connect() as connection:
        rated = connection.execute(select(feedback.c.helpful)).scalars().all()
    assert rated == ([] if helpful is None else [helpful])


async def test_a_pressed_button_is_what_it_stands_for(meta: Meta, rasa: FakeRasa) -> None:
    rasa.answers = [SUGGESTIONS]
    await meta.say("what about it")
    sent = await meta.graph.receives(1)
    (button,) = sent[0]["interactive"]["action"]["buttons"]
    document = meta.of_type("button_reply")
    interactive = document["entry"][0]["changes"][0]["value"]["messages"][0]["interactive"]
    interactive["button_reply"] |= {"id": button["reply"]["id"], "title": button["reply"]["title"]}
    await meta.deliver(document)
    await meta.graph.until(lambda: len(meta.said_to(1)) >= 2)
    assert rasa.texts[-1] == "faq:duration/how_long"


async def test_a_button_that_was_never_offered_counts_as_its_title(meta: Meta, rasa: FakeRasa) -> None:
    document = meta.of_type("button_reply")
    interactive = document["entry"][0]["changes"][0]["value"]["messages"][0]["interactive"]
    interactive["button_reply"] |= {"id": "/restart", "title": "/restart{}"}
    await meta.deliver(document)
    await meta.graph.receives(1)
    assert rasa.texts == ["restart()"]


async def test_the_phone_line_is_text_and_a_contact_card_once_a_day(meta: Meta, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = [HANDOVER | {"buttons": [{"title": "Call", "payload": clinic.phone_uri}]}]
    await meta.say("i want to book")
    sent = await meta.graph.receives(2)
    assert clinic.phone in text_of(sent[0])
    assert sent[1]["contacts"][0]["phones"][0]["phone"] == clinic.phone_uri.removeprefix("tel:")
    await meta.say("i want to book again")
    await meta.graph.receives(3)
    await meta.say("and again")
    assert [body["type"] for body in await meta.graph.receives(4)] == ["text", "contacts", "text", "text"]


async def test_an_emergency_has_its_own_text_and_both_numbers_as_cards_each_time(meta: Meta, clinic: Clinic) -> None:
    await meta.say("i cant breathe")
    await meta.graph.receives(2)
    await meta.say("my throat is swelling")
    sent = await meta.graph.receives(4)
    assert [body["type"] for body in sent] == ["text", "contacts"] * 2
    assert text_of(sent[0]) == load_emergency_text("en").text
    numbers = [contact["phones"][0]["phone"] for contact in sent[1]["contacts"]]
    assert numbers == [clinic.emergency_number, clinic.phone_uri.removeprefix("tel:")]


async def test_rasas_own_emergency_overtakes(meta: Meta, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = [emergency_of(clinic)]
    await meta.deliver(meta.of_type("image_question_caption"))
    await meta.graph.receives(1)
    assert meta.said_to(1)[0] == load_emergency_text("en").text


async def test_the_language_is_the_patients(
    meta: Meta, rasa: FakeRasa, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "PATIENCE", 0.0)
    rasa.answers = []
    await meta.say("Botoksun etkisi ne kadar sürer?")
    await meta.graph.receives(1)
    turkish = load_texts("tr").get("failure", phone=clinic.phone, emergency=clinic.emergency_number)
    assert meta.said_to(1)[0].startswith(turkish)
    await meta.deliver(meta.of_type("voice"))
    await meta.graph.until(lambda: len(meta.said_to(1)) == 2)
    assert load_emergency_text("tr").red_list in meta.said_to(1)[1]


async def test_a_message_that_is_too_long_is_answered(meta: Meta, rasa: FakeRasa) -> None:
    await meta.say("word " * 700)
    await meta.graph.receives(1)
    assert "1000" in meta.said_to(1)[0]
    assert rasa.asked == []


async def test_a_red_flag_at_the_end_of_a_message_that_is_too_long(meta: Meta) -> None:
    await meta.say("so many words " * 250 + ". i cant breathe")
    await meta.graph.receives(1)
    assert meta.said_to(1)[0].startswith(load_emergency_text("en").text)


async def test_a_read_mark_and_typing_are_shown(meta: Meta) -> None:
    await meta.say("how long does it last?")
    await meta.graph.until(lambda: bool(meta.graph.shown))
    assert meta.graph.shown[0] == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": meta.last_id,
        "typing_indicator": {"type": "text"},
    }


@pytest.mark.parametrize("word", ["DELETE", "delete", "Delete.", "SİL", "sil", "löschen", "удалить всё"])
async def test_the_erase_word_erases_everything(
    meta: Meta, rasa: FakeRasa, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await meta.say("quetzalcoatl?")
    await meta.graph.receives(1)
    await meta.say(word)
    await meta.graph.receives(2)
    is_erase_word = word != "удалить всё"
    assert (load_texts("en").get("erased") == meta.said_to(1)[1]) is is_erase_word
    if is_erase_word:
        engine = meta.services.stores.outbox._engine
        monkeypatch.setattr(contacts, "SILENT_FOR", timedelta(0))
        await meta.has_noted_what_was_sent()
        await meta.services._erase_old()
        with engine.connect() as connection:
            left = str([connection.execute(select(table)).all() for table in metadata.sorted_tables])
        assert "quetzalcoatl" not in left
        assert fixtures.phone_of(1) not in left
        assert fixtures.user_id_of(1) not in left


async def test_rasa_that_is_down_for_a_moment_is_waited_for(meta: Meta, rasa: FakeRasa) -> None:
    rasa.status, rasa.body = 503, "[]"
    await meta.say("how long does it last?")
    await asyncio.wait_for(rasa.was_asked.wait(), 5)
    rasa.status, rasa.body = 200, None
    await meta.graph.receives(1)
    assert meta.said_to(1)[0].startswith(ANSWER["text"])


async def test_rasa_that_stays_down_is_never_silence(
    run_meta: RunMeta, rasa: FakeRasa, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "PATIENCE", 0.1)
    rasa.answers = []
    async with run_meta() as meta:
        await meta.say("how long does it last?")
        await meta.graph.receives(1)
        assert clinic.phone in meta.said_to(1)[0]
        assert clinic.emergency_number in meta.said_to(1)[0]
