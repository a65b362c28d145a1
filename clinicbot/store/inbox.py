"""The inbox of the messaging channels: every message once, whatever is killed, and which ones are one turn.

A message is `waiting` until it is taken into a turn (a row of `messages`, which the conversation answers), and `done`
once the replies to that turn are in the outbox. Times are naive UTC. Each method is one transaction.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, select, update
from sqlalchemy.engine import Connection, Engine, Row

from clinicbot.clock import utc_now
from clinicbot.messages import Content, Delivery, InboundMessage
from clinicbot.store.contacts import contact_for
from clinicbot.store.conversations import StoredMessage, stored_message
from clinicbot.store.database import inbox, insert_new, messages
from clinicbot.texts import DEFAULT_LANGUAGE

# A channel delivers again for up to 7 days what it thinks was not received; an id is known for longer.
IDS_KEPT = timedelta(days=10)


@dataclass(frozen=True)
class Waiting:
    """A stored message that is not part of a turn yet."""

    id: int
    message_id: str
    content: Content
    type: str
    text: str
    button: str | None
    refers_to: str | None
    received_at: datetime


@dataclass(frozen=True)
class Accepted:
    """What a delivery brought: who has messages that are not answered (contact ids), how many are new, and how many
    were there already."""

    contact_ids: tuple[int, ...]
    new: int
    repeated: int


@dataclass(frozen=True)
class Turn:
    """Messages that are answered together. `unreadable` tells that something in it was not text; `last_message_id` is
    the channel's id of the last one."""

    message: StoredMessage
    unreadable: bool
    last_message_id: str


class Inbox:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def receive(
        self, deliveries: Sequence[Delivery], language: str = DEFAULT_LANGUAGE, connection: Connection | None = None
    ) -> list[Accepted]:
        """Store what deliveries bring, all of it or nothing; `language` is a new person's until they write.

        With a `connection` it is a part of its transaction.
        """
        if connection is not None:
            return [_accept(connection, delivery.messages, language) for delivery in deliveries]
        with self._engine.begin() as own:
            return self.receive(deliveries, language, own)

    def waiting(self, contact_id: int) -> list[Waiting]:
        """A person's messages that are in no turn yet, in the order they were written."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(inbox)
                .where(inbox.c.contact_id == contact_id, inbox.c.done.is_(False), inbox.c.turn_id.is_(None))
                .order_by(inbox.c.sent_at, inbox.c.id)
            ).all()
        return [_waiting(row) for row in rows]

    def contacts_with_work(self) -> list[int]:
        """People with messages that are not done, also those that a killed process had begun with."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(inbox.c.contact_id).where(inbox.c.done.is_(False), inbox.c.contact_id.is_not(None)).distinct()
            ).all()
        return [row.contact_id for row in rows]

    def take(
        self, session_id: str, rows: Sequence[Waiting], text: str, payload: str | None, emergency: bool = False
    ) -> Turn | None:
        """Make a turn of waiting messages. None if one of them is part of another by now.

        `payload` is what a pressed button stands for; `text` then is its title. `emergency` notes at once that it
        raises the alarm, so that what comes next is not read together with it.
        """
        ids = [row.id for row in rows]
        with self._engine.begin() as connection:
            # the key is unique in the session: the same messages can't become two turns
            made = insert_new(
                connection,
                messages,
                {
                    "session_id": session_id,
                    "client_id": f"inbox:{ids[0]}",
                    "text": text,
                    "button": payload,
                    "received_at": utc_now(),
                    "emergency": emergency,
                },
            )
            key = and_(messages.c.session_id == session_id, messages.c.client_id == f"inbox:{ids[0]}")
            message = stored_message(connection.execute(select(messages).where(key)).one())
            taken = connection.execute(
                update(inbox)
                .where(inbox.c.id.in_(ids), inbox.c.turn_id.is_(None), inbox.c.done.is_(False))
                .values(turn_id=message.id)
            )
            if not made or taken.rowcount != len(ids):
                connection.rollback()
                return None
        return _turn(message, rows)

    def begun(self, contact_id: int) -> list[Turn]:
        """Turns that were taken but whose replies are not in the outbox: a process was killed meanwhile."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(inbox)
                .where(inbox.c.contact_id == contact_id, inbox.c.done.is_(False), inbox.c.turn_id.is_not(None))
                .order_by(inbox.c.sent_at, inbox.c.id)
            ).all()
            turns: dict[int, list[Waiting]] = {}
            for row in rows:
                turns.setdefault(row.turn_id, []).append(_waiting(row))
            found = {
                row.id: stored_message(row)
                for row in connection.execute(select(messages).where(messages.c.id.in_(list(turns)))).all()
            }
        return [_turn(found[turn_id], turns[turn_id]) for turn_id in sorted(turns)]

    def dismiss(self, rows: Sequence[Waiting]) -> None:
        """Be done with messages that want no answer."""
        with self._engine.begin() as connection:
            close(connection, inbox.c.id.in_([row.id for row in rows]))

    def disguise_ids(self, contact_id: int) -> None:
        """Keep the ids of a person's messages as digests only: WhatsApp's contain the telephone number."""
        with self._engine.begin() as connection:
            rows = connection.execute(
                select(inbox.c.id, inbox.c.message_id).where(inbox.c.contact_id == contact_id, inbox.c.done.is_(True))
            ).all()
            for row in rows:
                values = {"message_id": _digest(row.message_id), "contact_id": None}
                connection.execute(update(inbox).where(inbox.c.id == row.id).values(**values))

    def forget_old(self) -> None:
        """Forget ids that the channel won't deliver again."""
        with self._engine.begin() as connection:
            connection.execute(delete(inbox).where(inbox.c.done.is_(True), inbox.c.received_at < utc_now() - IDS_KEPT))


