"""The patients, and the messages that they can write, each as the `messages` webhook describes it.

Telephone numbers are Ofcom's for drama, +44 7700 900000 to 900999: valid in form, and nobody's.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]

CLINIC_NUMBER = "447700900999"
PEOPLE = 999  # the last number is the clinic's own here


@dataclass(frozen=True)
class Patient:
    """`number` is from 0 to 998. Who is `hidden` uses WhatsApp with a user name, so that a business isn't told their
    telephone number.
    """

    number: int
    name: str
    hidden: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.number < PEOPLE:
            raise ValueError(f"there are numbers for patients 0 to {PEOPLE - 1}; {self.number} isn't one")

    @property
    def phone(self) -> str:
        """Digits, with the country's code."""
        return f"447700900{self.number:03}"

    @property
    def user_id(self) -> str:
        """Business-scoped."""
        return f"GB.2{self.number:019}"

    def contact(self) -> Json:
        """As in a webhook's `contacts`."""
        if self.hidden:
            return {"profile": {"name": self.name, "username": f"patient.{self.number}"}, "user_id": self.user_id}
        return {"profile": {"name": self.name}, "wa_id": self.phone, "user_id": self.user_id}

    def sender(self) -> Json:
        """As at the head of a message."""
        return {"from_user_id": self.user_id} if self.hidden else {"from": self.phone, "from_user_id": self.user_id}


DEMO_PATIENTS = (Patient(1, "Ada Example"), Patient(2, "Bo Example", hidden=True))


def new_message_id() -> str:
    return "wamid." + base64.b64encode(b"simulated" + secrets.token_bytes(24)).decode()


def stamp(message: Json, patient: Patient) -> Json:
    """The message with its sender, an id of its own and the time."""
    return {**patient.sender(), "id": new_message_id(), "timestamp": str(int(time.time())), **message}


def text(body: str) -> Json:
    return {"type": "text", "text": {"body": body}}


def pressed(kind: str, message_id: str, option: Mapping[str, str]) -> Json:
    """`kind` is button_reply or list_reply; `option` what was pressed on a message of the clinic's."""
    reply = {key: option[key] for key in ("id", "title", "description") if key in option}
    return {
        "context": {"from": CLINIC_NUMBER, "id": message_id},
        "type": "interactive",
        "interactive": {"type": kind, kind: reply},
    }


def reaction(message_id: str, emoji: str) -> Json:
    """An empty emoji takes the reaction back."""
    return {"type": "reaction", "reaction": {"message_id": message_id, **({"emoji": emoji} if emoji else {})}}


def edit(message_id: str, body: str) -> Json:
    """A changed text message."""
    changed = {"context": {"id": "M0"}, **text(body)}
    return {"type": "edit", "edit": {"original_message_id": message_id, "message": changed}}


def attachment(kind: str, caption: str = "") -> Json:
    """One of ATTACHMENTS, with a caption where WhatsApp has one. Raises KeyError for another kind."""
    message = ATTACHMENTS[kind]
    if caption and kind in CAPTIONED:
        return {**message, kind: {**message[kind], "caption": caption}}
    return dict(message)


def _media(kind: str, mime_type: str, **more: Any) -> Json:
    digest = hashlib.sha256(kind.encode())
    media_id = str(int(digest.hexdigest()[:13], 16))
    media = {
        "mime_type": mime_type,
        "sha256": base64.b64encode(digest.digest()).decode(),
        "id": media_id,
        "url": f"https://media.example/whatsapp_business/attachments/?mid={media_id}",
    }
    return {"type": kind, kind: {**media, **more}}


CAPTIONED = ("image", "video", "document")
_FRIEND = Patient(900, "Cy Example")
ATTACHMENTS: Mapping[str, Json] = MappingProxyType(
    {
        "image": _media("image", "image/jpeg"),
        "video": _media("video", "video/mp4"),
        "document": _media("document", "application/pdf", filename="report.pdf"),
        "voice": _media("audio", "audio/ogg; codecs=opus", voice=True),
        "audio": _media("audio", "audio/mpeg", voice=False),
        "sticker": _media("sticker", "image/webp", animated=False),
        "location": {
            "type": "location",
            "location": {
                "latitude": 51.4778,
                "longitude": -0.0015,
                "name": "Example Park",
                "address": "1 Example Street",
            },
        },
        "contacts": {
            "type": "contacts",
            "contacts": [
                {
                    "name": {"formatted_name": _FRIEND.name, "first_name": "Cy", "last_name": "Example"},
                    "phones": [{"phone": f"+{_FRIEND.phone}", "wa_id": _FRIEND.phone, "type": "CELL"}],
                }
            ],
        },
        "unsupported": {
            "type": "unsupported",
            "errors": [
                {
                    "code": 131051,
                    "title": "Message type unknown",
                    "message": "Message type unknown",
                    "error_data": {"details": "Message type is currently not supported."},
                }
            ],
        },
        "hologram": {"type": "hologram", "hologram": {"id": "900000000000001", "mime_type": "model/gltf-binary"}},
    }
)
