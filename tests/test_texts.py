import re
from pathlib import Path

import pytest

from clinicbot import paths
from clinicbot.clinic import load_clinic
from clinicbot.texts import Texts, load_texts, read_texts
from clinicbot.yaml_files import ContentError

LANGUAGES = load_clinic().languages
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
        if key.startswith(("handover_", "complication_", "fallback", "failure", "phone_line")):
            assert "$phone" in text, key
    assert "$emergency" in raw(language)["failure"]
