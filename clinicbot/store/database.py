"""The database: its tables and how it is opened."""

from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import QueuePool

metadata = MetaData()

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


def open_database(url: str) -> Engine:
    """An engine with the tables made. SQLite waits for other writers and survives a killed process or a power cut."""
    location = make_url(url)
    is_file = location.get_backend_name() == "sqlite" and bool(location.database)
    if is_file:
        Path(location.database).parent.mkdir(parents=True, exist_ok=True)
    # an error's text goes to the log, so it holds no parameters; connections are kept, SQLite's default is to reopen
    # the file for every transaction
    options = {"poolclass": QueuePool, "connect_args": {"check_same_thread": False}} if is_file else {}
    engine = create_engine(url, future=True, hide_parameters=True, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    metadata.create_all(engine)
    return engine


def _configure_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
