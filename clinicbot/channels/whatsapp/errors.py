"""What Meta's error codes mean for a message of ours: later, never, or an alarm."""

from clinicbot.channels.sending import asked_wait, without_people
from clinicbot.messages import Failure

# Codes of the Graph API and the Cloud API that are not permanent. Code 1 may also mean a wrong request, which an
# attempt more does not harm.
_FAILURES = {
    0: Failure.UNAUTHORIZED,  # the app's user can't be authenticated: the token expired or was withdrawn
    190: Failure.UNAUTHORIZED,  # the access token has expired
    1: Failure.TRANSIENT,  # unknown, possibly an error of their server
    2: Failure.TRANSIENT,  # service down or overloaded
    4: Failure.TRANSIENT,  # the app's limit of calls is reached
    17: Failure.TRANSIENT,  # the user's limit of calls is reached
    32: Failure.TRANSIENT,  # the page's limit of calls is reached
    341: Failure.TRANSIENT,  # the app's temporary limit is reached
    613: Failure.TRANSIENT,  # a call's own limit is reached
    80007: Failure.TRANSIENT,  # the business account's limit of calls is reached
    130429: Failure.TRANSIENT,  # throughput: too many messages from this number
    131000: Failure.TRANSIENT,  # something went wrong, for an unknown reason
    131016: Failure.TRANSIENT,  # service temporarily unavailable
    131048: Failure.TRANSIENT,  # this number is restricted, since people blocked or reported it as spam
    131056: Failure.TRANSIENT,  # too many messages from this number to the same person
    131057: Failure.TRANSIENT,  # the business account is in maintenance
    133004: Failure.TRANSIENT,  # server temporarily unavailable
    133016: Failure.TRANSIENT,  # too many registrations of this number in a short time
    2494100: Failure.TRANSIENT,  # this number is in maintenance
    131047: Failure.WINDOW_CLOSED,  # more than 24 hours since the person wrote
}

# The token is valid but may not do this: as much a matter of the account, and not of the message, as an expired one.
_MISSING_PERMISSIONS = frozenset({3, 10, 131005, *range(200, 300)})

# Seconds to wait at least: one person gets one message each 6 seconds in the long run.
_LEAST_WAIT = {131056: 6.0}


def classify(status: int | None, code: int | None) -> Failure:
    """The failure behind a response's HTTP status and the error code in it, of which the code says more.

    Everything that isn't known to pass is permanent.
    """
    if code in _FAILURES:
        return _FAILURES[code]
    if status == 401 or code in _MISSING_PERMISSIONS:
        return Failure.UNAUTHORIZED
    if status is not None and (status in (408, 429) or status >= 500):
        return Failure.TRANSIENT
    return Failure.PERMANENT


def seconds_to_wait(code: int | None, header: str | None) -> float | None:
    """What a `Retry-After` header asks for in seconds, or what the error code does if that is more; None if neither."""
    least = _LEAST_WAIT.get(code) if code is not None else None
    asked = asked_wait(header)
    return least if asked is None else max(asked, least or 0.0)


def reason(code: int | None, *texts: object) -> str:
    """`code title`, of the first of the texts that is one, as far as there are; it doesn't tell who it was about."""
    title = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    return " ".join(filter(None, ("" if code is None else str(code), without_people(title))))
