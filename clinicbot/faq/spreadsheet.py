"""All FAQs as a spreadsheet, and a spreadsheet as changes to them: previewed, and written if accepted.

One row an FAQ and language. Phrasings belong to the FAQ, not to a language, so they stand in the English row, one a
line; what doesn't fit into that cell goes on in rows directly below with the same id and language and nothing else.
A sheet may be a part: an FAQ, a language or phrasings that it leaves out stay as they are, and nothing is removed.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

from clinicbot import paths
from clinicbot.faq import checking, writer
from clinicbot.faq.facts import LANGUAGES, is_negated, numbers
from clinicbot.faq.files import read_faqs
from clinicbot.faq.linter import Finding, errors, fingerprint
from clinicbot.faq.model import Answer, Faq
from clinicbot.faq.topic_text import tidy
from clinicbot.faq.workbook import Line, SpreadsheetError, read_lines, write_lines
from clinicbot.texts import DEFAULT_LANGUAGE

COLUMNS = ("id", "language", "title", "answer", "source", "phone_line", "reviewed_on", "phrasings")
PHRASINGS_CELL = 15_000  # characters; Excel counts some as two and holds 32,767

_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
_LANGUAGE_OF_PLACE = re.compile(r" \(\w+\)$")
_ID_IN_TEXT = re.compile(r"[a-z0-9_]+/[a-z0-9_]+")


@dataclass(frozen=True)
class Row:
    """One row of the sheet, understood. `answer` is None in a row that only goes on with phrasings."""

    number: int
    id: str
    answer: Answer | None
    phrasings: tuple[str, ...]


class Kind(str, Enum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class FieldChange:
    """`old` and `new` text of a field such as `answer (tr)`; of phrasings only those that go and those that come.

    `alters_facts`: the answer's numbers or its "not" are others than before, so it needs a second look.
    """

    name: str
    old: str
    new: str
    alters_facts: bool = False


@dataclass(frozen=True)
class Change:
    """What the rows of one FAQ would do to `before`, None for a new one. `version` is that of the topic's file when it
    was compared."""

    kind: Kind
    faq: Faq
    rows: tuple[int, ...]
    fields: tuple[FieldChange, ...]
    findings: tuple[Finding, ...]
    version: str
    before: Faq | None = None


def export(faqs: Iterable[Faq], suffix: str) -> bytes:
    """The content of a ".xlsx" or ".csv" file that `read` and `preview` find no change in."""
    lines = [COLUMNS, *(line for faq in faqs for line in _lines(faq))]
    return write_lines(lines, suffix)


def _lines(faq: Faq) -> Iterator[tuple[str, ...]]:
    cells = list(_phrasing_cells(faq.phrasings))
    for language, answer in faq.answers.items():
        first = cells.pop(0) if language == DEFAULT_LANGUAGE and cells else ""
        reviewed_on = answer.reviewed_on.isoformat() if answer.reviewed_on else ""
        source, phone_line = ", ".join(answer.source), "yes" if answer.phone_line else "no"
        yield (faq.id, language, answer.title, answer.text, source, phone_line, reviewed_on, first)
        if language == DEFAULT_LANGUAGE:
            yield from ((faq.id, language, "", "", "", "", "", cell) for cell in cells)
            cells = []
    yield from ((faq.id, DEFAULT_LANGUAGE, "", "", "", "", "", cell) for cell in cells)


def _phrasing_cells(phrasings: tuple[str, ...]) -> Iterator[str]:
    cell = ""
    for phrasing in phrasings:
        if cell and len(cell) + len(phrasing) >= PHRASINGS_CELL:
            yield cell
            cell = ""
        cell += f"\n{phrasing}" if cell else phrasing
    if cell:
        yield cell


def read(content: bytes, suffix: str) -> list[Row]:
    """The rows of a file's content. Raises SpreadsheetError with all problems, by row number and column name."""
    lines = read_lines(content, suffix)
    if not lines:
        raise SpreadsheetError("The file is empty")
    header = [name.lower() for name in lines[0].cells]
    while header and not header[-1]:
        header.pop()
    if sorted(header) != sorted(COLUMNS):
        raise SpreadsheetError(
            f"row {lines[0].number}: the first row must name the columns {', '.join(COLUMNS)}; "
            f"missing: {', '.join(sorted(set(COLUMNS) - set(header))) or 'none'}; "
            f"not known or twice: {', '.join(sorted(n for n in header if n not in COLUMNS or header.count(n) > 1))}"
        )
    rows: list[Row] = []
    problems: list[str] = []
    answered: dict[tuple[str, str], int] = {}
    for line in lines[1:]:
        row, faults = _row(line, header)
        problems += [f"row {line.number}, {fault}" for fault in faults]
        if row.answer is not None:
            key = (row.id, row.answer.language)
            if key in answered:
                problems.append(f"row {line.number}, column id: {key[0]} ({key[1]}) stands in row {answered[key]} too")
            answered.setdefault(key, line.number)
        rows.append(row)
    if problems:
        raise SpreadsheetError(*problems)
    return rows


