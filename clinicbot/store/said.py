"""What was said in a conversation before: what a message may go on from."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from clinicbot.callback import CANCEL, KEEP
from clinicbot.store.database import buttons, messages


@dataclass(frozen=True)
class Said:
    """A message of before. `button` is the payload of a pressed one, `emergency` tells that it raised the alarm,
    `language` and `kind` are its last reply's, None while it has none, and `asks_in_form` tells that the callback
    form asks something there."""

    text: str
    button: str | None
    language: str | None
    emergency: bool
    ago: timedelta
    kind: str | None = None
    asks_in_form: bool = False


def read_said(
    connection: Connection,
    session_id: str,
    now: datetime,
    limit: int,
    within: timedelta,
    *conditions: ColumnElement[bool],
) -> list[Said]:
    """The session's last messages that meet the conditions, oldest first; `now` is what their age is reckoned from."""
    rows = connection.execute(
        select(
            messages.c.text,
            messages.c.button,
            messages.c.language,
            messages.c.emergency,
            messages.c.received_at,
            messages.c.replies,
        )
        .where(messages.c.session_id == session_id, messages.c.received_at > now - within, *conditions)
        .order_by(messages.c.id.desc())
        .limit(limit)
    ).all()
    replies = [json.loads(row.replies or "[]") for row in rows]
    asking = _form_buttons(connection, replies)
    return [
        Said(
            row.text,
            row.button,
            row.language,
            bool(row.emergency),
            now - row.received_at,
            kind=said[-1]["kind"] if said else None,
            asks_in_form=not asking.isdisjoint(_reply_buttons(said)),
        )
        for row, said in zip(reversed(rows), reversed(replies), strict=True)
    ]


def _reply_buttons(replies: list[dict[str, Any]]) -> set[str]:
    """The ids of the buttons that are sent back."""
    return {button["value"] for reply in replies for button in reply["buttons"] if button["kind"] == "reply"}


def _form_buttons(connection: Connection, replies: list[list[dict[str, Any]]]) -> set[str]:
    """Those among the replies' buttons that the callback form offers under each of its questions."""
    offered = set().union(*map(_reply_buttons, replies))
    if not offered:
        return set()
    of_form = select(buttons.c.id).where(buttons.c.id.in_(offered), buttons.c.payload.in_((CANCEL, KEEP)))
    return {row.id for row in connection.execute(of_form).all()}
