"""What Twilio's error codes mean for a message of ours: later, never, or an alarm."""

from clinicbot.channels.sending import without_people
from clinicbot.messages import Failure

# By code; the meanings are for the log and the staff. What isn't here is permanent, and Twilio's own words are taken.
# Of those that may pass, 63010 and 63012 are errors behind Twilio's doors, the others limits of Twilio's or WhatsApp's.
_CODES = {
    14107: (Failure.TRANSIENT, "too many messages in a short time"),
    20429: (Failure.TRANSIENT, "too many requests at the same time"),
    21611: (Failure.TRANSIENT, "too many messages are waiting at Twilio"),
    30001: (Failure.TRANSIENT, "too many messages are waiting at Twilio"),
    63010: (Failure.TRANSIENT, "an error inside Twilio"),
    63012: (Failure.TRANSIENT, "an error inside WhatsApp"),
    63017: (Failure.TRANSIENT, "too many messages from this account"),
    63018: (Failure.TRANSIENT, "too many messages for WhatsApp, to this person or in all"),
    63038: (Failure.TRANSIENT, "the account's messages of the day are used up"),
    20003: (Failure.UNAUTHORIZED, "the account or its auth token is refused"),
    63016: (Failure.WINDOW_CLOSED, "more than 24 hours since the person wrote"),
    20403: (Failure.PERMANENT, "the account is suspended or closed"),
    21211: (Failure.PERMANENT, "the recipient's number is not valid"),
    21608: (Failure.PERMANENT, "a trial account writes to verified numbers only"),
    21610: (Failure.PERMANENT, "the person has unsubscribed"),
    21617: (Failure.PERMANENT, "the text is too long"),
    30002: (Failure.PERMANENT, "the account was suspended"),
    63003: (Failure.PERMANENT, "the recipient is not on WhatsApp"),
    63007: (Failure.PERMANENT, "the sender is not a WhatsApp number of this account"),
    63013: (Failure.PERMANENT, "WhatsApp's rules forbid this message"),
    63014: (Failure.PERMANENT, "the person has blocked the clinic"),
    63015: (Failure.PERMANENT, "the person has not joined the sandbox"),
    63024: (Failure.PERMANENT, "the recipient can't get WhatsApp messages"),
    63032: (Failure.PERMANENT, "WhatsApp doesn't let anybody write to this person"),
}


def classify(status: int | None, code: int | None) -> Failure:
    """The failure behind a response's HTTP status and the error code in it, of which the code says more.

    Everything that isn't known to pass is permanent.
    """
    if code in _CODES:
        return _CODES[code][0]
    if status == 401:
        return Failure.UNAUTHORIZED
    if status is not None and (status in (408, 429) or status >= 500):
        return Failure.TRANSIENT
    return Failure.PERMANENT


def reason(code: int | None, text: object = None) -> str:
    """`code meaning`, as far as there are; Twilio's own text, which names numbers, without them."""
    known = _CODES.get(code) if code is not None else None
    meaning = known[1] if known else without_people(text) if isinstance(text, str) else ""
    return " ".join(filter(None, ("" if code is None else str(code), meaning)))
