"""From the first link to the own pages, as somebody new would go, and all of them on a phone and in the dark."""

import pytest
from playwright.sync_api import Page, expect

from clinicbot.store.people import Role
from tests.console.browser.conftest import DESKTOP, NARROW, PHONE, Site

pytestmark = pytest.mark.browser

PASSWORD = "three purple umbrellas"
OWN_PAGES = (
    "/staff",
    "/staff/people",
    "/staff/people/invite",
    "/staff/people/1",
    "/staff/account",
    "/staff/account/password",
    "/staff/account/totp",
    "/staff/audit",
    "/staff/audit/check",
    "/staff/settings",
)


def fill(page: Page, **fields: str) -> None:
    for label, text in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(text)


def test_the_first_administrator_gets_in_and_invites_a_colleague(site: Site) -> None:
    token = site.running.console.invitations.make(None)
    page = site.page(f"/staff/begin/{token}", size=PHONE)
    site.check(page)
    fill(page, Your_name="Ayşe Kaya", Username="ayse", Password=PASSWORD, The_password_once_more=PASSWORD)
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("status")).to_contain_text("Log in with your new password")
    site.check(page)
    fill(page, Username="ayse", Password=PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello Ayşe Kaya")
    page.locator("summary").click()
    site.check(page)
    page.get_by_role("navigation").get_by_role("link", name="People").click()
    page.get_by_role("link", name="Invite somebody").click()
    fill(page, Name="Bora Demir", Username="bora")
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_label("Link").input_value()
    site.check(page)
    invited = site.page(link.removeprefix(site.server.origin))
    expect(invited.get_by_role("heading", level=1)).to_have_text("Welcome, Bora Demir")
    site.check(invited)


def test_what_is_wrong_is_reached_by_the_keyboard(site: Site) -> None:
    person = site.running.add("ayse", Role.ADMINISTRATOR)
    page = site.page("/staff/settings", person)
    page.get_by_label("Monday").fill("from nine")
    page.get_by_label("Monday").press("Enter")
    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    site.noted.complaints.clear()  # the browser notes the status 422
    site.check(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Monday")).to_be_focused()
    expect(page.get_by_label("Monday")).to_have_accessible_description("Write the hours like this: 09:00-13:00, "
        "14:00-18:00. Each time must be later than the one before.")  # fmt: skip


@pytest.mark.parametrize("path", OWN_PAGES)
def test_every_own_page_is_accessible_on_every_screen(site: Site, path: str) -> None:
    person = site.running.add("ayse", *Role)
    site.running.add("bora", Role.EDITOR)
    page = site.page(path, person)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width, height in (DESKTOP, PHONE, NARROW):
            page.set_viewport_size({"width": width, "height": height})
            site.check(page)


def test_without_scripts_everything_works(site: Site) -> None:
    person = site.running.add("ayse", Role.ADMINISTRATOR)
    page = site.page("/staff/account", person, java_script_enabled=False)
    page.get_by_label("Your name").fill("Ayşe Demir")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.get_by_role("navigation").get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_every_target_is_large_enough_for_a_finger(site: Site) -> None:
    person = site.running.add("ayse", *Role)
    for path in OWN_PAGES:
        page = site.page(path, person, PHONE)
        small = page.evaluate(
            """() => [...document.querySelectorAll('a, button, summary, select, textarea, input:not([type=hidden])')]
              .filter((e) => e.checkVisibility() && !e.matches('.skip, .check input, .error-summary a'))
              .filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML)"""
        )
        assert small == [], path
