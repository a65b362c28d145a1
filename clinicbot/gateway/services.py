"""What the handlers share: made at start-up, closed at the end."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from clinicbot.clinic import Clinic
from clinicbot.gateway.conversation import ConversationService
from clinicbot.gateway.limits import RateLimits
from clinicbot.gateway.rasa_client import RasaClient, RasaUnavailable
from clinicbot.gateway.tokens import Tokens
from clinicbot.settings import Settings
from clinicbot.store.conversations import Conversations

logger = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 60.0


@dataclass
class Services:
    settings: Settings
    clinic: Clinic
    tokens: Tokens
    limits: RateLimits
    conversations: Conversations
    rasa: RasaClient
    conversation: ConversationService
    erasure_wanted: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep_house(self) -> None:
        """For ever: erase what is past its retention, and have Rasa forget what was erased, until it confirms."""
        while True:
            self.erasure_wanted.clear()  # before the work: what is wished for meanwhile is done in the next round
            try:
                await self._erase_old()
                await self._forget_erased()
            except SQLAlchemyError:
                logger.exception("housekeeping failed; it is tried again")
            try:
                await asyncio.wait_for(self.erasure_wanted.wait(), HOUSEKEEPING_SECONDS)
            except asyncio.TimeoutError:
                continue

    async def _erase_old(self) -> None:
        age = timedelta(days=self.clinic.retention_days)
        for session_id in await run_in_threadpool(self.conversations.older_than, age):
            await run_in_threadpool(self.conversations.erase, session_id)

    async def _forget_erased(self) -> None:
        for session_id in await run_in_threadpool(self.conversations.pending_erasures):
            try:
                await self.rasa.forget(session_id)
            except RasaUnavailable as error:
                logger.warning("Rasa has not erased a conversation yet: %s", error)
                return
            await run_in_threadpool(self.conversations.erased, session_id)
