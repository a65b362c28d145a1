"""Replies as request bodies of the Cloud API, within its limits; without recipient and tracker."""

import re
from collections.abc import Sequence
from typing import Any

from clinicbot.channels.text import contains_number, distinct_titles, length, numbered, one_line, shortened, split_text
from clinicbot.clinic import Clinic
from clinicbot.reply import Button, Kind, Reply
from clinicbot.texts import RIGHT_TO_LEFT, Texts, load_texts

# Meta's limits. An id may have 256 units on a button and 200 on a row; ours are tokens of 16.
TEXT_LIMIT = 4096
BODY_LIMIT = 1024
MOST_BUTTONS = 3
BUTTON_TITLE_LIMIT = 20
MOST_ROWS = 10
ROW_TITLE_LIMIT = 24
ROW_DESCRIPTION_LIMIT = 72
LIST_BUTTON_LIMIT = 20

# WhatsApp formats what stands between two of these on a line, and a line that begins with `> `, and doesn't show the
# signs. Nothing of ours is meant so, they can't be escaped, and a text struck out or without its sign ("> 3 days") may
# say the opposite: where WhatsApp would format, a sign that looks alike stands instead. Addresses stay as they are.
_LOOK_ALIKE = {"*": "∗", "_": "＿", "~": "∼"}
_FORMATTED = re.compile(
    r"(?P<address>https?://\S+)|(?<!\w)(?P<mark>[*_~])(?P<inside>(?=\S)(?:(?!https?://)[^\n])*?(?<=\S))(?P=mark)(?!\w)"
)
_QUOTATION = re.compile(r"^>(?=\s)", re.MULTILINE)

Body = dict[str, Any]


def render(replies: Sequence[Reply], *, clinic: Clinic, with_card: bool) -> list[Body]:
    """The request bodies that say all of the replies, in the order to send them, in as few messages as possible.

    The texts are one text, emergencies first. Reply buttons stand under it, or from four on in lists; a link's address
    and a call's number stand in the text. With `with_card` the clinic's contact card comes last, where the replies
    offer a call.
    """
    replies = sorted(replies, key=lambda reply: reply.kind is not Kind.EMERGENCY)
    buttons = {(button.kind, button.value): button for reply in replies for button in reply.buttons}
    choices = [button for button in buttons.values() if button.kind == "reply"]
    calls = [button for button in buttons.values() if button.kind == "call"]
    text = _plain(_joined(replies, clinic))
    bodies = _with_choices(text, choices, load_texts(replies[0].language)) if choices else _texts(text)
    if with_card and calls:
        offers_emergency = any(button.value == clinic.emergency_uri for button in calls)
        bodies.append(_card(clinic, offers_emergency))
    return bodies


def _joined(replies: Sequence[Reply], clinic: Clinic) -> str:
    """The texts with a blank line between them, each once, with all the addresses and numbers that are offered."""
    paragraphs: list[str] = []
    for reply in replies:
        text = reply.text.strip()
        lines = [
            f"{one_line(button.title)}: {button.value}"
            for button in reply.buttons
            if button.kind == "link" and button.value not in text
        ]
        paragraphs.append("\n".join(filter(None, (text, *lines))))
    text = _paragraphs(*dict.fromkeys(paragraphs))
    calls = {
        button.value: _call_line(button, reply.language, clinic)
        for reply in replies
        for button in reply.buttons
        if button.kind == "call"
    }
    missing = [line for number, line in calls.items() if not contains_number(text, number)]
    return _paragraphs(text, "\n".join(missing))


def _call_line(button: Button, language: str, clinic: Clinic) -> str:
    number = clinic.phone if button.value == clinic.phone_uri else button.value.removeprefix("tel:")
    if language in RIGHT_TO_LEFT:
        number = f"\u2066{number}\u2069"  # as in `clinicbot.texts.fill`
    return f"{one_line(button.title)}: {number}"


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))


