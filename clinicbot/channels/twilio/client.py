"""Sending through Twilio's REST API."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import aiohttp

from clinicbot.channels.ids import usable_id
from clinicbot.channels.sending import Answer, asked_wait, post
from clinicbot.channels.twilio.addresses import address_of, clinic_address
from clinicbot.channels.twilio.errors import classify, reason
from clinicbot.channels.twilio.parsing import TRACKER
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
        answer = await post(self._http, self._url, data=form)
        if answer.is_refusal:
            raise _refusal(answer)
        return answer.accepted()


def with_tracker(url: str, tracker: str) -> str:
    """The address with the tracker in its query; a fragment, by which Twilio is told how often to try, stays last."""
    if not tracker:
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({TRACKER: tracker}))))
    return urlunsplit(parts._replace(query=query))


def _refusal(answer: Answer) -> SendError:
    document = answer.document or {}
    code = _code(document.get("code"))
    what = reason(code, document.get("message"))
    return SendError(
        classify(answer.status, code),
        f"HTTP {answer.status}: {what}" if what else f"HTTP {answer.status}",
        asked_wait(answer.retry_after),
    )


def _code(value: Any) -> int | None:
    return value if isinstance(value, int) else None
