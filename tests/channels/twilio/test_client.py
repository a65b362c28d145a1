import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from clinicbot.channels.twilio.client import TwilioClient, with_tracker
from clinicbot.messages import Failure, Person, SendError
from tests.channels.twilio.fake_twilio import QUEUED, Asked, FakeTwilio
from tests.channels.twilio.fixtures import ACCOUNT_SID, AUTH_TOKEN, CLINIC_NUMBER
from tests.channels.twilio.oracle import official_request
from tests.gateway.fake_rasa import unused_port

PHONE, USER_ID = "447700900123", "GB.13491208655302741918"
BOTH, ONLY_PHONE, ONLY_ID = Person(USER_ID, PHONE), Person(None, PHONE), Person(USER_ID, None)
CALLBACK = "https://chat.example/webhooks/twilio"
HELLO = {"Body": "Hello."}


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio().serving() as fake:
        yield fake


def client_of(fake: FakeTwilio, callback: str = CALLBACK, timeout: float = 10.0) -> TwilioClient:
    return TwilioClient(fake.url, ACCOUNT_SID, AUTH_TOKEN, CLINIC_NUMBER, callback, timeout)


async def refused(fake: FakeTwilio, timeout: float = 10.0) -> SendError:
    async with client_of(fake, timeout=timeout) as client:
        with pytest.raises(SendError) as error:
            await client.send(BOTH, HELLO, "17")
    return error.value


def refuse(fake: FakeTwilio, status: int, code: int | None = None, message: str = "", **headers: str) -> None:
    fake.status, fake.headers = status, headers
    fake.answer = {"code": code, "message": message, "more_info": "https://twilio.example/", "status": status}


def in_any_order(asked: Asked) -> Asked:
    return replace(asked, form=tuple(sorted(asked.form)))


@pytest.mark.parametrize(
    ("person", "recipient"),
    [(BOTH, f"whatsapp:+{PHONE}"), (ONLY_PHONE, f"whatsapp:+{PHONE}"), (ONLY_ID, f"whatsapp:{USER_ID}")],
)
@pytest.mark.parametrize("text", ["Hello.", "1+1 & 50% = ?\n\n“Süß”", "كم يدوم 👍🏽؟", "a" * 1600])
@pytest.mark.parametrize(
    ("callback", "tracker", "called_back"),
    [
        (CALLBACK, "17", {"status_callback": f"{CALLBACK}?tracker=17"}),
        (CALLBACK, "", {"status_callback": CALLBACK}),
        ("", "17", {}),
    ],
)
async def test_what_is_posted_is_what_twilios_own_library_posts(
    twilio: FakeTwilio,
    person: Person,
    recipient: str,
    text: str,
    callback: str,
    tracker: str,
    called_back: dict[str, str],
) -> None:
    async with client_of(twilio, callback) as client:
        assert await client.send(person, {"Body": text}, tracker) == QUEUED["sid"]
    (asked,) = twilio.asked
    expected = official_request(to=recipient, from_=CLINIC_NUMBER, body=text, **called_back)
    assert in_any_order(asked) == in_any_order(expected)


async def test_the_address_may_end_in_a_slash_and_the_sender_may_lack_its_scheme(twilio: FakeTwilio) -> None:
    async with TwilioClient(f"{twilio.url}/", ACCOUNT_SID, AUTH_TOKEN, "+44 7700 900999") as client:
        await client.send(BOTH, HELLO, "17")
    (asked,) = twilio.asked
    assert asked.path == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    assert dict(asked.form)["From"] == CLINIC_NUMBER


@pytest.mark.parametrize(
    ("url", "tracked"),
    [
        (CALLBACK, f"{CALLBACK}?tracker=a+b%26c"),
        (f"{CALLBACK}?x=1", f"{CALLBACK}?x=1&tracker=a+b%26c"),
        (f"{CALLBACK}#rc=5&rp=all", f"{CALLBACK}?tracker=a+b%26c#rc=5&rp=all"),
    ],
)
def test_a_tracker_travels_in_the_query(url: str, tracked: str) -> None:
    assert with_tracker(url, "a b&c") == tracked


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (429, 20429, Failure.TRANSIENT),
        (429, 14107, Failure.TRANSIENT),
        (429, None, Failure.TRANSIENT),
        (400, 63018, Failure.TRANSIENT),
        (500, 20500, Failure.TRANSIENT),
        (503, None, Failure.TRANSIENT),
        (401, 20003, Failure.UNAUTHORIZED),
        (401, None, Failure.UNAUTHORIZED),
        (400, 63016, Failure.WINDOW_CLOSED),
        (400, 21211, Failure.PERMANENT),
        (404, 20404, Failure.PERMANENT),
        (307, None, Failure.PERMANENT),
    ],
)
async def test_a_refusal_is_classified(twilio: FakeTwilio, status: int, code: int | None, failure: Failure) -> None:
    refuse(twilio, status, code, Location="http://127.0.0.1:1/")
    error = await refused(twilio)
    assert error.failure is failure
    assert str(error).startswith(f"HTTP {status}")
    assert code is None or str(code) in str(error)
    assert len(twilio.asked) == 1


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("1e9", 3600.0), ("soon", None), ("-1", None), ("", None)])
async def test_retry_after_is_honoured(twilio: FakeTwilio, header: str, seconds: float | None) -> None:
    refuse(twilio, 429, 20429, **{"Retry-After": header})
    assert (await refused(twilio)).retry_after == seconds


