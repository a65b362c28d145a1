"""Logging in and out, and the links that are used once: the first administrator's and a new password's."""

import hmac
import time

import pyotp
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from clinicbot.console.carried import Carried, safe_path
from clinicbot.console.login_form import LONGEST_TYPED, LoginForm
from clinicbot.console.passwords import weakness
from clinicbot.console.person_fields import language_field, username_field
from clinicbot.console.security import address_of, describe_device
from clinicbot.console.services import Console
from clinicbot.console.visits import Visit, forget_session, set_session
from clinicbot.console.web import allow, console_of, error_page, form_of, page, person_of, public, redirect, t_of
from clinicbot.store.audit import NOBODY
from clinicbot.store.invitations import InvitationError
from clinicbot.store.people import Credentials, PeopleError, Role, fold_username, is_username


class PasswordForm(Form):
    """Checked against the username, which isn't in the form: `validate_for`."""

    password = PasswordField(
        "login.new_password",
        [InputRequired("common.required"), Length(max=LONGEST_TYPED)],
        description="login.new_password_help",
    )
    password_again = PasswordField("login.repeat_password", [InputRequired("common.required")])

    def validate_for(self, username: str) -> bool:
        if not self.validate():
            return False
        if key := weakness(self.password.data, username):
            self.password.errors = [key]
        elif self.password.data != self.password_again.data:
            self.password_again.errors = ["common.password_differs"]
        return not self.errors


class BeginForm(PasswordForm):
    name = StringField("login.name", [InputRequired("common.required"), Length(max=120)], description="login.name_help")
    username = username_field("login.username_help")
    language = language_field()


@public
async def log_in(request: Request) -> Response:
    form = form_of(request, LoginForm)
    query = f"?{request.url.query}" if request.url.query else ""
    carried = str(request.state.form.get("carried", "")) if request.method == "POST" else ""
    if request.method == "GET" and request.state.visit.person:
        return redirect(request, "/staff")
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            if wait := _wait(request, form.username.data):
                form.form_errors.append(_wait_text(request, wait))
                status = 429
            elif credentials := await _check(request, form):
                return await _enter(request, credentials, carried)
    response = page(request, "login/login.html", status, form=form, action=f"/staff/login{query}", carried=carried)
    if status == 429:
        response.headers["Retry-After"] = str(wait)
    return response


def _wait(request: Request, username: str) -> int:
    return console_of(request).throttle.try_login(fold_username(username), address_of(request))


def _wait_text(request: Request, seconds: int) -> str:
    words = t_of(request)
    if seconds < 100:
        return words.count("login.wait_seconds", seconds)
    return words.count("login.wait_minutes", -(-seconds // 60))


async def _check(request: Request, form: LoginForm) -> Credentials | None:
    """Who these credentials are of; else the form says what is wrong, and the log that somebody tried."""
    console = console_of(request)
    credentials = await run_in_threadpool(console.people.credentials, form.username.data)
    active = credentials if credentials and credentials.person.is_active else None
    right = await console.passwords.matches(active.password_hash if active else None, form.password.data)
    if not right or active is None:
        problem = "wrong"
    elif active.totp_secret is None:
        return active
    elif not (code := "".join(filter(str.isdecimal, form.code.data or ""))):
        problem = "code_needed"
    elif await run_in_threadpool(use_code, console, active.person.id, active.totp_secret, code):
        return active
    else:
        problem = "code_wrong"
    (form.password if problem == "wrong" else form.code).errors = [f"login.{problem}"]
    # a name that nobody has may be a password typed into the wrong field
    subject = credentials.person.username if credentials else "?"
    await run_in_threadpool(console.audit.record, NOBODY, "login", subject, {"reason": problem}, "refused")
    return None


def use_code(console: Console, person_id: int, secret: str, code: str) -> bool:
    """Whether it is the code of now, or of half a minute before or after, and was never used."""
    step = matching_step(secret, code)
    return step is not None and console.people.use_totp_step(person_id, step)


def matching_step(secret: str, code: str) -> int | None:
    totp = pyotp.TOTP(secret)
    now = int(time.time()) // totp.interval
    steps = (now, now - 1, now + 1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), code)), None)


