"""The one writer of `data/faq`: the staff's console, the spreadsheet import and the review queue all go through it.

A change is checked by the linter as if it had been written, and only then written: whole files under a temporary name,
synced and renamed, one writer at a time. What is only unfinished, such as a translation that is still to come, is a
warning: it refuses nothing. Whoever holds `load_faqs()` keeps what it read: the live assistant must not show an answer
before it is published.
"""

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from clinicbot import paths
from clinicbot.faq import linter
from clinicbot.faq.document import read_document
from clinicbot.faq.facts import LANGUAGES
from clinicbot.faq.files import read_topic
from clinicbot.faq.linter import FEW_PHRASINGS, Finding
from clinicbot.faq.model import TOPICS, Faq
from clinicbot.faq.safe_files import locked, remove_file, replace_file
from clinicbot.faq.topic_text import TopicText, cut, new_topic, tidy
from clinicbot.yaml_files import ContentError, read_yaml

MAX_PHRASINGS = 2_000
MAX_TEXT_LENGTH = 2_000  # of an answer, in characters; half of what a WhatsApp message holds
MAX_TITLE_LENGTH = 200

_TOPIC = re.compile(r"[a-z][a-z0-9_]{0,49}")
_YAML_VALUES = frozenset({"yes", "no", "on", "off", "true", "false", "null"})  # no words where they stand alone
_NAME = re.compile(r"[a-z0-9_]{1,80}")
# what YAML or a spreadsheet can't hold, or what either takes for the end of a line
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_LIST_ITEM = re.compile(r"  - ([a-z0-9_]+)\n")
_OTHER_FORM = "is not laid out as its neighbours are, so it can't be changed safely; restore its form by hand first"

Edits = Mapping[str, Faq | None]
"""By id, the FAQ as it shall be; None removes it."""


@dataclass(frozen=True)
class NewDocument:
    """The clinic's text as it shall be, and what `document_version` said when the change was begun."""

    text: str
    version: str


class Refused(ContentError):
    """The change has findings; nothing was written."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("Nothing was written:\n" + linter.report(findings))
        self.findings = findings


class Conflict(ContentError):
    """Somebody else changed the topic, or with "" the document, meanwhile; nothing was written."""

    def __init__(self, topic: str) -> None:
        changed = f"data/faq/{topic}.yml" if topic else "the clinic's document"
        super().__init__(
            f"Nothing was written: somebody changed {changed} after this edit was begun. "
            "Open the FAQ again, look at what is there now, and repeat the edit."
        )
        self.topic = topic


def version_of(topic: str, root: Path = paths.ROOT) -> str:
    """What an edit is based on: the SHA-256 of the topic's file, or "" for a topic that isn't there yet."""
    path = _path(topic, root)
    if not _TOPIC.fullmatch(topic):
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def document_version(root: Path = paths.ROOT) -> str:
    """The SHA-256 of the clinic's document."""
    return hashlib.sha256(_document(root).read_bytes()).hexdigest()


def add(faq: Faq, version: str, root: Path = paths.ROOT) -> list[Finding]:
    """Writes a new FAQ; as `write`, but refuses an id that is taken."""
    if _is_id(faq.id) and any(other.id == faq.id for other in _faqs(_path(faq.topic, root))):
        raise Refused([Finding("F024", faq.id, "this id is taken; choose another", "taken")])
    return write({faq.id: faq}, {faq.topic: version}, root)


