"""The FAQ as a form: one pair of title and answer a language, phrasings one a line, sentences of the document."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    Form,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.core import Field
from wtforms.validators import Optional

from clinicbot.faq.document import Document
from clinicbot.faq.drafts import fold
from clinicbot.faq.linter import fingerprint
from clinicbot.faq.model import Answer, Faq
from clinicbot.store.faq_care import Care, faq_to_json
from clinicbot.texts import DEFAULT_LANGUAGE

NEW_TOPIC = "+"  # no topic is called that
MAX_NAME = 60  # of an id that is made from a title; 80 is what the writer takes


class FaqForm(Form):
    """`form_class` adds the fields of each language. Labels are keys of texts."""

    version = HiddenField()  # of the topic's file, and the digest of this FAQ, when the form was opened
    base = HiddenField()
    confirmed = HiddenField()  # the digest of changed facts that somebody has looked at
    topic = SelectField("faqs.topic", description="faqs.topic_help", validate_choice=False)
    new_topic = StringField("faqs.new_topic", description="faqs.new_topic_help")
    phrasings = TextAreaField("faqs.phrasings", description="faqs.phrasings_help")
    suggested = SelectMultipleField(validate_choice=False)
    source = SelectMultipleField("faqs.source", description="faqs.source_help", validate_choice=False)
    phone_line = BooleanField("faqs.phone_line", description="faqs.phone_line_help")
    owner = SelectField("faqs.owner", coerce=int, validate_choice=False, filters=[lambda value: value or 0])
    review_due = DateField("faqs.review_due", [Optional()], description="faqs.review_due_help")

    languages: tuple[str, ...] = ()

    def title(self, language: str) -> Field:
        return self[f"title_{language}"]

    def text(self, language: str) -> Field:
        return self[f"text_{language}"]

    def reviewed(self, language: str) -> Field:
        return self[f"reviewed_{language}"]

    def has_errors(self, language: str) -> bool:
        return bool(self.title(language).errors or self.text(language).errors)

    def lines(self) -> list[str]:
        """The phrasings that were typed."""
        return [line.strip() for line in (self.phrasings.data or "").splitlines() if line.strip()]

    def take_suggested(self) -> None:
        """What was ticked of the suggestions goes to the other phrasings."""
        self.phrasings.data = "\n".join(_and_new_ones(self.lines(), self.suggested.data or []))
        self.suggested.data = []


def form_class(languages: Sequence[str]) -> type[FaqForm]:
    fields: dict[str, Any] = {"languages": tuple(languages)}
    for language in languages:
        first = language == DEFAULT_LANGUAGE
        fields[f"title_{language}"] = StringField("faqs.title_label", description="faqs.title_help" if first else "")
        fields[f"text_{language}"] = TextAreaField("faqs.text_label", description="faqs.text_help" if first else "")
        fields[f"reviewed_{language}"] = BooleanField("faqs.reviewed_today")
    return type("FaqFormOfLanguages", (FaqForm,), fields)


def languages_of(clinic: Sequence[str], faq: Faq | None, person: str) -> tuple[str, ...]:
    """English, the person's own, the clinic's others, and those that the FAQ has besides."""
    own = [person] if person in clinic else []
    return tuple(dict.fromkeys([DEFAULT_LANGUAGE, *own, *clinic, *(faq.answers if faq else ())]))


def values_of(faq: Faq, care: Care, document: Document) -> dict[str, Any]:
    """What the form's fields hold for an FAQ."""
    values: dict[str, Any] = {
        "base": digest_of(faq),
        "phrasings": "\n".join(faq.phrasings),
        "source": sentences_of(_source(faq), document),
        "phone_line": any(answer.phone_line for answer in faq.answers.values()),
        "owner": care.owner_id or 0,
        "review_due": care.review_due,
    }
    for language, answer in faq.answers.items():
        values |= {f"title_{language}": answer.title, f"text_{language}": answer.text}
    return values


