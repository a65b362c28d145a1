import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicbot.documents.comparison import Comparison, Kind, Vectors, compare
from clinicbot.documents.passages import document_text, sort_key
from clinicbot.faq.document import load_document
from clinicbot.nlu.encoder import default_encoder

PRESENT = load_document().sentences


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return default_encoder().encode


def paragraphs(sentences: dict[str, str]) -> list[list[str]]:
    grouped: dict[str, list[str]] = {}
    for number, text in sentences.items():
        grouped.setdefault(number.partition(".")[0], []).append(text)
    return list(grouped.values())


def kinds(found: Comparison) -> dict[str, Kind]:
    return {sentence.number: sentence.kind for sentence in found.sentences if sentence.kind is not Kind.SAME}


def test_the_same_text_is_the_same_whatever_quotes_a_word_processor_writes(vectors: Vectors) -> None:
    text = [[sentence.replace("’", "'").replace(" to ", "\u00a0to ") for sentence in p] for p in paragraphs(PRESENT)]
    found = compare(PRESENT, text, vectors)
    assert found.is_same
    assert found.texts() == PRESENT


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("p5.1", "Botox is not permanent; the treated area slowly returns to how it looked before."),
        ("p5.2", "The permanence varies with the patient and is between 3 and 5 months."),
        ("p5.3", "The effect of botox is visible within 7 days."),
        ("p3.1", "Botox is injected under the skin with fine needles."),
        ("p8.1", "You may not use make-up after a botox procedure for 1 day."),
    ],
)
def test_a_changed_sentence_keeps_its_number(number: str, text: str, vectors: Vectors) -> None:
    found = compare(PRESENT, paragraphs({**PRESENT, number: text}), vectors)
    assert kinds(found) == {number: Kind.CHANGED}
    assert found.vanished == {}


def test_a_new_sentence_gets_a_number_of_its_paragraph_that_none_ever_had(vectors: Vectors) -> None:
    text = paragraphs(PRESENT)
    text[4].insert(1, "Alcohol should be avoided for a day.")
    text.append(["Ask at the reception for parking.", "Parking is free."])
    found = compare(PRESENT, text, vectors, retired=["p5.4", "p9.1"])
    assert kinds(found) == {"p5.5": Kind.NEW, "p10.1": Kind.NEW, "p10.2": Kind.NEW}
    assert [s.number for s in found.sentences if s.number.startswith("p5")] == ["p5.1", "p5.5", "p5.2", "p5.3"]


def test_what_is_gone_is_listed_and_its_number_stays_free(vectors: Vectors) -> None:
    left = {number: text for number, text in PRESENT.items() if number not in ("p8.4", "p6.1")}
    text = [*paragraphs(left), ["Parking is free."]]
    text[-2].append("Somebody will call you the next morning.")
    found = compare(PRESENT, text, vectors)
    assert list(found.vanished) == ["p6.1", "p8.4"]
    assert kinds(found) == {"p8.5": Kind.NEW, "p9.1": Kind.NEW}


def test_sentences_that_a_person_told_apart_are_two(vectors: Vectors) -> None:
    text = "You may drive a car after a botox procedure."
    changed = paragraphs({**PRESENT, "p8.1": text})
    assert kinds(compare(PRESENT, changed, vectors)) == {"p8.1": Kind.CHANGED}
    found = compare(PRESENT, changed, vectors, apart={("p8.1", text)})
    assert kinds(found) == {"p8.5": Kind.NEW}
    assert list(found.vanished) == ["p8.1"]


def test_a_repeated_sentence_gets_a_number_of_its_own() -> None:
    found = compare({"p1.1": "Rest."}, [["Rest.", "Rest."]])
    assert [(sentence.number, sentence.kind) for sentence in found.sentences] == [
        ("p1.1", Kind.SAME),
        ("p1.2", Kind.NEW),
    ]


NAMES = ["rest", "wash", "drive", "alcohol", "needle", "cream", "doctor", "ice", "sun", "shower", "bruise", "eyelid"]
SENTENCES = st.lists(
    st.builds("{} {}.".format, st.sampled_from(NAMES), st.text("abcdefghijklmnopqrstuvwxyz ", min_size=3, max_size=30)),
    unique=True,
    max_size=12,
)


@given(old=SENTENCES, new=SENTENCES, seed=st.integers(0, 1_000), retired=st.integers(1, 9))
def test_numbers_are_stable(old: list[str], new: list[str], seed: int, retired: int) -> None:
    chance = random.Random(seed)
    present = {f"p{1 + position // 3}.{1 + position % 3}": text for position, text in enumerate(old)}
    texts = [*new, *(text for text in old if chance.random() < 0.7 and text not in new)]
    chance.shuffle(texts)
    passages = [texts[begin : begin + 4] for begin in range(0, len(texts), 4)]
    gone = [f"p1.{3 + retired}"]
    found = compare(present, passages, retired=gone)
    numbers = [sentence.number for sentence in found.sentences]
    assert len(numbers) == len(set(numbers)) == len(texts)
    assert all(sort_key(number) > (0, 0) for number in numbers)
    by_text = {text: number for number, text in present.items()}
    for sentence in found.sentences:
        if plain_kept := by_text.get(sentence.text):
            assert (sentence.number, sentence.kind) == (plain_kept, Kind.SAME)
        assert (sentence.kind is Kind.NEW) == (sentence.number not in present)
        assert sentence.number not in gone
        assert sentence.old == present.get(sentence.number, "")
    assert set(found.vanished) == set(present) - set(numbers)
    again = compare(found.texts(), passages, retired=[*gone, *found.vanished])
    assert again.is_same
    assert again.texts() == found.texts()
    assert document_text("", found.texts(), found.vanished).count("\n- p") == len(texts)
