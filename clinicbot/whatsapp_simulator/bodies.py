"""What Meta accepts as the body of a message, and refuses.

Limits: Meta's reference of the `messages` endpoint, as of 2026. Where its pages differ (the body of a list: 1,024 or
4,096 characters) the lower one holds here, so that what passes here passes there. It says "characters" and not which;
here they are UTF-16 code units, which are never fewer than any other usual count. Types that the assistant has no use
for (media, templates, flows …) are refused as unknown.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clinicbot.whatsapp_simulator.graph_errors import INVALID_PARAMETER, INVALID_VALUE, MISSING_PARAMETER, GraphError

TEXT = 4096
INTERACTIVE_BODY = 1024
HEADER = FOOTER = 60
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
ROWS, ROW_TITLE, ROW_DESCRIPTION, ROW_ID = 10, 24, 72, 200
SECTION_TITLE = 24
CONTACTS = 257
TRACKER = 512
NAME_PARTS = ("first_name", "last_name", "middle_name", "suffix", "prefix")

Json = Mapping[str, Any]
_PHONE = re.compile(r"\+?[\d\s().-]{5,25}")


@dataclass(frozen=True)
class Recipient:
    """As addressed: by telephone number (digits only) or, without one, by business-scoped user id."""

    phone: str | None
    user_id: str | None

    @property
    def key(self) -> str:
        return self.phone or self.user_id or ""


def read_message(body: Any) -> Recipient:
    """Whom a valid body is for. Raises GraphError for one that Meta would refuse."""
    message = _product(body)
    if message.get("recipient_type", "individual") != "individual":
        raise GraphError(INVALID_PARAMETER, "recipient_type: only individual is known here")
    recipient = _recipient(message)
    kind = message.get("type", "text")
    check = {"text": _check_text, "interactive": _check_interactive, "contacts": _check_contacts}.get(kind)
    if check is None:
        raise GraphError(
            INVALID_PARAMETER, f"type: {kind!r} is not known here; it must be text, interactive or contacts"
        )
    if kind not in message:
        raise GraphError(MISSING_PARAMETER, f"{kind}: missing, though the type is {kind}")
    check(message[kind])
    if "context" in message:
        _string(_object(message["context"], "context", {"message_id"}), "message_id", "context", 256)
    if "biz_opaque_callback_data" in message:
        _string(message, "biz_opaque_callback_data", "", TRACKER)
    return recipient


def is_mark(body: Any) -> bool:
    """Whether it marks a message as read rather than sends one."""
    return isinstance(body, dict) and "status" in body


def read_mark(body: Any) -> tuple[str, bool]:
    """The id of the message that was read, and whether "typing…" is to be shown. Raises GraphError."""
    mark = _product(body)
    if mark["status"] != "read":
        raise GraphError(INVALID_PARAMETER, "status: must be read")
    message_id = _string(mark, "message_id", "", 256)
    if "typing_indicator" not in mark:
        return message_id, False
    if _object(mark["typing_indicator"], "typing_indicator", {"type"}).get("type") != "text":
        raise GraphError(INVALID_PARAMETER, "typing_indicator.type: must be text")
    return message_id, True


def _product(body: Any) -> Json:
    if not isinstance(body, dict):
        raise GraphError(INVALID_PARAMETER, "the body must be a JSON object")
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(INVALID_PARAMETER, "messaging_product: must be whatsapp")
    return body


def _recipient(message: Json) -> Recipient:
    """`to` wins where both are given."""
    if "to" in message:
        phone = _string(message, "to", "", 30)
        if not _PHONE.fullmatch(phone):
            raise GraphError(INVALID_PARAMETER, "to: must be a telephone number")
        return Recipient(re.sub(r"\D", "", phone), None)
    if "recipient" in message:
        return Recipient(None, _string(message, "recipient", "", 140))
    raise GraphError(INVALID_PARAMETER, "to: required, or recipient with a business-scoped user id")


def _check_text(text: Any) -> None:
    _string(_object(text, "text", {"body", "preview_url"}), "body", "text", TEXT, code=INVALID_PARAMETER)
    if not isinstance(text.get("preview_url", False), bool):
        raise GraphError(INVALID_PARAMETER, "text.preview_url: must be true or false")


def _check_interactive(interactive: Any) -> None:
    _object(interactive, "interactive", {"type", "header", "body", "footer", "action"})
    kind = interactive.get("type")
    if kind not in ("button", "list"):
        raise GraphError(INVALID_VALUE, f"interactive.type: {kind!r} is not known here; it must be button or list")
    body = _object(interactive.get("body"), "interactive.body", {"text"})
    _string(body, "text", "interactive.body", INTERACTIVE_BODY)
    if "header" in interactive:
        header = _object(interactive["header"], "interactive.header", {"type", "text"})
        _string(header, "text", "interactive.header", HEADER)
    if "footer" in interactive:
        _string(_object(interactive["footer"], "interactive.footer", {"text"}), "text", "interactive.footer", FOOTER)
    if kind == "button":
        _check_buttons(interactive.get("action"))
    else:
        _check_list(interactive.get("action"))


def _check_buttons(action: Any) -> None:
    where = "interactive.action.buttons"
    buttons = _array(_object(action, "interactive.action", {"buttons"}).get("buttons"), where, BUTTONS)
    replies = []
    for button in buttons:
        if _object(button, where, {"type", "reply"}).get("type") != "reply":
            raise GraphError(INVALID_VALUE, f"{where}.type: must be reply")
        replies.append(_object(button.get("reply"), f"{where}.reply", {"id", "title"}))
    _unique((_string(reply, "title", where, BUTTON_TITLE) for reply in replies), f"{where}.title")
    _unique((_string(reply, "id", where, BUTTON_ID) for reply in replies), f"{where}.id")


def _check_list(action: Any) -> None:
    where = "interactive.action"
    _string(_object(action, where, {"button", "sections"}), "button", where, BUTTON_TITLE)
    sections = _array(action.get("sections"), f"{where}.sections", ROWS)
    rows = []
    for section in sections:
        _object(section, f"{where}.sections", {"title", "rows"})
        if "title" in section or len(sections) > 1:
            _string(section, "title", f"{where}.sections", SECTION_TITLE)
        rows += _array(section.get("rows"), f"{where}.sections.rows", ROWS)
    where = f"{where}.sections.rows"
    if len(rows) > ROWS:
        raise GraphError(INVALID_VALUE, f"{where}: {len(rows)} in all sections, of at most {ROWS}")
    for row in rows:
        _string(_object(row, where, {"id", "title", "description"}), "title", where, ROW_TITLE)
        if "description" in row:
            _string(row, "description", where, ROW_DESCRIPTION)
    _unique((_string(row, "id", where, ROW_ID) for row in rows), f"{where}.id")


def _check_contacts(contacts: Any) -> None:
    for contact in _array(contacts, "contacts", CONTACTS):
        known = {"name", "phones", "addresses", "birthday", "emails", "org", "urls"}
        name = _object(
            _object(contact, "contacts", known).get("name"), "contacts.name", {"formatted_name", *NAME_PARTS}
        )
        _string(name, "formatted_name", "contacts.name", TEXT)
        if not any(name.get(part) for part in NAME_PARTS):
            raise GraphError(MISSING_PARAMETER, f"contacts.name: needs one of {', '.join(NAME_PARTS)} too")
        for phone in _array(contact["phones"], "contacts.phones", CONTACTS) if "phones" in contact else ():
            _string(_object(phone, "contacts.phones", {"phone", "type", "wa_id"}), "phone", "contacts.phones", 40)


def _object(value: Any, where: str, known: set[str]) -> Json:
    if not isinstance(value, dict):
        raise GraphError(MISSING_PARAMETER, f"{where}: must be an object")
    if unknown := sorted(set(value) - known):
        raise GraphError(INVALID_PARAMETER, f"{where}: {', '.join(unknown)} is not known")
    return value


def _array(value: Any, where: str, most: int) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise GraphError(MISSING_PARAMETER, f"{where}: must be an array with at least one element")
    if len(value) > most:
        raise GraphError(INVALID_VALUE, f"{where}: {len(value)} elements, of at most {most}")
    return value


def _string(holder: Json, key: str, where: str, most: int, *, code: int = INVALID_VALUE) -> str:
    """A text of 1 to `most` characters that isn't blank."""
    value, name = holder.get(key), f"{where}.{key}".lstrip(".")
    if not isinstance(value, str) or not value.strip():
        raise GraphError(MISSING_PARAMETER, f"{name}: must be a text that isn't empty")
    length = len(value.encode("utf-16-le", "surrogatepass")) // 2
    if length > most:
        raise GraphError(code, f"{name}: {length} characters, of at most {most}")
    return value


def _unique(values: Iterable[str], where: str) -> None:
    listed = list(values)
    if len(set(listed)) < len(listed):
        raise GraphError(INVALID_VALUE, f"{where}: the same one twice")
