import asyncio
import uuid
from datetime import datetime, timezone

import httpx
import pytest

from clinicbot.clinic import Clinic
from clinicbot.faq.document import load_document
from clinicbot.gateway import openapi
from clinicbot.texts import load_texts
from tests.gateway.conftest import Chat, Gateway, Run, check_problem, eventually
from tests.gateway.fake_rasa import ANSWER, HANDOVER, SUGGESTIONS, FakeRasa


async def test_the_whole_happy_path(gateway: Gateway, rasa: FakeRasa, clinic: Clinic) -> None:
    started = await gateway.http.post("/api/v1/sessions", json={"language": "en"})
    assert started.status_code == 201
    session = started.json()
    (greeting,) = session["replies"]
    assert greeting["kind"] == "smalltalk"
    assert clinic.name in greeting["text"]
    assert datetime.fromisoformat(session["expires_at"].replace("Z", "+00:00")) > datetime.now(timezone.utc)

    chat, message_id = Chat(gateway, session["token"]), str(uuid.uuid4())
    response = await chat.send("How long does it last?", id=message_id)
    assert response.status_code == 200
    assert response.json()["id"] == message_id
    (reply,) = response.json()["replies"]
    assert reply["kind"] == "answer"
    assert reply["language"] == "en"
    assert reply["text"] == ANSWER["text"]
    assert reply["source"] == {
        "title": "How long does it last?",
        "passage": load_document().quote(("p5.2",)),
    }
    assert rasa.texts == ["How long does it last?"]

    assert (await chat.rate(reply["id"], True)).status_code == 204
    history = await chat.history()
    assert history["greeting"] == [greeting]
    assert [(entry["id"], entry["text"], entry["replies"]) for entry in history["messages"]] == [
        (message_id, "How long does it last?", [reply])
    ]
    assert (await chat.end()).status_code == 204
    check_problem(await chat.send("Are you there?"), 401, clinic)


async def test_rasa_knows_the_patient_by_a_pseudonym_of_each_session(gateway: Gateway, rasa: FakeRasa) -> None:
    for _ in range(2):
        chat = await gateway.start()
        await chat.say("hello")
        assert chat.token not in str(rasa.asked)
    senders = {asked["sender"] for asked in rasa.asked}
    assert len(senders) == 2
    assert all(len(sender) == 32 for sender in senders)


async def test_the_same_id_gets_the_same_replies_and_rasa_is_asked_once(chat: Chat, rasa: FakeRasa) -> None:
    message_id = str(uuid.uuid4())
    first = await chat.say("How long?", id=message_id)
    assert await chat.say("How long?", id=message_id) == first
    assert await chat.say("something else", id=message_id.upper()) == first
    assert rasa.texts == ["How long?"]
    assert len((await chat.history())["messages"]) == 1


async def test_the_same_id_twice_at_once(chat: Chat, rasa: FakeRasa) -> None:
    rasa.may_answer.clear()
    message_id = str(uuid.uuid4())
    both = [asyncio.create_task(chat.say("How long?", id=message_id)) for _ in range(2)]
    await asyncio.wait_for(rasa.was_asked.wait(), 5)
    rasa.may_answer.set()
    first, second = await asyncio.gather(*both)
    assert first == second
    assert rasa.texts == ["How long?"]


async def test_the_same_emergency_twice_at_once_is_one_reply(chat: Chat) -> None:
    message_id = str(uuid.uuid4())
    first, second = await asyncio.gather(*(chat.say("i cant breathe", id=message_id) for _ in range(2)))
    assert first == second
    (stored,) = (await chat.history())["messages"]
    assert stored["replies"] == first


async def test_the_same_id_in_another_session_is_another_message(gateway: Gateway, rasa: FakeRasa) -> None:
    message_id = str(uuid.uuid4())
    for _ in range(2):
        await (await gateway.start()).say("How long?", id=message_id)
    assert len(rasa.asked) == 2