def faq_of(form: FaqForm, faq_id: str, old: Faq | None, document: Document, today: date) -> Faq:
    """The FAQ as the form says. An answer's review counts no longer once its words or its sentences change."""
    source = tuple(reference for reference in document.sentences if reference in set(form.source.data or ()))
    if old and list(source) == sentences_of(_source(old), document):
        source = _source(old)  # as it was written, such as a whole paragraph
    answers: dict[str, Answer] = {}
    for language in dict.fromkeys([*(old.answers if old else ()), *form.languages]):
        title, text = _one_line(form.title(language).data), _plain(form.text(language).data)
        if not title and not text:
            continue
        before = old.answers.get(language) if old else None
        same = before is not None and (before.title, before.text, before.source) == (title, text, source)
        reviewed_on = today if form.reviewed(language).data else before.reviewed_on if before and same else None
        answers[language] = Answer(language, text, title, source, reviewed_on, bool(form.phone_line.data))
    phrasings = form.lines()
    if old is None:  # a new FAQ's questions are the first phrasings
        titles = [answers[language].title for language in form.languages if language in answers]
        phrasings = _and_new_ones([title for title in titles if title], phrasings)
    return Faq(faq_id, tuple(phrasings), answers)


def care_of(form: FaqForm) -> Care:
    return Care(form.owner.data or None, form.review_due.data)


def digest_of(faq: Faq | None) -> str:
    """Tells whether an FAQ is still what somebody began to edit."""
    return hashlib.sha256(faq_to_json(faq).encode()).hexdigest()[:24] if faq else ""


def sentences_of(references: Collection[str], document: Document) -> list[str]:
    """The sentence numbers that the references stand for, in the document's order."""
    wanted = {sentence for reference in references for sentence in document.expand(reference)}
    return [sentence for sentence in document.sentences if sentence in wanted]


def identifier(words: str, longest: int = MAX_NAME) -> str:
    """`Kaç gün sürer?` as `kac_gun_surer`; empty where nothing of it is a Latin letter or a digit."""
    name = re.sub(r"[^a-z0-9]+", "_", fold(words)).strip("_")
    return name if len(name) <= longest else name[: longest + 1].rpartition("_")[0][:longest] or name[:longest]


def free_id(topic: str, title: str, taken: Collection[str]) -> str:
    """`topic/name` with a name made from the title, that no other FAQ has."""
    name = identifier(title) or "question"
    names = (name if number == 1 else f"{name}_{number}" for number in range(1, len(taken) + 2))
    return next(faq_id for name in names if (faq_id := f"{topic}/{name}") not in taken)


@dataclass(frozen=True)
class Passage:
    """One sentence of the document, as a box to tick. `hidden` ones don't match what is looked for."""

    reference: str
    text: str
    chosen: bool
    hidden: bool = False


def passages(document: Document, chosen: Collection[str], searched: str = "") -> list[Passage]:
    """Chosen ones come first, and are shown whatever is looked for, so that none is lost."""
    words = fold(searched).split()
    found = [
        Passage(reference, text, reference in chosen, not all(word in fold(f"{reference} {text}") for word in words))
        for reference, text in document.sentences.items()
    ]
    return sorted(found, key=lambda passage: not passage.chosen)


def vanished(faq: Faq | None, document: Document) -> list[str]:
    """What the FAQ's answers stand on and the document doesn't have any more."""
    return [reference for reference in _source(faq) if not document.expand(reference)] if faq else []


def prefilled(values: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The fields of a new FAQ's form, of an address such as `?phrasing=…&phrasing=…&topic=uses&source=p5.2`."""
    fields: dict[str, Any] = {
        "phrasings": "\n".join(line for text in values.get("phrasing", ()) for line in _lines(text))
    }
    for name, field in (
        ("title", f"title_{DEFAULT_LANGUAGE}"),
        ("answer", f"text_{DEFAULT_LANGUAGE}"),
        ("topic", "topic"),
    ):
        if values.get(name):
            fields[field] = values[name][0]
    fields["source"] = list(values.get("source", ()))
    return fields


def _source(faq: Faq) -> tuple[str, ...]:
    """English stands for all: the linter sees to it that they are the same."""
    answer = faq.answers.get(DEFAULT_LANGUAGE) or next(iter(faq.answers.values()), None)
    return answer.source if answer else ()


def _and_new_ones(lines: Sequence[str], more: Sequence[str]) -> list[str]:
    known = {fingerprint(line) for line in lines}
    return [*lines, *(line for line in more if fingerprint(line) not in known)]


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _one_line(text: str | None) -> str:
    return (text or "").strip()


def _plain(text: str | None) -> str:
    """Browsers send line breaks as CR LF."""
    return (text or "").replace("\r\n", "\n").strip()