async def test_without_retry_after_there_is_no_wait(twilio: FakeTwilio) -> None:
    refuse(twilio, 429, 20429)
    assert (await refused(twilio)).retry_after is None


@pytest.mark.parametrize("code", [21211, 99999, None])
@pytest.mark.parametrize("who", [f"whatsapp:+{PHONE}", f"+{PHONE}", "+44 7700 900123", f"whatsapp:{USER_ID}"])
async def test_the_reason_and_the_log_name_nobody(
    twilio: FakeTwilio, caplog: pytest.LogCaptureFixture, code: int | None, who: str
) -> None:
    caplog.set_level(logging.DEBUG)
    refuse(twilio, 400, code, f"The number {who} is not valid.")
    told = (
        f"{await refused(twilio)}{[record.getMessage() for record in caplog.records if 'aiohttp' not in record.name]}"
    )
    assert "HTTP 400" in told
    assert not any(secret in told for secret in (PHONE, "900123", "900 123", USER_ID, "Hello", AUTH_TOKEN))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"<html>",
        b"\xff",
        b"[" * 100_000,
        b"{}",
        b'{"sid": null}',
        b'{"sid": 7}',
        b'{"sid": " "}',
    ],
    ids=lambda body: body[:12].decode("latin-1") or "empty",
)
async def test_an_answer_that_cannot_be_read_is_transient(twilio: FakeTwilio, body: bytes) -> None:
    twilio.body = body
    assert (await refused(twilio)).failure is Failure.TRANSIENT


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"code": "63016", "message": 7}'])
async def test_a_refusal_that_cannot_be_read_counts_by_its_status(twilio: FakeTwilio, body: bytes) -> None:
    twilio.body, twilio.status = body, 502
    error = await refused(twilio)
    assert (error.failure, str(error)) == (Failure.TRANSIENT, "HTTP 502")


@pytest.mark.parametrize(
    ("answer", "failure", "text"),
    [
        ({"status": "failed", "error_code": 63016}, Failure.WINDOW_CLOSED, "63016"),
        (
            {"status": "undelivered", "error_code": 99999, "error_message": f"no +{PHONE}"},
            Failure.PERMANENT,
            "99999 no …",
        ),
        ({"status": "failed", "error_code": None}, Failure.PERMANENT, "no reason given"),
    ],
)
async def test_a_message_that_failed_at_once_is_not_sent(
    twilio: FakeTwilio, answer: dict[str, Any], failure: Failure, text: str
) -> None:
    twilio.answer = QUEUED | answer
    error = await refused(twilio)
    assert error.failure is failure
    assert text in str(error)


async def test_no_answer_in_time_is_transient(twilio: FakeTwilio) -> None:
    twilio.may_answer.clear()
    error = await refused(twilio, timeout=0.05)
    assert (error.failure, str(error)) == (Failure.TRANSIENT, "no answer within 0.1 s")


async def test_a_connection_that_breaks_is_transient(twilio: FakeTwilio) -> None:
    twilio.hangs_up = True
    error = await refused(twilio)
    assert error.failure is Failure.TRANSIENT
    assert str(error)


async def test_nobody_listening_is_transient() -> None:
    error = await refused(FakeTwilio(port=unused_port()))
    assert error.failure is Failure.TRANSIENT
    assert str(error)


async def test_a_client_that_is_not_open_is_transient(twilio: FakeTwilio) -> None:
    with pytest.raises(SendError) as error:
        await client_of(twilio).send(BOTH, HELLO, "17")
    assert error.value.failure is Failure.TRANSIENT
    assert twilio.asked == []


async def test_messages_at_the_same_time(twilio: FakeTwilio) -> None:
    async with client_of(twilio) as client:
        await asyncio.gather(*(client.send(BOTH, HELLO, str(number)) for number in range(20)))
    trackers = {dict(asked.form)["StatusCallback"].partition("tracker=")[2] for asked in twilio.asked}
    assert trackers == {str(number) for number in range(20)}


async def test_reading_is_not_shown(twilio: FakeTwilio) -> None:
    async with client_of(twilio) as client:
        await client.show_reading("SM1")
    assert twilio.asked == []
