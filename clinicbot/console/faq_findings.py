"""What the writer found, in plain words and beside the field that it is about."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from clinicbot.console.faq_forms import FaqForm
from clinicbot.console.texts import Words
from clinicbot.faq.checking import MAX_PHRASINGS
from clinicbot.faq.document import Document
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import MIN_PHRASINGS, Finding
from clinicbot.faq.model import Faq
from clinicbot.texts import DEFAULT_LANGUAGE

_PLACE = re.compile(r"\((\w+)\)$")
_OF_PHRASINGS = {"F004", "F016", "F017", "F026"}
_OF_SOURCE = {"F010", "F014", "F015"}
_OF_TITLE = {"F008", "F019"}


def field_name(finding: Finding) -> str:
    """The field of the form that it belongs to; empty for the form as a whole."""
    match = _PLACE.search(finding.where)
    language = finding.values.get("language") or (match[1] if match else DEFAULT_LANGUAGE)
    if finding.code in _OF_PHRASINGS or finding.reason in ("phrasing", "phrasings"):
        return "phrasings"
    if finding.code in _OF_SOURCE:
        return "source"
    if finding.code in _OF_TITLE:
        return f"title_{language}"
    if finding.code == "F024":
        return "new_topic" if finding.reason == "dialogue" else f"title_{DEFAULT_LANGUAGE}"
    is_about_an_answer = match is not None or finding.code == "F005"
    return f"text_{language}" if is_about_an_answer else ""


def explain(finding: Finding, words: Words, titles: Mapping[str, str], document: Document, own: str = "") -> str:
    """What is wrong and what to do, with the finding's number behind; `titles` has an FAQ's title by its id, `own` is
    the id of the FAQ that is edited: of two that clash, the other one is named."""
    keys = (f"faqs.{finding.code}_{finding.reason}", f"faqs.{finding.code}", "faqs.other_finding")
    key = next(key for key in keys if key in words.entries)
    match = _PLACE.search(finding.where)
    language = finding.values.get("language") or (match[1] if match else DEFAULT_LANGUAGE)
    owner = finding.values.get("owner", "")
    owner = finding.where if owner and owner == own else owner
    values = {
        "minimum": MIN_PHRASINGS,
        "maximum": MAX_PHRASINGS,
        **finding.values,
        "owner": titles.get(owner) or label_in_words(owner, words),
        "language": language_name(language, words),
        "where": finding.where,
        "sentence": document.sentences.get(finding.where, ""),
        "message": finding.message,
    }
    return f"{words(key, **values)} ({finding.code})"


def put_beside_fields(form: FaqForm, texts: Iterable[tuple[Finding, str]]) -> None:
    """Each text once: as the error of its field, or of the form."""
    for finding, text in texts:
        field = form._fields.get(field_name(finding))
        if field is None:
            form.form_errors = [*form.form_errors, text]
        elif text not in field.errors:
            field.errors = [*field.errors, text]


def language_name(code: str, words: Words) -> str:
    return words(f"faqs.language_{code}") if f"faqs.language_{code}" in words.entries else code


_INTENTS = {
    "emergency": {"report_red", "report_amber", "report_mild"},
    "outside": {"not_in_document", "out_of_scope"},
    "unclear": {"unclear_how_long", "unclear_when", "several_questions", "nlu_fallback"},
    "small_talk": {"greet", "thank", "goodbye", "ask_identity", "ask_languages", "ask_repeat", "ask_why", "abuse"}
    | {"affirm", "deny", "decline_suggestions"},
}


def label_in_words(label: str, words: Words) -> str:
    """What an intent that is no FAQ stands for; most of them lead to the phone line. An unknown FAQ is its id."""
    if "/" in label or not label:
        return label
    kind = next((kind for kind, intents in _INTENTS.items() if label in intents), "handover")
    return words(f"faqs.label_{kind}")


def titles_of(faqs: Mapping[str, Faq], language: str) -> dict[str, str]:
    """By id, the title in a language, else in English, else in any."""
    titles = {}
    for faq_id, faq in faqs.items():
        answer = (
            faq.answers.get(language) or faq.answers.get(DEFAULT_LANGUAGE) or next(iter(faq.answers.values()), None)
        )
        titles[faq_id] = (answer.title if answer else "") or faq_id
    return titles


def titles_in(root: Path, language: str) -> dict[str, str]:
    """The same of all FAQs of a checkout or of a release's content. Raises ContentError."""
    return titles_of(Drafts(root).faqs(), language)
