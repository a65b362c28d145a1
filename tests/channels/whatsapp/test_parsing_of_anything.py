"""Whatever JSON is delivered, nothing breaks and no message is lost because of another."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinicbot.channels.whatsapp.parsing import parse
from clinicbot.messages import Content, Delivered, Delivery, UnreadableWebhook
from tests.channels.whatsapp.test_parsing import EDIT, OURS, PHONE, USER_ID, message, value, webhook

# codec=None: JSON may hold halves of surrogate pairs
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FAILED = {"id": "wamid.a", "status": "failed", "timestamp": "1795856400", "errors": [{"code": 1, "title": "x"}]}
MESSAGES = [
    message(),
    message(id="wamid.2", type="image", image={"id": "1", "caption": "this"}),
    message(id="wamid.3", type="interactive", interactive={"type": "list_reply", "list_reply": {"id": "b"}}),
    message(id="wamid.4", type="edit", edit=EDIT),
    message(id="wamid.5", type="reaction", reaction={"message_id": "wamid.a", "emoji": "👍"}),
    message(id="wamid.6", type="system", system={"type": "user_changed_number", "wa_id": PHONE}),
]
CONTACT = {"profile": {"name": "Test Patient"}, "wa_id": PHONE, "user_id": USER_ID}
GOOD = webhook(
    value(contacts=[CONTACT], messages=MESSAGES, statuses=[{**FAILED, "biz_opaque_callback_data": "42"}]),
    value(messages=[message(id="wamid.last")]),
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything inside a document."""
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield (*path, key)
        yield from places(node[key], (*path, key))


def check(delivery: Delivery) -> None:
    """What was read can be answered, and stored in any database."""
    texts: list[str | None] = []
    for one in delivery.messages:
        assert 0 < len(one.id) <= 255
        assert one.content is not Content.TEXT or one.text.strip()
        assert (one.content is Content.BUTTON) == (one.button is not None)
        assert len(one.person.user_id or "") <= 160
        assert one.person.phone is None or (one.person.phone.isdecimal() and one.person.phone.isascii())
        assert len(one.type) <= 32
        texts += [one.id, one.type, one.text, one.button, one.refers_to, one.person.user_id]
    for status in delivery.statuses:
        assert (status.status is Delivered.FAILED) == (status.failure is not None) == bool(status.error)
        texts += [status.message_id, status.tracker, status.error]
    everything = "".join(filter(None, texts))
    assert "\0" not in everything
    assert everything.encode("utf-8", "replace").decode() == everything


@settings(derandomize=True, deadline=None)
@given(ANYTHING)
def test_arbitrary_json(document: Any) -> None:
    with pytest.raises(UnreadableWebhook):
        parse(document, OURS)
    check(parse(webhook(document, value(messages=document, statuses=document, contacts=document)), OURS))
    check(parse({"object": "whatsapp_business_account", "entry": [document]}, OURS))


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.sampled_from(list(places(GOOD["entry"][0]["changes"][0]))), ANYTHING)
def test_anything_in_any_place(path: tuple[Any, ...], anything: Any) -> None:
    document = copy.deepcopy(GOOD)
    node = document["entry"][0]["changes"][0]
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = anything
    delivery = parse(document, OURS)
    check(delivery)
    assert delivery.messages[-1].id == "wamid.last"
    # what is wrong in one message is wrong in that one alone
    if path[:2] == ("value", "messages") and len(path) > 2:
        ids = {one.id for one in delivery.messages}
        assert {one["id"] for place, one in enumerate(MESSAGES) if place != path[2]} <= ids
        assert len(delivery.messages) + delivery.ignored == len(MESSAGES) + 1
