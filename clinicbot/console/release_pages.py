"""What was published: who, when, why, with which difference and proof; and the way back."""

import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clinicbot.console.difference_view import summary_of, view_of
from clinicbot.console.publish_pages import names_of, problem, readable_titles
from clinicbot.console.texts import Words
from clinicbot.console.web import Role, allow, console_of, page, person_of, redirect, t_of
from clinicbot.releases.difference import Difference
from clinicbot.releases.proof import Proof
from clinicbot.releases.publish_state import PublishError
from clinicbot.releases.store import KEPT, Live, Release, ReleaseError

logger = logging.getLogger(__name__)

PATH = "/staff/releases"


@dataclass(frozen=True)
class ReleaseView:
    """A release with its records read: None for one that nobody made by hand, or whose records are damaged."""

    release: Release
    difference: Difference | None
    summary: str
    proof: Proof | None
    made_at: datetime
    is_live: bool


@allow(Role.EDITOR, Role.APPROVER)
async def list_releases(request: Request) -> Response:
    console = console_of(request)
    live = await run_in_threadpool(console.releases.live_state)
    t = t_of(request)
    releases = (await run_in_threadpool(console.releases.all))[:KEPT]
    context: dict[str, Any] = {
        "releases": await run_in_threadpool(lambda: [_view(release, live, t) for release in releases]),
        "live": live,
        "titles": {},
        "live_since": _moment(live.since) if live else None,
        "back": live.before if live and any(release.number == live.before for release in releases) else None,
        "approver": Role.APPROVER in person_of(request).roles,
        "names": await run_in_threadpool(names_of, console),
    }
    return page(request, "releases/list.html", **context)


@allow(Role.EDITOR, Role.APPROVER)
async def show_release(request: Request) -> Response:
    console = console_of(request)
    try:
        release = await run_in_threadpool(console.releases.get, request.path_params["number"])
    except ReleaseError as error:
        raise HTTPException(404) from error
    live = await run_in_threadpool(console.releases.live_state)
    view = await run_in_threadpool(_view, release, live, t_of(request))
    context: dict[str, Any] = {
        "shown": view,
        "titles": await run_in_threadpool(readable_titles, release.content, person_of(request).language),
        "view": view_of(view.difference, t_of(request)) if view.difference else None,
        "live_since": _moment(live.since) if live and view.is_live else None,
        "approver": Role.APPROVER in person_of(request).roles,
        "names": await run_in_threadpool(names_of, console),
    }
    return page(request, "releases/release.html", **context)


@allow(Role.APPROVER)
async def roll_back(request: Request) -> Response:
    """At once: what was live before is one press away again."""
    console, number = console_of(request), request.path_params["number"]
    publishing = console.publishing
    if publishing is None:
        return redirect(request, PATH, "publish.unavailable", kind="problem")
    try:
        await publishing.roll_back(number, person_of(request).username, _reason(request, number))
    except PublishError as error:
        return problem(request, PATH, error)
    return redirect(request, PATH, "publish.rolled_back", number=number)


def _reason(request: Request, number: int) -> str:
    given = str(request.state.form.get("reason", "")).strip()[:500]
    return given or t_of(request)("publish.rollback_reason", number=number)


def _view(release: Release, live: Live | None, t: Words) -> ReleaseView:
    try:
        changes, proof = release.difference, release.proof
    except ReleaseError as error:
        logger.error("a release's record is damaged: %s", error)
        changes = proof = None
    difference = Difference.from_json(changes) if changes else None
    return ReleaseView(
        release,
        difference,
        summary_of(difference, t) if difference else "",
        Proof.from_json(proof) if proof else None,
        _moment(release.about.made_at),
        live is not None and live.number == release.number,
    )


def _moment(text: str) -> datetime:
    """A stored ISO time as naive UTC."""
    return datetime.fromisoformat(text).astimezone(timezone.utc).replace(tzinfo=None)


routes = [
    Route(PATH, list_releases),
    Route(f"{PATH}/{{number:int}}", show_release),
    Route(f"{PATH}/{{number:int}}/rollback", roll_back, methods=["POST"]),
]
