"""A stand-in for Meta's Graph API in the test's loop. It accepts everything, or answers as told, and keeps it all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = dict[str, Any]
Outcome = tuple[int, Json] | str
ACCEPT, HANG, GARBAGE = "accept", "hang", "garbage"


def error(status: int, code: int) -> tuple[int, Json]:
    return status, {"error": {"message": f"(#{code}) refused", "type": "OAuthException", "code": code}}


@dataclass
class FakeGraph:
    """`outcomes` are the next answers, in order: status and JSON, ACCEPT, HANG or GARBAGE; afterwards all is accepted.

    `may_answer` holds sends back.
    """

    port: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    sent: list[Json] = field(default_factory=list)
    attempts: int = 0
    shown: list[Json] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    _never: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.tokens.add(request.headers.get("Authorization", ""))
        if body.get("status") == "read":
            self.shown.append(body)
            await self._tell()
            return web.json_response({"success": True})
        self.attempts += 1
        await self._tell()
        await self.may_answer.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else ACCEPT
        if outcome == HANG:
            await self._never.wait()
        if outcome == GARBAGE:
            return web.Response(text="<html>", content_type="text/html")
        if isinstance(outcome, tuple):
            return web.json_response(outcome[1], status=outcome[0])
        self.sent.append(body)
        await self._tell()
        return web.json_response({"messages": [{"id": f"wamid.sent{len(self.sent)}"}]})

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Waits until it holds, for so long at most; it is looked at after each request."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(condition), seconds)

    async def receives(self, number: int, seconds: float = 10) -> list[Json]:
        """All that was sent so far, once there are so many messages."""
        await self.until(lambda: len(self.sent) >= number, seconds)
        return self.sent

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeGraph"]:
        self.may_answer.set()
        app = web.Application()
        app.router.add_post("/v26.0/{number}/messages", self._receive)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            self.may_answer.set()
            self._never.set()
            await runner.cleanup()


def text_of(body: Json) -> str:
    """What a message says, whatever its type."""
    if body["type"] == "text":
        return str(body["text"]["body"])
    if body["type"] == "interactive":
        return str(body["interactive"]["body"]["text"])
    return ""
