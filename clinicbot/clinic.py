"""The clinic itself: phone line, emergency number, opening hours. `data/clinic.yml` is the only source."""

import logging
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import phonenumbers

from clinicbot import paths
from clinicbot.yaml_files import ContentError, read_yaml

logger = logging.getLogger(__name__)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Interval = tuple[time, time]


@dataclass(frozen=True)
class Opening:
    """Whether the phone line is answered at a moment, and until or from when (clinic's own time)."""

    is_open: bool
    changes_at: datetime | None


@dataclass(frozen=True)
class Clinic:
    name: str
    phone: str
    emergency_number: str
    country: str
    time_zone: ZoneInfo
    languages: tuple[str, ...]
    opening_hours: dict[str, tuple[Interval, ...]]
    closed_on_public_holidays: bool
    exceptions: dict[date, tuple[Interval, ...]]
    retention_days: int

    @property
    def phone_uri(self) -> str:
        return "tel:" + phonenumbers.format_number(
            phonenumbers.parse(self.phone, self.country), phonenumbers.PhoneNumberFormat.E164
        )

    @property
    def emergency_uri(self) -> str:
        return f"tel:{self.emergency_number}"

    def intervals_on(self, day: date) -> tuple[Interval, ...]:
        """The day's opening intervals: an exception beats a public holiday, which beats the weekday."""
        if day in self.exceptions:
            return self.exceptions[day]
        if self.closed_on_public_holidays and day in _public_holidays(self.country, day.year):
            return ()
        return self.opening_hours.get(WEEKDAYS[day.weekday()], ())

    def opening_at(self, now: datetime) -> Opening | None:
        """Open or closed at `now` (aware datetime); None where no hours are configured.

        `changes_at` is the closing time while open, else the next opening within 14 days, else None.
        """
        if not self.opening_hours and not self.exceptions:
            return None
        local = now.astimezone(self.time_zone)
        for begin, end in self.intervals_on(local.date()):
            if begin <= local.time() < end:
                return Opening(True, datetime.combine(local.date(), end, self.time_zone))
        for offset in range(15):
            day = local.date() + timedelta(days=offset)
            for begin, _ in self.intervals_on(day):
                opens = datetime.combine(day, begin, self.time_zone)
                if opens > local:
                    return Opening(False, opens)
        return Opening(False, None)


@lru_cache(maxsize=8)
def _public_holidays(country: str, year: int) -> Any:
    return holidays.country_holidays(country, years=year)


class _CurrentClinic:
    """The clinic of this checkout, read once a process, except for its hours: staff change them, and they count at
    once. Everything else stays as it was at the start, in all replies alike. Raises ContentError at the first read; a
    file that was broken later changes nothing.
    """

    def __init__(self) -> None:
        self.cache_clear()

    def cache_clear(self) -> None:
        self._clinic: Clinic | None = None
        self._seen: tuple[int, int, int] | None = None

    def __call__(self) -> Clinic:
        seen = file_version(paths.CLINIC)
        if self._clinic is None:
            self._clinic = read_clinic(paths.CLINIC)
        elif seen != self._seen:
            self._clinic = _with_hours_of(paths.CLINIC, self._clinic)
        self._seen = seen
        return self._clinic


load_clinic = _CurrentClinic()


def file_version(path: Path) -> tuple[int, int, int] | None:
    """Differs after each change of the file; None while it is missing."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _with_hours_of(path: Path, clinic: Clinic) -> Clinic:
    try:
        changed = read_clinic(path)
    except ContentError as error:
        logger.error("the changed opening hours can't be used: %s", error)
        return clinic
    return replace(
        clinic,
        opening_hours=changed.opening_hours,
        exceptions=changed.exceptions,
        closed_on_public_holidays=changed.closed_on_public_holidays,
    )


def read_clinic(path: Path) -> Clinic:
    """Raises ContentError that names the key, for anything missing or malformed."""
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise ContentError(f"{path}: expected keys such as name and phone; see the comments in the file")
    try:
        phone = str(raw["phone"])
        if not phonenumbers.is_valid_number(phonenumbers.parse(phone, raw["country"])):
            raise ContentError(f"{path}: phone {phone!r} is not a valid telephone number")
        return Clinic(
            name=str(raw["name"]),
            phone=phone,
            emergency_number=str(raw["emergency_number"]),
            country=str(raw["country"]),
            time_zone=ZoneInfo(raw["time_zone"]),
            languages=tuple(raw["languages"]),
            opening_hours=_weekly_hours(raw.get("opening_hours") or {}, path),
            closed_on_public_holidays=_choice(raw, "public_holidays", ("closed", "open"), path) == "closed",
            exceptions={
                day if isinstance(day, date) else date.fromisoformat(str(day)): _intervals(hours, path)
                for day, hours in (raw.get("exceptions") or {}).items()
            },
            retention_days=int(raw["retention_days"]),
        )
    except KeyError as error:
        raise ContentError(f"{path}: {error.args[0]} is missing") from error
    except (TypeError, ValueError, phonenumbers.NumberParseException) as error:
        raise ContentError(f"{path}: {error}") from error


def _choice(raw: dict[str, Any], key: str, allowed: tuple[str, ...], path: Path) -> str:
    value = raw.get(key, allowed[0])
    if value not in allowed:
        raise ContentError(f"{path}: {key} must be one of {', '.join(allowed)}, not {value!r}")
    return str(value)


def _weekly_hours(raw: dict[str, list[str]], path: Path) -> dict[str, tuple[Interval, ...]]:
    unknown = set(raw) - set(WEEKDAYS)
    if unknown:
        raise ContentError(f"{path}: opening_hours has unknown days {sorted(unknown)}; use {', '.join(WEEKDAYS)}")
    return {day: _intervals(hours, path) for day, hours in raw.items()}


def _intervals(hours: list[str] | None, path: Path) -> tuple[Interval, ...]:
    intervals = []
    for text in hours or []:
        begin, _, end = text.partition("-")
        interval = (time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
        if interval[0] >= interval[1]:
            raise ContentError(f"{path}: {text!r} ends before it begins")
        intervals.append(interval)
    return tuple(sorted(intervals))
