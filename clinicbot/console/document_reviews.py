"""An uploaded text beside the present document: what is to be decided, and what was.

What was read out of the file is kept, not the file. Comparing a long text takes seconds, so the result is kept until
the drafts change.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

from clinicbot.console.services import Console
from clinicbot.console.sheet_previews import basis_of
from clinicbot.documents.comparison import Comparison, Kind, compare
from clinicbot.documents.decisions import Decision, Task, tasks_of
from clinicbot.documents.extract import Extract
from clinicbot.documents.passages import passages_of, retired_numbers
from clinicbot.documents.plan import Plan, make_plan
from clinicbot.documents.proposals import Draft, Proposal, Reading, draft, propose
from clinicbot.faq import writer
from clinicbot.faq.document import Document, read_document
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import fingerprint
from clinicbot.faq.model import Faq
from clinicbot.paths import document_in
from clinicbot.releases.store import ReleaseError
from clinicbot.store.uploads import Upload

KEPT = 4
APART = "apart"  # the key of the state under which pairs stand that a person told apart


@dataclass(frozen=True)
class Content:
    """What is kept of an uploaded text: sentences by paragraph, and what was left out."""

    passages: list[list[str]]
    headings: list[str]
    repeated: list[str]
    empty_pages: list[int]

    @classmethod
    def of(cls, extract: Extract) -> "Content":
        """Blocking. Raises DocumentError for too many sentences."""
        passages = passages_of(extract)
        return cls(passages, list(extract.headings), list(extract.repeated), list(extract.empty_pages))

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def of_bytes(cls, content: bytes) -> "Content":
        return cls(**json.loads(content))


@dataclass(frozen=True)
class Compared:
    """What doesn't depend on decisions. `proposals` and `drafts` by a task's key, of new sentences."""

    content: Content
    comparison: Comparison
    tasks: tuple[Task, ...]
    proposals: Mapping[str, list[Proposal]]
    drafts: Mapping[str, Draft]


@dataclass(frozen=True)
class Review:
    """`basis` is the digest of the drafts that all of it was made from; `versions` are the writer's."""

    compared: Compared
    decisions: Mapping[str, Decision]
    plan: Plan
    faqs: Mapping[str, Faq]
    document: Document
    basis: str
    versions: Mapping[str, str]
    document_version: str

    @property
    def begun(self) -> list[str]:
        """New FAQs that a decision makes."""
        return [faq_id for faq_id, faq in self.plan.edits.items() if faq is not None and faq_id not in self.faqs]

    def task(self, key: str) -> Task | None:
        return next((task for task in self.compared.tasks if task.key == key), None)

    def planned(self, faq_id: str) -> Faq | None:
        """The FAQ as the decisions so far make it."""
        return self.plan.edits.get(faq_id, self.faqs.get(faq_id))


_kept: OrderedDict[tuple[str, str, str, str], Compared] = OrderedDict()
_lock = Lock()


def review_of(upload: Upload, console: Console) -> Review:
    """Blocking, for a long text some seconds. Raises ContentError for damaged drafts."""
    root = console.root
    basis, drafts = basis_of(root), Drafts(root)
    versions = {topic: writer.version_of(topic, root) for topic in drafts.topics()}
    document_version = writer.document_version(root)
    path = document_in(root)
    faqs, document, present = drafts.faqs(), read_document(path), path.read_text(encoding="utf-8")
    compared = _compared(upload, console, basis, faqs, document, present)
    tasks = list(compared.tasks)
    decisions = decisions_of(upload, {task.key for task in tasks})
    plan = make_plan(compared.comparison, tasks, decisions, faqs, present)
    return Review(compared, decisions, plan, faqs, document, basis, versions, document_version)


def decisions_of(upload: Upload, keys: set[str]) -> dict[str, Decision]:
    return {key: Decision.of_json(raw) for key, raw in upload.state.items() if key in keys}


def _compared(
    upload: Upload, console: Console, basis: str, faqs: Mapping[str, Faq], document: Document, present: str
) -> Compared:
    apart = {(str(number), str(text)) for number, text in upload.state.get(APART, [])}
    with _lock:
        key = (upload.id, str(console.root), basis, json.dumps(sorted(apart)))
        if key not in _kept:
            content = Content.of_bytes(upload.content)
            _kept[key] = _compare(content, console, faqs, document, retired_numbers(present), apart)
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
        return _kept[key]


def _compare(
    content: Content,
    console: Console,
    faqs: Mapping[str, Faq],
    document: Document,
    retired: Sequence[str],
    apart: set[tuple[str, str]],
) -> Compared:
    vectors = console.reader.vectors
    comparison = compare(document.sentences, content.passages, vectors, retired=retired, apart=apart)
    tasks = tuple(tasks_of(comparison, faqs.values(), document))
    new = [task for task in tasks if not task.old]
    read = _reader(console) if any(sentence.kind is Kind.NEW for sentence in comparison.sentences) else None
    proposed = propose([task.new for task in new], faqs.values(), read, vectors)
    known = {fingerprint(phrasing) for faq in faqs.values() for phrasing in faq.phrasings}
    return Compared(
        content,
        comparison,
        tasks,
        {task.key: proposals for task, proposals in zip(new, proposed, strict=True)},
        {task.key: draft(task.new, known) for task in new},
    )


def _reader(console: Console) -> Any:
    """None before the first release: then the answers' meaning alone counts."""

    def read(texts: Sequence[str]) -> Sequence[Reading]:
        return console.reader.read(texts)

    try:
        read(["?"])
    except ReleaseError:
        return None
    return read
