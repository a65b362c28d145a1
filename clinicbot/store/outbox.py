"""The outbox of the messaging channels: what is to be sent, in order, and what became of it.

A row is `waiting`, `sending` (an attempt has begun and its outcome isn't known), `sent` or `failed`; a failed one is a
staff task from the same moment. Times are naive UTC. Each method is one transaction.
"""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from threading import Lock
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.sql.selectable import Subquery

from clinicbot.clock import utc_now
from clinicbot.messages import Channel, DeliveryStatus, Failure
from clinicbot.reply import Kind
from clinicbot.store.database import (
    contact_sessions,
    contacts,
    inbox,
    insert_new,
    messages,
    outbox,
    staff_tasks,
)
from clinicbot.store.figures import RED, Counted, count_answer, day_of, recording
from clinicbot.store.inbox import close
from clinicbot.store.outcomes import (
    GIVE_UP_AFTER,
    forget_old_reports,
    give_up,
    keep_reports,
    mark_sent,
    take_back_if_reported,
)
from clinicbot.store.staff_tables import callback_requests

# How long the channel's own reports may tell of an attempt that a killed process left without an outcome.
OUTCOME_KNOWN_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True)
class Outgoing:
    """A message of ours: the channel's request body without its recipient, and what it says."""

    body: Mapping[str, Any]
    text: str


@dataclass(frozen=True)
class Queued:
    """A row of the outbox. `attempts` counts those that have begun."""

    id: int
    contact_id: int
    body: dict[str, Any]
    urgent: bool
    tracker: str
    attempts: int
    next_attempt_at: datetime
    created_at: datetime


@dataclass(frozen=True)
class SentReplies:
    """The replies behind a message of ours, and their session."""

    session_id: str
    reply_ids: tuple[str, ...]


