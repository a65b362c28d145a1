"""Erasing conversations: all that belongs to one, and a note that Rasa has to forget it as well.

Each function is a part of its caller's transaction.
"""

from datetime import timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from clinicbot.clock import utc_now
from clinicbot.store.database import buttons, delivery_statuses, erasures, feedback, inbox, messages, outbox, sessions


def erase_session(connection: Connection, session_id: str) -> None:
    """Delete a session and all that belongs to it; none is no error."""
    turns = select(messages.c.id).where(messages.c.session_id == session_id)
    # what a channel delivered for it is answered; what is still to be sent is sent
    connection.execute(update(inbox).where(inbox.c.turn_id.in_(turns)).values(done=True, text=""))
    ours = select(outbox.c.message_id).where(outbox.c.turn_id.in_(turns), outbox.c.message_id.is_not(None))
    connection.execute(delete(delivery_statuses).where(delivery_statuses.c.message_id.in_(ours)))
    connection.execute(delete(outbox).where(outbox.c.turn_id.in_(turns), outbox.c.state.in_(("sent", "failed"))))
    for table in (feedback, buttons, messages):
        connection.execute(delete(table).where(table.c.session_id == session_id))
    connection.execute(delete(sessions).where(sessions.c.id == session_id))
    want_forgotten(connection, session_id)


def want_forgotten(connection: Connection, session_id: str) -> None:
    """Note that Rasa has to forget a conversation, also if it did so before."""
    connection.execute(delete(erasures).where(erasures.c.session_id == session_id))
    connection.execute(insert(erasures).values(session_id=session_id, requested_at=utc_now()))


def sessions_older_than(connection: Connection, age: timedelta) -> list[str]:
    """Those begun before that; without those in which a message is being answered."""
    answering = (
        select(messages.c.session_id).join(inbox, inbox.c.turn_id == messages.c.id).where(inbox.c.done.is_(False))
    )
    rows = connection.execute(
        select(sessions.c.id).where(sessions.c.created_at < utc_now() - age, sessions.c.id.not_in(answering))
    ).all()
    return [row.id for row in rows]
