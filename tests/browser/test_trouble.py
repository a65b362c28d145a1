"""What the patient sees when something behind the chat is slow, broken, gone or too busy. Never silence."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.answers import CLINIC, EMERGENCY, HOW_LONG, HOW_LONG_ANSWER, SILENCE
from tests.browser.chat import Chat
from tests.browser.conftest import DESKTOP, PHONE, MakeGateway, OpenPage
from tests.browser.servers import FakeRasa, Gateway

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
NUMBERS = [CLINIC.emergency_uri, CLINIC.phone_uri]
MESSAGES = "**/api/v1/messages"


def test_typing_indicator_until_a_slow_answer(chat: Chat, rasa: FakeRasa) -> None:
    answer = rasa.hold(HOW_LONG)
    chat.say(HOW_LONG)
    expect(chat["typing-dots"]).to_be_visible()
    expect(chat["typing"]).to_have_text("The assistant is writing")
    answer()
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    expect(chat["typing-dots"]).to_have_count(0)
    expect(chat["typing"]).to_be_empty()


def test_messages_written_meanwhile_are_answered_in_order(chat: Chat, gateway: Gateway, rasa: FakeRasa) -> None:
    answer = rasa.hold(HOW_LONG)
    chat.say(HOW_LONG)
    chat.say("second")
    chat.say("third")
    expect(chat["user-message"]).to_have_count(3)
    answer()
    expect(chat["reply"]).to_have_count(4)
    assert gateway.texts(chat.token) == [HOW_LONG, "second", "third"]


def _silent(rasa: FakeRasa) -> str:
    return SILENCE


def _failing(rasa: FakeRasa) -> str:
    rasa.failing.add("fail")
    return "fail"


def _too_slow(rasa: FakeRasa) -> str:
    rasa.hold("never")
    return "never"


@pytest.mark.parametrize("break_rasa", [_silent, _failing, _too_slow])
def test_rasa_without_an_answer_becomes_the_numbers(
    open_page: OpenPage, make_gateway: MakeGateway, rasa: FakeRasa, break_rasa: Callable[[FakeRasa], str]
) -> None:
    chat = Chat(open_page(make_gateway(rasa_timeout=0.5).origin, PHONE)).open()
    reply = chat.ask(break_rasa(rasa), "fallback")
    assert chat.links(reply) == NUMBERS
    expect(reply).to_contain_text(CLINIC.phone)
    expect(chat["offline-card"]).to_have_count(0)


@SIZES
def test_emergency_while_rasa_is_down(
    open_page: OpenPage, make_gateway: MakeGateway, stopped_rasa: FakeRasa, size: tuple[int, int]
) -> None:
    chat = Chat(open_page(make_gateway(stopped_rasa).origin, size)).open()
    reply = chat.ask(EMERGENCY, "emergency")
    assert chat.links(reply) == NUMBERS
    expect(reply.get_by_test_id("call-emergency")).to_be_in_viewport(ratio=1)
    assert chat.links(chat.ask(HOW_LONG, "fallback")) == NUMBERS


@SIZES
def test_server_that_went_away_and_came_back(
    open_page: OpenPage, make_gateway: MakeGateway, rasa: FakeRasa, size: tuple[int, int]
) -> None:
    gateway = make_gateway()
    chat = Chat(open_page(gateway.origin, size)).open()
    gateway.stop()
    chat.say(HOW_LONG)
    card = chat["offline-card"]
    expect(card).to_be_visible()
    expect(card.get_by_test_id("call-emergency")).to_be_in_viewport(ratio=1)
    assert chat.links(card) == NUMBERS
    expect(chat["message-note"]).to_have_text("Not sent yet")
    card.get_by_test_id("retry").click()  # still away
    expect(card).to_be_visible()
    gateway.start()
    card.get_by_test_id("retry").click()
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    expect(card).to_have_count(0)
    expect(chat["user-message"]).to_have_count(1)
    assert gateway.texts(chat.token) == [HOW_LONG]
    assert rasa.count(HOW_LONG) == 1


def test_unsent_message_survives_a_reload(open_page: OpenPage, make_gateway: MakeGateway, rasa: FakeRasa) -> None:
    gateway = make_gateway()
    chat = Chat(open_page(gateway.origin)).open()
    gateway.stop()
    chat.say(HOW_LONG)
    expect(chat["offline-card"]).to_be_visible()
    gateway.start()
    chat.page.reload()
    chat["launcher"].click()
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    assert gateway.texts(chat.token) == [HOW_LONG]


def test_answer_lost_on_its_way_is_not_asked_for_twice(chat: Chat, gateway: Gateway, rasa: FakeRasa) -> None:
    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    chat.page.route(MESSAGES, lose_the_answer, times=1)
    chat.say(HOW_LONG)
    expect(chat["offline-card"]).to_be_visible()
    assert gateway.texts(chat.token) == [HOW_LONG]
    chat["retry"].click()
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    expect(chat["user-message"]).to_have_count(1)
    assert gateway.texts(chat.token) == [HOW_LONG]
    assert rasa.count(HOW_LONG) == 1


def test_first_visit_to_a_server_that_is_down(open_page: OpenPage, make_gateway: MakeGateway) -> None:
    """The host page's `data-phone` stands in for what was never loaded."""
    gateway = make_gateway()
    chat = Chat(open_page(gateway.origin))
    expect(chat["launcher"]).to_be_visible()
    gateway.stop()
    chat["launcher"].click()
    assert chat.links(chat["offline-card"]) == NUMBERS
    gateway.start()
    chat["retry"].click()
    expect(chat["topic"]).to_have_count(6)
    expect(chat["offline-card"]).to_have_count(0)


