"""Webhook requests of Twilio's for tests: those in `payloads/twilio/` by name, and as many new ones."""

from pathlib import Path
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from tests.channels.fixtures import DISPLAY_NUMBER, phone_of, user_id_of

FOLDER = Path(__file__).parents[1] / "payloads" / "twilio"
ACCOUNT_SID = "AC000000000000000000000000000000a1"
AUTH_TOKEN = "an-auth-token"
CLINIC_NUMBER = f"whatsapp:+{DISPLAY_NUMBER}"

Form = list[tuple[str, str]]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.form"))


def load(name: str) -> Form:
    """The parameters, empty ones too, as the gateway reads them."""
    body = (FOLDER / f"{name}.form").read_text(encoding="ascii").strip()
    return parse_qsl(body, keep_blank_values=True, strict_parsing=True)


def text_form(message_id: str, person_number: int, text: str) -> Form:
    """A whole request with one text message. `person_number` is one of the 1,000 made-up people."""
    phone = phone_of(person_number)
    return [
        ("ExternalUserId", f"whatsapp:{user_id_of(person_number)}"),
        ("NumMedia", "0"),
        ("ProfileName", f"Test Patient {person_number}"),
        ("MessageType", "text"),
        ("WaId", phone),
        ("SmsStatus", "received"),
        ("Body", text),
        ("To", CLINIC_NUMBER),
        ("MessageSid", message_id),
        ("AccountSid", ACCOUNT_SID),
        ("From", f"whatsapp:+{phone}"),
        ("ApiVersion", "2010-04-01"),
    ]


def signed(url: str, form: Form, auth_token: str = AUTH_TOKEN) -> str:
    """The header `X-Twilio-Signature` of a request to this address; `form` has no name twice."""
    signature: str = RequestValidator(auth_token).compute_signature(url, dict(form))
    return signature
