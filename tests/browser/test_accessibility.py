"""axe-core finds nothing wrong (WCAG 2.2 AA) with the page and the widget in every state and look."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.answers import CLASSIFIED, EMERGENCY, HOW_LONG, UNCLEAR
from tests.browser.chat import Chat
from tests.browser.conftest import DESKTOP, PHONE, MakeHostPage, OpenPage
from tests.browser.servers import Gateway
from tests.browser.test_embedding import host, policy

pytestmark = pytest.mark.browser
OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"target-size": {"enabled": True}},  # WCAG 2.2's only rule; off unless named
}
WIDGET = "clinic-chat"
NARROW = (320, 640)

Look = Callable[[], Page]


def violations(page: Page, part: str | None = None) -> str:
    """axe's report on the whole page or one part of it; empty if nothing is wrong."""
    results = Axe().run(page, context=part, options=OPTIONS)
    seen = {rule["id"] for rule in results.response["passes"]}
    assert {"color-contrast", "target-size", "button-name"} <= seen, "axe didn't look at the widget"
    return results.generate_report() if results.violations_count else ""


@pytest.fixture(params=["light", "dark", "phone", "narrow", "right-to-left", "turkish"])
def page(request: pytest.FixtureRequest, open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway) -> Page:
    """A page with the closed widget, in each look."""
    if request.param == "right-to-left":
        html = host('data-language="ar"', gateway, page='lang="ar" dir="rtl"')
        return open_page(make_host_page(html, policy(gateway)).origin)
    looks: dict[str, dict[str, Any]] = {
        "light": {"size": DESKTOP, "color_scheme": "light"},
        "dark": {"size": DESKTOP, "color_scheme": "dark"},
        "phone": {"size": PHONE, "has_touch": True, "is_mobile": True, "color_scheme": "dark"},
        "narrow": {"size": NARROW},
        "turkish": {"size": PHONE, "locale": "tr-TR"},
    }
    return open_page(gateway.origin, **looks[request.param])


def test_page_and_closed_widget(page: Page) -> None:
    expect(page.get_by_test_id("bubble")).to_be_visible()
    assert violations(page) == ""
    page.get_by_test_id("bubble-dismiss").click()
    expect(page.get_by_test_id("bubble")).to_have_count(0)
    assert violations(page, WIDGET) == ""


def test_page_with_everything_unfolded(open_page: OpenPage, gateway: Gateway) -> None:
    page = open_page(gateway.origin)
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    expect(page.get_by_test_id("launcher")).to_be_visible()
    assert violations(page) == ""


def test_conversation(page: Page) -> None:
    chat = Chat(page).open()
    expect(chat["topic"].first).to_be_visible()
    assert violations(page) == ""
    chat.ask(HOW_LONG, "answer")
    chat["source"].locator("summary").click()
    chat["thumb-up"].click()
    expect(chat["thumb-up"]).to_have_attribute("aria-pressed", "true")
    assert violations(page, WIDGET) == ""
    chat.ask(UNCLEAR, "fallback")
    chat["new-conversation"].click()
    expect(chat["confirm-new"]).to_be_visible()
    assert violations(page, WIDGET) == ""
    chat["confirm-new-cancel"].click()
    chat["input"].fill("x" * 950)
    expect(chat["counter"]).to_be_visible()
    assert violations(page, WIDGET) == ""


@pytest.mark.parametrize("text", [EMERGENCY, CLASSIFIED], ids=["by-pattern", "by-classifier"])
def test_emergency(page: Page, text: str) -> None:
    chat = Chat(page).open()
    chat.ask(text, "emergency")
    assert violations(page, WIDGET) == ""


def test_offline(page: Page) -> None:
    chat = Chat(page).open()
    page.route("**/api/**", lambda route: route.abort())
    chat.say(HOW_LONG)
    expect(chat["offline-card"]).to_be_visible()
    assert violations(page, WIDGET) == ""


def test_busy(page: Page) -> None:
    chat = Chat(page).open()
    headers = {"Retry-After": "40", "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
    page.route("**/api/v1/messages", lambda route: route.fulfill(status=429, headers=headers))
    chat.say(HOW_LONG)
    expect(chat["busy-card"]).to_be_visible()
    assert violations(page, WIDGET) == ""


def test_nothing_scrolls_sideways_at_320_pixels(open_page: OpenPage, gateway: Gateway) -> None:
    page = open_page(gateway.origin, NARROW)
    chat = Chat(page).open()
    chat.ask(HOW_LONG, "answer")
    chat.ask(UNCLEAR, "fallback")
    chat.ask("x" * 300, "handover")
    chat.ask(EMERGENCY, "emergency")
    for hook in ("panel", "log"):
        assert chat[hook].evaluate("(box) => box.scrollWidth <= box.clientWidth"), hook
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_sees_into_the_widget(chat: Chat) -> None:
    """Without this the tests above might look at nothing."""
    chat.page.evaluate("document.querySelector('clinic-chat').style.setProperty('--clinic-chat-text', '#ddd')")
    assert "color-contrast" in violations(chat.page, WIDGET)
    chat["send"].evaluate("(button) => { button.ariaLabel = ''; button.title = '' }")
    assert "button-name" in violations(chat.page, WIDGET)
