"""The cards of a document's page: one sentence each, what stands on it, and the forms to decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from wtforms import Form

from clinicbot.console.document_forms import (
    NEW_TOPIC,
    AddForm,
    NewFaqForm,
    WordingForm,
    new_faq_form,
    wording_form,
)
from clinicbot.console.document_reviews import Review
from clinicbot.console.faq_findings import language_name
from clinicbot.console.texts import Words
from clinicbot.documents.comparison import Kind
from clinicbot.documents.decisions import Choice, Decision, Task
from clinicbot.faq.model import TOPICS, Faq
from clinicbot.releases.words import alters_facts, words
from clinicbot.texts import DEFAULT_LANGUAGE

AnyWordingForm = TypeVar("AnyWordingForm", bound=WordingForm)


class Show(str, Enum):
    """Which sentences a page lists."""

    ALL = "all"
    OPEN = "open"
    CHANGED = "changed"
    NEW = "new"
    VANISHED = "vanished"


@dataclass(frozen=True)
class Rows:
    """Makes the cards of one review. `titles` has an FAQ's title by its id; `languages` are the clinic's."""

    review: Review
    titles: Mapping[str, str]
    languages: tuple[str, ...]
    words: Words

    def shown(self, show: Show, faq_id: str = "") -> list[Task]:
        """`faq_id`: only what is about this FAQ."""
        tasks = [task for task in self.review.compared.tasks if show is Show.ALL or self._is(task, show)]
        return [task for task in tasks if faq_id in ("", self._faq_of(task))]

    def _faq_of(self, task: Task) -> str:
        decision = self.review.decisions.get(task.key)
        return task.faq or (decision.faq if decision else "")

    def counts(self) -> dict[str, int]:
        return {show.value: len(self.shown(show)) for show in Show}

    def _is(self, task: Task, show: Show) -> bool:
        if show is Show.OPEN:
            return task in self.review.plan.open or task in self.review.plan.overtaken
        return kind_of(task) == show.value

    def card(self, task: Task, failed: Form | None = None) -> dict[str, Any]:
        """`failed`: the form of this task that was sent and can't be taken; it is shown as it was sent."""
        decision = self.review.decisions.get(task.key)
        segments = words(task.old, task.new, DEFAULT_LANGUAGE) if task.old and task.new else []
        faq_id = task.faq or (decision.faq if decision and decision.choice is Choice.ADD_TO else "")
        faq = self.review.planned(faq_id) or self.review.faqs.get(faq_id)
        return {
            "key": task.key,
            "number": task.number,
            "kind": kind_of(task),
            "text": task.new or task.old,
            "segments": segments,
            "alters_facts": alters_facts(segments),
            "faq": faq_id,
            "title": self.title(faq_id),
            "answers": self._answers(faq),
            "decision": decision,
            "decided_for": self.title(decision.faq) if decision and decision.faq else "",
            "is_overtaken": task in self.review.plan.overtaken,
            "failed": failed,
            "proposals": [
                (each.faq, self.title(each.faq), round(100 * each.score))
                for each in self.review.compared.proposals.get(task.key, [])
            ],
            **self._forms(task, faq, decision, failed),
        }

    def title(self, faq_id: str) -> str:
        begun = self.review.planned(faq_id)
        answer = begun.answers.get(DEFAULT_LANGUAGE) if begun else None
        return self.titles.get(faq_id) or (answer.title if answer else "") or faq_id

    def _answers(self, faq: Faq | None) -> list[tuple[str, str, str]]:
        """Language, its name, and the answer as the decisions so far make it: English, and the person's own language.
        The form to change it has all."""
        shown = dict.fromkeys([DEFAULT_LANGUAGE, self.words.language])
        answers = [faq.answers[language] for language in shown if language in faq.answers] if faq else []
        return [(each.language, language_name(each.language, self.words), each.text) for each in answers]

    def _forms(self, task: Task, faq: Faq | None, decision: Decision | None, failed: Form | None) -> dict[str, Any]:
        forms: dict[str, Any] = {"wording": None, "add": None, "new": None}
        if faq is not None and faq.id in self.review.faqs:
            forms["wording"] = self.wording(task, faq)
        if not task.old:
            forms["add"], forms["new"] = self.add(task, decision), self.new_faq(task, decision)
        for name, kind in (("wording", WordingForm), ("add", AddForm), ("new", NewFaqForm)):
            # a NewFaqForm is a WordingForm too, and takes its own place behind
            if isinstance(failed, kind) and not (name == "wording" and isinstance(failed, NewFaqForm)):
                forms[name] = failed
        return forms

    def wording(self, task: Task, faq: Faq, given: Any = None, **meta: Any) -> WordingForm:
        data = {f"text_{language}": answer.text for language, answer in faq.answers.items()}
        form = wording_form([*faq.answers])(given, prefix=f"{task.key}-", data=data, **meta)
        return self._labelled(form)

    def add(self, task: Task, decision: Decision | None, given: Any = None, **meta: Any) -> AddForm:
        chosen = decision.faq if decision and decision.choice is Choice.ADD_TO else ""
        proposed = [each.faq for each in self.review.compared.proposals.get(task.key, [])]
        form = AddForm(given, prefix=f"{task.key}-add-", data={"faq": chosen or (proposed or [""])[0]}, **meta)
        known = dict.fromkeys([*proposed, *self.review.begun, *self.review.faqs])
        form.faq.choices = [(faq_id, f"{self.title(faq_id)} – {faq_id}") for faq_id in known]
        return form

    def new_faq(self, task: Task, decision: Decision | None, given: Any = None, **meta: Any) -> NewFaqForm:
        draft = self.review.compared.drafts[task.key]
        proposed = self.review.compared.proposals.get(task.key, [])
        data: dict[str, Any] = {
            f"title_{DEFAULT_LANGUAGE}": draft.title,
            f"text_{DEFAULT_LANGUAGE}": task.new,
            "phrasings": "\n".join(draft.phrasings),
            "topic": proposed[0].faq.partition("/")[0] if proposed else "",
        }
        if decision and decision.choice is Choice.NEW_FAQ:
            data = {f"text_{language}": wording.text for language, wording in decision.answers.items()}
            data |= {f"title_{language}": title for language, title in decision.titles.items()}
            data |= {"phrasings": "\n".join(decision.phrasings), "topic": decision.faq.partition("/")[0]}
        form = new_faq_form(self.languages)(given, prefix=f"{task.key}-new-", data=data, **meta)
        topics = dict.fromkeys([*(faq.topic for faq in self.review.faqs.values()), *TOPICS, data["topic"]])
        form.topic.choices = [(topic, topic) for topic in topics if topic]
        form.topic.choices.append((NEW_TOPIC, self.words("documents.other_topic")))
        return self._labelled(form)

    def _labelled(self, form: AnyWordingForm) -> AnyWordingForm:
        """Each language's fields say which language it is."""
        for language in form.languages:
            name = language_name(language, self.words)
            for field, key in (
                (f"text_{language}", "documents.answer_in"),
                (f"title_{language}", "documents.title_in"),
            ):
                if field in form:
                    form[field].label.text = self.words(key, language=name)
        return form


def kind_of(task: Task) -> str:
    return "new" if not task.old else "changed" if task.new else "vanished"


def counts_of(review: Review) -> dict[str, int]:
    """How many sentences of each kind the new text has; not all of them need a decision."""
    kinds = [sentence.kind for sentence in review.compared.comparison.sentences]
    return {**{kind.value: kinds.count(kind) for kind in Kind}, "vanished": len(review.compared.comparison.vanished)}
