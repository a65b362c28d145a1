"""What crosses the border between a channel's adapter and the gateway. Times are naive UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Channel(str, Enum):
    WHATSAPP = "whatsapp"
    TWILIO = "twilio"


class Content(str, Enum):
    """What a message consists of, as far as the assistant can tell."""

    TEXT = "text"  # typed
    BUTTON = "button"  # a button or a list's row that we offered was pressed
    UNREADABLE = "unreadable"  # photo, voice note, location, a type of the future: `text` is its caption, if any
    REACTION = "reaction"  # an emoji on a message of ours, which wants no answer
    EVENT = "event"  # not from the patient's hand: a changed number, a message taken back


@dataclass(frozen=True)
class Person:
    """Who wrote. One of the two is always there; `user_id` is the channel's own, business-scoped one.

    `phone` has digits only, with the country's code and without a plus sign.
    """

    user_id: str | None
    phone: str | None

    def __post_init__(self) -> None:
        if not self.user_id and not self.phone:
            raise ValueError("a person needs a user id or a phone number")


@dataclass(frozen=True)
class InboundMessage:
    """One message as the channel delivered it; `id` is the channel's own and unique there.

    `type` is the channel's word for it (image, edit …), for the metrics. `button` is the opaque id behind a pressed
    button, whose title is the `text`. `refers_to` is the id of the message that a reaction or an edit is about.
    """

    channel: Channel
    id: str
    person: Person
    sent_at: datetime
    content: Content
    type: str
    text: str = ""
    button: str | None = None
    refers_to: str | None = None


class Delivered(str, Enum):
    """How far a message of ours has come, in this order; a failure ends it."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True)
class DeliveryStatus:
    """What a channel reports of a message of ours. `tracker` is what we sent with it, where the channel returns it."""

    channel: Channel
    message_id: str
    status: Delivered
    at: datetime
    tracker: str | None = None
    error: str | None = None
    failure: "Failure | None" = None


@dataclass(frozen=True)
class Delivery:
    """Everything in one webhook request; `ignored` counts what was not for us."""

    messages: tuple[InboundMessage, ...] = ()
    statuses: tuple[DeliveryStatus, ...] = ()
    ignored: int = 0


class Failure(str, Enum):
    """Why a message could not be sent, as far as it decides what to do next."""

    TRANSIENT = "transient"  # later: throttled, an error of theirs, no answer in time
    UNAUTHORIZED = "unauthorized"  # later, and an alarm: the access token is refused
    WINDOW_CLOSED = "window_closed"  # never: more than 24 hours since the patient wrote
    PERMANENT = "permanent"  # never: the message or the recipient is refused


class SendError(Exception):
    """A message was not sent, or, where it is `uncertain`, nobody knows. `retry_after` is in seconds, where the channel
    says so.

    The text names the channel's error code and its meaning; never a telephone number or what was written.
    """

    def __init__(
        self, failure: Failure, reason: str, retry_after: float | None = None, *, uncertain: bool = False
    ) -> None:
        super().__init__(reason)
        self.failure = failure
        self.retry_after = retry_after
        self.uncertain = uncertain


class UnreadableWebhook(ValueError):
    """A webhook body that isn't what the channel sends."""
