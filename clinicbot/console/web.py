"""What page areas are written with: pages, redirects, forms, and who may use a route.

@allow(Role.EDITOR)
async def edit(request: Request) -> Response:
    form = form_of(request, FaqForm)
    if request.method == "POST" and form.validate():
        …
        return redirect(request, "/staff/faqs", message="faqs.saved")
    return page(request, "faqs/edit.html", form=form)
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from wtforms import Form

from clinicbot.console.carried import Carried
from clinicbot.console.login_form import LoginForm
from clinicbot.console.rendering import make_url, render
from clinicbot.console.security import comes_from_here
from clinicbot.console.texts import Words, words_of
from clinicbot.console.visits import Flash, Visit, console_of, is_htmx, set_flash, visit_of
from clinicbot.store.people import Person, Role

__all__ = [
    "Access",
    "Role",
    "access_of",
    "allow",
    "console_of",
    "error_page",
    "form_of",
    "is_htmx",
    "page",
    "person_of",
    "public",
    "redirect",
    "t_of",
]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_FIELDS = 30_000  # a decision for each of a spreadsheet's 5,000 rows
MAX_FIELD_BYTES = 4 * 1024 * 1024
MAX_FILES = 5
# Of somebody who isn't logged in, who may be anybody: as much as is worth carrying over a login.
STRANGERS_BYTES = 3 * 1024 * 1024
STRANGERS_FIELDS = 3_000
# Whoever has one of these may publish soon, so the trainer gets ready.
_WORKS_ON_CONTENT = frozenset({Role.EDITOR, Role.APPROVER})

Handler = Callable[[Request], Awaitable[Response]]
AnyForm = TypeVar("AnyForm", bound=Form)


@dataclass(frozen=True)
class Access:
    """Who may use a route: everybody, if it is public; else who has one of the roles; no roles: who is logged in."""

    roles: frozenset[Role] = frozenset()
    public: bool = False

    def includes(self, person: Person) -> bool:
        return self.public or not self.roles or bool(self.roles & person.roles)


def allow(*roles: Role) -> Callable[[Handler], Handler]:
    """Any one of these roles suffices; without an argument: any logged-in person."""
    return _guard(Access(frozenset(roles)))


def public(handler: Handler) -> Handler:
    """For those who aren't logged in, too. Its forms carry the token all the same."""
    return _guard(Access(public=True))(handler)


def access_of(endpoint: Any) -> Access | None:
    """What was declared for a route's endpoint."""
    access: Access | None = getattr(endpoint, "access", None)
    return access


def _guard(access: Access) -> Callable[[Handler], Handler]:
    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            visit = await visit_of(request)
            if not access.public and visit.person is None:
                return await _log_in_first(request, visit)
            if visit.person is not None and not access.includes(visit.person):
                return await _refuse(request, visit.person)
            _wake_trainer(request, visit.person)
            if request.method in SAFE_METHODS:
                return await handler(request)
            try:
                form = await _read_form(request)
                return await _refuse_form(request, visit, form) or await handler(request)
            finally:
                await request.close()

        guarded.access = access  # type: ignore[attr-defined]
        return guarded

    return decorate


def _wake_trainer(request: Request, person: Person | None) -> None:
    """In the event loop, which pages that are rendered in a thread aren't."""
    publishing = console_of(request).publishing
    if publishing is not None and person is not None and person.roles & _WORKS_ON_CONTENT:
        publishing.wake()


async def _read_form(request: Request) -> FormData:
    """Raises HTTPException 400 or 413."""
    is_stranger = request.state.visit.person is None
    if is_stranger and _is_long(request):
        raise HTTPException(413)
    max_fields = STRANGERS_FIELDS if is_stranger else MAX_FIELDS
    form = await request.form(max_files=MAX_FILES, max_fields=max_fields, max_part_size=MAX_FIELD_BYTES)
    request.state.form = form
    return form


def _is_long(request: Request) -> bool:
    """Longer than a stranger's form may be; browsers say how long one is."""
    return int(request.headers.get("content-length", STRANGERS_BYTES + 1)) > STRANGERS_BYTES


async def _refuse(request: Request, person: Person) -> Response:
    subject = f"{request.method} {request.url.path}"
    audit = console_of(request).audit
    await run_in_threadpool(audit.record, person.username, "access", subject, None, "refused")
    return error_page(request, 403, "forbidden")


async def _log_in_first(request: Request, visit: Visit) -> Response:
    """The login form; a page that was asked for is shown afterwards, and what was typed can be sent again."""
    if request.method in SAFE_METHODS:
        query = f"?{request.url.query}" if request.url.query else ""
        wanted = request.url.path + query
        return redirect(request, make_url("/staff/login", next="" if wanted == "/staff" else wanted))
    carried = None
    is_read = comes_from_here(request, console_of(request).settings) and not is_htmx(request)
    if is_read and not _is_long(request):
        carried = Carried.of(request, await _read_form(request))
    text = carried.to_json() if carried else ""
    return page(request, "login/ended.html", 401, form=LoginForm(), carried=text)


async def _refuse_form(request: Request, visit: Visit, form: FormData) -> Response | None:
    """None for a form of ours that carries this session's token."""
    if not comes_from_here(request, console_of(request).settings):
        if visit.person is not None:  # else anybody could fill the log, and patients would wait for the database
            audit = console_of(request).audit
            subject = f"{request.method} {request.url.path}"
            await run_in_threadpool(audit.record, visit.person.username, "foreign_form", subject, None, "refused")
        return error_page(request, 403, "foreign_form")
    given = request.headers.get("x-csrf-token") or form.get("csrf")
    if isinstance(given, str) and hmac.compare_digest(given.encode(), visit.csrf.encode()):
        return None
    carried = Carried.of(request, form) if visit.person else None
    return page(request, "login/again.html", 403, carried=carried)


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A template with `t`, `tn`, `person`, `csrf`, `url`, `static`, `when`, `day`, `lang`, `navigation` and the macros
    `ui` in its context. For handlers declared by `allow` or `public`."""
    return render(request, request.state.visit, template, status, context)


def redirect(request: Request, path: str, message: str = "", *, kind: str = "done", **values: Any) -> Response:
    """303 to a page that shows the message: a text's key and its values; `kind` is done or problem."""
    if is_htmx(request):
        response = Response(status_code=204, headers={"HX-Redirect": path})
    else:
        response = RedirectResponse(path, 303)
    if message:
        set_flash(request, response, Flash(message, values, kind))
    return response


def form_of(request: Request, form_class: type[AnyForm], obj: Any = None, **options: Any) -> AnyForm:
    """Filled with what was sent, else with `obj`. WTForms' own messages are in the person's language."""
    given = request.state.form if request.method not in SAFE_METHODS else None
    return form_class(given, obj=obj, meta={"locales": [request.state.visit.language]}, **options)


def person_of(request: Request) -> Person:
    """Who is logged in; for handlers declared by `allow`."""
    person: Person | None = request.state.visit.person
    assert person is not None, "a public handler has nobody"
    return person


def t_of(request: Request) -> Words:
    """The texts in the person's language: `t_of(request)("faqs.title")`."""
    return words_of(request.state.visit.language)


def error_page(request: Request, status: int, key: str, **values: Any) -> HTMLResponse:
    """What went wrong and what to do, in words: `common.<key>_title` and `common.<key>_text`."""
    words = t_of(request)
    title, text = words(f"common.{key}_title"), words(f"common.{key}_text", **values)
    return page(request, "error.html", status, title=title, text=text)
