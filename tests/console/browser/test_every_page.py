"""Issue 5: every page of the console, with content, without, and with what can be wrong: axe at AA finds nothing,
nothing scrolls sideways, every target is large enough for a finger. A new address must be added here."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from starlette.routing import Route

from clinicbot.console.app import page_modules
from clinicbot.faq.files import read_faqs
from clinicbot.faq.spreadsheet import export
from clinicbot.releases.publish_state import Phase, PublishState
from clinicbot.reply import Kind
from clinicbot.store.people import Person, Role
from tests.console.browser.conftest import DESKTOP, PHONE, RULES, Site
from tests.console.faq_world import MORE, go_live, use_reader
from tests.console.publish_world import PASSED, REFUSED, WORSE, ToldPublishing, edit, working
from tests.console.test_documents import LASTS, NEW
from tests.console.test_overview import fill
from tests.console.test_release import release_a_change
from tests.console.test_tasks import fail_delivery, want_call
from tests.review.conversations import Talk

pytestmark = pytest.mark.browser

# Addresses that are files or events.
NO_PAGES = {
    "/staff/audit/export",
    "/staff/documents/present.{kind}",
    "/staff/faqs/export.{kind}",
    "/staff/overview/export",
    "/staff/publish/events",
}
# By the address that is declared, what is looked at. `{…}` is filled in by what the test has made.
EVERYBODYS = {
    "/staff/login": ["/staff/login", "/staff/login?next=/staff/faqs"],
    "/staff/begin/{token}": ["/staff/begin/{first}", "/staff/begin/gone"],
    "/staff/invitation/{token}": ["/staff/invitation/{invited}"],
}
FILLED = {
    "/staff": ["/staff", "/staff/nothing"],
    "/staff/": ["/staff/"],
    "/staff/account": ["/staff/account"],
    "/staff/account/password": ["/staff/account/password"],
    "/staff/account/totp": ["/staff/account/totp"],
    "/staff/account/totp/off": ["/staff/account/totp/off"],
    "/staff/audit": ["/staff/audit", "/staff/audit?person=nobody"],
    "/staff/audit/check": ["/staff/audit/check"],
    "/staff/documents": ["/staff/documents"],
    "/staff/documents/{upload}": ["{document}"],
    "/staff/faqs": ["/staff/faqs", "/staff/faqs?q=zebra", "/staff/faqs?deleted=1"],
    "/staff/faqs/new": ["/staff/faqs/new?phrasing=wine+after+it&title=Wine"],
    "/staff/faqs/deleted": ["/staff/faqs/deleted"],
    "/staff/faqs/{topic}/{name}": ["/staff/faqs/duration/more", "/staff/faqs/duration/nothing"],
    "/staff/faqs/{topic}/{name}/delete": ["/staff/faqs/duration/more/delete", "/staff/faqs/duration/how_long/delete"],
    "/staff/faqs/{topic}/{name}/history": ["/staff/faqs/duration/more/history"],
    "/staff/imports": ["/staff/imports"],
    "/staff/imports/{upload}": ["{sheet}", "{sheet}?show=all"],
    "/staff/overview": ["/staff/overview", "/staff/overview?days=7"],
    "/staff/people": ["/staff/people"],
    "/staff/people/invite": ["/staff/people/invite"],
    "/staff/people/{person:int}": ["/staff/people/{person}", "/staff/people/{colleague}"],
    "/staff/publish": ["/staff/publish"],
    "/staff/releases": ["/staff/releases"],
    "/staff/releases/{number:int}": ["/staff/releases/1", "/staff/releases/2"],
    "/staff/review": ["/staff/review"],
    "/staff/settings": ["/staff/settings"],
    "/staff/tasks": ["/staff/tasks", "/staff/tasks?state=closed"],
    "/staff/tasks/{source}/{number:int}": ["/staff/tasks/callback/{call}", "/staff/tasks/task/{task}"],
}
EMPTY = [
    *("documents", "faqs", "faqs/deleted", "imports", "overview", "publish", "releases", "review", "tasks"),
    *("audit?outcome=refused", "faqs/duration/more/history"),
]
SAMPLE = ["", "/faqs", "/faqs/duration/more", "/publish", "/review", "/tasks", "/settings", "/audit", "/overview"]
PUBLISHING = {
    "at work": working(0.4),
    "worse": replace(working(0.9), phase=Phase.WAITING, proof=WORSE),
    "refused": replace(working(0.9), phase=Phase.FAILED, error="refused", proof=REFUSED),
    "interrupted": replace(working(0.3), phase=Phase.FAILED, error="interrupted"),
    "cancelled": replace(working(0.3), phase=Phase.CANCELLED),
    "done": replace(
        working(1.0), phase=Phase.DONE, proof=PASSED, release=1, confirmed=(("How long?", True), ("x", False))
    ),
}
# A form, sent with these fields: what it then says is wrong.
MISTAKES = {
    "/staff/account": {"name": ""},
    "/staff/account/password": {},
    "/staff/people/invite": {"username": "b!"},
    "/staff/settings": {"week-monday": "from nine"},
    "/staff/faqs/new": {"text_en": "<b>"},
    "/staff/faqs/duration/more": {"text_en": "It takes 9 months.", "phrasings": "hello"},
    "/staff/imports": {},
    "/staff/documents": {},
    "/staff/publish": {"reason": ""},
    "/staff/tasks/callback/{call}": {"note": "x" * 2_001},
}

CONTRAST: Mapping[str, object] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# What is not inline in a text must have 44 pixels; a box to tick has its label's.
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, summary, select, textarea, input')]
  .filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.closest('.skip, .visually-hidden, [type=hidden]'))
  .filter((e) => {
    const block = e.parentElement.closest('p, li, td, th, dd, caption, summary, q') ?? e.parentElement
    const inText = e.tagName === 'A' && getComputedStyle(e).display === 'inline' &&
      block.innerText.trim().length > e.innerText.trim().length
    const box = e.matches('[type=checkbox], [type=radio]') ? e.closest('.check, label') ?? e : e
    return !inText && box.getBoundingClientRect().height < 43.5
  }).map((e) => e.outerHTML.slice(0, 200))"""