def _row(line: Line, header: list[str]) -> tuple[Row, list[str]]:
    cells = dict.fromkeys(COLUMNS, "") | dict(zip(header, line.cells, strict=False))
    faults = []
    if any(line.cells[len(header) :]):
        faults.append("a column without a name: has text; name the column or empty the cell")
    for name in ("id", "language"):
        if not cells[name]:
            faults.append(f"column {name}: is empty")
    language = cells["language"].lower()
    if language and not re.fullmatch(r"[a-z]{2,3}", language):
        faults.append(f"column language: {language[:40]!r} must be a code such as en or tr")
    phrasings = tuple(line.strip() for line in cells["phrasings"].split("\n") if line.strip())
    if not any(cells[name] for name in COLUMNS[2:7]):
        if not phrasings:
            faults.append("column answer: is empty, as is the rest of the row")
        return Row(line.number, cells["id"], None, phrasings), faults
    if cells["phone_line"].lower() not in _YES_NO:
        faults.append(f"column phone_line: {cells['phone_line'][:40]!r} must be yes or no")
    reviewed_on: date | None = None
    try:
        reviewed_on = date.fromisoformat(cells["reviewed_on"]) if cells["reviewed_on"] else None
    except ValueError:
        faults.append(f"column reviewed_on: {cells['reviewed_on'][:40]!r} must be a date such as 2026-05-31, or empty")
    answer = Answer(
        language=language,
        text=cells["answer"],
        title=cells["title"],
        source=tuple(re.split(r"[,;\s]+", cells["source"])) if cells["source"] else (),
        reviewed_on=reviewed_on,
        phone_line=_YES_NO.get(cells["phone_line"].lower(), False),
    )
    return Row(line.number, cells["id"], answer, phrasings), faults


def preview(rows: Iterable[Row], root: Path = paths.ROOT, merged: Collection[str] = ()) -> list[Change]:
    """What the rows would do, FAQ by FAQ in the sheet's order, if all of it were accepted; those whose ids are in
    `merged` only add to what is there. Writes nothing."""
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row.id, []).append(row)
    topics = {faq_id.partition("/")[0] for faq_id in by_id}
    versions = {topic: writer.version_of(topic, root) for topic in topics}  # before they are read
    existing = {faq.id: faq for faq in read_faqs(root / "data" / "faq")}
    wanted = {faq_id: _read_as(faq_id, existing.get(faq_id), members) for faq_id, members in by_id.items()}
    wanted.update({faq_id: merge(existing[faq_id], wanted[faq_id]) for faq_id in merged if faq_id in existing})
    edits = {faq_id: faq for faq_id, faq in wanted.items() if faq != existing.get(faq_id)}
    findings = _by_faq(checking.check(edits, root) if edits else [], edits)
    changes = []
    for faq_id, faq in wanted.items():
        old = existing.get(faq_id)
        kind = Kind.SAME if faq_id not in edits else Kind.CHANGED if old else Kind.NEW
        found = tuple(findings.get(faq_id, ()))
        numbers_of_rows = tuple(row.number for row in by_id[faq_id])
        fields = tuple(field_changes(old or Faq(faq_id, ()), faq))
        kind = Kind.REFUSED if errors(found) else kind
        changes.append(Change(kind, faq, numbers_of_rows, fields, found, versions[faq.topic], old))
    return changes


