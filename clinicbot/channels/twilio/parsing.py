"""Reading Twilio's webhook requests: forms, each with one message of a patient's or one report about one of ours."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from clinicbot.channels.ids import usable_id
from clinicbot.channels.twilio.addresses import clinic_address, person_of
from clinicbot.channels.twilio.errors import classify, reason
from clinicbot.channels.whatsapp.parsing import LONGEST_BUTTON_ID, UNKNOWN
from clinicbot.clock import utc_now
from clinicbot.messages import (
    Channel,
    Content,
    Delivered,
    Delivery,
    DeliveryStatus,
    InboundMessage,
    UnreadableWebhook,
)

# The parameter of the status callback's address that carries a message's tracker there and back.
TRACKER = "tracker"

# Twilio's others, such as queued, accepted, sending and canceled, tell nothing that we didn't know.
_STATUSES = {
    "sent": Delivered.SENT,
    "delivered": Delivered.DELIVERED,
    "read": Delivered.READ,
    "failed": Delivered.FAILED,
    "undelivered": Delivered.FAILED,
}
# Parameters that today only a patient's message has.
_CONTENT = frozenset({"Body", "NumMedia", "ButtonPayload", "Latitude"})
# Types of message that consist of what their `Body` says; of others it is a caption.
_WRITTEN = frozenset({"text", "button", "interactive"})
# Twilio's `MessageType` by media type, for requests that lack it: older ones did.
_MEDIA = {"image/webp": "sticker", "text/vcard": "contacts", "text/x-vcard": "contacts"}
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_CODE = re.compile(r"[0-9]{1,9}")

_IGNORED = Delivery(ignored=1)


def parse(
    form: Sequence[tuple[str, str]] | Mapping[str, str],
    account_sid: str,
    clinic_number: str,
    *,
    now: datetime | None = None,
) -> Delivery:
    """The message or status in a request for our account and number, `whatsapp:+…`.

    `form` has the parameters of the body, and `tracker` from the query of a status callback's address. Twilio's
    requests carry no time, so `now` (naive UTC) is taken, and messages are in the order in which they come. Raises
    UnreadableWebhook without a `MessageSid`. Counted in `ignored`: another account or number, a sender who isn't on
    WhatsApp, and statuses that tell nothing.

    Meta delivers reactions; Twilio documents none, and no sample of one is known.
    """
    fields = {name: _text(value) for name, value in dict(form).items()}
    message_id = usable_id(fields.get("MessageSid"))
    if message_id is None:
        raise UnreadableWebhook("no MessageSid")
    if fields.get("AccountSid") != account_sid:
        return _IGNORED
    now = now or utc_now()
    ours = clinic_address(clinic_number)
    if "MessageStatus" in fields and (fields.get("From") == ours or not _has_content(fields)):
        status = _status(fields, message_id, now) if fields.get("From") == ours else None
        return Delivery(statuses=(status,)) if status else _IGNORED
    message = _message(fields, message_id, now) if fields.get("To") == ours else None
    return Delivery(messages=(message,)) if message else _IGNORED


def _message(fields: Mapping[str, str], message_id: str, now: datetime) -> InboundMessage | None:
    person = person_of(fields.get("From", ""), fields.get("ExternalUserId", ""))
    if person is None:
        return None
    kind = _type(fields)
    content, text, button = _said(kind, fields)
    return InboundMessage(
        channel=Channel.TWILIO,
        id=message_id,
        person=person,
        sent_at=now,
        content=content,
        type=kind,
        text=text,
        button=button,
    )


def _said(kind: str, fields: Mapping[str, str]) -> tuple[Content, str, str | None]:
    """The content, its text, and the id behind a button.

    We send no buttons by Twilio, but somebody may by a template of theirs: an id that isn't ours counts as its title.
    """
    words, button = fields.get("Body", ""), fields.get("ButtonPayload", "")
    if _has_media(fields) or _has_place(fields):
        return Content.UNREADABLE, words, None
    title = fields.get("ButtonText") or words
    if 0 < len(button) <= LONGEST_BUTTON_ID:
        return Content.BUTTON, title, button
    if kind in _WRITTEN and title.strip():
        return Content.TEXT, title, None
    return Content.UNREADABLE, words, None


def _type(fields: Mapping[str, str]) -> str:
    named = fields.get("MessageType", "")
    if _TYPE.fullmatch(named):
        return named
    if _has_media(fields):
        media = fields.get("MediaContentType0", "").partition(";")[0].strip().lower()
        family = media.partition("/")[0]
        return _MEDIA.get(media) or (family if family in ("image", "video", "audio") else "document")
    if _has_place(fields):
        return "location"
    if fields.get("ButtonPayload"):
        return "button"
    return "text" if fields.get("Body", "").strip() else UNKNOWN


def _has_content(fields: Mapping[str, str]) -> bool:
    return not _CONTENT.isdisjoint(fields)


def _has_media(fields: Mapping[str, str]) -> bool:
    return bool(fields.get("MediaUrl0")) or fields.get("NumMedia", "").strip() not in ("", "0")


def _has_place(fields: Mapping[str, str]) -> bool:
    return bool(fields.get("Latitude") or fields.get("Longitude"))


def _status(fields: Mapping[str, str], message_id: str, now: datetime) -> DeliveryStatus | None:
    status = _STATUSES.get(fields["MessageStatus"].lower())
    if status is None:
        return None
    code, has_failed = _code(fields.get("ErrorCode", "")), status is Delivered.FAILED
    words = fields.get("ErrorMessage") or fields.get("ChannelStatusMessage")
    return DeliveryStatus(
        channel=Channel.TWILIO,
        message_id=message_id,
        status=status,
        at=now,
        tracker=fields.get(TRACKER) or None,
        error=(reason(code, words) or "no reason given") if has_failed else None,
        failure=classify(None, code) if has_failed else None,
    )


def _code(text: str) -> int | None:
    """An error's code; none and 0 both mean that there is no error to name."""
    return int(text) or None if _CODE.fullmatch(text) else None


def _text(value: str) -> str:
    """A string that any database takes: without null characters and halves of surrogate pairs."""
    return value.encode("utf-8", "replace").decode().replace("\0", "")
