"""Sending through Twilio's REST API."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import aiohttp

from clinicbot.channels.twilio.addresses import address_of, clinic_address
from clinicbot.channels.twilio.errors import classify, reason
from clinicbot.channels.twilio.parsing import TRACKER
from clinicbot.channels.whatsapp.errors import seconds_to_wait, without_people
from clinicbot.channels.whatsapp.ids import usable_id
from clinicbot.messages import Failure, Person, SendError

TIMEOUT = 10.0


class TwilioClient:
    """One connection pool for one WhatsApp number of one account, `sender` being `whatsapp:+…`.

    Twilio reports to `status_callback` what becomes of each message; to nobody if that is empty. `timeout` is in
    seconds and counts for a whole request.
    """

    def __init__(
        self,
        api_url: str,
        account_sid: str,
        auth_token: str,
        sender: str,
        status_callback: str = "",
        timeout: float = TIMEOUT,
    ) -> None:
        self._url = f"{api_url.rstrip('/')}/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._auth = aiohttp.BasicAuth(account_sid, auth_token)
        self._sender = clinic_address(sender)
        self._status_callback = status_callback
        self._timeout = timeout
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "TwilioClient":
        limit = aiohttp.ClientTimeout(total=self._timeout)
        self._http = aiohttp.ClientSession(auth=self._auth, timeout=limit)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http:
            await self._http.close()

    async def send(self, person: Person, body: Mapping[str, Any], tracker: str) -> str:
        """Send a body made by `render`; the new message's id. Raises SendError.

        Twilio has no field for a tracker, so it travels in the query of the status callback's address, which is signed
        as a part of that address. After a transient error nobody knows for certain that nothing was sent.
        """
        form = {"To": address_of(person), "From": self._sender, **body}
        if self._status_callback:
            form["StatusCallback"] = with_tracker(self._status_callback, tracker)
        answer = await self._post(form)
        if answer.get("status") in ("failed", "undelivered"):  # at once, which no callback will tell
            code = _code(answer.get("error_code"))
            raise SendError(classify(None, code), reason(code, answer.get("error_message")) or "no reason given")
        message_id = usable_id(answer.get("sid"))
        if message_id is None:
            raise SendError(Failure.TRANSIENT, "an answer without a message id", uncertain=True)
        return message_id

    async def show_reading(self, message_id: str) -> None:
        """Nothing: patients see no read mark and no typing by Twilio.

        As of 2026 Twilio has a typing indicator for WhatsApp that also marks a message as read, as a public beta: on
        another host, subject to change, without support, and expressly not for health data (HIPAA).
        """

    async def _post(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        if self._http is None:
            raise SendError(Failure.TRANSIENT, "the client is not open")
        try:
            # a redirect would carry the token and a patient's number elsewhere
            async with self._http.post(self._url, data=form, allow_redirects=False) as response:
                status, retry_after = response.status, response.headers.get("Retry-After")
                octets = await response.read()
        except asyncio.TimeoutError as error:
            raise SendError(Failure.TRANSIENT, f"no answer within {self._timeout:.1f} s", uncertain=True) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # without a connection nothing was sent; one that broke later may have carried it
            uncertain = not isinstance(error, aiohttp.ClientConnectorError)
            what = without_people(str(error)) or type(error).__name__
            raise SendError(Failure.TRANSIENT, what, uncertain=uncertain) from error
        answer = _read(octets)
        if not 200 <= status < 300:
            raise _refusal(status, retry_after, answer or {})
        if answer is None:
            raise SendError(Failure.TRANSIENT, f"HTTP {status} with an answer that is no JSON object", uncertain=True)
        return answer


def with_tracker(url: str, tracker: str) -> str:
    """The address with the tracker in its query; a fragment, by which Twilio is told how often to try, stays last."""
    if not tracker:
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({TRACKER: tracker}))))
    return urlunsplit(parts._replace(query=query))


def _read(octets: bytes) -> Mapping[str, Any] | None:
    try:
        answer = json.loads(octets)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _refusal(status: int, retry_after: str | None, answer: Mapping[str, Any]) -> SendError:
    code = _code(answer.get("code"))
    what = reason(code, answer.get("message"))
    return SendError(
        classify(status, code),
        f"HTTP {status}: {what}" if what else f"HTTP {status}",
        seconds_to_wait(None, retry_after),
    )


def _code(value: Any) -> int | None:
    return value if isinstance(value, int) else None
