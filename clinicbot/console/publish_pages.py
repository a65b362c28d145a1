"""Publishing: what would change, who has approved it, how far it is, and the decision where something got worse."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form, HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from clinicbot.console.difference_view import difference_of, view_of
from clinicbot.console.faq_findings import titles_in
from clinicbot.console.services import Console
from clinicbot.console.web import Role, allow, console_of, form_of, page, person_of, redirect, t_of
from clinicbot.releases.difference import Difference, content_digest, seen
from clinicbot.releases.publish_state import AT_WORK, Phase, PublishError, PublishState
from clinicbot.releases.store import Live, ReleaseError
from clinicbot.store.approvals import Approval, Approvals
from clinicbot.store.people import Person
from clinicbot.yaml_files import ContentError

PATH = "/staff/publish"
LONGEST_REASON = 500
_TOO_LONG = Length(max=LONGEST_REASON, message="publish.reason_too_long")


class PublishForm(Form):
    """`content` tells what the person has looked at (`difference.seen`)."""

    content = HiddenField(validators=[DataRequired("publish.reason_missing")])
    reason = TextAreaField(
        "publish.reason",
        description="publish.reason_help",
        validators=[DataRequired("publish.reason_missing"), _TOO_LONG],
    )


class InsistForm(Form):
    why = TextAreaField(
        "publish.why", description="publish.why_help", validators=[DataRequired("publish.why_missing"), _TOO_LONG]
    )


@dataclass(frozen=True)
class Drafts:
    """What the drafts change of the live release, and whether this person may publish that now.

    `seen` is what approvals are given for; `needs_second`: two people must have read it; `second` are those who did,
    besides the person who looks.
    """

    difference: Difference
    seen: str
    needs_second: bool
    approvals: tuple[Approval, ...]
    second: tuple[Approval, ...]
    is_mine: bool

    @property
    def lacks_second(self) -> bool:
        return self.needs_second and not self.second


def badge(console: Console) -> int:
    """Changes that aren't published."""
    try:
        changes = _changes(console)
    except (ContentError, ReleaseError):  # the page itself says so
        return 0
    return len([*changes.faqs, *changes.sentences, *changes.intents, *changes.files]) if changes else 0


@allow(Role.EDITOR, Role.APPROVER)
async def show_publish(request: Request) -> Response:
    return await _page(request)


@allow(Role.APPROVER)
async def publish(request: Request) -> Response:
    form = form_of(request, PublishForm)
    if not form.validate():
        return await _page(request, form=form, status=422)
    console, person = console_of(request), person_of(request)
    drafts = await run_in_threadpool(_drafts, console, person)
    if drafts is None or drafts.seen != form.content.data:
        return redirect(request, PATH, "publish.changed_meanwhile", kind="problem")
    if drafts.lacks_second:
        await run_in_threadpool(
            console.audit.record, person.username, "publish.start", "-", {"lacks": "approval"}, "refused"
        )
        return redirect(request, PATH, "publish.lacks_second", kind="problem")
    publishing = console.publishing
    if publishing is None:
        return redirect(request, PATH, "publish.unavailable", kind="problem")
    approved = tuple(approval.person.username for approval in drafts.second) if drafts.needs_second else ()
    try:
        await publishing.start(
            person.username, form.reason.data.strip(), expected=form.content.data, approved_by=approved
        )
    except PublishError as error:
        if publishing.state().error == str(error):  # then the page says it in full
            return redirect(request, PATH)
        return problem(request, PATH, error)
    return redirect(request, PATH)


def problem(request: Request, path: str, error: PublishError) -> Response:
    """The page with what can't be done now; a cookie carries it, which holds no long text."""
    return redirect(request, path, "publish.problem", kind="problem", problem=str(error)[:LONGEST_REASON])


@allow(Role.APPROVER)
async def approve(request: Request) -> Response:
    """For exactly the content that the person has seen."""
    console, person = console_of(request), person_of(request)
    drafts = await run_in_threadpool(_drafts, console, person)
    content = str(request.state.form.get("content", ""))
    if drafts is None or drafts.seen != content:
        return redirect(request, PATH, "publish.changed_meanwhile", kind="problem")
    await run_in_threadpool(Approvals(console.engine).give, content, person.id)
    await run_in_threadpool(console.audit.record, person.username, "publish.approve", content[:16], {})
    return redirect(request, PATH, "publish.approved")


@allow(Role.APPROVER)
async def cancel(request: Request) -> Response:
    return await _act(request, "cancel", "publish.cancelled")


@allow(Role.APPROVER)
async def give_up(request: Request) -> Response:
    return await _act(request, "give_up", "publish.given_up")


@allow(Role.APPROVER)
async def go_on(request: Request) -> Response:
    form = form_of(request, InsistForm)
    if not form.validate():
        return await _page(request, insist=form, status=422)
    return await _act(request, "go_on", "", form.why.data.strip())


