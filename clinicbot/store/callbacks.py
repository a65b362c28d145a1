"""Patients who want to be called: what they asked for and how far the staff has come with it.

A conversation, or a person on a messaging channel, has one open request at most. Times are naive UTC.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.sql.elements import ColumnElement

from clinicbot.callback import Standing, UnusableRequest, Wanted, Withdrawn, from_digits
from clinicbot.clock import utc_now
from clinicbot.store.database import contact_sessions, contacts
from clinicbot.store.figures import WEB
from clinicbot.store.staff_tables import callback_requests

# How much is shown of the number that somebody writes from.
SHOWN_DIGITS = 2


class State(str, Enum):
    """How far the staff has come with something."""

    OPEN = "open"
    CALLED = "called"
    CLOSED = "closed"


@dataclass(frozen=True)
class CallbackRequest:
    """`phone` is E.164; `changed_by` is a username, None where the patient changed it last."""

    id: int
    name: str
    phone: str
    preferred_time: str
    language: str
    channel: str
    consented_at: datetime
    state: State
    note: str
    created_at: datetime
    changed_at: datetime
    changed_by: str | None
    version: int


class Callbacks:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def standing(self, session_id: str) -> Standing:
        """What the form has to know of a conversation."""
        with self._engine.connect() as connection:
            person = _person(connection, session_id)
            is_open = connection.execute(
                select(callback_requests.c.id).where(_theirs(session_id, person), _is_open()).limit(1)
            ).first()
        own = person.phone[-SHOWN_DIGITS:] if person and person.phone else None
        return Standing(True, is_open is not None, person is not None, own)

    def writing(
        self, session_id: str, request: Wanted | Withdrawn | None, language: str
    ) -> Callable[[Connection], None] | None:
        """What is to be done in the transaction in which the confirmation is stored; None for nothing.

        It raises UnusableRequest if the number that somebody writes from isn't known or isn't one.
        """
        if request is None:
            return None
        return partial(_write, session_id=session_id, request=request, language=language)

    def get(self, request_id: int) -> CallbackRequest | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(callback_requests).where(callback_requests.c.id == request_id)).first()
        return _request(row) if row else None

    def all(self) -> list[CallbackRequest]:
        """Oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(callback_requests).order_by(callback_requests.c.id)).all()
        return [_request(row) for row in rows]

    def open(self) -> list[CallbackRequest]:
        """Oldest first."""
        return [request for request in self.all() if request.state is State.OPEN]

    def count_open(self) -> int:
        with self._engine.connect() as connection:
            count = select(func.count()).select_from(callback_requests).where(_is_open())
            return int(connection.execute(count).scalar_one())

    def change(self, request_id: int, version: int, state: State, note: str, username: str) -> bool:
        """False if somebody, staff or patient, has changed or withdrawn it since that version."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(callback_requests)
                .where(callback_requests.c.id == request_id, callback_requests.c.version == version)
                .values(state=state.value, note=note, changed_at=utc_now(), changed_by=username, version=version + 1)
            )
            return bool(changed.rowcount)

    def forget_done(self, age: timedelta) -> int:
        """Delete those that were called or closed so long ago; how many. Open ones stay."""
        done = callback_requests.c.state != State.OPEN.value
        with self._engine.begin() as connection:
            old = callback_requests.c.changed_at < utc_now() - age
            return int(connection.execute(delete(callback_requests).where(done, old)).rowcount)


def _is_open() -> ColumnElement[bool]:
    return callback_requests.c.state == State.OPEN.value


def _person(connection: Connection, session_id: str) -> Row | None:
    """The contact behind a session of a messaging channel."""
    return connection.execute(
        select(contacts.c.id, contacts.c.phone, contacts.c.channel)
        .join(contact_sessions, contact_sessions.c.contact_id == contacts.c.id)
        .where(contact_sessions.c.session_id == session_id)
    ).first()


def _theirs(session_id: str, person: Row | None) -> ColumnElement[bool]:
    if person is None:
        return callback_requests.c.session_id == session_id
    return or_(callback_requests.c.session_id == session_id, callback_requests.c.contact_id == person.id)


def _write(connection: Connection, *, session_id: str, request: Wanted | Withdrawn, language: str) -> None:
    person = _person(connection, session_id)
    open_ones = (_theirs(session_id, person), _is_open())
    if isinstance(request, Withdrawn):
        connection.execute(delete(callback_requests).where(*open_ones))
        return
    now = utc_now()
    values = {
        "session_id": session_id,
        "contact_id": person.id if person else None,
        "name": request.name,
        "phone": request.phone or _own_phone(person),
        "preferred_time": request.preferred_time,
        "language": language,
        "channel": person.channel if person else WEB,
        "consented_at": now,
        "changed_at": now,
        "changed_by": None,
    }
    changed = connection.execute(
        update(callback_requests).where(*open_ones).values(**values, version=callback_requests.c.version + 1)
    )
    if not changed.rowcount:
        connection.execute(
            insert(callback_requests).values(**values, state=State.OPEN.value, note="", created_at=now, version=1)
        )


def _own_phone(person: Row | None) -> str:
    if person is None or not person.phone:
        raise UnusableRequest("the number that the patient writes from is not known")
    if (phone := from_digits(person.phone)) is None:
        raise UnusableRequest("the number that the patient writes from is none that can be called")
    return phone


def _request(row: Row) -> CallbackRequest:
    return CallbackRequest(
        id=row.id,
        name=row.name,
        phone=row.phone,
        preferred_time=row.preferred_time,
        language=row.language,
        channel=row.channel,
        consented_at=row.consented_at,
        state=State(row.state),
        note=row.note,
        created_at=row.created_at,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        version=row.version,
    )
