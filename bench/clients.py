"""Talking to a bot as a patient's client does, on loopback: our chat API, or stock Rasa's REST channel."""

import asyncio
import uuid
from typing import Any, Protocol

import aiohttp

from bench.judge import BotAnswer, Judge

TIMEOUT = aiohttp.ClientTimeout(total=30)


class BotError(Exception):
    """A bot refused a request; the message has address, status and body."""


class Conversation(Protocol):
    async def say(self, text: str) -> BotAnswer: ...

    async def end(self) -> None: ...


class Bot(Protocol):
    async def converse(self) -> Conversation: ...


async def _request(
    http: aiohttp.ClientSession, method: str, url: str, body: dict[str, str] | None = None, token: str = ""
) -> Any:
    """The answer's JSON, or None where it has no body. Waits where the server says so (429). Raises BotError."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    while True:
        async with http.request(method, url, json=body, headers=headers, timeout=TIMEOUT) as response:
            if response.status == 429:
                await asyncio.sleep(float(response.headers.get("Retry-After", "1")))
                continue
            if response.status >= 400:
                raise BotError(f"{method} {url}: {response.status} {await response.text()}")
            return await response.json() if response.status != 204 else None


class OurConversation:
    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http, self._url, self._token = http, url, token

    async def say(self, text: str) -> BotAnswer:
        body = {"id": str(uuid.uuid4()), "text": text}
        document = await _request(self._http, "POST", f"{self._url}/api/v1/messages", body, self._token)
        replies = document["replies"]
        return BotAnswer("\n".join(reply["text"] for reply in replies), tuple(reply["kind"] for reply in replies))

    async def end(self) -> None:
        """Erases the conversation, so that a running assistant keeps nothing of an evaluation."""
        await _request(self._http, "DELETE", f"{self._url}/api/v1/session", token=self._token)


class OurBot:
    """The assistant through its gateway. The session is not told a language: the text has to do."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url = http, url.rstrip("/")

    async def converse(self) -> Conversation:
        session = await _request(self._http, "POST", f"{self._url}/api/v1/sessions", {})
        return OurConversation(self._http, self._url, session["token"])


class StockConversation:
    def __init__(self, http: aiohttp.ClientSession, url: str, judge: Judge) -> None:
        self._http, self._url, self._judge = http, url, judge
        self._sender = uuid.uuid4().hex

    async def say(self, text: str) -> BotAnswer:
        body = {"sender": self._sender, "message": text}
        replies = await _request(self._http, "POST", f"{self._url}/webhooks/rest/webhook", body)
        # the REST channel splits an answer at blank lines only; our texts have none
        texts = [reply.get("text", "") for reply in replies]
        return BotAnswer("\n".join(texts), tuple(self._judge.kind_of(each) for each in texts))

    async def end(self) -> None:
        """Rasa's REST channel can't erase a conversation."""


class StockBot:
    """A Rasa server with the REST channel and no gateway."""

    def __init__(self, http: aiohttp.ClientSession, url: str, judge: Judge) -> None:
        self._http, self._url, self._judge = http, url.rstrip("/"), judge

    async def converse(self) -> Conversation:
        return StockConversation(self._http, self._url, self._judge)
