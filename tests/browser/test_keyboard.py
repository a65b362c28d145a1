"""The chat by keyboard alone, and what a screen reader is told."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answers import CLINIC, EMERGENCY, HOW_LONG, HOW_LONG_ANSWER, SIDE_EFFECTS
from tests.browser.chat import Chat
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.servers import Gateway

pytestmark = pytest.mark.browser
REGIONS = {"status": "status", "typing": "status", "alert": "alert"}


def focused(page: Page) -> str | None:
    """The hook of the widget's control that has the focus; None if that is elsewhere on the page."""
    hook: str | None = page.evaluate(
        """() => document.activeElement?.localName === 'clinic-chat'
                 ? document.activeElement.shadowRoot.activeElement?.dataset.testid ?? '' : null"""
    )
    return hook


def tab_to(page: Page, hook: str) -> None:
    for _ in range(page.locator("a, button, summary, [tabindex]").count()):
        page.keyboard.press("Tab")
        if focused(page) == hook:
            return
    raise AssertionError(f"Tab never came to {hook}")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_whole_conversation_by_keyboard(open_page: OpenPage, gateway: Gateway, size: tuple[int, int]) -> None:
    page = open_page(gateway.origin, size)
    chat = Chat(page)
    expect(chat["launcher"]).to_be_visible()
    tab_to(page, "launcher")
    page.keyboard.press("Enter")
    expect(chat["input"]).to_be_focused()
    page.keyboard.type(HOW_LONG)
    page.keyboard.press("Enter")
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    expect(chat["input"]).to_be_focused()
    expect(chat["input"]).to_be_empty()
    page.keyboard.press("Escape")
    expect(chat["panel"]).to_be_hidden()
    expect(chat["launcher"]).to_be_focused()


def test_shift_enter_begins_a_new_line(chat: Chat) -> None:
    chat.page.keyboard.type("one")
    chat.page.keyboard.press("Shift+Enter")
    chat.page.keyboard.type("two")
    expect(chat["input"]).to_have_value("one\ntwo")
    expect(chat["user-message"]).to_have_count(0)


def test_answer_is_within_reach_of_the_keyboard(chat: Chat) -> None:
    chat.ask(HOW_LONG, "answer")
    for _ in range(2):
        chat.page.keyboard.press("Shift+Tab")
    expect(chat["thumb-up"]).to_be_focused()
    chat.page.keyboard.press("Space")
    expect(chat["thumb-up"]).to_have_attribute("aria-pressed", "true")
    chat.page.keyboard.press("Shift+Tab")
    expect(chat["source"].locator("summary")).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(chat["source"].locator("blockquote")).to_be_visible()


def test_tab_stays_inside_a_panel_that_fills_the_screen(open_page: OpenPage, gateway: Gateway) -> None:
    chat = Chat(open_page(gateway.origin, PHONE)).open()
    visited = []
    for _ in range(2 * chat["panel"].locator("a, button, select, textarea").count()):
        chat.page.keyboard.press("Tab")
        visited.append(focused(chat.page))
    assert None not in visited
    assert {"close", "input", "send"} <= set(visited)


def test_escape_takes_back_the_question_before_it_closes(chat: Chat) -> None:
    chat["new-conversation"].press("Enter")
    expect(chat["confirm-new-yes"]).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(chat["confirm-new"]).to_have_count(0)
    expect(chat["new-conversation"]).to_be_focused()
    expect(chat["panel"]).to_be_visible()


def test_names_and_roles(chat: Chat) -> None:
    page = chat.page
    dialog = page.get_by_role("dialog", name=CLINIC.name)
    expect(dialog.get_by_role("heading", name=CLINIC.name)).to_be_visible()
    expect(dialog.get_by_role("region", name="Conversation")).to_be_visible()
    expect(dialog.get_by_role("textbox", name="Your message")).to_be_focused()
    expect(dialog.get_by_role("combobox", name="Language")).to_have_value("en")
    for name in ("Send", "New conversation", "Close the chat"):
        expect(dialog.get_by_role("button", name=name)).to_be_visible()
    dialog.get_by_role("button", name="Close the chat").click()
    expect(page.get_by_role("button", name="Open the chat with the clinic’s assistant")).to_be_focused()


def test_live_regions_are_there_before_the_first_message(open_page: OpenPage, gateway: Gateway) -> None:
    page = open_page(gateway.origin)
    chat = Chat(page)
    expect(chat["launcher"]).to_be_visible()
    handles = {}
    for hook, role in REGIONS.items():
        expect(chat[hook]).to_have_attribute("role", role)
        expect(chat[hook]).to_be_empty()
        handles[hook] = chat[hook].element_handle()
    chat.open()
    chat.ask(HOW_LONG, "answer")
    for hook, handle in handles.items():
        assert handle.evaluate("(region, hook) => region.isConnected && region.dataset.testid === hook", hook)
    expect(chat["status"]).to_have_text(HOW_LONG_ANSWER)


def test_only_the_newest_reply_is_announced(chat: Chat) -> None:
    chat.ask(HOW_LONG, "answer")
    expect(chat["status"]).to_have_text(HOW_LONG_ANSWER)
    expect(chat["status"].locator("p")).to_have_attribute("lang", "en")
    chat.ask(SIDE_EFFECTS, "answer")
    expect(chat["status"]).to_contain_text("Temporary swelling")
    expect(chat["status"]).not_to_contain_text(HOW_LONG_ANSWER)
    expect(chat["alert"]).to_be_empty()
    chat.page.reload()
    chat.open()
    expect(chat["user-message"]).to_have_count(2)
    expect(chat["status"]).to_be_empty()  # what was read once isn't read again


def test_emergency_is_announced_at_once(chat: Chat) -> None:
    chat.ask(EMERGENCY, "emergency")
    expect(chat.page.get_by_role("alert")).to_contain_text(f"Emergency. Call {CLINIC.emergency_number} now.")
    expect(chat["status"]).to_be_empty()


def test_log_is_no_live_region(chat: Chat) -> None:
    expect(chat["log"]).to_have_attribute("role", "region")
    live = chat["log"].evaluate(
        """(log) => {
          const around = []
          for (let node = log; node; node = node.parentElement ?? node.getRootNode().host) around.push(node)
          return [...around, ...log.querySelectorAll('*')].filter((element) =>
            element.hasAttribute('aria-live') || /^(log|status|alert)$/.test(element.getAttribute('role') ?? '')).length
        }"""
    )
    assert live == 0


def test_breakdown_is_announced_with_the_numbers(chat: Chat) -> None:
    chat.page.route("**/api/**", lambda route: route.abort())
    chat.say(HOW_LONG)
    expect(chat["offline-card"]).to_be_visible()
    for words in ("The chat can’t be reached right now", CLINIC.emergency_number, CLINIC.phone):
        expect(chat["alert"]).to_contain_text(words)
