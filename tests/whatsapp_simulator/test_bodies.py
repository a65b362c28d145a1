"""What the stand-in takes and refuses, limit by limit."""

from typing import Any

import pytest

from clinicbot.whatsapp_simulator.bodies import is_mark, read_mark, read_message
from clinicbot.whatsapp_simulator.graph_errors import GraphError
from tests.whatsapp_simulator.conftest import ADA, BO, Json, text_to

HEAD = {"messaging_product": "whatsapp", "to": ADA.phone}
INVALID, MISSING, NOT_VALID = 100, 131008, 131009
EMOJI = "😀"  # two UTF-16 code units


def text(body: Any, **more: Any) -> Json:
    return {**HEAD, "type": "text", "text": {"body": body, **more}}


def buttons(*replies: Json, body: Any = "Which?") -> Json:
    offered = [{"type": "reply", "reply": reply} for reply in replies]
    return interactive({"type": "button", "body": {"text": body}, "action": {"buttons": offered}})


def reply(number: int = 0, **changes: Any) -> Json:
    return {"id": f"id{number}", "title": f"Title {number}", **changes}


def sections(*sections: Json, button: Any = "Open", body: Any = "Which?") -> Json:
    action = {"button": button, "sections": list(sections)}
    return interactive({"type": "list", "body": {"text": body}, "action": action})


def rows(count: int, first: int = 0, **section: Any) -> Json:
    return {"rows": [reply(number) for number in range(first, first + count)], **section}


def row(**changes: Any) -> Json:
    return {"rows": [reply(**changes)]}


def interactive(content: Any) -> Json:
    return {**HEAD, "type": "interactive", "interactive": content}


def card(**contact: Any) -> Json:
    return {**HEAD, "type": "contacts", "contacts": [contact]}


NAMED = {"formatted_name": "Test Clinic", "first_name": "Test"}

ACCEPTED: dict[str, Json] = {
    "shortest text": text("x"),
    "longest text": text("x" * 4096),
    "text with preview": text("x", preview_url=False),
    "text without a type": {**HEAD, "text": {"body": "x"}},
    "number as people write it": {**text("x"), "to": "+44 (7700) 900-001"},
    "by user id": text_to(BO),
    "quoting": {**text("x"), "context": {"message_id": "wamid.1"}},
    "tracked": {**text("x"), "biz_opaque_callback_data": "t" * 512},
    "individual": {**text("x"), "recipient_type": "individual"},
    "one button": buttons(reply(1)),
    "three buttons": buttons(reply(1), reply(2), reply(3)),
    "longest button": buttons(reply(title="t" * 20, id="i" * 256), body="x" * 1024),
    "one row": sections(rows(1)),
    "ten rows": sections(rows(4, title="First"), rows(6, 4, title="Second")),
    "longest row": sections(row(title="t" * 24, description="d" * 72, id="i" * 200), button="b" * 20),
    "header and footer": interactive(
        {
            **buttons(reply())["interactive"],
            "header": {"type": "text", "text": "h" * 60},
            "footer": {"text": "f" * 60},
        }
    ),
    "card": card(name=NAMED, phones=[{"phone": "+44 20 7946 0123", "type": "WORK"}]),
    "card without a number": card(name=NAMED),
}

