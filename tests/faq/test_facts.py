import pytest

from clinicbot.faq.facts import is_negated, numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("between 4 to 6 months", {"4", "6"}),
        ("Four to six months", {"4", "6"}),
        ("within one week", {"1"}),
        ("one of them", set()),
        ("for two days, not three weeks", {"2", "3"}),
        ("two-day rest", {"2"}),
        ("1.5 or 2,5 ml", {"1.5", "2,5"}),
        ("4 ila 6 ay", {"4", "6"}),
        ("no number", set()),
    ],
)
def test_numbers(text: str, found: set[str]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("text", "language", "negated"),
    [
        ("It is not permanent.", "en", True),
        ("You don't need it.", "en", True),
        ("Nothing notable happens.", "en", False),
        ("It cannot be rubbed.", "en", True),
        ("Kalıcı değildir.", "tr", True),
        ("Güneş kremi uygulanmamalıdır.", "tr", True),
        ("İki gün yatmayın.", "tr", True),
        ("Etkisi kalmaz.", "tr", True),
        ("Hamile olmayan kişilere uygulanır.", "tr", True),
        ("Uygulamadan sonra makyaj yapabilirsiniz.", "tr", False),
        ("Etkisi 4 ila 6 ay sürer.", "tr", False),
    ],
)
def test_is_negated(text: str, language: str, negated: bool) -> None:
    assert is_negated(text, language) is negated


def test_a_language_without_a_rule_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        is_negated("nicht", "de")
