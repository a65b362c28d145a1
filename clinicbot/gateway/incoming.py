"""From a channel's inbox to the outbox: a person's turns are answered one after the other, a red flag at once.

One process does this (the gateway), so locks in memory suffice; what a killed one leaves is in the database.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from anyio import move_on_after
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from clinicbot.clinic import Clinic
from clinicbot.gateway.answering import Answering
from clinicbot.gateway.delivery import DeliveryService
from clinicbot.gateway.intake import Intake, Look
from clinicbot.gateway.storing import Storage
from clinicbot.language import detect_language
from clinicbot.messages import Channel, InboundMessage, Person
from clinicbot.safety.red_flags import find_red_flag
from clinicbot.store.database import without_data
from clinicbot.store.inbox import Turn
from clinicbot.store.stores import Stores

logger = logging.getLogger(__name__)

# Turns that ask Rasa at the same time: it answers one after the other, and each has five seconds.
AT_ONCE = 6
# People whose messages are read at the same time: more would only keep webhooks waiting for the processor.
READ_AT_ONCE = 3
TRY_AGAIN_SECONDS = 1.0
FAILED = Look(seconds=TRY_AGAIN_SECONDS)


@dataclass
class Desk:
    """Where one person's messages are seen to.

    `busy` tells that a turn is being answered, `turns` which ones, `on_watch` that somebody reads what comes meanwhile,
    `harmless` which waiting messages were read and raise no alarm.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    watched: asyncio.Event = field(default_factory=asyncio.Event)
    busy: bool = False
    on_watch: bool = False
    turns: set[int] = field(default_factory=set)
    shown_as_read: str = ""
    harmless: set[int] = field(default_factory=set)


