"""What sending has in common on all channels: one request, and every way in which it can go wrong."""

import asyncio
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from clinicbot.messages import Failure, SendError

# A wrong header must not hold up a patient's answer for longer than this.
_LONGEST_WAIT = 3600.0

_LONGEST_REASON = 200
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_PRIVATE = re.compile(
    r"\b[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{6,}"  # a business-scoped user id
    r"|\+?(?:\d[\s\u2066-\u2069().\-‐‑–/]*){6,}\d"  # what looks like a telephone number
)


@dataclass(frozen=True)
class Answer:
    """A channel's answer: HTTP status, `Retry-After` as it stands there, and the body if that is a JSON object."""

    status: int
    retry_after: str | None
    document: Mapping[str, Any] | None

    @property
    def is_refusal(self) -> bool:
        return not 200 <= self.status < 300

    def accepted(self) -> Mapping[str, Any]:
        """The body of an answer that is no refusal. Raises SendError where it is no JSON object."""
        if self.document is None:
            what = f"HTTP {self.status} with an answer that is no JSON object"
            raise SendError(Failure.TRANSIENT, what, uncertain=True)
        return self.document


async def post(http: aiohttp.ClientSession | None, url: str, **body: Any) -> Answer:
    """Post `json=…` or `data=…`. Raises SendError for anything but an answer."""
    if http is None:
        raise SendError(Failure.TRANSIENT, "the client is not open")
    try:
        # a redirect would carry the token and a patient's number elsewhere
        async with http.post(url, allow_redirects=False, **body) as response:
            octets = await response.read()
    except asyncio.TimeoutError as error:
        raise SendError(
            Failure.TRANSIENT, f"no answer within {http.timeout.total or 0:.1f} s", uncertain=True
        ) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # without a connection nothing was sent; one that broke later may have carried it
        uncertain = not isinstance(error, aiohttp.ClientConnectorError)
        what = without_people(str(error)) or type(error).__name__
        raise SendError(Failure.TRANSIENT, what, uncertain=uncertain) from error
    return Answer(response.status, response.headers.get("Retry-After"), _object(octets))


def _object(octets: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(octets)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def asked_wait(header: str | None) -> float | None:
    """The seconds that a `Retry-After` header asks for, an hour at most; a date is not read: nobody sends one."""
    try:
        asked = float(header) if header else math.nan
    except ValueError:
        asked = math.nan
    return min(asked, _LONGEST_WAIT) if math.isfinite(asked) and asked >= 0 else None


def without_people(text: str) -> str:
    """The text on one line, at most 200 characters, storable, without telephone numbers and user ids."""
    storable = _UNSTORABLE.sub("\ufffd", text)
    return _PRIVATE.sub("…", " ".join(storable.split()))[:_LONGEST_REASON]