SEND = """(fields) => {
  const forms = [...document.querySelectorAll('main form[method=post]:not(.inline)')]
  const form = forms.findLast((each) => Object.keys(fields).every((name) => each.querySelector(`[name=${name}]`)))
  for (const [name, value] of Object.entries(fields)) form.querySelector(`[name=${name}]`).value = value
  form.noValidate = true
  form.requestSubmit()
}"""


class WaitingPublishing(ToldPublishing):
    """It stays in the state that it is in, as one that goes on behind the page."""

    async def changes(self) -> AsyncIterator[PublishState]:
        yield self.state()
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Nothing is at work."""


def complaints(site: Site, page: Page, language: str = "en", rules: Mapping[str, object] = RULES) -> Iterator[str]:
    """What is wrong with the page as it is shown now."""
    for violation in Axe().run(page, options={**rules, "resultTypes": ["violations"]}).response["violations"]:
        yield from (f"axe {violation['id']}: {node['html'][:200]}" for node in violation["nodes"])
    width, visible = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width > visible:
        yield f"scrolls sideways: {width} > {visible}"
    yield from (f"small target: {html}" for html in page.evaluate(SMALL_TARGETS))
    headings, title, lang = page.evaluate(
        "[document.querySelectorAll('h1').length, document.title, document.documentElement.lang]"
    )
    if (headings, bool(title.strip()), lang) != (1, True, language):
        yield f"{headings} h1, title {title!r}, language {lang}"
    # a status of an error that the page is about is no fault of the page
    yield from (each for each in site.noted.complaints if "the server responded with a status of 4" not in each)
    site.noted.complaints.clear()


def look(site: Site, page: Page) -> dict[str, list[str]]:
    """At both widths, light and dark; all that axe knows once for each width and each scheme."""
    found: dict[str, list[str]] = {}
    page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true })")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            rules = RULES if (size == PHONE) == (scheme == "dark") else CONTRAST
            if wrong := [*complaints(site, page, rules=rules)]:
                found[f"{page.url} {size[0]} {scheme}"] = wrong
    return found


def look_at_all(site: Site, paths: list[str], person: Person | None) -> dict[str, list[str]]:
    page, found = site.page("/staff/login", person), dict[str, list[str]]()
    for path in paths:
        page.goto(f"{site.server.origin}{path}")
        found |= look(site, page)
    return found


@pytest.fixture
def everybody(site: Site) -> Person:
    """One person for all pages: with each role, and one-time codes."""
    return site.running.add("ayse", *Role)


@pytest.fixture
def made(site: Site, everybody: Person, root: Path) -> dict[str, str]:
    """Content for every page, and what stands in its addresses."""
    console = site.running.console
    colleague = site.running.add("bora", Role.EDITOR, Role.APPROVER)
    release_a_change(console)
    console.publishing = WaitingPublishing()
    use_reader(console)
    for text in ("wine after it", "wine after it", "wine? call me on 07700 900123"):
        Talk(console.engine).say(text, nearest=(MORE,))
    Talk(console.engine, "ar").say("متى أستطيع السباحة", helpful=False)
    fill(console, ("duration/how_long", Kind.ANSWER), ("ask_price", Kind.HANDOVER), seconds=0.1)
    client = site.running.log_in(everybody)
    new = {"topic": "duration", "title_en": "Spare?", "text_en": "Additional doses may be given.", "source": "p1.2"}
    client.post("/staff/faqs/new", {**new, "phrasings": "a\nb", "do": "save"})
    spare = client.get("/staff/faqs/duration/spare/delete").text.partition('name="base" value="')[2].partition('"')[0]
    client.post("/staff/faqs/duration/spare/delete", {"base": spare})
    client.post(f"/staff/people/{colleague.id}", {"roles": "nobody's"})
    edit(root, "Additional doses may be given.", "More doses may not be given.")
    sheet = export(read_faqs(root / "data" / "faq"), ".csv").replace(b"4 to 9", b"5 to 9")
    document = f"{LASTS.replace('4 to 6', '3 to 5')}\n\n{NEW}".encode()
    return {
        "sheet": client.post("/staff/imports", files={"file": ("a.csv", sheet)}).headers["location"],
        "document": client.post("/staff/documents", files={"file": ("a.txt", document)}).headers["location"],
        "call": str(want_call(console)),
        "task": str(fail_delivery(console)),
        "person": str(everybody.id),
        "colleague": str(colleague.id),
    }


def filled(paths: dict[str, list[str]], made: dict[str, str]) -> list[str]:
    return [path.format(**made) for several in paths.values() for path in several]


def test_every_address_is_looked_at() -> None:
    routes = [route for module in page_modules() for route in module.routes]
    declared = {route.path for route in routes if isinstance(route, Route) and "GET" in (route.methods or ())}
    assert declared == FILLED.keys() | EVERYBODYS.keys() | NO_PAGES


def test_every_page_with_content(site: Site, everybody: Person, made: dict[str, str]) -> None:
    site.running.console.people.set_totp(everybody.id, "JBSWY3DPEHPK3PXP")
    assert look_at_all(site, filled(FILLED, made), everybody) == {}


def test_every_page_without_content(site: Site, everybody: Person) -> None:
    assert look_at_all(site, [f"/staff/{path}" for path in EMPTY], everybody) == {}


def test_every_page_before_the_login(site: Site) -> None:
    invitations = site.running.console.invitations
    first = invitations.make(None)
    invited = invitations.make(site.running.add("bora", Role.EDITOR).id)
    assert look_at_all(site, filled(EVERYBODYS, {"first": first, "invited": invited}), None) == {}


@pytest.mark.parametrize("state", PUBLISHING.values(), ids=PUBLISHING.keys())
def test_publishing_in_every_state(site: Site, everybody: Person, root: Path, state: PublishState) -> None:
    go_live(site.running.console)
    edit(root, "4 to 6", "4 to 5")
    site.running.console.publishing = WaitingPublishing([state])
    assert look_at_all(site, ["/staff/publish"], everybody) == {}


def test_every_form_with_mistakes(site: Site, everybody: Person, made: dict[str, str]) -> None:
    page, found = site.page("/staff", everybody), dict[str, list[str]]()
    for path, fields in MISTAKES.items():
        page.goto(f"{site.server.origin}{path.format(**made)}")
        with page.expect_navigation():
            page.evaluate(SEND, fields)
        assert page.locator("#error-summary").count() == 1, path
        found |= look(site, page)
    assert found == {}


@pytest.mark.parametrize("forbidden", ["/staff/people", "/staff/settings"])
def test_a_page_that_is_not_for_this_person(site: Site, forbidden: str) -> None:
    assert look_at_all(site, [forbidden], site.running.add("can", Role.EDITOR)) == {}


def test_a_sample_in_turkish(site: Site, everybody: Person, made: dict[str, str]) -> None:
    site.running.console.people.describe(everybody.id, name=everybody.name, language="tr")
    page = site.page("/staff", everybody, PHONE)
    for path in SAMPLE:
        page.goto(f"{site.server.origin}/staff{path}")
        assert [*complaints(site, page, "tr")] == [], path


def test_a_sample_at_200_percent(site: Site, everybody: Person, made: dict[str, str]) -> None:
    """A window of 1280×800 has half as many pixels of the page's then."""
    zoomed = (DESKTOP[0] // 2, DESKTOP[1] // 2)
    page = site.page("/staff", everybody, zoomed, device_scale_factor=2)
    for path in SAMPLE:
        page.goto(f"{site.server.origin}/staff{path}")
        assert [*complaints(site, page)] == [], path
