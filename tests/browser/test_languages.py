"""The widget's languages: English comes with it, each other one in a file of its own that may be late or missing."""

import json
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from clinicbot import paths
from tests.browser.answers import APPOINTMENT, CLINIC, EMERGENCY, HOW_LONG, HOW_LONG_ANSWER, UNCLEAR
from tests.browser.chat import Chat
from tests.browser.conftest import PHONE, MakeHostPage, Noted, OpenPage
from tests.browser.servers import Gateway, HostPage
from tests.browser.test_embedding import TRUSTED_TYPES, host, policy

pytestmark = pytest.mark.browser
WORDS: dict[str, dict[str, str]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(paths.WIDGET_STRINGS.glob("*.json"))
}
EVERY_LANGUAGE = pytest.mark.parametrize("language", WORDS)
FILES = "**/widget/strings/*.json"
ENGLISH = "Send"


def site(make_host_page: MakeHostPage, gateway: Gateway, language: str) -> HostPage:
    attributes = f'data-api="{gateway.origin}" data-language="{language}"'
    return make_host_page(host(attributes, gateway), policy(gateway) + TRUSTED_TYPES)


def file_of(gateway: Gateway, language: str) -> str:
    return f"{gateway.origin}/widget/strings/{language}.json"


@EVERY_LANGUAGE
def test_language_on_another_origin_under_a_strict_policy(
    open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway, noted: Noted, language: str
) -> None:
    words = WORDS[language]
    elsewhere = site(make_host_page, gateway, language)
    chat = Chat(open_page(elsewhere.origin))
    expect(chat["launcher"]).to_have_attribute("aria-label", words["launcher"])
    expect(chat["bubble-open"]).to_have_text(words["bubble"])
    assert noted.requests.count(file_of(gateway, language)) == 1
    chat.open()
    expect(chat["input"]).to_have_attribute("placeholder", words["input"])
    chat.ask(HOW_LONG, "answer")
    assert noted.requests.count(file_of(gateway, language)) == 1
    assert noted.foreign(elsewhere.origin, gateway.origin) == []
    assert noted.complaints == []


def test_english_needs_no_file(open_page: OpenPage, gateway: Gateway, noted: Noted) -> None:
    Chat(open_page(gateway.origin)).open()
    assert [url for url in noted.requests if "/strings/" in url] == []


def test_language_of_the_browser_brings_its_file(
    open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway
) -> None:
    elsewhere = make_host_page(host("", gateway, page=""), policy(gateway))
    chat = Chat(open_page(elsewhere.origin, locale="es-MX"))
    expect(chat["launcher"]).to_have_attribute("aria-label", WORDS["es"]["launcher"])


def test_chat_is_in_english_until_the_language_arrives(
    open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway
) -> None:
    held: list[Route] = []
    page = open_page("about:blank")
    page.route(FILES, lambda route: held.append(route))
    page.goto(site(make_host_page, gateway, "de").origin)
    chat = Chat(page).open()
    chat.ask(HOW_LONG, "answer")
    expect(chat["send"]).to_have_attribute("aria-label", ENGLISH)
    chat["input"].fill("half a sentence")
    assert len(held) == 1
    held[0].continue_()
    expect(chat["send"]).to_have_attribute("aria-label", WORDS["de"]["send"])
    expect(chat["input"]).to_have_value("half a sentence")
    expect(chat["input"]).to_be_focused()
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)


@pytest.mark.parametrize(
    "answer",
    [{"status": 404}, {"status": 503}, {"body": "<html>log in</html>"}, None],
    ids=["missing", "broken", "not-ours", "dead"],
)
def test_chat_stays_in_english_where_the_language_cannot_be_loaded(
    open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway, answer: dict[str, Any] | None
) -> None:
    page = open_page("about:blank")
    page.route(FILES, lambda route: route.abort() if answer is None else route.fulfill(**answer))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site(make_host_page, gateway, "fr").origin)
    chat = Chat(page).open()
    chat.ask(EMERGENCY, "emergency")
    expect(chat["send"]).to_have_attribute("aria-label", ENGLISH)
    assert errors == []
    page.unroute(FILES)
    chat["close"].click()
    chat["launcher"].click()
    expect(chat["send"]).to_have_attribute("aria-label", WORDS["fr"]["send"])


@EVERY_LANGUAGE
def test_numbers_are_in_reach_in_every_language(
    open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway, language: str
) -> None:
    """Offline, on the narrowest screen: the longest words, and the two numbers."""
    page = open_page(site(make_host_page, gateway, language).origin, (320, 640))
    chat = Chat(page).open()
    chat.ask(UNCLEAR, "fallback")
    chat["new-conversation"].click()
    page.route("**/api/**", lambda route: route.abort())
    chat.say(HOW_LONG)
    card = chat["offline-card"]
    expect(card).to_contain_text(WORDS[language]["offline"])
    assert chat.links(card) == [CLINIC.emergency_uri, CLINIC.phone_uri]
    assert CLINIC.phone in (card.text_content() or "").replace("\u00a0", " ")
    for hook in ("panel", "log"):
        assert chat[hook].evaluate("(box) => box.scrollWidth <= box.clientWidth"), hook


def test_numbers_run_from_the_left_in_arabic(
    open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway
) -> None:
    """Where a text runs from the right, the groups of a number that isn't kept apart would be shown in reverse."""
    chat = Chat(open_page(site(make_host_page, gateway, "ar").origin, PHONE)).open()
    reply = chat.ask(APPOINTMENT, "handover")
    expect(reply.locator(".text bdi")).to_have_text(CLINIC.phone)
    # what the server would say in Arabic
    text = f"يرجى الاتصال بالعيادة: {CLINIC.phone}."
    answer = {"id": "a", "kind": "handover", "language": "ar", "text": text, "buttons": []}
    chat.page.route("**/api/v1/messages", lambda route: route.fulfill(json={"replies": [answer]}))
    chat.page.route("**/api/v1/clinic*", lambda route: route.abort())
    reply = chat.ask("؟", "handover")
    expect(reply.get_by_test_id("reply-text")).to_have_text(text)
    left = """(element, number) => {
      const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
      for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const start = node.data.replaceAll('\\u00a0', ' ').indexOf(number)
        if (start < 0) continue
        return [...number].map((_, index) => {
          const range = document.createRange()
          range.setStart(node, start + index)
          range.setEnd(node, start + index + 1)
          return range.getBoundingClientRect().left
        })
      }
    }"""
    chat.page.route("**/api/**", lambda route: route.abort())
    chat.say(HOW_LONG)
    for element in (reply, chat["offline-card"].get_by_test_id("call-clinic")):
        lefts = element.evaluate(left, CLINIC.phone)
        assert lefts == sorted(lefts)
