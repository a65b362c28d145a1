import pytest

from clinicbot.nlu.question_training import train
from tests.nlu_model.conftest import PHRASINGS, SUBJECT, HashEncoder

ALL = [(text, label) for label, phrasings in PHRASINGS.items() for text in phrasings]
LONELY = ("do you sell gift cards", "gift_cards")


def test_a_class_with_a_single_phrasing_is_learned_beside_the_others(encoder: HashEncoder) -> None:
    texts, labels = zip(*ALL, LONELY, strict=True)
    model = train(texts, labels, encoder=encoder, subject=SUBJECT)
    assert [model.predict(text).best for text in texts] == list(labels)


@pytest.mark.parametrize("phrasings", [1, 2, 3])
def test_few_phrasings_of_each_class_are_enough(encoder: HashEncoder, phrasings: int) -> None:
    few = [(text, label) for label, texts in PHRASINGS.items() for text in texts[:phrasings]]
    texts, labels = zip(*few, strict=True)
    model = train(texts, labels, encoder=encoder, subject=SUBJECT)
    assert [model.predict(text).best for text in texts] == list(labels)
    assert 0.0 <= model.threshold <= 1.0


def test_two_phrasings_are_the_least(encoder: HashEncoder) -> None:
    model = train(["when are you open", "bye"], ["hours", "goodbye"], encoder=encoder, subject=SUBJECT)
    assert model.predict("bye").best == "goodbye"


def test_one_class_is_too_few(encoder: HashEncoder) -> None:
    with pytest.raises(ValueError, match="at least two intents"):
        train(["hello", "hi"], ["greet", "greet"], encoder=encoder, subject=SUBJECT)
