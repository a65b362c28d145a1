"""A patient who wants to be called: the gateway stores the request with the confirmation, or confirms nothing."""

import logging
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from clinicbot.callback import CANCEL, START
from clinicbot.clinic import Clinic
from clinicbot.store.callbacks import Callbacks, State
from clinicbot.store.conversations import Conversations
from tests.gateway.conftest import Chat, Gateway, Json, check_emergency_comes_first, check_names_the_numbers
from tests.gateway.fake_rasa import ANSWER, FakeRasa, emergency_of

NAME, PHONE, TIME = "Zelda Quist", "+442079460123", "any time"
REQUEST = {"name": NAME, "phone": PHONE, "preferred_time": TIME}
CALL = {"title": "Call", "payload": "tel:112"}
ASKS = {
    "text": "What is your name?",
    "buttons": [{"title": "Cancel", "payload": CANCEL}, CALL],
    "metadata": {"kind": "handover", "form": True},
}


def confirms(request: Any = REQUEST) -> Json:
    """The form's last word, as Rasa sends it."""
    metadata = {"kind": "handover", "form": True, "callback": request}
    return {"text": f"Thank you, {NAME}.", "buttons": [CALL], "metadata": metadata}


def callbacks_of(gateway: Gateway) -> Callbacks:
    return gateway.services.stores.callbacks