async def _enter(request: Request, credentials: Credentials, carried_text: str) -> Response:
    console, person = console_of(request), credentials.person
    console.throttle.succeeded(person.username, address_of(request))
    password_hash = credentials.password_hash
    if password_hash and console.passwords.is_outdated(password_hash):
        new = await console.passwords.hash(str(request.state.form["password"]))
        await run_in_threadpool(console.people.rehash, person.id, password_hash, new)
    device = describe_device(request.headers.get("user-agent", ""))
    token = await run_in_threadpool(console.sessions.begin, person.id, device)
    await run_in_threadpool(console.audit.record, person.username, "login", person.username, {"device": device})
    response: Response
    session = await run_in_threadpool(console.sessions.find, token)
    if session and (carried := Carried.from_json(carried_text)):
        request.state.visit = Visit(person.language, session.csrf, session, person)
        response = page(request, "login/again.html", carried=carried)
    else:
        response = redirect(request, safe_path(request.query_params.get("next")) or "/staff")
    set_session(request, response, token)
    return response


@allow()
async def log_out(request: Request) -> Response:
    console, person = console_of(request), person_of(request)
    await run_in_threadpool(console.sessions.end, person.id, request.state.visit.session.digest)
    await run_in_threadpool(console.audit.record, person.username, "logout", person.username)
    response = redirect(request, "/staff/login", message="login.out")
    forget_session(request, response)
    return response


@public
async def begin(request: Request) -> Response:
    """The first administrator, by the link that the terminal shows."""
    console, token = console_of(request), request.path_params["token"]
    invitation = await run_in_threadpool(console.invitations.find, token)
    # the link is for nobody any more once the command line has made an administrator
    if invitation is None or invitation.person_id is not None or await _has_administrator(console):
        return error_page(request, 404, "link")
    form = form_of(request, BeginForm, data={"language": request.state.visit.language})
    if request.method == "POST" and await _is_begun(request, form, token):
        return redirect(request, "/staff/login", message="login.begun")
    return page(request, "login/begin.html", 422 if form.errors else 200, form=form)


async def _has_administrator(console: Console) -> bool:
    return await run_in_threadpool(console.people.has_administrator)


async def _is_begun(request: Request, form: BeginForm, token: str) -> bool:
    console, username = console_of(request), fold_username(form.username.data or "")
    if not form.validate_for(username):
        return False
    if not is_username(username):
        form.username.errors = ["login.username_malformed"]
        return False
    password_hash = await console.passwords.hash(form.password.data)
    names = (username, form.name.data, form.language.data)
    try:
        await run_in_threadpool(console.invitations.begin, token, *names, password_hash)
    except PeopleError as error:
        form.username.errors = [f"login.username_{error.reason}"]
        return False
    except InvitationError as error:  # used by somebody else in this moment
        raise HTTPException(404) from error
    details = {"roles": [role.value for role in Role], "by": "link of the terminal"}
    await run_in_threadpool(console.audit.record, username, "person.add", username, details)
    return True


@public
async def accept(request: Request) -> Response:
    """A new member's first password, or a new one for somebody who has forgotten theirs."""
    console, token = console_of(request), request.path_params["token"]
    invitation = await run_in_threadpool(console.invitations.find, token)
    person_id = invitation.person_id if invitation else None
    person = await run_in_threadpool(console.people.get, person_id) if person_id else None
    if person is None or not person.is_active:
        return error_page(request, 404, "link")
    form = form_of(request, PasswordForm)
    if request.method == "POST" and form.validate_for(person.username):
        password_hash = await console.passwords.hash(form.password.data)
        try:
            await run_in_threadpool(console.invitations.accept, token, password_hash)
        except InvitationError as error:
            raise HTTPException(404) from error
        await run_in_threadpool(console.audit.record, person.username, "password", person.username, {"by": "link"})
        return redirect(request, "/staff/login", message="login.begun")
    return page(request, "login/accept.html", 422 if form.errors else 200, form=form, invited=person)


routes = [
    Route("/staff/login", log_in, methods=["GET", "POST"]),
    Route("/staff/logout", log_out, methods=["POST"]),
    Route("/staff/begin/{token}", begin, methods=["GET", "POST"]),
    Route("/staff/invitation/{token}", accept, methods=["GET", "POST"]),
]
