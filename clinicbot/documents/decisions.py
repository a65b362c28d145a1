"""What a person has to decide about an uploaded text, and what was decided: kept as JSON, so that work can go on."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from clinicbot.documents.comparison import Comparison, Kind, Sentence
from clinicbot.faq.document import Document
from clinicbot.faq.model import Faq


class Choice(str, Enum):
    """Of a changed sentence's FAQ, of a vanished one's, and of a new sentence. KEEP: in the text, and no answer yet."""

    STILL_RIGHT = "still_right"
    EDIT = "edit"
    REMOVE_SOURCE = "remove_source"
    DELETE_FAQ = "delete_faq"
    ADD_TO = "add_to"
    NEW_FAQ = "new_faq"
    KEEP = "keep"
    LEAVE_OUT = "leave_out"


CHANGED = (Choice.STILL_RIGHT, Choice.EDIT)
VANISHED = (Choice.REMOVE_SOURCE, Choice.EDIT, Choice.DELETE_FAQ)
NEW = (Choice.ADD_TO, Choice.NEW_FAQ, Choice.KEEP, Choice.LEAVE_OUT)


@dataclass(frozen=True)
class Task:
    """One thing to decide. `old` is "" for a new sentence, `new` "" for one that vanished; `faq` stands on the
    sentence, or is "" for a new one. `key` is the same as long as texts and FAQ are, whatever else changes."""

    key: str
    number: str
    old: str
    new: str
    faq: str = ""

    @property
    def choices(self) -> tuple[Choice, ...]:
        return NEW if not self.old else CHANGED if self.new else VANISHED


@dataclass(frozen=True)
class Wording:
    """An answer as a person wrote it, and what stood there when they did (None: no answer)."""

    text: str
    was: str | None


@dataclass(frozen=True)
class Decision:
    """`faq` is whom a new sentence is added to, or the new FAQ's id. `answers` holds texts by language that shall
    change; `titles` and `phrasings` are a new FAQ's. `by` and `at` (ISO 8601, UTC): who decided last, and when."""

    choice: Choice
    by: str
    at: str
    faq: str = ""
    answers: dict[str, Wording] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    phrasings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, raw: Mapping[str, Any]) -> "Decision":
        answers = {language: Wording(**wording) for language, wording in raw["answers"].items()}
        choice, phrasings = Choice(raw["choice"]), tuple(raw["phrasings"])
        return cls(**{**raw, "choice": choice, "answers": answers, "phrasings": phrasings})


def tasks_of(comparison: Comparison, faqs: Iterable[Faq], present: Document) -> list[Task]:
    """In the new text's order, vanished sentences last. A sentence that no answer stands on needs no decision."""
    standing = _standing(faqs, present)
    tasks = []
    seen: dict[str, int] = {}
    for sentence in comparison.sentences:
        if sentence.kind is Kind.NEW:
            count = seen[sentence.text] = seen.get(sentence.text, 0) + 1
            tasks.append(Task(_key("new", sentence.text, str(count)), sentence.number, "", sentence.text))
        elif sentence.kind is Kind.CHANGED:
            tasks += _tasks_of_changed(sentence, standing.get(sentence.number, ()))
    for number, text in comparison.vanished.items():
        for faq_id in standing.get(number, ()):
            tasks.append(Task(_key("vanished", number, text, faq_id), number, text, "", faq_id))
    return tasks


def _tasks_of_changed(sentence: Sentence, faqs: Iterable[str]) -> Iterator[Task]:
    for faq_id in faqs:
        key = _key("changed", sentence.number, sentence.old, sentence.text, faq_id)
        yield Task(key, sentence.number, sentence.old, sentence.text, faq_id)


def _standing(faqs: Iterable[Faq], present: Document) -> dict[str, list[str]]:
    """By sentence, the FAQs whose answers stand on it."""
    standing: dict[str, list[str]] = {}
    for faq in faqs:
        references = {reference for answer in faq.answers.values() for reference in answer.source}
        for number in {number for reference in references for number in present.expand(reference)}:
            standing.setdefault(number, []).append(faq.id)
    return standing


def _key(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]
