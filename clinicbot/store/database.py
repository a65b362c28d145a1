"""The database: its tables and how it is opened."""

import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.elements import TextClause

from clinicbot.store import figure_tables, staff_tables  # noqa: F401  their tables are made with ours
from clinicbot.store.metadata import metadata

# `id` is also Rasa's sender id: a random pseudonym, never a phone number.
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("language", String(8), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("greeting", Text, nullable=False),  # the Reply, as JSON
)

# The inbox: a message is here before anything is done with it. `id` orders a conversation.
messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", String(32), ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("client_id", String(64), nullable=False),
    Column("text", Text, nullable=False),  # a button's title where one was pressed
    Column("button", String(64)),
    Column("received_at", DateTime, nullable=False, index=True),
    Column("language", String(8)),
    Column("replies", Text),  # JSON list of Reply; null until answered
    Column("emergency", Boolean, nullable=False, default=False),
    UniqueConstraint("session_id", "client_id"),
    sqlite_autoincrement=True,  # an erased row's id is never another's, here and below
)

# Buttons that were offered: the patient's browser only knows the opaque id.
buttons = Table(
    "buttons",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("session_id", String(32), ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("payload", Text, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("reply_id", String(64), primary_key=True),
    Column("session_id", String(32), ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("helpful", Boolean, nullable=False),
    Column("given_at", DateTime, nullable=False),
)

# Conversations that Rasa must forget too; an entry goes once Rasa has confirmed.
erasures = Table(
    "erasures",
    metadata,
    Column("session_id", String(32), primary_key=True),
    Column("requested_at", DateTime, nullable=False),
)

# People who write on a messaging channel. Who a session belongs to is known here only: Rasa never learns of it.
contacts = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("identity", String(192), nullable=False),  # the channel's own user id, else "tel:" and the number
    Column("user_id", String(192)),
    Column("phone", String(32)),
    Column("language", String(8), nullable=False),
    Column("written_at", DateTime, nullable=False),  # a channel lets us answer for 24 hours from here
    Column("noticed_at", DateTime),  # when the data protection notice was put under an answer
    Column("card_at", DateTime),  # when the clinic's contact card was last sent
    UniqueConstraint("channel", "identity"),
    sqlite_autoincrement=True,
)

contact_sessions = Table(
    "contact_sessions",
    metadata,
    Column("session_id", String(32), ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("contact_id", Integer, ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False, index=True),
)

# What a channel delivered, under the channel's own id: stored before it is acknowledged. Several that belong together
# become one row of `messages`, their turn; then the words are cleared, and the id stays to recognise repeats.
inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("contact_id", Integer, ForeignKey("contacts.id", ondelete="SET NULL"), index=True),
    Column("content", String(16), nullable=False),
    Column("type", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("button", String(256)),
    Column("refers_to", String(255)),
    Column("sent_at", DateTime, nullable=False),
    Column("received_at", DateTime, nullable=False, index=True),
    Column("turn_id", Integer, ForeignKey("messages.id", ondelete="SET NULL"), index=True),
    Column("done", Boolean, nullable=False, index=True),
    UniqueConstraint("channel", "message_id"),
    sqlite_autoincrement=True,
)

# What is to be sent: one person's rows in the order of their ids, urgent ones first.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contact_id", Integer, ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("turn_id", Integer, ForeignKey("messages.id", ondelete="SET NULL")),
    Column("position", Integer, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("body", Text, nullable=False),  # the channel's request body, as JSON, without its recipient
    Column("text", Text, nullable=False),  # what it says, for the staff if it can't be delivered
    Column("state", String(8), nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", DateTime, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("sent_at", DateTime),
    Column("tracker", String(32), nullable=False, unique=True),  # sent along, and returned by the channel's reports
    Column("message_id", String(255), index=True),  # the channel's id of our message
    UniqueConstraint("turn_id", "position"),
    sqlite_autoincrement=True,
)

# What a channel reported of our messages, once each; a failure's reason in `error`.
delivery_statuses = Table(
    "delivery_statuses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("status", String(16), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("error", Text),
    Column("failure", String(16)),
    UniqueConstraint("channel", "message_id", "status"),
)

# What a person of the clinic has to do because the assistant can't.
staff_tasks = Table(
    "staff_tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("contact_id", Integer, ForeignKey("contacts.id", ondelete="CASCADE"), index=True),
    Column("text", Text, nullable=False),  # what the patient should have been told
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("closed_at", DateTime, index=True),
)


def open_database(url: str) -> Engine:
    """An engine with the tables made. SQLite waits for other writers and survives a killed process or a power cut."""
    location = make_url(url)
    is_file = location.get_backend_name() == "sqlite" and bool(location.database)
    if is_file:
        Path(location.database).parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {}
    if is_file:
        # the connection is kept: SQLite's default is to reopen the file for every transaction. There is one, since
        # SQLite has one writer anyway, and who waits for a connection gets it in turn, while who waits for SQLite's
        # lock polls and may starve
        options = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
        options["connect_args"] = {"check_same_thread": False}
    else:
        options["pool_pre_ping"] = True  # a database server that was restarted must cost nobody a message
    # an error's text goes to the log, so it holds no parameters
    engine = create_engine(url, future=True, hide_parameters=True, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    metadata.create_all(engine)
    return engine


def insert_new(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row unless a unique key of it is there already; whether it was inserted."""
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    return bool(connection.execute(statement).rowcount)


def insert_or_add(connection: Connection, table: Table, key: dict[str, Any], number: int) -> None:
    """Add to the `count` of the row with this primary key, which is made if it isn't there."""
    connection.execute(_adding(table), {**key, "count": number})


@lru_cache
def _adding(table: Table) -> TextClause:
    """Both databases understand it. SQLAlchemy 1.4 would compile its own upsert again for each answer: 0.5 ms."""
    key = [column.name for column in table.primary_key]
    names = [*key, "count"]
    values = ", ".join(f":{name}" for name in names)
    statement = text(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET count = {table.name}.count + excluded.count"
    )
    return statement.bindparams(*(bindparam(name, type_=table.c[name].type) for name in names))


def without_data(error: SQLAlchemyError) -> str:
    """What may be logged of an error: PostgreSQL puts the values of a violated key into its message."""
    cause = getattr(error, "orig", None)
    code = getattr(cause, "pgcode", None)
    if cause is None:
        return type(error).__name__
    if code is None and isinstance(cause, sqlite3.Error):
        return f"{type(error).__name__}: {cause}"  # SQLite names columns only
    return " ".join(filter(None, (type(error).__name__, type(cause).__name__, code)))


def _configure_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