def test_new_conversation_while_the_server_is_down_is_erased_later(
    open_page: OpenPage, make_gateway: MakeGateway
) -> None:
    gateway = make_gateway()
    chat = Chat(open_page(gateway.origin)).open()
    chat.ask(HOW_LONG, "answer")
    old = chat.token
    gateway.stop()
    chat["new-conversation"].click()
    chat["confirm-new-yes"].click()
    expect(chat["offline-card"]).to_be_visible()
    expect(chat["user-message"]).to_have_count(0)
    gateway.start()
    with chat.page.expect_response(lambda response: response.request.method == "DELETE" and response.ok):
        chat["retry"].click()
    expect(chat["topic"]).to_have_count(6)
    assert gateway.history(old).status_code == 401


def test_expired_session_is_renewed_without_a_word(open_page: OpenPage, make_gateway: MakeGateway) -> None:
    gateway = make_gateway()
    chat = Chat(open_page(gateway.origin)).open()
    chat.page.evaluate(
        """() => { const key = Object.keys(localStorage).find((name) => name.endsWith(':token'))
                   localStorage[key] = JSON.stringify({token: 'forged', expires: null}) }"""
    )
    chat.ask(HOW_LONG, "answer")
    assert gateway.texts(chat.token) == [HOW_LONG]


def _limited(page: Page) -> Chat:
    """A chat whose second message was one too many."""
    chat = Chat(page).open()
    chat.ask("first", "handover")
    chat.say(HOW_LONG)
    expect(chat["busy-card"]).to_be_visible()
    return chat


@SIZES
def test_too_many_messages(open_page: OpenPage, make_gateway: MakeGateway, size: tuple[int, int]) -> None:
    gateway = make_gateway(rate_session="1/minute")
    chat = _limited(open_page(gateway.origin, size))
    card = chat["busy-card"]
    expect(card).to_contain_text(re.compile(r"You can write again in \d+ seconds?\."))
    assert chat.links(card) == NUMBERS
    expect(card.get_by_test_id("call-emergency")).to_be_in_viewport(ratio=1)
    expect(chat["message-note"]).to_have_text("Not sent yet")
    assert gateway.texts(chat.token) == ["first"]


def test_too_many_messages_and_the_wait_is_over(open_page: OpenPage, make_gateway: MakeGateway, rasa: FakeRasa) -> None:
    gateway = make_gateway(rate_session="1/minute")
    page = open_page("about:blank")
    page.clock.install()
    page.goto(gateway.origin)
    chat = _limited(page)
    page.clock.fast_forward("01:01")
    expect(chat["busy-card"]).to_contain_text("You can write again now.")
    gateway.stop()
    gateway.start()  # forgets the limits, so that nobody has to wait a minute here
    chat["retry"].click()
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    expect(chat["busy-card"]).to_have_count(0)
    assert gateway.texts(chat.token) == ["first", HOW_LONG]
    assert rasa.count(HOW_LONG) == 1


def test_refused_message_says_why_and_the_next_one_works(chat: Chat) -> None:
    detail = "A message may have 1000 characters."
    problem = {"title": "Message too long", "status": 422, "detail": detail}
    chat.page.route(
        MESSAGES,
        lambda route: route.fulfill(status=422, json=problem, content_type="application/problem+json"),
        times=1,
    )
    chat.say("refuse me")
    expect(chat["message-note"]).to_have_text(detail)
    expect(chat["alert"]).to_contain_text(detail)
    chat.ask(HOW_LONG, "answer")
