import pytest

from clinicbot.clinic import load_clinic
from clinicbot.faq.facts import LANGUAGES, is_negated, numbers


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
        ("Das ist nicht dauerhaft.", "de", True),
        ("Es gibt keine Narben.", "de", True),
        ("Ohne Betäubung, weder Schnitt noch Naht.", "de", True),
        ("Niemals reiben.", "de", True),
        ("Das hält einen Monat.", "de", False),
        ("Die Nieren werden untersucht.", "de", False),
        ("Это не навсегда.", "ru", True),
        ("Тереть нельзя.", "ru", True),
        ("Нет, без наркоза.", "ru", True),
        ("Эффект держится несколько недель.", "ru", False),
        ("Небольшая игла.", "ru", False),
        ("لا يدوم إلى الأبد.", "ar", True),
        ("ولا يترك أثرا.", "ar", True),
        ("هذا ليس دائما.", "ar", True),
        ("بدون تخدير.", "ar", True),
        ("ينصح بعدم الاستلقاء.", "ar", True),
        ("غير مؤلم.", "ar", True),
        ("يدوم أربعة أشهر.", "ar", False),
        ("الاستلقاء بعد ساعات.", "ar", False),
        ("Ce n'est pas permanent.", "fr", True),
        ("Il n’y a aucune cicatrice.", "fr", True),
        ("Sans anesthésie.", "fr", True),
        ("Ne jamais frotter.", "fr", True),
        ("Cela dure de quatre à six mois.", "fr", False),
        ("Le passage au niveau du nez.", "fr", False),
        ("No es permanente.", "es", True),
        ("Nunca se debe frotar.", "es", True),
        ("Sin anestesia.", "es", True),
        ("No queda ningún rastro.", "es", True),
        ("Tampoco hoy, ni mañana.", "es", True),
        ("Dura de cuatro a seis meses.", "es", False),
        ("Normalmente sinergia y noche.", "es", False),
    ],
)
def test_is_negated(text: str, language: str, negated: bool) -> None:
    assert is_negated(text, language) is negated


@pytest.mark.parametrize("language", load_clinic().languages)
def test_every_language_of_the_clinic_has_a_rule(language: str) -> None:
    assert language in LANGUAGES
    assert not is_negated("112", language)


def test_a_language_without_a_rule_is_not_guessed() -> None:
    assert "it" not in LANGUAGES
    with pytest.raises(KeyError):
        is_negated("non", "it")
