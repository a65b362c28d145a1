"""What is read out of every payload fixture. A fixture without an expectation here fails."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest

from clinicbot.channels.whatsapp.parsing import parse
from clinicbot.messages import Channel, Content, Delivered, Delivery, Failure, Person, UnreadableWebhook
from tests.channels.fixtures import (
    PHONE_NUMBER_ID,
    Json,
    load,
    names,
    phone_of,
    text_message,
    together,
    user_id_of,
)

ANNA = Person(user_id_of(123), phone_of(123))
BERTA = Person(user_id_of(456), phone_of(456))
HAS_A_USERNAME = Person(user_id_of(789), None)
BEFORE_USER_IDS = Person(None, phone_of(321))


@dataclass(frozen=True)
class Read:
    """What is expected of one message, besides its own id and time."""

    content: Content
    type: str
    text: str = ""
    person: Person = ANNA
    button: str | None = None
    refers_to: str | None = None


@dataclass(frozen=True)
class Reported:
    """What is expected of one status, besides its message's id and time. `code` is Meta's, of a failure."""

    status: Delivered
    tracker: str | None = None
    failure: Failure | None = None
    code: int | None = None


@dataclass(frozen=True)
class Expected:
    messages: tuple[Read, ...] = ()
    statuses: tuple[Reported, ...] = ()
    ignored: int = 0


def values(document: Json) -> Iterator[Json]:
    for entry in document["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            if change["field"] == "messages" and value["metadata"]["phone_number_id"] == PHONE_NUMBER_ID:
                yield value


def raw_messages(document: Json) -> list[Json]:
    return [message for value in values(document) for message in value.get("messages", ())]


def raw_statuses(document: Json) -> list[Json]:
    return [status for value in values(document) for status in value.get("statuses", ())]


ANSWER: str = raw_statuses(load("status_sent"))[0]["id"]
FIRST_ANSWER_OF_SEVERAL: str = raw_statuses(load("several"))[0]["id"]


def id_in(name: str) -> str:
    message_id: str = raw_messages(load(name))[0]["id"]
    return message_id


def typed(text: str, person: Person = ANNA) -> Expected:
    return Expected((Read(Content.TEXT, "text", text, person),))


def unreadable(type: str, caption: str = "", refers_to: str | None = None) -> Expected:
    return Expected((Read(Content.UNREADABLE, type, caption, refers_to=refers_to),))


def event(type: str, person: Person = ANNA, refers_to: str | None = None) -> Expected:
    return Expected((Read(Content.EVENT, type, person=person, refers_to=refers_to),))


def reported(*arguments: Any) -> Expected:
    return Expected(statuses=(Reported(*arguments),))


def failed(failure: Failure | None, code: int | None, tracker: str | None = None) -> Expected:
    return reported(Delivered.FAILED, tracker, failure, code)


NOT_FOR_US = Expected(ignored=1)
EXPECTED = {
    "text": typed("How long does it last?"),
    "text_without_phone": typed("Can I shower after the treatment?", HAS_A_USERNAME),
    "text_without_user_id": typed("does it hurt", BEFORE_USER_IDS),
    "text_user_id_in_contact_only": typed("When can I wash my hair?"),
    "two_people_by_number": Expected(
        (Read(Content.TEXT, "text", "from the one"), Read(Content.TEXT, "text", "from the other", BERTA))
    ),
    "text_empty_phone": typed("Is it covered by insurance?", HAS_A_USERNAME),
    "text_arabic": typed("كم يدوم مفعول البوتوكس؟"),
    "text_emoji": typed("👍🏽 thanks 🙏 ❤️‍🔥"),
    "long_text": typed(raw_messages(load("long_text"))[0]["text"]["body"]),
    "text_quoting": typed("and what about the forehead?"),
    "text_forwarded": typed("Is it true that you cannot lie down afterwards?"),
    "text_forwarded_many_times": typed("10 things nobody tells you about botox"),
    "text_from_ad": typed("Hi, I saw your ad"),
    # answered to the person: a red flag counts wherever it is written
    "text_in_group": typed("is swelling normal here?"),
    "button_reply": Expected((Read(Content.BUTTON, "interactive", "How long does it…", button="k7Qw2ZpX9aLm"),)),
    "list_reply": Expected((Read(Content.BUTTON, "interactive", "Who should not have it?", button="v3Rt8NcY1bHs"),)),
    # not one of our buttons: the template's author wrote its payload, so only its words count
    "template_button": Expected((Read(Content.TEXT, "button", "Yes, I'll be there"),)),
    "flow_reply": unreadable("interactive"),
    "interactive_of_the_future": unreadable("interactive"),
    "interactive_without_content": unreadable("interactive"),
    "image": unreadable("image"),
    "image_red_flag_caption": unreadable("image", "my throat is swelling up"),
    "image_question_caption": unreadable("image", "is this bruise normal?"),
    "video": unreadable("video", "look at my left eye"),
    "voice": unreadable("audio"),
    "audio": unreadable("audio"),
    "document": unreadable("document", "my allergy report"),
    "sticker": unreadable("sticker"),
    "location": unreadable("location"),
    "contacts": unreadable("contacts"),
    # typed by the patient beside the order
    "order": unreadable("order", "my lips are swelling, please call me"),
    "reaction": Expected((Read(Content.REACTION, "reaction", "❤️", refers_to=ANSWER),)),
    "reaction_removed": Expected((Read(Content.REACTION, "reaction", refers_to=ANSWER),)),
    "reaction_removed_older": Expected((Read(Content.REACTION, "reaction", refers_to=ANSWER),)),
    # Meta's sentence about it has the numbers in it, so it is no text of ours
    "system_changed_number": event("system", Person(None, phone_of(123))),
    "system_changed_user_id": event("system", Person(user_id_of(123), None)),
    "system_identity_changed": event("system"),
    "unsupported": unreadable("unsupported"),
    "unsupported_poll": unreadable("unsupported"),
    "unsupported_unavailable": unreadable("unsupported"),
    "edit": unreadable("edit", "How long does it last on the forehead?", id_in("text")),
    "edit_caption": unreadable("edit", "now I cannot breathe", id_in("image")),
    "revoke": event("revoke", refers_to=id_in("text")),
    "request_welcome": event("request_welcome"),
    "future_type": unreadable("hologram"),
    "future_type_odd": unreadable("telepathy"),
    "status_sent": reported(Delivered.SENT),
    "status_delivered": reported(Delivered.DELIVERED),
    "status_read": reported(Delivered.READ),
    "status_played": reported(Delivered.READ),
    "status_tracked": reported(Delivered.DELIVERED, "outbox-0001"),
    "status_without_phone": reported(Delivered.READ),
    "status_without_contacts": reported(Delivered.DELIVERED),
    "status_in_group": reported(Delivered.READ),
    "status_of_the_future": NOT_FOR_US,
    "status_failed_131047": failed(Failure.WINDOW_CLOSED, 131047, "outbox-0002"),
    "status_failed_131026": failed(Failure.PERMANENT, 131026),
    "status_failed_130429": failed(Failure.TRANSIENT, 130429),
    "status_failed_131056": failed(Failure.TRANSIENT, 131056),
    "status_failed_131000": failed(None, 131000),
    "status_failed_139999": failed(None, 139999),
    "status_failed_without_error": failed(None, None),
    "account_error": NOT_FOR_US,
    "account_update": NOT_FOR_US,
    "template_status_update": NOT_FOR_US,
    "message_echo": NOT_FOR_US,
    "standby": NOT_FOR_US,
    "another_number": NOT_FOR_US,
    "several": Expected(
        (
            Read(Content.TEXT, "text", "hi"),
            Read(Content.UNREADABLE, "image", "is this normal?", BERTA),
            Read(Content.TEXT, "text", "can i shower after"),
            Read(Content.REACTION, "reaction", "🙏", HAS_A_USERNAME, refers_to=FIRST_ANSWER_OF_SEVERAL),
        ),
        (Reported(Delivered.SENT, "outbox-0003"), Reported(Delivered.READ, "outbox-0003")),
        ignored=2,
    ),
}


def utc(seconds: str | int) -> datetime:
    return datetime.fromtimestamp(int(seconds), timezone.utc).replace(tzinfo=None)


def parsed(name: str) -> Delivery:
    return parse(load(name), PHONE_NUMBER_ID)


def test_every_fixture_has_an_expectation() -> None:
    assert names() == sorted(EXPECTED)


@pytest.mark.parametrize("name", names())
def test_messages(name: str) -> None:
    seen = [Read(m.content, m.type, m.text, m.person, m.button, m.refers_to) for m in parsed(name).messages]
    assert seen == list(EXPECTED[name].messages)


@pytest.mark.parametrize("name", names())
def test_messages_have_the_channels_ids_and_times_in_utc(name: str) -> None:
    seen = [(m.channel, m.id, m.sent_at) for m in parsed(name).messages]
    assert seen == [(Channel.WHATSAPP, m["id"], utc(m["timestamp"])) for m in raw_messages(load(name))]


@pytest.mark.parametrize("name", names())
def test_statuses(name: str) -> None:
    expected = EXPECTED[name].statuses
    seen = parsed(name).statuses
    assert [(s.status, s.tracker) for s in seen] == [(e.status, e.tracker) for e in expected]
    raw = raw_statuses(load(name)) if expected else []
    assert [(s.channel, s.message_id, s.at) for s in seen] == [
        (Channel.WHATSAPP, r["id"], utc(r["timestamp"])) for r in raw
    ]


@pytest.mark.parametrize("name", [name for name in names() if EXPECTED[name].statuses])
def test_a_failure_has_a_reason_and_says_what_to_do_next(name: str) -> None:
    for status, expected in zip(parsed(name).statuses, EXPECTED[name].statuses, strict=True):
        if status.status is not Delivered.FAILED:
            assert (status.failure, status.error) == (None, None)
            continue
        assert isinstance(status.failure, Failure)
        assert expected.failure in (None, status.failure)
        assert status.error
        assert expected.code is None or re.search(rf"\b{expected.code}\b", status.error)


@pytest.mark.parametrize("name", names())
def test_what_is_not_for_us_is_counted(name: str) -> None:
    assert parsed(name).ignored == EXPECTED[name].ignored


@pytest.mark.parametrize("name", names())
def test_what_was_given_is_left_as_it_is(name: str) -> None:
    document = load(name)
    before = copy.deepcopy(document)
    parse(document, PHONE_NUMBER_ID)
    assert document == before


def test_messages_of_several_requests_keep_their_order() -> None:
    posts = [text_message(f"wamid.{n}", n % 3, f"message {n}", 1795856400 + n) for n in range(20)]
    seen = parse(together(*posts), PHONE_NUMBER_ID).messages
    assert [(m.id, m.text) for m in seen] == [(f"wamid.{n}", f"message {n}") for n in range(20)]
    assert [m.person for m in seen] == [Person(user_id_of(n % 3), phone_of(n % 3)) for n in range(20)]


@pytest.mark.parametrize(
    "broken",
    [
        {"from": phone_of(1), "timestamp": "1795856400", "type": "text", "text": {"body": "no id"}},
        {"id": "wamid.x", "timestamp": "1795856400", "type": "text", "text": {"body": "from nobody"}},
        {"id": "wamid.x", "from": phone_of(1), "type": "text", "text": {"body": "at no time"}},
        {"id": "wamid.x", "from": phone_of(1), "timestamp": "soon", "type": "text", "text": {"body": "at no time"}},
        {"id": "wamid.x", "from": phone_of(1), "timestamp": "1795856400", "type": "text", "text": "not an object"},
        {"id": "wamid.x", "from": phone_of(1), "timestamp": "1795856400", "type": "reaction"},
        {"id": "wamid.x", "from": phone_of(1), "timestamp": "1795856400"},
        "not an object",
        None,
    ],
)
def test_a_broken_message_does_not_take_the_next_ones_with_it(broken: Any) -> None:
    """Or Meta would send all of them again and again, for a week."""
    document = text_message("wamid.good", 2, "hi", 1795856400)
    messages = document["entry"][0]["changes"][0]["value"]["messages"]
    messages.insert(0, broken)
    assert "wamid.good" in [m.id for m in parse(document, PHONE_NUMBER_ID).messages]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "entry",
        {},
        {"object": "whatsapp_business_account"},
        {"object": "whatsapp_business_account", "entry": "none"},
    ],
)
def test_what_no_channel_sends_is_refused(document: Any) -> None:
    with pytest.raises(UnreadableWebhook):
        parse(document, PHONE_NUMBER_ID)
