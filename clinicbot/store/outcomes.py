"""What becomes of a message of ours: it is sent or given up, or the channel reports later that it failed after all.

Reports may come more than once, in any order, and before our own attempt has noted the message's id. Each function is
a part of its caller's transaction; one that notes an id or keeps reports holds `Outbox.outcomes`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.elements import ColumnElement

from clinicbot.clock import utc_now
from clinicbot.messages import Channel, Delivered, DeliveryStatus, Failure
from clinicbot.store.database import contacts, delivery_statuses, insert_new, outbox
from clinicbot.store.staff_tasks import add_task

# Before a message that was accepted first and then throttled is tried again; doubled each time, so many times at most.
THROTTLED_FOR = timedelta(seconds=10)
LONGEST_THROTTLE = 32
# After this long an answer is given up and a person of the clinic is asked to see to it.
GIVE_UP_AFTER = timedelta(hours=6)
REPORTS_KEPT = timedelta(days=30)


def mark_sent(connection: Connection, row: ColumnElement[bool], message_id: str) -> None:
    connection.execute(
        update(outbox)
        .where(row, outbox.c.state.in_(("waiting", "sending")), outbox.c.message_id.is_(None))
        .values(state="sent", sent_at=utc_now(), message_id=message_id)
    )


def give_up(connection: Connection, row_id: int, failure: Failure, reason: str) -> None:
    """A message that can't be delivered becomes a staff task, once."""
    row = connection.execute(select(outbox).where(outbox.c.id == row_id)).first()
    if row is None:  # erased meanwhile
        return
    changed = connection.execute(
        update(outbox).where(outbox.c.id == row_id, outbox.c.state != "failed").values(state="failed")
    )
    if changed.rowcount:
        kind = "window_closed" if failure is Failure.WINDOW_CLOSED else "undelivered"
        add_task(connection, kind, row.contact_id, row.text, reason)


def keep_reports(connection: Connection, statuses: Sequence[DeliveryStatus]) -> bool:
    """Keep what a channel reports of our messages, once each; whether something is to be sent again now."""
    fresh = [status for status in statuses if insert_new(connection, delivery_statuses, _status_values(status))]
    return any([_apply(connection, status) for status in fresh])


def take_back_if_reported(connection: Connection, row_id: int, channel: Channel, message_id: str) -> None:
    """Where the failure of a message was reported before we knew its id."""
    report = connection.execute(
        select(delivery_statuses).where(
            delivery_statuses.c.channel == channel.value,
            delivery_statuses.c.message_id == message_id,
            delivery_statuses.c.status == Delivered.FAILED.value,
        )
    ).first()
    if report is not None:
        _take_back(connection, row_id, Failure(report.failure), report.error)


def forget_old_reports(connection: Connection) -> None:
    connection.execute(delete(delivery_statuses).where(delivery_statuses.c.at < utc_now() - REPORTS_KEPT))


def _apply(connection: Connection, status: DeliveryStatus) -> bool:
    """What a report means for the message it is about; whether that is to be sent again."""
    row = _row_of(connection, status)
    if row is None:
        return False
    if status.status is not Delivered.FAILED:
        # the process that sent it was killed before it could note that
        if row.message_id is None and row.attempts:
            mark_sent(connection, outbox.c.id == row.id, status.message_id)
        return False
    if row.message_id is None:
        mark_sent(connection, outbox.c.id == row.id, status.message_id)
    return _take_back(connection, row.id, status.failure or Failure.PERMANENT, status.error or "no reason given")


def _row_of(connection: Connection, status: DeliveryStatus) -> Row | None:
    of_channel = select(outbox).join(contacts, contacts.c.id == outbox.c.contact_id)
    of_channel = of_channel.where(contacts.c.channel == status.channel.value)
    found = connection.execute(of_channel.where(outbox.c.message_id == status.message_id)).first()
    if found is None and status.tracker:
        found = connection.execute(
            of_channel.where(outbox.c.tracker == status.tracker, outbox.c.message_id.is_(None))
        ).first()
    return found


def _take_back(connection: Connection, row_id: int, failure: Failure, reason: str) -> bool:
    """A message that was accepted and failed later: again if that may help, else a staff task."""
    row = connection.execute(select(outbox).where(outbox.c.id == row_id)).first()
    may_help = failure in (Failure.TRANSIENT, Failure.UNAUTHORIZED)
    if row is not None and may_help and utc_now() - row.created_at < GIVE_UP_AFTER:
        at = utc_now() + THROTTLED_FOR * min(2 ** (row.attempts - 1), LONGEST_THROTTLE)
        connection.execute(
            update(outbox)
            .where(outbox.c.id == row_id, outbox.c.state == "sent")
            .values(state="waiting", message_id=None, sent_at=None, next_attempt_at=at)
        )
        return True
    give_up(connection, row_id, failure, reason)
    return False


def _status_values(status: DeliveryStatus) -> dict[str, Any]:
    return {
        "channel": status.channel.value,
        "message_id": status.message_id,
        "status": status.status.value,
        "at": status.at,
        "error": status.error,
        "failure": (status.failure or Failure.PERMANENT).value if status.status is Delivered.FAILED else None,
    }
