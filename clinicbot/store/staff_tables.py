"""The tables of the clinic's staff: people, their sessions, what they did, and what is theirs to do.

Times are naive UTC.
"""

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    event,
)

from clinicbot.store.metadata import metadata

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("username", String(64), nullable=False, unique=True),  # folded: no two that look alike
    Column("name", String(120), nullable=False),  # as it is shown
    Column("roles", String(48), nullable=False),  # editor, approver, administrator, joined by commas
    Column("language", String(8), nullable=False),
    Column("password_hash", String(255)),  # argon2; null until the invitation is used
    Column("totp_secret", String(64)),
    Column("totp_used_step", Integer),  # a one-time code counts once
    Column("is_active", Boolean, nullable=False),
    Column("created_at", DateTime, nullable=False),
    sqlite_autoincrement=True,
)

# Links that are used once: the first administrator's, a new member's, a new password's. Only their digest is kept.
invitations = Table(
    "invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id", ondelete="CASCADE")),  # null: the first administrator's
    Column("made_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("used_at", DateTime),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the cookie's token
    Column("person_id", Integer, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("device", String(200), nullable=False),
    Column("begun_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
)

# Rows are only ever added: the database itself refuses changes (audit.py), and each row's digest covers the one before.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False, index=True),
    Column("person", String(64), nullable=False),  # username at that time; "-" before anybody is logged in
    Column("action", String(48), nullable=False, index=True),
    Column("subject", String(200), nullable=False),
    Column("outcome", String(16), nullable=False),  # done, refused
    Column("details", Text, nullable=False),  # JSON; never a password, never a patient's words or number
    Column("digest", String(64), nullable=False),
    sqlite_autoincrement=True,
)

_APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_log_no_{verb} BEFORE {verb} ON audit_log "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append only'; END $$",
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only()",
    ],
}
for _dialect, _statements in _APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(audit_log, "after_create", DDL(_statement).execute_if(dialect=_dialect))

# What the clinic keeps about an FAQ besides its text.
faq_care = Table(
    "faq_care",
    metadata,
    Column("faq", String(140), primary_key=True),
    Column("owner_id", Integer, ForeignKey("people.id", ondelete="SET NULL")),
    Column("review_due", Date),
)

deleted_faqs = Table(
    "deleted_faqs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("faq", String(140), nullable=False),
    Column("content", Text, nullable=False),  # the FAQ as JSON
    Column("deleted_by", String(64), nullable=False),
    Column("deleted_at", DateTime, nullable=False),
    Column("restored_at", DateTime),
)

# Spreadsheets and documents that were uploaded and wait for a decision.
uploads = Table(
    "uploads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),  # spreadsheet, document
    Column("name", String(200), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),  # JSON: what has been decided so far
    Column("uploaded_by", String(64), nullable=False),
    Column("uploaded_at", DateTime, nullable=False),
)

# Who approved the content that is to be published: a digest of exactly that content and what it takes the place of.
approvals = Table(
    "approvals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("content", String(64), nullable=False, index=True),
    Column("person_id", Integer, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("at", DateTime, nullable=False),
)

console_settings = Table(
    "console_settings",
    metadata,
    Column("key", String(48), primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)

# Patients who want to be called.
callback_requests = Table(
    "callback_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", String(32), ForeignKey("sessions.id", ondelete="SET NULL"), index=True),
    Column("contact_id", Integer, ForeignKey("contacts.id", ondelete="CASCADE"), index=True),
    Column("name", String(120), nullable=False),
    Column("phone", String(32), nullable=False),  # E.164
    Column("preferred_time", String(200), nullable=False),
    Column("language", String(8), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("consented_at", DateTime, nullable=False),
    Column("state", String(8), nullable=False, index=True),  # open, called, closed
    Column("note", Text, nullable=False),
    Column("created_at", DateTime, nullable=False, index=True),
    Column("changed_at", DateTime, nullable=False),
    Column("changed_by", String(64)),  # null: the patient
    Column("version", Integer, nullable=False),  # counts the changes, so that two people don't undo each other's
    sqlite_autoincrement=True,
)

# How far the staff has come with a task of theirs (`staff_tasks`); no row: nobody has touched it.
staff_task_progress = Table(
    "staff_task_progress",
    metadata,
    Column("task_id", Integer, ForeignKey("staff_tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(8), nullable=False),  # open, called, closed
    Column("note", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("changed_by", String(64), nullable=False),
    Column("version", Integer, nullable=False),
)
