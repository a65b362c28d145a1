"""What is read out of every payload fixture. A fixture without an expectation here fails."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from clinicbot.channels.twilio.parsing import parse
from clinicbot.messages import Channel, Content, Delivered, Delivery, Failure, Person
from tests.channels.fixtures import phone_of, user_id_of
from tests.channels.twilio.fixtures import ACCOUNT_SID, CLINIC_NUMBER, load, names

NOW = datetime(2026, 11, 28, 12)
ANNA = Person(user_id_of(123), phone_of(123))
HAS_A_USERNAME = Person(user_id_of(789), None)
BEFORE_USER_IDS = Person(None, phone_of(321))


@dataclass(frozen=True)
class Read:
    """What is expected of a message, besides its id and time."""

    content: Content
    type: str
    text: str = ""
    person: Person = ANNA
    button: str | None = None


@dataclass(frozen=True)
class Reported:
    """What is expected of a status, besides its message's id and time."""

    status: Delivered
    failure: Failure | None = None
    error: str | None = None


IGNORED = None
EXPECTED = {
    "text": Read(Content.TEXT, "text", "How long does it last?"),
    "text_arabic": Read(Content.TEXT, "text", "كم يدوم مفعول البوتوكس؟"),
    "text_emoji": Read(Content.TEXT, "text", "👍🏽 thanks 🙏 ❤️‍🔥"),
    "text_plus": Read(Content.TEXT, "text", "1+1 & 50% = ?"),
    "text_quoting": Read(Content.TEXT, "text", "and what about the forehead?"),
    "text_forwarded": Read(Content.TEXT, "text", "Is it true that you cannot lie down afterwards?"),
    # the advertisement's picture is not the patient's
    "text_from_ad": Read(Content.TEXT, "text", "Hi, I saw your ad"),
    "text_without_phone": Read(Content.TEXT, "text", "Can I shower after the treatment?", HAS_A_USERNAME),
    "text_without_user_id": Read(Content.TEXT, "text", "does it hurt", BEFORE_USER_IDS),
    "text_of_2022": Read(Content.TEXT, "text", "can i shower after", BEFORE_USER_IDS),
    "button_reply": Read(Content.BUTTON, "interactive", "How long does it last?", button="k7Qw2ZpX9aLm"),
    "button_without_payload": Read(Content.TEXT, "button", "Yes, I'll be there"),
    "flow_reply": Read(Content.UNREADABLE, "interactive"),
    "image": Read(Content.UNREADABLE, "image"),
    "image_red_flag_caption": Read(Content.UNREADABLE, "image", "my throat is swelling up"),
    "image_of_2022": Read(Content.UNREADABLE, "image", "is this bruise normal?", BEFORE_USER_IDS),
    "voice": Read(Content.UNREADABLE, "audio"),
    "voice_of_2022": Read(Content.UNREADABLE, "audio", person=BEFORE_USER_IDS),
    "video": Read(Content.UNREADABLE, "video", "look at my left eye"),
    "document": Read(Content.UNREADABLE, "document", "my allergy report"),
    "sticker": Read(Content.UNREADABLE, "sticker"),
    "contacts": Read(Content.UNREADABLE, "contacts"),
    "location": Read(Content.UNREADABLE, "location"),
    "empty": Read(Content.UNREADABLE, "text"),
    "unsupported": Read(Content.UNREADABLE, "unsupported"),
    "future_type": Read(Content.UNREADABLE, "hologram", "made of light"),
    "another_number": IGNORED,
    "another_account": IGNORED,
    "sms": IGNORED,
    "status_queued": IGNORED,
    "status_sent": Reported(Delivered.SENT),
    "status_delivered": Reported(Delivered.DELIVERED),
    "status_read": Reported(Delivered.READ),
    "status_without_phone": Reported(Delivered.READ),
    "status_failed_63016": Reported(
        Delivered.FAILED, Failure.WINDOW_CLOSED, "63016 more than 24 hours since the person wrote"
    ),
    "status_failed_63018": Reported(
        Delivered.FAILED, Failure.TRANSIENT, "63018 too many messages for WhatsApp, to this person or in all"
    ),
    "status_failed_99999": Reported(Delivered.FAILED, Failure.PERMANENT, "99999 Could not reach … this time"),
    "status_failed_without_error": Reported(Delivered.FAILED, Failure.PERMANENT, "no reason given"),
    "status_undelivered_63024": Reported(
        Delivered.FAILED, Failure.PERMANENT, "63024 the recipient can't get WhatsApp messages"
    ),
    "status_of_the_future": IGNORED,
    "status_of_another_number": IGNORED,
}


def parsed(name: str) -> Delivery:
    return parse(load(name), ACCOUNT_SID, CLINIC_NUMBER, now=NOW)


def test_every_fixture_has_an_expectation() -> None:
    assert names() == sorted(EXPECTED)


@pytest.mark.parametrize("name", names())
def test_what_is_read(name: str) -> None:
    delivery = parsed(name)
    seen: list[Any] = [Read(m.content, m.type, m.text, m.person, m.button) for m in delivery.messages]
    seen += [Reported(s.status, s.failure, s.error) for s in delivery.statuses]
    assert seen == [EXPECTED[name]] if EXPECTED[name] else not seen
    assert delivery.ignored == (0 if EXPECTED[name] else 1)


@pytest.mark.parametrize("name", [name for name in names() if EXPECTED[name]])
def test_what_is_read_has_twilios_id_and_the_time_of_its_arrival(name: str) -> None:
    delivery = parsed(name)
    seen = [(m.channel, m.id, m.sent_at) for m in delivery.messages]
    seen += [(s.channel, s.message_id, s.at) for s in delivery.statuses]
    assert seen == [(Channel.TWILIO, dict(load(name))["MessageSid"], NOW)]


def test_a_reason_names_nobody() -> None:
    assert "447700900123" in dict(load("status_failed_99999"))["ErrorMessage"]
    for name in names():
        for status in parsed(name).statuses:
            assert not re.search(r"\d{6}", status.error or ""), status.error
