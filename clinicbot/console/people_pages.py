"""Who may use the console, and what each may do: for administrators."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from clinicbot.console.person_fields import language_field, username_field
from clinicbot.console.services import Console
from clinicbot.console.web import Role, allow, console_of, form_of, page, person_of, redirect
from clinicbot.store.people import PeopleError, Person

ROLES = [(role.value, f"common.role_{role.value}") for role in Role]


class RolesForm(Form):
    roles = SelectMultipleField("people.roles", [InputRequired("people.roles_needed")], choices=ROLES)


class InviteForm(RolesForm):
    name = StringField("people.name", [InputRequired("common.required"), Length(max=120)])
    username = username_field("people.username_help")
    language = language_field()


@allow(Role.ADMINISTRATOR)
async def list_people(request: Request) -> Response:
    people = await run_in_threadpool(console_of(request).people.all)
    return page(request, "people/list.html", people=people, order=list(Role))


@allow(Role.ADMINISTRATOR)
async def invite(request: Request) -> Response:
    console = console_of(request)
    form = form_of(request, InviteForm, data={"language": person_of(request).language, "roles": [Role.EDITOR.value]})
    if request.method == "POST" and form.validate():
        roles = [Role(role) for role in form.roles.data]
        names = (form.username.data, form.name.data)
        try:
            person = await run_in_threadpool(console.people.add, *names, roles, form.language.data)
        except PeopleError as error:
            form.username.errors = [f"login.username_{error.reason}"]
        else:
            await _record(request, "person.add", person, {"roles": sorted(form.roles.data)})
            return await _show_link(request, person)
    return page(request, "people/invite.html", 422 if form.errors else 200, form=form)


@allow(Role.ADMINISTRATOR)
async def show_person(request: Request) -> Response:
    person = await _person(request)
    form = RolesForm(data={"roles": [role.value for role in person.roles]})
    return await _show(request, person, form)


@allow(Role.ADMINISTRATOR)
async def change_roles(request: Request) -> Response:
    person, form = await _person(request), form_of(request, RolesForm)
    if not form.validate():
        return await _show(request, person, form)
    roles = frozenset(Role(role) for role in form.roles.data)
    if person.id == person_of(request).id and not roles <= person.roles:
        # nobody gives themselves more than another administrator gave them
        await _record(request, "person.roles", person, {"roles": sorted(form.roles.data)}, "refused")
        form.roles.errors = ["people.own_roles"]
        return await _show(request, person, form)
    details = {"roles": sorted(form.roles.data), "before": sorted(role.value for role in person.roles)}
    try:
        await run_in_threadpool(console_of(request).people.change, person.id, roles=roles, is_active=person.is_active)
    except PeopleError as error:
        await _record(request, "person.roles", person, details, "refused")
        form.roles.errors = [f"people.{error.reason}"]
        return await _show(request, person, form)
    await _record(request, "person.roles", person, details)
    return redirect(request, f"/staff/people/{person.id}", message="people.roles_changed", name=person.name)


async def _set_active(request: Request, is_active: bool) -> Response:
    person = await _person(request)
    action = "person.activate" if is_active else "person.deactivate"
    path = f"/staff/people/{person.id}"
    try:
        await run_in_threadpool(console_of(request).people.change, person.id, roles=person.roles, is_active=is_active)
    except PeopleError as error:
        await _record(request, action, person, outcome="refused")
        return redirect(request, path, message=f"people.{error.reason}", kind="problem")
    await _record(request, action, person)
    message = "people.activated" if is_active else "people.deactivated"
    return redirect(request, path, message=message, name=person.name)


@allow(Role.ADMINISTRATOR)
async def deactivate(request: Request) -> Response:
    return await _set_active(request, False)


@allow(Role.ADMINISTRATOR)
async def activate(request: Request) -> Response:
    return await _set_active(request, True)


@allow(Role.ADMINISTRATOR)
async def reset_password(request: Request) -> Response:
    """A link for a new password, and the person is logged out; until the link is used, the old password still opens."""
    person = await _person(request)
    if not person.is_active:
        raise HTTPException(404)
    await run_in_threadpool(console_of(request).people.end_sessions, person.id)
    await _record(request, "person.link", person)
    return await _show_link(request, person)


@allow(Role.ADMINISTRATOR)
async def reset_totp(request: Request) -> Response:
    person = await _person(request)
    await run_in_threadpool(_without_totp, console_of(request), person)
    await _record(request, "person.totp_reset", person)
    path = f"/staff/people/{person.id}"
    return redirect(request, path, message="people.totp_reset_done", name=person.name)


def _without_totp(console: Console, person: Person) -> None:
    console.people.set_totp(person.id, None)
    console.people.end_sessions(person.id)


async def _person(request: Request) -> Person:
    person = await run_in_threadpool(console_of(request).people.get, request.path_params["person"])
    if person is None:
        raise HTTPException(404)
    return person


async def _show(request: Request, person: Person, form: RolesForm) -> Response:
    sessions = await run_in_threadpool(console_of(request).sessions.of, person.id)
    status = 422 if form.errors else 200
    return page(request, "people/person.html", status, somebody=person, form=form, sessions=sessions)


async def _show_link(request: Request, person: Person) -> Response:
    """Shown in this answer only: nobody can look it up later."""
    console = console_of(request)
    token = await run_in_threadpool(console.invitations.make, person.id)
    address = console.settings.public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
    link = f"{address}/staff/invitation/{token}"
    return page(request, "people/link.html", somebody=person, link=link)


async def _record(
    request: Request, action: str, person: Person, details: dict[str, Any] | None = None, outcome: str = "done"
) -> None:
    record = console_of(request).audit.record
    await run_in_threadpool(record, person_of(request).username, action, person.username, details, outcome)


routes = [
    Route("/staff/people", list_people),
    Route("/staff/people/invite", invite, methods=["GET", "POST"]),
    Route("/staff/people/{person:int}", show_person),
    Route("/staff/people/{person:int}/roles", change_roles, methods=["POST"]),
    Route("/staff/people/{person:int}/deactivate", deactivate, methods=["POST"]),
    Route("/staff/people/{person:int}/activate", activate, methods=["POST"]),
    Route("/staff/people/{person:int}/link", reset_password, methods=["POST"]),
    Route("/staff/people/{person:int}/totp", reset_totp, methods=["POST"]),
]
