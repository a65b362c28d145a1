"""The review queue, as a nurse sees it; without scripts too."""

import pytest
from playwright.sync_api import expect

from clinicbot.store.people import Role
from tests.console.browser.conftest import DESKTOP, NARROW, PHONE, Site
from tests.console.faq_world import MORE, draft, use_reader
from tests.review.conversations import Talk

pytestmark = pytest.mark.browser
SIZES = {"desktop": DESKTOP, "phone": PHONE, "narrow": NARROW}


def fill(site: Site) -> None:
    use_reader(site.running.console)
    engine = site.running.console.engine
    for text in ("wine after it", "wine after it", "wine? I'm Anna, 07700 900123"):
        Talk(engine).say(text, nearest=(MORE,))
    Talk(engine, "ar").say("متى أستطيع السباحة", helpful=False)
    Talk(engine).say("my throat is closing, i can't breathe")
    Talk(engine).say("i can't breathe", "report_red", emergency=True, helpful=False)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_queue_is_accessible_at_every_size(site: Site, size: tuple[int, int], dark: bool) -> None:
    person = site.running.add("ayse", Role.EDITOR)
    page = site.page("/staff/review", person, size, color_scheme="dark" if dark else "light")
    site.check(page)
    fill(site)
    page.reload()
    page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true })")
    site.check(page)
    page.get_by_role("button", name="Add to “More?”").click()
    expect(page.get_by_role("status")).to_contain_text("3 messages were added to “More?”.")
    site.check(page)


def test_a_group_is_added_and_taken_back_without_scripts(site: Site) -> None:
    fill(site)
    page = site.page("/staff/review", site.running.add("ayse", Role.EDITOR), java_script_enabled=False)
    card = page.locator("form.group").first
    card.locator("summary").click()
    card.get_by_label("wine? I'm (…), (…)").uncheck()
    card.get_by_role("button", name="Add to “More?”").click()
    expect(page.get_by_role("status")).to_contain_text("2 messages were added to “More?”.")
    assert draft(site.running.console, MORE).phrasings[-1] == "wine after it"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("2 messages are back here.")
    assert "wine after it" not in draft(site.running.console, MORE).phrasings
