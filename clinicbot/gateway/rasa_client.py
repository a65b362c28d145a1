"""Asking Rasa, with a time limit, on loopback."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import aiohttp

from clinicbot.callback import Standing
from clinicbot.gateway.replies import RasaMessage

CHANNEL = "/webhooks/gateway"


class RasaUnavailable(Exception):
    """Rasa gave no usable answer: not reachable, too slow, an error, or silence. The message says which."""


class RasaClient:
    """One connection pool to one Rasa server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "RasaClient":
        self._http = aiohttp.ClientSession(self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http:
            await self._http.close()

    async def ask(
        self,
        sender: str,
        text: str,
        language: str,
        timeout: float,
        *,
        earlier: Sequence[dict[str, Any]] = (),
        urgent: bool = False,
        standing: Standing | None = None,
    ) -> list[RasaMessage]:
        """Rasa's bot messages, at least one. Raises RasaUnavailable.

        `earlier` are the messages before, oldest first: text, language, seconds_ago, urgent. `urgent` tells that this
        one has raised the alarm; `standing` is what the callback form has to know.
        """
        metadata: dict[str, Any] = {"language": language, "earlier": list(earlier), "urgent": urgent}
        if standing is not None:
            metadata["callback"] = standing.to_json()
        body = {"sender": sender, "message": text, "metadata": metadata}
        answer = await self._request("POST", f"{CHANNEL}/webhook", timeout, body)
        if not isinstance(answer, list):
            raise RasaUnavailable(f"unexpected answer of type {type(answer).__name__}")
        parsed = [RasaMessage.parse(raw) for raw in answer]
        messages = [message for message in parsed if message.text]
        if not messages:
            raise RasaUnavailable("silence")
        # it stays with the first, also if that said nothing
        return [replace(messages[0], understood=parsed[0].understood), *messages[1:]]

    async def is_ready(self) -> bool:
        """Whether Rasa has a model and would answer."""
        try:
            await self._request("GET", f"{CHANNEL}/ready", 2.0)
        except RasaUnavailable:
            return False
        return True

    async def forget(self, sender: str) -> None:
        """Erase a conversation from Rasa's tracker store. Raises RasaUnavailable if that isn't confirmed."""
        await self._request("DELETE", f"{CHANNEL}/conversations/{sender}", 5.0)

    async def _request(self, method: str, path: str, timeout: float, body: dict[str, Any] | None = None) -> Any:
        if self._http is None:
            raise RasaUnavailable("the client is not open")
        limit = aiohttp.ClientTimeout(total=timeout)
        try:
            async with self._http.request(method, path, json=body, timeout=limit) as response:
                if response.status >= 400:
                    raise RasaUnavailable(f"HTTP {response.status}")
                return await response.json() if response.status != 204 else None
        except asyncio.TimeoutError as error:
            raise RasaUnavailable(f"no answer within {timeout:.1f} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise RasaUnavailable(str(error) or type(error).__name__) from error
