"""Webhook requests of WhatsApp's Cloud API for tests: those in `payloads/whatsapp/` by name, and as many new ones."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "payloads" / "whatsapp"
PHONE_NUMBER_ID = "106540352242922"
ACCOUNT_ID = "102290129340398"
DISPLAY_NUMBER = "447700900999"
PEOPLE = 1000  # as many telephone numbers as Ofcom keeps for drama: 07700 900000 to 900999

Json = dict[str, Any]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> Json:
    document: Json = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return document


def body_of(document: Json) -> bytes:
    """As Meta writes it: on one line, ASCII only."""
    return json.dumps(document, separators=(",", ":")).encode()


def signed(body: bytes, secret: str) -> str:
    """The header `X-Hub-Signature-256` of a request with this body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def phone_of(person_number: int) -> str:
    if not 0 <= person_number < PEOPLE:
        raise ValueError(f"there are {PEOPLE} made-up people, from 0; not {person_number}")
    return f"447700900{person_number:03}"


def user_id_of(person_number: int) -> str:
    return f"GB.2{person_number:019}"


def text_message(message_id: str, person_number: int, text: str, timestamp: int) -> Json:
    """A whole request with one text message. `person_number` is one of the 1,000 made-up people; seconds since 1970."""
    phone, user_id = phone_of(person_number), user_id_of(person_number)
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": DISPLAY_NUMBER, "phone_number_id": PHONE_NUMBER_ID},
        "contacts": [{"profile": {"name": f"Test Patient {person_number}"}, "wa_id": phone, "user_id": user_id}],
        "messages": [
            {
                "from": phone,
                "from_user_id": user_id,
                "id": message_id,
                "timestamp": str(timestamp),
                "type": "text",
                "text": {"body": text},
            }
        ],
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": ACCOUNT_ID, "changes": [{"value": value, "field": "messages"}]}],
    }


def together(*posts: Json) -> Json:
    """One request with what stands in several, in this order."""
    return {"object": "whatsapp_business_account", "entry": [entry for post in posts for entry in post["entry"]]}
