"""What several test modules need. Numbers here are Ofcom's for drama: valid in form, nobody's telephone."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy.engine import Engine

from clinicbot import paths
from clinicbot.clinic import Clinic, load_clinic, read_clinic
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.store.database import open_database
from tests.databases import KINDS, new_database

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PHONE = "+44 20 7946 0123"
PHONE_URI = "tel:+442079460123"
CLINIC = {
    "name": "Test Clinic",
    "phone": PHONE,
    "emergency_number": "112",
    "country": "GB",
    "time_zone": "Europe/London",
    "languages": ["en", "tr"],
    "opening_hours": {},
    "public_holidays": "closed",
    "exceptions": {},
    "retention_days": 30,
}


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind that the gateway can use."""
    with new_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


WriteClinic = Callable[..., Path]
MakeClinic = Callable[..., Clinic]


@pytest.fixture
def write_clinic(tmp_path: Path) -> WriteClinic:
    """Writes a clinic.yml that differs from the test clinic's in the given keys; None leaves a key out."""

    def write(**changes: object) -> Path:
        entries = {key: value for key, value in {**CLINIC, **changes}.items() if value is not None}
        path = tmp_path / "clinic.yml"
        path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
        return path

    return write


@pytest.fixture
def make_clinic(write_clinic: WriteClinic) -> MakeClinic:
    return lambda **changes: read_clinic(write_clinic(**changes))


@pytest.fixture
def use_clinic(write_clinic: WriteClinic, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeClinic]:
    """Makes the test clinic (with changes) the clinic of this checkout until the test ends."""

    def forget() -> None:
        load_clinic.cache_clear()
        load_emergency_text.cache_clear()

    def use(**changes: object) -> Clinic:
        monkeypatch.setattr(paths, "CLINIC", write_clinic(**changes))
        forget()
        return load_clinic()

    yield use
    forget()
