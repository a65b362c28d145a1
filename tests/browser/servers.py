"""What the browser talks to: the real gateway and small host pages, each on a port of its own, and a Rasa that says
what a test wants."""

import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from clinicbot.gateway.app import create_app
from clinicbot.settings import Settings

PATIENCE = 30.0  # seconds; only a broken test waits that long


class _Announced(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class Server:
    """An ASGI application in a thread. It keeps its port from the first start on, so it can come back after a stop."""

    def __init__(self, make_app: Callable[[], Starlette]) -> None:
        self._make_app = make_app
        self._running: tuple[_Announced, threading.Thread] | None = None
        self.port = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = uvicorn.Config(
            self._make_app(), port=self.port, ws="none", log_level="error", timeout_graceful_shutdown=1
        )
        server = _Announced(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        assert server.listening.wait(PATIENCE), "the server did not start"
        self.port = server.servers[0].sockets[0].getsockname()[1]
        self._running = (server, thread)

    def stop(self) -> None:
        """Returns when the port is closed; does nothing where it is."""
        if self._running is None:
            return
        server, thread = self._running
        self._running = None
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the server did not stop"


class Gateway(Server):
    """The real gateway. `settings` are those that differ from the defaults."""

    def __init__(self, var: Path, rasa: "FakeRasa", **settings: Any) -> None:
        super().__init__(lambda: create_app(Settings(var=var, rasa_port=rasa.port, **settings)))

    def history(self, token: str) -> httpx.Response:
        """What the server knows of a conversation; 401 if it is erased."""
        return self.get("/api/v1/messages", {"Authorization": f"Bearer {token}"})

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return httpx.get(self.origin + path, headers=headers, trust_env=False)  # whatever proxies are set

    def texts(self, token: str) -> list[str]:
        return [message["text"] for message in self.history(token).json()["messages"]]


Messages = list[dict[str, Any]]


class FakeRasa(Server):
    """Rasa's side of clinicbot/rasa_channel.py, without a model: what it answers depends on the text alone."""

    def __init__(self, answers: dict[str, Messages], default: Messages) -> None:
        super().__init__(self._app)
        self._answers = answers
        self._default = default
        self._held: dict[str, threading.Event] = {}
        self.failing: set[str] = set()
        self.asked: list[tuple[str, str]] = []  # text and language
        self.forgotten: Queue[str] = Queue()

    def reset(self) -> None:
        """Forgets what a test had it do, and lets go what that held."""
        for event in self._held.values():
            event.set()
        self._held.clear()
        self.failing.clear()
        self.asked.clear()
        self.forgotten = Queue()

    def hold(self, text: str) -> Callable[[], None]:
        """Keeps the answer to this text back until the returned function is called."""
        event = self._held[text] = threading.Event()
        return event.set

    def count(self, text: str) -> int:
        return [asked for asked, _ in self.asked].count(text)

    def _app(self) -> Starlette:
        prefix = "/webhooks/gateway"
        return Starlette(
            routes=[
                Route(f"{prefix}/webhook", self._answer, methods=["POST"]),
                Route(f"{prefix}/ready", self._ready),
                Route(f"{prefix}/conversations/{{sender}}", self._forget, methods=["DELETE"]),
            ]
        )

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        text = body["message"]
        self.asked.append((text, body["metadata"]["language"]))
        if text in self._held:
            await run_in_threadpool(self._held[text].wait, PATIENCE)
        if text in self.failing:
            return JSONResponse({"status": "failure"}, 500)
        return JSONResponse(self._answers.get(text, self._default))

    async def _ready(self, _request: Request) -> Response:
        return JSONResponse({})

    async def _forget(self, request: Request) -> Response:
        self.forgotten.put(request.path_params["sender"])
        return Response(status_code=204)


class HostPage(Server):
    """Somebody else's page, under a policy of its own."""

    def __init__(self, html: str, policy: str) -> None:
        super().__init__(lambda: Starlette(routes=[Route("/", self._show)]))
        self._html = html
        self._policy = policy

    async def _show(self, _request: Request) -> Response:
        return HTMLResponse(self._html, headers={"Content-Security-Policy": self._policy})
