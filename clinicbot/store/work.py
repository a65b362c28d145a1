"""The staff's list: patients who want to be called, and what the assistant could not do itself, such as deliver a
message. Each is open, called or closed, with a note. Times are naive UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.sql import Select
from sqlalchemy.sql.elements import ColumnElement

from clinicbot.clock import utc_now
from clinicbot.store.callbacks import CallbackRequest, Callbacks, State
from clinicbot.store.database import contacts, staff_tasks
from clinicbot.store.locking import exclusively
from clinicbot.store.staff_tables import staff_task_progress
from clinicbot.store.staff_tasks import StaffTasks

CALLBACK, TASK = "callback", "task"
# Nobody should have to wait longer for a call.
OVERDUE_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Work:
    """`source` is CALLBACK or TASK and `id` a number there; `kind` is callback, undelivered, window_closed …

    `phone` has a plus sign in front; `text` is when the patient wants to be called, or what they should have been told.
    `mark` changes with every change, so that who has seen an older state can't overwrite a newer one.
    """

    source: str
    id: int
    kind: str
    state: State
    name: str | None
    phone: str | None
    channel: str | None
    language: str | None
    text: str
    reason: str
    note: str
    created_at: datetime
    changed_at: datetime | None
    changed_by: str | None
    version: int

    @property
    def mark(self) -> str:
        return f"{self.version}-{self.state.value}"

    def is_overdue(self, now: datetime) -> bool:
        return self.state is State.OPEN and now - self.created_at > OVERDUE_AFTER

    def is_old(self, now: datetime, retention: timedelta) -> bool:
        """Whether it would have been erased by now if anybody had seen to it."""
        return self.state is not State.CLOSED and now - self.created_at > retention


class WorkList:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._callbacks = Callbacks(engine)

    def all(self) -> list[Work]:
        """What is open first, then what was called, both oldest first; then what is closed, newest first."""
        with self._engine.connect() as connection:
            tasks = [_of_task(row) for row in connection.execute(_tasks()).all()]
        return _ordered([*map(_of_callback, self._callbacks.all()), *tasks])

    def get(self, source: str, number: int) -> Work | None:
        if source == CALLBACK:
            request = self._callbacks.get(number)
            return _of_callback(request) if request else None
        with self._engine.connect() as connection:
            return _find_task(connection, number)

    def count_open(self) -> int:
        """What nobody has begun with."""
        begun = select(staff_task_progress.c.task_id).where(staff_task_progress.c.state != State.OPEN.value)
        untouched = (staff_tasks.c.closed_at.is_(None), staff_tasks.c.id.not_in(begun))
        with self._engine.connect() as connection:
            tasks = connection.execute(select(func.count()).select_from(staff_tasks).where(*untouched)).scalar_one()
        return int(tasks) + self._callbacks.count_open()

    def change(self, work: Work, mark: str, state: State, note: str, username: str) -> bool:
        """False if it has changed since somebody saw it with that mark, or has gone."""
        if mark != work.mark:
            return False
        if work.source == CALLBACK:
            return self._callbacks.change(work.id, work.version, state, note, username)
        with exclusively(self._engine, staff_task_progress) as connection:
            now = _find_task(connection, work.id)
            if now is None or now.mark != mark:
                return False
            connection.execute(delete(staff_task_progress).where(staff_task_progress.c.task_id == work.id))
            connection.execute(
                insert(staff_task_progress).values(
                    task_id=work.id,
                    state=state.value,
                    note=note,
                    changed_at=utc_now(),
                    changed_by=username,
                    version=now.version + 1,
                )
            )
            if state is not State.CLOSED:
                connection.execute(update(staff_tasks).where(staff_tasks.c.id == work.id).values(closed_at=None))
        if state is State.CLOSED:
            StaffTasks(self._engine).close(work.id)
        return True


def _ordered(works: Iterable[Work]) -> list[Work]:
    groups: dict[State, list[Work]] = {state: [] for state in State}
    for work in sorted(works, key=lambda work: (work.created_at, work.source, work.id)):
        groups[work.state].append(work)
    closed = sorted(groups[State.CLOSED], key=lambda work: work.changed_at or work.created_at, reverse=True)
    return [*groups[State.OPEN], *groups[State.CALLED], *closed]


def _tasks(*conditions: ColumnElement[bool]) -> Select:
    return (
        select(
            staff_tasks,
            contacts.c.channel,
            contacts.c.phone,
            contacts.c.language,
            staff_task_progress.c.state,
            staff_task_progress.c.note,
            staff_task_progress.c.changed_at,
            staff_task_progress.c.changed_by,
            staff_task_progress.c.version,
        )
        .join(contacts, contacts.c.id == staff_tasks.c.contact_id, isouter=True)
        .join(staff_task_progress, staff_task_progress.c.task_id == staff_tasks.c.id, isouter=True)
        .where(*conditions)
    )


def _find_task(connection: Connection, number: int) -> Work | None:
    row = connection.execute(_tasks(staff_tasks.c.id == number)).first()
    return _of_task(row) if row else None


def _of_task(row: Row) -> Work:
    state = State.CLOSED if row.closed_at else State(row.state or State.OPEN.value)
    return Work(
        source=TASK,
        id=row.id,
        kind=row.kind,
        state=state,
        name=None,
        phone=f"+{row.phone}" if row.phone else None,
        channel=row.channel,
        language=row.language,
        text=row.text,
        reason=row.reason,
        note=row.note or "",
        created_at=row.created_at,
        changed_at=row.changed_at or row.closed_at,
        changed_by=row.changed_by,
        version=row.version or 0,
    )


def _of_callback(request: CallbackRequest) -> Work:
    return Work(
        source=CALLBACK,
        id=request.id,
        kind=CALLBACK,
        state=request.state,
        name=request.name,
        phone=request.phone,
        channel=request.channel,
        language=request.language,
        text=request.preferred_time,
        reason="",
        note=request.note,
        created_at=request.created_at,
        changed_at=request.changed_at,
        changed_by=request.changed_by,
        version=request.version,
    )
