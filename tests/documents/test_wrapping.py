import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicbot.documents.wrapping import unwrap

LONG = "The effect is seen after a while and it stays for a time of"


def pieces(text: str) -> list[tuple[str, bool]]:
    return [(piece.text, piece.is_item) for piece in unwrap(text.split("\n"))]


@pytest.mark.parametrize("line", ["6. Then it fades.", "- not more - it stays.", "– perhaps – six months."])
def test_a_sentence_that_is_wrapped_before_what_looks_like_a_mark_keeps_it(line: str) -> None:
    assert pieces(f"{LONG}\n{line}") == [(f"{LONG} {line}", False)]


def test_items_are_told_by_bullets_and_by_numbers_in_a_row() -> None:
    text = "You should not:\n1. rub\n2. bend for\n   4. hours\n3) lie down\n\n• one\n• two"
    assert pieces(text) == [
        ("You should not:", False),
        ("rub", True),
        ("bend for 4. hours", True),
        ("lie down", True),
        ("one", True),
        ("two", True),
    ]


@given(st.lists(st.sampled_from(["a", "B.", "4", "6.", "- x", "– y", "not", "", "1. z", "no:", "• w", "x-"])))
def test_no_word_is_lost_but_marks_and_cut_hyphens(lines: list[str]) -> None:
    def letters(text: str) -> list[str]:
        return [character for character in text if character.isalpha()]

    found = list(unwrap(lines))
    assert letters("".join(piece.text for piece in found)) == letters("".join(lines))
    assert all(piece.text.strip() for piece in found)
