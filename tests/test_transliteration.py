import pytest

from clinicbot.transliteration import cyrillic_from_latin, latin_from_cyrillic, one_spelling

SPELLINGS = {
    "хочу": ["hochu", "khochu", "xochu", "ho4u"],
    "можно": ["mozhno"],
    "щека": ["shcheka", "scheka"],
    "лицо": ["lico", "litso"],
    "мой": ["moj", "moi", "moy"],
    "дышать": ["dyshat", "dishat", "dy6at", "dyshat'"],
    "что": ["chto", "4to", "CHTO"],
    "сегодня": ["segodnya", "segodnja", "segodnia"],
    "держится": ["derzhitsya", "derjitsya", "derzhitsia"],
    "юбка": ["yubka", "jubka"],
    "шея": ["sheya", "sheja"],
    "врач": ["vrach", "vra4"],
    "квартира": ["kvartira", "kwartira", "qvartira"],
    "цена": ["cena", "tsena"],
    "ёлка": ["elka", "yolka"],
}


@pytest.mark.parametrize(("cyrillic", "typed"), [(word, each) for word, all_ in SPELLINGS.items() for each in all_])
def test_all_spellings_of_a_word_are_one(cyrillic: str, typed: str) -> None:
    assert one_spelling(typed) == latin_from_cyrillic(cyrillic)


def test_different_words_stay_different() -> None:
    spellings = {latin_from_cyrillic(word) for word in SPELLINGS}
    assert len(spellings) == len(SPELLINGS)


@pytest.mark.parametrize("word", SPELLINGS)
def test_one_spelling_is_plain_ascii_and_stays_as_it_is(word: str) -> None:
    latin = latin_from_cyrillic(word)
    assert latin.isascii()
    assert latin.isalpha()
    assert one_spelling(latin) == latin


@pytest.mark.parametrize(
    ("typed", "cyrillic"),
    [
        ("skolko derzhitsya", "сколко держится"),
        ("Mozhno li posle?", "можно ли после?"),
        ("lico", "лицо"),
        ("moj vrach", "мой врач"),
        ("dishat'", "дишать"),
        ("khochu xochu hochu", "хочу хочу хочу"),
        ("vzyat yubku", "взят юбку"),
        ("schetka", "щетка"),
        ("ho4u 6apku", "хочу шапку"),
        ("112, да", "112, да"),
        ("", ""),
    ],
)
def test_back_to_cyrillic(typed: str, cyrillic: str) -> None:
    assert cyrillic_from_latin(typed) == cyrillic


def test_cyrillic_beside_latin_letters_is_left_alone() -> None:
    assert cyrillic_from_latin("хочу knigu") == "хочу книгу"
    assert latin_from_cyrillic("хочу knigu 3") == "hochu knigu 3"
