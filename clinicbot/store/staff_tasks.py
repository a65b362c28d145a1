"""What a person of the clinic has to do because the assistant can't: never silence."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection, Engine, Row

from clinicbot.clock import utc_now
from clinicbot.store.database import contacts, staff_tasks


@dataclass(frozen=True)
class StaffTask:
    """`text` is what the patient should have been told, `phone` their number (digits) where the channel tells it."""

    id: int
    kind: str
    channel: str | None
    phone: str | None
    user_id: str | None
    text: str
    reason: str
    created_at: datetime
    closed_at: datetime | None


class StaffTasks:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self) -> list[StaffTask]:
        """Oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(staff_tasks, contacts.c.channel, contacts.c.phone, contacts.c.user_id)
                .join(contacts, contacts.c.id == staff_tasks.c.contact_id, isouter=True)
                .where(staff_tasks.c.closed_at.is_(None))
                .order_by(staff_tasks.c.id)
            ).all()
        return [_task(row) for row in rows]

    def count_open(self) -> int:
        with self._engine.connect() as connection:
            count = select(func.count()).select_from(staff_tasks).where(staff_tasks.c.closed_at.is_(None))
            return int(connection.execute(count).scalar_one())

    def close(self, task_id: int) -> bool:
        """Whether there was such an open task."""
        with self._engine.begin() as connection:
            closed = connection.execute(
                update(staff_tasks)
                .where(staff_tasks.c.id == task_id, staff_tasks.c.closed_at.is_(None))
                .values(closed_at=utc_now())
            )
            return bool(closed.rowcount)


def add_task(connection: Connection, kind: str, contact_id: int | None, text: str, reason: str) -> None:
    connection.execute(
        insert(staff_tasks).values(kind=kind, contact_id=contact_id, text=text, reason=reason, created_at=utc_now())
    )


def _task(row: Row) -> StaffTask:
    return StaffTask(
        id=row.id,
        kind=row.kind,
        channel=row.channel,
        phone=row.phone,
        user_id=row.user_id,
        text=row.text,
        reason=row.reason,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )
