import numpy as np
import pytest

from clinicbot.faq.nearness import TOO_NEAR, Rival, most_alike, rival, sample


@pytest.mark.parametrize(
    ("nearest", "own", "expected"),
    [
        ([("uses/eyes", TOO_NEAR), ("uses/lips", 0.7)], "uses/lips", Rival("uses/eyes", TOO_NEAR)),
        ([("uses/eyes", TOO_NEAR - 0.01)], "uses/lips", None),
        ([("uses/lips", 0.9), ("uses/eyes", 0.89)], "uses/lips", None),  # it comes nearer to its own
        ([("uses/eyes", 0.9)], None, Rival("uses/eyes", 0.9)),  # of a new FAQ the model has nothing
        ([], "uses/lips", None),
    ],
)
def test_a_rival_is_another_class_that_is_nearest_and_too_near(
    nearest: list[tuple[str, float]], own: str | None, expected: Rival | None
) -> None:
    assert rival(nearest, own) == expected


def test_a_sample_is_taken_from_all_parts() -> None:
    texts = [str(number) for number in range(1_000)]
    assert sample(texts, 4) == ["0", "250", "500", "750"]
    assert sample(texts[:3], 4) == ["0", "1", "2"]


def test_most_alike_are_the_nearest_above_the_least() -> None:
    own = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32)
    candidates = np.array([[0, 0, 1], [0.6, 0, 0.8], [0, 0.9, 0.436], [0.59, 0, 0.81]], dtype=np.float32)
    assert most_alike(candidates, own) == [2, 1]
    assert most_alike(candidates, own, most=1) == [2]
    assert most_alike(candidates[:0], own) == []
    assert most_alike(candidates, own[:0]) == []
