"""A stand-in for Twilio's REST API on a free loopback port. It answers as told, and keeps what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

QUEUED = {"sid": "SM000000000000000000000000000000d1", "status": "queued", "error_code": None, "error_message": None}


@dataclass(frozen=True)
class Asked:
    """One request; the form's parameters in the order in which they came."""

    method: str
    path: str
    authorization: str
    content_type: str
    form: tuple[tuple[str, str], ...]


@dataclass
class FakeTwilio:
    """`body` replaces the JSON of `answer`; `may_answer` holds answers back; `hangs_up` gives none."""

    port: int = 0
    answer: Any = field(default_factory=lambda: QUEUED)
    body: bytes | None = None
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    hangs_up: bool = False
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        form = parse_qsl((await request.read()).decode("ascii"), keep_blank_values=True, strict_parsing=True)
        authorization = request.headers.get("Authorization", "")
        self.asked.append(Asked(request.method, request.path, authorization, request.content_type, tuple(form)))
        await self.may_answer.wait()
        if self.hangs_up and request.transport:
            request.transport.close()
        octets = json.dumps(self.answer).encode() if self.body is None else self.body
        return web.Response(
            body=octets, status=self.status, headers={"Content-Type": "application/json", **self.headers}
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeTwilio"]:
        self.may_answer.set()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            self.may_answer.set()
            await runner.cleanup()
