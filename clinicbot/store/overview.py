"""The figures of a period, as the overview shows them. Everything comes from counts without people or words, but for
what a question that was not understood came nearest to, which is known while its conversation is kept."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql.elements import ColumnElement

from clinicbot.reply import Kind
from clinicbot.store.database import messages, staff_tasks
from clinicbot.store.figure_tables import daily_counts, daily_durations, daily_thumbs, understandings
from clinicbot.store.figures import FaqUsage
from clinicbot.store.staff_tables import callback_requests

NOT_UNDERSTOOD = "nlu_fallback"
# Understood, and answered with the phone line because the clinic's text says nothing of it.
NOT_IN_DOCUMENT = "not_in_document"


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError("a period ends before it begins")

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))

    @property
    def before(self) -> "Period":
        """As many days, directly before."""
        return Period(self.first - (self.last - self.first) - timedelta(days=1), self.first - timedelta(days=1))


@dataclass(frozen=True)
class Figures:
    """Counts of messages: by day (every day of the period), by first reply's kind, language and channel.

    `faqs` are those that were answered; `unanswered` what fell back, by the FAQ it came nearest to, else by intent, ""
    where Rasa gave nothing. `durations` are counts by bucket (milliseconds at most).
    """

    days: Mapping[date, int]
    kinds: Mapping[str, int]
    languages: Mapping[str, int]
    channels: Mapping[str, int]
    faqs: Mapping[str, FaqUsage]
    unanswered: Mapping[str, int]
    thumbs: FaqUsage
    durations: Mapping[int, int]

    @property
    def total(self) -> int:
        return sum(self.days.values())

    def quickest(self, share: float) -> int | None:
        """The milliseconds within which this share of replies was there, by the bucket; None without any."""
        wanted, seen = share * sum(self.durations.values()), 0
        for up_to, count in sorted(self.durations.items()):
            seen += count
            if seen >= wanted:
                return up_to
        return None


@dataclass(frozen=True)
class Waiting:
    """What staff have to do now: people to call back, and tasks that the assistant could not do."""

    callbacks: int
    tasks: int


def read_figures(engine: Engine, period: Period, zone: tzinfo) -> Figures:
    with engine.connect() as connection:
        fell_back = daily_counts.c.kind == Kind.FALLBACK.value
        unanswered = _sums(
            connection, daily_counts, "label", period, fell_back | (daily_counts.c.label == NOT_IN_DOCUMENT)
        )
        days = _sums(connection, daily_counts, "day", period)
        return Figures(
            days={day: days.get(day, 0) for day in period.days},
            kinds=_sums(connection, daily_counts, "kind", period),
            languages=_sums(connection, daily_counts, "language", period),
            channels=_sums(connection, daily_counts, "channel", period),
            faqs=_faqs(connection, period),
            unanswered=_by_nearest(Counter(unanswered), _nearest(connection, period, zone)),
            thumbs=_thumbs(_sums(connection, daily_thumbs, "helpful", period)),
            durations=_sums(connection, daily_durations, "up_to_ms", period),
        )


def count_waiting(engine: Engine) -> Waiting:
    callbacks = select(func.count()).select_from(callback_requests).where(callback_requests.c.state == "open")
    tasks = select(func.count()).select_from(staff_tasks).where(staff_tasks.c.closed_at.is_(None))
    with engine.connect() as connection:
        return Waiting(int(connection.execute(callbacks).scalar_one()), int(connection.execute(tasks).scalar_one()))


def _sums(
    connection: Connection, table: Table, by: str, period: Period, *conditions: ColumnElement[bool]
) -> dict[Any, int]:
    """Counts by a column's values, most first."""
    total = func.sum(table.c["count"]).label("total")
    query = (
        select(table.c[by], total)
        .where(table.c.day.between(period.first, period.last), *conditions)
        .group_by(table.c[by])
        .having(total > 0)
        .order_by(total.desc(), table.c[by])
    )
    return {value: int(number) for value, number in connection.execute(query).all()}


def _faqs(connection: Connection, period: Period) -> dict[str, FaqUsage]:
    """Most asked first."""
    answered = (daily_counts.c.kind == Kind.ANSWER.value, daily_counts.c.label.contains("/"))
    helpful = _sums(connection, daily_thumbs, "label", period, daily_thumbs.c.helpful.is_(True))
    unhelpful = _sums(connection, daily_thumbs, "label", period, daily_thumbs.c.helpful.is_(False))
    return {
        faq: FaqUsage(asked, helpful.get(faq, 0), unhelpful.get(faq, 0))
        for faq, asked in _sums(connection, daily_counts, "label", period, *answered).items()
    }


def _thumbs(given: Mapping[bool, int]) -> FaqUsage:
    return FaqUsage(0, given.get(True, 0), given.get(False, 0))


def _nearest(connection: Connection, period: Period, zone: tzinfo) -> Counter[str]:
    """What questions that were not understood came nearest to, of those that are kept still."""
    begin = _utc(period.first, zone)
    end = _utc(period.last + timedelta(days=1), zone)
    query = (
        select(understandings.c.nearest, func.count())
        .join(messages, messages.c.id == understandings.c.message_id)
        .where(understandings.c.label == NOT_UNDERSTOOD, messages.c.received_at >= begin, messages.c.received_at < end)
        .group_by(understandings.c.nearest)
    )
    found: Counter[str] = Counter()
    for text, number in connection.execute(query).all():
        if nearest := json.loads(text):
            found[nearest[0]] += number
    return found


def _by_nearest(unanswered: Counter[str], nearest: Counter[str]) -> dict[str, int]:
    """Most first; what came near nothing, or whose conversation was erased, stays under its intent."""
    # a message of before midnight may be counted on the next day: never more than there are
    known: Counter[str] = Counter()
    for faq, number in nearest.most_common():
        known[faq] = min(number, unanswered[NOT_UNDERSTOOD] - known.total())
    unanswered = unanswered - Counter({NOT_UNDERSTOOD: known.total()}) + known
    return dict(sorted(unanswered.items(), key=lambda entry: (-entry[1], entry[0])))


def _utc(day: date, zone: tzinfo) -> datetime:
    """When a day begins there, in naive UTC."""
    return datetime.combine(day, time(), zone).astimezone(timezone.utc).replace(tzinfo=None)
