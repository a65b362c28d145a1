import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from clinicbot.channels.whatsapp.client import GraphClient
from clinicbot.messages import Failure, Person, SendError

TOKEN = "a-token"
NUMBER_ID = "106540352242922"
PHONE, USER_ID = "447700900123", "GB.13491208655302741918"
BOTH, ONLY_PHONE, ONLY_ID = Person(USER_ID, PHONE), Person(None, PHONE), Person(USER_ID, None)
TEXT = {"type": "text", "text": {"body": "Hello.", "preview_url": False}}
SENT = {"messaging_product": "whatsapp", "messages": [{"id": "wamid.1"}]}


def error(code: int, message: str = "", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Az8or2yhq", **more}}


@dataclass
class FakeGraph:
    """Answers as told, and keeps what it was asked. `may_answer` holds answers back; `hangs_up` gives none."""

    port: int = 0
    answer: Any = field(default_factory=lambda: SENT)
    body: bytes | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs_up: bool = False
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[dict[str, Any]] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.asked.append(await request.json())
        await self.may_answer.wait()
        if self.hangs_up and request.transport:
            request.transport.close()
        # Meta says text/javascript of its errors
        octets = json.dumps(self.answer).encode() if self.body is None else self.body
        return web.Response(
            body=octets, status=self.status, headers={"Content-Type": "text/javascript", **self.headers}
        )


@pytest.fixture
async def graph() -> AsyncIterator[FakeGraph]:
    fake = FakeGraph()
    fake.may_answer.set()
    app = web.Application()
    app.router.add_post("/{path:.*}", fake.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.port = runner.addresses[0][1]
    yield fake
    fake.may_answer.set()
    await runner.cleanup()


@pytest.fixture
async def client(graph: FakeGraph) -> AsyncIterator[GraphClient]:
    async with GraphClient(f"http://127.0.0.1:{graph.port}/v26.0/", TOKEN, NUMBER_ID) as client:
        yield client


@pytest.mark.parametrize(
    ("person", "recipient"),
    [(BOTH, {"to": PHONE}), (ONLY_PHONE, {"to": PHONE}), (ONLY_ID, {"recipient": USER_ID})],
)
async def test_send(graph: FakeGraph, client: GraphClient, person: Person, recipient: dict[str, str]) -> None:
    assert await client.send(person, TEXT, "42") == "wamid.1"
    assert graph.asked == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **recipient,
            "type": "text",
            "text": {"body": "Hello.", "preview_url": False},
            "biz_opaque_callback_data": "42",
        }
    ]
    (request,) = graph.requests
    assert request.path == f"/v26.0/{NUMBER_ID}/messages"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.content_type == "application/json"


async def test_a_body_is_left_as_it_is(client: GraphClient) -> None:
    body = {"type": "text", "text": {"body": "Hello.", "preview_url": False}}
    await client.send(BOTH, body, "42")
    assert body == TEXT


async def test_a_message_id_too_long_for_the_database_is_the_one_that_its_statuses_have(
    graph: FakeGraph, client: GraphClient
) -> None:
    long = "wamid." + "x" * 300
    graph.answer = {"messages": [{"id": long}]}
    assert await client.send(BOTH, TEXT, "42") == hashlib.sha256(long.encode()).hexdigest()


async def test_show_reading(graph: FakeGraph, client: GraphClient) -> None:
    graph.answer = {"success": True}
    await client.show_reading("wamid.2")
    assert graph.asked == [
        {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": "wamid.2",
            "typing_indicator": {"type": "text"},
        }
    ]


async def refused(client: GraphClient) -> SendError:
    """Both calls end alike."""
    with pytest.raises(SendError) as sending:
        await client.send(BOTH, TEXT, "42")
    with pytest.raises(SendError) as reading:
        await client.show_reading("wamid.2")
    first, second = sending.value, reading.value
    assert (first.failure, first.retry_after) == (second.failure, second.retry_after)
    return first