async def test_reply_buttons_are_opaque_and_send_what_they_stand_for(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [SUGGESTIONS]
    (reply,) = await chat.say("hm")
    suggestion, link, call = reply["buttons"]
    assert (suggestion["kind"], suggestion["title"]) == ("reply", "How long does it last?")
    assert "duration" not in suggestion["value"]
    assert (link["kind"], link["value"]) == ("link", "https://clinic.example/")
    assert (call["kind"], call["value"]) == ("call", "tel:112")

    rasa.answers = [ANSWER]
    (answer,) = await chat.say(button=suggestion["value"])
    assert answer["kind"] == "answer"
    assert rasa.texts[-1] == "faq:duration/how_long"
    assert (await chat.history())["messages"][-1]["text"] == "How long does it last?"


async def test_a_button_counts_only_in_its_own_session(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, clinic: Clinic
) -> None:
    rasa.answers = [SUGGESTIONS]
    (reply,) = await chat.say("hm")
    other = await gateway.start()
    check_problem(await other.send(button=reply["buttons"][0]["value"]), 422, clinic)
    for forged in ("faq:duration/how_long", "/restart", "tel:112", reply["buttons"][1]["value"]):
        check_problem(await chat.send(button=forged), 422, clinic)
    assert rasa.texts == ["hm"]


async def test_pressing_a_button_twice_with_one_id_asks_once(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [SUGGESTIONS]
    (reply,) = await chat.say("hm")
    message_id, button = str(uuid.uuid4()), reply["buttons"][0]["value"]
    first = await chat.say(button=button, id=message_id)
    assert await chat.say(button=button, id=message_id) == first
    assert len(rasa.asked) == 2


async def test_a_phone_line_answer_has_the_number_in_text_and_button(
    chat: Chat, rasa: FakeRasa, clinic: Clinic
) -> None:
    rasa.answers = [ANSWER | {"metadata": {**ANSWER["metadata"], "phone_line": True}}]  # type: ignore[dict-item]
    (reply,) = await chat.say("How long?")
    assert reply["text"].startswith(str(ANSWER["text"]))
    assert clinic.phone in reply["text"]
    (button,) = reply["buttons"]
    assert (button["kind"], button["value"]) == ("call", clinic.phone_uri)


async def test_several_messages_of_rasa_are_one_reply(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [ANSWER, HANDOVER]
    (reply,) = await chat.say("How long, and can I book?")
    assert reply["kind"] == "answer"
    assert reply["text"] == f"{ANSWER['text']}\n{HANDOVER['text']}"
    assert [button["value"] for button in reply["buttons"]] == ["tel:112"]
    assert (await chat.rate(reply["id"], True)).status_code == 204


async def test_history_is_in_order_and_only_ones_own(gateway: Gateway, chat: Chat) -> None:
    await (await gateway.start()).say("somebody else's")
    for text in ("first", "second", "third"):
        await chat.say(text)
    history = (await chat.history())["messages"]
    assert [entry["text"] for entry in history] == ["first", "second", "third"]
    assert [entry["sent_at"] for entry in history] == sorted(entry["sent_at"] for entry in history)


async def test_feedback_is_for_ones_own_replies(gateway: Gateway, chat: Chat, clinic: Clinic) -> None:
    (reply,) = await chat.say("How long?")
    assert (await chat.rate(reply["id"], True)).status_code == 204
    assert (await chat.rate(reply["id"], False)).status_code == 204
    check_problem(await chat.rate("unknown", True), 422, clinic)
    check_problem(await (await gateway.start()).rate(reply["id"], True), 422, clinic)


@pytest.mark.parametrize(
    ("reply", "helpful"), [("", True), ("x" * 65, True), (5, True), ("x", "yes"), ("x", 1), (None, None)]
)
async def test_malformed_feedback(chat: Chat, clinic: Clinic, reply: object, helpful: object) -> None:
    check_problem(await chat.rate(reply, helpful), 422, clinic)


async def test_feedback_with_an_unknown_field(chat: Chat, clinic: Clinic) -> None:
    (reply,) = await chat.say("How long?")
    body = {"reply": reply["id"], "helpful": True, "comment": "thanks"}
    check_problem(await chat.gateway.http.post("/api/v1/feedback", json=body, headers=chat.headers), 422, clinic)


@pytest.mark.parametrize(
    ("asked_for", "language"),
    [("tr", "tr"), ("tr-TR", "tr"), ("TR", "tr"), ("en", "en"), ("fr-CA", "fr"), ("it", "en"), (None, "en")],
)
async def test_the_greeting_is_in_the_language_asked_for(
    gateway: Gateway, asked_for: str | None, language: str
) -> None:
    response = await gateway.http.post("/api/v1/sessions", json={"language": asked_for})
    assert response.status_code == 201
    assert response.json()["replies"][0]["language"] == language


async def test_a_session_starts_without_any_body(gateway: Gateway) -> None:
    assert (await gateway.http.post("/api/v1/sessions")).status_code == 201


async def test_a_turkish_question_is_answered_in_turkish(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    rasa.answers = [ANSWER | {"text": "Etkisi 4 ila 6 ay sürer.", "metadata": {"kind": "handover", "phone_line": True}}]
    (reply,) = await chat.say("Botoksun etkisi ne kadar sürer?")
    assert rasa.asked[-1]["metadata"]["language"] == "tr"
    assert reply["language"] == "tr"
    assert load_texts("tr").get("phone_line", phone=clinic.phone) in reply["text"]
    (reply,) = await chat.say("4-6?")  # the conversation goes on in Turkish
    assert reply["language"] == "tr"


async def test_deleting_erases_and_rasa_forgets_too(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, clinic: Clinic
) -> None:
    await chat.say("something private")
    sender = rasa.asked[-1]["sender"]
    assert (await chat.end()).status_code == 204
    assert not gateway.services.stores.conversations.history(sender)
    assert gateway.services.stores.conversations.find(sender) is None
    check_problem(await chat.end(), 401, clinic)

    async def confirmed() -> bool:
        return gateway.services.stores.conversations.pending_erasures() == []

    await eventually(confirmed)
    assert rasa.forgotten == [sender]


async def test_an_erasure_waits_for_rasa_even_over_a_restart(run: Run, rasa: FakeRasa) -> None:
    rasa.forgets = False
    async with run() as gateway:
        chat = await gateway.start()
        await chat.say("something private")
        await chat.end()
        await asyncio.wait_for(rasa.was_told_to_forget.wait(), 5)
        assert gateway.services.stores.conversations.pending_erasures() == [rasa.asked[-1]["sender"]]
    rasa.forgets = True
    async with run() as gateway:

        async def confirmed() -> bool:
            return gateway.services.stores.conversations.pending_erasures() == []

        await eventually(confirmed)
    assert rasa.forgotten == [rasa.asked[-1]["sender"]]


async def test_an_erasure_asked_for_during_housekeeping_is_not_missed(gateway: Gateway, rasa: FakeRasa) -> None:
    first, second = await gateway.start(), await gateway.start()
    rasa.may_forget.clear()
    await first.end()
    await asyncio.wait_for(rasa.was_told_to_forget.wait(), 5)
    await second.end()
    rasa.may_forget.set()

    async def both_forgotten() -> bool:
        return len(rasa.forgotten) == 2

    await eventually(both_forgotten)


async def test_the_clinic_is_described_before_anything_is_asked(gateway: Gateway, clinic: Clinic) -> None:
    response = await gateway.http.get("/api/v1/clinic", params={"language": "tr"})
    assert response.status_code == 200
    described = response.json()
    assert described["name"] == clinic.name
    assert described["phone"] == {"tel": clinic.phone_uri, "text": clinic.phone}
    assert described["emergency"] == {"tel": clinic.emergency_uri, "text": clinic.emergency_number}
    assert described["topics"][0]["title"] == load_texts("tr").get("topic_uses")
    assert len(described["topics"]) == 6
    assert str(clinic.retention_days) in described["notice"]["retention"]


async def test_what_was_being_answered_during_an_erasure_is_forgotten_as_well(
    gateway: Gateway, chat: Chat, rasa: FakeRasa
) -> None:
    rasa.may_answer.clear()
    sending = asyncio.create_task(chat.say("something private"))
    await asyncio.wait_for(rasa.was_asked.wait(), 5)
    sender = rasa.asked[-1]["sender"]
    await chat.end()

    async def forgotten() -> bool:
        return rasa.forgotten == [sender] and gateway.services.stores.conversations.pending_erasures() == []

    await eventually(forgotten)
    rasa.may_answer.set()  # and only now does Rasa store the message
    await sending
    assert gateway.services.stores.conversations.pending_erasures() == [sender]
    assert not gateway.services.stores.conversations.history(sender)


async def test_every_route_of_the_api_is_in_the_contract_and_vice_versa(gateway: Gateway) -> None:
    contract = (await gateway.http.get("/api/openapi.json")).json()
    assert contract == openapi.load_contract()
    described = {(path, method.upper()) for path, item in contract["paths"].items() for method in item}
    served = {
        (route.path, method)  # type: ignore[attr-defined]
        for route in gateway.app.routes
        if getattr(route, "path", "").startswith("/api/v1/")
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }
    assert served == described


async def test_the_allow_header_names_every_method(gateway: Gateway, clinic: Clinic) -> None:
    response: httpx.Response = await gateway.http.put("/api/v1/messages")
    check_problem(response, 405, clinic)
    assert {"GET", "POST"} <= {method.strip() for method in response.headers["allow"].split(",")}
