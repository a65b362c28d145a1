"""Whatever is broken behind the gateway, a patient gets a reply with the numbers, and an emergency its text."""

import asyncio
import sqlite3
import uuid
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from clinicbot.clinic import Clinic
from clinicbot.gateway.tokens import Tokens, signing_key
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.settings import Settings
from clinicbot.store.conversations import Conversations
from clinicbot.store.database import messages, metadata, open_database, sessions
from clinicbot.texts import load_texts
from tests.gateway.conftest import Chat, Gateway, Json, Run, check_names_the_numbers, check_problem, eventually
from tests.gateway.fake_rasa import ANSWER, SUGGESTIONS, FakeRasa, emergency_of, unused_port


def check_failure(replies: list[Json], clinic: Clinic, language: str = "en") -> None:
    (reply,) = replies
    assert reply["kind"] == "fallback"
    assert reply["language"] == language
    assert reply["text"] == load_texts(language).get("failure", phone=clinic.phone, emergency=clinic.emergency_number)
    check_names_the_numbers(reply, clinic)


def check_emergency(replies: list[Json], clinic: Clinic, language: str = "en") -> None:
    (reply,) = replies
    assert reply["kind"] == "emergency"
    assert reply["language"] == language
    assert reply["text"] == load_emergency_text(language).text
    check_names_the_numbers(reply, clinic)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("[]", 200, id="silence"),
        pytest.param('[{"text": null, "buttons": null, "metadata": null}]', 200, id="a message without text"),
        pytest.param('[{"text": "  "}]', 200, id="a blank message"),
        pytest.param('[{"image": "https://example.org/x.png"}]', 200, id="only an image"),
        pytest.param("{}", 200, id="no list"),
        pytest.param("null", 200, id="null"),
        pytest.param("[null]", 200, id="a list of null"),
        pytest.param('["text"]', 200, id="a list of strings"),
        pytest.param('[{"text": "a", "buttons": [{"title": "b"}]}]', 200, id="a button without payload"),
        pytest.param('[{"text": "a", "metadata": {"kind": "nonsense"}}]', 200, id="an unknown kind"),
        pytest.param('[{"text": "a", "metadata": {"source": ["p5.2"]}}]', 200, id="a source without title"),
        pytest.param('[{"text": "a", "metadata": "b"}]', 200, id="metadata is text"),
        pytest.param("[{", 200, id="invalid JSON"),
        pytest.param("", 200, id="nothing"),
        pytest.param("Internal Server Error", 500, id="500"),
        pytest.param("[]", 404, id="404"),
    ],
)
async def test_an_unusable_answer_of_rasa(chat: Chat, rasa: FakeRasa, clinic: Clinic, body: str, status: int) -> None:
    rasa.body, rasa.status = body, status
    check_failure(await chat.say("How long does botox last?"), clinic)
    assert len(rasa.asked) == 1


