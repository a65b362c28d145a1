"""The gateway for the survival tests: the product's own, but it kills itself at a step of a message's way.

`KILL_AT` names the step and `KILL_AFTER` how often it may be passed before; without them nothing is changed.
"""

import os
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinicbot.channels.whatsapp.client import GraphClient
from clinicbot.gateway import app, webhooks
from clinicbot.gateway.rasa_client import RasaClient
from clinicbot.store.inbox import Inbox
from clinicbot.store.outbox import Outbox

STEPS = ("verify", "insert", "acknowledge", "take", "rasa", "outbox", "send")


class Fuse:
    def __init__(self, passes: int) -> None:
        self._passes = passes

    def burn(self) -> None:
        self._passes -= 1
        if self._passes < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def create_app() -> Starlette:
    step, fuse = os.environ.get("KILL_AT", ""), Fuse(int(os.environ.get("KILL_AFTER", "0")))
    calls: dict[str, tuple[Any, str]] = {
        "verify": (webhooks, "is_signed"),
        "insert": (Inbox, "receive"),
        "take": (Inbox, "take"),
        "rasa": (RasaClient, "ask"),
        "outbox": (Outbox, "finish_turn"),
        "send": (GraphClient, "send"),
    }
    if step in calls:
        owner, name = calls[step]
        original = getattr(owner, name)
        setattr(owner, name, _async(original, fuse) if step in ("rasa", "send") else _sync(original, fuse))
    gateway = app.create_app()
    if step == "acknowledge":
        gateway.add_middleware(KilledAfterAcknowledging, fuse=fuse)
    return gateway


def _sync(function: Callable[..., Any], fuse: Fuse) -> Callable[..., Any]:
    @wraps(function)
    def wrapped(*args: Any, **options: Any) -> Any:
        result = function(*args, **options)
        fuse.burn()
        return result

    return wrapped


def _async(function: Callable[..., Any], fuse: Fuse) -> Callable[..., Any]:
    @wraps(function)
    async def wrapped(*args: Any, **options: Any) -> Any:
        result = await function(*args, **options)
        fuse.burn()
        return result

    return wrapped


class KilledAfterAcknowledging:
    def __init__(self, app: ASGIApp, fuse: Fuse) -> None:
        self._app = app
        self._fuse = fuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_burn(message: Message) -> None:
            await send(message)
            if scope["path"].startswith("/webhooks/") and message["type"] == "http.response.body":
                self._fuse.burn()

        await self._app(scope, receive, send_and_burn if scope["type"] == "http" else send)
