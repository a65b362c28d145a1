"""Chromium, the gateway, a fake Rasa, and pages that note everything a browser complains of or asks for."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.answers import ANSWERS, DEFAULT
from tests.browser.chat import Chat
from tests.browser.servers import FakeRasa, Gateway, HostPage

TIMEOUT = 15_000  # milliseconds, for a busy machine; what is waited for comes at once
DESKTOP = (1280, 800)
PHONE = (390, 844)
ARGUMENTS = (
    "--no-sandbox",  # containers of CI run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
)
# A violation is reported to the console anyway; this also says which directive it was and where
REPORT_VIOLATIONS = """addEventListener('securitypolicyviolation', (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""


@dataclass
class Noted:
    """What a page did that its reader doesn't see."""

    complaints: list[str] = field(default_factory=list)  # errors, warnings and violated policies
    requests: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def foreign(self, *origins: str) -> list[str]:
        """Requests to anybody else than these origins."""
        return [url for url in self.requests if not url.startswith(tuple(f"{origin}/" for origin in origins))]


OpenPage = Callable[..., Page]
MakeGateway = Callable[..., Gateway]
MakeHostPage = Callable[..., HostPage]


def find_chromium() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path:
        return path
    reason = "no Chromium here: install it (Debian: apt install chromium) or name it in CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


# Not for the session: Playwright's synchronous API occupies the thread's event loop until it is stopped, and tests of
# other folders need that one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        expect.set_options(timeout=TIMEOUT)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shared_rasa() -> Iterator[FakeRasa]:
    rasa = FakeRasa(ANSWERS, DEFAULT)
    rasa.start()
    yield rasa
    rasa.stop()


@pytest.fixture
def rasa(shared_rasa: FakeRasa) -> Iterator[FakeRasa]:
    shared_rasa.reset()
    yield shared_rasa
    shared_rasa.reset()


@pytest.fixture(scope="package")
def gateway(tmp_path_factory: pytest.TempPathFactory, shared_rasa: FakeRasa) -> Iterator[Gateway]:
    """For tests that only talk to it; each of them has a browser context, and so a session, of its own."""
    # longer than a held answer takes on a busy machine, shorter than the widget's 12 seconds
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), shared_rasa, rasa_timeout=10.0)
    gateway.start()
    yield gateway
    gateway.stop()


@pytest.fixture
def make_gateway(tmp_path_factory: pytest.TempPathFactory, rasa: FakeRasa) -> Iterator[MakeGateway]:
    """Starts a gateway of the test's own, with other settings or to be stopped."""
    started: list[Gateway] = []

    def make(rasa: FakeRasa = rasa, **settings: Any) -> Gateway:
        gateway = Gateway(tmp_path_factory.mktemp("gateway"), rasa, **settings)
        started.append(gateway)
        gateway.start()
        return gateway

    yield make
    for gateway in started:
        gateway.stop()


@pytest.fixture
def stopped_rasa() -> FakeRasa:
    """Its port is closed."""
    rasa = FakeRasa({}, [])
    rasa.start()
    rasa.stop()
    return rasa


@pytest.fixture
def make_host_page() -> Iterator[MakeHostPage]:
    started: list[HostPage] = []

    def make(html: str, policy: str) -> HostPage:
        host = HostPage(html, policy)
        started.append(host)
        host.start()
        return host

    yield make
    for host in started:
        host.stop()


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def open_page(browser: Browser, noted: Noted) -> Iterator[OpenPage]:
    """Opens an address in a browser that was never used before. Nothing moves, so that nothing has to be waited for."""
    contexts: list[BrowserContext] = []

    def open_address(address: str, size: tuple[int, int] = DESKTOP, **options: Any) -> Page:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(
            **{"viewport": viewport, "locale": "en-GB", "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        context.set_default_timeout(TIMEOUT)
        context.add_init_script(REPORT_VIOLATIONS)
        noted.watch(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()


@pytest.fixture
def chat(open_page: OpenPage, gateway: Gateway) -> Chat:
    """The chat on the clinic's own page, opened, on a desktop."""
    return Chat(open_page(gateway.origin)).open()
