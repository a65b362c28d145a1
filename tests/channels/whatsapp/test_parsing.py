"""How webhooks are read where they are odd; what the ordinary ones say stands in test_payloads.py."""

import hashlib
import logging
from datetime import datetime
from typing import Any

import pytest

from clinicbot.channels.ids import usable_id
from clinicbot.channels.whatsapp.parsing import parse
from clinicbot.messages import (
    Channel,
    Content,
    Delivered,
    Delivery,
    DeliveryStatus,
    Failure,
    InboundMessage,
    Person,
    UnreadableWebhook,
)

OURS = "106540352242922"
PHONE, USER_ID = "447700900123", "GB.13491208655302741918"
PERSON = Person(USER_ID, PHONE)
NOW = datetime(2026, 11, 28, 12, 0)
HALF = "\ud83d"  # of a surrogate pair, which JSON may hold and UTF-8 may not

EDIT = {"original_message_id": "wamid.9", "message": {"type": "text", "text": {"body": "my lips swell"}}}

Json = dict[str, Any]


def message(**changes: Any) -> Json:
    """A text message; None leaves a key out."""
    usual = {
        "from": PHONE,
        "from_user_id": USER_ID,
        "id": "wamid.1",
        "timestamp": "1795856400",
        "type": "text",
        "text": {"body": "hi"},
    }
    return {key: value for key, value in {**usual, **changes}.items() if value is not None}


def value(**content: Any) -> Json:
    return {"messaging_product": "whatsapp", "metadata": {"phone_number_id": OURS}, **content}


def webhook(*values: Any, field: str = "messages") -> Json:
    changes = [{"field": field, "value": value} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}


def read(*messages: Any, contacts: Any = ()) -> Delivery:
    return parse(webhook(value(messages=list(messages), contacts=list(contacts))), OURS, NOW)


def read_one(**changes: Any) -> InboundMessage:
    (one,) = read(message(**changes)).messages
    return one


def test_a_message() -> None:
    assert read(message()) == Delivery(
        (InboundMessage(Channel.WHATSAPP, "wamid.1", PERSON, datetime(2026, 11, 28, 9, 0), Content.TEXT, "text", "hi"),)
    )


@pytest.mark.parametrize(
    "document",
    [
        *(None, 1, "text", [], {}),
        {"object": "page", "entry": []},
        {"object": None, "entry": []},
        {"object": "whatsapp_business_account"},
        {"object": "whatsapp_business_account", "entry": None},
        {"object": "whatsapp_business_account", "entry": {}},
    ],
)
def test_what_is_no_webhook(document: Any) -> None:
    with pytest.raises(UnreadableWebhook):
        parse(document, OURS)


@pytest.mark.parametrize(
    ("changes", "contacts", "person"),
    [
        pytest.param({}, [], PERSON, id="both in the message"),
        pytest.param({"from": None}, [], Person(USER_ID, None), id="hidden number"),
        pytest.param({"from": ""}, [], Person(USER_ID, None), id="empty number"),
        pytest.param({"from_user_id": None}, [], Person(None, PHONE), id="before user ids"),
        pytest.param({"from": f"+{PHONE}"}, [], PERSON, id="number with a plus sign"),
        pytest.param({"from": "anna"}, [], Person(USER_ID, None), id="number that is none"),
        pytest.param({"from": 447700900123}, [], Person(USER_ID, None), id="number of another kind"),
        pytest.param(
            {"from_user_id": None}, [{"wa_id": PHONE, "user_id": USER_ID}], PERSON, id="user id in the contact"
        ),
        pytest.param({"from": None}, [{"wa_id": PHONE, "user_id": USER_ID}], PERSON, id="number in the contact"),
        pytest.param(
            {"from_user_id": None},
            [{"wa_id": "447700900456", "user_id": "GB.2"}, {"wa_id": PHONE, "user_id": USER_ID}],
            PERSON,
            id="second contact by the number",
        ),
        pytest.param(
            {"from": None},
            [{"wa_id": "447700900456", "user_id": "GB.2"}, {"wa_id": PHONE, "user_id": USER_ID}],
            PERSON,
            id="second contact by the user id",
        ),
        pytest.param(
            {"from_user_id": None}, [{"wa_id": "447700900456", "user_id": "GB.2"}], Person(None, PHONE), id="of another"
        ),
        pytest.param({"from": None, "from_user_id": None}, [{"wa_id": PHONE}], Person(None, PHONE), id="only clue"),
        pytest.param({"from": None}, [{"wa_id": "", "user_id": USER_ID}], Person(USER_ID, None), id="empty everywhere"),
        pytest.param({}, [None, "anna", {"wa_id": 1, "user_id": []}], PERSON, id="odd contacts"),
    ],
)
def test_person(changes: Json, contacts: list[Any], person: Person) -> None:
    (one,) = read(message(**changes), contacts=contacts).messages
    assert one.person == person


