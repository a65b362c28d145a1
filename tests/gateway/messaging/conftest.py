"""The gateway with WhatsApp switched on: Meta's side of it posts webhooks, and a fake Graph API receives replies."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from clinicbot.gateway import delivery
from clinicbot.gateway.app import create_app
from clinicbot.gateway.services import Services
from clinicbot.settings import Settings
from tests.channels import fixtures
from tests.gateway.conftest import eventually
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.messaging.fake_graph import FakeGraph, Json, text_of

SECRET = "an-app-secret"
VERIFY_TOKEN = "a-verify-token"
NOW = 1_795_000_000  # seconds since 1970, when the tests' messages begin
_numbers = itertools.count()


@dataclass
class Meta:
    """A running gateway, and Meta in front of it and behind it."""

    http: httpx.AsyncClient
    services: Services
    graph: FakeGraph
    last_id: str = ""

    async def post(self, document: Json, *, secret: str = SECRET, signature: str | None = None) -> httpx.Response:
        body = fixtures.body_of(document)
        headers = {
            "X-Hub-Signature-256": (signature if signature is not None else fixtures.signed(body, secret)).encode()
        }
        return await self.http.post("/webhooks/whatsapp", content=body, headers=headers)

    async def deliver(self, *documents: Json) -> None:
        """One request with all of these; it must be acknowledged."""
        response = await self.post(fixtures.together(*documents))
        assert response.status_code == 200, response.text

    def text(self, text: str, person: int = 1) -> Json:
        number = next(_numbers)
        self.last_id = f"wamid.in{number}"
        return fixtures.text_message(self.last_id, person, text, NOW + number)

    def of_type(self, name: str) -> Json:
        return for_new_message(fixtures.load(name), next(_numbers))

    async def say(self, *texts: str, person: int = 1) -> None:
        for text in texts:
            await self.deliver(self.text(text, person))

    def said_to(self, person: int = 1) -> list[str]:
        """The texts that a person was sent, in order, without contact cards."""
        phone = fixtures.phone_of(person)
        return [text_of(body) for body in self.graph.sent if body.get("to") == phone and body["type"] != "contacts"]

    async def has_noted_what_was_sent(self) -> None:
        """Waits until the outbox knows of all that the Graph API has received."""

        async def is_empty() -> bool:
            return self.services.stores.outbox.count_waiting() == 0

        await eventually(is_empty)

    async def metrics(self) -> str:
        return (await self.http.get("/metrics")).text


def for_new_message(document: Json, number: int) -> Json:
    """The request of a fixture as another message of person 1."""
    value = document["entry"][0]["changes"][0]["value"]
    for message in value["messages"]:
        message["id"] = f"wamid.in{number}"
        message["timestamp"] = str(NOW + number)
        message["from"] = fixtures.phone_of(1)
        message["from_user_id"] = fixtures.user_id_of(1)
        message.pop("group_id", None)
    value["contacts"] = [{"wa_id": fixtures.phone_of(1), "user_id": fixtures.user_id_of(1)}]
    return document


RunMeta = Callable[..., AbstractAsyncContextManager[Meta]]


@pytest.fixture
async def graph() -> AsyncIterator[FakeGraph]:
    async with FakeGraph().serving() as fake:
        yield fake


@pytest.fixture
def run_meta(
    rasa: FakeRasa, graph: FakeGraph, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> RunMeta:
    """Starts a gateway with WhatsApp and the given variables, on either database."""
    # exponential and with jitter as in earnest, a hundred times as fast
    monkeypatch.setattr(delivery, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(delivery, "LOOK_AGAIN_SECONDS", 0.2)
    monkeypatch.setattr(delivery, "OUTCOME_KNOWN_WITHIN", timedelta(seconds=0.02))

    @asynccontextmanager
    async def run(**variables: str) -> AsyncIterator[Meta]:
        environment = {
            "CLINICBOT_VAR": str(tmp_path / "var"),
            "CLINICBOT_DATABASE_URL": database_url,
            "CLINICBOT_RASA_PORT": str(rasa.port),
            "CLINICBOT_PAUSE": "0.05",
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
            "WHATSAPP_ACCESS_TOKEN": "an-access-token",
            "WHATSAPP_PHONE_NUMBER_ID": fixtures.PHONE_NUMBER_ID,
            "WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{graph.port}/v26.0",
            **variables,
        }
        app = create_app(Settings.from_environment(environment))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://gateway") as http,
        ):
            yield Meta(http, app.state.services, graph)

    return run


@pytest.fixture
async def meta(run_meta: RunMeta) -> AsyncIterator[Meta]:
    async with run_meta() as meta:
        yield meta