def apply(changes: Iterable[Change], accepted: Collection[str], root: Path = paths.ROOT) -> list[str]:
    """Writes the accepted ones, all or none of a topic, and returns the ids that differ from before.

    Raises writer.Refused for a refused one, or where those accepted can't stand without the others; writer.Conflict
    where a topic was changed since the preview; SpreadsheetError for an id that the changes don't have.
    """
    by_id = {change.faq.id: change for change in changes}
    if unknown := sorted(set(accepted) - set(by_id)):
        raise SpreadsheetError(f"not in the file: {', '.join(unknown)}")
    chosen = [change for faq_id, change in by_id.items() if faq_id in accepted and change.kind is not Kind.SAME]
    if refused := [finding for change in chosen for finding in errors(change.findings)]:
        raise writer.Refused(refused)
    if chosen:
        versions = {change.faq.topic: change.version for change in chosen}
        writer.write({change.faq.id: change.faq for change in chosen}, versions, root)
    return [change.faq.id for change in chosen]


def _read_as(faq_id: str, old: Faq | None, rows: list[Row]) -> Faq:
    """The FAQ with what the rows say; what they leave out stays."""
    phrasings = tuple(phrasing for row in rows for phrasing in row.phrasings)
    answers = dict(old.answers) if old else {}
    answers.update({row.answer.language: row.answer for row in rows if row.answer is not None})
    return tidy(Faq(faq_id, phrasings or (old.phrasings if old else ()), answers))


def merge(old: Faq, new: Faq) -> Faq:
    """What is there stays; `new` adds phrasings, and answers in languages that have none."""
    known = {fingerprint(phrasing) for phrasing in old.phrasings}
    added = {fingerprint(phrasing): phrasing for phrasing in new.phrasings if fingerprint(phrasing) not in known}
    answers = {language: answer for language, answer in new.answers.items() if not _is_answered(old, language)}
    return Faq(old.id, (*old.phrasings, *added.values()), {**old.answers, **answers})


def _is_answered(faq: Faq, language: str) -> bool:
    return language in faq.answers and faq.answers[language].text != ""


def _by_faq(findings: Iterable[Finding], ids: Collection[str]) -> dict[str, list[Finding]]:
    """Each finding under the FAQs that it names; under all if it names none, as one on the document does."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        named = {_LANGUAGE_OF_PLACE.sub("", finding.where), *_ID_IN_TEXT.findall(str(finding))}
        for faq_id in [faq_id for faq_id in named if faq_id in ids] or ids:
            found.setdefault(faq_id, []).append(finding)
    return found


def field_changes(old: Faq, new: Faq) -> Iterator[FieldChange]:
    """Field by field what differs; an answer that one of them doesn't have is empty there."""
    for language in {**old.answers, **new.answers}:
        nothing = Answer(language, "", "", (), None)
        before, answer = old.answers.get(language, nothing), new.answers.get(language, nothing)
        known = language in LANGUAGES and before.text != ""
        alters_facts = known and _facts(before) != _facts(answer)
        for name, was, now in (
            ("title", before.title, answer.title),
            ("answer", before.text, answer.text),
            ("source", ", ".join(before.source), ", ".join(answer.source)),
            ("phone_line", "yes" if before.phone_line else "no", "yes" if answer.phone_line else "no"),
            ("reviewed_on", str(before.reviewed_on or ""), str(answer.reviewed_on or "")),
        ):
            if was != now:
                yield FieldChange(f"{name} ({language})", was, now, name == "answer" and alters_facts)
    if old.phrasings != new.phrasings:
        was_there, is_there = set(old.phrasings), set(new.phrasings)
        gone = "\n".join(phrasing for phrasing in old.phrasings if phrasing not in is_there)
        come = "\n".join(phrasing for phrasing in new.phrasings if phrasing not in was_there)
        yield FieldChange("phrasings" if gone or come else "phrasings (in another order)", gone, come)


def _facts(answer: Answer) -> tuple[set[str], bool]:
    return numbers(answer.text), is_negated(answer.text, answer.language)
