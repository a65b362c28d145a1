"""People on messaging channels: who they are, and which session is theirs at present."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, union, update
from sqlalchemy.engine import Connection, Engine, Row

from clinicbot.clock import utc_now
from clinicbot.messages import Channel, Person
from clinicbot.store.conversations import Session, begin_session, session_of
from clinicbot.store.database import contact_sessions, contacts, inbox, insert_new, outbox, sessions, staff_tasks
from clinicbot.store.staff_tables import callback_requests

# A session's life is extended by so much at least.
EXTENDED_BY = timedelta(minutes=15)
# A person is not forgotten while they may be writing.
SILENT_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Contact:
    id: int
    channel: Channel
    person: Person
    language: str
    written_at: datetime
    noticed_at: datetime | None
    card_at: datetime | None


class Contacts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, contact_id: int) -> Contact | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(contacts).where(contacts.c.id == contact_id)).first()
        return contact_of(row) if row else None

    def session(self, contact: Contact, greeting: dict[str, Any], lifetime: timedelta) -> Session:
        """The contact's session, which lives for `lifetime` from now; a new one where the last has expired.

        It is a random pseudonym like a web visitor's, and begins in the language of the one before.
        """
        with self._engine.begin() as connection:
            row = connection.execute(
                select(sessions)
                .join(contact_sessions)
                .where(contact_sessions.c.contact_id == contact.id, sessions.c.expires_at > utc_now())
                .order_by(sessions.c.created_at.desc())
                .limit(1)
            ).first()
            if row is not None:
                session, until = session_of(row), utc_now() + lifetime
                if until - session.expires_at < EXTENDED_BY:  # not worth a transaction of each message's
                    return session
                connection.execute(update(sessions).where(sessions.c.id == session.id).values(expires_at=until))
                return replace(session, expires_at=until)
            session = begin_session(connection, contact.language, greeting, lifetime)
            connection.execute(insert(contact_sessions).values(session_id=session.id, contact_id=contact.id))
        return session

    def sessions_of(self, contact_id: int) -> list[str]:
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(contact_sessions.c.session_id).where(contact_sessions.c.contact_id == contact_id)
            ).all()
        return [row.session_id for row in rows]

    def forget_unused(self) -> int:
        """Delete people of whom no conversation is kept and to whom nothing is left to be said; how many."""
        needed = union(
            select(contact_sessions.c.contact_id),
            select(outbox.c.contact_id).where(outbox.c.state.in_(("waiting", "sending"))),
            select(inbox.c.contact_id).where(inbox.c.done.is_(False), inbox.c.contact_id.is_not(None)),
            select(staff_tasks.c.contact_id).where(
                staff_tasks.c.closed_at.is_(None), staff_tasks.c.contact_id.is_not(None)
            ),
            select(callback_requests.c.contact_id).where(callback_requests.c.contact_id.is_not(None)),
        )
        with self._engine.begin() as connection:
            unused = contacts.c.id.not_in(select(needed.subquery()))
            # somebody may be writing right now: PostgreSQL looks at this again when it has waited for the row
            silent = contacts.c.written_at < utc_now() - SILENT_FOR
            return int(connection.execute(delete(contacts).where(unused, silent)).rowcount)


def contact_for(connection: Connection, channel: Channel, person: Person, language: str) -> int:
    """The id of the contact of a person who has just written; made, in `language`, if there is none.

    A business-scoped user id goes before the telephone number, since numbers change hands: a number that now comes
    with another user id is somebody else's.
    """
    found = _find(connection, channel, person)
    if found is None:
        identity = person.user_id or f"tel:{person.phone}"
        known = {"user_id": person.user_id, "phone": person.phone, "written_at": utc_now()}
        keys = {"channel": channel.value, "identity": identity}
        made = insert_new(connection, contacts, {**keys, **known, "language": language})
        found = connection.execute(select(contacts).filter_by(**keys)).one()
        if made:
            if person.user_id and person.phone:
                _take_number_from_others(connection, channel, person.phone, found.id)
            return int(found.id)
    changes: dict[str, Any] = {"written_at": utc_now()}
    if person.user_id and found.user_id != person.user_id:
        changes |= {"user_id": person.user_id, "identity": person.user_id}
    if person.phone and found.phone != person.phone:
        changes["phone"] = person.phone
    connection.execute(update(contacts).where(contacts.c.id == found.id).values(**changes))
    return int(found.id)


def _find(connection: Connection, channel: Channel, person: Person) -> Row | None:
    of_channel = select(contacts).where(contacts.c.channel == channel.value)
    if person.user_id:
        known = connection.execute(of_channel.where(contacts.c.identity == person.user_id)).first()
        if known is not None or not person.phone:
            return known
        # known by the number alone until now
        return connection.execute(of_channel.where(contacts.c.identity == f"tel:{person.phone}")).first()
    return connection.execute(
        of_channel.where(contacts.c.phone == person.phone).order_by(contacts.c.written_at.desc()).limit(1)
    ).first()


def _take_number_from_others(connection: Connection, channel: Channel, phone: str, contact_id: int) -> None:
    connection.execute(
        update(contacts)
        .where(contacts.c.channel == channel.value, contacts.c.phone == phone, contacts.c.id != contact_id)
        .values(phone=None)
    )


def contact_of(row: Row) -> Contact:
    return Contact(
        id=row.id,
        channel=Channel(row.channel),
        person=Person(row.user_id, row.phone),
        language=row.language,
        written_at=row.written_at,
        noticed_at=row.noticed_at,
        card_at=row.card_at,
    )