@pytest.mark.parametrize(
    "contacts",
    [
        pytest.param([], id="no contact"),
        pytest.param([{"wa_id": PHONE}, {"wa_id": "447700900456"}], id="anybody's"),
        pytest.param([{"profile": {"name": "Anna"}}], id="without ids"),
    ],
)
def test_a_message_from_nobody_is_ignored(contacts: list[Any]) -> None:
    nobody = message(**{"from": None, "from_user_id": None})
    assert read(nobody, contacts=contacts) == Delivery(ignored=1)


@pytest.mark.parametrize("odd", [None, "", " ", 7, ["wamid.1"]])
def test_a_message_without_an_id_is_ignored(odd: Any) -> None:
    assert read({**message(), "id": odd}) == Delivery(ignored=1)


@pytest.mark.parametrize(
    "odd",
    [
        *(None, 1, "message", [], {}),
        message(id=None),
        message(type=None),
        message(type=["text"]),
        message(text=None),
        message(text="hi"),
        message(text={"body": 7}),
        message(timestamp={}),
        message(**{"from": [], "from_user_id": {}}),
        {"id": "wamid.1", "from": PHONE},
    ],
)
def test_an_odd_message_spoils_no_other(odd: Any) -> None:
    delivery = read(message(id="wamid.0"), odd, message(id="wamid.2"))
    assert [one.id for one in delivery.messages if one.id != "wamid.1"] == ["wamid.0", "wamid.2"]
    assert len(delivery.messages) + delivery.ignored == 3


@pytest.mark.parametrize(
    ("changes", "type"),
    [
        ({"type": None}, "unknown"),
        ({"type": 7}, "unknown"),
        ({"type": ["text"]}, "unknown"),
        ({"type": ""}, "unknown"),
        ({"type": "Not A Word"}, "unknown"),
        ({"type": "x" * 33}, "unknown"),
        ({"type": "unknown"}, "unknown"),
        ({"type": "hologram"}, "hologram"),
        ({"text": None}, "text"),
        ({"text": "hi"}, "text"),
        ({"text": {"body": ""}}, "text"),
        ({"text": {"body": " \n"}}, "text"),
        ({"text": {"body": ["hi"]}}, "text"),
        ({"type": "button", "button": {"payload": "yes"}}, "button"),
        ({"type": "interactive"}, "interactive"),
        ({"type": "interactive", "interactive": {"type": ["list_reply"]}}, "interactive"),
        ({"type": "interactive", "interactive": {"type": "list_reply"}}, "interactive"),
        ({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"body": "Sent"}}}, "interactive"),
        ({"type": "image", "image": {"caption": 7}}, "image"),
        ({"type": "edit"}, "edit"),
        ({"type": "edit", "edit": {"message": {"type": {}}}}, "edit"),
    ],
)
def test_what_cannot_be_read_has_no_text(changes: Json, type: str) -> None:
    one = read_one(**changes)
    assert (one.content, one.type, one.text, one.button) == (Content.UNREADABLE, type, "", None)
    assert one.person == PERSON


@pytest.mark.parametrize(
    ("changes", "content", "text", "button"),
    [
        ({"type": "video", "video": {"caption": "my lips swell"}}, Content.UNREADABLE, "my lips swell", None),
        ({"type": "hologram", "hologram": {"caption": "my lips swell"}}, Content.UNREADABLE, "my lips swell", None),
        ({"type": "X.1", "X.1": {"body": "my lips swell"}}, Content.UNREADABLE, "my lips swell", None),
        ({"type": "order", "order": {"text": "call me"}}, Content.UNREADABLE, "call me", None),
        ({"type": "button", "button": {"text": "Yes", "payload": "y"}}, Content.TEXT, "Yes", None),
        (
            {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "b1", "title": "Eyes"}}},
            *(Content.BUTTON, "Eyes", "b1"),
        ),
        (
            {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "b1"}}},
            *(Content.BUTTON, "", "b1"),
        ),
        (
            {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"title": "Eyes"}}},
            *(Content.UNREADABLE, "Eyes", None),
        ),
        (
            {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "b" * 257}}},
            *(Content.UNREADABLE, "", None),
        ),
        ({"text": {"body": "a\0b"}}, Content.TEXT, "ab", None),
        ({"text": {"body": f"a{HALF}b"}}, Content.TEXT, "a\ufffdb", None),
    ],
)
def test_what_was_written_or_pressed(changes: Json, content: Content, text: str, button: str | None) -> None:
    one = read_one(**changes)
    assert (one.content, one.text, one.button) == (content, text, button)