def write(
    edits: Edits, versions: Mapping[str, str], root: Path = paths.ROOT, document: NewDocument | None = None
) -> list[Finding]:
    """Writes all edits or none of a topic. `versions` holds by topic what `version_of` said when the edit was begun.
    Returns the warnings.

    A new document is written last: cut off before that, it is still seen to be new, and writing can be repeated.

    A new topic gets its file and its intent in domain.yml; a topic that staff added goes with its last FAQ.
    Raises Refused, Conflict, or ContentError for a file that is damaged. Cut off in the middle (OSError, power cut),
    each file is the old or the new one, and the project can be trained: an intent is listed before its file is there.
    """
    domain = root / "domain.yml"
    with locked(root / "data" / "faq", domain, _document(root)):
        for topic in sorted({_topic(faq_id) for faq_id in edits}):
            if version_of(topic, root) != versions[topic]:
                raise Conflict(topic)
        if document and document.version != document_version(root):
            raise Conflict("")
        findings = check(edits, root, document.text if document else None)
        if refusing := linter.errors(findings):
            raise Refused(refusing)
        texts = _topic_texts(edits, root)
        listed = _domain_text(domain, texts, removing=False)
        if listed != _read(domain):
            replace_file(domain, listed)
        for path, text in texts.items():
            if text is None:
                remove_file(path)
            elif not path.exists() or text != _read(path):
                replace_file(path, text)
        unlisted = _domain_text(domain, texts, removing=True)
        if unlisted != _read(domain):
            replace_file(domain, unlisted)
        if document and document.text != _read(_document(root)):
            replace_file(_document(root), document.text)
        return findings


def check(edits: Edits, root: Path = paths.ROOT, document: str | None = None) -> list[Finding]:
    """What would be wrong that isn't wrong now, warnings too (`linter.errors` leaves them out). Writes nothing.

    `document`: the clinic's text that is written together with the edits, None to leave the one that is there.
    """
    topics = {_topic(faq_id) for faq_id in edits if _is_id(faq_id)}
    existing = {faq.id: faq for topic in topics for faq in _faqs(_path(topic, root))}
    taken = _dialogue_intents(root)
    faults: list[Finding] = []
    sound: dict[str, Faq | None] = {}
    for faq_id, faq in edits.items():
        found = list(_lint_removal(faq_id, existing, root) if faq is None else _lint_form(faq_id, faq, taken))
        faults += found
        if not found:
            sound[faq_id] = faq
    gone = {topic for topic in TOPICS if (root / "data/faq" / f"{topic}.yml").exists()} & {
        path.stem for path, text in _topic_texts(sound, root).items() if text is None
    }
    if gone:
        last = [Finding("F025", topic, "this topic must keep at least one FAQ", "last") for topic in sorted(gone)]
        return [*faults, *last]
    after = _lint_as_written(sound, root, document)
    if not after:
        return faults
    before = linter.lint(root)
    known, short = Counter(map(str, before)), {finding.where for finding in before if finding.code == "F004"}
    answered = _answered_before(root, before) if any(finding.code == "F015" for finding in after) else set()
    for finding in after:
        if known[str(finding)] > 0:
            known[str(finding)] -= 1
            continue
        old, new = existing.get(finding.where), edits.get(finding.where)
        if finding.code == "F004" and finding.where in short and not _has_too_few(old, new):
            continue  # its message counts, so it reads as a new one; the fault isn't new
        lost = finding.values.get("sentence", "") in answered
        is_warning = finding.is_warning and not lost and not _spoils(finding, old, new)
        faults.append(replace(finding, is_warning=is_warning))
    return faults


def _spoils(finding: Finding, old: Faq | None, new: Faq | None) -> bool:
    """Whether the FAQ was more finished than it shall be: a language may be missing, but not go."""
    if finding.code == "F005" and finding.reason == "missing":
        return old is not None and finding.values["language"] in old.answers
    return finding.code == "F004" and _has_too_few(old, new)


def _answered_before(root: Path, before: list[Finding]) -> set[str]:
    """The sentences, in words, that keep an answer: a new document may give their numbers to others."""
    unanswered = {finding.where for finding in before if finding.code == "F015"}
    return {text for number, text in read_document(_document(root)).sentences.items() if number not in unanswered}


