from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from clinicbot import paths
from clinicbot.clinic import Clinic, load_clinic
from clinicbot.safety.emergency import EMERGENCY_FILE, EmergencyText, load_emergency_text
from clinicbot.safety.emergency import filled as fill_entry
from tests.conftest import PHONE, MakeClinic

LOCKED = "3434f9ef325958f2a5a7f1c6432a7ab09b656bb3555d161e5f28c40aac1b2408"
ENTRIES: dict[str, dict[str, str]] = yaml.safe_load(EMERGENCY_FILE.read_text(encoding="utf-8"))
# What to do first, before any reason for it
FIRST_LINES = {
    "en": "Call 112 now.",
    "tr": "Hemen 112'yi arayın.",
    "es": "Llame al 112 ahora.",
    "ru": "Сейчас же звоните 112.",
    "de": "Rufen Sie jetzt 112 an.",
    "ar": "اتصل بالرقم 112 الآن.",
    "fr": "Appelez le 112 maintenant.",
}


def test_the_emergency_text_is_the_one_that_was_approved() -> None:
    assert sha256(EMERGENCY_FILE.read_bytes()).hexdigest() == LOCKED, (
        "data/safety/emergency.yml was changed. It is the text that somebody who can't breathe reads, so it is locked: "
        "if the change wasn't meant, restore the file (git checkout data/safety/emergency.yml). If it was, have a "
        "doctor of the clinic approve every language, name them in the commit message, and only then write the new "
        "SHA-256 of the file into LOCKED in this test."
    )


@pytest.fixture
def clinic(make_clinic: MakeClinic) -> Clinic:
    return make_clinic()


def filled(language: str, clinic: Clinic) -> EmergencyText:
    return fill_entry(ENTRIES[language], language, clinic)


def test_every_language_of_the_clinic_has_one() -> None:
    assert set(load_clinic().languages) <= set(ENTRIES) <= set(FIRST_LINES)


@pytest.mark.parametrize("language", load_clinic().languages)
def test_every_language_of_the_clinic_begins_with_its_own_call_to_the_emergency_number(language: str) -> None:
    clinic, emergency = load_clinic(), load_emergency_text(language)
    first, *_, last = emergency.text.splitlines()
    assert clinic.emergency_number in first
    assert clinic.phone in last
    others = [load_emergency_text(other).text for other in clinic.languages if other != language]
    assert emergency.text not in others


@pytest.mark.parametrize("language", ENTRIES)
def test_the_first_line_is_the_call_to_the_emergency_number_and_nothing_else(language: str, clinic: Clinic) -> None:
    assert filled(language, clinic).text.splitlines()[0] == FIRST_LINES[language]


@pytest.mark.parametrize("language", ENTRIES)
def test_the_clinic_comes_last(language: str, clinic: Clinic) -> None:
    lines = filled(language, clinic).text.splitlines()
    assert PHONE in lines[-1]
    assert not any(PHONE in line for line in lines[:-1])


@pytest.mark.parametrize("language", ENTRIES)
def test_every_placeholder_is_filled(language: str, clinic: Clinic) -> None:
    text = filled(language, clinic)
    for part in (text.text, text.red_list, text.call_emergency, text.call_clinic):
        assert "$" not in part
        assert "{" not in part
    assert "112" in text.red_list
    assert "112" in text.call_emergency


@pytest.mark.parametrize("language", ENTRIES)
def test_the_number_is_the_clinics_and_not_written_into_the_text(language: str, make_clinic: MakeClinic) -> None:
    assert filled(language, make_clinic(emergency_number="999")).text.count("112") == 0
    assert "999" in filled(language, make_clinic(emergency_number="999")).text.splitlines()[0]


def test_a_language_without_a_text_gets_the_english_one() -> None:
    assert load_emergency_text("xx") == load_emergency_text("en")


def test_nothing_but_the_file_of_the_checkout_is_read() -> None:
    assert Path(EMERGENCY_FILE) == paths.ROOT / "data" / "safety" / "emergency.yml"
