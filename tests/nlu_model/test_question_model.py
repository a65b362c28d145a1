import math
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from clinicbot.nlu.encoder import Vectors
from clinicbot.nlu.features import CharacterNgrams
from clinicbot.nlu.normalise import normalise, without_subject
from clinicbot.nlu.question_model import Calibration, LinearModel, Phrasings, Prediction, QuestionModel
from clinicbot.nlu.question_training import train
from clinicbot.nlu.spelling import Spelling
from tests.nlu_model.conftest import PHRASINGS, SUBJECT, HashEncoder, train_on

ALL = [(text, label) for label, phrasings in PHRASINGS.items() for text in phrasings]


def test_what_was_learned_is_known(model: QuestionModel) -> None:
    assert sorted(PHRASINGS) == sorted(model.labels)
    right = sum(model.predict(text).best == label for text, label in ALL)
    assert right == len(ALL)


def test_a_ranking_has_every_class_once_and_shares_that_sum_to_one(model: QuestionModel) -> None:
    prediction = model.predict("how long does it last")
    names = [entry[0] for entry in prediction.ranking]
    shares = [entry[-1] for entry in prediction.ranking]
    assert sorted(names) == sorted(PHRASINGS)
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1.0)
    assert 0.0 <= prediction.confidence <= 1.0


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("HOW LONG DOES IT LAST???", "duration/how_long"),
        ("how loong doess it lasst", "duration/how_long"),
        ("can i waer makeup after botx", "aftercare/make_up"),
        ("foundaton alowed?", "aftercare/make_up"),
        ("whats the prise", "ask_price"),
        ("make-up allowed after", "aftercare/make_up"),
        ("when wil i see resluts", "duration/onset"),
    ],
)
def test_misspellings_and_left_out_words(model: QuestionModel, text: str, label: str) -> None:
    assert model.predict(text).best == label


@pytest.mark.parametrize("text", ["", " ", "👍", "ç", "\x00", "\ud800", "?" * 500, "zzz " * 200])
def test_any_text_has_a_prediction(model: QuestionModel, text: str) -> None:
    assert 0.0 <= model.predict(text.encode("utf-8", "ignore").decode()).confidence <= 1.0


def test_a_model_is_the_same_after_saving_and_loading(
    model: QuestionModel, encoder: HashEncoder, tmp_path: Path
) -> None:
    model.save(tmp_path)
    loaded = QuestionModel.load(tmp_path, encoder)
    assert loaded.labels == model.labels
    assert loaded.threshold == model.threshold
    for text in ("how long does it last", "pizza", "make-up"):
        before, after = model.predict(text), loaded.predict(text)
        assert [entry[0] for entry in after.ranking] == [entry[0] for entry in before.ranking]
        assert after.confidence == pytest.approx(before.confidence, abs=1e-3)


def test_a_saved_model_needs_no_pickle(model: QuestionModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz", ".json"}


def test_another_encoder_is_refused(model: QuestionModel, tmp_path: Path) -> None:
    class Another(HashEncoder):
        name = "another"

    model.save(tmp_path)
    with pytest.raises(ValueError, match=r"trained with hash-test, not another; train it again"):
        QuestionModel.load(tmp_path, Another())


def test_the_threshold_comes_from_training_and_is_stored(model: QuestionModel, tmp_path: Path) -> None:
    assert 0.0 < model.threshold <= 1.0
    model.save(tmp_path)
    text = (tmp_path / "model.json").read_text(encoding="utf-8")
    assert f'"threshold": {model.threshold}' in text


def test_training_twice_gives_the_same_model(model: QuestionModel, encoder: HashEncoder) -> None:
    again = train([text for text, _ in ALL], [label for _, label in ALL], encoder=encoder, subject=SUBJECT)
    assert again.threshold == model.threshold
    assert again.predict("how long").ranking == model.predict("how long").ranking


def test_an_intent_with_a_single_phrasing_is_learned() -> None:
    model = train_on({**PHRASINGS, "lonely": ["umbrellas on mondays"]})
    assert model.predict("umbrellas on mondays").best == "lonely"
    assert model.predict("how long does botox last").best == "duration/how_long"


@pytest.mark.parametrize("count", [0, 3])
def test_fewer_than_two_intents_are_refused(encoder: HashEncoder, count: int) -> None:
    with pytest.raises(ValueError, match="at least two intents"):
        train(["a b"] * count, ["one"] * count, encoder=encoder, subject=frozenset())


def test_two_intents_are_enough(encoder: HashEncoder) -> None:
    two = [(text, label) for text, label in ALL if label in ("ask_price", "out_of_scope")]
    model = train([text for text, _ in two], [label for _, label in two], encoder=encoder, subject=frozenset())
    assert model.predict("what is the price please").best == "ask_price"
    assert model.predict("order a pizza").best == "out_of_scope"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  How   LONG??? ", "how long?"),
        ("heeeeelp", "heelp"),
        ("can’t", "can't"),
        ("İĞNE", "iğne"),
        ("bo\u200btox", "botox"),
        ("ｂｏｔｏｘ", "botox"),
    ],
)
def test_normalise(text: str, plain: str) -> None:
    assert normalise(text) == plain


