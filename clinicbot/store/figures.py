"""Counts that remain when conversations are erased: by day, without a person, a message or a word of it.

A day is the clinic's. Nothing here may cost a patient the answer: whoever records figures does it with `recording`, in
the transaction of what is counted, so that both are kept or neither.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timezone, tzinfo

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from clinicbot.store.database import insert_or_add, without_data
from clinicbot.store.figure_tables import daily_counts, daily_durations, daily_thumbs

logger = logging.getLogger(__name__)

WEB = "web"
# What the gate, or Rasa, raises the alarm for counts as one thing.
RED = "report_red"
# A reply's milliseconds are counted in the first bucket that holds them; longer ones in the last.
BUCKETS_MS = (50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000)


@dataclass(frozen=True)
class Counted:
    """An answered message, for the counts. `kind` is its first reply's, `label` an FAQ, an intent or "".

    `seconds` is how long the patient waited, None where nobody watched a clock.
    """

    channel: str
    language: str
    kind: str
    label: str
    seconds: float | None = None


@dataclass(frozen=True)
class FaqUsage:
    """How often an FAQ was what a message asked first, and the thumbs on those answers."""

    asked: int = 0
    helpful: int = 0
    unhelpful: int = 0


@contextmanager
def recording(connection: Connection) -> Iterator[None]:
    """What is recorded in it either works or is left out; the transaction around it goes on."""
    try:
        with connection.begin_nested():
            yield
    except SQLAlchemyError as error:
        logger.error("figures could not be recorded: %s", without_data(error))


def day_of(moment: datetime, zone: tzinfo) -> date:
    """The day of a moment in naive UTC, where the clinic is."""
    return moment.replace(tzinfo=timezone.utc).astimezone(zone).date()


def count_answer(connection: Connection, day: date, counted: Counted) -> None:
    key = {
        "day": day,
        "channel": counted.channel,
        "language": counted.language,
        "kind": counted.kind,
        "label": counted.label,
    }
    insert_or_add(connection, daily_counts, key, 1)
    if counted.seconds is not None:
        milliseconds = counted.seconds * 1_000
        bucket = next((up_to for up_to in BUCKETS_MS if milliseconds <= up_to), BUCKETS_MS[-1])
        insert_or_add(connection, daily_durations, {"day": day, "up_to_ms": bucket}, 1)


def count_thumb(connection: Connection, label: str, thumb: tuple[date, bool], before: tuple[date, bool] | None) -> None:
    """Count a thumb, and no longer the one that it replaces."""
    if thumb == before:
        return
    changes = [(thumb, 1)] + ([(before, -1)] if before else [])
    for (day, helpful), number in sorted(changes):  # everybody in the same order: PostgreSQL locks the rows
        insert_or_add(connection, daily_thumbs, {"day": day, "label": label, "helpful": helpful}, number)


def usage_of_faqs(engine: Engine, since: date) -> dict[str, FaqUsage]:
    """By FAQ id, from that day on; an FAQ that nobody asked is missing."""
    asked = (
        select(daily_counts.c.label, func.sum(daily_counts.c.count).label("asked"))
        .where(daily_counts.c.day >= since, daily_counts.c.label.contains("/"))
        .group_by(daily_counts.c.label)
    )
    thumbs = (
        select(daily_thumbs.c.label, daily_thumbs.c.helpful, func.sum(daily_thumbs.c.count).label("given"))
        .where(daily_thumbs.c.day >= since, daily_thumbs.c.label.contains("/"))
        .group_by(daily_thumbs.c.label, daily_thumbs.c.helpful)
    )
    with engine.connect() as connection:
        numbers = {row.label: int(row.asked) for row in connection.execute(asked)}
        given = {(row.label, row.helpful): int(row.given) for row in connection.execute(thumbs)}
    return {
        label: FaqUsage(numbers.get(label, 0), given.get((label, True), 0), given.get((label, False), 0))
        for label in sorted(numbers.keys() | {label for label, _ in given})
    }