@pytest.mark.parametrize(
    ("changes", "content", "text", "refers_to"),
    [
        ({"type": "reaction", "reaction": {"message_id": "wamid.9", "emoji": "👍"}}, Content.REACTION, "👍", "wamid.9"),
        ({"type": "reaction", "reaction": {"message_id": "wamid.9"}}, Content.REACTION, "", "wamid.9"),
        ({"type": "reaction", "reaction": {"message_id": ""}}, Content.REACTION, "", None),
        ({"type": "reaction"}, Content.REACTION, "", None),
        ({"type": "revoke", "revoke": {"original_message_id": "wamid.9"}}, Content.EVENT, "", "wamid.9"),
        ({"type": "revoke"}, Content.EVENT, "", None),
        ({"type": "system", "system": {"body": f"User changed from {PHONE}"}}, Content.EVENT, "", None),
        ({"type": "request_welcome"}, Content.EVENT, "", None),
        ({"type": "edit", "edit": EDIT}, Content.UNREADABLE, "my lips swell", "wamid.9"),
    ],
)
def test_what_is_about_another_message(changes: Json, content: Content, text: str, refers_to: str | None) -> None:
    one = read_one(**changes)
    assert (one.content, one.text, one.refers_to) == (content, text, refers_to)


@pytest.mark.parametrize(
    ("timestamp", "sent_at"),
    [
        ("1795856400", datetime(2026, 11, 28, 9, 0)),
        (1795856400, datetime(2026, 11, 28, 9, 0)),
        *((odd, NOW) for odd in (None, "", "soon", "1.5", "9" * 30, "9" * 5000, "-" + "9" * 15)),
        *((odd, NOW) for odd in (1e300, 10**400, [], {})),
    ],
)
def test_sent_at(timestamp: Any, sent_at: datetime) -> None:
    assert read_one(timestamp=timestamp).sent_at == sent_at


def test_without_a_time_it_is_the_present() -> None:
    (one,) = parse(webhook(value(messages=[message(timestamp=None)])), OURS).messages
    assert one.sent_at > datetime(2026, 11, 1)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("wamid.1", "wamid.1"),
        ("ü" * 255, "ü" * 255),
        ("x" * 256, hashlib.sha256(b"x" * 256).hexdigest()),
        ("a\0", hashlib.sha256(b"a\0").hexdigest()),
        (f"a{HALF}", hashlib.sha256(b"a\xed\xa0\xbd").hexdigest()),
    ],
)
def test_ids_fit_the_database(raw: str, kept: str) -> None:
    one = read_one(id=raw, type="reaction", reaction={"message_id": raw})
    assert (one.id, one.refers_to) == (kept, kept)
    (status,) = parse(webhook(value(statuses=[{"id": raw, "status": "sent"}])), OURS).statuses
    assert status.message_id == kept


@pytest.mark.parametrize(
    ("document", "ignored"),
    [
        pytest.param(webhook(), 0, id="nothing"),
        pytest.param(webhook(value(messages=[message(), message()]), field="history"), 2, id="another field's"),
        pytest.param(webhook({"event": "x"}, field="account_update"), 1, id="another field"),
        pytest.param(
            webhook({**value(messages=[message()], statuses=[{}]), "metadata": {"phone_number_id": "2"}}),
            2,
            id="another number's",
        ),
        pytest.param(webhook({**value(messages=[message()]), "metadata": None}), 1, id="no number's"),
        pytest.param(webhook({"messages": [message()]}), 1, id="no metadata"),
        pytest.param(webhook(value()), 1, id="an empty change"),
        pytest.param(webhook(value(messages={"id": "wamid.1"})), 1, id="messages of another kind"),
        pytest.param(webhook(None, "value", 3), 3, id="values of another kind"),
        pytest.param(
            webhook(value(statuses=[{"status": "sent"}, {"id": "1"}, {"id": "1", "status": []}])), 3, id="odd"
        ),
        pytest.param(webhook(value(statuses=[{"id": "wamid.1", "status": "warped"}])), 1, id="status of the future"),
        pytest.param({"object": "whatsapp_business_account", "entry": [None, {}, {"changes": 3}]}, 3, id="entries"),
        pytest.param({"object": "whatsapp_business_account", "entry": [{"changes": [None, []]}]}, 2, id="changes"),
    ],
)
def test_what_is_not_for_us(document: Json, ignored: int) -> None:
    assert parse(document, OURS, NOW) == Delivery(ignored=ignored)


