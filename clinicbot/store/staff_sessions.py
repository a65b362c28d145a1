"""Who is logged in to the console. The browser holds a random token, the database its digest.

Times are naive UTC.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Engine, Row
from sqlalchemy.sql.elements import ColumnElement

from clinicbot.clock import utc_now
from clinicbot.store.invitations import digest_of
from clinicbot.store.staff_tables import people, staff_sessions

IDLE = timedelta(hours=12)
LIFETIME = timedelta(days=7)
NOTED = timedelta(minutes=1)  # a use is written down no more often than that
LONGEST_DEVICE = 200


@dataclass(frozen=True)
class StaffSession:
    """`digest` names it in lists; it is no secret, the token can't be had from it."""

    digest: str
    person_id: int
    csrf: str = field(repr=False)
    device: str
    begun_at: datetime
    seen_at: datetime


class StaffSessions:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, person_id: int, device: str) -> str:
        """The new session's token, for the cookie; what has expired is cleared away."""
        token, now = secrets.token_urlsafe(32), utc_now()
        values = {
            "digest": digest_of(token),
            "person_id": person_id,
            "csrf": secrets.token_urlsafe(32),
            "device": device[:LONGEST_DEVICE],
            "begun_at": now,
            "seen_at": now,
            "expires_at": now + LIFETIME,
        }
        with self._engine.begin() as connection:
            connection.execute(delete(staff_sessions).where(~_current()))
            connection.execute(insert(staff_sessions).values(**values))
        return token

    def find(self, token: str) -> StaffSession | None:
        """The session of a token while it lasts and its person is active; notes that it is used."""
        now = utc_now()
        with self._engine.begin() as connection:
            row = connection.execute(
                select(staff_sessions)
                .join(people, people.c.id == staff_sessions.c.person_id)
                .where(staff_sessions.c.digest == digest_of(token), _current(), people.c.is_active)
            ).first()
            if row and row.seen_at < now - NOTED:
                mine = staff_sessions.c.digest == row.digest
                connection.execute(update(staff_sessions).where(mine).values(seen_at=now))
        return _session(row) if row else None

    def of(self, person_id: int) -> list[StaffSession]:
        """The last used first."""
        with self._engine.connect() as connection:
            statement = select(staff_sessions).where(staff_sessions.c.person_id == person_id, _current())
            rows = connection.execute(statement.order_by(staff_sessions.c.seen_at.desc())).all()
        return [_session(row) for row in rows]

    def end(self, person_id: int, digest: str) -> bool:
        """Whether that person had such a session."""
        mine = (staff_sessions.c.person_id == person_id) & (staff_sessions.c.digest == digest)
        with self._engine.begin() as connection:
            return bool(connection.execute(delete(staff_sessions).where(mine)).rowcount)


def _current() -> ColumnElement:
    now = utc_now()
    return (staff_sessions.c.expires_at > now) & (staff_sessions.c.seen_at > now - IDLE)


def _session(row: Row) -> StaffSession:
    return StaffSession(
        digest=row.digest,
        person_id=row.person_id,
        csrf=row.csrf,
        device=row.device,
        begun_at=row.begun_at,
        seen_at=row.seen_at,
    )
