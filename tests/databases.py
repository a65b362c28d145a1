"""Empty databases for tests: SQLite in a file, and PostgreSQL at TEST_DATABASE_URL or from the `pgserver` wheel."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url

KINDS = ("sqlite", "postgresql")


@lru_cache(maxsize=1)
def _postgresql() -> str:
    """Address of a PostgreSQL server; one of our own is stopped with the test run."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="runtime-"))
    import pgserver  # starts no server until it is needed

    # not pytest's own folder: the server runs as another user, who may not enter it
    return str(pgserver.get_server(tempfile.mkdtemp(prefix="postgresql-")).get_uri())


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, which is gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    server = make_url(_postgresql())
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(server, future=True, isolation_level="AUTOCOMMIT")
    _run(admin, f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _run(admin, f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()


def _run(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(statement))
