"""What a person on a messaging channel is sent for the replies to a turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from clinicbot.clinic import Clinic
from clinicbot.clock import utc_now
from clinicbot.gateway.messaging import MessagingChannel
from clinicbot.gateway.replies import notice_reply
from clinicbot.reply import Kind, Reply
from clinicbot.store.contacts import Contact
from clinicbot.store.outbox import Outgoing

# The clinic's contact card is sent again only after this long: it stays in the chat.
CARD_AGAIN_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Composed:
    """Messages in the order to send them; whether the notice and the contact card are among them."""

    outgoing: tuple[Outgoing, ...]
    noticed: bool
    card: bool


def compose(replies: Sequence[Reply], contact: Contact, channel: MessagingChannel, clinic: Clinic) -> Composed:
    """The first answer has the data protection notice under it; an emergency is never held up or lengthened by it."""
    is_emergency = replies[0].kind is Kind.EMERGENCY
    noticed = contact.noticed_at is None and not is_emergency
    said = [*replies, notice_reply(clinic, replies[0].language)] if noticed else list(replies)
    offers_a_call = any(button.kind == "call" for reply in replies for button in reply.buttons)
    had_no_card = contact.card_at is None or utc_now() - contact.card_at > CARD_AGAIN_AFTER
    card = offers_a_call and (is_emergency or had_no_card)
    return Composed(compose_plainly(said, channel, clinic, with_card=card), noticed, card)


def compose_plainly(
    replies: Sequence[Reply], channel: MessagingChannel, clinic: Clinic, *, with_card: bool = False
) -> tuple[Outgoing, ...]:
    """The replies and nothing else. The staff would be shown their text if a message could not be delivered."""
    text = "\n\n".join(reply.text for reply in replies)
    return tuple(Outgoing(body, text) for body in channel.render(replies, clinic=clinic, with_card=with_card))
