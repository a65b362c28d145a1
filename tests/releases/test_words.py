import pytest

from clinicbot.releases.words import Fate, Segment, alters_facts, words

KEPT, REMOVED, ADDED = Fate.KEPT, Fate.REMOVED, Fate.ADDED


def test_words_that_stay_go_and_come() -> None:
    assert words("It lasts for months.", "It holds for months.", "en") == [
        Segment(KEPT, "It "),
        Segment(REMOVED, "lasts"),
        Segment(ADDED, "holds"),
        Segment(KEPT, " for months."),
    ]


@pytest.mark.parametrize(
    ("old", "new", "language", "facts"),
    [
        ("4 to 6 months", "4 to 9 months", "en", ["6", "9"]),
        ("four to six months", "four to nine months", "en", ["six", "nine"]),
        ("1.5 ml", "15 ml", "en", ["1.5", "15"]),
        ("it is not permanent", "it is permanent", "en", ["not "]),
        ("Kalıcı değildir.", "Kalıcıdır.", "tr", ["değildir"]),
        ("sauna yapmayın", "sauna yapın", "tr", ["yapmayın"]),
        ("nicht dauerhaft", "dauerhaft", "de", ["nicht"]),
        ("لا يدوم", "يدوم", "ar", ["لا"]),
        ("one of them", "two of them", "en", []),
    ],
)
def test_numbers_and_negations_are_marked(old: str, new: str, language: str, facts: list[str]) -> None:
    found = words(old, new, language)
    assert [segment.text.strip() for segment in found if segment.fact] == [fact.strip() for fact in facts]
    assert alters_facts(found) == bool(facts)


def test_a_number_that_stays_is_not_marked() -> None:
    assert not alters_facts(words("4 to 6 months, not more", "from 4 to 6 months, not longer", "en"))


@pytest.mark.parametrize(
    ("old", "new"),
    [("", "all new"), ("all gone", ""), ("a  b\nc!", "a c, b?"), ("can't", "can"), ("", "")],
)
def test_nothing_is_lost(old: str, new: str) -> None:
    found = words(old, new, "en")
    assert "".join(segment.text for segment in found if segment.fate is not ADDED) == old
    assert "".join(segment.text for segment in found if segment.fate is not REMOVED) == new


def test_a_language_without_a_rule_for_not_still_has_numbers() -> None:
    assert [segment.text for segment in words("3 dias, não 4", "3 dias 5", "pt") if segment.fact] == ["4", "5"]
