"""The gateway, in this process, with a fake Rasa on a free port and its files in the test's own folder."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from clinicbot.clinic import Clinic, load_clinic
from clinicbot.gateway.app import create_app
from clinicbot.gateway.services import Services
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.settings import Settings
from tests.gateway.fake_rasa import FakeRasa

Json = dict[str, Any]


@dataclass
class Gateway:
    """A running gateway and a patient's browser in front of it."""

    app: Starlette
    http: httpx.AsyncClient

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    async def start(self, language: str | None = None) -> "Chat":
        response = await self.http.post("/api/v1/sessions", json={"language": language} if language else {})
        assert response.status_code == 201, response.text
        return Chat(self, response.json()["token"])


@dataclass
class Chat:
    """One session."""

    gateway: Gateway
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def send(self, text: str | None = None, **fields: Any) -> httpx.Response:
        body = {"id": str(uuid.uuid4())} | ({"text": text} if text is not None else {}) | fields
        return await self.gateway.http.post("/api/v1/messages", json=body, headers=self.headers)

    async def send_raw(self, body: bytes, content_type: str = "application/json") -> httpx.Response:
        headers = self.headers | {"Content-Type": content_type}
        return await self.gateway.http.post("/api/v1/messages", content=body, headers=headers)

    async def say(self, text: str | None = None, **fields: Any) -> list[Json]:
        """The replies to a message that is answered."""
        response = await self.send(text, **fields)
        assert response.status_code == 200, response.text
        replies: list[Json] = response.json()["replies"]
        assert replies
        return replies

    async def history(self) -> Json:
        response = await self.gateway.http.get("/api/v1/messages", headers=self.headers)
        assert response.status_code == 200, response.text
        history: Json = response.json()
        return history

    async def rate(self, reply: Any, helpful: Any) -> httpx.Response:
        body = {"reply": reply, "helpful": helpful}
        return await self.gateway.http.post("/api/v1/feedback", json=body, headers=self.headers)

    async def end(self) -> httpx.Response:
        return await self.gateway.http.delete("/api/v1/session", headers=self.headers)


Run = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture
def clinic() -> Clinic:
    return load_clinic()


@pytest.fixture
async def rasa() -> AsyncIterator[FakeRasa]:
    async with FakeRasa().serving() as fake:
        yield fake


@pytest.fixture
def run(rasa: FakeRasa, tmp_path: Path) -> Run:
    """Starts a gateway with the given variables (without `CLINICBOT_`) on top of the test's own."""

    @asynccontextmanager
    async def run(**variables: str) -> AsyncIterator[Gateway]:
        environment = {"CLINICBOT_VAR": str(tmp_path / "var"), "CLINICBOT_RASA_PORT": str(rasa.port)}
        environment |= {f"CLINICBOT_{name}": value for name, value in variables.items()}
        app = create_app(Settings.from_environment(environment))
        # errors become responses, as a patient's browser would see them
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://gateway") as http,
        ):
            yield Gateway(app, http)

    return run


@pytest.fixture
async def gateway(run: Run) -> AsyncIterator[Gateway]:
    async with run() as gateway:
        yield gateway


@pytest.fixture
async def chat(gateway: Gateway) -> Chat:
    return await gateway.start()


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 5) -> None:
    """Waits until it holds, for so long at most."""

    async def wait() -> None:
        while not await condition():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), seconds)


def check_problem(response: httpx.Response, status: int, clinic: Clinic) -> Json:
    """An RFC 9457 document that tells somebody in fright whom to call."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: Json = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["emergency"] == clinic.emergency_number
    assert clinic.emergency_number in problem["detail"]
    assert problem["phone"] == clinic.phone
    return problem


def check_names_the_numbers(reply: Json, clinic: Clinic) -> None:
    """Plain text always suffices, and the buttons dial the emergency number first."""
    assert clinic.phone in reply["text"]
    assert clinic.emergency_number in reply["text"]
    calls = [button["value"] for button in reply["buttons"] if button["kind"] == "call"]
    assert calls == [clinic.emergency_uri, clinic.phone_uri]


def check_emergency_comes_first(replies: list[Json], clinic: Clinic) -> list[Json]:
    """The locked text as a reply of its own; returns the replies behind it."""
    first, *rest = replies
    assert first["kind"] == "emergency"
    assert first["text"] == load_emergency_text(first["language"]).text
    assert "source" not in first
    check_names_the_numbers(first, clinic)
    return rest


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
