"""Templates, and what all of them can use."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from wtforms import Field, Form

from clinicbot.console.texts import Words, words_of
from clinicbot.console.visits import FLASH_COOKIE, Visit, console_of, is_htmx, set_form_token

HERE = Path(__file__).parent
STATIC = HERE / "static"


def render(request: Request, visit: Visit, template: str, status: int, context: dict[str, Any]) -> HTMLResponse:
    """The page of a template; clears the message that it shows."""
    words = words_of(visit.language)
    shared = {
        "t": words,
        "tn": words.count,
        "known": words.known,
        "lang": visit.language,
        "person": visit.person,
        "csrf": visit.csrf,
        "csrf_token": visit.csrf,  # for the macro that is called csrf
        "navigation": visit.navigation,
        "flash": visit.flash,
        "path": request.url.path,
        "url": make_url,
        "static": static_url,
        "aria": describe,
        "wrong": errors_of,
        "when": Clock(request, words).moment,
        "day": Clock(request, words).day,
    }
    environment = _environment()
    shared["ui"] = environment.get_template("macros.html").make_module(shared)
    response = HTMLResponse(environment.get_template(template).render(**shared, **context), status)
    response.headers["Content-Language"] = visit.language
    response.headers["Vary"] = "Cookie, HX-Request"
    set_form_token(request, response, visit)
    if visit.flash and not is_htmx(request):
        response.delete_cookie(FLASH_COOKIE, path="/staff")
    return response


class Clock:
    """Times as the clinic's people read them."""

    def __init__(self, request: Request, words: Words) -> None:
        self._request = request
        self._words = words

    def moment(self, utc: datetime) -> str:
        """`28 Nov 2026, 20:14`, in the clinic's own time, of a naive UTC time."""
        local = utc.replace(tzinfo=timezone.utc).astimezone(console_of(self._request).clinic.time_zone)
        return f"{self.day(local.date())}, {local:%H:%M}"

    def day(self, day: date) -> str:
        months = self._words("common.months").split()
        return f"{day.day} {months[day.month - 1]} {day.year}"


def make_url(path: str, **query: Any) -> str:
    """The path with the given query; what is None or empty is left out."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def describe(field: Field) -> dict[str, str]:
    """The attributes that tie a form's input to its help and to what is wrong with it."""
    notes = [f"{field.id}-help"] if field.description else []
    if not field.errors:
        return {"aria-describedby": notes[0]} if notes else {}
    return {"aria-describedby": " ".join([*notes, f"{field.id}-error"]), "aria-invalid": "true"}


def errors_of(form: Form) -> Iterator[tuple[str, str]]:
    """Each error of a form and of the forms in it, with the id of the input that it is about."""
    for field in form:
        inner = field.entries if field.type == "FieldList" else field.form if field.type == "FormField" else ()
        yield from errors_of(inner)
        if not inner:
            yield from ((field.id, error) for error in field.errors if isinstance(error, str))


@lru_cache(maxsize=16)
def static_url(name: str) -> str:
    """Changes with the file's content, so that browsers may keep it."""
    return f"/staff/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
