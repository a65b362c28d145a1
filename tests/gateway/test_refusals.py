"""What a browser, a bug or an attacker may send: refused with a problem document, or harmless; never a 500."""

import json
import uuid
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from clinicbot.clinic import Clinic
from clinicbot.clock import utc_now
from clinicbot.gateway.chat_api import MAX_TEXT_CHARACTERS
from clinicbot.gateway.tokens import Tokens
from clinicbot.store.database import sessions
from tests.gateway.conftest import Chat, Gateway, Run, check_names_the_numbers, check_problem
from tests.gateway.fake_rasa import FakeRasa

ID = str(uuid.uuid4())


def message(**fields: object) -> bytes:
    return json.dumps({"id": ID} | fields).encode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b'{"id": "', 400, id="malformed"),
        pytest.param(b"\xff\xfe{}", 400, id="not UTF-8"),
        pytest.param(b"\x00", 400, id="a null byte"),
        pytest.param(b"[" * 30_000, 400, id="deep nesting"),
        pytest.param(b'{"id": ' + b"9" * 10_000 + b"}", 400, id="a number without end"),
        pytest.param(b'{"a":' * 9_000 + b"1" + b"}" * 9_000, 400, id="deeply nested objects"),
        pytest.param(b"", 422, id="nothing"),
        pytest.param(b"[]", 422, id="array"),
        pytest.param(b"5", 422, id="number"),
        pytest.param(b"null", 422, id="null"),
        pytest.param(b'"text"', 422, id="string"),
        pytest.param(message(), 422, id="neither text nor button"),
        pytest.param(message(text=None), 422, id="null text"),
        pytest.param(message(text=5), 422, id="text is a number"),
        pytest.param(message(text=True), 422, id="text is true"),
        pytest.param(message(text=["a"]), 422, id="text is an array"),
        pytest.param(message(text={"a": 1}), 422, id="text is an object"),
        pytest.param(message(text=float("nan")), 422, id="text is NaN"),
        pytest.param(message(text=""), 422, id="empty text"),
        pytest.param(message(text=" \t\n "), 422, id="blank text"),
        pytest.param(message(button=""), 422, id="empty button"),
        pytest.param(message(button=5), 422, id="button is a number"),
        pytest.param(message(button="\ud800"), 422, id="button is a lone surrogate"),
        pytest.param(message(button="\x00"), 422, id="button is a null byte"),
        pytest.param(message(button="x" * 10_000), 422, id="long button"),
        pytest.param(message(text="a", button="b"), 422, id="both text and button"),
        pytest.param(message(text="a", sender="b"), 422, id="unknown field"),
        pytest.param(b'{"text": "a"}', 422, id="no id"),
        pytest.param(b'{"id": 5, "text": "a"}', 422, id="id is a number"),
        pytest.param(b'{"id": "1; DROP TABLE messages", "text": "a"}', 422, id="id is no UUID"),
        pytest.param(b'{"id": "\\ud800", "text": "a"}', 422, id="id is a lone surrogate"),
        pytest.param(b"{" + b" " * 1_000_000 + b"}", 413, id="a megabyte"),
        pytest.param(message(text="x" * 1_000_000), 413, id="a megabyte of text"),
    ],
)
async def test_unusable_bodies(chat: Chat, rasa: FakeRasa, clinic: Clinic, body: bytes, status: int) -> None:
    check_problem(await chat.send_raw(body), status, clinic)
    assert rasa.asked == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_wrong_content_type(chat: Chat, clinic: Clinic, content_type: str) -> None:
    check_problem(await chat.send_raw(message(text="hello"), content_type), 415, clinic)


async def test_content_type_with_a_character_set_is_fine(chat: Chat) -> None:
    response = await chat.send_raw(message(text="hello"), "Application/JSON; charset=utf-8")
    assert response.status_code == 200


@pytest.mark.parametrize("body", [b"[]", b'{"language": 5}', b'{"language": "x"}', b'{"x": 1}'])
async def test_a_session_is_not_started_by_an_unusable_body(gateway: Gateway, clinic: Clinic, body: bytes) -> None:
    response = await gateway.http.post("/api/v1/sessions", content=body, headers={"Content-Type": "application/json"})
    check_problem(response, 422, clinic)


async def test_a_lone_surrogate_as_language_is_no_error(gateway: Gateway) -> None:
    body, headers = b'{"language": "\\ud800\\ud800"}', {"Content-Type": "application/json"}
    response = await gateway.http.post("/api/v1/sessions", content=body, headers=headers)
    assert response.status_code == 201


async def test_a_thousand_characters_and_not_one_more(chat: Chat, rasa: FakeRasa, clinic: Clinic) -> None:
    await chat.say("é" * MAX_TEXT_CHARACTERS)
    problem = check_problem(await chat.send("é" * (MAX_TEXT_CHARACTERS + 1)), 422, clinic)
    assert "1001" in problem["detail"]
    assert len(rasa.asked) == 1


@pytest.mark.parametrize("text", ["i cant breathe. " + "blah " * 300, "blah " * 300 + ". i cant breathe"])
async def test_a_red_flag_is_not_subject_to_the_limit(chat: Chat, clinic: Clinic, text: str) -> None:
    assert len(text) > MAX_TEXT_CHARACTERS
    (reply,) = await chat.say(text)
    assert reply["kind"] == "emergency"
    check_names_the_numbers(reply, clinic)


