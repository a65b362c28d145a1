"""The widget on somebody else's page: another origin, a strict policy of that page's own, one script tag."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.answers import CLINIC, EMERGENCY, HOW_LONG, HOW_LONG_ANSWER
from tests.browser.chat import Chat
from tests.browser.conftest import DESKTOP, PHONE, MakeGateway, MakeHostPage, Noted, OpenPage
from tests.browser.servers import Gateway, HostPage

pytestmark = pytest.mark.browser
TRUSTED_TYPES = "; require-trusted-types-for 'script'; trusted-types lit-html"


def policy(gateway: Gateway) -> str:
    return f"default-src 'none'; script-src {gateway.origin}; connect-src {gateway.origin}; style-src 'self'"


def host(attributes: str, gateway: Gateway, *, page: str = 'lang="en"') -> str:
    return f"""<!doctype html><html {page}><head><meta name="viewport" content="width=device-width">
<title>Another site</title></head><body><main><h1>Another site</h1></main>
<script type="module" src="{gateway.origin}/widget.js" {attributes}></script></body></html>"""


@pytest.fixture
def site(make_host_page: MakeHostPage, gateway: Gateway) -> HostPage:
    return make_host_page(host(f'data-api="{gateway.origin}"', gateway), policy(gateway))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_chat_on_another_origin_under_a_strict_policy(
    open_page: OpenPage, site: HostPage, gateway: Gateway, noted: Noted, size: tuple[int, int]
) -> None:
    chat = Chat(open_page(site.origin, size)).open()
    expect(chat["header-call"]).to_have_attribute("href", CLINIC.phone_uri)
    chat.ask(HOW_LONG, "answer")
    expect(chat["reply-text"].last).to_have_text(HOW_LONG_ANSWER)
    with chat.page.expect_response("**/api/v1/feedback") as response:
        chat["thumb-up"].click()
    assert response.value.status == 204
    chat.ask(EMERGENCY, "emergency")
    assert gateway.texts(chat.token) == [HOW_LONG, EMERGENCY]
    old = chat.token
    chat["new-conversation"].click()
    chat["confirm-new-yes"].click()
    expect(chat["user-message"]).to_have_count(0)
    chat.wait_until_connected()
    assert gateway.history(old).status_code == 401
    assert noted.foreign(site.origin, gateway.origin) == []
    assert noted.complaints == []


@pytest.mark.parametrize(
    ("attributes", "added"), [("", ""), ("", TRUSTED_TYPES)], ids=["no-attribute", "trusted-types"]
)
def test_script_tag_alone_is_enough(
    open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway, noted: Noted, attributes: str, added: str
) -> None:
    site = make_host_page(host(attributes, gateway), policy(gateway) + added)
    chat = Chat(open_page(site.origin)).open()
    chat.ask(HOW_LONG, "answer")
    assert noted.complaints == []


def test_attributes_of_the_script_tag(open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway) -> None:
    attributes = 'data-open="true" data-language="tr" data-title="Sorun"'
    chat = Chat(open_page(make_host_page(host(attributes, gateway), policy(gateway)).origin))
    expect(chat["panel"]).to_be_visible()
    expect(chat["input"]).not_to_be_focused()
    expect(chat.page.get_by_role("heading", name="Sorun")).to_be_visible()
    expect(chat["reply-text"]).to_contain_text(["Merhaba!"])


def test_host_opens_and_closes_it(open_page: OpenPage, site: HostPage) -> None:
    chat = Chat(open_page(site.origin))
    expect(chat["launcher"]).to_be_visible()
    chat.page.evaluate("document.querySelector('clinic-chat').open()")
    expect(chat["input"]).to_be_focused()
    chat.page.evaluate("document.querySelector('clinic-chat').close()")
    expect(chat["panel"]).to_be_hidden()


def test_wait_time_crosses_origins(
    open_page: OpenPage, make_host_page: MakeHostPage, make_gateway: MakeGateway
) -> None:
    """`Retry-After` has to be exposed; without it the widget would say 30 seconds."""
    gateway = make_gateway(rate_session="1/hour")
    chat = Chat(open_page(make_host_page(host("", gateway), policy(gateway)).origin)).open()
    chat.ask("first", "handover")
    chat.say(HOW_LONG)
    expect(chat["busy-card"]).to_contain_text(re.compile(r"in (59|60) minutes"))


def test_site_that_is_not_allowed_gets_the_numbers(
    open_page: OpenPage, make_host_page: MakeHostPage, make_gateway: MakeGateway
) -> None:
    gateway = make_gateway(allowed_origins="https://clinic.example")
    site = make_host_page(host(f'data-phone="{CLINIC.phone}"', gateway), policy(gateway))
    chat = Chat(open_page(site.origin))
    chat["launcher"].click()
    expect(chat["offline-card"]).to_be_visible()
    assert chat.links(chat["offline-card"]) == [CLINIC.emergency_uri, CLINIC.phone_uri]


def test_right_to_left_page(open_page: OpenPage, make_host_page: MakeHostPage, gateway: Gateway) -> None:
    html = host('data-language="ar"', gateway, page='lang="ar" dir="rtl"')
    page = open_page(make_host_page(html, policy(gateway)).origin)
    launcher = page.get_by_test_id("launcher").bounding_box()
    assert launcher is not None
    assert launcher["x"] < DESKTOP[0] / 2
    chat = Chat(page).open()
    chat.ask(HOW_LONG, "answer")
    question, answer = chat["user-message"].bounding_box(), chat.reply.bounding_box()
    assert question is not None
    assert answer is not None
    assert question["x"] < answer["x"]
