"""Cuts by a few connectives of our own, and a reader that knows a class by one word of it."""

from collections.abc import Mapping, Sequence

import pytest

from clinicbot.nlu.connectives import Connectives
from clinicbot.nlu.question_model import Prediction
from clinicbot.nlu.splitting import MOST_CUTS, MOST_PARTS, Reader, Splitter, find_cuts

CONNECTIVES = Connectives.from_yaml(
    {
        "joiners": ["and", "or", "as well as", "also", "و"],
        "openers": ["how", "where", "can", "which", "may i", "كم", "متى"],
        "follow_up": ["and"],
        "corrections": ["no i meant"],
        "pointing": ["the", "it"],
        "back": ["that"],
        "joiner_prefixes": ["و"],
    }
)
MEANINGS = {
    "renew": "loans/renew",
    "keep": "loans/how_long",
    "bicycle": "rooms/parking",
    "story": "readings/children",
    "poets": "readings/adults",
    "street": "ask_address",
    "hello": "greet",
    "pizza": "out_of_scope",
    "football": "sports",
}


def reader(meanings: Mapping[str, str] = MEANINGS, *, sure: float = 0.8) -> Reader:
    """A class has the margin `sure` where its word stands alone, less beside others, and -0.8 where it doesn't."""

    def read(texts: Sequence[str]) -> list[Prediction]:
        predictions = []
        for text in texts:
            named = [label for word, label in meanings.items() if word in text]
            margins = {label: sure / len(named) if label in named else -0.8 for label in meanings.values()}
            order = sorted(margins, key=lambda label: -margins[label])
            predictions.append(Prediction([(label, margins[label], 0.0) for label in order], 0.9))
        return predictions

    return read


def cuts(text: str) -> list[tuple[str, str, str]]:
    return [(cut.kind, text[: cut.left], text[cut.right :]) for cut in find_cuts(text, CONNECTIVES)]


def split(
    text: str, read: Reader | None = None, *, negatives: Sequence[str] = (), asides: Sequence[str] = ()
) -> list[tuple[str, str]]:
    parts = Splitter(negatives, asides).split(text, CONNECTIVES, read or reader())
    return [(part, prediction.best) for part, prediction in parts]


@pytest.mark.parametrize(
    ("text", "kind", "left", "right"),
    [
        ("how long is it? where is it", "sentence", "how long is it", "where is it"),
        ("renew it.\n\nthe street", "sentence", "renew it", "the street"),
        ("renew it\nthe street", "sentence", "renew it", "the street"),
        ("كم المدة؟ السعر", "sentence", "كم المدة", "السعر"),
        ("renew it? and the street", "sentence", "renew it", "the street"),
        ("renew it and the street", "joiner", "renew it", "the street"),
        ("renew it, and also the street", "joiner", "renew it", "the street"),
        ("renew it as well as the street", "joiner", "renew it", "the street"),
        ("renew it, the street", "comma", "renew it", "the street"),
        ("renew it - the street", "comma", "renew it", "the street"),
        ("التجديد، السعر", "comma", "التجديد", "السعر"),
        ("renew it where is it", "opener", "renew it", "where is it"),
        ("renew it may i keep it", "opener", "renew it", "may i keep it"),  # an opener of two words
        ("التجديد وسعرها", "opener", "التجديد", "سعرها"),  # the joined waw
        ("التجديد ومتى الموعد", "joiner", "التجديد", "متى الموعد"),
        ("التجديد، وسعرها", "comma", "التجديد", "سعرها"),
        ("التجديد و السعر", "joiner", "التجديد", "السعر"),
    ],
)
def test_a_cut_leaves_out_what_joins(text: str, kind: str, left: str, right: str) -> None:
    assert cuts(text) == [(kind, left, right)]


@pytest.mark.parametrize(
    "text",
    [
        "renew it",
        "renew it?",
        "and the street",  # nothing before it
        "renew it and",  # nothing behind it
        "where is it",  # an opener at the beginning
        "for 2.5 weeks",
        "a well-known street",
        "the street's name",
        "التجديد وهو",  # too short a word to have lost a letter
        "؟!",
        "",
    ],
)
def test_one_thing_has_no_cut(text: str) -> None:
    assert cuts(text) == []


def test_several_cuts_come_in_order() -> None:
    found = cuts("renew it, the street? how long and where")
    assert [kind for kind, *_ in found] == ["comma", "sentence", "joiner"]


