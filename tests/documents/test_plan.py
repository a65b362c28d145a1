from dataclasses import replace

import pytest

from clinicbot.documents.comparison import compare
from clinicbot.documents.decisions import Choice, Decision, Task, Wording, tasks_of
from clinicbot.documents.plan import Plan, make_plan
from clinicbot.faq.document import Document
from clinicbot.faq.model import Answer, Faq

PRESENT = {"p1.1": "It lasts 4 months.", "p1.2": "It is painless.", "p2.1": "Rest for 2 days."}
TEXT = "".join(f"- {number} {text}\n" for number, text in PRESENT.items())


def faq(faq_id: str, *source: str) -> Faq:
    answers = {language: Answer(language, f"{faq_id} in {language}", faq_id, source, None) for language in ("en", "tr")}
    return Faq(faq_id, ("a", "b", "c"), answers)


FAQS = {each.id: each for each in (faq("a/lasts", "p1.1"), faq("a/all", "p1"), faq("a/rest", "p2.1", "p1.2"))}


def tasks(*passages: list[str]) -> list[Task]:
    return tasks_of(compare(PRESENT, passages), FAQS.values(), Document(PRESENT))


def plan(decisions: dict[str, Decision], *passages: list[str], faqs: dict[str, Faq] = FAQS) -> Plan:
    comparison = compare(PRESENT, passages)
    return make_plan(comparison, tasks_of(comparison, faqs.values(), Document(PRESENT)), decisions, faqs, TEXT)


def decide(choice: Choice, faq_id: str = "", at: str = "1", **answers: Wording) -> Decision:
    return Decision(choice, "ayse", at, faq_id, answers)


CHANGED = ["It lasts 6 months.", "It is painless."]


def test_each_answer_that_stands_on_a_changed_sentence_is_a_task() -> None:
    found = tasks(CHANGED, ["Rest for 2 days."])
    assert [(task.number, task.faq) for task in found] == [("p1.1", "a/lasts"), ("p1.1", "a/all")]
    assert found[0].choices == (Choice.STILL_RIGHT, Choice.EDIT)


def test_a_task_is_the_same_whatever_else_changes() -> None:
    keys = {task.key for task in tasks(CHANGED, ["Rest for 2 days."])}
    assert keys < {task.key for task in tasks(["Something new."], CHANGED)}


def test_the_same_new_sentence_twice_is_two_tasks() -> None:
    keys = [task.key for task in tasks(["It lasts 4 months.", "New.", "New."]) if not task.old]
    assert len(set(keys)) == 2


def test_a_decision_comes_back_from_json() -> None:
    decision = Decision(Choice.NEW_FAQ, "ayse", "1", "a/b", {"en": Wording("x", None)}, {"en": "t"}, ("p", "q"))
    assert Decision.of_json(decision.to_json()) == decision


def test_what_is_undecided_is_open() -> None:
    found = tasks(CHANGED, ["Rest for 2 days."])
    made = plan({found[0].key: decide(Choice.STILL_RIGHT)}, CHANGED, ["Rest for 2 days."])
    assert made.open == (found[1],)
    assert not made.is_ready
    assert made.edits == {}


def test_the_later_of_two_edits_of_one_faq_counts() -> None:
    text = ["It lasts 6 months.", "It is quite painless."], ["Rest for 2 days."]
    first, second = [task for task in tasks(*text) if task.faq == "a/all"]
    was = FAQS["a/all"].answers["en"].text
    decisions = {
        first.key: decide(Choice.EDIT, at="2", en=Wording("later", was)),
        second.key: decide(Choice.EDIT, at="1", en=Wording("earlier", was)),
    }
    made = plan(decisions, *text)
    edited = made.edits["a/all"]
    assert edited is not None
    assert edited.answers["en"].text == "later"
    assert made.overtaken == ()


def test_deleting_counts_more_than_any_other_decision_on_that_faq() -> None:
    text = ["It lasts 6 months."], ["Rest for 2 days."]
    decisions = {
        task.key: decide(Choice.DELETE_FAQ if not task.new else Choice.EDIT, at="1" if not task.new else "2")
        for task in tasks(*text)
        if task.faq == "a/all"
    }
    assert plan(decisions, *text).edits == {"a/all": None}


def test_a_whole_passage_stays_a_source_while_one_of_its_sentences_does() -> None:
    text = ["It lasts 4 months."], ["Rest for 2 days."]
    removed = {task.key: decide(Choice.REMOVE_SOURCE) for task in tasks(*text)}
    made = plan(removed, *text)
    assert made.is_ready
    assert [*made.edits] == ["a/rest"]
    rest = made.edits["a/rest"]
    assert rest is not None
    assert rest.answers["tr"].source == ("p2.1",)
    nothing_left = ["Rest for 2 days."]
    made = plan({task.key: decide(Choice.REMOVE_SOURCE) for task in tasks(nothing_left)}, nothing_left)
    everything = made.edits["a/all"]
    assert everything is not None
    assert everything.answers["en"].source == ()


@pytest.mark.parametrize("gone", [True, False])
def test_a_decision_that_somebodys_edit_has_overtaken_is_named(gone: bool) -> None:
    text = [*PRESENT.values(), "Something new."]
    (task,) = [task for task in tasks(text) if not task.old]
    decision = decide(Choice.ADD_TO, "a/lasts", en=Wording("mine", FAQS["a/lasts"].answers["en"].text))
    assert plan({task.key: decision}, text).is_ready
    old = FAQS["a/lasts"]
    theirs = replace(old, answers={**old.answers, "en": replace(old.answers["en"], text="theirs")})
    faqs = {**FAQS, "a/lasts": theirs}
    if gone:
        del faqs["a/lasts"]
    made = plan({task.key: decision}, text, faqs=faqs)
    assert made.overtaken == (task,)
    assert made.edits == {}


def test_a_sentence_can_be_added_to_an_faq_that_another_sentence_began() -> None:
    text = [*PRESENT.values(), "New one.", "New two."]
    first, second = (task for task in tasks(text) if not task.old)
    begun = Decision(Choice.NEW_FAQ, "ayse", "2", "a/new", {"en": Wording("New one.", None)}, {"en": "New?"}, ("x",))
    made = plan({first.key: begun, second.key: decide(Choice.ADD_TO, "a/new")}, text)
    assert made.is_ready
    new = made.edits["a/new"]
    assert new is not None
    assert new.answers["en"].source == (first.number, second.number)


def test_what_is_gone_is_written_down_so_that_its_number_never_comes_again() -> None:
    made = plan({}, ["It lasts 4 months."])
    assert "Numbers that are never given again: p1.2, p2.1\n" in made.text