async def test_the_failure_is_said_in_the_patients_language(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = []
    check_failure(await chat.say("Botoksun etkisi ne kadar sürer?"), clinic, "tr")


async def test_rasa_is_down(run: Run, clinic: Clinic) -> None:
    async with run(RASA_PORT=str(unused_port())) as gateway:
        chat = await gateway.start()
        check_failure(await chat.say("How long does botox last?"), clinic)
        check_emergency(await chat.say("i cant breathe"), clinic)


async def test_rasa_hangs(run: Run, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.may_answer.clear()
    async with run(RASA_TIMEOUT="0.3") as gateway:
        chat = await gateway.start()
        message_id = str(uuid.uuid4())
        replies = await asyncio.wait_for(chat.say("How long does botox last?", id=message_id), 5)
        check_failure(replies, clinic)
        assert await chat.say("How long does botox last?", id=message_id) == replies


async def test_a_hanging_message_does_not_hold_up_an_emergency(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.may_answer.clear()
    question = asyncio.create_task(chat.say("How long does botox last?"))
    await asyncio.wait_for(rasa.was_asked.wait(), 5)
    check_emergency(await asyncio.wait_for(chat.say("i cant breathe"), 3), clinic)
    assert not question.done()
    rasa.may_answer.set()
    await question


async def test_an_emergency_is_answered_without_rasa(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    check_emergency(await chat.say("i cant breathe"), clinic)
    assert rasa.asked == []


async def test_an_emergency_in_turkish(chat: Chat, clinic: Clinic) -> None:
    check_emergency(await chat.say("nefes alamıyorum"), clinic, "tr")


async def test_a_long_emergency_in_turkish(chat: Chat, clinic: Clinic) -> None:
    check_emergency(await chat.say("nefes alamıyorum. " + "lütfen yardım edin çok korkuyorum " * 35), clinic, "tr")


async def test_rasas_own_emergency_is_an_emergency(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = [emergency_of(clinic)]
    check_emergency(await chat.say("what is it with my arm"), clinic)


@pytest.mark.parametrize(
    "texts",
    [
        ("i cant", "swallow"),
        ("i", "cant", "breathe"),
        ("my throat is", "swelling"),
        ("i cant", "hello", "swallow"),
        ("i cant", "hello?", "swallow"),
    ],
)
async def test_a_red_flag_split_over_messages(chat: Chat, clinic: Clinic, texts: tuple[str, ...]) -> None:
    *first, last = texts
    for text in first:
        assert (await chat.say(text))[0]["kind"] == "answer"
    check_emergency(await chat.say(last), clinic)


async def test_a_red_flag_split_by_many_pressed_buttons(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = [SUGGESTIONS]
    (reply,) = await chat.say("i cant")
    for _ in range(7):
        await chat.say(button=reply["buttons"][0]["value"])
    check_emergency(await chat.say("swallow"), clinic)


async def test_an_alarm_is_not_raised_again_by_the_next_message(chat: Chat, clinic: Clinic) -> None:
    check_emergency(await chat.say("i cant swallow"), clinic)
    assert (await chat.say("thank you"))[0]["kind"] == "answer"


async def test_the_messages_of_another_patient_are_not_read_together(gateway: Gateway) -> None:
    await (await gateway.start()).say("i cant")
    assert (await (await gateway.start()).say("swallow"))[0]["kind"] == "answer"


@pytest.mark.parametrize("tables", [[messages], None], ids=["messages", "all tables"])
async def test_the_database_is_broken(
    gateway: Gateway, chat: Chat, clinic: Clinic, tables: list[object] | None
) -> None:
    metadata.drop_all(gateway.app.state.engine, tables=tables)
    check_emergency(await chat.say("i cant breathe"), clinic)
    check_failure(await chat.say("How long does botox last?"), clinic)
    check_failure(await chat.say("Botoksun etkisi ne kadar sürer?"), clinic, "tr")


async def test_a_broken_database_writes_no_word_of_a_patient_into_the_log(
    gateway: Gateway, chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    metadata.drop_all(gateway.app.state.engine, tables=[messages])
    await chat.say("quetzalcoatl")
    assert "could not be stored" in caplog.text
    assert "quetzalcoatl" not in caplog.text


async def test_a_button_while_the_database_is_broken(gateway: Gateway, chat: Chat, clinic: Clinic) -> None:
    metadata.drop_all(gateway.app.state.engine)
    check_failure(await chat.say(button="opaque"), clinic)


async def test_an_emergency_does_not_wait_for_whoever_keeps_the_database_busy(
    gateway: Gateway, chat: Chat, clinic: Clinic
) -> None:
    path = gateway.services.settings.var / "clinicbot.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        check_emergency(await chat.say("i cant breathe"), clinic)  # given up by the database, it would not be stored
        other.execute("ROLLBACK")

    async def stored() -> bool:
        return [message["text"] for message in (await chat.history())["messages"]] == ["i cant breathe"]

    await eventually(stored)


async def test_a_forged_token_is_refused_even_without_a_database(gateway: Gateway, clinic: Clinic) -> None:
    metadata.drop_all(gateway.app.state.engine)
    check_problem(await Chat(gateway, "forged").send("i cant breathe"), 401, clinic)


async def test_a_reply_that_cannot_be_stored_is_still_given(
    gateway: Gateway, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database or disk is full"))

    monkeypatch.setattr(Conversations, "answer", full)
    (reply,) = await chat.say("How long does botox last?")
    assert reply["text"] == ANSWER["text"]


async def test_one_message_at_a_time_in_a_conversation(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, clinic: Clinic
) -> None:
    rasa.may_answer.clear()
    other = await gateway.start()
    sending = [asyncio.create_task(chat.say(f"question {number}")) for number in range(4)]
    sending.append(asyncio.create_task(other.say("question of another")))

    async def both_asked() -> bool:
        return len({asked["sender"] for asked in rasa.asked}) == 2

    async def all_stored() -> bool:
        return len((await chat.history())["messages"]) == 4

    await eventually(both_asked)  # another conversation is not held up
    await eventually(all_stored)
    for _ in range(3):  # overtake the others: were they not waiting for their turn, Rasa would have been asked by now
        check_emergency(await chat.say("i cant breathe"), clinic)
    assert len(rasa.asked) == 2
    rasa.may_answer.set()
    await asyncio.gather(*sending)
    assert len(rasa.asked) == 5
    assert set(rasa.most_at_once.values()) == {1}


async def test_a_message_that_waits_in_vain_for_its_turn_is_answered(run: Run, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.may_answer.clear()
    async with run(RASA_TIMEOUT="0.3") as gateway:
        chat = await gateway.start()
        for replies in await asyncio.gather(*(chat.say(f"{number} days after botox?") for number in range(3))):
            check_failure(replies, clinic)


async def test_what_a_killed_process_left_unanswered_is_answered_at_the_next_start(
    run: Run, rasa: FakeRasa, tmp_path: Path, clinic: Clinic
) -> None:
    settings = Settings(var=tmp_path / "var")
    engine = open_database(settings.database)
    conversations = Conversations(engine)
    session = conversations.start("en", {"id": "g"}, timedelta(hours=1))
    conversations.receive(session.id, str(uuid.uuid4()), "How long does botox last?", None)
    conversations.receive(session.id, str(uuid.uuid4()), "i cant breathe", None)
    engine.dispose()
    async with run() as gateway:
        chat = Chat(gateway, Tokens(signing_key(settings), 3600).issue(session.id))

        async def answered() -> bool:
            return all(message["replies"] for message in (await chat.history())["messages"])

        await eventually(answered)
        question, emergency = (await chat.history())["messages"]
        assert question["replies"][0]["text"] == ANSWER["text"]
        check_emergency(emergency["replies"], clinic)
    assert rasa.texts == ["How long does botox last?"]


async def test_a_database_that_breaks_at_start_does_not_spoil_the_stop(run: Run) -> None:
    async with run() as gateway:
        metadata.drop_all(gateway.app.state.engine, tables=[messages, sessions])
        await gateway.services.conversation.finish_unanswered()
