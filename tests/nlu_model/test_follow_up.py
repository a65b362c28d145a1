"""How a message is built, and what it means behind another, without a model."""

from collections.abc import Sequence

import pytest

from clinicbot.nlu.connectives import Connectives
from clinicbot.nlu.follow_up import Shape, Topic, read_behind, shape_of
from clinicbot.nlu.question_model import Prediction

CONNECTIVES = Connectives.from_yaml(
    {
        "joiners": ["and", "or"],
        "openers": ["how", "what", "can", "is", "may i"],
        "follow_up": ["and", "and for", "what about", "ok"],
        "corrections": ["no i meant", "not that"],
        "pointing": ["it", "that", "for", "the", "exactly", "please"],
        "back": ["that", "there"],
    }
)


def shape(text: str) -> Shape:
    return shape_of(text, CONNECTIVES)


@pytest.mark.parametrize(
    ("text", "rest", "named"),
    [
        ("and for children?", "children", ("children",)),
        ("What about the children?", "the children", ("children",)),
        ("ok and what about children", "children", ("children",)),
        ("no I meant children", "children", ("children",)),
        ("not that, what about children", "children", ("children",)),
        ("how exactly", "how exactly", ()),
        ("can children renew it", "can children renew it", ("children", "renew")),
        ("?", "", ()),
    ],
)
def test_what_only_joins_is_left_out(text: str, rest: str, named: tuple[str, ...]) -> None:
    built = shape(text)
    assert (built.rest, built.named) == (rest, named)


@pytest.mark.parametrize(
    ("text", "joined", "corrects", "opens", "points_back"),
    [
        ("and for children", True, False, False, False),
        ("no i meant children", False, True, False, False),
        ("no i meant and for children", True, True, False, False),
        ("children no i meant", False, False, False, False),  # not at its beginning
        ("how do i renew it", False, False, True, False),
        ("may i renew it", False, False, True, False),  # an opener of two words
        ("and how", True, False, True, False),
        ("is that free", False, False, True, True),
    ],
)
def test_how_a_message_is_built(text: str, joined: bool, corrects: bool, opens: bool, points_back: bool) -> None:
    built = shape(text)
    assert (built.joined, built.corrects, built.opens, built.points_back) == (joined, corrects, opens, points_back)


@pytest.mark.parametrize(
    "text",
    [
        "and for children",
        "and can children",
        "what about a second card",
        "children",
        "second card",
        "how exactly",
        "is that free",
        "no i meant the very long list of all the books that i have borrowed",
    ],
)
def test_leaning_messages(text: str) -> None:
    assert shape(text).leans


@pytest.mark.parametrize(
    "text",
    [
        "how much costs a card",
        "can children renew",
        "renew cards of children",
        "and how do children get cards",  # joined, but a question of its own
        "and my brother lost the blue card yesterday",
        "is that free when my brother comes",
        "it it it it it it it it it",
    ],
)
def test_messages_of_their_own(text: str) -> None:
    assert not shape(text).leans


def prediction(confidence: float = 0.9, **margins: float) -> Prediction:
    order = sorted(margins, key=lambda label: -margins[label])
    return Prediction([(label, margins[label], 1.0 / len(margins)) for label in order], confidence)


class Reads:
    """Answers with predictions made beforehand; what wasn't expected is an error."""

    def __init__(self, **predictions: Prediction) -> None:
        self._predictions = {text.replace("_", " "): made for text, made in predictions.items()}

    def __call__(self, texts: Sequence[str]) -> list[Prediction]:
        return [self._predictions[text] for text in texts]


ALONE = prediction(0.3, card=-0.6, reading=-0.5, price=-0.4)
CHILDREN = prediction(0.4, card=-0.5, reading=-0.5, price=-0.6)


def test_a_message_is_read_behind_its_topic() -> None:
    read = Reads(
        cards_children=prediction(0.9, card=0.8, reading=-0.7, price=-0.9),
        readings_children=prediction(0.8, card=-0.7, reading=0.7, price=-0.9),
        children=CHILDREN,
    )
    text = "and for children"
    after_cards = read_behind(text, shape(text), ALONE, Topic("price", "cards"), read)
    after_readings = read_behind(text, shape(text), ALONE, Topic("price", "readings"), read)
    assert (after_cards.best, after_cards.confidence) == ("card", 0.9)
    assert (after_readings.best, after_readings.confidence) == ("reading", 0.8)


def test_every_class_stays_in_the_ranking_from_the_best_on() -> None:
    read = Reads(cards_children=prediction(card=0.8, reading=-0.7, price=-0.9), children=CHILDREN)
    behind = read_behind("and for children", shape("and for children"), ALONE, Topic("card", "cards"), read)
    margins = [margin for _, margin, _ in behind.ranking]
    assert {label for label, _, _ in behind.ranking} == {"card", "reading", "price"}
    assert margins == sorted(margins, reverse=True)


def test_what_cant_be_meant_isnt() -> None:
    read = Reads(cards_children=prediction(card=0.8, reading=0.1, price=-0.9), children=CHILDREN)
    text = "no i meant children"
    topic = Topic("card", "cards")
    assert read_behind(text, shape(text), ALONE, topic, read).best == "card"
    assert read_behind(text, shape(text), ALONE, topic, read, not_meant=["card"]).best == "reading"


def test_a_message_that_names_nothing_stays_with_its_topic() -> None:
    alone = prediction(0.3, card=-0.5, reading=-0.5)
    behind = prediction(0.5, card=-0.2, reading=-0.1)
    read = Reads(cards_exactly=behind, cards_children=behind, exactly=alone, children=alone)
    topic = Topic("card", "cards")
    assert read_behind("exactly", shape("exactly"), alone, topic, read).best == "card"
    assert read_behind("children", shape("children"), alone, topic, read).best == "reading"


def test_a_message_that_is_sure_alone_isnt_bent() -> None:
    alone = prediction(0.95, reading=0.9, card=-0.9)
    read = Reads(cards_poets=prediction(0.5, card=0.3, reading=0.0), poets=alone)
    behind = read_behind("poets", shape("poets"), alone, Topic("card", "cards"), read)
    assert (behind.best, behind.confidence) == ("reading", 0.95)


def test_a_topic_the_model_doesnt_know_is_only_words() -> None:
    read = Reads(fire_children=prediction(card=0.8, reading=-0.7), children=prediction(card=-0.5, reading=-0.5))
    alone = prediction(card=-0.6, reading=-0.5)
    behind = read_behind("children", shape("children"), alone, Topic("another", "fire"), read)
    assert behind.best == "card"
    assert "another" not in behind.margins