def _has_too_few(old: Faq | None, new: Faq | None) -> bool:
    """Whether so few phrasings are left that the change is refused; one that has fewer already may gain some."""
    if new is None:
        return False
    count = len(tidy(new).phrasings)
    return count < FEW_PHRASINGS and (old is None or count < min(len(old.phrasings), FEW_PHRASINGS))


def _lint_form(faq_id: str, faq: Faq, taken: set[str]) -> Iterator[Finding]:
    """Whether the FAQ can be put down at all, so that the linter can read it."""
    if faq.id != faq_id or not _is_id(faq_id):
        yield Finding("F024", faq_id, "an id is topic/name in small letters a to z, digits and underscores", "form")
    elif faq.topic in taken:
        yield Finding("F024", faq_id, f"{faq.topic!r} is an intent of data/dialogue; choose another topic", "dialogue")
    if not faq.answers:
        yield Finding("F005", faq_id, "has no answer in any language", "none")
    if len(faq.phrasings) > MAX_PHRASINGS:
        message = f"has {len(faq.phrasings)} phrasings; keep at most {MAX_PHRASINGS}"
        yield Finding("F022", faq_id, message, "phrasings", {"count": str(len(faq.phrasings))})
    for phrasing in tidy(faq).phrasings:
        if _UNWRITABLE.search(phrasing) or "\n" in phrasing:
            message = f"{phrasing[:40]!r}: has a line break or control character; write one line"
            yield Finding("F023", faq_id, message, "phrasing", {"phrasing": phrasing[:40]})
    for language, answer in faq.answers.items():
        where = f"{faq_id} ({language})"
        if answer.language != language or language not in LANGUAGES:
            yield Finding("F021", where, "no rule for this language's “not” in faq/facts.py")
        if _UNWRITABLE.search(answer.text) or _UNWRITABLE.search(answer.title) or "\n" in answer.title.strip():
            yield Finding("F023", where, "has a control character, or a title of two lines; write plain text")
        if len(answer.text) > MAX_TEXT_LENGTH or len(answer.title) > MAX_TITLE_LENGTH:
            lengths = f"{MAX_TEXT_LENGTH} characters, its title {MAX_TITLE_LENGTH}"
            yield Finding("F022", where, f"too long; an answer has at most {lengths}")
        if not all(re.fullmatch(r"p\d+(?:\.\d+)?", reference) for reference in answer.source):
            yield Finding("F010", where, "source: name sentences of the document such as p5.2")


def _lint_removal(faq_id: str, existing: Mapping[str, Faq], root: Path) -> Iterator[Finding]:
    if faq_id not in existing:
        yield Finding("F025", faq_id, "there is no such FAQ to remove", "none")
    elif faq_id in _offered(root):
        yield Finding("F025", faq_id, "config.yml names it: it is offered when a question is unclear", "offered")


def _offered(root: Path) -> set[str]:
    """The FAQs that the assistant offers by name, so that it must have an answer for them."""
    path = root / "config.yml"
    return set(re.findall(r"\b[a-z0-9_]+/[a-z0-9_]+\b", _read(path))) if path.exists() else set()


def _lint_as_written(edits: Edits, root: Path, document: str | None) -> list[Finding]:
    """The linter's findings over a throw-away checkout in which the edits are made.

    Raises ContentError if the text doesn't read back as the FAQs that it was made of.
    """
    texts = _topic_texts(edits, root)
    with tempfile.TemporaryDirectory(prefix="faq-") as name:
        data = Path(name) / "data"
        (data / "faq").mkdir(parents=True)
        for path in (root / "data").iterdir():
            if path.name != "faq" and not (path.name == "document" and document is not None):
                (data / path.name).symlink_to(path.resolve())
        if document is not None:
            (data / "document").mkdir()
            _document(Path(name)).write_text(document, encoding="utf-8", newline="")
        for path in (root / "data/faq").glob("*.yml"):
            if path not in texts:
                (data / "faq" / path.name).symlink_to(path.resolve())
        for path, text in texts.items():
            if text is not None:
                written = data / "faq" / path.name
                written.write_text(text, encoding="utf-8", newline="")
                if read_topic(written) != _expected(path, edits):
                    raise ContentError(f"{path}: {_OTHER_FORM}")
        findings = linter.lint(Path(name))
        return [replace(finding, message=finding.message.replace(name, str(root))) for finding in findings]


