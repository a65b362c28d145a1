"""The audit log on both databases: only ever added to, whole, and one chain whoever writes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from clinicbot.clock import utc_now
from clinicbot.store.audit import CHUNK, AuditLog, Filter
from clinicbot.store.database import open_database
from clinicbot.store.staff_tables import audit_log


@pytest.fixture
def audit(engine: Engine) -> AuditLog:
    return AuditLog(engine)


def without_triggers(engine: Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                connection.execute(text(f"DROP TRIGGER audit_log_no_{verb}"))
        else:
            connection.execute(text("DROP TRIGGER audit_log_append_only ON audit_log"))


def test_rows_are_read_as_they_were_written(audit: AuditLog) -> None:
    audit.record("ayse", "faq.write", "duration/how_long", {"fields": ["başlık"], "count": 2})
    (entry,) = audit.all()
    assert (entry.id, entry.person, entry.action, entry.subject, entry.outcome) == (
        1, "ayse", "faq.write", "duration/how_long", "done",
    )  # fmt: skip
    assert entry.details == {"fields": ["başlık"], "count": 2}
    assert utc_now() - entry.at < timedelta(minutes=1)


@pytest.mark.parametrize("statement", [update(audit_log).values(person="x"), delete(audit_log)])
def test_the_database_refuses_changes(engine: Engine, audit: AuditLog, statement: object) -> None:
    audit.record("ayse", "login", "ayse")
    before = list(audit.all())
    with pytest.raises(DBAPIError, match="append only"), engine.begin() as connection:
        connection.execute(statement)
    assert list(audit.all()) == before


def test_postgresql_refuses_to_empty_the_table(engine: Engine, audit: AuditLog) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    audit.record("ayse", "login", "ayse")
    with pytest.raises(DBAPIError, match="append only"), engine.begin() as connection:
        connection.execute(text("TRUNCATE audit_log"))


def test_an_untouched_log_is_whole(audit: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit.first_broken() is None
    monkeypatch.setattr("clinicbot.store.audit.CHUNK", 3)
    assert CHUNK > 3
    for number in range(7):
        audit.record("ayse", "login", str(number))
    assert audit.first_broken() is None
    assert [entry.subject for entry in audit.all()] == [str(number) for number in range(7)]


@pytest.mark.parametrize("column", ["person", "action", "subject", "outcome", "details", "digest", "at"])
def test_a_row_that_was_changed_shows(engine: Engine, audit: AuditLog, column: str) -> None:
    for number in range(4):
        audit.record("ayse", "login", str(number))
    without_triggers(engine)
    changed = {"at": utc_now(), "details": '{"a": 1}'}.get(column, "x")
    with engine.begin() as connection:
        connection.execute(update(audit_log).where(audit_log.c.id == 2).values(**{column: changed}))
    assert audit.first_broken() == 2


def test_a_row_that_was_taken_out_shows_at_the_next(engine: Engine, audit: AuditLog) -> None:
    for number in range(4):
        audit.record("ayse", "login", str(number))
    without_triggers(engine)
    with engine.begin() as connection:
        connection.execute(delete(audit_log).where(audit_log.c.id == 2))
    assert audit.first_broken() == 3


def test_writers_in_several_processes_make_one_chain(engine: Engine, database_url: str) -> None:
    """An engine each, as processes have: they share nothing but the database."""
    engines = [open_database(database_url) for _ in range(4)]

    def write(number: int) -> None:
        log = AuditLog(engines[number])
        for count in range(10):
            log.record(f"writer{number}", "login", str(count))

    with ThreadPoolExecutor(len(engines)) as pool:
        list(pool.map(write, range(len(engines))))
    for each in engines:
        each.dispose()
    audit = AuditLog(engine)
    entries = list(audit.all())
    assert [entry.id for entry in entries] == list(range(1, 41))
    assert audit.first_broken() is None


def test_pages_count_all_that_is_wanted_newest_first(audit: AuditLog) -> None:
    for number in range(5):
        audit.record(
            "ayse" if number % 2 else "bora", "login", str(number), outcome="refused" if number > 2 else "done"
        )
    entries, total = audit.page(Filter(person="bora"), number=1, size=2)
    assert ([entry.subject for entry in entries], total) == (["4", "2"], 3)
    assert [entry.subject for entry in audit.page(Filter(person="bora"), number=2, size=2)[0]] == ["0"]
    assert audit.page(Filter(outcome="refused"), number=1, size=9)[1] == 2
    today = utc_now().date()
    assert audit.page(Filter(since=today, until=today), number=1, size=9)[1] == 5
    assert audit.page(Filter(since=date(2100, 1, 1)), number=1, size=9)[1] == 0
    assert audit.names() == (["ayse", "bora"], ["login"])
