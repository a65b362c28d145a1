"""An independent client library reads the payload fixtures as we do, and trusts the same signatures."""

from dataclasses import dataclass
from typing import Any

import pytest
from pywa import types
from pywa.errors import MessageUndeliverable, ReEngagementMessage, ThrottlingError
from pywa.types.groups import GroupMessageStatuses
from pywa.types.system import IdentityChange, PhoneNumberChange

from clinicbot.channels.whatsapp.parsing import parse
from clinicbot.channels.whatsapp.signature import is_signed
from clinicbot.messages import Delivered, DeliveryStatus, Failure, InboundMessage
from tests.channels.fixtures import PHONE_NUMBER_ID, body_of, load, names, signed
from tests.channels.whatsapp.oracle import APP_SECRET, Oracle, items_of

NOT_READ_BY_PYWA = {
    "another_number": "it filters by the telephone number's id, as we do",
    "future_type_odd": "it reads the first of no errors",
    "standby": "it has no handler for what is said to another sender on the number",
    "status_without_contacts": "it wants the contacts, which older statuses lack",
    "system_changed_user_id": "it wants a telephone number, and Meta names none here",
    "text_without_user_id": "it wants a business-scoped user id, which older messages lack",
}
WITHOUT_ITEMS = {"account_error", "account_update", "message_echo", "template_status_update"}
READ = [name for name in names() if name not in NOT_READ_BY_PYWA and name not in WITHOUT_ITEMS]
UNKNOWN_TO_PYWA = {"hologram": types.MessageType.UNKNOWN, "warmed": types.MessageStatusType.UNKNOWN}


@dataclass(frozen=True)
class Seen:
    """What both know of a message."""

    id: str
    user_id: str | None
    phone: str | None
    sent_at: Any
    type: str
    text: str = ""
    button: str | None = None
    refers_to: str | None = None


@dataclass(frozen=True)
class SeenStatus:
    id: str
    at: Any
    status: str
    tracker: str | None
    failed: bool
    code: str | None


def ours(message: InboundMessage) -> Seen:
    person = message.person
    return Seen(
        message.id,
        person.user_id,
        person.phone,
        message.sent_at,
        UNKNOWN_TO_PYWA.get(message.type, message.type),
        message.text,
        message.button,
        message.refers_to,
    )


def theirs(update: Any) -> Seen:
    user, at = update.from_user, update.timestamp.replace(tzinfo=None)
    seen = (update.id, user.bsuid, user.wa_id, at)
    if isinstance(update, types.EditedMessage):
        text = update.message.text or update.message.caption
        return Seen(*seen, "edit", text or "", refers_to=update.original_message_id)
    if isinstance(update, types.DeletedMessage):
        return Seen(*seen, "revoke", refers_to=update.original_message_id)
    if isinstance(update, types.CallbackButton):
        return Seen(*seen, update.type, update.title, None if update.is_quick_reply else update.data)
    if isinstance(update, types.CallbackSelection):
        return Seen(*seen, update.type, update.title, update.data)
    if isinstance(update, PhoneNumberChange):
        # pywa gives the new user id to the old number
        return Seen(update.id, None, update.old_wa_id, at, update.type)
    if isinstance(update, types.FlowCompletion | IdentityChange):
        return Seen(*seen, update.type)
    assert isinstance(update, types.Message)
    if update.reaction:
        return Seen(*seen, update.type, update.reaction.emoji or "", refers_to=update.reaction.message_id)
    order = update.order.text if update.order else None
    return Seen(*seen, update.type, update.text or update.caption or order or "")


def our_status(status: DeliveryStatus) -> SeenStatus:
    code = status.error.partition(" ")[0].strip("#():,") if status.error else None
    return SeenStatus(
        status.message_id,
        status.at,
        status.status.value,
        status.tracker,
        status.status is Delivered.FAILED,
        code if code and code.isdigit() else None,
    )


def their_status(status: Any) -> SeenStatus:
    played = status.status is types.MessageStatusType.PLAYED
    return SeenStatus(
        status.id,
        status.timestamp.replace(tzinfo=None),
        "read" if played else status.status.value,
        status.tracker,
        status.status is types.MessageStatusType.FAILED,
        str(status.error.code) if status.error else None,
    )


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


def statuses_of(updates: list[Any]) -> list[Any]:
    found: list[Any] = []
    for update in updates:
        if isinstance(update, GroupMessageStatuses):
            found += update.statuses
        elif isinstance(update, types.MessageStatus):
            found.append(update)
    return found


def messages_of(updates: list[Any]) -> list[Any]:
    return [update for update in updates if not isinstance(update, types.MessageStatus | GroupMessageStatuses)]


@pytest.mark.parametrize("name", NOT_READ_BY_PYWA)
def test_what_pywa_does_not_read(oracle: Oracle, name: str) -> None:
    """Once it does, the fixture leaves the list and is compared."""
    assert list(items_of(load(name)))
    assert oracle.reads(load(name)) == []


@pytest.mark.parametrize("name", sorted(WITHOUT_ITEMS))
def test_what_has_neither_messages_nor_statuses(name: str) -> None:
    assert list(items_of(load(name))) == []


@pytest.mark.parametrize("name", READ)
def test_pywa_reads_the_same(oracle: Oracle, name: str) -> None:
    updates = oracle.reads(load(name))
    delivery = parse(load(name), PHONE_NUMBER_ID)
    assert updates
    assert [ours(message) for message in delivery.messages] == [theirs(update) for update in messages_of(updates)]
    known = [status for status in statuses_of(updates) if status.status is not types.MessageStatusType.UNKNOWN]
    assert [our_status(status) for status in delivery.statuses] == [their_status(status) for status in known]


@pytest.mark.parametrize("name", [name for name in READ if name.startswith("status_failed_13")])
def test_pywa_files_the_error_under_the_same_kind(oracle: Oracle, name: str) -> None:
    (update,) = oracle.reads(load(name))
    (status,) = parse(load(name), PHONE_NUMBER_ID).statuses
    kinds = {
        ThrottlingError: Failure.TRANSIENT,
        ReEngagementMessage: Failure.WINDOW_CLOSED,
        MessageUndeliverable: Failure.PERMANENT,
    }
    expected = {failure for error, failure in kinds.items() if isinstance(update.error, error)}
    assert status.failure in (expected or set(Failure))


def changed(signature: str) -> str:
    return signature[:-1] + ("0" if signature[-1] != "0" else "1")


@pytest.mark.parametrize("name", names())
def test_pywa_trusts_the_same_signatures(oracle: Oracle, name: str) -> None:
    body = body_of(load(name))
    header = signed(body, APP_SECRET)
    assert oracle.accepts(body, header)
    assert is_signed(APP_SECRET, body, header)
    refused: list[tuple[bytes, str | None]] = [
        (body, None),
        (body, ""),
        (body, "sha256="),
        (body, changed(header)),
        (body, header[:-1]),
        (body, header.upper()),
        (body, header + " "),
        (body, signed(body, "another-secret")),
        (body, header.replace("sha256=", "sha1=")),
        (body + b" ", header),
        (body[:-1], header),
        (b"", header),
    ]
    for given, signature in refused:
        assert not oracle.accepts(given, signature), signature
        assert not is_signed(APP_SECRET, given, signature), signature