class Outbox:
    """`zone` is the clinic's, whose days the figures are of."""

    def __init__(self, engine: Engine, zone: tzinfo = timezone.utc) -> None:
        self._engine = engine
        self._zone = zone
        # a report may come while the id that it names is being noted: one of the two has to see the other
        self.outcomes = Lock()

    def finish_turn(
        self,
        turn_id: int,
        contact_id: int,
        outgoing: Sequence[Outgoing],
        *,
        language: str,
        urgent: bool,
        noticed: bool,
        card: bool,
    ) -> None:
        """Queue a turn's replies and be done with its messages, both or neither; nothing if it was done already.

        `noticed` and `card` tell that the data protection notice and the contact card are among them.
        """
        changes: dict[str, Any] = {"language": language}
        if noticed:
            changes["noticed_at"] = utc_now()
        if card:
            changes["card_at"] = utc_now()
        with self._engine.begin() as connection:
            theirs = (
                select(messages.c.replies.is_(None).label("failed"), contacts.c.channel)
                .join(contact_sessions, contact_sessions.c.session_id == messages.c.session_id)
                .join(contacts, contacts.c.id == contact_sessions.c.contact_id)
                .where(messages.c.id == turn_id, contacts.c.id == contact_id)
            )
            turn = connection.execute(theirs).first()
            if turn is None:
                return  # erased at the person's wish while it was answered
            queued = [
                _queue(connection, contact_id, turn_id, position, message, urgent)
                for position, message in enumerate(outgoing)
            ]
            close(connection, inbox.c.turn_id == turn_id)
            connection.execute(update(contacts).where(contacts.c.id == contact_id).values(**changes))
            # an answer is counted with its replies (`Conversations.answer`); where none were stored, here
            if turn.failed and any(queued):
                kind, label = (Kind.EMERGENCY, RED) if urgent else (Kind.FALLBACK, "")
                with recording(connection):
                    counted = Counted(turn.channel, language, kind.value, label)
                    count_answer(connection, day_of(utc_now(), self._zone), counted)

    def finish_erasure(self, contact_id: int, outgoing: Sequence[Outgoing], inbox_ids: Sequence[int]) -> None:
        """A person had everything erased: confirm it, be done with what they wrote, forget what staff should do."""
        with self._engine.begin() as connection:
            for position, message in enumerate(outgoing):
                _queue(connection, contact_id, None, position, message, urgent=False)
            for table in (staff_tasks, callback_requests):
                connection.execute(delete(table).where(table.c.contact_id == contact_id))
            close(connection, inbox.c.id.in_(inbox_ids))

    def due(self) -> list[tuple[int, bool]]:
        """People to whom something may be sent now (contact ids), with whether that is urgent.

        What is first in line decides: behind one that has to wait nothing is due.
        """
        heads = _heads()
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(outbox.c.contact_id, outbox.c.urgent)
                .join(heads, heads.c.id == outbox.c.id)
                .where(outbox.c.next_attempt_at <= utc_now())
            ).all()
        return [(row.contact_id, row.urgent) for row in rows]

    def next_due_at(self) -> datetime | None:
        """When the first of those that have to wait is due."""
        heads = _heads()
        with self._engine.connect() as connection:
            first = (
                select(func.min(outbox.c.next_attempt_at))
                .join(heads, heads.c.id == outbox.c.id)
                .where(outbox.c.next_attempt_at > utc_now())
            )
            at: datetime | None = connection.execute(first).scalar()
            return at

    def first(self, contact_id: int, *, urgent: bool) -> Queued | None:
        """What has to go out next to a person, also if its time hasn't come: nothing overtakes it but an emergency,
        which has a line of its own."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(outbox)
                .where(outbox.c.contact_id == contact_id, outbox.c.state == "waiting", outbox.c.urgent.is_(urgent))
                .order_by(outbox.c.id)
                .limit(1)
            ).first()
        return _queued(row) if row else None

    def begin(self, row_id: int) -> bool:
        """Note that an attempt begins, before it does: so a killed process leaves a trace of it.

        False if the message is not to be sent any more: the channel has reported that it was.
        """
        with self._engine.begin() as connection:
            begun = connection.execute(
                update(outbox)
                .where(outbox.c.id == row_id, outbox.c.state == "waiting")
                .values(state="sending", attempts=outbox.c.attempts + 1)
            )
            return bool(begun.rowcount)

    def sent(self, row_id: int, channel: Channel, message_id: str) -> None:
        with self.outcomes, self._engine.begin() as connection:
            mark_sent(connection, outbox.c.id == row_id, message_id)
            take_back_if_reported(connection, row_id, channel, message_id)

    def retry(self, row_id: int, at: datetime) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                update(outbox)
                .where(outbox.c.id == row_id, outbox.c.state == "sending")
                .values(state="waiting", next_attempt_at=at)
            )

    def fail(self, row_id: int, failure: Failure, reason: str) -> None:
        """Give a message up: it becomes a staff task."""
        with self._engine.begin() as connection:
            give_up(connection, row_id, failure, reason)

    def recover(self, known: Mapping[str, str]) -> int:
        """After a start: attempts without an outcome are made again, once the channel had time to report them; how
        many. `known` has the message ids of those that were sent, by tracker."""
        with self._engine.begin() as connection:
            for tracker, message_id in known.items():
                mark_sent(connection, outbox.c.tracker == tracker, message_id)
            recovered = connection.execute(
                update(outbox)
                .where(outbox.c.state == "sending")
                .values(state="waiting", next_attempt_at=utc_now() + OUTCOME_KNOWN_WITHIN)
            )
            return int(recovered.rowcount)

    def recover_without(self, contact_ids: Collection[int]) -> None:
        """The same for attempts to others than these people: nobody is making them any more."""
        with self._engine.begin() as connection:
            connection.execute(
                update(outbox)
                .where(outbox.c.state == "sending", outbox.c.contact_id.not_in(contact_ids))
                .values(state="waiting", next_attempt_at=utc_now() + OUTCOME_KNOWN_WITHIN)
            )

    def report(self, statuses: Sequence[DeliveryStatus], connection: Connection | None = None) -> bool:
        """Keep what a channel reports of our messages, once each; whether something is to be sent again now.

        With a `connection` it is a part of its transaction, which must hold `outcomes`.
        """
        if connection is None:
            with self.outcomes, self._engine.begin() as own:
                return self.report(statuses, own)
        return keep_reports(connection, statuses)

    def replies_of(self, channel: Channel, message_id: str) -> SentReplies | None:
        """What a message of ours said, while its conversation is kept."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(messages.c.session_id, messages.c.replies)
                .join(outbox, outbox.c.turn_id == messages.c.id)
                .join(contacts, contacts.c.id == outbox.c.contact_id)
                .where(contacts.c.channel == channel.value, outbox.c.message_id == message_id)
            ).first()
        if row is None or row.replies is None:
            return None
        return SentReplies(row.session_id, tuple(reply["id"] for reply in json.loads(row.replies)))

    def count_waiting(self) -> int:
        with self._engine.connect() as connection:
            waiting = outbox.c.state.in_(("waiting", "sending"))
            return int(connection.execute(select(func.count()).select_from(outbox).where(waiting)).scalar_one())

    def forget_old(self) -> None:
        with self._engine.begin() as connection:
            forget_old_reports(connection)
            # what was owed to somebody whose conversation was erased meanwhile
            owed = outbox.c.turn_id.is_(None) & outbox.c.state.in_(("sent", "failed"))
            connection.execute(delete(outbox).where(owed, outbox.c.created_at < utc_now() - GIVE_UP_AFTER))


def _heads() -> Subquery:
    """The ids of what is first in each person's line, of emergencies and of everything else."""
    return (
        select(func.min(outbox.c.id).label("id"))
        .where(outbox.c.state == "waiting")
        .group_by(outbox.c.contact_id, outbox.c.urgent)
        .subquery()
    )


def _queue(
    connection: Connection, contact_id: int, turn_id: int | None, position: int, message: Outgoing, urgent: bool
) -> bool:
    """Whether it wasn't there already."""
    values = {
        "contact_id": contact_id,
        "turn_id": turn_id,
        "position": position,
        "urgent": urgent,
        "body": json.dumps(message.body, ensure_ascii=False),
        "text": message.text,
        "tracker": secrets.token_hex(12),
        "state": "waiting",
        "attempts": 0,
        "next_attempt_at": utc_now(),
        "created_at": utc_now(),
    }
    return insert_new(connection, outbox, values)


def _queued(row: Row) -> Queued:
    return Queued(
        id=row.id,
        contact_id=row.contact_id,
        body=json.loads(row.body),
        urgent=row.urgent,
        tracker=row.tracker,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        created_at=row.created_at,
    )
