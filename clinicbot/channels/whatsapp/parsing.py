"""Reading webhook requests of the Cloud API. Whatever is odd in one message never spoils the others."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

from clinicbot.channels.ids import LONGEST_USER_ID, usable_id
from clinicbot.channels.whatsapp.errors import classify, reason
from clinicbot.clock import utc_now
from clinicbot.messages import (
    Channel,
    Content,
    Delivered,
    Delivery,
    DeliveryStatus,
    InboundMessage,
    Person,
    UnreadableWebhook,
)

logger = logging.getLogger(__name__)

UNKNOWN = "unknown"
LONGEST_BUTTON_ID = 256

_STATUSES = {
    "sent": Delivered.SENT,
    "delivered": Delivered.DELIVERED,
    "read": Delivered.READ,
    "played": Delivered.READ,  # a voice message of ours; there are none so far
    "failed": Delivered.FAILED,
}
# Not from the patient's hand, or, as the last one, before anything is written.
_EVENTS = frozenset({"system", "revoke", "request_welcome"})
# what may be the label of a metric
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PHONE = re.compile(r"\+?([0-9]{1,20})")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_NOTHING: Mapping[str, Any] = MappingProxyType({})

_Ids = tuple[str | None, str | None]


def parse(document: Any, phone_number_id: str, now: datetime | None = None) -> Delivery:
    """The messages and statuses for our number, in their order. `now` (naive UTC) stands in for unusable times.

    Raises UnreadableWebhook if this is no webhook of WhatsApp's at all. Within one, what can't be told is counted in
    `ignored`: messages without an id or a sender, statuses without an id or of an unknown kind, anything malformed
    above them, and what is for another number or of another field.
    """
    if not isinstance(document, dict) or document.get("object") != "whatsapp_business_account":
        raise UnreadableWebhook("not an object of a WhatsApp business account")
    if not isinstance(document.get("entry"), list):
        raise UnreadableWebhook("no list of entries")
    now = now or utc_now()
    messages: list[InboundMessage] = []
    statuses: list[DeliveryStatus] = []
    ignored = 0
    for entry in document["entry"]:
        changes = _object(entry).get("changes")
        if not isinstance(changes, list):
            ignored += 1
            continue
        for change in map(_object, changes):
            value = _object(change.get("value"))
            raw_messages, raw_statuses = _list(value.get("messages")), _list(value.get("statuses"))
            is_ours = change.get("field") == "messages" and _number_of(value) == phone_number_id
            if not is_ours:
                ignored += max(1, len(raw_messages) + len(raw_statuses))
                continue
            contacts = [_ids(_object(contact), "user_id", "wa_id") for contact in _list(value.get("contacts"))]
            errors = _list(value.get("errors"))
            read_messages = [_message(_object(raw), contacts, now) for raw in raw_messages]
            read_statuses = [_status(_object(raw), errors, now) for raw in raw_statuses]
            messages += filter(None, read_messages)
            statuses += filter(None, read_statuses)
            ignored += read_messages.count(None) + read_statuses.count(None)
            if not raw_messages and not raw_statuses:
                ignored += 1
                if errors:
                    logger.warning("WhatsApp reports an error of the account: %s", _error(errors)[1])
    return Delivery(tuple(messages), tuple(statuses), ignored)


def _number_of(value: Mapping[str, Any]) -> Any:
    return _object(value.get("metadata")).get("phone_number_id")


def _message(raw: Mapping[str, Any], contacts: Sequence[_Ids], now: datetime) -> InboundMessage | None:
    message_id, person = usable_id(raw.get("id")), _person(raw, contacts)
    if message_id is None or person is None:
        return None
    kind = raw.get("type")
    said = _said(kind, _content(raw))
    return InboundMessage(
        channel=Channel.WHATSAPP,
        id=message_id,
        person=person,
        sent_at=_time(raw.get("timestamp"), now),
        content=said.content,
        type=kind if isinstance(kind, str) and _TYPE.fullmatch(kind) else UNKNOWN,
        text=said.text,
        button=said.button,
        refers_to=said.refers_to,
    )


@dataclass(frozen=True)
class _Said:
    content: Content
    text: str = ""
    button: str | None = None
    refers_to: str | None = None


def _said(kind: Any, content: Mapping[str, Any]) -> _Said:
    if not isinstance(kind, str):
        return _Said(Content.UNREADABLE)
    if kind in _EVENTS:
        return _Said(Content.EVENT, refers_to=usable_id(content.get("original_message_id")))
    if kind == "reaction":
        return _Said(Content.REACTION, _text(content.get("emoji")), refers_to=usable_id(content.get("message_id")))
    if kind == "interactive":
        return _pressed(content)
    if kind == "edit":
        text = _words(_content(_object(content.get("message"))))
        return _Said(Content.UNREADABLE, text, refers_to=usable_id(content.get("original_message_id")))
    text = _words(content)
    if kind in ("text", "button") and text.strip():
        return _Said(Content.TEXT, text)
    return _Said(Content.UNREADABLE, text)


def _pressed(interactive: Mapping[str, Any]) -> _Said:
    kind = interactive.get("type")
    choice = _object(interactive.get(kind)) if kind in ("button_reply", "list_reply") else _NOTHING
    title, button = _text(choice.get("title")), _text(choice.get("id"))
    if not 0 < len(button) <= LONGEST_BUTTON_ID:
        return _Said(Content.UNREADABLE, title)
    return _Said(Content.BUTTON, title, button)


def _content(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands under the name of a message's type."""
    kind = raw.get("type")
    return _object(raw.get(kind)) if isinstance(kind, str) else _NOTHING


