"""A difference as a page shows it: what changed of facts on top, texts word by word, lists line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from clinicbot.console.texts import Words
from clinicbot.faq.spreadsheet import FieldChange
from clinicbot.releases.difference import Difference, FaqChange, Kind, SentenceChange, difference, language_of
from clinicbot.releases.words import Fate, Segment, words
from clinicbot.texts import DEFAULT_LANGUAGE

SHOWN_PHRASINGS = 20
_WHOLE = ("source", "phone_line", "reviewed_on")  # told as old and new, not word by word


@dataclass(frozen=True)
class FieldView:
    """`segments` of a text, `removed` and `added` lines of a list, `more` how many of these aren't shown.

    `facts_gone` and `facts_new` are the numbers and negations that differ.
    """

    label: str
    segments: tuple[Segment, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    more: int = 0
    facts_gone: tuple[str, ...] = ()
    facts_new: tuple[str, ...] = ()
    alters_facts: bool = False


@dataclass(frozen=True)
class ChangeView:
    """An FAQ, or a sentence of the document. `editor` is the address of its page, empty where there is none."""

    title: str
    id: str
    kind: Kind
    sensitive: bool
    alters_facts: bool
    editor: str
    fields: tuple[FieldView, ...]
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class IntentView:
    intent: str
    phrasings: FieldView


@dataclass(frozen=True)
class DifferenceView:
    """`facts` are the changes whose numbers or negations differ; `faqs` and `sentences` the others."""

    difference: Difference
    summary: str
    facts: tuple[ChangeView, ...] = ()
    faqs: tuple[ChangeView, ...] = ()
    sentences: tuple[ChangeView, ...] = ()
    intents: tuple[IntentView, ...] = ()


def view_of(changes: Difference, t: Words) -> DifferenceView:
    """In the person's language."""
    faqs = [_faq(change, t) for change in changes.faqs]
    sentences = [_sentence(change, t) for change in changes.sentences]
    label = t("publish.field_phrasings")
    intents = (IntentView(each.intent, _lines(label, each.removed, each.added)) for each in changes.intents)
    return DifferenceView(
        changes,
        summary_of(changes, t),
        tuple(change for change in (*sentences, *faqs) if change.alters_facts),
        tuple(change for change in faqs if not change.alters_facts),
        tuple(change for change in sentences if not change.alters_facts),
        tuple(intents),
    )


def summary_of(changes: Difference, t: Words) -> str:
    """Such as “1 FAQ added, 2 changed”."""
    counts = {f"faqs_{kind.value}": changes.count(kind) for kind in Kind}
    counts |= {"sentences": len(changes.sentences), "intents": len(changes.intents), "files": len(changes.files)}
    parts = [t.count(f"publish.count_{name}", count) for name, count in counts.items() if count]
    return ", ".join(parts) or t("publish.count_nothing")


@lru_cache(maxsize=8)
def difference_of(old: Path, new: Path, digest: str, stamp: int) -> Difference:
    """Remembered for the drafts' digest and the live release's stamp: every page asks for its badge."""
    return difference(old, new)


def _faq(change: FaqChange, t: Words) -> ChangeView:
    editor = "" if change.kind is Kind.REMOVED else f"/staff/faqs/{change.id}"
    fields = tuple(_fields(change.fields, t))
    return ChangeView(change.title, change.id, change.kind, change.sensitive, change.alters_facts, editor, fields)


def _sentence(change: SentenceChange, t: Words) -> ChangeView:
    kind = Kind.CHANGED if change.old and change.new else Kind.ADDED if change.new else Kind.REMOVED
    text = _text(t("publish.field_sentence"), change.old, change.new, DEFAULT_LANGUAGE, change.alters_facts)
    title = t("publish.sentence", number=change.number)
    return ChangeView(title, change.number, kind, change.sensitive, change.alters_facts, "", (text,), change.answers)


def _fields(changes: tuple[FieldChange, ...], t: Words) -> Iterator[FieldView]:
    for change in changes:
        name = change.name.partition(" (")[0]
        if name == "phrasings":
            yield _lines(t("publish.field_phrasings"), change.old.splitlines(), change.new.splitlines())
            continue
        language = language_of(change)
        label = t(f"publish.field_{name}", language=t.known(f"publish.language_{language}"))
        if name in _WHOLE:
            old, new = (_word(name, value, t) for value in (change.old, change.new))
            yield FieldView(label, removed=(old,) if old else (), added=(new,) if new else ())
        else:
            yield _text(label, change.old, change.new, language, change.alters_facts)


def _word(name: str, value: str, t: Words) -> str:
    return t(f"common.{value}") if name == "phone_line" and value else value


def _text(label: str, old: str, new: str, language: str, alters: bool) -> FieldView:
    segments = tuple(words(old, new, language))
    changed = {fate: tuple(s.text.strip() for s in segments if s.fact and s.fate is fate) for fate in Fate}
    both = bool(old and new)
    return FieldView(
        label,
        segments,
        facts_gone=changed[Fate.REMOVED] if both else (),
        facts_new=changed[Fate.ADDED] if both else (),
        alters_facts=alters,
    )


def _lines(label: str, removed: tuple[str, ...] | list[str], added: tuple[str, ...] | list[str]) -> FieldView:
    more = max(0, len(removed) - SHOWN_PHRASINGS) + max(0, len(added) - SHOWN_PHRASINGS)
    return FieldView(label, removed=tuple(removed[:SHOWN_PHRASINGS]), added=tuple(added[:SHOWN_PHRASINGS]), more=more)
