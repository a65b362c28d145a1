"""The rows of the list of FAQs: drafts beside the live release, filtered and sorted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from clinicbot.console.faq_findings import titles_of
from clinicbot.console.faq_trying import live_faqs
from clinicbot.console.services import Console
from clinicbot.faq.drafts import Drafts, fold
from clinicbot.faq.model import Faq
from clinicbot.store.faq_care import Care, FaqCare
from clinicbot.store.figures import FaqUsage, usage_of_faqs
from clinicbot.yaml_files import ContentError

USAGE_DAYS = 30


class State(str, Enum):
    """Of a draft, compared with what patients get."""

    LIVE = "live"
    CHANGED = "changed"
    NEW = "new"
    DELETED = "deleted"


OVERDUE = "overdue"  # a filter beside the states
STATES = (*(state.value for state in State), OVERDUE)


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    phrasings: int
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    state: State
    overdue: bool
    care: Care
    usage: FaqUsage

    @property
    def topic(self) -> str:
        return self.id.partition("/")[0]


@dataclass(frozen=True)
class Wanted:
    """What of the list is shown; empty is everything. `missing` is a language's code."""

    search: str = ""
    topic: str = ""
    missing: str = ""
    state: str = ""
    order: str = "topic"

    def includes(self, row: Row, searched: str) -> bool:
        return (
            all(word in searched for word in fold(self.search).split())
            and self.topic in ("", row.topic)
            and (not self.missing or self.missing in row.missing)
            and (not self.state or self.state == row.state.value or (self.state == OVERDUE and row.overdue))
        )


_ORDERS: dict[str, Callable[[Row], Any]] = {
    "title": lambda row: fold(row.title),
    "asked": lambda row: -row.usage.asked,
    "unhelpful": lambda row: -row.usage.unhelpful,
    "review_due": lambda row: row.care.review_due or date.max,
    "phrasings": lambda row: row.phrasings,
}
ORDERS = ("topic", *_ORDERS)


def state_of(draft: Faq | None, live: Faq | None) -> State:
    if draft is None:
        return State.DELETED
    if live is None:
        return State.NEW
    return State.LIVE if draft == live else State.CHANGED


def rows(console: Console, wanted: Wanted, language: str) -> list[Row]:
    """Blocking. Raises ContentError for a damaged file, ReleaseError for a damaged release."""
    drafts, live = Drafts(console.root), live_faqs(console)
    now = drafts.faqs()
    everything = {**now, **{faq_id: faq for faq_id, faq in live.items() if faq_id not in now}}
    titles, searched = titles_of(everything, language), drafts.searched()
    cares, usage = FaqCare(console.engine).all(), usage_of_faqs(console.engine, _since(console))
    languages, today = console.clinic.languages, today_of(console)
    found = []
    for faq_id, faq in everything.items():
        care = cares.get(faq_id, Care())
        row = Row(
            id=faq_id,
            title=titles[faq_id],
            phrasings=len(faq.phrasings),
            languages=tuple(faq.answers),
            missing=tuple(language for language in languages if language not in faq.answers),
            state=state_of(now.get(faq_id), live.get(faq_id)),
            overdue=faq_id in now and care.review_due is not None and care.review_due <= today,
            care=care,
            usage=usage.get(faq_id, FaqUsage()),
        )
        if wanted.includes(row, searched.get(faq_id) or fold(f"{faq_id} {row.title}")):
            found.append(row)
    return _sorted(found, wanted.order)


def _sorted(found: Iterable[Row], order: str) -> list[Row]:
    """By topic in the files' own order, where nothing else is asked for."""
    by_topic = list(found)
    key = _ORDERS.get(order)
    return sorted(by_topic, key=key) if key else by_topic


def count_due(console: Console) -> int:
    """FAQs whose day to be read again has come. It is asked for with every page, so a damaged file is no error here."""
    due = FaqCare(console.engine).due(today_of(console))
    try:
        return len(due & Drafts(console.root).faqs().keys()) if due else 0
    except ContentError:
        return len(due)


def today_of(console: Console) -> date:
    """The clinic's day."""
    return datetime.now(console.clinic.time_zone).date()


def _since(console: Console) -> date:
    return today_of(console) - timedelta(days=USAGE_DAYS)