class IncomingService:
    def __init__(
        self,
        *,
        stores: Stores,
        intake: Intake,
        answering: Answering,
        storage: Storage,
        delivery: DeliveryService,
        clinic: Clinic,
    ) -> None:
        self._intake = intake
        self._answering = answering
        self._storage = storage
        self._inbox = stores.inbox
        self._contacts = stores.contacts
        self._delivery = delivery
        self._clinic = clinic
        self._desks: dict[int, Desk] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._readers = asyncio.Semaphore(READ_AT_ONCE)
        self._told: set[tuple[Channel, str]] = set()

    async def resume(self) -> None:
        """Go on with what a killed process left."""
        while True:
            try:
                return self.notify(await run_in_threadpool(self._inbox.contacts_with_work))
            except SQLAlchemyError as error:
                logger.error("the inbox can't be read; it is tried again: %s", without_data(error))
                await asyncio.sleep(TRY_AGAIN_SECONDS)

    async def stop(self) -> None:
        """Leave everything as it is: it is in the database."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def notify(self, contact_ids: Iterable[int]) -> None:
        """These people have messages in the inbox that are not answered."""
        for contact_id in contact_ids:
            desk = self._desks.get(contact_id)
            if desk is None:
                desk = self._desks[contact_id] = Desk()
                self._spawn(self._serve(contact_id, desk))
                continue
            desk.news.set()
            if desk.busy:
                self._watch(contact_id, desk)

    def raise_alarms(self, messages: Sequence[InboundMessage]) -> None:
        """For messages that can't be stored: the emergency text goes out without any record of it.

        The channel will deliver them again; within one process nobody is told twice of the same one.
        """
        for message in messages:
            key = (message.channel, message.id)
            if key not in self._told and find_red_flag(message.text) is not None:
                self._told.add(key)
                language = detect_language(message.text, self._clinic.languages)
                self._spawn(self._tell_once(key, message.person, language))

    async def _tell_once(self, key: tuple[Channel, str], person: Person, language: str) -> None:
        if not await self._answering.send_emergency(key[0], person, language):
            self._told.discard(key)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("seeing to a message ended by an error of ours: %s", type(error).__name__)

    async def _serve(self, contact_id: int, desk: Desk) -> None:
        """Answer a person's turns until there are none, those that a killed process had begun with first."""
        try:
            look = FAILED
            while look.turn or look.seconds is not None or desk.news.is_set():
                desk.news.clear()
                if look is FAILED:  # at first, too: nobody knows what was taken
                    for turn in await self._begun(contact_id, desk):
                        await self._finish_busily(contact_id, desk, turn, Look())
                look = await self._look(contact_id, desk)
                if look.turn is not None:
                    await self._finish_busily(contact_id, desk, look.turn, look)
                elif look.seconds is not None:
                    with move_on_after(look.seconds):
                        await desk.news.wait()
        finally:
            del self._desks[contact_id]

    async def _begun(self, contact_id: int, desk: Desk) -> list[Turn]:
        """Turns that were taken and that nobody is answering."""
        await self._storage.let_it_finish()
        try:
            begun = await run_in_threadpool(self._inbox.begun, contact_id)
        except SQLAlchemyError:
            return []  # the look that follows fails as well, and is repeated
        return [turn for turn in begun if turn.message.id not in desk.turns]

    async def _finish_busily(self, contact_id: int, desk: Desk, turn: Turn, look: Look) -> None:
        desk.busy = True
        if desk.news.is_set():  # something came while this turn was taken
            self._watch(contact_id, desk)
        await self._finish(contact_id, desk, turn, look)
        desk.busy = False

    def _watch(self, contact_id: int, desk: Desk) -> None:
        """Have somebody read what comes while a turn is being answered: a red flag doesn't wait for its turn."""
        desk.watched.set()
        if not desk.on_watch:
            desk.on_watch = True
            self._spawn(self._keep_watch(contact_id, desk))

    async def _keep_watch(self, contact_id: int, desk: Desk) -> None:
        try:
            while desk.watched.is_set():
                desk.watched.clear()
                look = await self._look(contact_id, desk, alarms_only=True)
                if look.turn is not None:
                    await self._finish(contact_id, desk, look.turn, look)
                    desk.watched.set()  # there may be another one
        finally:
            desk.on_watch = False

    async def _look(self, contact_id: int, desk: Desk, *, alarms_only: bool = False) -> Look:
        await self._storage.let_it_finish()
        try:
            async with self._readers, desk.lock:
                look = await self._read(contact_id, desk, alarms_only=alarms_only)
        except SQLAlchemyError as error:
            logger.error("the inbox can't be read; it is tried again: %s", without_data(error))
            return FAILED
        if look.turn is not None:
            desk.turns.add(look.turn.message.id)
        self._delivery.wake()
        if look.last_message_id and look.last_message_id != desk.shown_as_read:
            desk.shown_as_read = look.last_message_id
            self._spawn(self._answering.show_reading(contact_id, look.last_message_id))
        return look

    async def _read(self, contact_id: int, desk: Desk, *, alarms_only: bool) -> Look:
        try:
            return await self._intake.look(contact_id, desk.harmless, alarms_only=alarms_only)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001  a fault of ours must not be silence
            logger.error("messages could not be read, by an error of ours: %s", type(error).__name__)
            return await self._intake.take_unread(contact_id)

    async def _finish(self, contact_id: int, desk: Desk, turn: Turn, look: Look) -> None:
        """Answer a turn and put the replies into the outbox, until it is done: nobody else will."""
        desk.turns.add(turn.message.id)
        alarming = look.flag is not None or turn.message.emergency
        told = not alarming
        while True:
            contact = None
            try:
                contact = await run_in_threadpool(self._contacts.get, contact_id)
                if contact is None:  # erased meanwhile
                    break
                async with AsyncExitStack() as stack:
                    if not alarming:
                        await stack.enter_async_context(self._places)
                    await self._answering.answer(contact, turn, look)
                self._delivery.wake()
                break
            except SQLAlchemyError as error:
                logger.error("a turn can't be answered; it is tried again: %s", without_data(error))
            if not told and contact is not None:
                told = await self._answering.send_emergency(contact.channel, contact.person, contact.language)
            await asyncio.sleep(TRY_AGAIN_SECONDS)
        desk.turns.discard(turn.message.id)
