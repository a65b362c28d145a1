"""What an uploaded spreadsheet would change, as people look at it page by page and decide.

A preview of 5,000 rows takes seconds, so it is kept until the drafts change.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Lock

from clinicbot.console.uploaded import suffix_of
from clinicbot.faq.spreadsheet import Change, FieldChange, Kind, Row, field_changes, merge, preview, read
from clinicbot.store.uploads import Upload

KEPT = 4


class Choice(str, Enum):
    """ACCEPT takes the sheet's version of an FAQ; MERGE adds its phrasings, and answers in languages that have none."""

    ACCEPT = "accept"
    MERGE = "merge"
    REJECT = "reject"


class Show(str, Enum):
    """Which FAQs of a sheet a page lists."""

    DIFFERENT = "different"
    UNDECIDED = "undecided"
    NEW = "new"
    CHANGED = "changed"
    FACTS = "facts"
    REFUSED = "refused"
    ALL = "all"


@dataclass(frozen=True)
class Decision:
    """`saw` is the digest of the FAQ that the sheet was compared with."""

    choice: Choice
    by: str
    saw: str


@dataclass(frozen=True)
class Preview:
    """`basis` is the digest of the drafts that it was compared with."""

    rows: tuple[Row, ...]
    changes: tuple[Change, ...]
    basis: str


_kept: OrderedDict[tuple[str, str, str], Preview] = OrderedDict()
_lock = Lock()


def preview_of(upload: Upload, root: Path) -> Preview:
    """Blocking, for a large sheet some seconds; the same sheet is never computed twice at once.

    Raises SpreadsheetError, or ContentError for damaged drafts.
    """
    with _lock:
        key = (upload.id, str(root), basis_of(root))
        if key not in _kept:
            rows = read(upload.content, suffix_of(upload.name))
            _kept[key] = Preview(tuple(rows), tuple(preview(rows, root)), key[2])
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
        return _kept[key]


def basis_of(root: Path) -> str:
    """Changes whenever anything does that a preview depends on."""
    digest = hashlib.sha256()
    for path in sorted([*(root / "data").rglob("*.yml"), *(root / "data").rglob("*.md")]):
        digest.update(f"{path.name}\x00".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def decisions_of(upload: Upload) -> dict[str, Decision]:
    """By FAQ id."""
    return {
        faq_id: Decision(Choice(each["choice"]), str(each["by"]), str(each["saw"]))
        for faq_id, each in upload.state.items()
    }


def saw(change: Change) -> str:
    return hashlib.sha256(repr(change.before).encode()).hexdigest()[:16]


def fields_of(change: Change, choice: Choice | None) -> tuple[FieldChange, ...]:
    """What would be written with this choice; of what is undecided or rejected, what would be if it were accepted."""
    if choice is not Choice.MERGE or change.before is None:
        return change.fields
    return tuple(field_changes(change.before, merge(change.before, change.faq)))


def is_settled(change: Change, decision: Decision | None) -> bool:
    """Whether nothing is left to write or to decide: rejected, or merged with nothing that isn't there already."""
    if change.kind is Kind.SAME or decision is None:
        return change.kind is Kind.SAME
    return decision.choice is Choice.REJECT or (decision.choice is Choice.MERGE and not fields_of(change, Choice.MERGE))


def is_sound(change: Change) -> bool:
    """Whether it may be accepted along with others, without a look at it: nothing is wrong, and no fact changes."""
    return change.kind in (Kind.NEW, Kind.CHANGED) and not alters_facts(change)


def alters_facts(change: Change) -> bool:
    return any(field.alters_facts for field in change.fields)


def shown(changes: Collection[Change], show: Show, decisions: Collection[str]) -> list[Change]:
    return [change for change in changes if _is_shown(change, show, decisions)]


def _is_shown(change: Change, show: Show, decisions: Collection[str]) -> bool:
    if show is Show.ALL:
        return True
    if change.kind is Kind.SAME:
        return False
    if show is Show.UNDECIDED:
        return change.faq.id not in decisions
    if show is Show.FACTS:
        return alters_facts(change)
    return show is Show.DIFFERENT or change.kind.value == show.value