def _words(content: Mapping[str, Any]) -> str:
    """What somebody wrote: a text's body, a template button's text, an order's, or the caption of a photo or file."""
    return next((text for key in ("caption", "text", "body") if (text := _text(content.get(key))).strip()), "")


def _person(raw: Mapping[str, Any], contacts: Sequence[_Ids]) -> Person | None:
    """The sender by the ids in the message, completed by the contact that has one of them.

    Since 2026 people may hide their number: then only the business-scoped id is there. Some system messages have only
    the number.
    """
    user_id, phone = _ids(raw, "from_user_id", "from")
    if not user_id and not phone:
        matching = contacts if len(contacts) == 1 else ()
    else:
        matching = [its for its in contacts if (user_id and user_id == its[0]) or (phone and phone == its[1])]
    if matching:
        user_id, phone = user_id or matching[0][0], phone or matching[0][1]
    return Person(user_id, phone) if user_id or phone else None


def _status(raw: Mapping[str, Any], errors_around: Sequence[Any], now: datetime) -> DeliveryStatus | None:
    message_id = usable_id(raw.get("id"))
    kind = raw.get("status")
    status = _STATUSES.get(kind) if isinstance(kind, str) else None
    if message_id is None or status is None:
        return None
    has_failed = status is Delivered.FAILED
    code, error = _error(_list(raw.get("errors")) or errors_around) if has_failed else (None, None)
    return DeliveryStatus(
        channel=Channel.WHATSAPP,
        message_id=message_id,
        status=status,
        at=_time(raw.get("timestamp"), now),
        tracker=_text(raw.get("biz_opaque_callback_data")) or None,
        error=error,
        failure=classify(None, code) if has_failed else None,
    )


def _error(errors: Sequence[Any]) -> tuple[int | None, str]:
    """Code and `code title` of the first error."""
    error = _object(errors[0]) if errors else _NOTHING
    code = error.get("code")
    code = code if isinstance(code, int) else None
    return code, reason(code, _text(error.get("title")), _text(error.get("message"))) or "no reason given"


def _time(value: Any, now: datetime) -> datetime:
    """Naive UTC of seconds since 1970, which come as a string; `now` for anything else."""
    if isinstance(value, (str, int)):
        try:
            return datetime.fromtimestamp(int(value), timezone.utc).replace(tzinfo=None)
        except (ValueError, OverflowError, OSError):
            return now
    return now


def _text(value: Any) -> str:
    """A string that any database takes: without null characters and halves of surrogate pairs; else empty."""
    return _HALF_PAIR.sub("\ufffd", value).replace("\0", "") if isinstance(value, str) else ""


def _ids(raw: Mapping[str, Any], user_id: str, phone: str) -> _Ids:
    """A business-scoped user id and a number's digits, under these names; hidden numbers are missing or empty."""
    number = raw.get(phone)
    match = _PHONE.fullmatch(number) if isinstance(number, str) else None
    return usable_id(raw.get(user_id), LONGEST_USER_ID), match.group(1) if match else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
