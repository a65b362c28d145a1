"""What the clinic decides about itself: hours, telephone line, how long conversations are kept, who approves.

The emergency number and the emergency text are not among it; nothing in the console reads or writes `data/safety`.
"""

import re
from datetime import date, time
from pathlib import Path
from typing import Any

import phonenumbers
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from clinicbot import paths
from clinicbot.clinic import WEEKDAYS, Clinic, Interval
from clinicbot.console.clinic_file import ClinicChange, ClinicChanged, Hours, change_clinic, read_versioned
from clinicbot.console.web import Role, allow, console_of, form_of, page, person_of, redirect
from clinicbot.store.console_settings import SECOND_PERSON, SecondPerson
from clinicbot.yaml_files import ContentError

MORE_DAYS = 3  # empty rows for days that differ
MOST_DAYS = 200
_INTERVAL = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")


def parse_hours(text: str) -> Hours:
    """`9-13, 14.00–18.30` as ("09:00-13:00", "14:00-18:30"), in order. Raises ValueError."""
    intervals: list[Interval] = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        match = _INTERVAL.fullmatch(part)
        if match is None:
            raise ValueError(part)
        begin = time(int(match[1]), int(match[2] or 0))
        end = time(int(match[3]), int(match[4] or 0))
        if begin >= end or (intervals and begin < intervals[-1][1]):
            raise ValueError(part)
        intervals.append((begin, end))
    return tuple(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in intervals)


def _shown(intervals: tuple[Interval, ...]) -> str:
    return ", ".join(f"{begin:%H:%M}–{end:%H:%M}" for begin, end in intervals)


class HoursField(StringField):
    """Its `data` are texts like `09:00–13:00, 14:00–18:00`; nothing is closed."""

    def pre_validate(self, form: Form) -> None:
        try:
            parse_hours(self.data or "")
        except ValueError as error:
            raise ValidationError("settings.hours_wrong") from error


class WeekForm(Form):
    monday = HoursField("settings.monday")
    tuesday = HoursField("settings.tuesday")
    wednesday = HoursField("settings.wednesday")
    thursday = HoursField("settings.thursday")
    friday = HoursField("settings.friday")
    saturday = HoursField("settings.saturday")
    sunday = HoursField("settings.sunday")


class DayForm(Form):
    day = DateField("settings.day", [Optional()])
    hours = HoursField("settings.hours")

    def validate_hours(self, field: HoursField) -> None:
        if field.data and not self.day.raw_data[0]:
            raise ValidationError("settings.day_missing")


class ClinicForm(Form):
    version = HiddenField(validators=[InputRequired()])
    phone = StringField(
        "settings.phone", [InputRequired("common.required"), Length(max=40)], description="settings.phone_help"
    )
    week = FormField(WeekForm)
    closed_on_public_holidays = BooleanField("settings.closed_on_public_holidays")
    days = FieldList(FormField(DayForm), max_entries=MOST_DAYS)
    retention_days = IntegerField(
        "settings.retention_days",
        [InputRequired("common.required"), NumberRange(1, 3650, "settings.retention_wrong")],
        description="settings.retention_help",
    )

    def change(self) -> ClinicChange:
        week = {day: parse_hours(self.week[day].data or "") for day in WEEKDAYS}
        days: dict[date, Hours] = {
            row.day.data: parse_hours(row.hours.data or "") for row in self.days if row.day.data is not None
        }
        return ClinicChange(
            phone=self.phone.data.strip(),
            opening_hours=week,
            closed_on_public_holidays=self.closed_on_public_holidays.data,
            exceptions=days,
            retention_days=self.retention_days.data,
        )


class SecondPersonForm(Form):
    second_person = RadioField(
        "settings.second_person",
        [InputRequired("common.required")],
        choices=[(choice.value, f"settings.second_person_{choice.value}") for choice in SecondPerson],
    )


def _path(request: Request) -> Path:
    return console_of(request).root / "data" / paths.CLINIC.name


def _filled(clinic: Clinic, version: str) -> dict[str, Any]:
    days = [{"day": day, "hours": _shown(hours)} for day, hours in sorted(clinic.exceptions.items())]
    return {
        "version": version,
        "phone": clinic.phone,
        "week": {day: _shown(clinic.opening_hours.get(day, ())) for day in WEEKDAYS},
        "closed_on_public_holidays": clinic.closed_on_public_holidays,
        "days": [*days, *({"day": None, "hours": ""} for _ in range(MORE_DAYS))],
        "retention_days": clinic.retention_days,
    }


@allow(Role.ADMINISTRATOR)
async def show_settings(request: Request) -> Response:
    clinic, version = await run_in_threadpool(read_versioned, _path(request))
    return await _show(request, ClinicForm(data=_filled(clinic, version)))


@allow(Role.ADMINISTRATOR)
async def change_settings(request: Request) -> Response:
    path, form = _path(request), form_of(request, ClinicForm)
    clinic, version = await run_in_threadpool(read_versioned, path)
    valid = form.validate()
    if not _is_phone(form.phone.data or "", clinic.country):
        form.phone.errors = [*form.phone.errors, "settings.phone_wrong"]
        valid = False
    if not valid:
        return await _show(request, form, 422)
    change = form.change()
    try:
        await run_in_threadpool(change_clinic, path, change, form.version.data)
    except ClinicChanged:
        form.version.data = version  # whoever has read that, may send it again
        form.form_errors.append("settings.changed_meanwhile")
        return await _show(request, form, 409)
    except ContentError:
        form.form_errors.append("settings.not_usable")
        return await _show(request, form, 422)
    details = {key: value.strip() for key, value in change.entries().items() if key != "phone"}
    details |= {"phone": "changed"} if change.phone != clinic.phone else {}
    console = console_of(request)
    await run_in_threadpool(console.audit.record, person_of(request).username, "clinic", "clinic.yml", details)
    restart = change.phone != clinic.phone or change.retention_days != clinic.retention_days
    return redirect(request, "/staff/settings", message="settings.saved_restart" if restart else "settings.saved")


def _is_phone(text: str, country: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, country))
    except phonenumbers.NumberParseException:
        return False


@allow(Role.ADMINISTRATOR)
async def change_second_person(request: Request) -> Response:
    form, console = form_of(request, SecondPersonForm), console_of(request)
    if form.validate():
        await run_in_threadpool(console.preferences.set, SECOND_PERSON, form.second_person.data)
        details = {"second_person": form.second_person.data}
        await run_in_threadpool(console.audit.record, person_of(request).username, "settings", SECOND_PERSON, details)
    return redirect(request, "/staff/settings", message="settings.saved")


async def _show(request: Request, form: ClinicForm, status: int = 200) -> Response:
    preferences = console_of(request).preferences
    chosen = await run_in_threadpool(preferences.second_person)
    needed = await run_in_threadpool(preferences.needs_second_person)
    second = SecondPersonForm(data={"second_person": chosen.value})
    return page(request, "settings/settings.html", status, form=form, second=second, needed=needed)


routes = [
    Route("/staff/settings", show_settings),
    Route("/staff/settings", change_settings, methods=["POST"]),
    Route("/staff/settings/second-person", change_second_person, methods=["POST"]),
]
