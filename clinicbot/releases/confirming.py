"""Asking the assistant that patients ask: which release answers, and with what.

Rasa is asked directly, on loopback: these questions are nobody's and are in no figure.
"""

import asyncio
import secrets
from typing import Any

import aiohttp
from starlette.concurrency import run_in_threadpool

from clinicbot.faq.files import read_faqs
from clinicbot.releases.difference import Difference, Kind
from clinicbot.releases.store import Release
from clinicbot.texts import DEFAULT_LANGUAGE

PULLED_WITHIN_SECONDS = 20.0
LOOK_EVERY_SECONDS = 0.2
ASKED_AT_MOST = 5
TIMEOUT = aiohttp.ClientTimeout(total=5.0)
CHANNEL = "/webhooks/gateway"


class NotConfirmed(Exception):
    """The assistant doesn't answer, or not with the release that it should."""


class CouldNotLoad(NotConfirmed):
    """Rasa has tried to take up the release and goes on with the one before."""


class LiveAssistant:
    """Rasa, at its loopback address."""

    def __init__(self, rasa_url: str) -> None:
        self._url = rasa_url

    async def check(self) -> None:
        """Raises NotConfirmed where nobody would take up a release."""
        async with aiohttp.ClientSession(self._url, timeout=TIMEOUT) as http:
            try:
                state = await _request(http, "GET", "/ready")
            except NotConfirmed as error:
                raise NotConfirmed(
                    "The assistant doesn't answer at the moment, so nothing can go live. Wait a minute and try again."
                ) from error
            if state.get("release") is None:
                raise NotConfirmed("Rasa runs on its own, without releases; start it with `clinicbot run`.")

    async def wait_for(self, number: int) -> None:
        """Until that release answers. Raises CouldNotLoad if Rasa says so, NotConfirmed after 20 s."""
        deadline = asyncio.get_running_loop().time() + PULLED_WITHIN_SECONDS
        async with aiohttp.ClientSession(self._url, timeout=TIMEOUT) as http:
            while asyncio.get_running_loop().time() < deadline:
                state = await _state(http)
                if state.get("release") == number:
                    return
                if state.get("refused") and state.get("refused_release") == number:
                    raise CouldNotLoad(f"Rasa could not load release {number}: {state['refused']}.")
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        raise NotConfirmed(f"Rasa did not take up release {number} within {PULLED_WITHIN_SECONDS:.0f} s.")

    async def confirm(self, release: Release, changes: Difference | None) -> tuple[tuple[str, bool], ...]:
        """Ask what was added or changed, by its titles: each with whether the published text was the answer.

        Raises NotConfirmed if there is no answer at all, ContentError if the release can't be read.
        """
        wanted = {change.id for change in changes.faqs if change.kind is not Kind.REMOVED} if changes else set()
        every = await run_in_threadpool(read_faqs, release.content / "data" / "faq")
        faqs = [faq for faq in every if faq.id in wanted][:ASKED_AT_MOST]
        asked = []
        async with aiohttp.ClientSession(self._url, timeout=TIMEOUT) as http:
            for faq in faqs:
                answer = faq.answers.get(DEFAULT_LANGUAGE) or next(iter(faq.answers.values()))
                texts = await _ask(http, answer.title, answer.language)
                asked.append((answer.title, answer.text in texts))
        return tuple(asked)


async def _state(http: aiohttp.ClientSession) -> dict[str, Any]:
    """Nothing from an assistant that is busy with loading, or being restarted."""
    try:
        state: dict[str, Any] = await _request(http, "GET", "/ready")
    except NotConfirmed:
        return {}
    return state


async def _ask(http: aiohttp.ClientSession, question: str, language: str) -> list[str]:
    sender = f"publishing-{secrets.token_hex(8)}"
    body = {"sender": sender, "message": question, "metadata": {"language": language, "earlier": [], "urgent": False}}
    messages = await _request(http, "POST", "/webhook", body)
    await _request(http, "DELETE", f"/conversations/{sender}")
    if not messages:
        raise NotConfirmed(f"The assistant was silent when asked “{question}”.")
    return [str(message.get("text") or "").strip() for message in messages]


async def _request(http: aiohttp.ClientSession, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    try:
        async with http.request(method, CHANNEL + path, json=body) as response:
            response.raise_for_status()
            return await response.json() if response.status != 204 else None
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
        raise NotConfirmed(f"The assistant doesn't answer ({type(error).__name__}).") from error
