from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from clinicbot.documents.proposals import MAX_TITLE, draft, propose, questions_of
from clinicbot.faq.files import load_faqs
from clinicbot.faq.linter import fingerprint
from clinicbot.nlu.encoder import default_encoder


@dataclass(frozen=True)
class Read:
    label: str
    confidence: float


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Botox is not a permanent procedure.", "Is botox a permanent procedure?"),
        ("The treatment may be repeated after a year.", "May the treatment be repeated after a year?"),
        ("Do not drink alcohol for 24 hours.", "Can I drink alcohol for 24 hours?"),
        ("Please avoid sport.", "What about sport?"),
    ],
)
def test_a_question_is_made_of_the_sentences_own_words(sentence: str, question: str) -> None:
    assert questions_of(sentence)[0] == question


@pytest.mark.parametrize("sentence", ["Nausea.", "", "Patients have wrinkles.", "Şişlik geçicidir."])
def test_no_question_is_better_than_a_wrong_one(sentence: str) -> None:
    assert questions_of(sentence) == ()


def test_the_nearest_answer_is_proposed_even_before_the_first_release() -> None:
    (found,) = propose(["Do not lie face down for a day."], load_faqs().values(), None, default_encoder().encode)
    assert "aftercare/face_down" in {proposal.faq for proposal in found}
    assert [proposal.score for proposal in found] == sorted((proposal.score for proposal in found), reverse=True)


def test_a_sure_classifier_counts_and_what_is_no_faq_does_not() -> None:
    asked: list[str] = []

    def read(texts: Sequence[str]) -> list[Read]:
        asked.extend(texts)
        return [Read("not_in_document", 0.99), Read("duration/onset", 0.97)][: len(texts)]

    sentence = "Botox is not a permanent procedure."
    (found,) = propose([sentence], load_faqs().values(), read, default_encoder().encode)
    assert (found[0].faq, found[0].score) == ("duration/onset", 0.97)
    assert asked == [sentence, "Is botox a permanent procedure?"]


def test_a_sentence_about_something_else_has_no_proposal() -> None:
    assert propose(["Zebra."], load_faqs().values(), None, default_encoder().encode) == [[]]
    assert propose(["Zebra."], [], None, default_encoder().encode) == [[]]


def test_a_draft_has_a_title_and_phrasings_that_no_faq_has() -> None:
    made = draft("Parking is free for patients.", {fingerprint("is parking free for patients")})
    assert made.title == "Is parking free for patients?"
    assert made.phrasings == ("parking free patients",)
    long = draft(f"The {'very ' * 30}long sentence ends here.")
    assert len(long.title) <= MAX_TITLE + 2
    assert long.title.endswith("…")
