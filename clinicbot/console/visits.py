"""One request of a browser: whose it is, in which language, and the token that its forms must carry."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from clinicbot.console.navigation import Entry, Navigation
from clinicbot.console.security import is_https
from clinicbot.console.services import Console
from clinicbot.console.texts import choose_language
from clinicbot.store.people import LANGUAGES, Person
from clinicbot.store.staff_sessions import LIFETIME, StaffSession

FORM_COOKIE = "staff_form"  # before login there is no session that could hold the forms' token
FLASH_COOKIE = "staff_flash"


@dataclass(frozen=True)
class Flash:
    """What the next page says of what was done: a text's key and its values; `kind` is done or problem."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    kind: str = "done"


@dataclass(frozen=True)
class Visit:
    """`person` and `session` are None before login."""

    language: str
    csrf: str = field(repr=False)
    session: StaffSession | None = None
    person: Person | None = None
    navigation: tuple[Entry, ...] = ()
    flash: Flash | None = None


def console_of(request: Request) -> Console:
    console: Console = request.app.state.console
    return console


async def visit_of(request: Request) -> Visit:
    """Found out once a request."""
    if not hasattr(request.state, "visit"):
        request.state.visit = await run_in_threadpool(_open_visit, request)
    visit: Visit = request.state.visit
    return visit


def _open_visit(request: Request) -> Visit:
    console = console_of(request)
    token = request.cookies.get(session_cookie(request))
    session = console.sessions.find(token) if token else None
    person = console.people.get(session.person_id) if session else None
    if session is None or person is None:
        asked = request.query_params.get("language", "")
        language = asked if asked in LANGUAGES else choose_language(request.headers.get("accept-language", ""))
        csrf = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
        return Visit(language, csrf, flash=_read_flash(request))
    navigation: Navigation = request.app.state.navigation
    # a part of a page that htmx fetches has no menu
    entries = [] if is_htmx(request) else navigation.entries(console, person)
    return Visit(person.language, session.csrf, session, person, tuple(entries), _read_flash(request))


def is_htmx(request: Request) -> bool:
    """Whether only a part of the page is asked for, or sent from."""
    return "hx-request" in request.headers


def session_cookie(request: Request) -> str:
    """Only https can promise a browser that the cookie is this host's and nobody else's."""
    return "__Host-staff" if is_https(request, console_of(request).settings) else "staff"


def set_session(request: Request, response: Response, token: str) -> None:
    # Lax, not Strict: a link to a page here that a colleague sent is followed as the person who is logged in. Nothing
    # is changed by following a link, and forms carry a token.
    name = session_cookie(request)
    options = _cookie_options(request) | ({"path": "/"} if name.startswith("__Host-") else {})
    response.set_cookie(name, token, max_age=int(LIFETIME.total_seconds()), **options)
    response.delete_cookie(FORM_COOKIE, path="/staff")


def forget_session(request: Request, response: Response) -> None:
    name = session_cookie(request)
    secure = name.startswith("__Host-")
    response.delete_cookie(name, path="/" if secure else "/staff", secure=secure, httponly=True, samesite="lax")


def set_form_token(request: Request, response: Response, visit: Visit) -> None:
    if visit.session is None and request.cookies.get(FORM_COOKIE) != visit.csrf:
        response.set_cookie(FORM_COOKIE, visit.csrf, **_cookie_options(request))


def set_flash(request: Request, response: Response, flash: Flash) -> None:
    # a cookie holds few characters, and 4 kB: letters that aren't ASCII go as they are
    text = json.dumps([flash.key, flash.values, flash.kind], ensure_ascii=False).encode().hex()
    response.set_cookie(FLASH_COOKIE, text, max_age=60, **_cookie_options(request))


def _read_flash(request: Request) -> Flash | None:
    try:
        key, values, kind = json.loads(bytes.fromhex(request.cookies.get(FLASH_COOKIE, "")))
        return Flash(str(key), dict(values), str(kind))
    except (TypeError, ValueError):
        return None


def _cookie_options(request: Request) -> dict[str, Any]:
    secure = is_https(request, console_of(request).settings)
    return {"path": "/staff", "secure": secure, "httponly": True, "samesite": "lax"}
