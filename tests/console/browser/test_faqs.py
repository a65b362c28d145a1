"""FAQs as an editor works with them: in a browser, on a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from clinicbot.releases.reading import Reading
from clinicbot.store.people import Role
from tests.console.browser.conftest import DESKTOP, NARROW, PHONE, Site
from tests.console.faq_world import HOW_LONG, MORE, draft, go_live, use_reader

pytestmark = pytest.mark.browser


def forget(site: Site) -> None:
    """A page that says what is wrong comes with a status that the browser notes."""
    site.noted.complaints.clear()


@pytest.mark.parametrize(
    ("size", "options"), [(DESKTOP, {}), (PHONE, {}), (NARROW, {"color_scheme": "dark"})], ids=["desk", "phone", "dark"]
)
def test_every_page_of_faqs_is_accessible(site: Site, size: tuple[int, int], options: dict[str, str]) -> None:
    go_live(site.running.console)
    person = site.running.add("ayse", Role.EDITOR, Role.APPROVER)
    page = site.page("/staff/faqs", person, size, **options)
    for path in ("", "/new", f"/{MORE}", f"/{MORE}/delete", f"/{MORE}/history", "/deleted", "?q=zebra"):
        page.goto(f"{site.server.origin}/staff/faqs{path}")
        site.check(page)


def test_a_new_faq_from_the_list_to_the_list(site: Site) -> None:
    person = site.running.add("ayse", Role.EDITOR)
    page = site.page("/staff/faqs", person, PHONE)
    page.get_by_role("link", name="New FAQ").click()
    page.get_by_label("Topic", exact=True).select_option(label="A new topic …")
    page.get_by_label("Name of the new topic").fill("Skin care")
    english = page.get_by_role("group", name="English")
    english.get_by_label("Question").fill("May it be repeated?")
    english.get_by_label("Answer").fill("Additional doses may be given.")
    page.get_by_label("Phrasings, one a line").fill("again")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#error-summary")).to_contain_text("Tick at least one sentence")
    forget(site)
    site.check(page)
    page.get_by_label("Find a sentence").fill("doses")
    expect(page.locator("#passage-list .check")).to_have_count(1)
    page.get_by_label("Additional doses may be given.").check()
    page.get_by_label("Phrasings, one a line").fill("again\nonce more")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved as a draft")
    site.check(page)
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    site.check(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("back in the draft")
    assert draft(site.running.console, "skin_care/may_it_be_repeated").phrasings[0] == "May it be repeated?"


def test_while_somebody_types_the_live_assistant_answers(site: Site) -> None:
    near = Reading(HOW_LONG, 0.87, True, (), ((HOW_LONG, 0.9),))
    use_reader(site.running.console, **{"how many months": near})
    person = site.running.add("ayse", Role.EDITOR)
    page = site.page(f"/staff/faqs/{MORE}", person)
    page.get_by_label("Phrasings, one a line").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nhow many months")
    expect(page.locator("#typed")).to_contain_text("now answers with: How long? (87 %)")
    expect(page.locator("#typed")).to_contain_text("Too near to another FAQ: “How long?”")
    site.check(page)
    page.goto(f"{site.server.origin}/staff/faqs")
    page.locator("summary", has_text="Try the assistant").click()
    page.get_by_label("A question as a patient would write it").fill("how many months")
    expect(page.locator("#try-result")).to_contain_text("How long? (87 %)")
    page.get_by_label("Search").fill("another dose")
    expect(page.locator("#faq-list")).to_contain_text("1 FAQ")
    site.check(page)


def test_a_changed_number_is_confirmed(site: Site) -> None:
    go_live(site.running.console)
    page = site.page(f"/staff/faqs/{HOW_LONG}", site.running.add("ayse", Role.EDITOR), NARROW)
    page.get_by_role("group", name="English").get_by_label("Answer").fill("It is not permanent and lasts 4 months.")
    page.locator("summary", has_text="Turkish").click()
    page.get_by_role("group", name="Turkish").get_by_label("Answer").fill("Kalıcı değildir, 4 ay sürer.")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", name="Numbers or a “not” have changed")).to_be_visible()
    site.check(page)
    page.get_by_role("button", name="Yes, this is right").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved as a draft")
    page.locator("summary", has_text="differences from what patients get").click()
    site.check(page)


def test_two_people_see_what_the_other_has_written(site: Site) -> None:
    ayse, can = (site.running.add(name, Role.EDITOR) for name in ("ayse", "can"))
    mine, theirs = (site.page(f"/staff/faqs/{MORE}", person, PHONE) for person in (ayse, can))
    question = theirs.get_by_role("group", name="English").get_by_label("Question")
    question.fill("Once more?")
    question.press("Enter")
    expect(theirs.get_by_role("status").first).to_contain_text("Saved as a draft")
    mine.get_by_role("group", name="English").get_by_label("Question").fill("How long is it?")
    mine.get_by_role("button", name="Save draft").click()
    expect(mine.get_by_role("heading", name="Somebody else has changed this FAQ meanwhile")).to_be_visible()
    expect(mine.locator(".conflict")).to_contain_text("Once more?")
    forget(site)
    site.check(mine)
