"""Refusals of the stand-in in the shape and with the codes of Meta's Graph API.

Codes: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/
The details are worded for whoever reads them here; Meta asks everybody to go by the code.
"""

import secrets
from typing import Any

INVALID_PARAMETER = 100
INVALID_TOKEN = 190
UNKNOWN_ERROR = 131000
MISSING_PARAMETER = 131008
INVALID_VALUE = 131009
UNDELIVERABLE = 131026
WINDOW_CLOSED = 131047
THROTTLED = 130429
PAIR_LIMIT = 131056

TITLES = {
    UNKNOWN_ERROR: "Something went wrong",
    INVALID_PARAMETER: "Invalid parameter",
    MISSING_PARAMETER: "Required parameter is missing",
    INVALID_VALUE: "Parameter value is not valid",
    UNDELIVERABLE: "Message undeliverable",
    WINDOW_CLOSED: "Re-engagement message",
    THROTTLED: "Rate limit hit",
    PAIR_LIMIT: "(Business Account, Consumer Account) pair rate limit hit",
}
DETAILS = {
    UNKNOWN_ERROR: "Something went wrong at Meta's side.",
    UNDELIVERABLE: "The recipient can't be reached on WhatsApp.",
    WINDOW_CLOSED: "More than 24 hours have passed since the recipient last wrote to this number.",
    THROTTLED: "Too many messages were sent from this phone number in a short time.",
    PAIR_LIMIT: "Too many messages were sent from this phone number to the same recipient in a short time.",
}


class GraphError(Exception):
    """A refused request; `status` is the HTTP status of the answer, and the `code` is in its JSON."""

    def __init__(self, code: int, details: str | None = None, *, status: int = 400) -> None:
        self.code = code
        self.details = details or DETAILS[code]
        self.status = status
        super().__init__(f"{code}: {self.details}")

    def document(self) -> dict[str, Any]:
        """The answer's body."""
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {TITLES[self.code]}",
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
        }
        return {"error": error | {"fbtrace_id": _trace()}}


class InvalidToken(GraphError):
    """No access token, or a wrong one."""

    def __init__(self) -> None:
        super().__init__(INVALID_TOKEN, "the access token is missing or wrong", status=401)

    def document(self) -> dict[str, Any]:
        message = "Invalid OAuth access token - Cannot parse access token"
        return {"error": {"message": message, "type": "OAuthException", "code": self.code, "fbtrace_id": _trace()}}


class UnknownObject(GraphError):
    """A phone number id that isn't ours, or an address of the Graph API that doesn't exist."""

    def __init__(self, object_id: str) -> None:
        super().__init__(INVALID_PARAMETER, f"there is no object {object_id} here")

    def document(self) -> dict[str, Any]:
        error = {
            "message": f"Unsupported post request: {self.details}, or the token may not use it.",
            "type": "GraphMethodException",
            "code": self.code,
            "error_subcode": 33,
        }
        return {"error": error | {"fbtrace_id": _trace()}}


def status_error(code: int) -> dict[str, Any]:
    """The same error as a webhook reports it of a message that was accepted first."""
    return {
        "code": code,
        "title": TITLES[code],
        "message": TITLES[code],
        "error_data": {"details": DETAILS[code]},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }


def _trace() -> str:
    return "A" + secrets.token_urlsafe(16)
