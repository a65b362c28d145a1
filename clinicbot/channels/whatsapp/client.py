"""Sending through Meta's Graph API."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from clinicbot.channels.ids import usable_id
from clinicbot.channels.sending import Answer, post
from clinicbot.channels.whatsapp.errors import classify, reason, seconds_to_wait
from clinicbot.messages import Failure, Person, SendError

TIMEOUT = 10.0


class GraphClient:
    """One connection pool for one telephone number. `timeout` is in seconds and counts for a whole request."""

    def __init__(self, graph_url: str, access_token: str, phone_number_id: str, timeout: float = TIMEOUT) -> None:
        self._url = f"{graph_url.rstrip('/')}/{phone_number_id}/messages"
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._timeout = timeout
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "GraphClient":
        limit = aiohttp.ClientTimeout(total=self._timeout)
        self._http = aiohttp.ClientSession(headers=self._headers, timeout=limit)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http:
            await self._http.close()

    async def send(self, person: Person, body: Mapping[str, Any], tracker: str) -> str:
        """Send a body made by `render`; the new message's id. Raises SendError.

        The statuses of the message come back with its `tracker`, of 512 characters at most. After a transient error
        nobody knows for certain that nothing was sent.
        """
        recipient = {"to": person.phone} if person.phone else {"recipient": person.user_id}
        answer = await self._post(
            {"recipient_type": "individual", **recipient, **body, "biz_opaque_callback_data": tracker}
        )
        messages = answer.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else None
        message_id = usable_id(first.get("id")) if isinstance(first, dict) else None
        if message_id is None:
            raise SendError(Failure.TRANSIENT, "an answer without a message id", uncertain=True)
        return message_id

    async def show_reading(self, message_id: str) -> None:
        """Mark a patient's message as read and show for 25 s that an answer is being written. Raises SendError."""
        answer = await self._post({"status": "read", "message_id": message_id, "typing_indicator": {"type": "text"}})
        if answer.get("success") is not True:
            raise SendError(Failure.TRANSIENT, "an answer that doesn't confirm the read mark")

    async def _post(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = await post(self._http, self._url, json={"messaging_product": "whatsapp", **body})
        if answer.is_refusal:
            raise _refusal(answer)
        return answer.accepted()


def _refusal(answer: Answer) -> SendError:
    error = (answer.document or {}).get("error")
    error = error if isinstance(error, dict) else {}
    code = error.get("code")
    code = code if isinstance(code, int) else None
    what = reason(code, error.get("error_user_title"), error.get("message"))
    return SendError(
        classify(answer.status, code),
        f"HTTP {answer.status}: {what}" if what else f"HTTP {answer.status}",
        seconds_to_wait(code, answer.retry_after),
    )
