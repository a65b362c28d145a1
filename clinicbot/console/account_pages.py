"""A person's own account: name, language, password, one-time codes, devices."""

import pyotp
import segno
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from clinicbot.console.login_form import LONGEST_TYPED
from clinicbot.console.login_pages import PasswordForm, matching_step
from clinicbot.console.person_fields import language_field
from clinicbot.console.security import address_of, describe_device
from clinicbot.console.visits import set_session
from clinicbot.console.web import Role, allow, console_of, form_of, page, person_of, redirect, t_of


class ProfileForm(Form):
    name = StringField("login.name", [InputRequired("common.required"), Length(max=120)], description="login.name_help")
    language = language_field()


class ChangePasswordForm(PasswordForm):
    old_password = PasswordField("account.old_password", [InputRequired("common.required"), Length(max=LONGEST_TYPED)])


class TotpForm(Form):
    """Setting up: the secret comes back with the first code, since it is kept only once that code was right."""

    secret = HiddenField(validators=[InputRequired(), Length(min=16, max=64)])
    code = StringField("login.code", [InputRequired("common.required"), Length(max=20)])


class ConfirmForm(Form):
    """What only somebody who knows the password may do, not who finds an open browser."""

    old_password = PasswordField("account.old_password", [InputRequired("common.required"), Length(max=LONGEST_TYPED)])


@allow()
async def show_account(request: Request) -> Response:
    person = person_of(request)
    form = form_of(request, ProfileForm, obj=person)
    if request.method == "POST" and form.validate():
        console, name, language = console_of(request), form.name.data.strip(), form.language.data
        await run_in_threadpool(console.people.describe, person.id, name=name, language=language)
        details = {"name": name, "language": language}
        await run_in_threadpool(console.audit.record, person.username, "account", person.username, details)
        return redirect(request, "/staff/account", message="account.saved")
    sessions = await run_in_threadpool(console_of(request).sessions.of, person.id)
    return page(
        request,
        "account/account.html",
        422 if form.errors else 200,
        form=form,
        sessions=sessions,
        this=request.state.visit.session.digest,
        roles=[role for role in Role if role in person.roles],
    )


@allow()
async def change_password(request: Request) -> Response:
    """All sessions end; this browser gets a new one."""
    person, form = person_of(request), form_of(request, ChangePasswordForm)
    if request.method == "POST" and await _knows_password(request, form) and form.validate_for(person.username):
        console = console_of(request)
        password_hash = await console.passwords.hash(form.password.data)
        await run_in_threadpool(console.people.set_password, person.id, password_hash)
        await run_in_threadpool(console.audit.record, person.username, "password", person.username)
        return await _stay(request, "account.password_changed")
    return page(request, "account/password.html", 422 if form.errors else 200, form=form)


@allow()
async def set_up_totp(request: Request) -> Response:
    person, form = person_of(request), form_of(request, TotpForm)
    if person.has_totp:
        return redirect(request, "/staff/account")
    if request.method == "POST" and form.validate():
        code = "".join(filter(str.isdecimal, form.code.data))
        step = matching_step(form.secret.data, code) if _is_secret(form.secret.data) else None
        if step is not None:
            console = console_of(request)
            await run_in_threadpool(console.people.set_totp, person.id, form.secret.data, step)
            await run_in_threadpool(console.audit.record, person.username, "totp.on", person.username)
            return redirect(request, "/staff/account", message="account.totp_is_on")
        form.code.errors = ["login.code_wrong"]
    secret = form.secret.data if _is_secret(form.secret.data or "") else pyotp.random_base32()
    form.secret.data = secret
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.username, issuer_name=t_of(request)("account.issuer"))
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    status = 422 if form.errors else 200
    return page(request, "account/totp.html", status, form=form, secret=secret, picture=picture)


@allow()
async def switch_totp_off(request: Request) -> Response:
    person, form = person_of(request), form_of(request, ConfirmForm)
    if request.method == "POST" and await _knows_password(request, form):
        console = console_of(request)
        await run_in_threadpool(console.people.set_totp, person.id, None)
        await run_in_threadpool(console.audit.record, person.username, "totp.off", person.username)
        return redirect(request, "/staff/account", message="account.totp_is_off")
    return page(request, "account/totp_off.html", 422 if form.errors else 200, form=form)


@allow()
async def end_session(request: Request) -> Response:
    console, person = console_of(request), person_of(request)
    digest = str(request.state.form.get("session", ""))
    if await run_in_threadpool(console.sessions.end, person.id, digest):
        await run_in_threadpool(console.audit.record, person.username, "session.end", person.username)
    return redirect(request, "/staff/account", message="account.session_ended")


@allow()
async def end_all_sessions(request: Request) -> Response:
    """Of this person; this browser gets a new one."""
    console, person = console_of(request), person_of(request)
    await run_in_threadpool(console.people.end_sessions, person.id)
    await run_in_threadpool(console.audit.record, person.username, "session.end_all", person.username)
    return await _stay(request, "account.sessions_ended")


async def _knows_password(request: Request, form: Form) -> bool:
    """Else the form says so. Guesses count as those at the login do."""
    console, username = console_of(request), person_of(request).username
    if not form.old_password.data:
        form.validate()
        return False
    if console.throttle.try_login(username, address_of(request)):
        form.validate()
        form.old_password.errors = ["account.wait"]
        return False
    credentials = await run_in_threadpool(console.people.credentials, username)
    password_hash = credentials.password_hash if credentials else None
    if await console.passwords.matches(password_hash, form.old_password.data):
        console.throttle.succeeded(username, address_of(request))
        return True
    form.validate()
    form.old_password.errors = ["account.wrong_password"]
    return False


async def _stay(request: Request, message: str) -> Response:
    device = describe_device(request.headers.get("user-agent", ""))
    token = await run_in_threadpool(console_of(request).sessions.begin, person_of(request).id, device)
    response = redirect(request, "/staff/account", message=message)
    set_session(request, response, token)
    return response


def _is_secret(text: str) -> bool:
    """Base32, as this page has made it."""
    return len(text) == 32 and not set(text) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


routes = [
    Route("/staff/account", show_account, methods=["GET", "POST"]),
    Route("/staff/account/password", change_password, methods=["GET", "POST"]),
    Route("/staff/account/totp", set_up_totp, methods=["GET", "POST"]),
    Route("/staff/account/totp/off", switch_totp_off, methods=["GET", "POST"]),
    Route("/staff/account/sessions/end", end_session, methods=["POST"]),
    Route("/staff/account/sessions/end-all", end_all_sessions, methods=["POST"]),
]
