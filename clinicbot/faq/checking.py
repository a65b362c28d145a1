"""What would be wrong with edits if they were written: the linter's findings that aren't there now.

What is only unfinished, such as a translation that is still to come, is a warning: it refuses nothing, as long as the
FAQ wasn't more finished before.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from clinicbot import paths
from clinicbot.faq import linter
from clinicbot.faq.document import read_document
from clinicbot.faq.edits import (
    OTHER_FORM,
    Edits,
    faqs_after,
    faqs_in,
    is_id,
    text_of,
    topic_file,
    topic_of,
    topic_texts,
)
from clinicbot.faq.facts import LANGUAGES
from clinicbot.faq.files import read_topic, topics_in
from clinicbot.faq.linter import FEW_PHRASINGS, Finding
from clinicbot.faq.model import TOPICS, Faq
from clinicbot.faq.topic_text import tidy
from clinicbot.yaml_files import ContentError

MAX_PHRASINGS = 2_000
MAX_TEXT_LENGTH = 2_000  # of an answer, in characters; half of what a WhatsApp message holds
MAX_TITLE_LENGTH = 200

# what YAML or a spreadsheet can't hold, what either takes for the end of a line, or what turns the letters behind it
# round, so that a person reads another number than stands there
_UNWRITABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def check(edits: Edits, root: Path = paths.ROOT, document: str | None = None) -> list[Finding]:
    """What would be wrong that isn't wrong now, warnings too (`linter.errors` leaves them out). Writes nothing.

    `document`: the clinic's text that is written together with the edits, None to leave the one that is there.
    """
    topics = {topic_of(faq_id) for faq_id in edits if is_id(faq_id)}
    existing = {faq.id: faq for topic in topics for faq in faqs_in(topic_file(topic, root))}
    taken = _dialogue_intents(root)
    faults: list[Finding] = []
    sound: dict[str, Faq | None] = {}
    for faq_id, faq in edits.items():
        found = list(_lint_removal(faq_id, existing, root) if faq is None else _lint_form(faq_id, faq, taken))
        faults += found
        if not found:
            sound[faq_id] = faq
    gone = {topic for topic in TOPICS if (root / "data/faq" / f"{topic}.yml").exists()} & {
        path.stem for path, text in topic_texts(sound, root).items() if text is None
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
    return {
        text for number, text in read_document(paths.document_in(root)).sentences.items() if number not in unanswered
    }


def _has_too_few(old: Faq | None, new: Faq | None) -> bool:
    """Whether so few phrasings are left that the change is refused; one that has fewer already may gain some."""
    if new is None:
        return False
    count = len(tidy(new).phrasings)
    return count < FEW_PHRASINGS and (old is None or count < min(len(old.phrasings), FEW_PHRASINGS))


def _lint_form(faq_id: str, faq: Faq, taken: set[str]) -> Iterator[Finding]:
    """Whether the FAQ can be put down at all, so that the linter can read it."""
    if faq.id != faq_id or not is_id(faq_id):
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
    return set(re.findall(r"\b[a-z0-9_]+/[a-z0-9_]+\b", text_of(path))) if path.exists() else set()


def _lint_as_written(edits: Edits, root: Path, document: str | None) -> list[Finding]:
    """The linter's findings over a throw-away checkout in which the edits are made.

    Raises ContentError if the text doesn't read back as the FAQs that it was made of.
    """
    texts = topic_texts(edits, root)
    with tempfile.TemporaryDirectory(prefix="faq-") as name:
        data = Path(name) / "data"
        (data / "faq").mkdir(parents=True)
        for path in (root / "data").iterdir():
            if path.name != "faq" and not (path.name == "document" and document is not None):
                (data / path.name).symlink_to(path.resolve())
        if document is not None:
            (data / "document").mkdir()
            paths.document_in(Path(name)).write_text(document, encoding="utf-8", newline="")
        for path in (root / "data/faq").glob("*.yml"):
            if path not in texts:
                (data / "faq" / path.name).symlink_to(path.resolve())
        for path, text in texts.items():
            if text is not None:
                written = data / "faq" / path.name
                written.write_text(text, encoding="utf-8", newline="")
                if read_topic(written) != faqs_after(path, edits):
                    raise ContentError(f"{path}: {OTHER_FORM}")
        findings = linter.lint(Path(name))
        return [replace(finding, message=finding.message.replace(name, str(root))) for finding in findings]


def _dialogue_intents(root: Path) -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in sorted((root / "data/dialogue").glob("*.yml")))
    return {name for text in texts for name in re.findall(r"\bintent: ([a-z0-9_]+)", text)} - topics_in(root)
