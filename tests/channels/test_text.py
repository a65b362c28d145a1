import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clinicbot.channels.text import distinct_titles, length, numbered, shortened, split_text

PHONE = "+44 7700 900 123"
ISOLATED = f"\u2066{PHONE}\u2069"
# what makes cutting hard: marks, spaces, digits, isolates, joined emoji, accents of their own, Arabic
TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from(" \n\t.!?…؟,:()+-–1234\u2066\u2069\u00a0\u200d\u0301🏽👩⚕é"), st.characters(codec="utf-8")
    )
)


def without_space(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("text", "units"),
    [("", 0), ("abc", 3), ("çığ", 3), ("سلام", 4), ("👍", 2), ("a👍🏽", 5)],
)
def test_length_counts_utf_16_units(text: str, units: int) -> None:
    assert length(text) == units == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        pytest.param("", 10, [], id="empty"),
        pytest.param(" \n ", 10, [], id="white space"),
        pytest.param("Short.", 6, ["Short."], id="just fits"),
        pytest.param("One two.\n\nThree. Four five", 20, ["One two.", "Three. Four five"], id="paragraph"),
        pytest.param("One. Two three. Four five", 20, ["One. Two three.", "Four five"], id="sentence"),
        pytest.param("One two! Three four five", 20, ["One two!", "Three four five"], id="exclamation mark"),
        pytest.param("One two? Three four five", 20, ["One two?", "Three four five"], id="question mark"),
        pytest.param("One two… Three four five", 20, ["One two…", "Three four five"], id="ellipsis"),
        pytest.param("هل هذا؟ نعم هذا صحيح جدا", 20, ["هل هذا؟", "نعم هذا صحيح جدا"], id="Arabic question mark"),
        pytest.param("He said “no.” And then he left", 20, ["He said “no.”", "And then he left"], id="quotation mark"),
        pytest.param("- one two\n- three four five", 20, ["- one two", "- three four five"], id="line end"),
        pytest.param("One two three four five", 20, ["One two three four", "five"], id="word"),
        pytest.param("Wait 1.5 hours or 2.75 days", 20, ["Wait 1.5 hours or", "2.75 days"], id="decimal point"),
        pytest.param("abcdefghij", 4, ["abcd", "efgh", "ij"], id="nowhere to cut"),
        pytest.param("abcd efgh", 4, ["abcd", "efgh"], id="space just behind the limit"),
        pytest.param("1. Eyes and ears and nose", 15, ["1. Eyes and", "ears and nose"], id="an item's number"),
        pytest.param("Est-ce que ça fait mal\u00a0? Non", 23, ["Est-ce que ça fait", "mal\u00a0? Non"], id="no break"),
        pytest.param("👍👍👍", 4, ["👍👍", "👍"], id="two units each"),
        pytest.param("👍" * 12, 20, ["👍" * 10, "👍" * 2], id="as many as fit"),
        pytest.param("👍🏽👍🏽", 7, ["👍🏽", "👍🏽"], id="skin tone"),
        pytest.param("abe\u0301", 3, ["ab", "e\u0301"], id="combining accent"),
        pytest.param("ab👩\u200d⚕️", 5, ["ab", "👩\u200d⚕️"], id="joined emoji"),
        pytest.param("a🇹🇷", 4, ["a", "🇹🇷"], id="flag"),
        pytest.param("e" + "\u0301" * 5, 4, ["e" + "\u0301" * 3, "\u0301" * 2], id="one character too long"),
    ],
)
def test_split_text(text: str, limit: int, pieces: list[str]) -> None:
    assert split_text(text, limit) == pieces


@pytest.mark.parametrize("number", [PHONE, ISOLATED, "(0)7700 900-123", "07700.900.123", "+44 (0) 7700 900123", "112"])
@pytest.mark.parametrize("limit", range(21, 60))
def test_a_telephone_number_stays_whole(number: str, limit: int) -> None:
    pieces = split_text(f"Please do call the clinic on {number} today or tomorrow.", limit)
    assert sum(number in piece for piece in pieces) == 1


