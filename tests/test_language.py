import pytest

from clinicbot.language import detect_language

BOTH = ("en", "tr")


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