def _plain(text: str) -> str:
    """The text without what WhatsApp would format; as long as before."""

    def look_alike(match: re.Match[str]) -> str:
        if match["address"]:
            return match.group()
        mark = _LOOK_ALIKE[match["mark"]]
        return f"{mark}{match['inside']}{mark}"

    plain = _QUOTATION.sub("＞", text).replace("`", "'")
    while (plainer := _FORMATTED.sub(look_alike, plain)) != plain:  # one pair may stand in another
        plain = plainer
    return plain


def _texts(text: str) -> list[Body]:
    return [{"type": "text", "text": {"body": piece, "preview_url": False}} for piece in split_text(text, TEXT_LIMIT)]


def _with_choices(text: str, choices: Sequence[Button], texts: Texts) -> list[Body]:
    """The text with the choices under it, or, where that is too long, before a message with them."""
    full = [one_line(button.title) for button in choices]
    as_buttons = len(choices) <= MOST_BUTTONS
    titles = distinct_titles(full, BUTTON_TITLE_LIMIT if as_buttons else ROW_TITLE_LIMIT)
    # a row has a description for its full title, a button has not
    room = BUTTON_TITLE_LIMIT if as_buttons else ROW_DESCRIPTION_LIMIT
    is_cut = titles != full if as_buttons else any(length(title) > room for title in full)
    options = _plain(numbered(full)) if is_cut else ""
    if is_cut and as_buttons:  # the number tells which of the lines a cut title stands for
        titles = distinct_titles([f"{place}. {title}" for place, title in enumerate(full, 1)], BUTTON_TITLE_LIMIT)
    ask = texts.get("please_choose")
    before, body = "", _paragraphs(text or ask, options)
    if length(body) > BODY_LIMIT:
        before, body = text, _paragraphs(ask, options)
    if length(body) > BODY_LIMIT:
        before, body = _paragraphs(text, options), ask
    if as_buttons:
        return [*_texts(before), _reply_buttons(body, choices, titles)]
    rows = [_row(button, title) for button, title in zip(choices, titles, strict=True)]
    lists = -(-len(rows) // MOST_ROWS)
    each = -(-len(rows) // lists)
    bodies = [body, *[ask] * (lists - 1)]
    return [
        *_texts(before),
        *(_list(said, rows[n * each : (n + 1) * each], texts.get("choose")) for n, said in enumerate(bodies)),
    ]


def _reply_buttons(body: str, choices: Sequence[Button], titles: Sequence[str]) -> Body:
    buttons = [
        {"type": "reply", "reply": {"id": button.value, "title": title}}
        for button, title in zip(choices, titles, strict=True)
    ]
    return {
        "type": "interactive",
        "interactive": {"type": "button", "body": {"text": body}, "action": {"buttons": buttons}},
    }


def _row(button: Button, title: str) -> dict[str, str]:
    full = one_line(button.title)
    row = {"id": button.value, "title": title}
    return row if title == full else {**row, "description": shortened(full, ROW_DESCRIPTION_LIMIT)}


def _list(body: str, rows: Sequence[dict[str, str]], choose: str) -> Body:
    action = {"button": shortened(choose, LIST_BUTTON_LIMIT), "sections": [{"rows": list(rows)}]}
    return {"type": "interactive", "interactive": {"type": "list", "body": {"text": body}, "action": action}}


def _card(clinic: Clinic, with_emergency: bool) -> Body:
    """The clinic as a contact to call, after the emergency number as one where that is offered."""
    contacts = [_contact(clinic.name, clinic.phone_uri) | {"org": {"company": clinic.name}}]
    if with_emergency:
        contacts.insert(0, _contact(clinic.emergency_number, clinic.emergency_uri))
    return {"type": "contacts", "contacts": contacts}


def _contact(name: str, uri: str) -> dict[str, Any]:
    return {
        "name": {"formatted_name": name, "first_name": name},
        "phones": [{"phone": uri.removeprefix("tel:"), "type": "WORK"}],
    }
