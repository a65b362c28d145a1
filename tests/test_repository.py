"""Promises about the repository itself: one place for the phone number, no large files, documented settings."""

import re
import subprocess
from dataclasses import fields
from functools import lru_cache
from pathlib import Path

import phonenumbers
import pytest
import yaml

from clinicbot import paths
from clinicbot.clinic import load_clinic
from clinicbot.faq import facts, linter
from clinicbot.faq.files import phrasings_of, read_faqs, read_intents
from clinicbot.nlu import connectives
from clinicbot.settings import Settings
from clinicbot.texts import DEFAULT_LANGUAGE
from clinicbot.yaml_files import read_yaml

MAX_BYTES = 1_000_000
README = paths.ROOT / "README.md"
TEST_SETS = sorted((paths.ROOT / "tests" / "nlu").glob("*.yml"))
_VARIABLE = re.compile(r"\b(?:CLINICBOT|WHATSAPP|TWILIO)_[A-Z_]+")


@lru_cache(maxsize=1)
def repository_files() -> tuple[Path, ...]:
    """Tracked files and new ones that aren't ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=paths.ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("not a Git checkout")
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return tuple(path for path in (paths.ROOT / name for name in names) if path.is_file())


def phone_pattern(phone: str, country: str) -> re.Pattern[str]:
    """The national digits in any spacing, whatever stands in front of them."""
    digits = phonenumbers.national_significant_number(phonenumbers.parse(phone, country))
    return re.compile(r"[\s().\-–/\u00a0]{0,3}".join(digits))


@pytest.mark.parametrize(
    "text", ["+44 20 7946 0123", "02079460123", "(020) 7946-0123", "tel:+442079460123", "20.79.46.01.23"]
)
def test_the_number_is_recognised_in_any_spelling(text: str) -> None:
    assert phone_pattern("020 7946 0123", "GB").search(text)


def test_the_phone_number_stands_in_clinic_yml_only() -> None:
    clinic = load_clinic()
    pattern = phone_pattern(clinic.phone, clinic.country)
    assert pattern.search(paths.CLINIC.read_text(encoding="utf-8"))
    holders = []
    for path in repository_files():
        content = path.read_bytes()
        if path != paths.CLINIC and b"\0" not in content and pattern.search(content.decode("utf-8", "replace")):
            holders.append(path.relative_to(paths.ROOT).as_posix())
    assert holders == [], "the number must be read from data/clinic.yml"


def test_no_file_is_larger_than_a_megabyte() -> None:
    large = {path.name: path.stat().st_size for path in repository_files() if path.stat().st_size > MAX_BYTES}
    assert large == {}


def test_nothing_that_is_made_at_run_time_is_in_the_repository() -> None:
    made = (".db", ".sqlite", ".tar.gz", ".key", ".pem", ".pyc", ".log", ".env")
    names = [path.relative_to(paths.ROOT).as_posix() for path in repository_files()]
    assert [name for name in names if name.endswith(made)] == []


def test_every_setting_is_in_the_readme_and_nothing_else() -> None:
    assert README.exists(), "README.md is not written yet"
    text = README.read_text(encoding="utf-8")
    table = {name for line in text.splitlines() if line.startswith("|") for name in _VARIABLE.findall(line)}
    variables = {option.metadata["variable"] for option in fields(Settings)}
    assert table == variables
    assert set(_VARIABLE.findall(text)) <= variables


def test_the_content_has_no_findings() -> None:
    findings = linter.lint()
    assert findings == [], "\n" + linter.report(findings)


LANGUAGES = load_clinic().languages


def test_the_model_is_trained_for_the_clinics_languages() -> None:
    pipeline = read_yaml(paths.ROOT / "config.yml")["pipeline"]
    (languages,) = [component["languages"] for component in pipeline if "languages" in component]
    assert tuple(languages) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_of_the_clinic_has_all_its_files(language: str) -> None:
    needed = [
        paths.TEXTS / f"{language}.yml",
        paths.SAFETY / f"red_flags.{language}.yml",
        connectives.FOLDER / f"{language}.yml",
    ]
    assert [path.name for path in needed if not path.exists()] == []
    assert language in read_yaml(paths.SAFETY / "emergency.yml")
    assert language in facts.LANGUAGES


def small_talk() -> dict[str, dict[str, str]]:
    """The fixed replies of the dialogue by language."""
    replies: dict[str, dict[str, str]] = {}
    for path in sorted(paths.DIALOGUE.glob("*.yml")):
        for action, variations in (read_yaml(path).get("responses") or {}).items():
            for variation in variations:
                conditions = variation.get("condition") or []
                language = next((c["value"] for c in conditions if c["name"] == "language"), DEFAULT_LANGUAGE)
                replies.setdefault(action, {})[language] = variation["text"]
    return replies


def test_there_is_small_talk() -> None:
    assert {"utter_greet", "utter_thank", "utter_goodbye"} <= set(small_talk())


@pytest.mark.parametrize("language", LANGUAGES)
def test_small_talk_is_answered_in_every_language_of_the_clinic(language: str) -> None:
    silent = [action for action, texts in small_talk().items() if not texts.get(language, "").strip()]
    assert silent == []


def test_small_talk_in_one_language_is_not_in_another() -> None:
    for action, texts in small_talk().items():
        assert len(set(texts.values())) == len(texts), action


@lru_cache(maxsize=1)
def training_phrasings() -> dict[str, str]:
    """Where each training phrasing stands, by fingerprint."""
    owners = {linter.fingerprint(text): faq.id for faq in read_faqs(paths.FAQ) for text in faq.phrasings}
    for path in sorted(paths.DIALOGUE.glob("*.yml")):
        for intent, texts in read_intents(path).items():
            owners |= {linter.fingerprint(text): intent for text in texts}
    return owners


def test_there_are_test_sets_and_training_phrasings() -> None:
    assert TEST_SETS
    assert len(training_phrasings()) > 1_000


@pytest.mark.parametrize("path", TEST_SETS, ids=lambda path: path.stem)
def test_no_test_phrasing_was_trained_on(path: Path) -> None:
    blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
    texts = [text for block in blocks for text in phrasings_of(block["examples"], f"{path}: {block['intent']}")]
    assert texts
    owners = training_phrasings()
    trained = {text: owners[key] for text in texts if (key := linter.fingerprint(text)) in owners}
    assert trained == {}
