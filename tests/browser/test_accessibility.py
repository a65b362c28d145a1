"""axe-core finds nothing wrong (WCAG 2.2 AA) with the page and the widget in every state and look."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.answers import EMERGENCY, HOW_LONG, UNCLEAR
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


def violations(page: Page, part: str | None = WIDGET) -> list[str]:
    """What axe finds wrong with a part of the page (None: all of it)."""
    found = Axe().run(page, context=part, options=OPTIONS).response
    seen = {rule["id"] for rule in found["passes"] + found["violations"]}
    assert {"button-name", "target-size"} <= seen, "axe didn't look at the widget"
    return [
        f"{rule['id']}: {node['failureSummary']}\n  {node['html']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


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
    assert violations(page, None) == []
    page.get_by_test_id("bubble-dismiss").click()
    expect(page.get_by_test_id("bubble")).to_have_count(0)
    assert violations(page) == []


def test_page_with_everything_unfolded(open_page: OpenPage, gateway: Gateway) -> None:
    page = open_page(gateway.origin)
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    expect(page.get_by_test_id("launcher")).to_be_visible()
    assert violations(page, None) == []


def test_open_widget_in_every_state(page: Page) -> None:
    chat = Chat(page).open()
    expect(chat["topic"].first).to_be_visible()
    expect(chat["notice"]).to_be_visible()
    assert violations(page) == []

    chat.ask(HOW_LONG, "answer")
    chat["source"].locator("summary").click()
    chat["thumb-up"].click()
    expect(chat["thumb-up"]).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []

    chat.ask(UNCLEAR, "fallback")
    chat["new-conversation"].click()
    chat["input"].fill("x" * 950)
    expect(chat["counter"]).to_be_visible()
    assert violations(page) == []

    chat["confirm-new-cancel"].click()
    chat.ask(EMERGENCY, "emergency")
    assert violations(page) == []

    page.route("**/api/**", lambda route: route.abort())
    chat.say(HOW_LONG)
    expect(chat["offline-card"]).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_busy(open_page: OpenPage, gateway: Gateway, colours: str) -> None:
    page = open_page(gateway.origin, PHONE, color_scheme=colours)
    chat = Chat(page).open()
    page.route("**/api/v1/messages", lambda route: route.fulfill(status=429, headers={"Retry-After": "40"}))
    chat.say(HOW_LONG)
    expect(chat["busy-card"]).to_be_visible()
    assert violations(page) == []


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
    chat["send"].evaluate("(button) => { button.ariaLabel = ''; button.title = '' }")
    assert {found.partition(":")[0] for found in violations(chat.page)} == {"color-contrast", "button-name"}