def test_everything_of_one_request_in_order() -> None:
    first = webhook(
        value(messages=[message(id="wamid.1"), message(id="wamid.2")], statuses=[{"id": "wamid.a", "status": "sent"}]),
        value(messages=[message(id="wamid.3")]),
    )
    second = webhook(value(messages=[message(id="wamid.4")], statuses=[{"id": "wamid.b", "status": "read"}]))
    first["entry"] += second["entry"]
    delivery = parse(first, OURS)
    assert [one.id for one in delivery.messages] == ["wamid.1", "wamid.2", "wamid.3", "wamid.4"]
    assert [one.message_id for one in delivery.statuses] == ["wamid.a", "wamid.b"]
    assert delivery.ignored == 0


@pytest.mark.parametrize(
    ("raw", "status", "error", "failure"),
    [
        ({"status": "sent"}, Delivered.SENT, None, None),
        ({"status": "delivered"}, Delivered.DELIVERED, None, None),
        ({"status": "read"}, Delivered.READ, None, None),
        ({"status": "played"}, Delivered.READ, None, None),
        ({"status": "read", "errors": [{"code": 131047}]}, Delivered.READ, None, None),
        (
            {"status": "failed", "errors": [{"code": 131026, "title": "Undeliverable", "message": "x"}, {"code": 1}]},
            *(Delivered.FAILED, "131026 Undeliverable", Failure.PERMANENT),
        ),
        (
            {"status": "failed", "errors": [{"code": 131047, "message": "Re-engagement"}]},
            *(Delivered.FAILED, "131047 Re-engagement", Failure.WINDOW_CLOSED),
        ),
        (
            {"status": "failed", "errors": [{"code": 131056, "title": f"Too many to +{PHONE} ({USER_ID})"}]},
            *(Delivered.FAILED, "131056 Too many to … (…)", Failure.TRANSIENT),
        ),
        ({"status": "failed", "errors": [{"code": 190}]}, Delivered.FAILED, "190", Failure.UNAUTHORIZED),
        ({"status": "failed", "errors": [7]}, Delivered.FAILED, "no reason given", Failure.PERMANENT),
        ({"status": "failed", "errors": [{"code": "x"}]}, Delivered.FAILED, "no reason given", Failure.PERMANENT),
        ({"status": "failed"}, Delivered.FAILED, "no reason given", Failure.PERMANENT),
    ],
)
def test_status(raw: Json, status: Delivered, error: str | None, failure: Failure | None) -> None:
    usual = {"id": "wamid.a", "timestamp": "1795856400", "recipient_id": PHONE, "biz_opaque_callback_data": "42"}
    (one,) = parse(webhook(value(statuses=[{**usual, **raw}])), OURS).statuses
    at = datetime(2026, 11, 28, 9, 0)
    assert one == DeliveryStatus(Channel.WHATSAPP, "wamid.a", status, at, "42", error, failure)


def test_a_status_has_its_errors_in_the_change() -> None:
    document = webhook(value(statuses=[{"id": "wamid.a", "status": "failed"}], errors=[{"code": 131047}]))
    (one,) = parse(document, OURS).statuses
    assert (one.error, one.failure) == ("131047", Failure.WINDOW_CLOSED)


@pytest.mark.parametrize("tracker", [None, "", 42, {}])
def test_a_status_without_a_tracker(tracker: Any) -> None:
    raw = {"id": "wamid.a", "status": "sent", "biz_opaque_callback_data": tracker}
    (one,) = parse(webhook(value(statuses=[raw])), OURS, NOW).statuses
    assert (one.tracker, one.at) == (None, NOW)


def test_an_error_of_the_account_is_logged_by_code_and_title(caplog: pytest.LogCaptureFixture) -> None:
    error = {"code": 130429, "title": "Rate limit hit", "error_data": {"details": f"while sending to {PHONE}"}}
    assert parse(webhook(value(errors=[error])), OURS) == Delivery(ignored=1)
    assert [record.getMessage() for record in caplog.records] == [
        "WhatsApp reports an error of the account: 130429 Rate limit hit"
    ]


def test_nothing_of_a_message_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    parse(webhook(value(messages=[message(), message(type="x"), 7], errors=[{"code": 1}])), OURS)
    assert caplog.records == []


@pytest.mark.parametrize("raw", [None, 7, "", "  ", [], {}])
def test_what_is_no_id(raw: Any) -> None:
    assert usable_id(raw) is None
