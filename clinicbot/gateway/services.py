"""What the handlers share: made at start-up, closed at the end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from anyio import move_on_after
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from clinicbot.clinic import Clinic
from clinicbot.gateway.answering import Answering
from clinicbot.gateway.asking import Asking
from clinicbot.gateway.conversation import ConversationService
from clinicbot.gateway.delivery import DeliveryService
from clinicbot.gateway.incoming import IncomingService
from clinicbot.gateway.intake import Intake
from clinicbot.gateway.limits import RateLimits
from clinicbot.gateway.messaging import open_channels
from clinicbot.gateway.rasa_client import RasaClient, RasaUnavailable
from clinicbot.gateway.storing import Storage
from clinicbot.gateway.tokens import Tokens
from clinicbot.releases.live_content import LiveContent
from clinicbot.settings import Settings
from clinicbot.store.database import without_data
from clinicbot.store.sent_journal import SentJournal
from clinicbot.store.stores import Stores

logger = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 60.0


@dataclass
class Services:
    """`incoming` and `delivery` are there also if no messaging channel is configured: they have nothing to do."""

    settings: Settings
    clinic: Clinic
    tokens: Tokens
    limits: RateLimits
    stores: Stores
    storage: Storage
    rasa: RasaClient
    conversation: ConversationService
    delivery: DeliveryService
    incoming: IncomingService
    erasure_wanted: asyncio.Event

    async def keep_house(self) -> None:
        """For ever: erase what is past its retention, and have Rasa forget what was erased, until it confirms."""
        while True:
            self.erasure_wanted.clear()  # before the work: what is wished for meanwhile is done in the next round
            try:
                await self._erase_old()
                await self._forget_erased()
            except SQLAlchemyError as error:
                logger.error("housekeeping failed; it is tried again: %s", without_data(error))
            # not asyncio.wait_for, which can swallow a cancellation before Python 3.12
            with move_on_after(HOUSEKEEPING_SECONDS):
                await self.erasure_wanted.wait()

    async def _erase_old(self) -> None:
        age = timedelta(days=self.clinic.retention_days)
        for session_id in await run_in_threadpool(self.stores.conversations.older_than, age):
            await run_in_threadpool(self.stores.conversations.erase, session_id)
        await run_in_threadpool(self.stores.inbox.forget_old)
        await run_in_threadpool(self.stores.outbox.forget_old)
        await run_in_threadpool(self.stores.callbacks.forget_done, age)
        await run_in_threadpool(self.stores.contacts.forget_unused)

    async def _forget_erased(self) -> None:
        for session_id in await run_in_threadpool(self.stores.conversations.pending_erasures):
            try:
                await self.rasa.forget(session_id)
            except RasaUnavailable as error:
                logger.warning("Rasa has not erased a conversation yet: %s", error)
                return
            await run_in_threadpool(self.stores.conversations.erased, session_id)


@asynccontextmanager
async def open_services(
    settings: Settings, clinic: Clinic, content: LiveContent, tokens: Tokens, limits: RateLimits, engine: Engine
) -> AsyncIterator[Services]:
    """Everything wired together, with open connections; its tasks run until the end."""
    stores = Stores.over(engine, clinic.time_zone)
    journal = SentJournal(settings.var / "sent.journal")
    erasure_wanted = asyncio.Event()
    async with RasaClient(settings.rasa_url) as rasa, open_channels(settings) as channels:
        conversation = ConversationService(
            conversations=stores.conversations,
            callbacks=stores.callbacks,
            asking=Asking(rasa=rasa, clinic=clinic, content=content, timeout=settings.rasa_timeout),
            clinic=clinic,
            timeout=settings.rasa_timeout,
        )
        delivery = DeliveryService(stores.outbox, stores.contacts, channels, journal)
        intake = Intake(
            stores=stores,
            channels=channels,
            clinic=clinic,
            pause=settings.pause,
            session_lifetime=timedelta(hours=settings.session_hours),
            on_erased=erasure_wanted.set,
        )
        storage = Storage(engine, stores.inbox, stores.outbox)
        answering = Answering(stores=stores, conversation=conversation, channels=channels, clinic=clinic)
        incoming = IncomingService(
            stores=stores,
            intake=intake,
            answering=answering,
            storage=storage,
            delivery=delivery,
            clinic=clinic,
        )
        services = Services(
            settings=settings,
            clinic=clinic,
            tokens=tokens,
            limits=limits,
            stores=stores,
            storage=storage,
            rasa=rasa,
            conversation=conversation,
            delivery=delivery,
            incoming=incoming,
            erasure_wanted=erasure_wanted,
        )
        tasks = [
            asyncio.create_task(services.keep_house()),
            asyncio.create_task(conversation.finish_unanswered()),
            asyncio.create_task(delivery.run()),
            asyncio.create_task(incoming.resume()),
        ]
        try:
            yield services
        finally:
            await incoming.stop()
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            journal.close()


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