def test_of_very_many_cuts_the_plainest_are_kept() -> None:
    found = cuts("a, " * 30 + "renew it? where is it")
    assert len(found) == MOST_CUTS
    assert ("sentence", "where is it") in [(kind, right) for kind, _, right in found]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "can i renew it? where do i leave a bicycle?",
            [("can i renew it", "loans/renew"), ("where do i leave a bicycle?", "rooms/parking")],
        ),
        (
            "how long may i keep it and where do i leave a bicycle",
            [("how long may i keep it", "loans/how_long"), ("where do i leave a bicycle", "rooms/parking")],
        ),
        ("renew it, bicycle", [("renew it", "loans/renew"), ("bicycle", "rooms/parking")]),
        (
            "can i renew it which is the story hour",
            [("can i renew it", "loans/renew"), ("which is the story hour", "readings/children")],
        ),
        ("story or poets", [("story", "readings/children"), ("poets", "readings/adults")]),
        (
            "can i renew it, where do i leave a bicycle and which is the story hour?",
            [
                ("can i renew it", "loans/renew"),
                ("where do i leave a bicycle", "rooms/parking"),
                ("which is the story hour?", "readings/children"),
            ],
        ),
        (
            "where is the bicycle rack? in which street? can i renew it",
            [
                ("where is the bicycle rack", "rooms/parking"),
                ("in which street", "ask_address"),
                ("can i renew it", "loans/renew"),
            ],
        ),
    ],
)
def test_questions_are_parts_in_their_order(text: str, parts: list[tuple[str, str]]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "can i renew it and keep on renewing it",  # both sides are the same but one
        "can i renew one and two of them",
        "can children and parents renew it",
        "can i renew it? and is it easy?",
        "can i renew it, please",
        "i read a lot and it is late. can i renew it",
        "where is it",
    ],
)
def test_a_single_question_stays_whole(text: str) -> None:
    only_renewing = reader({"renew": "loans/renew", "bicycle": "rooms/parking"})
    assert split(text, only_renewing) == [(text, only_renewing([text])[0].best)]


def test_a_side_that_means_nothing_for_sure_is_no_part() -> None:
    text = "can i renew it, bicycle"
    assert len(split(text, reader(sure=0.8))) == 2
    assert len(split(text, reader(sure=0.05))) == 1


def test_a_side_that_asks_needs_to_be_less_sure() -> None:
    hardly = reader(sure=0.05)
    assert len(split("can i renew it? where is the bicycle?", hardly)) == 2
    assert len(split("to renew it. the bicycle.", hardly)) == 1


def test_the_whole_message_may_be_something_of_its_own() -> None:
    def read(texts: Sequence[str]) -> list[Prediction]:
        """Bread, butter, and bread and butter are three things."""
        margins = {
            "bread and butter": {"both": 2.0, "food/bread": 0.2, "food/butter": 0.2},
            "bread": {"food/bread": 0.3, "both": -0.9, "food/butter": -0.9},
            "butter": {"food/butter": 0.3, "both": -0.9, "food/bread": -0.9},
        }
        return [Prediction([(label, margin, 0.0) for label, margin in margins[text].items()], 0.9) for text in texts]

    assert split("bread and butter", read) == [("bread and butter", "both")]


def test_an_aside_is_no_part() -> None:
    text = "hello, can i renew it"
    assert len(split(text)) == 2
    assert len(split(text, asides=["greet"])) == 1


def test_what_isnt_answered_is_a_part_beside_a_question_only() -> None:
    negatives = ["out_of_scope", "sports"]
    with_question = split("where is pizza? can i renew it?", negatives=negatives)
    assert [label for _, label in with_question] == ["out_of_scope", "loans/renew"]
    assert len(split("where is pizza? where is football?", negatives=negatives)) == 1


def test_there_are_only_so_many_parts() -> None:
    text = "can i renew it? where is a bicycle? which story? where are poets? how is the street? can i keep it?"
    parts = split(text)
    assert len(parts) == MOST_PARTS
    assert " ".join(part for part, _ in parts).count("can i") == 2  # what is beyond them isn't lost


def test_nothing_that_was_typed_is_lost_but_what_joins() -> None:
    parts = split("where is the bicycle rack? can i renew it, and a story?")
    words = " ".join(part for part, _ in parts).replace("?", "").split()
    assert words == ["where", "is", "the", "bicycle", "rack", "can", "i", "renew", "it", "a", "story"]


def test_arabic_questions_joined_by_a_waw_are_parts() -> None:
    read = reader({"مدة": "loans/how_long", "سعر": "cards/price"})
    parts = split("كم مدة الإعارة وسعر البطاقة", read)
    assert parts == [("كم مدة الإعارة", "loans/how_long"), ("سعر البطاقة", "cards/price")]
