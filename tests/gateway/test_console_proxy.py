"""The way to the console: everything passes as it is, nothing waits in it, and patients never notice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from clinicbot.gateway.app import create_app
from clinicbot.gateway.console_proxy import LOGINS, MAX_BODY_BYTES, ConsoleProxy
from clinicbot.settings import Settings
from tests.gateway.conftest import Gateway, Run, eventually

Json = dict[str, Any]


@dataclass
class FakeConsole:
    """Says back what it was asked; notes who has left."""

    port: int = 0
    events: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    left: int = 0

    async def echo(self, request: Request) -> Response:
        self.asked += 1
        body = await request.body()
        said = {
            "method": request.method,
            "target": request.scope["raw_path"].decode() + "?" + request.scope["query_string"].decode(),
            "headers": [[name, value] for name, value in request.headers.items()],
            "length": len(body),
            "body": body[:100].decode("latin-1"),
        }
        response = JSONResponse(said, 201)
        response.headers.append("set-cookie", "a=1")
        response.headers.append("set-cookie", "b=2")
        response.headers["connection"] = "close, x-private"
        response.headers["cache-control"] = "no-store"
        return response

    async def stream(self, _request: Request) -> Response:
        async def events() -> AsyncIterator[bytes]:
            try:
                yield b"data: 1\n\n"
                await self.events.wait()
                yield b"data: 2\n\n"
            finally:
                self.left += 1

        return StreamingResponse(events(), media_type="text/event-stream")

    async def half(self, _request: Request) -> Response:
        async def broken() -> AsyncIterator[bytes]:
            yield b"half a page"
            raise RuntimeError("crashed")

        return StreamingResponse(broken(), headers={"content-length": "100"})

    def app(self) -> Starlette:
        async def elsewhere(_request: Request) -> Response:
            return RedirectResponse("/staff/login", 303)

        async def failed(_request: Request) -> Response:
            return PlainTextResponse("its own words", 500)

        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return Starlette(
            routes=[
                Route("/staff/events", self.stream),
                Route("/staff/half", self.half),
                Route("/staff/elsewhere", elsewhere),
                Route("/staff/failed", failed),
                Route("/staff", self.echo, methods=methods),
                Route("/staff/{rest:path}", self.echo, methods=methods),
            ]
        )


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[int]:
    """On a free port of loopback, as uvicorn serves it."""
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="on", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())

    async def started() -> bool:
        assert not task.done(), "it ended"
        return server.started

    await eventually(started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


@pytest.fixture
async def fake() -> AsyncIterator[FakeConsole]:
    fake = FakeConsole()
    async with serving(fake.app()) as fake.port:
        yield fake
        fake.events.set()


@pytest.fixture
async def gateway(run: Run, fake: FakeConsole) -> AsyncIterator[Gateway]:
    async with run(CONSOLE_PORT=str(fake.port)) as gateway:
        yield gateway


@pytest.fixture
async def behind_nothing(run: Run) -> AsyncIterator[Gateway]:
    """The console's port is closed."""
    async with run(CONSOLE_PORT="1") as gateway:
        yield gateway


def headers_of(response: httpx.Response) -> dict[str, str]:
    return dict(response.json()["headers"])


async def test_method_path_query_and_body_pass_as_they_are(gateway: Gateway) -> None:
    target = "/staff/faqs/a%2Fb%20c/%C3%BC?q=%C4%B1%20x&q=2"
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        body = b"" if method == "GET" else b"text=\xff"
        response = await gateway.http.request(method, target, content=body)
        assert response.status_code == 201
        assert (response.json()["method"], response.json()["target"]) == (method, target)
        assert response.json()["length"] == len(body)
    assert (await gateway.http.get("/staff")).json()["target"] == "/staff?"


async def test_the_answer_passes_with_all_cookies_and_without_what_is_between_neighbours(gateway: Gateway) -> None:
    response = await gateway.http.get("/staff/x")
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers["cache-control"] == "no-store"
    assert "connection" not in response.headers
    redirected = await gateway.http.get("/staff/elsewhere")
    assert (redirected.status_code, redirected.headers["location"]) == (303, "/staff/login")
    assert (await gateway.http.get("/staff/failed")).text == "its own words"


