"""The clinic's own settings: the page, and the writer of clinic.yml behind it."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from clinicbot import paths
from clinicbot.clinic import WEEKDAYS, Clinic, read_clinic
from clinicbot.console import clinic_file
from clinicbot.console.clinic_file import ClinicChange, ClinicChanged, change_clinic, read_versioned
from clinicbot.console.settings_pages import parse_hours
from clinicbot.store.people import Role
from clinicbot.yaml_files import ContentError
from tests.conftest import PHONE
from tests.console.conftest import Client, ClientOf, Running

OTHER_PHONE = "+44 20 7946 0999"
COMMENTED = f"""\
# What is known of the clinic.
name: Test Clinic
phone: "{PHONE}"
emergency_number: "112"
country: GB                     # ISO 3166
time_zone: Europe/London
languages: [en, tr]

# Opening hours.
opening_hours: {{}}
public_holidays: closed         # closed | open
# Single days.
exceptions: {{2026-12-31: ["09:00-13:00"]}}

# In days.
retention_days: 30
of_our_own: [kept, as, it, is]
"""
CHANGE = ClinicChange(
    phone=PHONE,
    opening_hours={"monday": ("09:00-13:00", "14:00-18:00"), "sunday": ()},
    closed_on_public_holidays=False,
    exceptions={date(2027, 1, 2): (), date(2026, 12, 31): ("09:00-13:00",)},
    retention_days=14,
)


@pytest.fixture
def clinic_yml(tmp_path: Path) -> Path:
    path = tmp_path / "clinic" / "clinic.yml"
    path.parent.mkdir()
    path.write_text(COMMENTED, encoding="utf-8")
    return path


def change(path: Path, changed: ClinicChange) -> Clinic:
    change_clinic(path, changed, read_versioned(path)[1])
    return read_clinic(path)


def test_changes_are_written_and_comments_and_other_keys_stay(clinic_yml: Path) -> None:
    clinic = change(clinic_yml, CHANGE)
    assert clinic.opening_hours == {"monday": ((time(9), time(13)), (time(14), time(18)))}
    assert clinic.exceptions == {date(2026, 12, 31): ((time(9), time(13)),), date(2027, 1, 2): ()}
    assert (clinic.closed_on_public_holidays, clinic.retention_days) == (False, 14)
    text = clinic_yml.read_text(encoding="utf-8")
    for line in COMMENTED.splitlines():
        if line.startswith(("#", "name", "phone", "emergency", "country", "time_zone", "languages", "of_our_own")):
            assert line in text.splitlines()
    assert "public_holidays: open         # closed | open" in text


def test_a_second_change_undoes_the_first_and_loses_no_comment(clinic_yml: Path) -> None:
    before = read_clinic(clinic_yml)
    change(clinic_yml, CHANGE)
    back = ClinicChange(PHONE, {}, True, {date(2026, 12, 31): ("09:00-13:00",)}, 30)
    assert change(clinic_yml, back) == before
    comments = [line for line in COMMENTED.splitlines() if line.startswith("#")]
    assert [line for line in clinic_yml.read_text(encoding="utf-8").splitlines() if line.startswith("#")] == comments


def test_writing_what_is_there_already_changes_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "clinic.yml"
    path.write_bytes(paths.CLINIC.read_bytes())
    clinic = read_clinic(path)
    same = ClinicChange(clinic.phone, {}, clinic.closed_on_public_holidays, {}, clinic.retention_days)
    change(path, same)
    assert path.read_bytes() == paths.CLINIC.read_bytes()


def test_a_key_that_was_missing_is_added(clinic_yml: Path) -> None:
    clinic_yml.write_text(COMMENTED.replace("opening_hours: {}\n", "").rstrip("\n"), encoding="utf-8")
    assert change(clinic_yml, CHANGE).opening_hours.keys() == {"monday"}


def test_a_change_of_an_older_version_is_refused(clinic_yml: Path) -> None:
    _clinic, version = read_versioned(clinic_yml)
    change(clinic_yml, CHANGE)
    written = clinic_yml.read_bytes()
    with pytest.raises(ClinicChanged):
        change_clinic(clinic_yml, CHANGE, version)
    assert clinic_yml.read_bytes() == written


@pytest.mark.parametrize("wrong", [{"phone": "12"}, {"opening_hours": {"monday": ("18:00-09:00",)}}])
def test_what_the_assistant_could_not_read_is_not_written(clinic_yml: Path, wrong: dict[str, Any]) -> None:
    changed = ClinicChange(**{**vars(CHANGE), **wrong})
    with pytest.raises(ContentError):
        change(clinic_yml, changed)
    assert clinic_yml.read_text(encoding="utf-8") == COMMENTED
    assert [path.name for path in clinic_yml.parent.iterdir()] == ["clinic.yml"]


def test_a_full_disk_leaves_the_old_file(clinic_yml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(clinic_file, "replace_file", full)
    with pytest.raises(OSError, match="No space"):
        change(clinic_yml, CHANGE)
    assert clinic_yml.read_text(encoding="utf-8") == COMMENTED


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", ()),
        ("09:00-13:00", ("09:00-13:00",)),
        ("9-13, 14.00–18.30", ("09:00-13:00", "14:00-18:30")),
        ("09:00 - 13:00; 14:00 — 18:00,", ("09:00-13:00", "14:00-18:00")),
    ],
)
def test_hours_may_be_written_in_many_ways(text: str, hours: tuple[str, ...]) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize("text", ["nine", "9", "13-9", "9-13, 12-18", "25:00-26:00", "09:60-10:00", "9-13 14-18"])
def test_hours_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_hours(text)


# the page


@pytest.fixture
def administrator(client_of: ClientOf) -> Client:
    return client_of(Role.ADMINISTRATOR, username="admin")


def fields_of(client: Client, **changes: str) -> dict[str, Any]:
    """What the form would send, with changes."""
    _clinic, version = read_versioned(client.console.root / "data" / "clinic.yml")
    fields = {"version": version, "phone": PHONE, "closed_on_public_holidays": "y", "retention_days": "30"}
    fields |= {f"week-{day}": "" for day in WEEKDAYS}
    return {**fields, **changes}


def test_the_page_changes_hours_and_days_for_all_to_see(running: Running, administrator: Client) -> None:
    fields = fields_of(
        administrator,
        **{
            "week-monday": "9-13, 14-18",
            "days-0-day": "2027-01-02",
            "days-0-hours": "",
            "days-1-day": "",
            "days-1-hours": "",
        },
    )
    response = administrator.post("/staff/settings", fields)
    assert response.status_code == 303
    page = administrator.get("/staff/settings").text
    assert "09:00–13:00, 14:00–18:00" in page
    assert 'value="2027-01-02"' in page
    clinic = running.console.clinic
    assert clinic.exceptions == {date(2027, 1, 2): ()}
    (entry,) = running.console.audit.all()
    assert (entry.person, entry.action) == ("admin", "clinic")
    assert PHONE not in str(entry.details)


def test_a_new_number_says_when_it_counts(running: Running, administrator: Client) -> None:
    response = administrator.post("/staff/settings", fields_of(administrator, phone=OTHER_PHONE))
    assert "once the assistant is started again" in administrator.get(response.headers["location"]).text
    assert running.console.clinic.phone == OTHER_PHONE
    assert "+" not in str([entry.details for entry in running.console.audit.all()])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"phone": "12"}, "not a valid telephone number"),
        ({"phone": ""}, "Please fill this in"),
        ({"week-monday": "from nine"}, "Write the hours like this"),
        ({"days-0-day": "", "days-0-hours": "9-13"}, "These hours have no date"),
        ({"days-0-day": "31.12.2026", "days-0-hours": ""}, "Not a valid date"),
        ({"retention_days": "0"}, "from 1 to 3650"),
        ({"retention_days": "many"}, "Not a valid integer"),
    ],
)
def test_what_is_wrong_is_said_and_linked_and_nothing_is_written(
    root: Path, administrator: Client, changes: dict[str, str], words: str
) -> None:
    before = (root / "data" / "clinic.yml").read_bytes()
    response = administrator.post("/staff/settings", fields_of(administrator, **changes))
    assert response.status_code == 422
    assert words in response.text
    assert f'href="#{next(iter(changes))}"' in response.text or "days-0" in response.text
    assert (root / "data" / "clinic.yml").read_bytes() == before


def test_two_administrators_do_not_overwrite_each_other_unawares(running: Running, administrator: Client) -> None:
    older = fields_of(administrator, **{"week-friday": "9-12"})
    administrator.post("/staff/settings", fields_of(administrator, **{"week-monday": "9-13"}))
    response = administrator.post("/staff/settings", older)
    assert response.status_code == 409
    assert "Somebody else has changed" in response.text
    assert 'value="9-12"' in response.text
    assert running.console.clinic.opening_hours.keys() == {"monday"}


def test_the_emergency_number_is_on_no_form_and_a_field_of_that_name_changes_nothing(
    running: Running, administrator: Client
) -> None:
    page = administrator.get("/staff/settings").text
    assert 'value="112"' not in page
    administrator.post("/staff/settings", fields_of(administrator, emergency_number="999", name="X", country="FR"))
    clinic = running.console.clinic
    assert (clinic.emergency_number, clinic.name, clinic.country) == ("112", "Test Clinic", "GB")


@pytest.mark.parametrize(
    ("setting", "approvers", "needed"),
    [("auto", 1, False), ("auto", 2, True), ("always", 0, True), ("never", 3, False)],
)
def test_a_second_person_is_needed_as_the_setting_says(
    running: Running, administrator: Client, setting: str, approvers: int, needed: bool
) -> None:
    for number in range(approvers):
        running.add(f"approver{number}", Role.APPROVER)
    running.console.people.add("invited", "Invited", [Role.APPROVER], "en")
    administrator.post("/staff/settings/second-person", {"second_person": setting})
    assert running.console.preferences.needs_second_person() is needed
    words = "yes, a second person" if needed else "no, one person is enough"
    assert words in administrator.get("/staff/settings").text


def test_a_setting_that_does_not_exist_changes_nothing(running: Running, administrator: Client) -> None:
    administrator.post("/staff/settings/second-person", {"second_person": "sometimes"})
    assert running.console.preferences.second_person().value == "auto"
    assert list(running.console.audit.all()) == []