REFUSED: dict[str, tuple[Any, int]] = {
    "not an object": ([], INVALID),
    "no product": ({**text("x"), "messaging_product": "messenger"}, INVALID),
    "nobody": ({"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}}, INVALID),
    "no number": ({**text("x"), "to": "somebody"}, INVALID),
    "number as a number": ({**text("x"), "to": 447700900001}, MISSING),
    "empty user id": ({**text_to(BO), "recipient": ""}, MISSING),
    "group": ({**text("x"), "recipient_type": "group"}, INVALID),
    "unknown type": ({**HEAD, "type": "hologram", "hologram": {}}, INVALID),
    "media": ({**HEAD, "type": "image", "image": {"link": "https://media.example/1.jpg"}}, INVALID),
    "no content": ({**HEAD, "type": "text"}, MISSING),
    "content of another type": ({**HEAD, "type": "contacts", "text": {"body": "x"}}, MISSING),
    "content that is no object": ({**HEAD, "type": "text", "text": "x"}, MISSING),
    "no text": (text(""), MISSING),
    "blank text": (text(" \n"), MISSING),
    "null text": (text(None), MISSING),
    "too long text": (text("x" * 4097), INVALID),
    "too long text of emoji": (text(EMOJI * 2049), INVALID),
    "misspelt key": (text("x", preview="no"), INVALID),
    "preview that is a text": (text("x", preview_url="no"), INVALID),
    "too long tracker": ({**text("x"), "biz_opaque_callback_data": "t" * 513}, NOT_VALID),
    "quoting nothing": ({**text("x"), "context": {}}, MISSING),
    "no buttons": (buttons(), MISSING),
    "four buttons": (buttons(*map(reply, range(4))), NOT_VALID),
    "button without a title": (buttons(reply(title="")), MISSING),
    "too long title": (buttons(reply(title="t" * 21)), NOT_VALID),
    "too long title of emoji": (buttons(reply(title=EMOJI * 11)), NOT_VALID),
    "equal titles": (buttons(reply(1, title="Same"), reply(2, title="Same")), NOT_VALID),
    "equal ids": (buttons(reply(1, id="same"), reply(2, id="same")), NOT_VALID),
    "button without an id": (buttons(reply(id="")), MISSING),
    "too long id": (buttons(reply(id="i" * 257)), NOT_VALID),
    "buttons without a body": (buttons(reply(), body=""), MISSING),
    "too long body": (buttons(reply(), body="x" * 1025), NOT_VALID),
    "button of another kind": (
        interactive(
            {"type": "button", "body": {"text": "x"}, "action": {"buttons": [{"type": "url", "reply": reply()}]}}
        ),
        NOT_VALID,
    ),
    "unknown interactive": (interactive({"type": "flow", "body": {"text": "x"}, "action": {}}), NOT_VALID),
    "no action": (interactive({"type": "button", "body": {"text": "x"}}), MISSING),
    "no sections": (sections(), MISSING),
    "section without rows": (sections({"rows": []}), MISSING),
    "eleven rows": (sections(rows(11)), NOT_VALID),
    "eleven rows in two sections": (sections(rows(6, title="First"), rows(5, 6, title="Second")), NOT_VALID),
    "two sections without titles": (sections(rows(1), rows(1, 1)), MISSING),
    "too long section title": (sections(rows(1, title="t" * 25)), NOT_VALID),
    "too long row title": (sections(row(title="t" * 25)), NOT_VALID),
    "too long description": (sections(row(description="d" * 73)), NOT_VALID),
    "empty description": (sections(row(description="")), MISSING),
    "too long row id": (sections(row(id="i" * 201)), NOT_VALID),
    "equal row ids": (sections({"rows": [reply(1), reply(1)]}), NOT_VALID),
    "no list button": (sections(rows(1), button=""), MISSING),
    "too long list button": (sections(rows(1), button="b" * 21), NOT_VALID),
    "too long list body": (sections(rows(1), body="x" * 1025), NOT_VALID),
    "no contacts": ({**HEAD, "type": "contacts", "contacts": []}, MISSING),
    "card without a name": (card(phones=[{"phone": "+44 20 7946 0123"}]), MISSING),
    "formatted name only": (card(name={"formatted_name": "Test Clinic"}), MISSING),
    "no formatted name": (card(name={"first_name": "Test"}), MISSING),
    "card with an empty number": (card(name=NAMED, phones=[{"phone": ""}]), MISSING),
    "card with unknown keys": (card(name=NAMED, telephones=[]), INVALID),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_meta_takes_is_taken(name: str) -> None:
    recipient = read_message(ACCEPTED[name])
    assert (recipient.phone, recipient.user_id) in ((ADA.phone, None), (None, BO.user_id))


@pytest.mark.parametrize("name", REFUSED)
def test_what_meta_refuses_is_refused(name: str) -> None:
    body, code = REFUSED[name]
    with pytest.raises(GraphError) as refusal:
        read_message(body)
    assert refusal.value.code == code
    assert refusal.value.status == 400


def test_refusal_names_the_place_and_the_limit() -> None:
    with pytest.raises(GraphError, match=r"interactive\.action\.buttons\.title: 21 characters, of at most 20"):
        read_message(buttons(reply(title="t" * 21)))


def test_number_wins_over_user_id() -> None:
    assert read_message({**text("x"), "recipient": BO.user_id}).key == ADA.phone


def test_marks() -> None:
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}
    assert is_mark(mark)
    assert not is_mark(text("x"))
    assert read_mark(mark) == ("wamid.1", False)
    assert read_mark({**mark, "typing_indicator": {"type": "text"}}) == ("wamid.1", True)


@pytest.mark.parametrize(
    "changes",
    [{"status": "unread"}, {"message_id": ""}, {"typing_indicator": {"type": "voice"}}, {"messaging_product": "x"}],
)
def test_wrong_marks_are_refused(changes: Json) -> None:
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"}
    with pytest.raises(GraphError):
        read_mark({**mark, **changes})
