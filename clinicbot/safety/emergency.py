"""The locked emergency text. Its file is fixed by a hash in the tests; nothing at run time can change it."""

from dataclasses import dataclass
from functools import lru_cache

from clinicbot import paths
from clinicbot.clinic import Clinic, load_clinic
from clinicbot.texts import DEFAULT_LANGUAGE, fill
from clinicbot.yaml_files import read_yaml

EMERGENCY_FILE = paths.SAFETY / "emergency.yml"


@dataclass(frozen=True)
class EmergencyText:
    """`text` begins with the emergency number; `red_list` is the list that stands under an amber handover."""

    text: str
    red_list: str
    call_emergency: str
    call_clinic: str


@lru_cache(maxsize=16)
def load_emergency_text(language: str) -> EmergencyText:
    """The emergency text of a language, in English where there is none."""
    entries = read_yaml(EMERGENCY_FILE)
    code = language if language in entries else DEFAULT_LANGUAGE
    return filled(entries[code], code, load_clinic())


def filled(entry: dict[str, str], language: str, clinic: Clinic) -> EmergencyText:
    values = {"emergency": clinic.emergency_number, "phone": clinic.phone, "clinic": clinic.name}
    return EmergencyText(**{key: fill(text, language, **values).strip() for key, text in entry.items()})
