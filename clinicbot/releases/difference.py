"""What the drafts change of what patients get: the page before publishing, and the record in the release.

Compares two content roots, folders laid out like a checkout. Files that are the same byte for byte aren't read.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from clinicbot import paths
from clinicbot.faq.document import Document, read_document
from clinicbot.faq.files import read_intents, read_topic
from clinicbot.faq.model import Faq
from clinicbot.faq.spreadsheet import FieldChange, field_changes
from clinicbot.releases.store import Live
from clinicbot.releases.words import alters_facts, words
from clinicbot.texts import DEFAULT_LANGUAGE
from clinicbot.yaml_files import read_yaml

CONTENT = ("domain.yml", "config.yml", "data")
# What a wrong word of can hurt somebody: a second person reads it before it is published.
SENSITIVE_TOPICS = ("aftercare", "eligibility")
# Fields of an FAQ that no patient reads and no answer stands on.
_HARMLESS_FIELDS = ("phrasings", "reviewed_on")
_FAQ, _DIALOGUE = "data/faq/", "data/dialogue/"
_DOCUMENT = paths.document_in(Path()).as_posix()


class Kind(str, Enum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class FaqChange:
    """`title` is the FAQ's in English, the new one where it has one. Of phrasings, `fields` hold those that differ."""

    id: str
    kind: Kind
    title: str
    fields: tuple[FieldChange, ...]

    @property
    def topic(self) -> str:
        return self.id.partition("/")[0]

    @property
    def alters_facts(self) -> bool:
        return any(field.alters_facts for field in self.fields)

    @property
    def sensitive(self) -> bool:
        read = any(not field.name.startswith(_HARMLESS_FIELDS) for field in self.fields)
        return self.topic in SENSITIVE_TOPICS and (read or self.kind is not Kind.CHANGED)


@dataclass(frozen=True)
class SentenceChange:
    """A sentence of the document such as `p5.2`; `old` or `new` is empty for one that came or went. `answers` are the
    FAQs, of before and of now, that stand on it."""

    number: str
    old: str
    new: str
    answers: tuple[str, ...]
    alters_facts: bool

    @property
    def sensitive(self) -> bool:
        return any(faq.partition("/")[0] in SENSITIVE_TOPICS for faq in self.answers)


@dataclass(frozen=True)
class IntentChange:
    """Phrasings of something that isn't an FAQ, such as those that the review queue put out of scope."""

    intent: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class FileChange:
    """Another file of the content, by its path from the root."""

    path: str
    kind: Kind


@dataclass(frozen=True)
class Difference:
    """`digest` is that of the new content."""

    digest: str
    faqs: tuple[FaqChange, ...] = ()
    sentences: tuple[SentenceChange, ...] = ()
    intents: tuple[IntentChange, ...] = ()
    files: tuple[FileChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.faqs or self.sentences or self.intents or self.files)

    @property
    def sensitive(self) -> bool:
        """Whether aftercare or eligibility changes: answers, titles, sources, or what these stand on."""
        return any(faq.sensitive for faq in self.faqs) or any(sentence.sensitive for sentence in self.sentences)

    @property
    def alters_facts(self) -> bool:
        return any(faq.alters_facts for faq in self.faqs) or any(each.alters_facts for each in self.sentences)

    def count(self, kind: Kind) -> int:
        """FAQs that were added, removed or changed."""
        return sum(change.kind is kind for change in self.faqs)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Difference":
        return cls(
            raw["digest"],
            tuple(_faq_from_json(each) for each in raw["faqs"]),
            tuple(SentenceChange(**{**each, "answers": tuple(each["answers"])}) for each in raw["sentences"]),
            tuple(
                IntentChange(each["intent"], tuple(each["added"]), tuple(each["removed"])) for each in raw["intents"]
            ),
            tuple(FileChange(each["path"], Kind(each["kind"])) for each in raw["files"]),
        )


def seen(changes: Difference, live: Live) -> str:
    """What somebody has looked at and approvals are given for: this content in the place of what is live.

    A later edit voids them, and so does another release, also one that brings back what was live before: what was
    approved once and rolled back since isn't approved any more.
    """
    return hashlib.sha256(f"{changes.digest} {live.number} {live.since}".encode()).hexdigest()


def difference(old: Path, new: Path) -> Difference:
    """What `new` changes of `old`. Raises ContentError for a file that changed and can't be read."""
    was, now = _Content(old), _Content(new)
    changed = sorted(path for path in {*was.files, *now.files} if not _same(was.files.get(path), now.files.get(path)))
    sentences = tuple(_sentence_changes(was, now)) if _DOCUMENT in changed else ()
    told = {path for path in changed if _is_yaml(path, _DIALOGUE) and _only_phrasings(was, now, path)}
    if sentences:
        told.add(_DOCUMENT)
    others = [path for path in changed if not _is_yaml(path, _FAQ) and path not in told]
    return Difference(
        now.digest(),
        tuple(change for path in changed if _is_yaml(path, _FAQ) for change in _faq_changes(was, now, path)),
        sentences,
        tuple(change for path in changed if _is_yaml(path, _DIALOGUE) for change in _intent_changes(was, now, path)),
        tuple(FileChange(path, _kind(path in was.files, path in now.files)) for path in others),
    )


