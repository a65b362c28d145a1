"""What the review queue's page shows: groups of messages, and what can be done with each."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.console.faq_findings import titles_of
from clinicbot.console.services import Console
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import MAX_PHRASING_LENGTH
from clinicbot.faq.model import Faq
from clinicbot.faq.outside import usable
from clinicbot.releases.store import ReleaseError
from clinicbot.review.grouping import Group, group
from clinicbot.review.masking import MASK
from clinicbot.review.queue import LOOKED_BACK, Reason, Waiting, count_emergencies, unanswered
from clinicbot.review.vectors import known_vectors
from clinicbot.safety.red_flags import find_red_flag
from clinicbot.store.database import feedback, messages
from clinicbot.store.figure_tables import review_decisions, understandings

PAGE_SIZE = 10
MOST_LINES = 40  # of a group at once: somebody has to read them
SUGGESTED = 3
_COUNT_KEPT = 60.0  # seconds


@dataclass(frozen=True)
class Wanted:
    """Empty: all."""

    language: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Line:
    """Messages with the same words. `ids` are theirs, joined by commas; `problem` is why they can't become a phrasing:
    emergency or unusable."""

    text: str
    language: str
    ids: str
    count: int
    problem: str


@dataclass(frozen=True)
class Card:
    """A group. `more` is how many of its messages aren't shown; `suggestions` have FAQs with their titles."""

    group: Group
    lines: tuple[Line, ...]
    more: int
    suggestions: tuple[tuple[str, str], ...]

    @property
    def may_be_added(self) -> bool:
        return any(not line.problem for line in self.lines)


@dataclass(frozen=True)
class Listing:
    """One page. `later` is how many messages are not sorted into groups yet, `languages` are those that wait."""

    cards: tuple[Card, ...]
    groups: int
    messages: int
    later: int
    number: int
    pages: int
    languages: tuple[str, ...]
    emergencies: int


def phrasing_of(text: str) -> str:
    """A masked message as a phrasing; empty if nothing is left."""
    return usable(text.replace(MASK, " "))


def problem_of(text: str) -> str:
    """Why a masked message can't become a phrasing: emergency, unusable, or empty if it can."""
    if find_red_flag(text):
        return "emergency"
    phrasing = phrasing_of(text)
    return "" if phrasing and len(phrasing) <= MAX_PHRASING_LENGTH else "unusable"


def still_waiting(console: Console) -> list[Waiting]:
    """Newest first. Blocking. A message that is a phrasing by now needs nobody, unless its answer was disliked."""
    drafts = Drafts(console.root)
    found = unanswered(console.engine, utc_now() - LOOKED_BACK)
    owned = {text: drafts.owner_of(phrasing_of(text)) is not None for text in {message.text for message in found}}
    return [message for message in found if not owned[message.text] or Reason.THUMB in message.reasons]


def listing(console: Console, wanted: Wanted, number: int, language: str) -> Listing:
    """Blocking: some seconds where many messages are new. `language`: of the titles."""
    waiting = still_waiting(console)
    shown = [
        message
        for message in waiting
        if wanted.language in ("", message.language) and wanted.reason in ("", *(r.value for r in message.reasons))
    ]
    known = known_vectors(console.engine)
    known.forget_others([message.text for message in waiting])
    vectors = known.of([message.text for message in shown], console.reader.vectors)
    groups = group([message for message in shown if message.text in vectors], vectors)
    pages = max(1, -(-len(groups) // PAGE_SIZE))
    number = min(max(number, 1), pages)
    faqs = Drafts(console.root).faqs()
    return Listing(
        cards=tuple(
            _card(console, found, faqs, language) for found in groups[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        ),
        groups=len(groups),
        messages=len(shown),
        later=sum(message.text not in vectors for message in shown),
        number=number,
        pages=pages,
        languages=tuple(sorted({message.language for message in waiting})),
        emergencies=count_emergencies(console.engine, utc_now() - LOOKED_BACK),
    )


def _card(console: Console, found: Group, faqs: dict[str, Faq], language: str) -> Card:
    by_text: dict[str, list[Waiting]] = {}
    for message in found.messages:
        by_text.setdefault(message.text, []).append(message)
    lines = tuple(_line(text, same) for text, same in list(by_text.items())[:MOST_LINES])
    suggested = [faq for faq in found.candidates or _nearest(console, found.typical.text) if faq in faqs]
    titles = titles_of({faq: faqs[faq] for faq in suggested[:SUGGESTED]}, language)
    return Card(found, lines, found.count - sum(line.count for line in lines), tuple(titles.items()))


def _line(text: str, same: Sequence[Waiting]) -> Line:
    ids = ",".join(str(message.message_id) for message in same)
    return Line(text, same[0].language, ids, len(same), problem_of(text))


def _nearest(console: Console, text: str) -> list[str]:
    """FAQs by the live assistant's own measure; none before the first release."""
    try:
        return [label for label, _cosine in console.reader.read([text])[0].nearest if "/" in label]
    except ReleaseError:
        return []


@dataclass(frozen=True)
class _Count:
    stamp: tuple[int, ...]
    until: float
    count: int


_counts: "WeakKeyDictionary[Engine, _Count]" = WeakKeyDictionary()


def count_waiting(console: Console) -> int:
    """Messages that wait, for every page's menu: counted again where something came or went, or after a minute."""
    stamp, now = _stamp(console.engine), time.monotonic()
    known = _counts.get(console.engine)
    if known is None or known.stamp != stamp or known.until < now:
        known = _Count(stamp, now + _COUNT_KEPT, len(still_waiting(console)))
        _counts[console.engine] = known
    return known.count


def _stamp(engine: Engine) -> tuple[int, ...]:
    with engine.connect() as connection:
        tables = (messages, understandings, feedback, review_decisions)
        return tuple(int(connection.execute(select(func.count()).select_from(table)).scalar_one()) for table in tables)