async def test_the_browsers_headers_pass_and_only_we_say_who_it_is(gateway: Gateway) -> None:
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=203.0.113.9",
        "Connection": "keep-alive, X-Private",
        "X-Private": "secret",
        "TE": "trailers",
        "Cookie": "staff=token",
        "Accept-Language": "tr",
        "Host": "chat.example",
    }
    sent = headers_of(await gateway.http.get("/staff/x", headers=forged))
    assert (sent["x-forwarded-for"], sent["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert (sent["host"], sent["cookie"], sent["accept-language"]) == ("chat.example", "staff=token", "tr")
    assert not {"forwarded", "x-private", "te"} & set(sent)


async def test_no_other_sites_page_may_read_the_staffs(gateway: Gateway) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    assert "access-control-allow-origin" not in (await gateway.http.get("/staff/x", headers=origin)).headers
    preflight = {**origin, "Access-Control-Request-Method": "POST"}
    asked = await gateway.http.options("/staff/x", headers=preflight)
    assert asked.status_code == 405
    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" in (await gateway.http.get("/api/v1/clinic", headers=origin)).headers


async def test_an_upload_of_twelve_megabytes_passes_and_one_too_large_does_not(
    gateway: Gateway, fake: FakeConsole
) -> None:
    twelve = 12 * 1024 * 1024
    assert (await gateway.http.post("/staff/x", content=b"x" * twelve)).json()["length"] == twelve
    asked = fake.asked
    large = await gateway.http.post("/staff/x", content=b"x" * (MAX_BODY_BYTES + 1))
    assert large.status_code == 413
    assert "12 MB" in large.text
    assert fake.asked == asked


async def test_a_body_whose_length_was_not_said_is_cut_off_as_well(gateway: Gateway) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(14):
            yield b"x" * 1024 * 1024

    response = await gateway.http.post("/staff/x", content=chunks())
    assert response.status_code == 413


async def test_while_the_console_is_down_a_page_says_so(behind_nothing: Gateway) -> None:
    response = await behind_nothing.http.get("/staff", headers={"Accept-Language": "tr"})
    assert response.status_code == 502
    assert "bir dakika bekleyip" in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.headers["cache-control"] == "no-store"
    english = await behind_nothing.http.post("/staff/x", content=b"x", headers={"Accept-Language": "fi"})
    assert "Please wait a minute" in english.text


async def test_a_patient_is_answered_while_the_console_is_down(behind_nothing: Gateway) -> None:
    chat = await behind_nothing.start()
    await behind_nothing.http.get("/staff")
    assert await chat.say("how long does it last")


async def test_logins_are_limited_and_nothing_else_of_the_staffs(gateway: Gateway) -> None:
    for _ in range(LOGINS.amount):
        assert (await gateway.http.post("/staff/login", content=b"x")).status_code == 201
    for path in ("/staff/login", "/staff/begin/x", "/staff/invitation/x"):
        refused = await gateway.http.post(path, content=b"x")
        assert refused.status_code == 429
        assert refused.headers["retry-after"] in refused.text
    assert (await gateway.http.get("/staff/login")).status_code == 201
    assert (await gateway.http.post("/staff/faqs", content=b"x")).status_code == 201


def test_of_ipv6_a_whole_network_is_limited() -> None:
    proxy = ConsoleProxy(Settings())

    def is_limited(address: str) -> bool:
        scope = {"type": "http", "method": "POST", "path": "/staff/login", "headers": [], "client": (address, 1)}
        return proxy._wait(Request({**scope, "query_string": b"", "server": ("here", 80), "scheme": "http"})) > 0

    assert not any(is_limited(f"2001:db8:0:1::{number:x}") for number in range(LOGINS.amount))
    assert is_limited("2001:db8:0:1:ffff::1")
    assert not is_limited("2001:db8:0:2::1")


async def test_the_limit_of_patients_is_none_of_the_staff(run: Run, fake: FakeConsole) -> None:
    async with run(CONSOLE_PORT=str(fake.port), RATE_ADDRESS="1/minute") as gateway:
        await gateway.start()
        for _ in range(5):
            assert (await gateway.http.get("/staff/x")).status_code == 201


# what only a real server shows: that nothing is held back, and that who leaves is noticed

Served = Callable[[], AbstractAsyncContextManager[str]]


@pytest.fixture
def served(fake: FakeConsole, tmp_path: Any) -> Served:
    @asynccontextmanager
    async def serve() -> AsyncIterator[str]:
        settings = Settings(var=tmp_path / "served", console_port=fake.port)
        async with serving(create_app(settings)) as port:
            yield f"http://127.0.0.1:{port}"

    return serve


async def test_events_come_at_once(served: Served, fake: FakeConsole) -> None:
    async with served() as address, httpx.AsyncClient() as http, http.stream("GET", f"{address}/staff/events") as got:
        assert got.headers["content-type"].startswith("text/event-stream")
        chunks = got.aiter_raw()
        assert await asyncio.wait_for(anext_of(chunks), 5) == b"data: 1\n\n"
        fake.events.set()
        assert await asyncio.wait_for(anext_of(chunks), 5) == b"data: 2\n\n"


async def test_when_the_browser_goes_the_console_is_told(served: Served, fake: FakeConsole) -> None:
    async def told() -> bool:
        return fake.left == 1

    async with served() as address, httpx.AsyncClient() as http:
        async with http.stream("GET", f"{address}/staff/events") as got:
            await anext_of(got.aiter_raw())
            assert fake.left == 0
        await eventually(told)


async def test_half_a_page_is_never_taken_for_a_whole_one(served: Served) -> None:
    async with served() as address, httpx.AsyncClient() as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(f"{address}/staff/half")


async def test_patients_do_not_wait_behind_open_pages(served: Served, fake: FakeConsole) -> None:
    """A hundred of the staff's pages wait for events; a patient's session is begun meanwhile."""
    async with served() as address, httpx.AsyncClient(limits=httpx.Limits(max_connections=None)) as http:

        async def wait_for_events() -> str:
            return (await http.get(f"{address}/staff/events", timeout=30)).text

        pages = [asyncio.create_task(wait_for_events()) for _ in range(100)]
        started = await http.post(f"{address}/api/v1/sessions", json={}, timeout=10)
        assert started.status_code == 201
        assert not any(page.done() for page in pages)
        fake.events.set()
        assert set(await asyncio.gather(*pages)) == {"data: 1\n\ndata: 2\n\n"}


async def anext_of(chunks: AsyncIterator[bytes]) -> bytes:
    return await chunks.__anext__()
