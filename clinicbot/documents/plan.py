"""Decisions made into one change: the new document's text and the FAQs that go with it. Nothing is written here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from clinicbot.documents.comparison import Comparison
from clinicbot.documents.decisions import Choice, Decision, Task, Wording
from clinicbot.documents.passages import document_text, retired_numbers
from clinicbot.faq.model import Answer, Faq
from clinicbot.faq.topic_text import tidy


@dataclass(frozen=True)
class Plan:
    """`text` is the new document's file, `edits` what changes in the FAQs (None removes one).

    `open` are tasks without a decision, `overtaken` those whose answer somebody edited since it was decided on, with
    other words: both must be decided before the plan may be written.
    """

    text: str
    edits: dict[str, Faq | None]
    open: tuple[Task, ...]
    overtaken: tuple[Task, ...]

    @property
    def is_ready(self) -> bool:
        return not self.open and not self.overtaken


def make_plan(
    comparison: Comparison,
    tasks: list[Task],
    decisions: Mapping[str, Decision],
    faqs: Mapping[str, Faq],
    present: str,
) -> Plan:
    """`decisions` by a task's key; `faqs` by id, and `present` the document's file, are as they are now."""
    decided = [(task, decisions[task.key]) for task in tasks if task.key in decisions]
    left_out = {task.number for task, decision in decided if decision.choice is Choice.LEAVE_OUT}
    sentences = {number: text for number, text in comparison.texts().items() if number not in left_out}
    after: dict[str, Faq | None] = dict(faqs)
    overtaken = []
    for task, decision in sorted(decided, key=_order):
        if _is_overtaken(task, decision, faqs, after):
            overtaken.append(task)
        else:
            _decide(after, task, decision, sentences)
    text = document_text(present, sentences, [*retired_numbers(present), *comparison.vanished])
    edits = {faq_id: faq for faq_id, faq in after.items() if faq != faqs.get(faq_id)}
    return Plan(text, edits, tuple(task for task in tasks if task.key not in decisions), tuple(overtaken))


def _order(decided: tuple[Task, Decision]) -> tuple[int, str]:
    """New FAQs first, since sentences may be added to them, and those that go last; of two edits the later counts."""
    _, decision = decided
    return {Choice.NEW_FAQ: 1, Choice.DELETE_FAQ: 3}.get(decision.choice, 2), decision.at


def _is_overtaken(task: Task, decision: Decision, faqs: Mapping[str, Faq], after: Mapping[str, Faq | None]) -> bool:
    faq_id = decision.faq or task.faq
    if decision.choice is Choice.NEW_FAQ:
        return faqs.get(faq_id, _begun(decision, task.number)) != _begun(decision, task.number)
    if decision.choice is Choice.ADD_TO and after.get(faq_id) is None:
        return True
    now = {language: answer.text for language, answer in faqs[faq_id].answers.items()} if faq_id in faqs else {}
    return any(now.get(language) not in (wording.was, wording.text) for language, wording in decision.answers.items())


def _decide(after: dict[str, Faq | None], task: Task, decision: Decision, sentences: Mapping[str, str]) -> None:
    """What one decision makes of the FAQs."""
    faq_id = decision.faq or task.faq
    faq = after.get(faq_id)
    if decision.choice is Choice.NEW_FAQ:
        after[faq_id] = _begun(decision, task.number)
    elif decision.choice is Choice.DELETE_FAQ:
        after[faq_id] = None
    elif faq is not None and decision.choice in (Choice.ADD_TO, Choice.EDIT, Choice.REMOVE_SOURCE):
        faq = _worded(faq, decision.answers)
        if decision.choice is Choice.ADD_TO:
            faq = _with_source(faq, task.number)
        elif not task.new:
            faq = _without_source(faq, task.number, sentences)
        after[faq_id] = faq


def _begun(decision: Decision, number: str) -> Faq:
    answers = {
        language: Answer(language, wording.text, decision.titles.get(language, ""), (number,), None)
        for language, wording in decision.answers.items()
        if wording.text
    }
    return tidy(Faq(decision.faq, decision.phrasings, answers))


def _worded(faq: Faq, answers: Mapping[str, Wording]) -> Faq:
    worded = dict(faq.answers)
    for language, wording in answers.items():
        if language in worded:
            worded[language] = replace(worded[language], text=wording.text)
    return replace(faq, answers=worded)


def _with_source(faq: Faq, number: str) -> Faq:
    return _sourced(faq, lambda source: source if number in source else (*source, number))


def _without_source(faq: Faq, number: str, sentences: Mapping[str, str]) -> Faq:
    """`p5` stays as long as another sentence of that passage does."""
    passage = number.partition(".")[0]
    dropped = {number} if any(other.startswith(f"{passage}.") for other in sentences) else {number, passage}
    return _sourced(faq, lambda source: tuple(reference for reference in source if reference not in dropped))


def _sourced(faq: Faq, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Faq:
    """All languages name the same sentences."""
    answers = {language: replace(answer, source=change(answer.source)) for language, answer in faq.answers.items()}
    return replace(faq, answers=answers)