async def _act(request: Request, verb: str, message: str, *arguments: str) -> Response:
    publishing = console_of(request).publishing
    if publishing is None:
        return redirect(request, PATH, "publish.unavailable", kind="problem")
    try:
        await getattr(publishing, verb)(person_of(request).username, *arguments)
    except PublishError as error:
        return problem(request, PATH, error)
    return redirect(request, PATH, message)


@allow(Role.EDITOR, Role.APPROVER)
async def events(request: Request) -> Response:
    """Server-sent: `bar` at each change, `step` with words when there is something to say, `finished` at the end."""

    async def stream() -> AsyncIterator[ServerSentEvent]:
        publishing, told = console_of(request).publishing, ""
        if publishing is not None:
            async for state in publishing.changes():
                if state.phase not in AT_WORK:
                    break
                yield ServerSentEvent(_part(request, "publish/_bar.html", state), event="bar")
                words = step_of(state)
                if words != told:
                    told = words
                    yield ServerSentEvent(t_of(request)(words), event="step")
        yield ServerSentEvent("finished", event="finished")

    return EventSourceResponse(stream())


def step_of(state: PublishState) -> str:
    """The key of what is being done, in words."""
    return f"publish.step_{state.step if state.step in STEPS else state.phase.value}"


STEPS = ("snapshot", "training", "proving", "going_live", "confirming")


def _part(request: Request, template: str, state: PublishState) -> str:
    return bytes(page(request, template, state=state).body).decode().replace("\n", " ")


async def _page(
    request: Request, form: PublishForm | None = None, insist: InsistForm | None = None, status: int = 200
) -> Response:
    console, person = console_of(request), person_of(request)
    state = _state(console)
    try:
        drafts = await run_in_threadpool(_drafts, console, person)
    except (ContentError, ReleaseError) as error:
        return page(request, "publish/unreadable.html", 500, problem=str(error))
    if form is None and drafts is not None:
        form = PublishForm(data={"content": drafts.seen}, meta={"locales": [person.language]})
    context = {
        "state": state,
        "at_work": state.phase in AT_WORK,
        "waiting": state.phase is Phase.WAITING,
        "step": step_of(state),
        "drafts": drafts,
        "view": view_of(drafts.difference, t_of(request)) if drafts else None,
        "published": view_of(state.difference, t_of(request)) if state.difference else None,
        "form": form,
        "insist": insist or InsistForm(meta={"locales": [person.language]}),
        "approver": Role.APPROVER in person.roles,
        "titles": await run_in_threadpool(readable_titles, console.root, person.language) if state.proof else {},
        "is_live": await run_in_threadpool(_is_live, console, state),
        "names": await run_in_threadpool(names_of, console),
    }
    return page(request, "publish/publish.html", status, **context)


def readable_titles(root: Path, language: str) -> dict[str, str]:
    """The FAQs' titles in a person's language, by id; none where the content can't be read."""
    try:
        return titles_in(root, language)
    except ContentError:
        return {}


def _is_live(console: Console, state: PublishState) -> bool:
    live = console.releases.live_state()
    return live is not None and live.number == state.release


def names_of(console: Console) -> dict[str, str]:
    """What people are called, by username."""
    return {person.username: person.name for person in console.people.all()}


def _state(console: Console) -> PublishState:
    state: PublishState = console.publishing.state() if console.publishing else PublishState()
    return state


def _changes(console: Console) -> Difference | None:
    """None before the first release. Raises ContentError."""
    live = console.releases.live_state()
    return _changes_of(console, live) if live else None


def _changes_of(console: Console, live: Live) -> Difference:
    content, stamp = console.releases.get(live.number).content, console.releases.stamp()
    return difference_of(content, console.root, content_digest(console.root), stamp)


def _drafts(console: Console, person: Person) -> Drafts | None:
    live = console.releases.live_state()
    if live is None:
        return None
    changes = _changes_of(console, live)
    content = seen(changes, live)
    given = tuple(Approvals(console.engine).of(content))
    return Drafts(
        changes,
        content,
        changes.sensitive and console.preferences.needs_second_person(),
        given,
        tuple(approval for approval in given if approval.person.id != person.id),
        any(approval.person.id == person.id for approval in given),
    )


routes = [
    Route(PATH, show_publish),
    Route(PATH, publish, methods=["POST"]),
    Route(f"{PATH}/approve", approve, methods=["POST"]),
    Route(f"{PATH}/cancel", cancel, methods=["POST"]),
    Route(f"{PATH}/go-on", go_on, methods=["POST"]),
    Route(f"{PATH}/give-up", give_up, methods=["POST"]),
    Route(f"{PATH}/events", events),
]
