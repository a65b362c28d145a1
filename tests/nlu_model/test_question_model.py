from pathlib import Path

import pytest

from clinicbot.nlu.normalise import normalise, without_subject
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.nlu.question_training import train
from tests.nlu_model.conftest import PHRASINGS, SUBJECT, HashEncoder

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


def test_an_intent_with_a_single_phrasing_is_named(encoder: HashEncoder) -> None:
    with pytest.raises(ValueError, match=r"single phrasing, write more: lonely$"):
        train(["a b", "c d", "e f"], ["pair", "pair", "lonely"], encoder=encoder, subject=frozenset())


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
