"""The staff's list: who wants to be called, and what could not be delivered. Everybody may work on it."""

from dataclasses import dataclass
from datetime import timedelta

import phonenumbers
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from clinicbot.clock import utc_now
from clinicbot.console.services import Console
from clinicbot.console.web import allow, console_of, form_of, page, person_of, redirect
from clinicbot.store.callbacks import State
from clinicbot.store.work import CALLBACK, TASK, Work, WorkList

PATH = "/staff/tasks"
MAX_NOTE_CHARACTERS = 2_000
PAGE_SIZE = 50
# What is shown unless something else is asked for: all that isn't closed.
TO_DO = "to_do"
STATES = [(state, f"tasks.show_{state}") for state in (TO_DO, *(state.value for state in State), "all")]
KINDS = [(kind, f"tasks.kind_{kind or 'any'}") for kind in ("", CALLBACK, "undelivered", "window_closed")]


class FilterForm(Form):
    state = SelectField("tasks.state", choices=STATES)
    kind = SelectField("tasks.kind", choices=KINDS)


class WorkForm(Form):
    state = RadioField(
        "tasks.state", [InputRequired("common.required")], choices=[(s.value, f"tasks.state_{s.value}") for s in State]
    )
    note = TextAreaField(
        "tasks.note", [Length(max=MAX_NOTE_CHARACTERS, message="tasks.note_long")], description="tasks.note_help"
    )
    mark = HiddenField(validators=[InputRequired()])


@dataclass(frozen=True)
class Shown:
    """A thing to do, as the pages show it."""

    work: Work
    overdue: bool
    old: bool
    number: str

    @property
    def path(self) -> str:
        return f"{PATH}/{self.work.source}/{self.work.id}"


def badge(console: Console) -> int:
    """What nobody has begun with."""
    return WorkList(console.engine).count_open()


@allow()
async def list_tasks(request: Request) -> Response:
    query = request.query_params
    form = FilterForm(data={"state": query.get("state") or TO_DO, "kind": query.get("kind", "")})
    works = await run_in_threadpool(WorkList(console_of(request).engine).all)
    wanted = [work for work in works if _is_wanted(work, form)]
    pages = max(1, -(-len(wanted) // PAGE_SIZE))
    asked = query.get("page", "1")
    number = min(max(1, int(asked)), pages) if asked.isdecimal() and len(asked) < 6 else 1
    shown = [_shown(request, work) for work in wanted[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]]
    return page(request, "tasks/list.html", shown=shown, form=form, number=number, pages=pages, total=len(wanted))


def _is_wanted(work: Work, form: FilterForm) -> bool:
    state, kind = form.state.data, form.kind.data
    in_state = {TO_DO: work.state is not State.CLOSED, "all": True}.get(state, work.state.value == state)
    return in_state and kind in ("", work.kind)


@allow()
async def show_task(request: Request) -> Response:
    work = await _work(request)
    form = WorkForm(data={"state": work.state.value, "note": work.note, "mark": work.mark})
    return page(request, "tasks/task.html", shown=_shown(request, work), form=form, conflict=False)


@allow()
async def change_task(request: Request) -> Response:
    """Saves what the task's own page or a button of the list says; a note that isn't sent stays."""
    console, person, work = console_of(request), person_of(request), await _work(request)
    form = form_of(request, WorkForm)
    if "note" not in request.state.form:
        form.note.data = work.note
    if not form.validate():
        if not form.mark.data:
            form.mark.data = work.mark
        return page(request, "tasks/task.html", 422, shown=_shown(request, work), form=form, conflict=False)
    state, note = State(form.state.data), (form.note.data or "").strip()
    change = WorkList(console.engine).change
    if not await run_in_threadpool(change, work, form.mark.data, state, note, person.username):
        return await _show_conflict(request, form)
    details = {"state": state.value, "before": work.state.value, "note_changed": note != work.note}
    await run_in_threadpool(console.audit.record, person.username, "task.change", _subject(work), details)
    return redirect(request, PATH, message=f"tasks.saved_{state.value}")


async def _show_conflict(request: Request, form: WorkForm) -> Response:
    """Somebody else was faster: what it is now, and what was typed, to be saved once more."""
    work = await _work(request)
    form.mark.data = work.mark
    return page(request, "tasks/task.html", 409, shown=_shown(request, work), form=form, conflict=True)


async def _work(request: Request) -> Work:
    """Raises HTTPException 404, also for what a patient has withdrawn meanwhile."""
    source, number = request.path_params["source"], request.path_params["number"]
    if source not in (CALLBACK, TASK) or number > 2**31 - 1:
        raise HTTPException(404)
    work = await run_in_threadpool(WorkList(console_of(request).engine).get, source, number)
    if work is None:
        raise HTTPException(404)
    return work


def _subject(work: Work) -> str:
    return f"{work.source}/{work.id}"


def _shown(request: Request, work: Work) -> Shown:
    retention = timedelta(days=console_of(request).clinic.retention_days)
    now = utc_now()
    return Shown(work, work.is_overdue(now), work.is_old(now, retention), _spaced(work.phone))


def _spaced(phone: str | None) -> str:
    """The number as people read it; as it is where it isn't one."""
    try:
        number = phonenumbers.parse(phone or "", None)
    except phonenumbers.NumberParseException:
        return phone or ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


routes = [
    Route(PATH, list_tasks),
    Route(PATH + "/{source}/{number:int}", show_task, methods=["GET"]),
    Route(PATH + "/{source}/{number:int}", change_task, methods=["POST"]),
]
