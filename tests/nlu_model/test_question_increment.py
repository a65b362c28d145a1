"""A model with some phrasings changed answers as one that was trained anew, and leaves alone what didn't change."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from clinicbot.nlu import question_increment
from clinicbot.nlu.normalise import normalise
from clinicbot.nlu.question_increment import MOST_CHANGED, Incrementer, Pair
from clinicbot.nlu.question_model import QuestionModel
from tests.nlu_model.conftest import LIBRARY, HashEncoder, train_on

BORROW = [
    "can i borrow a telescope",
    "do you lend telescopes",
    "telescope please",
    "may i take a telescope home",
    "lend me a telescope",
    "is there a telescope to borrow",
    "do you have telescopes",
    "a telescope for tonight",
    "borrowing telescopes",
    "telescopes to take home",
]
Phrasings = Mapping[str, Sequence[str]]


def pairs_of(phrasings: Phrasings) -> set[Pair]:
    return {(text, label) for label, texts in phrasings.items() for text in texts}


def incrementer_of(model: QuestionModel, phrasings: Phrasings = LIBRARY) -> Incrementer:
    return Incrementer(model, pairs_of(phrasings), encoder=HashEncoder(), subject=frozenset())


@pytest.fixture(scope="module")
def incrementer(library: QuestionModel) -> Incrementer:
    return incrementer_of(library)


ADDED = {**LIBRARY, "loans/telescopes": BORROW}
CHANGED = {
    **LIBRARY,
    "loans/renew": [*LIBRARY["loans/renew"][1:], "could i have my loan prolonged", "prolong my books", "prolong it"],
}
REMOVED = {label: texts for label, texts in LIBRARY.items() if label != "rooms/parking"}
MOVED = {
    **LIBRARY,
    "loans/how_long": [*LIBRARY["loans/how_long"], "extend my books please"],
    "loans/renew": [text for text in LIBRARY["loans/renew"] if text != "extend my books please"],
}
CHANGES = {"added": ADDED, "changed": CHANGED, "removed": REMOVED, "moved": MOVED, "nothing": LIBRARY}


@pytest.mark.parametrize("change", CHANGES)
def test_it_answers_as_one_trained_anew(incrementer: Incrementer, change: str) -> None:
    phrasings = CHANGES[change]
    made, anew = incrementer.change(pairs_of(phrasings)).model, train_on(phrasings)
    assert made.labels == anew.labels
    texts = sorted({text for texts in phrasings.values() for text in texts})
    for text, found, expected in zip(texts, made.read(texts), anew.read(texts), strict=True):
        assert found.best == expected.best, text
        assert found.margin == pytest.approx(expected.margin, abs=0.35), text


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_not_fitted_is_the_same_bit_for_bit(
    incrementer: Incrementer, library: QuestionModel, change: str
) -> None:
    increment = incrementer.change(pairs_of(CHANGES[change]))
    old, new = library.linear, increment.model.linear
    width = old.weights.shape[1]
    untouched = [label for label in new.labels if label not in increment.fitted]
    assert len(untouched) >= len(LIBRARY) - 10
    for label in untouched:
        was, is_ = old.labels.index(label), new.labels.index(label)
        assert new.weights[is_, :width].tobytes() == old.weights[was].tobytes()
        assert not new.weights[is_, width:].any()
        assert new.bias[is_] == old.bias[was]
    assert increment.model.calibration is library.calibration


def test_only_what_changed_and_what_it_comes_near_to_is_fitted(incrementer: Incrementer) -> None:
    assert incrementer.change(pairs_of(LIBRARY)).fitted == ()
    assert incrementer.change(pairs_of(REMOVED)).fitted == ()
    assert {"loans/renew", "loans/how_long"} <= set(incrementer.change(pairs_of(MOVED)).fitted)
    fitted = incrementer.change(pairs_of(ADDED)).fitted
    assert "loans/telescopes" in fitted
    assert "greet" not in fitted


def test_a_class_that_loses_a_phrasing_to_another_learns_it(incrementer: Incrementer) -> None:
    model = incrementer.change(pairs_of(MOVED)).model
    assert model.predict("extend my books please").best == "loans/how_long"


def test_a_removed_class_is_gone(incrementer: Incrementer) -> None:
    model = incrementer.change(pairs_of(REMOVED)).model
    assert "rooms/parking" not in model.labels
    assert "rooms/parking" not in model.predict("where can i park my bicycle").margins
    assert len(model.linear.phrasings.starts) == len(model.labels) + 1


def test_new_n_grams_get_columns_behind_the_others(incrementer: Incrementer, library: QuestionModel) -> None:
    old, new = library.linear.ngrams, incrementer.change(pairs_of(ADDED)).model.linear.ngrams
    assert {gram: new.vocabulary[gram] for gram in old.vocabulary} == old.vocabulary
    fresh = {gram: column for gram, column in new.vocabulary.items() if gram not in old.vocabulary}
    assert "tele" in fresh
    assert sorted(fresh.values()) == list(range(len(old.vocabulary), len(new.vocabulary)))
    assert np.array_equal(new.idf[: len(old.idf)], old.idf)
    assert set(new.idf[len(old.idf) :]) == {old.idf.max()}
    assert incrementer.change(pairs_of(REMOVED)).model.linear.ngrams is old  # nothing new, nothing copied


def test_every_fifth_new_phrasing_is_held_back(incrementer: Incrementer) -> None:
    increment = incrementer.change(pairs_of(ADDED))
    assert len(increment.held_back) == 2
    assert set(increment.held_back) <= pairs_of({"loans/telescopes": BORROW})
    assert incrementer.change(pairs_of(MOVED)).held_back == ()


def test_the_rehearsal_has_not_seen_what_is_held_back(incrementer: Incrementer) -> None:
    increment = incrementer.change(pairs_of(ADDED))
    fewer = [text for text in BORROW if (text, "loans/telescopes") not in increment.held_back]
    rehearsal, linear = increment.rehearsal, increment.rehearsal.linear
    number = linear.labels.index("loans/telescopes")
    known = linear.phrasings
    assert known.starts[number + 1] - known.starts[number] == len(fewer)
    for text, _ in increment.held_back:
        assert normalise(text) == text
        cosines = known.cosines(number, HashEncoder().encode([text])[0] @ linear.directions)
        assert cosines.max() < 0.999
        assert rehearsal.predict(text).margin < increment.model.predict(text).margin
    assert "telescope" not in rehearsal.spelling.counts
    # and is no worse at the others
    assert all(rehearsal.predict(text).best == "loans/telescopes" for text in fewer)


def test_the_words_of_new_phrasings_are_known(incrementer: Incrementer) -> None:
    model = incrementer.change(pairs_of(ADDED)).model
    assert model.spelling.counts == train_on(ADDED).spelling.counts
    assert model.spelling.corrected("telescpe") == "telescope"
    assert incrementer.change(pairs_of(REMOVED)).model.spelling.counts == train_on(REMOVED).spelling.counts


@pytest.mark.parametrize("change", ["added", "moved"])
def test_saved_and_loaded_it_predicts_the_same(incrementer: Incrementer, change: str, tmp_path: Path) -> None:
    model = incrementer.change(pairs_of(CHANGES[change])).model
    model.save(tmp_path)
    loaded = QuestionModel.load(tmp_path, HashEncoder())
    for text in (*BORROW, "extend my books please", "good morning", "qwxz"):
        found, expected = loaded.predict(text), model.predict(text)
        assert found.margins == pytest.approx(expected.margins, abs=1e-6)
        assert found.confidence == pytest.approx(expected.confidence, abs=1e-3)


def test_it_is_the_same_every_time(incrementer: Incrementer, library: QuestionModel) -> None:
    first, second = incrementer.change(pairs_of(ADDED)), incrementer_of(library).change(pairs_of(ADDED))
    assert first.fitted == second.fitted
    assert first.held_back == second.held_back
    for old, new in ((first.model, second.model), (first.rehearsal, second.rehearsal)):
        assert old.linear.weights.tobytes() == new.linear.weights.tobytes()
        assert old.linear.bias.tobytes() == new.linear.bias.tobytes()
        assert list(old.spelling.counts.items()) == list(new.spelling.counts.items())


def test_one_change_upon_another(library: QuestionModel) -> None:
    once = incrementer_of(library).change(pairs_of(ADDED)).model
    both = {**CHANGED, "loans/telescopes": BORROW}
    twice = incrementer_of(once, ADDED).change(pairs_of(both)).model
    anew = train_on(both)
    texts = [text for texts in both.values() for text in texts]
    assert [found.best for found in twice.read(texts)] == [expected.best for expected in anew.read(texts)]
    back = incrementer_of(twice, both).change(pairs_of(LIBRARY)).model
    assert back.labels == library.labels
    known = [text for texts in LIBRARY.values() for text in texts]
    assert [found.best for found in back.read(known)] == [expected.best for expected in library.read(known)]


def test_words_of_the_subject_are_learned_with_and_without(library: QuestionModel) -> None:
    made = Incrementer(library, pairs_of(LIBRARY), encoder=HashEncoder(), subject=frozenset({"telescope"})).change(
        pairs_of(ADDED)
    )
    number = made.model.linear.labels.index("loans/telescopes")
    starts = made.model.linear.phrasings.starts
    without = sum("telescope" in text.split() for text in BORROW)
    assert starts[number + 1] - starts[number] == len(BORROW) + without


def test_progress_is_told(incrementer: Incrementer) -> None:
    told: list[float] = []
    incrementer.change(pairs_of(ADDED), told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_base_is_left_as_it_was(incrementer: Incrementer, library: QuestionModel) -> None:
    before = library.linear.weights.tobytes(), dict(library.spelling.counts), dict(library.linear.ngrams.vocabulary)
    incrementer.change(pairs_of(ADDED))
    after = library.linear.weights.tobytes(), dict(library.spelling.counts), dict(library.linear.ngrams.vocabulary)
    assert after == before
    assert question_increment._problems == []


@pytest.mark.parametrize(
    ("changed", "suits"),
    [
        ({}, True),
        ({"loans/renew": ("one", "two")}, True),
        ({f"new/{number}": ("one",) for number in range(MOST_CHANGED)}, True),
        ({f"new/{number}": ("one",) for number in range(MOST_CHANGED + 1)}, False),
        ({"loans/renew": tuple(f"number {number}" for number in range(50))}, True),
        ({"loans/renew": tuple(f"number {number}" for number in range(51))}, False),
    ],
)
def test_what_is_small_enough(library: QuestionModel, changed: Phrasings, suits: bool) -> None:
    many = {f"many {number}" for number in range(1000 - len(pairs_of(LIBRARY)))}
    base = {**LIBRARY, "out_of_scope": (*LIBRARY["out_of_scope"], *many)}
    wanted = pairs_of(base) | pairs_of(changed)
    incrementer = incrementer_of(library, base)
    assert incrementer.suits(wanted) is suits
    assert incrementer_of(library, {}).suits(set())