def test_a_number_longer_than_the_limit_is_cut_all_the_same() -> None:
    assert split_text(ISOLATED, 10) == ["\u2066+44 7700", "900 123\u2069"]


@settings(derandomize=True, deadline=None)
@given(TEXTS, st.integers(2, 40))
@example("\u20661 1 1 1 1\u2069", 2)
def test_split_text_loses_nothing_but_white_space(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert without_space("".join(pieces)) == without_space(text)
    assert all(piece.strip() == piece != "" for piece in pieces)
    assert all(length(piece) <= limit for piece in pieces)


@pytest.mark.parametrize(
    ("titles", "limit", "expected"),
    [
        pytest.param([], 20, [], id="none"),
        pytest.param(["Yes", "No"], 20, ["Yes", "No"], id="short and different"),
        pytest.param(["a" * 20], 20, ["a" * 20], id="just fits"),
        pytest.param(["How long does it last?"], 20, ["How long does it…"], id="after a word"),
        pytest.param(["A Schönheitsoperation"], 20, ["A Schönheitsoperati…"], id="in a word that would leave little"),
        pytest.param(["Before, during, and after"], 16, ["Before, during…"], id="no comma before the ellipsis"),
        pytest.param(["Yes", "Yes"], 20, ["Yes (1)", "Yes (2)"], id="equal"),
        pytest.param(["No", " Yes\n", "Yes"], 20, ["No", "Yes (2)", "Yes (3)"], id="equal but for white space"),
        pytest.param(
            ["Can I drink alcohol before botox?", "Prices", "Can I drink alcohol after botox?"],
            20,
            ["Can I drink… (1)", "Prices", "Can I drink… (3)"],
            id="equal once cut",
        ),
        pytest.param(
            ["How long does it last?", "How long does it…"],
            20,
            ["How long does… (1)", "How long does it…"],
            id="once cut equal to another's whole",
        ),
        pytest.param(["Yes", "Yes", "Yes (2)"], 20, ["Yes (1)", "Yes (5)", "Yes (2)"], id="number taken by another"),
        pytest.param(["", " "], 20, ["… (1)", "… (2)"], id="never empty"),
        pytest.param(["👍" * 11], 20, ["👍" * 9 + "…"], id="two units each"),
    ],
)
def test_distinct_titles(titles: list[str], limit: int, expected: list[str]) -> None:
    assert distinct_titles(titles, limit) == expected


TITLES = st.one_of(TEXTS, st.sampled_from(["How long does it last", "How long does it last?", "How long…", "b" * 30]))


@settings(derandomize=True, deadline=None)
@given(st.lists(TITLES), st.integers(12, 24))
@example(["How long does the effect of botox last?"] * 20, 20)
@example([f"How long does the effect of botox last in case {n}?" for n in range(20)], 20)
def test_distinct_titles_stay_different(titles: list[str], limit: int) -> None:
    distinct = distinct_titles(titles, limit)
    assert len(distinct) == len(titles) == len(set(distinct))
    assert all(0 < length(title) <= limit for title in distinct)
    normal = [" ".join(title.split()) for title in titles]
    for before, after in zip(normal, distinct, strict=True):
        if before and length(before) <= limit and normal.count(before) == 1 and before != "…":
            assert after == before


def test_numbered_agrees_with_the_numbers_of_distinct_titles() -> None:
    titles = ["Can I drink alcohol before botox?", "Can I\ndrink alcohol after botox?"]
    lines = numbered(titles).splitlines()
    assert lines == ["1. Can I drink alcohol before botox?", "2. Can I drink alcohol after botox?"]
    marks = [re.findall(r"\((\d+)\)$", title)[0] for title in distinct_titles(titles, 20)]
    assert marks == [line.partition(".")[0] for line in lines]


def test_numbered_of_nothing() -> None:
    assert numbered([]) == ""


@settings(derandomize=True, deadline=None)
@given(TEXTS, st.integers(4, 80))
def test_shortened_keeps_the_beginning(title: str, limit: int) -> None:
    cut = shortened(title, limit)
    assert length(cut) <= limit
    assert cut == title or (cut.endswith("…") and title.startswith(cut[:-1]))