def close(connection: Connection, condition: object) -> None:
    """Mark messages as done; only their ids are kept, the words stand in their turn."""
    connection.execute(update(inbox).where(condition).values(done=True, text="", button=None, refers_to=None))


def _accept(connection: Connection, received: Sequence[InboundMessage], language: str) -> Accepted:
    stored = [_store(connection, message, language) for message in received]
    # also those that were stored before but aren't answered: whoever stored them may not have learned of it
    waiting = [contact_id for contact_id, _ in stored if contact_id is not None]
    new = sum(is_new for _, is_new in stored)
    return Accepted(tuple(dict.fromkeys(waiting)), new, len(stored) - new)


def _store(connection: Connection, message: InboundMessage, language: str) -> tuple[int | None, bool]:
    """The contact's id, if the message is not done, and whether it is new."""
    known = connection.execute(
        select(inbox.c.contact_id, inbox.c.done).where(
            inbox.c.channel == message.channel.value,
            inbox.c.message_id.in_((message.id, _digest(message.id))),
        )
    ).first()
    if known is not None:
        return (None if known.done else known.contact_id), False
    contact_id = contact_for(connection, message.channel, message.person, language)
    stored = insert_new(
        connection,
        inbox,
        {
            "channel": message.channel.value,
            "message_id": message.id,
            "contact_id": contact_id,
            "content": message.content.value,
            "type": message.type[:32],
            "text": message.text,
            "button": message.button,
            "refers_to": message.refers_to,
            "sent_at": message.sent_at,
            "received_at": utc_now(),
            "done": False,
        },
    )
    return contact_id, stored


def _digest(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()


def _waiting(row: Row) -> Waiting:
    return Waiting(
        id=row.id,
        message_id=row.message_id,
        content=Content(row.content),
        type=row.type,
        text=row.text,
        button=row.button,
        refers_to=row.refers_to,
        received_at=row.received_at,
    )


def _turn(message: StoredMessage, rows: Sequence[Waiting]) -> Turn:
    unreadable = any(row.content is Content.UNREADABLE for row in rows)
    return Turn(message, unreadable, rows[-1].message_id)