def _expected(path: Path, edits: Edits) -> list[Faq]:
    faqs: dict[str, Faq | None] = {faq.id: faq for faq in _faqs(path)}
    faqs.update({faq_id: faq and tidy(faq) for faq_id, faq in edits.items() if _topic(faq_id) == path.stem})
    return [faq for faq in faqs.values() if faq]


def _topic_texts(edits: Edits, root: Path) -> dict[Path, str | None]:
    """The new text of each topic file that the edits touch; None for a file that shall go."""
    topics: dict[str, TopicText] = {}
    for faq_id, faq in edits.items():
        topic = _topic(faq_id)
        if topic not in topics:
            topics[topic] = _cut(_path(topic, root))
        if faq is None:
            topics[topic].drop(faq_id)
        else:
            topics[topic].put(tidy(faq))
    return {_path(topic, root): str(text) if text.questions else None for topic, text in sorted(topics.items())}


def _cut(path: Path) -> TopicText:
    """Raises ContentError where YAML sees other FAQs than the writer does, so none is doubled or lost."""
    if not path.exists():
        return new_topic(path.stem)
    text, faqs = cut(_read(path), str(path)), read_topic(path)
    if list(text.questions) != [faq.id for faq in faqs] or set(text.answers) != {faq.id for faq in faqs if faq.answers}:
        raise ContentError(f"{path}: {_OTHER_FORM}")
    return text


def _domain_text(path: Path, topics: Mapping[Path, str | None], *, removing: bool) -> str:
    """domain.yml with the intents of new topics behind those of the others, or without those of topics that go."""
    text, raw = _read(path), read_yaml(path)
    intents = list(raw["intents"])
    lines = re.split(r"(?<=\n)", text)
    begin = lines.index("intents:\n") + 1 if "intents:\n" in lines else len(lines)
    for topic_path, topic_text in topics.items():
        line = f"  - {topic_path.stem}\n"
        if removing and topic_text is None and topic_path.stem in intents:
            intents.remove(topic_path.stem)
            lines.remove(line)
        elif not removing and topic_text is not None and topic_path.stem not in intents:
            end = begin
            for number, other in enumerate(lines[begin:], start=begin + 1):
                match = _LIST_ITEM.fullmatch(other)
                if match is None:
                    break
                if (topic_path.parent / f"{match[1]}.yml").exists():
                    end = number
            intents.insert(end - begin, topic_path.stem)
            lines.insert(end, line)
    result = "".join(lines)
    if yaml.safe_load(result) != {**raw, "intents": intents}:
        raise ContentError(f"{path}: the intents must stand under `intents:`, one a line as `  - name`")
    return result


def _dialogue_intents(root: Path) -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in sorted((root / "data/dialogue").glob("*.yml")))
    return {name for text in texts for name in re.findall(r"\bintent: ([a-z0-9_]+)", text)} - {
        path.stem for path in (root / "data/faq").glob("*.yml")
    }


def _is_id(faq_id: str) -> bool:
    topic, _, name = faq_id.partition("/")
    return bool(_TOPIC.fullmatch(topic) and _NAME.fullmatch(name)) and topic not in _YAML_VALUES


def _topic(faq_id: str) -> str:
    return faq_id.partition("/")[0]


def _path(topic: str, root: Path) -> Path:
    return root / "data" / "faq" / f"{topic}.yml"


def _document(root: Path) -> Path:
    return root / "data" / "document" / paths.DOCUMENT.name


def _faqs(path: Path) -> list[Faq]:
    return read_topic(path) if path.exists() else []


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")  # not read_text, which would change line endings
