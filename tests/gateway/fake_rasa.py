"""A stand-in for Rasa on a free loopback port. It answers as told, and keeps what it was asked."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from clinicbot.clinic import Clinic
from clinicbot.gateway.rasa_client import CHANNEL
from clinicbot.safety.emergency import load_emergency_text

ANSWER = {
    "text": "The effect lasts 4 to 6 months.",
    "buttons": None,
    "metadata": {"title": "How long does it last?", "source": ["p5.2"], "reviewed_on": None},
}
HANDOVER = {
    "text": "Please call.",
    "buttons": [{"title": "Call", "payload": "tel:112"}],
    "metadata": {"kind": "handover"},
}
SUGGESTIONS = {
    "text": "Did you mean one of these?",
    "buttons": [
        {"title": "How long does it last?", "payload": "faq:duration/how_long"},
        {"title": "The clinic", "payload": "https://clinic.example/"},
        {"title": "Call", "payload": "tel:112"},
    ],
    "metadata": {"kind": "fallback"},
}


def emergency_of(clinic: Clinic) -> dict[str, Any]:
    """What `action_emergency` says."""
    buttons = [{"title": "1", "payload": clinic.emergency_uri}, {"title": "2", "payload": clinic.phone_uri}]
    return {"text": load_emergency_text("en").text, "buttons": buttons, "metadata": {"kind": "emergency"}}


def understood(
    message: dict[str, Any], *labels: str, nearest: Sequence[str] = (), release: int | None = None
) -> dict[str, Any]:
    """A bot message, with what Rasa's channel tells of what it answers."""
    told = {"labels": list(labels), "confidence": 0.9, "nearest": list(nearest), "release": release}
    return message | {"understood": told}


@dataclass
class FakeRasa:
    """`answers` is the JSON sent, `answer_to` makes it of the message; `body` and `status` replace it by anything;
    `may_answer` holds answers back."""

    port: int = 0
    answers: Any = field(default_factory=lambda: [ANSWER])
    answer_to: Callable[[str], Any] | None = None
    body: str | None = None
    status: int = 200
    is_ready: bool = True
    forgets: bool = True
    asked: list[dict[str, Any]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    may_forget: asyncio.Event = field(default_factory=asyncio.Event)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    was_told_to_forget: asyncio.Event = field(default_factory=asyncio.Event)
    most_at_once: Counter[str] = field(default_factory=Counter)
    _now: Counter[str] = field(default_factory=Counter)

    @property
    def texts(self) -> list[str]:
        return [request["message"] for request in self.asked]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        sender = asked["sender"]
        self.asked.append(asked)
        self._now[sender] += 1
        self.most_at_once[sender] = max(self.most_at_once[sender], self._now[sender])
        self.was_asked.set()
        try:
            await self.may_answer.wait()
            await asyncio.sleep(0)  # let a second message in, if the gateway lets it
        finally:
            self._now[sender] -= 1
        if self.body is not None:
            return web.Response(text=self.body, status=self.status, content_type="application/json")
        answers = self.answer_to(asked["message"]) if self.answer_to else self.answers
        return web.json_response(answers, status=self.status)

    async def _ready(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=200 if self.is_ready else 503)

    async def _forget(self, request: web.Request) -> web.StreamResponse:
        self.was_told_to_forget.set()
        await self.may_forget.wait()
        if not self.forgets:
            return web.json_response({}, status=503)
        self.forgotten.append(request.match_info["sender"])
        return web.Response(status=204)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeRasa"]:
        self.may_answer.set()
        self.may_forget.set()
        app = web.Application()
        app.router.add_post(f"{CHANNEL}/webhook", self._answer)
        app.router.add_get(f"{CHANNEL}/ready", self._ready)
        app.router.add_delete(f"{CHANNEL}/conversations/{{sender}}", self._forget)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            self.may_answer.set()
            self.may_forget.set()
            await runner.cleanup()


def unused_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