class _Content:
    """One of the two: its files by their path from the root, each read once and only if it is asked for."""

    def __init__(self, root: Path) -> None:
        self.files = content_files(root)
        self._topics: dict[str, dict[str, Faq]] = {}

    def topic(self, path: str) -> dict[str, Faq]:
        """The FAQs of a topic's file by id; none where the file isn't there."""
        if path not in self._topics:
            self._topics[path] = {faq.id: faq for faq in read_topic(self.files[path])} if path in self.files else {}
        return self._topics[path]

    def faqs(self) -> Iterator[Faq]:
        for path in self.files:
            if _is_yaml(path, _FAQ):
                yield from self.topic(path).values()

    def intents(self, path: str) -> dict[str, tuple[str, ...]]:
        return read_intents(self.files[path]) if path in self.files else {}

    def document(self) -> Document:
        return read_document(self.files[_DOCUMENT]) if _DOCUMENT in self.files else Document({})

    def digest(self) -> str:
        return _digest(self.files)


def content_files(root: Path) -> dict[str, Path]:
    """The files of a content by their path from the root; hidden ones are a writer's for a moment."""
    places = [root / name for name in CONTENT]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]
    return {file.relative_to(root).as_posix(): file for file in sorted(files) if not file.name.startswith(".")}


def content_digest(root: Path) -> str:
    """SHA-256 of all content, names and bytes."""
    return _digest(content_files(root))


def _digest(files: Mapping[str, Path]) -> str:
    total = hashlib.sha256()
    for name, file in sorted(files.items()):
        total.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _same(old: Path | None, new: Path | None) -> bool:
    return old is not None and new is not None and old.read_bytes() == new.read_bytes()


def _is_yaml(path: str, folder: str) -> bool:
    return path.startswith(folder) and path.endswith(".yml")


def _kind(was: bool, is_: bool) -> Kind:
    return Kind.CHANGED if was and is_ else Kind.ADDED if is_ else Kind.REMOVED


def _faq_changes(was: _Content, now: _Content, path: str) -> Iterator[FaqChange]:
    old, new = was.topic(path), now.topic(path)
    for faq_id in {**old, **new}:
        before, after = old.get(faq_id, Faq(faq_id, ())), new.get(faq_id, Faq(faq_id, ()))
        if before != after or faq_id not in old or faq_id not in new:
            fields = tuple(_with_facts(field) for field in field_changes(before, after))
            yield FaqChange(faq_id, _kind(faq_id in old, faq_id in new), _title(after) or _title(before), fields)


def _title(faq: Faq) -> str:
    answer = faq.answers.get(DEFAULT_LANGUAGE) or next(iter(faq.answers.values()), None)
    return answer.title if answer else ""


def language_of(field: FieldChange) -> str:
    """Of a field such as `answer (tr)`; English for one without a language."""
    _, _, rest = field.name.partition(" (")
    return rest[:-1] if rest.endswith(")") and len(rest) <= 4 else DEFAULT_LANGUAGE


def _with_facts(field: FieldChange) -> FieldChange:
    """Where one of two negations goes, an answer still is negated, so each word is looked at."""
    if not field.name.startswith("answer") or not (field.old and field.new):
        return field
    return replace(
        field, alters_facts=field.alters_facts or alters_facts(words(field.old, field.new, language_of(field)))
    )


def _sentence_changes(was: _Content, now: _Content) -> Iterator[SentenceChange]:
    old, new = was.document(), now.document()
    answers: dict[str, set[str]] = {}
    for content, document in ((was, old), (now, new)):
        for faq in content.faqs():
            for reference in {reference for answer in faq.answers.values() for reference in answer.source}:
                for number in document.expand(reference):
                    answers.setdefault(number, set()).add(faq.id)
    for number in {**old.sentences, **new.sentences}:
        before, after = old.sentences.get(number, ""), new.sentences.get(number, "")
        if before != after:
            facts = alters_facts(words(before, after, DEFAULT_LANGUAGE))
            yield SentenceChange(number, before, after, tuple(sorted(answers.get(number, ()))), facts)


def _intent_changes(was: _Content, now: _Content, path: str) -> Iterator[IntentChange]:
    old, new = was.intents(path), now.intents(path)
    for intent in {**old, **new}:
        before, after = old.get(intent, ()), new.get(intent, ())
        was_there, is_there = set(before), set(after)
        added = tuple(phrasing for phrasing in after if phrasing not in was_there)
        removed = tuple(phrasing for phrasing in before if phrasing not in is_there)
        if added or removed:
            yield IntentChange(intent, added, removed)


def _only_phrasings(was: _Content, now: _Content, path: str) -> bool:
    """Whether all that differs of a dialogue file stands in `IntentChange`s."""
    if path not in was.files or path not in now.files or not list(_intent_changes(was, now, path)):
        return False
    return bool({**read_yaml(was.files[path]), "nlu": None} == {**read_yaml(now.files[path]), "nlu": None})


def _faq_from_json(raw: Mapping[str, Any]) -> FaqChange:
    return FaqChange(raw["id"], Kind(raw["kind"]), raw["title"], tuple(FieldChange(**field) for field in raw["fields"]))
