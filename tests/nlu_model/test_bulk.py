import numpy as np
import pytest

from clinicbot.nlu.bulk import margins_bulk, read_bulk, transform_all
from clinicbot.nlu.features import CharacterNgrams
from clinicbot.nlu.normalise import normalise
from clinicbot.nlu.question_model import QuestionModel
from tests.nlu_model.conftest import LIBRARY, HashEncoder

TEXTS = [
    "how do adults get a library card",
    "where can i park my bycicle",  # misspelt
    "How LONG can I keep   a book?!",
    "x",
    "",
    "smoke smoke smoke",
    "zzz qqq nothing of this was ever seen",
    "there is a fier in the raeding room",
    "hello",
]


@pytest.fixture
def plain() -> list[str]:
    return [normalise(text) for text in [*TEXTS, *(text for texts in LIBRARY.values() for text in texts)]]


def test_many_texts_are_read_as_each_would_be(library: QuestionModel, encoder: HashEncoder, plain: list[str]) -> None:
    readings = read_bulk(library, encoder, plain)
    predictions = library.read(plain)
    for row, prediction in enumerate(predictions):
        margins = [prediction.margins[label] for label in readings.labels]
        np.testing.assert_allclose(readings.margins[row], margins, atol=1e-5)
    np.testing.assert_allclose(readings.confidences, [each.confidence for each in predictions], atol=1e-5)
    assert [readings.labels[number] for number in readings.best] == [each.best for each in predictions]


def test_some_of_them_were_corrected(library: QuestionModel, plain: list[str]) -> None:
    corrected = library.spelling.corrected_all(plain)
    assert corrected == [library.spelling.corrected(text) for text in plain]
    assert corrected != plain


def test_margins_are_those_of_the_texts_as_typed(
    library: QuestionModel, encoder: HashEncoder, plain: list[str]
) -> None:
    vectors = encoder.encode(plain) @ library.linear.directions
    expected = [library.linear.margins(text, vector) for text, vector in zip(plain, vectors, strict=True)]
    np.testing.assert_allclose(margins_bulk(library, encoder, plain), expected, atol=1e-5)


@pytest.mark.parametrize("text", ["a", "ab cd", "ab ab abc", "  spaced   out ", "", "ünïcödé ÄÖ", "aaaa aaaa aaaa b"])
def test_ngrams_are_scikit_learns(text: str) -> None:
    ngrams = CharacterNgrams.fit(["ab cd abc", "ab abc aaaa", "spaced out aaaa", "ünïcödé spaced cd", "a b out äö äö"])
    difference = transform_all(ngrams, [text, "ab"]) - ngrams.transform([text, "ab"])
    assert abs(difference).max() < 1e-12


def test_a_class_that_the_model_does_not_have_never_wins(library: QuestionModel, encoder: HashEncoder) -> None:
    readings = read_bulk(library, encoder, ["hello", "a card"])
    assert (readings.column("no_such_class") == -np.inf).all()
    assert readings.column("greet").shape == (2,)
