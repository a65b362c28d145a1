import pytest

from clinicbot.nlu.spelling import Spelling

TEXTS = [
    "how long can i keep a bicycle at the library",
    "can i keep a library bicycle outside",
    "may children borrow a bicycle from the library",
    "which children borrow from the library",
    "kitabı ne zaman geri verebilirim",
    "geri verebilirim değil mi kitabı",
    "once only wrod",
]


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    return Spelling.of(TEXTS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bycicle", "bicycle"),
        ("bicicle outside", "bicycle outside"),
        ("libary?", "library?"),
        ("the chlidren borow", "the children borrow"),
        ("kepe", "keep"),  # two letters changed places
        ("degil kitabi", "değil kitabı"),  # a keyboard without accents
        ("vrblrm", "verebilirim"),  # without vowels
    ],
)
def test_misspelt_words_become_known_ones(spelling: Spelling, typed: str, meant: str) -> None:
    assert spelling.corrected(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "how long can i keep a bicycle",
        "wrod",  # seen once, but seen
        "the fro, teh",  # too short to tell
        "elephants whistle",  # near to nothing
        "biycelc",  # too many letters wrong
        "2024 4-6 👍",
        "",
    ],
)
def test_known_words_and_those_near_to_none_are_left_alone(spelling: Spelling, text: str) -> None:
    assert spelling.corrected(text) == text


def test_a_word_seen_once_may_be_a_typo_itself_and_corrects_nothing(spelling: Spelling) -> None:
    assert spelling.corrected("onlyy") == "onlyy"


def test_of_two_words_equally_near_the_first_letter_and_then_the_commoner_one_decides() -> None:
    spelling = Spelling({"paper": 2, "taper": 9, "loans": 3, "loand": 8})
    assert spelling.corrected("papper") == "paper"
    assert spelling.corrected("loanx") == "loand"


def test_without_phrasings_nothing_is_corrected() -> None:
    assert Spelling({}).corrected("libary") == "libary"
