"""What the staff decided about messages of the review queue: which message, what, who and when; never its words.

A decision goes with its message when that is erased.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import and_, delete, select
from sqlalchemy.engine import Engine
from sqlalchemy.sql.elements import ColumnElement

from clinicbot.clock import utc_now
from clinicbot.store.database import insert_new, messages
from clinicbot.store.figure_tables import review_decisions

UNDONE_WITHIN = timedelta(days=1)  # a decision can be taken back


class Decision(str, Enum):
    """What becomes of a message; OUT_OF_SCOPE and NOT_IN_DOCUMENT are the intents that it becomes a phrasing of."""

    ADDED = "added"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_IN_DOCUMENT = "not_in_document"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class Act:
    """One decision about several messages. `faq` is where they were added, `at` naive UTC."""

    decision: Decision
    faq: str | None
    person: str
    at: datetime
    count: int


class Reviews:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def decide(
        self,
        message_ids: Collection[int],
        decision: Decision,
        person: str,
        *,
        faq: str | None = None,
        wrote: Collection[int] = (),
    ) -> int:
        """How many messages that was: one that somebody else has dealt with, or that was erased, is left alone.

        `wrote` are those whose words became a phrasing.
        """
        with self._engine.begin() as connection:
            there = select(messages.c.id).where(messages.c.id.in_(message_ids))
            now = utc_now()
            return sum(
                insert_new(
                    connection,
                    review_decisions,
                    {
                        "message_id": number,
                        "decision": decision.value,
                        "faq": faq,
                        "wrote": number in wrote,
                        "person": person,
                        "at": now,
                    },
                )
                for number in connection.execute(there).scalars().all()
            )

    def last(self, person: str) -> Act | None:
        """Somebody's last decision of today that can be taken back."""
        mine = and_(review_decisions.c.person == person, review_decisions.c.at > utc_now() - UNDONE_WITHIN)
        with self._engine.connect() as connection:
            newest = connection.execute(
                select(review_decisions).where(mine).order_by(review_decisions.c.at.desc()).limit(1)
            ).first()
            if newest is None:
                return None
            rows = connection.execute(select(review_decisions).where(_of(person, newest.at))).all()
        return Act(Decision(newest.decision), newest.faq, person, newest.at, len(rows))

    def written(self, act: Act) -> list[str]:
        """The words, as they stand in the conversations, that this act made phrasings of."""
        query = (
            select(messages.c.text)
            .join(review_decisions, review_decisions.c.message_id == messages.c.id)
            .where(_of(act.person, act.at), review_decisions.c.wrote.is_(True))
        )
        with self._engine.connect() as connection:
            return [row.text for row in connection.execute(query.order_by(messages.c.id)).all()]

    def take_back(self, act: Act) -> int:
        """The messages wait again; how many."""
        with self._engine.begin() as connection:
            return int(connection.execute(delete(review_decisions).where(_of(act.person, act.at))).rowcount)


def _of(person: str, at: datetime) -> ColumnElement[bool]:
    return and_(review_decisions.c.person == person, review_decisions.c.at == at)
