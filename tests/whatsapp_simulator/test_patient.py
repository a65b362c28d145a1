"""What patients send looks like Meta's: the same shape as the payload fixtures, which were written apart from it."""

from typing import Any

import phonenumbers
import pytest

from clinicbot.whatsapp_simulator import patient
from clinicbot.whatsapp_simulator.patient import ATTACHMENTS, CLINIC_NUMBER, PEOPLE, Patient, stamp
from clinicbot.whatsapp_simulator.payloads import message_document, status_document
from tests.channels.fixtures import load
from tests.whatsapp_simulator.conftest import ADA, BO, PHONE_NUMBER_ID, Json, value_of

OPTION = {"id": "i", "title": "t", "description": "d"}
MESSAGES: dict[str, tuple[str, Json]] = {
    "text": ("text", patient.text("hi")),
    "button": ("button_reply", patient.pressed("button_reply", "wamid.1", {"id": "i", "title": "t"})),
    "list": ("list_reply", patient.pressed("list_reply", "wamid.1", OPTION)),
    "reaction": ("reaction", patient.reaction("wamid.1", "👍")),
    "reaction taken back": ("reaction_removed", patient.reaction("wamid.1", "")),
    "edit": ("edit", patient.edit("wamid.1", "hello")),
    "image": ("image", patient.attachment("image")),
    "image with caption": ("image_red_flag_caption", patient.attachment("image", "my eyelid droops")),
    "video": ("video", patient.attachment("video", "look")),
    "document": ("document", patient.attachment("document", "my report")),
    "voice": ("voice", patient.attachment("voice", "voice has no caption")),
    "sticker": ("sticker", patient.attachment("sticker")),
    "unsupported": ("unsupported", patient.attachment("unsupported")),
    "future": ("future_type", patient.attachment("hologram")),
}


def shape(value: Any) -> Any:
    """Keys and types; of arrays the first element's."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


def without_addition(message: Json) -> Json:
    """A media item's address is sent by newer versions only."""
    return {
        key: {k: v for k, v in value.items() if k != "url"} if isinstance(value, dict) else value
        for key, value in message.items()
    }


@pytest.mark.parametrize("name", MESSAGES)
def test_message_has_the_shape_of_the_fixture(name: str) -> None:
    fixture, message = MESSAGES[name]
    ours = value_of(message_document(PHONE_NUMBER_ID, ADA, stamp(message, ADA)))
    theirs = value_of(load(fixture))
    assert shape(without_addition(ours.pop("messages")[0])) == shape(without_addition(theirs.pop("messages")[0]))
    assert shape(ours) == shape(theirs)


@pytest.mark.parametrize("name", ["audio", "location", "contacts"])
def test_message_has_no_key_that_the_fixture_lacks(name: str) -> None:
    ours, theirs = patient.attachment(name), value_of(load(name))["messages"][0]
    (content, expected) = (ours[name], theirs[name])
    if isinstance(content, list):
        (content, expected) = (content[0], expected[0])
    assert set(content) <= set(expected)


def test_whole_request_has_the_shape_of_the_fixture() -> None:
    document = message_document(PHONE_NUMBER_ID, ADA, stamp(patient.text("hi"), ADA))
    assert shape(document) == shape(load("text"))


def test_somebody_hidden_sends_no_number() -> None:
    document = message_document(PHONE_NUMBER_ID, BO, stamp(patient.text("hi"), BO))
    value = value_of(document)
    (contact,) = value["contacts"]
    assert set(contact) == {"profile", "user_id"}
    assert "username" in contact["profile"]
    assert "from" not in value["messages"][0]
    assert value["messages"][0]["from_user_id"] == BO.user_id
    assert BO.phone not in str(document)


@pytest.mark.parametrize(
    ("fixture", "status", "error"),
    [("status_sent", "sent", None), ("status_read", "read", None), ("status_failed_131047", "failed", 131047)],
)
def test_status_has_the_shape_of_the_fixture(fixture: str, status: str, error: int | None) -> None:
    expected = load(fixture)
    tracker = value_of(expected)["statuses"][0].get("biz_opaque_callback_data")
    document = status_document(PHONE_NUMBER_ID, ADA.contact(), "wamid.1", status, tracker=tracker, error=error)
    assert shape(document) == shape(expected)


def test_every_attachment_carries_what_its_type_names() -> None:
    assert [name for name, message in ATTACHMENTS.items() if message["type"] not in message] == ["unsupported"]


def test_attachment_stays_as_it_was() -> None:
    patient.attachment("image", "a caption")
    assert "caption" not in patient.attachment("image")["image"]


def test_ids_are_unique() -> None:
    assert len({stamp(patient.text("hi"), ADA)["id"] for _ in range(1000)}) == 1000


@pytest.mark.parametrize("number", [0, 1, PEOPLE - 1])
def test_numbers_are_valid_in_form_and_kept_for_drama(number: int) -> None:
    phone = Patient(number, "x").phone
    assert phone.startswith("447700900")
    assert phone != CLINIC_NUMBER
    assert phonenumbers.is_possible_number(phonenumbers.parse(f"+{phone}"))


@pytest.mark.parametrize("number", [-1, PEOPLE])
def test_there_are_no_other_numbers(number: int) -> None:
    with pytest.raises(ValueError, match="there are numbers for patients"):
        Patient(number, "x")
