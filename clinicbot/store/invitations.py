"""Links that are used once: the first administrator's, a new member's, a new password's.

Only their digest is kept, so nobody who reads the database can use them. Times are naive UTC.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql.elements import ColumnElement

from clinicbot.clock import utc_now
from clinicbot.store.locking import exclusively
from clinicbot.store.people import Person, Role, add_person, store_password, void_links
from clinicbot.store.staff_tables import invitations, people

BEGINNING_LIFETIME = timedelta(hours=24)
LIFETIME = timedelta(hours=72)


class InvitationError(Exception):
    """A link that is unknown, used or too old."""


@dataclass(frozen=True)
class Invitation:
    """`person_id` is None for the first administrator's."""

    person_id: int | None
    expires_at: datetime


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Invitations:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make(self, person_id: int | None) -> str:
        """The token of a new link; earlier ones for the same end."""
        token, now = secrets.token_urlsafe(32), utc_now()
        lifetime = BEGINNING_LIFETIME if person_id is None else LIFETIME
        values = {"digest": digest_of(token), "person_id": person_id, "made_at": now, "expires_at": now + lifetime}
        with self._engine.begin() as connection:
            if person_id is None:
                _void_beginnings(connection)
            else:
                void_links(connection, person_id)
            connection.execute(insert(invitations).values(**values))
        return token

    def find(self, token: str) -> Invitation | None:
        """None for a link that can't be used (any more)."""
        with self._engine.connect() as connection:
            usable = (invitations.c.digest == digest_of(token)) & _usable()
            row = connection.execute(select(invitations).where(usable)).first()
        return Invitation(row.person_id, row.expires_at) if row else None

    def begin(self, token: str, username: str, name: str, language: str, password_hash: str) -> Person:
        """The first administrator, with all roles. Raises InvitationError, or PeopleError and the link stays usable."""
        with exclusively(self._engine, people) as connection:
            if _use(connection, token) is not None:
                raise InvitationError
            _void_beginnings(connection)
            return add_person(connection, username, name, Role, language, password_hash)

    def accept(self, token: str, password_hash: str) -> int:
        """The id of the person who has this password now. Raises InvitationError."""
        with self._engine.begin() as connection:
            person_id = _use(connection, token)
            if person_id is None:
                raise InvitationError
            store_password(connection, person_id, password_hash)
            return person_id


def _use(connection: Connection, token: str) -> int | None:
    """The link's person. Raises InvitationError where it is unknown, used or too old."""
    mine = invitations.c.digest == digest_of(token)
    if not connection.execute(update(invitations).where(mine, _usable()).values(used_at=utc_now())).rowcount:
        raise InvitationError
    person_id: int | None = connection.execute(select(invitations.c.person_id).where(mine)).scalar_one()
    return person_id


def _void_beginnings(connection: Connection) -> None:
    unused = invitations.c.person_id.is_(None) & invitations.c.used_at.is_(None)
    connection.execute(update(invitations).where(unused).values(used_at=utc_now()))


def _usable() -> ColumnElement:
    return invitations.c.used_at.is_(None) & (invitations.c.expires_at > utc_now())