@pytest.mark.parametrize(
    ("text", "stored", "asked"),
    [
        pytest.param("how\x00 long\x07?", "how long?", "how long?", id="control characters"),
        pytest.param("how \ud800long\udfff?", "how long?", "how long?", id="lone surrogates"),
        pytest.param("how\u200b lo\u202eng?", "how long?", "how long?", id="invisible characters"),
        pytest.param("how\r\nlong\tis it?", "how\nlong is it?", "how long is it?", id="lines and tabs"),
        pytest.param("/restart", "/restart", "restart", id="slash"),
        pytest.param(" //  /restart", "//  /restart", "restart", id="slashes"),
        pytest.param("/\n/restart", "/\n/restart", "restart", id="slash on the second line"),
        pytest.param("/\u00a0/restart", "/\u00a0/restart", "restart", id="slash behind a no-break space"),
        pytest.param("\u200b/restart", "/restart", "restart", id="slash behind an invisible space"),
        pytest.param('/greet{"language": "tr"}', '/greet{"language": "tr"}', 'greet("language": "tr")', id="slots"),
        pytest.param("{language} {{}}", "{language} {{}}", "(language) (())", id="braces"),
        pytest.param("<b onclick=x>hi</b>", "<b onclick=x>hi</b>", "<b onclick=x>hi</b>", id="HTML"),
        pytest.param("👩‍⚕️ ok?", "👩⚕️ ok?", "👩⚕️ ok?", id="emoji"),
        pytest.param("\u200b\x00", "", "?", id="nothing visible"),
        pytest.param("/", "/", "?", id="only a slash"),
    ],
)
async def test_odd_text_is_harmless(chat: Chat, rasa: FakeRasa, text: str, stored: str, asked: str) -> None:
    response = await chat.send_raw(message(text=text))
    assert response.status_code == 200, response.text
    assert rasa.texts == [asked]
    assert (await chat.history())["messages"][0]["text"] == stored


async def test_html_is_text_in_json_both_ways(chat: Chat, rasa: FakeRasa) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    rasa.answers = [{"text": hostile, "metadata": {"kind": "smalltalk"}}]
    response = await chat.send(hostile)
    assert response.headers["content-type"] == "application/json"
    assert response.json()["replies"][0]["text"] == hostile


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x.y.z",
        "Basic dXNlcjpwYXNz",
        b"Bearer \xff\xfe",
        "Bearer " + "x" * 5_000,
        "Bearer " + Tokens("another key", 3600).issue("0" * 32),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "messages"), ("GET", "messages"), ("POST", "feedback"), ("DELETE", "session")],
)
async def test_without_a_valid_token(
    gateway: Gateway, clinic: Clinic, method: str, path: str, authorization: str | bytes | None
) -> None:
    headers: list[tuple[str | bytes, str | bytes]] = [("Content-Type", "application/json")]
    if authorization is not None:
        headers.append(("Authorization", authorization))
    content = message(text="hello") if method == "POST" else b""
    response = await gateway.http.request(
        method,
        f"/api/v1/{path}",
        content=content,
        headers=httpx.Headers(headers),  # type: ignore[arg-type]
    )
    check_problem(response, 401, clinic)
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_changed_token(chat: Chat, clinic: Clinic) -> None:
    payload, *rest = chat.token.split(".")
    swapped = payload[:-2] + ("A" if payload[-2] != "A" else "B") + payload[-1]
    check_problem(await Chat(chat.gateway, ".".join([swapped, *rest])).send("hello"), 401, clinic)


async def test_a_token_signed_for_a_session_that_never_was(gateway: Gateway, clinic: Clinic) -> None:
    token = gateway.services.tokens.issue("0" * 32)
    check_problem(await Chat(gateway, token).send("hello"), 401, clinic)


async def test_an_expired_session(gateway: Gateway, chat: Chat, clinic: Clinic) -> None:
    with gateway.app.state.engine.begin() as connection:
        connection.execute(update(sessions).values(expires_at=utc_now() - timedelta(seconds=1)))
    check_problem(await chat.send("hello"), 401, clinic)


async def test_an_expired_token(run: Run, clinic: Clinic) -> None:
    async with run(SESSION_HOURS="0") as gateway:
        check_problem(await (await gateway.start()).send("hello"), 401, clinic)


async def test_too_many_messages(run: Run, rasa: FakeRasa, clinic: Clinic) -> None:
    async with run(RATE_SESSION="2/minute") as gateway:
        chat = await gateway.start()
        await chat.say("one")
        await chat.say("two")
        response = await chat.send("three")
        check_problem(response, 429, clinic)
        assert 1 <= int(response.headers["retry-after"]) <= 60
        await (await gateway.start()).say("another patient is not held up")
    assert len(rasa.asked) == 3


async def test_too_many_requests_of_an_address(run: Run, clinic: Clinic) -> None:
    async with run(RATE_ADDRESS="1/minute") as gateway:
        await gateway.start()
        response = await gateway.http.post("/api/v1/sessions")
        check_problem(response, 429, clinic)
        assert int(response.headers["retry-after"]) >= 1


async def test_unknown_addresses_and_methods(gateway: Gateway, clinic: Clinic) -> None:
    check_problem(await gateway.http.get("/api/v1/nothing"), 404, clinic)
    check_problem(await gateway.http.get("/api/v1/sessions"), 405, clinic)


async def test_an_unforeseen_error_has_the_numbers_and_no_details(
    gateway: Gateway, chat: Chat, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(gateway.services.stores.conversations), "history", fail)
    response = await gateway.http.get("/api/v1/messages", headers=chat.headers)
    check_problem(response, 500, clinic)
    assert "secret" not in response.text
