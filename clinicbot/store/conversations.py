"""Sessions, inbox, buttons, feedback and erasure: every statement that touches a conversation.

Times are naive UTC. Each function is one transaction.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from clinicbot.clock import utc_now
from clinicbot.store.database import buttons, erasures, feedback, inbox, messages, sessions
from clinicbot.store.erasing import erase_session, sessions_older_than, want_forgotten
from clinicbot.store.figures import RED, Counted, count_answer, count_thumb, day_of, recording
from clinicbot.store.said import Said, read_said
from clinicbot.store.understandings import keep_understanding, label_of
from clinicbot.understood import Understood


@dataclass(frozen=True)
class Session:
    id: str
    language: str
    expires_at: datetime
    greeting: dict[str, Any]


@dataclass(frozen=True)
class StoredMessage:
    """A message of the inbox. `replies` is None until it is answered; `emergency` tells that it raises the alarm."""

    id: int
    session_id: str
    client_id: str
    text: str
    button: str | None
    received_at: datetime
    replies: list[dict[str, Any]] | None
    emergency: bool = False


class Conversations:
    """`zone` is the clinic's, whose days the figures are of."""

    def __init__(self, engine: Engine, zone: tzinfo = timezone.utc) -> None:
        self._engine = engine
        self._zone = zone

    def start(self, language: str, greeting: dict[str, Any], lifetime: timedelta) -> Session:
        with self._engine.begin() as connection:
            return begin_session(connection, language, greeting, lifetime)

    def find(self, session_id: str, *, even_expired: bool = False) -> Session | None:
        """A session that exists and has not expired."""
        with self._engine.connect() as connection:
            row = connection.execute(select(sessions).where(sessions.c.id == session_id)).first()
        if row is None or (row.expires_at <= utc_now() and not even_expired):
            return None
        return session_of(row)

    def receive(self, session_id: str, client_id: str, text: str, button: str | None) -> StoredMessage:
        """Put a message into the inbox, or return the one that already has this id."""
        found = select(messages).where(and_(messages.c.session_id == session_id, messages.c.client_id == client_id))
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(messages).values(
                        session_id=session_id, client_id=client_id, text=text, button=button, received_at=utc_now()
                    )
                )
                return stored_message(connection.execute(found).one())
        except IntegrityError:
            with self._engine.connect() as connection:
                return stored_message(connection.execute(found).one())

    def get(self, message_id: int) -> StoredMessage:
        with self._engine.connect() as connection:
            return stored_message(connection.execute(select(messages).where(messages.c.id == message_id)).one())

    def before(self, message: StoredMessage, limit: int, within: timedelta) -> list[Said]:
        """The session's last messages before this one, oldest first."""
        earlier = messages.c.id < message.id
        with self._engine.connect() as connection:
            return read_said(connection, message.session_id, message.received_at, limit, within, earlier)

    def typed_before(self, message: StoredMessage, limit: int, within: timedelta) -> list[Said]:
        """The same without pressed buttons."""
        typed = (messages.c.id < message.id, messages.c.button.is_(None))
        with self._engine.connect() as connection:
            return read_said(connection, message.session_id, message.received_at, limit, within, *typed)

    def typed_lately(self, session_id: str, limit: int, within: timedelta) -> list[Said]:
        """What was typed in the session until now, oldest first."""
        with self._engine.connect() as connection:
            return read_said(connection, session_id, utc_now(), limit, within, messages.c.button.is_(None))

    def answer(
        self,
        message: StoredMessage,
        replies: list[dict[str, Any]],
        *,
        language: str,
        emergency: bool,
        payloads: dict[str, str],
        understood: Understood | None = None,
        counted: Counted | None = None,
        beside: Callable[[Connection], None] | None = None,
    ) -> bool:
        """Record a message's replies and the buttons they offer; the session goes on in the reply's language.

        `beside` writes what they promise: both or neither. `understood` is what Rasa made of it; `counted` is what it
        counts as, once, whatever becomes of it later. False if it has replies already, which stand, or was erased
        meanwhile: then Rasa, which has just stored the message, is to forget it once more.
        """
        titles = {button["value"]: button["title"] for reply in replies for button in reply["buttons"]}
        with self._engine.begin() as connection:
            kept = connection.execute(
                update(messages)
                .where(
                    messages.c.id == message.id,
                    messages.c.session_id == message.session_id,
                    messages.c.replies.is_(None),
                )
                .values(replies=json.dumps(replies, ensure_ascii=False), language=language, emergency=emergency)
            )
            if kept.rowcount == 0:
                if connection.execute(select(messages.c.id).where(messages.c.id == message.id)).first() is None:
                    want_forgotten(connection, message.session_id)
                return False
            connection.execute(update(sessions).where(sessions.c.id == message.session_id).values(language=language))
            if payloads:
                connection.execute(
                    insert(buttons),
                    [
                        {"id": key, "session_id": message.session_id, "title": titles[key], "payload": payload}
                        for key, payload in payloads.items()
                    ],
                )
            if beside:
                beside(connection)
            if understood or counted:
                with recording(connection):
                    if understood:
                        keep_understanding(connection, message.id, understood)
                    if counted:
                        count_answer(connection, day_of(utc_now(), self._zone), counted)
        return True

    def button(self, session_id: str, button_id: str) -> tuple[str, str] | None:
        """A button's title and payload, if it was offered in this session."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(buttons.c.title, buttons.c.payload).where(
                    buttons.c.id == button_id, buttons.c.session_id == session_id
                )
            ).first()
        return (row.title, row.payload) if row else None

    def history(self, session_id: str) -> list[StoredMessage]:
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(messages).where(messages.c.session_id == session_id).order_by(messages.c.id)
            ).all()
        return [stored_message(row) for row in rows]

    def unanswered(self) -> list[StoredMessage]:
        """Web messages that a killed process left without a reply, oldest first.

        Those of messaging channels have their own way (`Inbox.begun`).
        """
        of_channels = select(inbox.c.turn_id).where(inbox.c.turn_id.is_not(None))
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(messages)
                .where(messages.c.replies.is_(None), messages.c.id.not_in(of_channels))
                .order_by(messages.c.id)
            ).all()
        return [stored_message(row) for row in rows]

    def rate(self, session_id: str, reply_id: str, helpful: bool) -> bool:
        """Keep a thumb; the last one counts. False if this session has no such reply."""
        rated = (m for m in self.history(session_id) if any(reply["id"] == reply_id for reply in m.replies or ()))
        message = next(rated, None)
        if message is None:
            return False
        now = utc_now()
        with self._engine.begin() as connection:
            before = connection.execute(
                select(feedback).where(feedback.c.reply_id == reply_id).with_for_update()
            ).first()
            connection.execute(delete(feedback).where(feedback.c.reply_id == reply_id))
            connection.execute(
                insert(feedback).values(reply_id=reply_id, session_id=session_id, helpful=helpful, given_at=now)
            )
            with recording(connection):
                label = RED if message.emergency else label_of(connection, message.id) or ""
                replaced = (day_of(before.given_at, self._zone), bool(before.helpful)) if before else None
                count_thumb(connection, label, (day_of(now, self._zone), helpful), replaced)
        return True

    def erase(self, session_id: str) -> None:
        """Delete a session and all that belongs to it, and note that Rasa has to forget it as well."""
        with self._engine.begin() as connection:
            erase_session(connection, session_id)

    def older_than(self, age: timedelta) -> list[str]:
        """Sessions begun before the retention period; without those in which a message is being answered."""
        with self._engine.connect() as connection:
            return sessions_older_than(connection, age)

    def pending_erasures(self) -> list[str]:
        with self._engine.connect() as connection:
            return [row.session_id for row in connection.execute(select(erasures.c.session_id)).all()]

    def erased(self, session_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(erasures).where(erasures.c.session_id == session_id))


def begin_session(connection: Connection, language: str, greeting: dict[str, Any], lifetime: timedelta) -> Session:
    """A new session, under a random pseudonym."""
    session = Session(secrets.token_hex(16), language, utc_now() + lifetime, greeting)
    connection.execute(
        insert(sessions).values(
            id=session.id,
            language=language,
            created_at=utc_now(),
            expires_at=session.expires_at,
            greeting=json.dumps(greeting, ensure_ascii=False),
        )
    )
    return session


def session_of(row: Row) -> Session:
    return Session(row.id, row.language, row.expires_at, json.loads(row.greeting))


def stored_message(row: Row) -> StoredMessage:
    return StoredMessage(
        id=row.id,
        session_id=row.session_id,
        client_id=row.client_id,
        text=row.text,
        button=row.button,
        received_at=row.received_at,
        replies=json.loads(row.replies) if row.replies is not None else None,
        emergency=bool(row.emergency),
    )
