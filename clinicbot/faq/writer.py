"""The one writer of `data/faq`: the staff's console, the spreadsheet import and the review queue all go through it.

A change is checked by the linter as if it had been written, and only then written: whole files under a temporary name,
synced and renamed, one writer at a time. Whoever holds `load_faqs()` keeps what it read: the live assistant must not
show an answer before it is published.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from clinicbot import paths
from clinicbot.faq import linter
from clinicbot.faq.checking import check
from clinicbot.faq.edits import (
    Edits,
    faqs_in,
    is_id,
    is_topic,
    text_of,
    topic_file,
    topic_of,
    topic_texts,
)
from clinicbot.faq.linter import Finding
from clinicbot.faq.model import Faq
from clinicbot.faq.safe_files import locked, remove_file, replace_file
from clinicbot.yaml_files import ContentError, read_yaml

_LIST_ITEM = re.compile(r"  - ([a-z0-9_]+)\n")


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
    if not is_topic(topic):
        return ""
    path = topic_file(topic, root)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def document_version(root: Path = paths.ROOT) -> str:
    """The SHA-256 of the clinic's document."""
    return hashlib.sha256(paths.document_in(root).read_bytes()).hexdigest()


def add(faq: Faq, version: str, root: Path = paths.ROOT) -> list[Finding]:
    """Writes a new FAQ; as `write`, but refuses an id that is taken."""
    if is_id(faq.id) and any(other.id == faq.id for other in faqs_in(topic_file(faq.topic, root))):
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
    with locked(root / "data" / "faq", domain, paths.document_in(root)):
        for topic in sorted({topic_of(faq_id) for faq_id in edits}):
            if version_of(topic, root) != versions[topic]:
                raise Conflict(topic)
        if document and document.version != document_version(root):
            raise Conflict("")
        findings = check(edits, root, document.text if document else None)
        if refusing := linter.errors(findings):
            raise Refused(refusing)
        texts = topic_texts(edits, root)
        listed = _domain_text(domain, texts, removing=False)
        if listed != text_of(domain):
            replace_file(domain, listed)
        for path, text in texts.items():
            if text is None:
                remove_file(path)
            elif not path.exists() or text != text_of(path):
                replace_file(path, text)
        unlisted = _domain_text(domain, texts, removing=True)
        if unlisted != text_of(domain):
            replace_file(domain, unlisted)
        if document and document.text != text_of(paths.document_in(root)):
            replace_file(paths.document_in(root), document.text)
        return findings


def _domain_text(path: Path, topics: Mapping[Path, str | None], *, removing: bool) -> str:
    """domain.yml with the intents of new topics behind those of the others, or without those of topics that go."""
    text, raw = text_of(path), read_yaml(path)
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
