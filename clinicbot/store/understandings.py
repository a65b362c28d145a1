"""What Rasa made of each message, kept as long as the message is."""

import json

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from clinicbot.store.figure_tables import understandings
from clinicbot.understood import Understood


def keep_understanding(connection: Connection, message_id: int, understood: Understood) -> None:
    connection.execute(
        insert(understandings).values(
            message_id=message_id,
            label=understood.label,
            labels=json.dumps(understood.labels),
            confidence=understood.confidence,
            nearest=json.dumps(understood.nearest),
            release=understood.release,
        )
    )


def label_of(connection: Connection, message_id: int) -> str | None:
    """The FAQ or intent of a message; None if Rasa made nothing of it."""
    found = select(understandings.c.label).where(understandings.c.message_id == message_id)
    label: str | None = connection.execute(found).scalar()
    return label