@pytest.mark.parametrize(
    ("status", "answer", "headers", "failure", "retry_after", "reason"),
    [
        (400, error(131047, "Re-engagement message"), {}, Failure.WINDOW_CLOSED, None, "131047 Re-engagement message"),
        (401, error(190, "Access token has expired"), {}, Failure.UNAUTHORIZED, None, "190 Access token has expired"),
        (401, {}, {}, Failure.UNAUTHORIZED, None, "HTTP 401"),
        (400, error(131056, "(#131056) Pair limit"), {}, Failure.TRANSIENT, 6.0, "131056 (#131056) Pair limit"),
        (429, error(130429, "Rate limit hit"), {"Retry-After": "9"}, Failure.TRANSIENT, 9.0, "130429 Rate limit hit"),
        (503, {}, {"Retry-After": "soon"}, Failure.TRANSIENT, None, "HTTP 503"),
        (500, error(1, "x", error_user_title="An unknown error"), {}, Failure.TRANSIENT, None, "1 An unknown error"),
        (400, error(100, "Invalid parameter"), {}, Failure.PERMANENT, None, "100 Invalid parameter"),
        (400, {"error": "no object"}, {}, Failure.PERMANENT, None, "HTTP 400"),
        (400, {"error": {"code": "one hundred"}}, {}, Failure.PERMANENT, None, "HTTP 400"),
        (404, [], {}, Failure.PERMANENT, None, "HTTP 404"),
    ],
)  # fmt: skip
async def test_a_refusal_is_classified(
    graph: FakeGraph,
    client: GraphClient,
    status: int,
    answer: Any,
    headers: dict[str, str],
    failure: Failure,
    retry_after: float | None,
    reason: str,
) -> None:
    graph.status, graph.answer, graph.headers = status, answer, headers
    refusal = await refused(client)
    assert (refusal.failure, refusal.retry_after) == (failure, retry_after)
    assert str(refusal).endswith(reason)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>", id="not JSON"),
        pytest.param(b'{"messages": [{"id": "wam', id="half of it"),
        pytest.param(b"\xff\xfe\xfd", id="no text"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b"[]", id="not an object"),
        pytest.param(b"{}", id="no messages"),
        pytest.param(b'{"messages": {}, "success": false}', id="messages of another kind"),
        pytest.param(b'{"messages": []}', id="no message"),
        pytest.param(b'{"messages": ["wamid.1"]}', id="message of another kind"),
        pytest.param(b'{"messages": [{"id": 1}]}', id="id of another kind"),
        pytest.param(b'{"messages": [{"id": ""}]}', id="empty id"),
    ],
)
async def test_nobody_knows_what_became_of_it_after_a_strange_answer(
    graph: FakeGraph, client: GraphClient, body: bytes
) -> None:
    graph.body = body
    assert (await refused(client)).failure is Failure.TRANSIENT


async def test_no_answer_in_time(graph: FakeGraph) -> None:
    graph.may_answer.clear()
    async with GraphClient(f"http://127.0.0.1:{graph.port}", TOKEN, NUMBER_ID, timeout=0.1) as client:
        refusal = await refused(client)
    assert refusal.failure is Failure.TRANSIENT
    assert str(refusal) == "no answer within 0.1 s"


async def test_a_connection_that_breaks(graph: FakeGraph, client: GraphClient) -> None:
    graph.hangs_up = True
    assert (await refused(client)).failure is Failure.TRANSIENT


async def test_nobody_listens(unused_tcp_port: int) -> None:
    async with GraphClient(f"http://127.0.0.1:{unused_tcp_port}", TOKEN, NUMBER_ID) as client:
        assert (await refused(client)).failure is Failure.TRANSIENT


async def test_a_client_that_is_not_open() -> None:
    assert (await refused(GraphClient("http://127.0.0.1", TOKEN, NUMBER_ID))).failure is Failure.TRANSIENT


async def test_a_redirect_is_not_followed(graph: FakeGraph, client: GraphClient) -> None:
    """It would take the token, a number and a text to somebody else."""
    graph.status, graph.headers = 307, {"Location": f"http://127.0.0.1:{graph.port}/elsewhere"}
    await refused(client)
    assert {request.path for request in graph.requests} == {f"/v26.0/{NUMBER_ID}/messages"}


async def test_a_reason_tells_nothing_of_the_person(
    graph: FakeGraph, client: GraphClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    graph.status, graph.answer = 400, error(131026, f"Message to +{PHONE} ({USER_ID}) is undeliverable")
    refusal = await refused(client)
    assert str(refusal) == "HTTP 400: 131026 Message to … (…) is undeliverable"
    for private in (PHONE, USER_ID, TOKEN, "Hello."):
        assert private not in repr(refusal) + caplog.text


@pytest.mark.parametrize(
    ("status", "body", "uncertain"),
    [(200, b"<html>", True), (200, b"{}", True), (500, b"{}", False), (429, b"{}", False), (400, b"{}", False)],
)
async def test_it_says_when_nobody_knows_whether_it_was_sent(
    graph: FakeGraph, client: GraphClient, status: int, body: bytes, uncertain: bool
) -> None:
    graph.status, graph.body = status, body
    with pytest.raises(SendError) as error:
        await client.send(BOTH, TEXT, "42")
    assert error.value.uncertain is uncertain


async def test_a_connection_that_breaks_leaves_it_open_and_one_that_was_never_made_does_not(
    graph: FakeGraph, client: GraphClient
) -> None:
    graph.hangs_up = True
    with pytest.raises(SendError) as broken:
        await client.send(BOTH, TEXT, "42")
    async with GraphClient("http://127.0.0.1:9/v26.0", TOKEN, NUMBER_ID) as nobody:
        with pytest.raises(SendError) as refused:
            await nobody.send(BOTH, TEXT, "42")
    assert (broken.value.uncertain, refused.value.uncertain) == (True, False)