async def test_what_is_confirmed_is_stored(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [confirms()]
    (reply,) = await chat.say("yes")
    assert reply["text"] == f"Thank you, {NAME}."
    (request,) = callbacks_of(gateway).all()
    assert (request.name, request.phone, request.preferred_time) == (NAME, PHONE, TIME)
    assert (request.channel, request.language, request.state) == ("web", "en", State.OPEN)


async def test_the_patients_browser_and_the_log_see_nothing_of_it(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rasa.answers = [confirms()]
    response = await chat.send("yes")
    assert "callback" not in response.text
    assert PHONE not in response.text
    assert PHONE not in str(await chat.history())
    assert PHONE not in caplog.text
    assert NAME not in caplog.text


async def test_the_same_message_twice_is_one_request(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [confirms()]
    body = {"id": "5b0a1f0e-0000-4000-8000-000000000001", "text": "yes"}
    for _ in range(2):
        await gateway.http.post("/api/v1/messages", json=body, headers=chat.headers)
    (request,) = callbacks_of(gateway).all()
    assert request.version == 1


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST | {"phone": "+4420794601"},
        REQUEST | {"phone": "020 7946 0123"},
        REQUEST | {"phone": None},
        REQUEST | {"name": ""},
        REQUEST | {"name": "x" * 121},
        REQUEST | {"preferred_time": "x" * 201},
        {"withdraw": "perhaps"},
        "yes",
    ],
    ids=str,
)
async def test_what_cannot_be_stored_is_not_confirmed(
    gateway: Gateway,
    chat: Chat,
    rasa: FakeRasa,
    clinic: Clinic,
    caplog: pytest.LogCaptureFixture,
    request_: Any,
) -> None:
    rasa.answers = [confirms(request_)]
    (reply,) = await chat.say("yes")
    assert NAME not in reply["text"]
    check_names_the_numbers(reply, clinic)
    assert callbacks_of(gateway).all() == []
    assert NAME not in caplog.text
    assert (await chat.history())["messages"][-1]["replies"] == [reply]


async def test_a_database_that_fails_confirms_nothing(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> bool:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    rasa.answers = [confirms()]
    monkeypatch.setattr(Conversations, "answer", fail)
    (reply,) = await chat.say("yes")
    assert NAME not in reply["text"]
    check_names_the_numbers(reply, clinic)
    assert callbacks_of(gateway).all() == []


async def test_a_confirmation_that_cannot_be_kept_takes_the_request_with_it(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, clinic: Clinic
) -> None:
    with callbacks_of(gateway)._engine.begin() as connection:
        connection.execute(text("DROP TABLE callback_requests"))
        connection.execute(text("CREATE TABLE callback_requests (id INTEGER, session_id TEXT, state TEXT)"))
    rasa.answers = [confirms()]
    (reply,) = await chat.say("yes")
    check_names_the_numbers(reply, clinic)
    assert (await chat.history())["messages"][-1]["replies"] == []


async def test_a_conversation_that_was_erased_meanwhile_confirms_nothing(
    gateway: Gateway, chat: Chat, rasa: FakeRasa, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Conversations.answer

    def erase_first(self: Conversations, message: Any, *rest: Any, **options: Any) -> bool:
        self.erase(message.session_id)
        return answer(self, message, *rest, **options)

    monkeypatch.setattr(Conversations, "answer", erase_first)
    rasa.answers = [confirms()]
    (reply,) = await chat.say("yes")
    assert NAME not in reply["text"]
    check_names_the_numbers(reply, clinic)
    assert callbacks_of(gateway).all() == []


async def test_a_withdrawn_request_is_gone_when_that_is_said(gateway: Gateway, chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [confirms()]
    await chat.say("yes")
    rasa.answers = [confirms({"withdraw": True})]
    await chat.say("withdraw it")
    assert callbacks_of(gateway).all() == []


async def test_rasa_learns_whether_a_request_is_open_and_no_number(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [confirms()]
    await chat.say("yes")
    await chat.say("call me")
    told = [asked["metadata"]["callback"] for asked in rasa.asked]
    assert told == [
        {"open": False, "messaging": False, "own_digits": None, "alarmed": False},
        {"open": True, "messaging": False, "own_digits": None, "alarmed": False},
    ]


async def test_what_is_typed_into_the_form_goes_on_from_nothing(chat: Chat, rasa: FakeRasa) -> None:
    await chat.say("How long does botox last?")
    rasa.answers = [ASKS]
    await chat.say("call me back")
    await chat.say("Zelda Quist")
    await chat.say("yes")
    assert rasa.asked[-1]["metadata"]["earlier"] == []
    rasa.answers = [confirms()]
    await chat.say("yes")
    rasa.answers = [ANSWER]
    await chat.say("and for migraine?")
    said = [earlier["text"] for earlier in rasa.asked[-1]["metadata"]["earlier"]]
    assert said == ["How long does botox last?", "call me back"]


async def test_a_question_in_the_middle_leaves_the_form_open(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [ASKS]
    await chat.say("call me back")
    rasa.answers = [ANSWER, ASKS]
    (reply,) = await chat.say("How long does botox last?")
    assert reply["kind"] == "answer"
    assert reply["text"] == f"{ANSWER['text']}\n{ASKS['text']}"
    await chat.say("yes")
    assert rasa.asked[-1]["metadata"]["earlier"] == []


@pytest.mark.parametrize("seen_by", ["the gate", "the classifier"])
async def test_an_emergency_in_the_middle_is_shown_alone_and_leaves_the_form_open(
    chat: Chat, rasa: FakeRasa, clinic: Clinic, seen_by: str
) -> None:
    rasa.answers = [ASKS]
    await chat.say("call me back")
    rasa.answers = [emergency_of(clinic), ASKS]
    replies = await chat.say("i cant breathe" if seen_by == "the gate" else "something is odd")
    assert check_emergency_comes_first(replies, clinic) == []
    rasa.answers = [ASKS]
    for alarmed in (True, False):
        await chat.say("yes")
        assert rasa.asked[-1]["metadata"]["earlier"] == []
        assert rasa.asked[-1]["metadata"]["callback"]["alarmed"] is alarmed


async def test_a_failure_in_the_middle_leaves_the_form_open(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [ASKS]
    await chat.say("call me back")
    rasa.status = 500
    await chat.say("Zelda")
    rasa.status = 200
    await chat.say("Zelda")
    assert rasa.asked[-1]["metadata"]["earlier"] == []


async def test_a_name_does_not_change_the_language(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [ASKS]
    await chat.say("Bitte rufen Sie mich doch heute noch zurück")
    await chat.say("María García López")
    assert [asked["metadata"]["language"] for asked in rasa.asked] == ["de", "de"]


async def test_the_form_is_left_when_it_is_over(chat: Chat, rasa: FakeRasa) -> None:
    rasa.answers = [ASKS]
    await chat.say("call me back")
    over = {"text": "All right.", "buttons": [CALL], "metadata": {"kind": "handover", "form": True}}
    rasa.answers = [over]
    await chat.say("cancel")
    await chat.say("hello")
    assert [earlier["text"] for earlier in rasa.asked[-1]["metadata"]["earlier"]] == ["call me back"]


async def test_the_offer_is_an_opaque_button(chat: Chat, rasa: FakeRasa) -> None:
    offer = {"text": "Please call.", "buttons": [{"title": "Be called back", "payload": START}, CALL], "metadata": {}}
    rasa.answers = [offer]
    (reply,) = await chat.say("a human please")
    (button,) = [button for button in reply["buttons"] if button["kind"] == "reply"]
    assert START not in str(reply)
    await chat.say(button=button["value"])
    assert rasa.texts[-1] == START
