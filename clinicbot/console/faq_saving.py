"""Writing FAQs for the console's people: through the one writer, with what the log keeps of it.

Two people may edit two FAQs of one topic at once: the writer's version is the file's, so a conflict in which this FAQ
itself is as it was is simply tried again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clinicbot.console.faq_alarms import alarms
from clinicbot.console.faq_forms import digest_of
from clinicbot.console.services import Console
from clinicbot.faq import writer
from clinicbot.faq.document import Document
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.facts import LANGUAGES, is_negated, numbers
from clinicbot.faq.linter import Finding, fingerprint
from clinicbot.faq.model import Answer, Faq
from clinicbot.faq.spreadsheet import field_changes
from clinicbot.faq.topic_text import tidy
from clinicbot.releases.words import Segment, alters_facts, words
from clinicbot.store.faq_care import DeletedFaqs
from clinicbot.store.people import Person

_ATTEMPTS = 5


class EditedMeanwhile(Exception):
    """Somebody else changed this very FAQ; `theirs` is how it is now, None if it was deleted."""

    def __init__(self, theirs: Faq | None) -> None:
        super().__init__("somebody else changed this FAQ")
        self.theirs = theirs


@dataclass(frozen=True)
class Alteration:
    """An answer whose numbers or "not" are others than in the one that patients get, and what it stands on."""

    language: str
    segments: tuple[Segment, ...]
    before: str
    after: str
    document: str


def save(console: Console, person: Person, faq: Faq, *, version: str, base: str) -> list[Finding]:
    """Writes the FAQ and returns the warnings. `base` is the digest of what the edit began with, "" for a new one.

    Raises writer.Refused, EditedMeanwhile, or ContentError for a damaged file.
    """
    old = Drafts(console.root).get(faq.id)
    action = "faq.write" if base else "faq.add"
    if findings := alarms(console, {faq.id: faq}):
        raise writer.Refused(findings)
    warnings = _write(console, faq.id, faq, version, base)
    console.audit.record(person.username, action, faq.id, _details(old or Faq(faq.id, ()), tidy(faq)))
    return warnings


def record_refusal(console: Console, person: Person, action: str, faq_id: str, findings: Sequence[Finding]) -> None:
    """What the writer refused, by its findings' numbers: the words may be patients'."""
    details = {"codes": sorted({finding.code for finding in findings}), "findings": len(findings)}
    console.audit.record(person.username, action, faq_id, details, "refused")


def add_phrasings(console: Console, person: Person, faq_id: str, phrasings: Sequence[str]) -> list[Finding]:
    """Adds what the FAQ doesn't have yet, as the review queue does. Raises writer.Refused, LookupError for no FAQ."""
    version = writer.version_of(faq_id.partition("/")[0], console.root)
    faq = Drafts(console.root).get(faq_id)
    if faq is None:
        raise LookupError(faq_id)
    more = with_phrasings(faq, phrasings)
    return [] if more == faq else save(console, person, more, version=version, base=digest_of(faq))


def with_phrasings(faq: Faq, phrasings: Sequence[str]) -> Faq:
    known = {fingerprint(phrasing) for phrasing in faq.phrasings}
    unknown = {fingerprint(text): " ".join(text.split()) for text in phrasings if text.strip()}
    new = [text for key, text in unknown.items() if key not in known]
    return replace(faq, phrasings=(*faq.phrasings, *new))


def remove(console: Console, person: Person, faq_id: str, base: str) -> int:
    """Deletes the FAQ and returns the number by which it can be restored. Raises as `save`."""
    topic = faq_id.partition("/")[0]
    version, faq = writer.version_of(topic, console.root), Drafts(console.root).get(faq_id)
    if faq is None or digest_of(faq) != base:
        raise EditedMeanwhile(faq)
    deleted = DeletedFaqs(console.engine)
    number = deleted.add(faq, person.username)  # before it goes: cut off between the two, nothing is lost
    try:
        _write(console, faq_id, None, version, base)
    except (writer.Refused, EditedMeanwhile):
        deleted.forget(number)
        raise
    console.audit.record(person.username, "faq.delete", faq_id, {"number": number})
    return number


def put_back(console: Console, person: Person, faq: Faq, action: str) -> list[Finding]:
    """An earlier form of an FAQ, whether it is there now or not. Raises as `save`."""
    version, now = writer.version_of(faq.topic, console.root), Drafts(console.root).get(faq.id)
    warnings = _write(console, faq.id, faq, version, digest_of(now))
    console.audit.record(person.username, action, faq.id, _details(now or Faq(faq.id, ()), faq))
    return warnings


def alterations(old: Faq | None, live: Faq | None, new: Faq, document: Document) -> list[Alteration]:
    """The answers that this edit changes in their facts, compared with what patients get, else with the draft."""
    return list(_alterations(old, live, new, document))


def _alterations(old: Faq | None, live: Faq | None, new: Faq, document: Document) -> Iterator[Alteration]:
    for language, answer in new.answers.items():
        draft = old.answers.get(language) if old else None
        reference = live.answers.get(language) if live else draft
        if reference is None or (draft is not None and draft.text == answer.text):
            continue
        segments = tuple(words(reference.text, answer.text, language))
        if alters_facts(list(segments)):
            yield Alteration(
                language,
                segments,
                _facts_in(segments, "removed"),
                _facts_in(segments, "added"),
                document.quote(answer.source),
            )


def _facts_in(segments: tuple[Segment, ...], fate: str) -> str:
    return ", ".join(segment.text.strip() for segment in segments if segment.fact and segment.fate.value == fate)


def _write(console: Console, faq_id: str, faq: Faq | None, version: str, base: str) -> list[Finding]:
    topic = faq_id.partition("/")[0]
    for _ in range(_ATTEMPTS):
        try:
            if not base and faq is not None:
                return writer.add(faq, version, console.root)
            return writer.write({faq_id: faq}, {topic: version}, console.root)
        except writer.Conflict:
            version = writer.version_of(topic, console.root)  # before the FAQ is read: a later change is found again
            now = Drafts(console.root).get(faq_id)
            if digest_of(now) != base:
                raise EditedMeanwhile(now) from None
    raise writer.Conflict(topic)


def _details(old: Faq, new: Faq) -> dict[str, Any]:
    """For the log: which fields, and facts that changed; phrasings may be patients' words, so they are counted."""
    details: dict[str, Any] = {"fields": [change.name for change in field_changes(old, new)]}
    more, fewer = set(new.phrasings) - set(old.phrasings), set(old.phrasings) - set(new.phrasings)
    if more or fewer:
        details["phrasings"] = {"added": len(more), "removed": len(fewer)}
    facts = {language: _facts(old.answers.get(language), new.answers.get(language)) for language in new.answers}
    if changed := {language: change for language, change in facts.items() if change}:
        details["facts"] = changed
    return details


def _facts(old: Answer | None, new: Answer | None) -> dict[str, Any]:
    if old is None or new is None:
        return {}
    facts: dict[str, Any] = {}
    if numbers(old.text) != numbers(new.text):
        facts["numbers"] = [sorted(numbers(old.text)), sorted(numbers(new.text))]
    known = new.language in LANGUAGES
    if known and is_negated(old.text, new.language) != is_negated(new.text, new.language):
        facts["negated"] = [is_negated(old.text, new.language), is_negated(new.text, new.language)]
    return facts
