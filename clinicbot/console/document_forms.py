"""The forms by which a person decides on one sentence of a new text."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from wtforms import FileField, Form, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Regexp

from clinicbot.console.document_reviews import Review
from clinicbot.console.faq_forms import free_id, identifier
from clinicbot.documents.decisions import Choice, Decision, Task, Wording
from clinicbot.faq.linter import FEW_PHRASINGS
from clinicbot.faq.model import Faq
from clinicbot.texts import DEFAULT_LANGUAGE

NEW_TOPIC = "+"  # no topic is called that


class UploadForm(Form):
    file = FileField("documents.file", description="documents.file_help")


class DecisionForm(Form):
    """A decision that takes nothing but a button."""


class AddForm(DecisionForm):
    faq = SelectField("documents.faq", [InputRequired("common.required")], description="documents.faq_help")


class WordingForm(DecisionForm):
    """Has a field `text_<language>` for each answer, made by `wording_form`."""

    languages: tuple[str, ...] = ()


class NewFaqForm(WordingForm):
    """Also has a field `title_<language>` for each language."""

    topic = SelectField("documents.topic", [InputRequired("common.required")])
    new_topic = StringField("documents.new_topic", description="documents.new_topic_help")
    phrasings = TextAreaField("documents.phrasings", description="documents.phrasings_help")

    def lines(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in (self.phrasings.data or "").splitlines() if line.strip())

    def id(self, taken: Sequence[str]) -> str:
        topic = identifier(self.new_topic.data or "") if self.topic.data == NEW_TOPIC else self.topic.data
        return free_id(topic, self[f"title_{DEFAULT_LANGUAGE}"].data or "", taken)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        sound = super().validate(extra_validators)
        if len(self.lines()) < FEW_PHRASINGS:
            self.phrasings.errors = ["documents.too_few_phrasings"]
            sound = False
        if self.topic.data == NEW_TOPIC and not identifier(self.new_topic.data or "")[:1].isalpha():
            self.new_topic.errors = ["documents.no_topic"]
            sound = False
        return sound


_NOT_BLANK = [InputRequired("common.required"), Regexp(r"(?s).*\S", message="common.required")]


def wording_form(languages: Sequence[str]) -> type[WordingForm]:
    fields = {f"text_{language}": TextAreaField(validators=_NOT_BLANK) for language in languages}
    return type("WordingFormOfLanguages", (WordingForm,), {"languages": tuple(languages), **fields})


def new_faq_form(languages: Sequence[str]) -> type[NewFaqForm]:
    fields: dict[str, Any] = {"languages": tuple(languages)}
    for language in languages:
        required = _NOT_BLANK if language == DEFAULT_LANGUAGE else []
        fields[f"title_{language}"] = StringField(validators=required)
        fields[f"text_{language}"] = TextAreaField(validators=required)
    return type("NewFaqFormOfLanguages", (NewFaqForm,), fields)


def decision_of(form: DecisionForm, choice: Choice, task: Task, by: str, review: Review) -> Decision:
    """What a form that has been validated says."""
    at = datetime.now(timezone.utc).isoformat()
    if isinstance(form, NewFaqForm):
        before = review.decisions.get(task.key)
        own = {before.faq} if before and before.choice is Choice.NEW_FAQ else set()
        faq_id = form.id([*(set(review.faqs) | set(review.begun)) - own])
        texts = {language: _text(form, f"text_{language}") for language in form.languages}
        answers = {language: Wording(text, None) for language, text in texts.items() if text}
        titles = {language: _text(form, f"title_{language}") for language in answers}
        return Decision(choice, by, at, faq_id, answers, titles, form.lines())
    if isinstance(form, WordingForm):
        faq_id = task.faq or _added_to(review, task)
        return Decision(choice, by, at, "" if task.faq else faq_id, _wordings(form, review.faqs.get(faq_id)))
    return Decision(choice, by, at, str(form.faq.data) if isinstance(form, AddForm) else "")


def _added_to(review: Review, task: Task) -> str:
    before = review.decisions.get(task.key)
    return before.faq if before else ""


def _wordings(form: WordingForm, faq: Faq | None) -> dict[str, Wording]:
    """Only what differs from the draft, so that an answer in another language may be edited meanwhile."""
    answers = faq.answers if faq else {}
    return {
        language: Wording(text, answers[language].text)
        for language in form.languages
        if language in answers and (text := _text(form, f"text_{language}")) != answers[language].text
    }


def _text(form: Form, name: str) -> str:
    """Browsers send line breaks as CR LF."""
    return str(form[name].data or "").replace("\r\n", "\n").strip()
