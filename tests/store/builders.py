"""Messages and statuses for tests of the messaging tables. Numbers are Ofcom's for drama."""

from datetime import datetime, timedelta

from clinicbot.messages import (
    Channel,
    Content,
    Delivered,
    Delivery,
    DeliveryStatus,
    Failure,
    InboundMessage,
    Person,
)

NOON = datetime(2026, 11, 28, 12)
ANNE = Person("GB.1001", "447700900001")
BORA = Person("GB.1002", "447700900002")


def message(
    message_id: str,
    text: str = "how long does it last",
    person: Person = ANNE,
    *,
    seconds: float = 0,
    content: Content = Content.TEXT,
    **fields: str,
) -> InboundMessage:
    sent_at = NOON + timedelta(seconds=seconds)
    return InboundMessage(Channel.WHATSAPP, message_id, person, sent_at, content, content.value, text, **fields)


def delivery(*messages: InboundMessage) -> Delivery:
    return Delivery(messages=messages)


def status(
    message_id: str, state: Delivered, tracker: str | None = None, failure: Failure | None = None
) -> DeliveryStatus:
    error = f"code {failure.value}" if failure else None
    return DeliveryStatus(Channel.WHATSAPP, message_id, state, NOON, tracker, error, failure)
