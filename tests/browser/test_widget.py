"""A conversation, from opening the chat to erasing it."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.answers import (
    APPOINTMENT,
    CLASSIFIED,
    CLINIC,
    EMERGENCY,
    HOW_LONG,
    HOW_LONG_ANSWER,
    MARKUP,
    MARKUP_ANSWER,
    SIDE_EFFECTS,
    SUGGESTION,
    TURKISH,
    TURKISH_ANSWER,
    UNCLEAR,
)
from tests.browser.chat import Chat
from tests.browser.conftest import DESKTOP, PHONE, Noted, OpenPage
from tests.browser.servers import PATIENCE, FakeRasa, Gateway

pytestmark = pytest.mark.browser
NUMBERS = [CLINIC.emergency_uri, CLINIC.phone_uri]


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def either(request: pytest.FixtureRequest, open_page: OpenPage, gateway: Gateway) -> Chat:
    """The open chat in both sizes."""
    return Chat(open_page(gateway.origin, request.param)).open()


def stands_above(upper: Locator, lower: Locator) -> bool:
    first, second = upper.bounding_box(), lower.bounding_box()
    assert first is not None
    assert second is not None
    return first["y"] + first["height"] <= second["y"]


def test_launcher_opens_and_close_closes(either: Chat) -> None:
    expect(either["panel"]).to_be_visible()
    expect(either["launcher"]).to_be_hidden()
    expect(either["input"]).to_be_focused()
    either["close"].click()
    expect(either["panel"]).to_be_hidden()
    expect(either["launcher"]).to_be_focused()


def test_panel_fills_a_phone(open_page: OpenPage, gateway: Gateway) -> None:
    chat = Chat(open_page(gateway.origin, PHONE)).open()
    assert chat["panel"].bounding_box() == {"x": 0, "y": 0, "width": PHONE[0], "height": PHONE[1]}


def test_greeting_invites_and_can_be_dismissed(open_page: OpenPage, gateway: Gateway) -> None:
    chat = Chat(open_page(gateway.origin))
    expect(chat["bubble"]).to_be_visible()
    chat["bubble-dismiss"].click()
    expect(chat["bubble"]).to_be_hidden()
    chat.page.reload()
    expect(chat["launcher"]).to_be_visible()
    expect(chat["bubble"]).to_be_hidden()


def test_assistant_speaks_first(chat: Chat, gateway: Gateway) -> None:
    greeting = gateway.history(chat.token).json()["greeting"][0]["text"]
    expect(chat["reply-text"]).to_have_text([greeting])
    assert CLINIC.emergency_number in greeting
    assert gateway.texts(chat.token) == []


def test_notice_is_shown_once_and_again_by_about(chat: Chat) -> None:
    expect(chat["notice"]).to_contain_text("not a doctor")
    expect(chat["notice"]).to_contain_text(f"{CLINIC.retention_days} days")
    chat["notice-accept"].click()
    expect(chat["notice"]).to_be_hidden()
    expect(chat["input"]).to_be_focused()
    chat.page.reload()
    chat.open()
    expect(chat["notice"]).to_be_hidden()
    chat["about"].click()
    expect(chat["notice"]).to_be_visible()


def test_numbers_are_always_in_reach(either: Chat) -> None:
    expect(either["header-call"]).to_have_attribute("href", CLINIC.phone_uri)
    expect(either["emergency-link"]).to_have_attribute("href", CLINIC.emergency_uri)
    either.ask(HOW_LONG, "answer")
    expect(either["header-call"]).to_be_in_viewport()
    expect(either["emergency-link"]).to_be_in_viewport()


def test_topic_button_asks(either: Chat) -> None:
    expect(either["topic"]).to_have_count(6)
    either["topic"].filter(has_text="How long it lasts").click()
    expect(either["user-message"]).to_contain_text("How long does botox last?")
    expect(either["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    expect(either["topic"]).to_have_count(0)


def test_answer_shows_where_it_comes_from(chat: Chat) -> None:
    chat.ask(HOW_LONG, "answer")
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    passage = chat["source"].locator("blockquote")
    expect(passage).to_be_hidden()
    chat["source"].locator("summary").click()
    expect(passage).to_contain_text("4 to 6 months")
    expect(passage).to_be_visible()
    expect(chat["source"].locator(".source-title")).to_have_text(SUGGESTION)


def test_thumbs_reach_the_server_and_the_last_one_counts(chat: Chat, gateway: Gateway) -> None:
    chat.ask(HOW_LONG, "answer")
    expect(chat["thumb-up"]).to_have_attribute("aria-pressed", "false")
    given = []
    for thumb in ("thumb-up", "thumb-down"):
        with chat.page.expect_response("**/api/v1/feedback") as response:
            chat[thumb].click()
        assert response.value.status == 204
        expect(chat[thumb]).to_have_attribute("aria-pressed", "true")
        given.append(response.value.request.post_data_json)
    reply = gateway.history(chat.token).json()["messages"][0]["replies"][0]["id"]
    assert given == [{"reply": reply, "helpful": True}, {"reply": reply, "helpful": False}]
    expect(chat["thumb-up"]).to_have_attribute("aria-pressed", "false")
    expect(chat["status"]).to_have_text("Thank you for your feedback.")
    assert re.search(r'feedback\w*\{helpful="false"\} [1-9]', gateway.get("/metrics").text)


def test_handover_calls_the_clinic(chat: Chat) -> None:
    reply = chat.ask(APPOINTMENT, "handover")
    assert chat.links(reply) == [CLINIC.phone_uri]
    expect(reply).to_contain_text(CLINIC.phone)
    expect(reply.get_by_test_id("thumb-up")).to_have_count(0)


def test_phone_line_stands_under_an_answer_that_asks_for_it(chat: Chat) -> None:
    reply = chat.ask(SIDE_EFFECTS, "answer")
    assert chat.links(reply) == [CLINIC.phone_uri]
    expect(reply.get_by_test_id("reply-text")).to_contain_text(CLINIC.phone)


@pytest.mark.parametrize("text", [EMERGENCY, CLASSIFIED], ids=["by-pattern", "by-classifier"])
def test_emergency_number_stands_first_and_in_sight(either: Chat, text: str) -> None:
    either.ask(HOW_LONG, "answer")
    reply = either.ask(text, "emergency")
    call, clinic = reply.get_by_test_id("call-emergency"), reply.get_by_test_id("call-clinic")
    assert either.links(reply) == NUMBERS
    assert stands_above(call, clinic)
    assert stands_above(clinic, reply.get_by_test_id("reply-text"))
    expect(call).to_be_in_viewport(ratio=1)
    expect(reply.get_by_test_id("reply-text")).to_have_text(re.compile(rf"^Call {CLINIC.emergency_number} now\."))


def test_emergency_by_pattern_does_not_ask_rasa(chat: Chat, rasa: FakeRasa) -> None:
    chat.ask(EMERGENCY, "emergency")
    assert rasa.asked == []


def test_suggestion_answers_without_showing_its_payload(chat: Chat, gateway: Gateway, rasa: FakeRasa) -> None:
    reply = chat.ask(UNCLEAR, "fallback")
    with chat.page.expect_request(lambda request: request.method == "POST") as sent:
        reply.get_by_test_id("reply-button").filter(has_text=SUGGESTION).click()
    expect(chat.reply).to_have_attribute("data-kind", "answer")
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    assert rasa.asked[-1] == ("faq:duration/how_long", "en")
    assert gateway.texts(chat.token) == [UNCLEAR, SUGGESTION]
    assert "faq:" not in (sent.value.post_data or "")


def test_history_comes_back_after_a_reload(either: Chat, rasa: FakeRasa) -> None:
    either.ask(HOW_LONG, "answer")
    either.ask(EMERGENCY, "emergency")
    shown = either["log"].locator(".user, .bot .text").all_text_contents()
    token = either.token
    either.page.reload()
    either.open()
    assert either["log"].locator(".user, .bot .text").all_text_contents() == shown
    assert either.token == token
    assert rasa.count(HOW_LONG) == 1


def test_new_conversation_erases(chat: Chat, gateway: Gateway, rasa: FakeRasa) -> None:
    chat.ask(HOW_LONG, "answer")
    old = chat.token
    chat["new-conversation"].click()
    chat["confirm-new-cancel"].click()
    expect(chat["user-message"]).to_have_count(1)
    chat["new-conversation"].click()
    chat["confirm-new-yes"].click()
    expect(chat["user-message"]).to_have_count(0)
    expect(chat["status"]).to_have_text("A new conversation has started.")
    chat.wait_until_connected()
    assert chat.token != old
    assert gateway.history(old).status_code == 401
    assert gateway.texts(chat.token) == []
    assert chat.stored("erase") is None
    assert rasa.forgotten.get(timeout=PATIENCE)
    chat.page.reload()
    chat.open()
    expect(chat["user-message"]).to_have_count(0)


def test_turkish(chat: Chat, rasa: FakeRasa) -> None:
    chat["language"].select_option("tr")
    expect(chat["reply-text"]).to_contain_text(["Merhaba!"])
    expect(chat["topic"].filter(has_text="Ne kadar sürer")).to_be_visible()
    expect(chat.page.get_by_role("textbox", name="Mesajınız")).to_be_visible()
    chat.ask(TURKISH, "answer")
    expect(chat["reply-text"].last).to_have_text(TURKISH_ANSWER)
    expect(chat["reply-text"].last).to_have_attribute("lang", "tr")
    assert rasa.asked == [(TURKISH, "tr")]
    chat.page.reload()
    expect(chat.page.get_by_role("button", name="Kliniğin asistanıyla sohbeti aç")).to_be_visible()


def test_changing_the_language_keeps_the_conversation(chat: Chat) -> None:
    chat.ask(HOW_LONG, "answer")
    token = chat.token
    chat["language"].select_option("tr")
    expect(chat["new-conversation"]).to_have_attribute("aria-label", "Yeni konuşma")
    expect(chat["user-message"]).to_have_count(1)
    assert chat.token == token


def test_message_ends_at_a_thousand_characters(chat: Chat, gateway: Gateway) -> None:
    expect(chat["counter"]).to_have_count(0)
    chat.page.keyboard.insert_text("x" * 900)
    expect(chat["counter"]).to_have_text("100 characters left")
    chat.page.keyboard.insert_text("y" * 200)
    expect(chat["input"]).to_have_value("x" * 900 + "y" * 100)
    expect(chat["counter"]).to_have_text("0 characters left")
    chat["send"].click()
    expect(chat.reply).to_have_attribute("data-kind", "handover")
    assert gateway.texts(chat.token) == ["x" * 900 + "y" * 100]
    expect(chat["counter"]).to_have_count(0)


def test_markup_stays_text(chat: Chat, noted: Noted) -> None:
    reply = chat.ask(MARKUP, "smalltalk")
    expect(chat["user-message"].locator(".text")).to_have_text(MARKUP)
    expect(reply.get_by_test_id("reply-text")).to_have_text(MARKUP_ANSWER)
    expect(chat["log"].locator("img, b")).to_have_count(0)
    expect(chat.page).not_to_have_title("hacked")
    assert [url for url in noted.requests if "nowhere" in url] == []
