"""The clinic's own page as a browser loads it, and what the widget does to it before and after it is opened."""

import pytest
from playwright.sync_api import expect

from clinicbot.clinic import load_clinic
from tests.browser.answers import EMERGENCY, HOW_LONG, UNCLEAR
from tests.browser.chat import Chat
from tests.browser.conftest import DESKTOP, PHONE, Noted, OpenPage
from tests.browser.servers import Gateway

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
STRICT = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:"


@SIZES
def test_page_loads_without_complaint_or_third_party(
    open_page: OpenPage, gateway: Gateway, noted: Noted, size: tuple[int, int]
) -> None:
    page = open_page(gateway.origin, size)
    expect(page.get_by_test_id("launcher")).to_be_visible()
    assert {f"{gateway.origin}/widget.js", f"{gateway.origin}/favicon.svg"} <= set(noted.requests)
    assert noted.foreign(gateway.origin) == []
    assert noted.complaints == []


def test_nothing_is_sent_or_kept_before_the_chat_is_opened(open_page: OpenPage, gateway: Gateway, noted: Noted) -> None:
    page = open_page(gateway.origin)
    expect(page.get_by_test_id("launcher")).to_be_visible()
    assert [url for url in noted.requests if "/api/" in url] == []
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []


@SIZES
def test_chat_works_under_the_strict_policy(
    open_page: OpenPage, gateway: Gateway, noted: Noted, size: tuple[int, int]
) -> None:
    with_policy: list[str] = []
    page = open_page("about:blank", size)
    page.on("response", lambda response: with_policy.append(response.headers.get("content-security-policy", "")))
    page.goto(gateway.origin)
    assert with_policy[0].startswith(STRICT)
    chat = Chat(page).open()
    chat.ask(HOW_LONG, "answer")
    chat["source"].locator("summary").click()
    chat["thumb-up"].click()
    chat.ask(UNCLEAR, "fallback")
    chat.ask(EMERGENCY, "emergency")
    chat["close"].click()
    assert noted.foreign(gateway.origin) == []
    assert noted.complaints == []
    assert page.context.cookies() == []


@SIZES
def test_page_never_scrolls_sideways(open_page: OpenPage, gateway: Gateway, size: tuple[int, int]) -> None:
    page = open_page(gateway.origin, size)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_page_in_turkish_brings_a_turkish_widget(open_page: OpenPage, gateway: Gateway) -> None:
    page = open_page(gateway.origin, locale="tr-TR")
    expect(page.locator("html")).to_have_attribute("lang", "tr")
    expect(page.get_by_role("button", name="Kliniğin asistanıyla sohbeti aç")).to_be_visible()
    Chat(page).open()
    expect(page.get_by_role("textbox", name="Mesajınız")).to_be_focused()


def test_link_to_an_answer_opens_it(open_page: OpenPage, gateway: Gateway) -> None:
    page = open_page(f"{gateway.origin}/#duration/varies")
    expect(page.get_by_text("How long botox lasts varies depending on")).to_be_in_viewport()


def test_page_without_javascript_names_the_phone(open_page: OpenPage, gateway: Gateway) -> None:
    page = open_page(gateway.origin, java_script_enabled=False)
    expect(page.locator("noscript").get_by_role("link", name=load_clinic().phone)).to_be_visible()
    expect(page.locator("clinic-chat")).to_have_count(0)
