"""Which messages wait for somebody of the staff to look at them, and why: computed from the stored conversations.

Typed messages only, and only those that Rasa's classifier read. What was typed into the callback form is none of them
(names and numbers), nor is an emergency: it has a text of its own, and must never become a phrasing of anything.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine, Row

from clinicbot.review.masking import mask
from clinicbot.store.database import feedback, messages
from clinicbot.store.figure_tables import review_decisions, understandings

LOOKED_BACK = timedelta(days=30)
# The classifier's confidence is calibrated: below one half an answer is likelier wrong than right. Of 4,675 lines in
# tests/nlu, 185 were answered with less, 59 % of them wrongly: 4 % of all answers, and 31 % of all wrong ones.
LEAST_CONFIDENCE = 0.5
# A "no" belongs to the answer before if it comes so soon; so does a question that is taken for the same FAQ once more.
NO_WITHIN = timedelta(minutes=10)
AGAIN_WITHIN = timedelta(minutes=2)

_NOT_UNDERSTOOD = "nlu_fallback"
_NO = frozenset({"deny", "decline_suggestions"})
_IN_FORM = "request_callback"
_REPORTS = frozenset({"report_red", "report_amber", "report_mild"})
# What "no" may be said to, besides FAQs: the other replies don't try to answer.
_MEANT_AS_ANSWER = frozenset({_NOT_UNDERSTOOD, "not_in_document", "out_of_scope"})


class Reason(str, Enum):
    """Why a message waits; in the order in which they are shown."""

    FELL_BACK = "fell_back"
    UNSURE = "unsure"
    THUMB = "thumb"
    NO = "no"
    AGAIN = "again"


@dataclass(frozen=True)
class Waiting:
    """A message. `text` is masked, `at` naive UTC; `candidates` are the FAQs that it was taken for or came nearest
    to, best first."""

    message_id: int
    session_id: str
    text: str
    language: str
    at: datetime
    reasons: tuple[Reason, ...]
    candidates: tuple[str, ...] = ()


def unanswered(engine: Engine, since: datetime) -> list[Waiting]:
    """What waits of the messages since then (naive UTC), newest first, without those that somebody has dealt with."""
    return [replace(found, text=mask(found.text)) for found in _newest_first(engine, since)]


def count(engine: Engine, since: datetime) -> int:
    """How many messages that are."""
    return len(_newest_first(engine, since))


def count_emergencies(engine: Engine, since: datetime) -> int:
    """Emergencies whose text did not satisfy the patient: for a notice, since here nothing is done about them."""
    with engine.connect() as connection:
        thumbs = _thumbs_down(connection, since)
        return sum(
            bool(row.emergency and row.button is None and (row.id in thumbs or _is_no(row, following)))
            for row, following in _with_next(_rows(connection, since))
        )


def _newest_first(engine: Engine, since: datetime) -> list[Waiting]:
    with engine.connect() as connection:
        thumbs = _thumbs_down(connection, since)
        found = [
            Waiting(row.id, row.session_id, row.text, row.language or "", row.received_at, reasons, _candidates(row))
            for row, following in _with_next(_rows(connection, since))
            if _may_wait(row) and (reasons := tuple(_reasons(row, following, thumbs)))
        ]
    return sorted(found, key=lambda waiting: -waiting.message_id)


def _rows(connection: Connection, since: datetime) -> Sequence[Row]:
    columns = (
        messages.c.id,
        messages.c.session_id,
        messages.c.text,
        messages.c.button,
        messages.c.received_at,
        messages.c.language,
        messages.c.emergency,
        understandings.c.label,
        understandings.c.labels,
        understandings.c.confidence,
        understandings.c.nearest,
        review_decisions.c.decision,
    )
    joined = messages.outerjoin(understandings, understandings.c.message_id == messages.c.id).outerjoin(
        review_decisions, review_decisions.c.message_id == messages.c.id
    )
    query = select(*columns).select_from(joined).where(messages.c.received_at >= since)
    found: Sequence[Row] = connection.execute(query.order_by(messages.c.session_id, messages.c.id)).all()
    return found


def _with_next(rows: Iterable[Row]) -> Iterator[tuple[Row, Row | None]]:
    """Each message with the one that the patient sent next."""
    for _session, found in groupby(rows, key=lambda row: row.session_id):
        conversation = list(found)
        yield from zip(conversation, [*conversation[1:], None], strict=True)


def _thumbs_down(connection: Connection, since: datetime) -> set[int]:
    """The messages of which a reply was rated unhelpful."""
    down = select(feedback.c.reply_id, feedback.c.session_id).where(
        feedback.c.helpful.is_(False), feedback.c.given_at >= since
    )
    given = connection.execute(down).all()
    unhelpful = {row.reply_id for row in given}
    sessions = select(feedback.c.session_id).where(feedback.c.helpful.is_(False), feedback.c.given_at >= since)
    answered = select(messages.c.id, messages.c.replies).where(
        messages.c.session_id.in_(sessions), messages.c.received_at >= since, messages.c.replies.is_not(None)
    )
    rows = connection.execute(answered).all() if given else []
    return {row.id for row in rows if any(reply["id"] in unhelpful for reply in json.loads(row.replies))}


def _may_wait(row: Row) -> bool:
    typed_and_read = row.button is None and row.label is not None and row.text.strip() != ""
    return typed_and_read and not row.emergency and row.decision is None and row.label not in {_IN_FORM, *_REPORTS}


def _reasons(row: Row, following: Row | None, thumbs: set[int]) -> Iterator[Reason]:
    labels = json.loads(row.labels)
    if _NOT_UNDERSTOOD in labels:
        yield Reason.FELL_BACK
    elif row.confidence < LEAST_CONFIDENCE and row.label not in _NO:
        yield Reason.UNSURE
    if row.id in thumbs:
        yield Reason.THUMB
    if "/" in row.label or row.label in _MEANT_AS_ANSWER:
        if _is_no(row, following):
            yield Reason.NO
        elif _is_asked_again(row, following):
            yield Reason.AGAIN


def _is_no(row: Row, following: Row | None) -> bool:
    return following is not None and following.label in _NO and following.received_at - row.received_at <= NO_WITHIN


def _is_asked_again(row: Row, following: Row | None) -> bool:
    """Likeness of words tells less: "how long does it last" and "how long does it hurt" are two questions."""
    if following is None or following.button is not None or "/" not in row.label:
        return False
    return bool(following.label == row.label and following.received_at - row.received_at <= AGAIN_WITHIN)


def _candidates(row: Row) -> tuple[str, ...]:
    labels = [row.label, *json.loads(row.labels), *json.loads(row.nearest)]
    return tuple(dict.fromkeys(label for label in labels if "/" in label))
