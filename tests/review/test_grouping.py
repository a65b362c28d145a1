"""Messages that ask the same come together."""

import random
from datetime import datetime, timedelta

import numpy as np
import pytest

from clinicbot.review.grouping import ALIKE, Group, Vectors, compared, group
from clinicbot.review.queue import Reason, Waiting
from clinicbot.review.vectors import AT_ONCE, KnownVectors

NOON = datetime(2026, 11, 28, 12)
WINE, GIFT, LONE = np.eye(3, dtype=np.float32)


def message(number: int, text: str, reasons: tuple[Reason, ...] = (Reason.FELL_BACK,), **fields: object) -> Waiting:
    given = {"session_id": f"s{number}", "language": "en", "candidates": (), **fields}
    return Waiting(number, text=text, at=NOON + timedelta(minutes=number), reasons=reasons, **given)  # type: ignore[arg-type]


def towards(one: Vectors, other: Vectors, cosine: float) -> Vectors:
    """A unit vector that has this cosine with `one`."""
    return np.asarray(cosine * one + np.sqrt(1 - cosine**2) * other, dtype=np.float32)


def texts(found: Group) -> list[str]:
    return [each.text for each in found.messages]


def test_what_is_alike_comes_together_and_the_largest_group_is_first() -> None:
    vectors = {"gift": GIFT, "wine": WINE, "beer": towards(WINE, LONE, ALIKE + 0.1), "rakı": towards(WINE, LONE, 0.9)}
    groups = group([message(number, text) for number, text in enumerate(vectors)], vectors)
    assert [texts(found) for found in groups] == [["rakı", "beer", "wine"], ["gift"]]
    assert [found.count for found in groups] == [3, 1]


def test_a_chain_of_likeness_makes_no_group() -> None:
    step = {"a": WINE, "b": towards(WINE, GIFT, ALIKE + 0.01)}
    step["c"] = towards(step["b"], np.asarray(-WINE, dtype=np.float32), 0.8)
    step["c"] /= np.linalg.norm(step["c"])
    assert step["a"] @ step["c"] < ALIKE
    groups = group([message(1, "a"), message(2, "a"), message(3, "c")], step)
    assert [texts(found) for found in groups] == [["a", "a"], ["c"]]


def test_the_same_words_weigh_as_often_as_they_were_written() -> None:
    vectors = {"x": WINE, "y": towards(WINE, GIFT, ALIKE + 0.1)}
    groups = group([message(1, "x"), message(2, "y"), message(3, "y")], vectors)
    assert [found.count for found in groups] == [3]


def test_the_order_of_the_messages_makes_no_difference() -> None:
    generator = np.random.default_rng(1)
    points = generator.normal(size=(60, 3)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    vectors = {f"text {number}": point for number, point in enumerate(points)}
    waiting = [message(number, text) for number, text in enumerate(vectors)]
    expected = group(waiting, vectors)
    assert any(found.count > 1 for found in expected)
    for seed in range(3):
        shuffled = random.Random(seed).sample(waiting, len(waiting))
        assert group(shuffled, vectors) == expected


def test_a_group_tells_what_is_in_it() -> None:
    waiting = [
        message(1, "wine", session_id="s", candidates=("aftercare/a", "aftercare/b")),
        message(2, "wine", session_id="s", language="tr", candidates=("aftercare/b", "aftercare/a")),
        message(3, "wine", (Reason.THUMB, Reason.NO), candidates=("aftercare/b",)),
    ]
    (found,) = group(waiting, {"wine": WINE})
    assert (found.count, found.sessions, found.newest) == (3, 2, NOON + timedelta(minutes=3))
    assert found.languages == {"en": 2, "tr": 1}
    assert list(found.reasons.items()) == [(Reason.FELL_BACK, 2), (Reason.THUMB, 1), (Reason.NO, 1)]
    assert found.candidates == ["aftercare/b", "aftercare/a"]


def test_nothing_makes_no_group() -> None:
    assert group([], {}) == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Can I drive after Botox?", "can i drive after ?"),
        ("botoksun etkisi", "etkisi"),
        ("ботоксом лечат?", "лечат?"),
        ("هل البوتوكس دائم", "هل دائم"),
        ("botox", "botox"),
        ("I am (…), wine?", "i am , wine?"),
    ],
)
def test_the_treatments_name_is_not_compared(text: str, plain: str) -> None:
    assert compared(text) == plain


def test_vectors_are_made_once_and_some_at_a_time() -> None:
    asked: list[str] = []

    def encode(texts: object) -> Vectors:
        asked.extend(texts)  # type: ignore[call-overload]
        return np.ones((len(texts), 3), dtype=np.float32)  # type: ignore[arg-type]

    known = KnownVectors()
    many = [f"text {number}" for number in range(AT_ONCE + 10)]
    assert list(known.of(many, encode)) == many[:AT_ONCE]
    assert list(known.of(many, encode)) == many
    assert len(asked) == len(many)
    known.forget_others(many[:1])
    known.of(many[:2], encode)
    assert len(asked) == len(many) + 1
