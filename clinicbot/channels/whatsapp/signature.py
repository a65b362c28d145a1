"""Whether a webhook request comes from Meta: the signature of a delivery, and the handshake at set-up."""

import hashlib
import hmac
from collections.abc import Mapping


def is_signed(secret: str, body: bytes, header: str | None) -> bool:
    """Whether `X-Hub-Signature-256` is `sha256=` and the hex HMAC-SHA256 of the raw body under the app's secret."""
    if not secret or header is None:
        return False
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return _equal(expected, header)


def handshake(params: Mapping[str, str], verify_token: str) -> str | None:
    """The challenge to answer a set-up request with, as plain text; None if the request isn't to be trusted."""
    token = params.get("hub.verify_token", "")
    if not verify_token or params.get("hub.mode") != "subscribe" or not _equal(verify_token, token):
        return None
    return params.get("hub.challenge")


def _equal(expected: str, given: str) -> bool:
    """In constant time; as bytes, because `given` may be anything."""
    return hmac.compare_digest(expected.encode(), given.encode(errors="replace"))
