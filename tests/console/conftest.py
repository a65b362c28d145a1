"""The console in this process: an empty database, a small checkout that may be written to, and browsers in front."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from starlette.applications import Starlette
from starlette.testclient import TestClient

from clinicbot.console.app import create_app
from clinicbot.console.passwords import Passwords
from clinicbot.console.services import Console, make_console
from clinicbot.settings import Settings
from clinicbot.store.database import open_database
from clinicbot.store.people import Person, Role
from tests.conftest import WriteClinic
from tests.faq.checkouts import small_checkout

ORIGIN = "http://console.test"
PASSWORD = "three purple umbrellas"


@dataclass
class Client:
    """A browser, logged in as `person` unless that is None; `post` sends the token that the page's form would."""

    http: TestClient
    console: Console
    person: Person | None = None
    csrf: str = ""

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """`data`: the form's fields, a list where a field comes several times."""
        return self.http.post(path, data={"csrf": self.csrf, **(data or {})}, **options)


@dataclass
class Running:
    """The application and what its pages share."""

    app: Starlette
    console: Console
    clients: list[TestClient] = field(default_factory=list)

    def browser(self) -> TestClient:
        """Nobody's yet. Redirects aren't followed, and an error is a page, as in a browser."""
        client = TestClient(
            self.app,
            base_url=ORIGIN,
            headers={"Origin": ORIGIN, "Accept-Language": "en"},
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        self.clients.append(client)
        return client

    def add(self, username: str, *roles: Role, name: str = "", language: str = "en") -> Person:
        """Somebody whose password is PASSWORD."""
        person = self.console.people.add(username, name or username.title(), roles, language)
        self.console.people.set_password(person.id, CHEAP_HASH)
        changed = self.console.people.get(person.id)
        assert changed is not None
        return changed

    def log_in(self, person: Person) -> Client:
        token = self.console.sessions.begin(person.id, "Firefox, Linux")
        session = self.console.sessions.find(token)
        assert session is not None
        client = self.browser()
        client.cookies.set("staff", token, domain="console.test", path="/staff")
        return Client(client, self.console, person, session.csrf)


# real passwords take 0.1 s each
CHEAP_HASHER = PasswordHasher.from_parameters(CHEAPEST)
CHEAP_HASH = CHEAP_HASHER.hash(PASSWORD)
ClientOf = Callable[..., Client]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("CLINICBOT_", "WHATSAPP_", "TWILIO_")):
            monkeypatch.delenv(name)


@pytest.fixture
def root(tmp_path: Path, write_clinic: WriteClinic) -> Path:
    """The checkout with the drafts."""
    return small_checkout(tmp_path / "checkout", write_clinic())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


@pytest.fixture
def running(settings: Settings, root: Path) -> Iterator[Running]:
    engine = open_database(settings.database)
    console = make_console(settings, engine, root)
    console.passwords = Passwords(CHEAP_HASHER)
    running = Running(create_app(console=console), console)
    yield running
    for client in running.clients:
        client.close()
    engine.dispose()


@pytest.fixture
def console(running: Running) -> Console:
    return running.console


@pytest.fixture
def client_of(running: Running) -> ClientOf:
    """A logged-in browser of a new person with these roles: `client_of(Role.EDITOR, username="ayse")`."""
    made = 0

    def make(*roles: Role, username: str = "", name: str = "", language: str = "en") -> Client:
        nonlocal made
        made += 1
        person = running.add(username or f"person{made}", *roles, name=name, language=language)
        return running.log_in(person)

    return make
