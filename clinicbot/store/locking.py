"""One writer at a time where what is written depends on what was read: across processes, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Table
from sqlalchemy.engine import Connection, Engine


@contextmanager
def exclusively(engine: Engine, table: Table) -> Iterator[Connection]:
    """A transaction in which nobody else writes to the table, from before its first read on. Readers don't wait."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            # the driver itself would begin at the first write only, behind the read that the write depends on
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")
        yield connection
