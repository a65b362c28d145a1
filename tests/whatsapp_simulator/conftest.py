"""The simulator in this process, in front of a fake gateway on a free loopback port."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from aiohttp import web
from starlette.applications import Starlette

from clinicbot.settings import Settings
from clinicbot.whatsapp_simulator.app import create_app
from clinicbot.whatsapp_simulator.patient import Patient
from clinicbot.whatsapp_simulator.phone import Phone
from clinicbot.whatsapp_simulator.simulator import Simulator
from clinicbot.whatsapp_simulator.webhooks import PATH, Timing

Json = dict[str, Any]

PHONE_NUMBER_ID = "106540352242922"
SETTINGS = Settings(
    whatsapp_app_secret="app-secret-of-the-tests",
    whatsapp_verify_token="verify-token-of-the-tests",
    whatsapp_access_token="access-token-of-the-tests",
    whatsapp_phone_number_id=PHONE_NUMBER_ID,
)
ADA = Patient(1, "Ada Example")
BO = Patient(2, "Bo Example", hidden=True)
SEND = f"/v26.0/{PHONE_NUMBER_ID}/messages"
AUTHORIZED = {"Authorization": f"Bearer {SETTINGS.whatsapp_access_token}"}
QUICK = Timing(
    between_statuses=0.0,
    first_pause=0.01,
    longest_pause=0.02,
    overtaken=0.05,
    between_looks=0.01,
)
PATIENCE = 10  # seconds; only a broken test waits that long


def text_to(patient: Patient, text: str = "Four to six months.", **more: Any) -> Json:
    whom = {"recipient": patient.user_id} if patient.hidden else {"to": patient.phone}
    return {"messaging_product": "whatsapp", **whom, "type": "text", "text": {"body": text}, **more}


def value_of(document: Json) -> Json:
    """What is in a webhook with one change."""
    (entry,) = document["entry"]
    (change,) = entry["changes"]
    value: Json = change["value"]
    return value


def said(document: Json) -> str:
    """The text of a webhook's message, or the status that it reports."""
    value = value_of(document)
    (item,) = value.get("messages") or value["statuses"]
    return str(item["text"]["body"] if "text" in item else item["status"])


async def eventually(condition: Callable[[], bool]) -> None:
    """Waits until it holds."""

    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), PATIENCE)


@dataclass
class FakeGateway:
    """Answers the handshake, and webhooks with 200 or what `answers` holds; every webhook it gets is in `inbox`.

    `may_answer` holds those answers back.
    """

    port: int = 0
    answers: list[int] = field(default_factory=list)
    inbox: "asyncio.Queue[Json]" = field(default_factory=asyncio.Queue)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    refused: int = 0  # wrong signatures
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def next(self) -> Json:
        """The next webhook, whatever it was answered."""
        return await asyncio.wait_for(self.inbox.get(), PATIENCE)

    async def take(self, count: int) -> list[Json]:
        return [await self.next() for _ in range(count)]

    async def start(self) -> None:
        self.may_answer.set()
        app = web.Application()
        app.router.add_get(PATH, self._shake_hands)
        app.router.add_post(PATH, self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self.may_answer.set()
        if self._runner:
            await self._runner.cleanup()

    async def _shake_hands(self, request: web.Request) -> web.StreamResponse:
        if request.query["hub.verify_token"] != SETTINGS.whatsapp_verify_token:
            return web.Response(status=403, text=request.query["hub.challenge"])
        assert request.query["hub.mode"] == "subscribe"
        return web.Response(text=request.query["hub.challenge"])

    async def _take(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        digest = hmac.new(SETTINGS.whatsapp_app_secret.encode(), raw, hashlib.sha256).hexdigest()
        if request.headers.get("X-Hub-Signature-256") != f"sha256={digest}":
            self.refused += 1
            return web.Response(status=403)
        self.inbox.put_nowait(json.loads(raw))
        await self.may_answer.wait()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@dataclass
class Running:
    """A running simulator; `http` is the clinic's connection to it, with the access token."""

    app: Starlette
    simulator: Simulator
    http: httpx.AsyncClient

    @property
    def ada(self) -> Phone:
        return self.simulator.phones[ADA.user_id]

    @property
    def bo(self) -> Phone:
        return self.simulator.phones[BO.user_id]

    async def send(self, body: Any, path: str = SEND) -> httpx.Response:
        return await self.http.post(path, json=body)

    async def plan(self, **plan: Any) -> Json:
        """Sets the faults."""
        response = await self.http.post("/simulator/faults", json=plan)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer


Run = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    gateway = FakeGateway()
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest.fixture
def run(gateway: FakeGateway) -> Run:
    """Starts a simulator with `create_app`'s options."""

    @asynccontextmanager
    async def run(**options: Any) -> AsyncIterator[Running]:
        app = create_app(SETTINGS, gateway.url, **{"patients": (ADA, BO), "timing": QUICK, **options})
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://graph", headers=AUTHORIZED) as http,
        ):
            yield Running(app, app.state.simulator, http)

    return run


@pytest.fixture
async def running(run: Run) -> AsyncIterator[Running]:
    async with run() as running:
        yield running
