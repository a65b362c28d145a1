"""The console on a port of its own, and a browser that notes what it complains of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from clinicbot.store.people import Person
from tests.browser.conftest import Noted, OpenPage, browser, noted, open_page
from tests.browser.servers import Server
from tests.console.conftest import Running

__all__ = ["browser", "noted", "open_page"]  # fixtures of the other browser tests

DESKTOP, PHONE, NARROW = (1280, 800), (360, 740), (320, 640)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass
class Site:
    """The running console and browsers in front of it."""

    running: Running
    server: Server
    open_page: OpenPage
    noted: Noted

    def page(self, path: str, person: Person | None = None, size: tuple[int, int] = DESKTOP, **options: Any) -> Page:
        """An address, opened in a browser of its own that is logged in as `person`."""
        page = self.open_page("about:blank", size, **options)
        if person is not None:
            token = self.running.console.sessions.begin(person.id, "Chrome, Linux")
            page.context.add_cookies([{"name": "staff", "value": token, "url": f"{self.server.origin}/staff"}])
        page.goto(f"{self.server.origin}{path}")
        return page

    def check(self, page: Page) -> None:
        """Nothing to complain of: accessibility (axe, AA), sideways scrolling, errors and violated policies."""
        violations = Axe().run(page, options=RULES).response["violations"]
        found = [(each["id"], node["html"]) for each in violations for node in each["nodes"]]
        assert found == [], page.url
        width, visible = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= visible, f"{page.url} scrolls sideways"
        assert self.noted.complaints == []


@pytest.fixture
def site(running: Running, open_page: OpenPage, noted: Noted) -> Iterator[Site]:
    server = Server(lambda: running.app)
    server.start()
    yield Site(running, server, open_page, noted)
    server.stop()
