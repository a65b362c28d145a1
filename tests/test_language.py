import pytest

from clinicbot.language import detect_language, foreign_language, is_romanised_russian

BOTH = ("en", "tr")
SEVEN = ("en", "tr", "de", "ru", "ar", "fr", "es")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How long does the effect of the treatment last?", "en"),
        ("can i wash my face after the injections", "en"),
        ("Botoksun etkisi ne kadar sürer?", "tr"),
        ("islemden sonra yuzumu yikayabilir miyim", "tr"),
    ],
)
def test_a_first_message_tells_its_language(text: str, expected: str) -> None:
    assert detect_language(text, BOTH) == expected


@pytest.mark.parametrize("text", ["", "112", "?!", "👍", "4-6"])
def test_without_letters_the_conversation_goes_on_in_its_language(text: str) -> None:
    assert detect_language(text, BOTH, current="tr") == "tr"
    assert detect_language(text, BOTH) == "en"


def test_a_started_conversation_needs_more_evidence_to_switch() -> None:
    assert detect_language("ok", BOTH, current="tr", started=True) == "tr"
    assert detect_language("How long does the effect of the treatment last?", BOTH, current="tr", started=True) == "en"


def test_one_language_is_never_guessed_away() -> None:
    assert detect_language("Botoksun etkisi ne kadar sürer?", ("en",)) == "en"


@pytest.mark.parametrize("current", ["en", "ar"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How long can I keep a book?", "en"),
        ("Bir kitabı ne kadar süre ödünç alabilirim?", "tr"),
        ("Wie lange kann ich ein Buch ausleihen?", "de"),
        ("На сколько можно взять книгу?", "ru"),
        ("كم مدة استعارة الكتاب؟", "ar"),
        ("Combien de temps puis-je garder un livre ?", "fr"),
        ("¿Cuánto tiempo puedo quedarme un libro?", "es"),
    ],
)
def test_each_message_tells_its_own_language(text: str, expected: str, current: str) -> None:
    assert detect_language(text, SEVEN, current=current) == expected
    assert detect_language(text, SEVEN, current=current, started=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cb de temps sa dure", "fr"),
        ("c koi le prix", "fr"),
        ("q tal duele mucho", "es"),
        ("xq duele", "es"),
        ("puedo ducharme despues", "es"),
        ("kann man des danach", "de"),
        ("wie lang hält des", "de"),
        ("hw long dos it last", "en"),
        ("sonra dus alabilir miyim", "tr"),
    ],
)
def test_function_words_tell_the_language_of_chat_spelling(text: str, expected: str) -> None:
    assert detect_language(text, SEVEN) == expected


@pytest.mark.parametrize("text", ["hello", "thanks", "yes"])
def test_a_short_english_word_on_an_english_page_is_english(text: str) -> None:
    assert detect_language(text, SEVEN, current="en") == "en"


@pytest.mark.parametrize("text", ["ok", "si", "hmm"])
@pytest.mark.parametrize("current", ["en", "ru", "tr"])
def test_a_short_message_switches_no_started_conversation(text: str, current: str) -> None:
    assert detect_language(text, SEVEN, current=current, started=True) == current


ROMANISED = [
    "skolko derzhitsya",
    "skoka stoit",
    "mozhno li posle etogo v banyu",
    "4to posle etogo delat",
    "kakaya tsena",
    "kak dolgo eto derzhitsya",
]


@pytest.mark.parametrize("text", ROMANISED)
def test_russian_in_latin_letters_is_russian(text: str) -> None:
    assert is_romanised_russian(text)
    assert detect_language(text, SEVEN) == "ru"
    assert detect_language(text, SEVEN, current="en", started=True) == "ru"
    assert foreign_language(text, SEVEN) is None


def test_russian_in_latin_letters_needs_russian() -> None:
    assert detect_language("skolko derzhitsya", BOTH) in BOTH


@pytest.mark.parametrize(
    "text",
    [
        "How long can I keep a book?",
        "can i know the price please",
        "nasil yapiliyor bu islem",
        "wo kann man das machen lassen",
        "je peux me doucher apres",
        "puedo ducharme despues",
        "Сколько держится",  # not in Latin letters
        "skolko",  # a single word
        "Skolkovo is a district of Moscow",
        "",
    ],
)
def test_other_lines_are_no_russian_in_latin_letters(text: str) -> None:
    assert not is_romanised_russian(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Buongiorno, vorrei sapere quanto dura l'effetto", "it"),
        ("Hoe lang mag ik een boek van de bibliotheek houden?", "nl"),
        ("Bao lâu thì tôi phải trả lại cuốn sách?", "vi"),
        ("Скільки часу можна тримати книжку з бібліотеки?", "uk"),
        ("چه مدت می‌توانم کتاب را نگه دارم؟", "fa"),
        ("میں کتاب کتنے دن رکھ سکتا ہوں", "ur"),
        ("我可以借书多久", "zh"),
        ("どのくらい本を借りられますか", "ja"),
        ("כמה זמן אפשר להחזיק ספר", "he"),
        ("Πόσο καιρό μπορώ να κρατήσω το βιβλίο", "el"),
        ("किताब कितने दिन", "hi"),
    ],
)
def test_a_foreign_language_is_named(text: str, language: str) -> None:
    assert foreign_language(text, SEVEN) == language


@pytest.mark.parametrize(
    "text",
    [
        "How long can I keep a book?",
        "Bir kitabı ne kadar süre ödünç alabilirim?",
        "Wie lange kann ich ein Buch ausleihen?",
        "На сколько можно взять книгу?",
        "كم مدة استعارة الكتاب؟",
        "Combien de temps puis-je garder un livre ?",
        "¿Cuánto tiempo puedo quedarme un libro?",
        "hw long dos it last",
        "cb de temps sa dure",
        "skolko derzhitsya",
        "quanto costa",  # too short to be sure
        "ciao",
        "asdf qwer zxcv uiop jkl",
        "ok",
        "112",
        "👍?!",
        "",
    ],
)
def test_in_doubt_no_language_is_foreign(text: str) -> None:
    assert foreign_language(text, SEVEN) is None


def test_a_language_of_the_clinic_is_never_foreign() -> None:
    assert foreign_language("Πόσο καιρό μπορώ να κρατήσω το βιβλίο", (*SEVEN, "el")) is None
    assert foreign_language("Скільки часу можна тримати книжку з бібліотеки?", (*SEVEN, "uk")) is None


def test_a_very_long_text_has_a_language_too() -> None:
    text = "i am so worried about it and what if it is not going to be all right for me and my face " * 80
    assert len(text) > 5_000
    assert detect_language(text, ("en", "tr", "de", "ru", "ar", "fr", "es")) == "en"