def test_without_subject_leaves_something() -> None:
    assert without_subject("can i shower after botox?", SUBJECT) == "can i shower after"
    assert without_subject("botox's effect", SUBJECT) == "effect"
    assert without_subject("botox", SUBJECT) == "botox"


def test_a_prediction_names_margins_and_knows_which_classes_there_are() -> None:
    prediction = Prediction([("a/b", 0.5, 0.7), ("c", -0.5, 0.3)], 0.9)
    assert (prediction.best, prediction.margin) == ("a/b", 0.5)
    assert prediction.margins == {"a/b": 0.5, "c": -0.5}
    assert prediction.margin_of("c") == -0.5
    assert prediction.margin_of("unknown") == -math.inf


def test_another_class_can_be_put_first() -> None:
    prediction = Prediction([("a", 0.5, 0.7), ("b", 0.1, 0.2), ("c", -0.5, 0.1)], 0.9)
    assert [label for label, _, _ in prediction.with_best("b").ranking] == ["b", "a", "c"]
    assert prediction.with_best("b").confidence == 0.9


class WordEncoder:
    """Two directions, loans and prices; each known word points somewhere along them."""

    name = "words-test"
    dimensions = 2
    words = MappingProxyType({"loan": (2.0, 0.0), "cost": (0.0, 2.0), "cosy": (0.0, 4.0), "cots": (3.0, 0.0)})

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = [
            sum((np.array(self.words.get(word, (0.0, 0.0))) for word in text.split()), np.zeros(2)) for text in texts
        ]
        return np.array(rows, dtype=np.float32).reshape(len(rows), 2)


def by_hand(spelling: Spelling | None) -> QuestionModel:
    """Margins are the two directions themselves, and so is the confidence."""
    linear = LinearModel(
        labels=["loans/how_long", "ask_price"],
        directions=np.eye(2, dtype=np.float32),
        ngrams=CharacterNgrams({"zz": 0}, np.ones(1)),
        weights=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=np.float32),
        bias=np.full(2, -1.0, dtype=np.float32),
        phrasings=Phrasings.of(np.eye(2, dtype=np.float32), np.array([0, 1], dtype=np.int32), 2),
    )
    calibration = Calibration(np.array([1.0, 0.0, 0.0, 0.0, 0.0]), 0.5)
    return QuestionModel(WordEncoder(), linear, calibration, spelling)


SPELLING = Spelling({"loan": 3, "cost": 3})


def test_a_misspelt_text_is_read_corrected_where_that_is_surer() -> None:
    assert by_hand(None).predict("laon").confidence < 0.5
    corrected = by_hand(SPELLING).predict("laon")
    assert corrected == by_hand(SPELLING).predict("loan")
    assert corrected.best == "loans/how_long"


@pytest.mark.parametrize(("text", "best"), [("cosy", "ask_price"), ("cots", "loans/how_long")])
def test_a_text_that_is_surer_as_it_was_typed_is_read_so(text: str, best: str) -> None:
    assert SPELLING.corrected(text) == "cost"
    as_typed = by_hand(SPELLING).predict(text)
    assert as_typed.best == best
    assert as_typed == by_hand(None).predict(text)
    assert as_typed.confidence > by_hand(None).predict("cost").confidence


def test_several_texts_are_read_as_each_alone() -> None:
    texts = ["loan", "laon", "cots", "csot", "", "loan"]
    model = by_hand(SPELLING)
    assert model.read(texts) == [model.predict(text) for text in texts]
    assert model.read([]) == []


def test_spelling_is_saved_with_the_model(tmp_path: Path) -> None:
    by_hand(SPELLING).save(tmp_path)
    loaded = QuestionModel.load(tmp_path, WordEncoder())
    assert loaded.predict("laon") == by_hand(SPELLING).predict("laon")
    by_hand(None).save(tmp_path)
    assert QuestionModel.load(tmp_path, WordEncoder()).predict("laon").confidence < 0.5


def test_training_learns_the_phrasings_words(model: QuestionModel) -> None:
    typed = model.predict("foundatoin alowed")
    assert typed.best == "aftercare/make_up"
    assert typed.confidence >= model.predict("foundation allowed").confidence - 1e-4
