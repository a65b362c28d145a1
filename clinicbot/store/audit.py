"""The audit log: who changed what, when, and what was refused. Rows are only ever added.

The database refuses changes by itself (the triggers in staff_tables.py). Each row's digest covers the row before, so
that a row which was changed or taken out behind the database's back shows.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.sql import Select

from clinicbot.clock import utc_now
from clinicbot.store.locking import exclusively
from clinicbot.store.staff_tables import audit_log

NOBODY = "-"  # before anybody is logged in
BEGINNING = "0" * 64  # what the first row's digest covers
LONGEST_SUBJECT = 200
CHUNK = 1_000  # rows read at once


@dataclass(frozen=True)
class Entry:
    """`at` is naive UTC; `outcome` is done or refused."""

    id: int
    at: datetime
    person: str
    action: str
    subject: str
    outcome: str
    details: dict[str, Any]
    digest: str


@dataclass(frozen=True)
class Filter:
    """What is shown of the log; days are UTC, both included."""

    person: str = ""
    action: str = ""
    outcome: str = ""
    since: date | None = None
    until: date | None = None
    subject: str = ""


class AuditLog:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(
        self,
        person: str,
        action: str,
        subject: str,
        details: dict[str, Any] | None = None,
        outcome: str = "done",
    ) -> None:
        """Add a row; `details` become JSON. Never a password in them, never a patient's words or number."""
        with exclusively(self._engine, audit_log) as connection:
            last = connection.execute(select(audit_log).order_by(audit_log.c.id.desc()).limit(1)).first()
            values = {
                "id": last.id + 1 if last else 1,
                "at": utc_now(),
                "person": person,
                "action": action,
                "subject": subject[:LONGEST_SUBJECT],
                "outcome": outcome,
                "details": json.dumps(details or {}, ensure_ascii=False, sort_keys=True),
            }
            digest = _digest(last.digest if last else BEGINNING, values)
            connection.execute(insert(audit_log).values(**values, digest=digest))

    def page(self, wanted: Filter, *, number: int, size: int) -> tuple[list[Entry], int]:
        """Newest first; `number` counts from 1. Also how many rows there are on all pages."""
        with self._engine.connect() as connection:
            total = connection.execute(_where(select(func.count()).select_from(audit_log), wanted)).scalar_one()
            statement = _where(select(audit_log), wanted).order_by(audit_log.c.id.desc())
            rows = connection.execute(statement.limit(size).offset((number - 1) * size)).all()
        return [_entry(row) for row in rows], int(total)

    def all(self, wanted: Filter | None = None) -> Iterator[Entry]:
        """Oldest first, read in chunks."""
        after = 0
        while True:
            with self._engine.connect() as connection:
                rows = _chunk(connection, after, wanted or Filter())
            yield from (_entry(row) for row in rows)
            if len(rows) < CHUNK:
                return
            after = rows[-1].id

    def names(self) -> tuple[list[str], list[str]]:
        """The people and the actions that occur, for a filter."""
        with self._engine.connect() as connection:
            people = connection.execute(select(audit_log.c.person).distinct().order_by(audit_log.c.person))
            actions = connection.execute(select(audit_log.c.action).distinct().order_by(audit_log.c.action))
            return list(people.scalars()), list(actions.scalars())

    def first_broken(self) -> int | None:
        """The id of the first row that doesn't follow from the one before; None while the chain is whole.

        Rows missing at the end can't be told: whoever wants to, notes the newest digest elsewhere.
        """
        digest, after = BEGINNING, 0
        while True:
            with self._engine.connect() as connection:
                rows = _chunk(connection, after, Filter())
            for row in rows:
                digest = _digest(digest, dict(row._mapping))
                if row.id != after + 1 or row.digest != digest:
                    return int(row.id)
                after = row.id
            if len(rows) < CHUNK:
                return None


def _chunk(connection: Connection, after: int, wanted: Filter) -> list[Row]:
    statement = _where(select(audit_log), wanted).where(audit_log.c.id > after).order_by(audit_log.c.id)
    return list(connection.execute(statement.limit(CHUNK)).all())


def _where(statement: Select, wanted: Filter) -> Select:
    for name in ("person", "action", "outcome", "subject"):
        if value := getattr(wanted, name):
            statement = statement.where(audit_log.c[name] == value)
    if wanted.since:
        statement = statement.where(audit_log.c.at >= datetime.combine(wanted.since, datetime.min.time()))
    if wanted.until:
        statement = statement.where(audit_log.c.at <= datetime.combine(wanted.until, time.max))
    return statement


def _digest(before: str, values: dict[str, Any]) -> str:
    fields = [values[name] for name in ("id", "person", "action", "subject", "outcome", "details")]
    text = json.dumps([before, values["at"].isoformat(timespec="microseconds"), *fields], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(row: Row) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        person=row.person,
        action=row.action,
        subject=row.subject,
        outcome=row.outcome,
        details=json.loads(row.details),
        digest=row.digest,
    )
