"""The messaging channels that are configured, each with its client and its renderer."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from clinicbot.channels.twilio.client import TwilioClient
from clinicbot.channels.twilio.rendering import render as render_for_twilio
from clinicbot.channels.whatsapp.client import GraphClient
from clinicbot.channels.whatsapp.rendering import render as render_for_whatsapp
from clinicbot.clinic import Clinic
from clinicbot.messages import Channel, Person
from clinicbot.reply import Reply
from clinicbot.settings import Settings

WHATSAPP_PATH = "/webhooks/whatsapp"
TWILIO_PATH = "/webhooks/twilio"


class Client(Protocol):
    """What sends on a channel. Both methods raise SendError."""

    async def send(self, person: Person, body: Mapping[str, Any], tracker: str) -> str: ...

    async def show_reading(self, message_id: str) -> None: ...


class Render(Protocol):
    """The request bodies that say some replies, in the order to send them."""

    def __call__(self, replies: Sequence[Reply], *, clinic: Clinic, with_card: bool) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class MessagingChannel:
    client: Client
    render: Render


Channels = Mapping[Channel, MessagingChannel]


@asynccontextmanager
async def open_channels(settings: Settings) -> AsyncIterator[Channels]:
    """The configured channels with open connections."""
    async with AsyncExitStack() as stack:
        channels: dict[Channel, MessagingChannel] = {}
        if settings.whatsapp:
            graph = await stack.enter_async_context(
                GraphClient(
                    settings.whatsapp_graph_url, settings.whatsapp_access_token, settings.whatsapp_phone_number_id
                )
            )
            channels[Channel.WHATSAPP] = MessagingChannel(graph, render_for_whatsapp)
        if settings.twilio:
            callback = settings.public_url.rstrip("/") + TWILIO_PATH if settings.public_url else ""
            twilio = await stack.enter_async_context(
                TwilioClient(
                    settings.twilio_api_url,
                    settings.twilio_account_sid,
                    settings.twilio_auth_token,
                    settings.twilio_from,
                    callback,
                )
            )
            channels[Channel.TWILIO] = MessagingChannel(twilio, render_for_twilio)
        yield channels
