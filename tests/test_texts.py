import re
from pathlib import Path

import pytest

from clinicbot import paths
from clinicbot.clinic import load_clinic
from clinicbot.texts import Texts, fill, load_texts, other_languages, read_texts
from clinicbot.yaml_files import ContentError
from tests.conftest import PHONE

LANGUAGES = load_clinic().languages
NAMES_THE_PHONE = (
    *("handover_", "complication_", "fallback", "failure", "phone_line"),
    *("not_understood_part", "out_of_scope", "other_language"),
)
ISOLATED = f"\u2066{PHONE}\u2069"
_PLACEHOLDER = re.compile(r"\$(\w+)")


def raw(language: str) -> dict[str, str]:
    texts = load_texts(language)
    return {key: texts._entries[key] for key in texts.keys()}  # noqa: SIM118 - Texts is no mapping


def test_placeholders_are_filled() -> None:
    assert Texts("en", {"call": "Call $clinic"}).get("call", clinic="Test Clinic") == "Call Test Clinic"


def test_a_missing_value_or_key_is_an_error_and_no_text_with_a_dollar_sign() -> None:
    texts = Texts("en", {"call": "Call $clinic"})
    with pytest.raises(KeyError):
        texts.get("call")
    with pytest.raises(KeyError):
        texts.get("other")


def test_only_a_number_is_isolated() -> None:
    assert fill("$clinic", "ar", clinic="Test Clinic") == "Test Clinic"


def test_a_placeholder_without_a_value_is_an_error_in_any_language() -> None:
    for language in ("en", "ar"):
        with pytest.raises(KeyError):
            fill("$phone $emergency", language, phone=PHONE)


def test_a_language_without_a_file_speaks_english() -> None:
    assert load_texts("xx").get("monday") == load_texts("en").get("monday")


@pytest.mark.parametrize("content", ["- a\n- b\n", "greeting:\n", "greeting: '  '\n", "greeting: 5\n"])
def test_malformed_files_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "en.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ContentError, match=r"en\.yml"):
        read_texts(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_of_the_clinic_has_the_same_texts_with_the_same_placeholders(language: str) -> None:
    assert (paths.TEXTS / f"{language}.yml").exists()
    english, other = raw("en"), raw(language)
    assert other.keys() == english.keys()
    for key, text in other.items():
        assert set(_PLACEHOLDER.findall(text)) == set(_PLACEHOLDER.findall(english[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_hands_over_names_the_number_and_failure_both_numbers(language: str) -> None:
    for key, text in raw(language).items():
        if key.startswith(NAMES_THE_PHONE):
            assert "$phone" in text, key
    for key in ("failure", "out_of_scope", "other_language"):
        assert "$emergency" in raw(language)[key], key


@pytest.mark.parametrize(("language", "shown"), [("en", PHONE), ("ru", PHONE), ("ar", ISOLATED), ("fa", ISOLATED)])
def test_a_phone_number_keeps_its_order_among_right_to_left_words(language: str, shown: str) -> None:
    assert fill("$phone, $emergency", language, phone=PHONE, emergency="112") == f"{shown}, 112"
    assert Texts(language, {"call": "$phone"}).get("call", phone=PHONE) == shown


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert fill("$part: $phone", "en", part="$phone", phone=PHONE) == f"$phone: {PHONE}"


@pytest.mark.parametrize("language", other_languages())
def test_a_language_that_is_not_spoken_is_answered_with_both_numbers(language: str) -> None:
    assert language not in LANGUAGES
    assert set(_PLACEHOLDER.findall(other_languages()[language])) == {"phone", "emergency"}


@pytest.mark.parametrize("language", other_languages())
def test_a_language_that_is_not_spoken_has_a_text_of_its_own(language: str) -> None:
    assert re.fullmatch("[a-z]{2}", language)
    assert list(other_languages().values()).count(other_languages()[language]) == 1
