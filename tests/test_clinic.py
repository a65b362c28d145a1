from datetime import date, datetime, time, timezone

import pytest

from clinicbot.clinic import load_clinic, read_clinic
from clinicbot.yaml_files import ContentError
from tests.conftest import PHONE_URI, MakeClinic, WriteClinic

# A Wednesday in summer: London is one hour ahead of UTC
WEDNESDAY = date(2026, 7, 15)


def utc(hour: int, minute: int = 0, day: date = WEDNESDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), timezone.utc)


def test_addresses_to_call(make_clinic: MakeClinic) -> None:
    clinic = make_clinic()
    assert clinic.phone_uri == PHONE_URI
    assert clinic.emergency_uri == "tel:112"


def test_a_national_number_is_called_in_international_form(make_clinic: MakeClinic) -> None:
    assert make_clinic(phone="020 7946 0123").phone_uri == PHONE_URI


def test_without_hours_nothing_is_known(make_clinic: MakeClinic) -> None:
    assert make_clinic().opening_at(utc(12)) is None


@pytest.mark.parametrize(
    ("now", "is_open", "changes_at"),
    [
        pytest.param(utc(7, 59), False, "2026-07-15T09:00:00+01:00", id="a minute before"),
        pytest.param(utc(8), True, "2026-07-15T13:00:00+01:00", id="opens, in the clinic's own time"),
        pytest.param(utc(11, 59), True, "2026-07-15T13:00:00+01:00", id="last minute"),
        pytest.param(utc(12), False, "2026-07-15T14:00:00+01:00", id="lunch"),
        pytest.param(utc(20), False, "2026-07-17T10:00:00+01:00", id="next opening is the day after tomorrow"),
        pytest.param(utc(23, 30), False, "2026-07-17T10:00:00+01:00", id="already tomorrow in London"),
    ],
)
def test_opening_by_weekday(make_clinic: MakeClinic, now: datetime, is_open: bool, changes_at: str) -> None:
    clinic = make_clinic(opening_hours={"wednesday": ["14:00-18:00", "09:00-13:00"], "friday": ["10:00-12:00"]})
    opening = clinic.opening_at(now)
    assert opening is not None
    assert opening.is_open is is_open
    assert opening.changes_at is not None
    assert opening.changes_at.isoformat() == changes_at


CHRISTMAS = date(2026, 12, 25)  # a Friday


def test_public_holiday_closes_unless_configured_otherwise(make_clinic: MakeClinic) -> None:
    hours = {"friday": ["09:00-17:00"]}
    closed, opened = make_clinic(opening_hours=hours), make_clinic(opening_hours=hours, public_holidays="open")
    assert closed.intervals_on(CHRISTMAS) == ()
    assert opened.intervals_on(CHRISTMAS) == ((time(9), time(17)),)
    before = closed.opening_at(utc(12, day=CHRISTMAS))
    assert before is not None
    assert before.changes_at is not None
    # 1 January 2027 is a Friday and a holiday as well
    assert before.changes_at.date() == date(2027, 1, 8)


def test_exception_beats_holiday_and_weekday(make_clinic: MakeClinic) -> None:
    clinic = make_clinic(
        opening_hours={"wednesday": ["09:00-17:00"], "friday": ["09:00-17:00"]},
        exceptions={"2026-12-25": ["10:00-12:00"], "2026-07-15": []},
    )
    assert clinic.intervals_on(CHRISTMAS) == ((time(10), time(12)),)
    assert clinic.intervals_on(WEDNESDAY) == ()


def test_exceptions_alone_are_hours_and_a_fortnight_is_looked_ahead(make_clinic: MakeClinic) -> None:
    opening = make_clinic(exceptions={"2026-07-29": ["09:00-10:00"]}).opening_at(utc(12))
    assert opening is not None
    assert opening.changes_at is not None
    assert opening.changes_at.date() == date(2026, 7, 29)
    opening = make_clinic(exceptions={"2026-07-30": ["09:00-10:00"]}).opening_at(utc(12))
    assert opening is not None
    assert (opening.is_open, opening.changes_at) == (False, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"phone": None}, "phone is missing"),
        ({"retention_days": None}, "retention_days is missing"),
        ({"phone": "+44 20 7946"}, "not a valid telephone number"),
        ({"phone": "call us"}, "clinic.yml"),
        ({"opening_hours": {"wendesday": ["09:00-10:00"]}}, "unknown days"),
        ({"opening_hours": {"monday": ["18:00-09:00"]}}, "ends before it begins"),
        ({"opening_hours": {"monday": ["nine to five"]}}, "clinic.yml"),
        ({"public_holidays": "maybe"}, "must be one of closed, open"),
        ({"retention_days": "a month"}, "clinic.yml"),
        ({"exceptions": {"someday": []}}, "clinic.yml"),
    ],
)
def test_mistakes_are_named(write_clinic: WriteClinic, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ContentError, match=message):
        read_clinic(write_clinic(**changes))


def test_unknown_time_zone_is_a_content_error(write_clinic: WriteClinic) -> None:
    with pytest.raises(ContentError, match="Europe/Londn"):
        read_clinic(write_clinic(time_zone="Europe/Londn"))


def test_the_real_clinic_is_readable() -> None:
    assert load_clinic().languages[0] == "en"


def test_changed_hours_count_at_once_and_the_rest_at_the_next_start(
    use_clinic: MakeClinic, write_clinic: WriteClinic
) -> None:
    before = use_clinic()
    write_clinic(opening_hours={"monday": ["09:00-13:00"]}, public_holidays="open", phone="+44 20 7946 0999")
    now = load_clinic()
    assert now.opening_hours == {"monday": ((time(9), time(13)),)}
    assert not now.closed_on_public_holidays
    assert now.phone == before.phone


def test_a_file_that_was_broken_meanwhile_changes_nothing(
    use_clinic: MakeClinic, write_clinic: WriteClinic, caplog: pytest.LogCaptureFixture
) -> None:
    before = use_clinic()
    path = write_clinic(opening_hours={"monday": ["later"]})
    assert load_clinic() == before
    path.unlink()
    assert load_clinic() == before
    assert "opening hours" in caplog.text
