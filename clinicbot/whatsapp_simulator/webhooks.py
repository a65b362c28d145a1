"""Posting webhooks to the gateway as Meta does: signed, one person's in order at first, and again until it says 200."""

import asyncio
import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from clinicbot.whatsapp_simulator.faults import WEBHOOKS, Fault, Faults
from clinicbot.whatsapp_simulator.patient import Json
from clinicbot.whatsapp_simulator.payloads import older
from clinicbot.whatsapp_simulator.wire import Wire

PATH = "/webhooks/whatsapp"
KEPT_OF_AN_ANSWER = 2_000  # characters


@dataclass(frozen=True)
class Timing:
    """Seconds. Meta's pauses before it posts again grow too, up to hours, for seven days; nobody here waits so long."""

    between_statuses: float = 0.4
    first_pause: float = 1.0
    longest_pause: float = 15.0
    patience: float = 10.0  # for the gateway's answer
    overtaken: float = 5.0  # what comes out of order waits so long for a webhook to overtake it
    between_looks: float = 2.0  # at whether the gateway is there

    def pause(self, attempts: int) -> float:
        """Before the next attempt, after so many."""
        return min(self.longest_pause, self.first_pause * 2.0 ** min(attempts - 1, 30))


@dataclass
class Webhook:
    """`person` whose turn it is, `title` for people, `on_taken` what to do once the gateway said 200."""

    person: str
    title: str
    document: Json
    on_taken: Callable[[], None]


def sign(body: bytes, secret: str) -> str:
    """The header `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Webhooks:
    """Usable inside `async with`, whose end drops what the gateway hasn't taken yet."""

    def __init__(self, gateway_url: str, secret: str, *, faults: Faults, wire: Wire, timing: Timing) -> None:
        self._url = gateway_url.rstrip("/") + PATH
        self._secret = secret
        self._faults = faults
        self._wire = wire
        self._timing = timing
        self._http: aiohttp.ClientSession | None = None
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: dict[asyncio.Task[None], Webhook] = {}
        self._taken = asyncio.Event()

    async def __aenter__(self) -> "Webhooks":
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._timing.patience))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in tuple(self._waiting):
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)
        if self._http:
            await self._http.close()

    @property
    def waiting(self) -> int:
        """How many the gateway hasn't taken yet."""
        return len(self._waiting)

    def send(self, webhook: Webhook) -> None:
        """Posts it, in the background, until it is taken."""
        fault = self._faults.draw(WEBHOOKS)
        task = asyncio.create_task(self._deliver(webhook, fault))
        self._waiting[task] = webhook
        task.add_done_callback(self._waiting.pop)

    def age(self, seconds: int) -> None:
        """What the gateway hasn't taken yet happened so much earlier."""
        for webhook in self._waiting.values():
            webhook.document = older(webhook.document, seconds)

    async def _deliver(self, webhook: Webhook, fault: Fault | None) -> None:
        if fault is Fault.LATE:
            await asyncio.sleep(self._faults.plan.late_seconds)
        elif fault is Fault.OUT_OF_ORDER:
            await self._be_overtaken()
        async with self._turns[webhook.person]:
            taken = await self._post(webhook)
        attempts = 1
        while not taken:
            await asyncio.sleep(self._timing.pause(attempts))
            attempts += 1
            taken = await self._post(webhook, f", attempt {attempts}")
        webhook.on_taken()
        self._taken.set()
        if fault is Fault.TWICE:
            await self._post(webhook, ", again")

    async def _be_overtaken(self) -> None:
        """Returns when the gateway has taken another webhook, or none came for a while."""
        self._taken.clear()
        try:
            await asyncio.wait_for(self._taken.wait(), self._timing.overtaken)
        except asyncio.TimeoutError:
            return

    async def _post(self, webhook: Webhook, note: str = "") -> bool:
        """Whether the gateway took it."""
        assert self._http is not None, "used outside `async with`"
        body = json.dumps(webhook.document, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(body, self._secret)}
        status: int | None = None
        answer: Any
        try:
            async with self._http.post(self._url, data=body, headers=headers) as response:
                answer = (await response.text(errors="replace"))[:KEPT_OF_AN_ANSWER]
                status = response.status
        except asyncio.TimeoutError:
            answer = f"no answer within {self._timing.patience:g} seconds"
        except (aiohttp.ClientError, OSError) as error:
            answer = str(error) or type(error).__name__
        self._wire.add(
            to_clinic=True,
            title=webhook.title + note,
            request=webhook.document,
            status=status,
            response=answer,
        )
        return status == 200
