"""Publishing, releases, calls and figures on every screen, in the states that they can be in."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from clinicbot.releases.publish_state import Phase
from clinicbot.reply import Kind
from clinicbot.store.people import Role
from tests.console.browser.conftest import DESKTOP, NARROW, PHONE, Site
from tests.console.publish_world import PASSED, REFUSED, WORSE, edit, use_publishing, working
from tests.console.test_overview import fill
from tests.console.test_tasks import fail_delivery, want_call

pytestmark = pytest.mark.browser

DONE = replace(working(1.0), phase=Phase.DONE, proof=PASSED, release=1, confirmed=(("How long?", True),))
STATES = {
    "drafts": replace(working(0.0), phase=Phase.IDLE),
    "at work": working(0.4),
    "worse": replace(working(0.9), phase=Phase.WAITING, proof=WORSE),
    "refused": replace(working(0.9), phase=Phase.FAILED, error="refused", proof=REFUSED),
    "failed": replace(working(0.3), phase=Phase.FAILED, error="interrupted"),
    "done": DONE,
}


def check_everywhere(site: Site, path: str) -> None:
    person = site.running.console.people.named("ayse") or site.running.add("ayse", *Role)
    page = site.page(path, person)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width, height in (DESKTOP, PHONE, NARROW):
            page.set_viewport_size({"width": width, "height": height})
            site.check(page)
    page.close()


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_publishing_is_accessible_in_every_state(site: Site, state: object) -> None:
    console = site.running.console
    told = use_publishing(console)
    told.states = [state]  # type: ignore[list-item]
    edit(console.root, "4 to 6", "4 to 5")
    check_everywhere(site, "/staff/publish")


@pytest.mark.parametrize("path", ["/staff/releases", "/staff/releases/1"])
def test_releases_are_accessible(site: Site, path: str) -> None:
    use_publishing(site.running.console)
    check_everywhere(site, path)


def test_calls_are_accessible(site: Site) -> None:
    console = site.running.console
    number, task = want_call(console), fail_delivery(console)
    for path in ("", f"/callback/{number}", f"/task/{task}"):
        check_everywhere(site, f"/staff/tasks{path}")


def test_figures_are_accessible_with_and_without_any(site: Site) -> None:
    check_everywhere(site, "/staff/overview")
    fill(site.running.console, ("duration/how_long", Kind.ANSWER), ("ask_price", Kind.HANDOVER), seconds=0.1)
    check_everywhere(site, "/staff/overview")


def test_what_leads_to_a_login_is_accessible(site: Site) -> None:
    for path in ("/staff/login", "/staff/invitation/gone", "/staff/nothing"):
        page = site.page(path)
        site.noted.complaints.clear()  # the browser notes the status 404
        site.check(page)
