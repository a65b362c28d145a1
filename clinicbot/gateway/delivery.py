"""Sending what is in the outbox: each person's messages in order, again where that may help, else a staff task."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from anyio import move_on_after
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from clinicbot.clock import utc_now
from clinicbot.gateway import metrics
from clinicbot.gateway.messaging import Channels
from clinicbot.messages import Failure, SendError
from clinicbot.store.contacts import Contact, Contacts
from clinicbot.store.database import without_data
from clinicbot.store.outbox import OUTCOME_KNOWN_WITHIN, Outbox, Queued
from clinicbot.store.outcomes import GIVE_UP_AFTER
from clinicbot.store.sent_journal import SentJournal

logger = logging.getLogger(__name__)

# Exponential backoff with full jitter: 1, 2, 4 … seconds at the most, up to five minutes.
FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0
# Messages on their way to a channel at the same time.
AT_ONCE = 16
# Another one begins at the latest after this long.
EACH_SECONDS = 0.05
# The outbox is looked through this often even if nobody calls.
LOOK_AGAIN_SECONDS = 5.0
# How often attempts that nobody is making any more are looked for.
RECOVER_EACH_SECONDS = 5.0
# At a stop, for what is on its way; the supervisor waits ten seconds.
STOP_SECONDS = 4.0
# After a database that could not be read or written, before it is tried again.
DATABASE_AGAIN_SECONDS = 1.0


def backoff(attempts: int, retry_after: float | None = None) -> float:
    """Seconds before the next attempt after `attempts` of them; never less than the channel asks for."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 16))
    # full jitter spreads people who were refused together; not used for secrets
    wait = random.uniform(0.1 * longest, longest)
    return max(wait, retry_after or 0.0)


class Pace:
    """Lets things begin one after the other, the next one when the last has ended or has taken `seconds`.

    So what a killed process leaves without an outcome is little where the channel is fast, one slow request holds
    nobody up, and no more is sent a second than the channels allow (Meta: 80).
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        await self._lock.acquire()
        waiting = [True]

        def let_next() -> None:
            if waiting:  # else the timer has let it already
                waiting.clear()
                self._lock.release()

        timer = asyncio.get_running_loop().call_later(self._seconds, let_next)
        try:
            yield
        finally:
            timer.cancel()
            let_next()


class DeliveryService:
    """Runs until it is cancelled; what it was doing then is tried again at the next start."""

    def __init__(self, outbox: Outbox, contacts: Contacts, channels: Channels, journal: SentJournal) -> None:
        self._outbox = outbox
        self._contacts = contacts
        self._channels = channels
        self._journal = journal
        self._work = asyncio.Event()
        # by contact id and urgency: an emergency doesn't wait for an answer that is on its way
        self._sending: dict[tuple[int, bool], asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._pace = Pace(EACH_SECONDS)
        self._stopping = False
        self._recover_at = 0.0

    def wake(self) -> None:
        """Something new is in the outbox."""
        self._work.set()

    async def run(self) -> None:
        is_recovered = False
        try:
            while True:
                self._work.clear()
                wait = LOOK_AGAIN_SECONDS
                try:
                    if not is_recovered:
                        await self._recover()
                        is_recovered = True
                    wait = await self._start_due()
                except SQLAlchemyError as error:
                    logger.error("the outbox can't be read; it is tried again: %s", without_data(error))
                    wait = DATABASE_AGAIN_SECONDS
                # not asyncio.wait_for, which can swallow a cancellation before Python 3.12
                with move_on_after(wait):
                    await self._work.wait()
        finally:
            await self._stop()

    async def _recover(self) -> None:
        recovered = await run_in_threadpool(self._outbox.recover, self._journal.read())
        self._journal.clear()
        if recovered:
            logger.warning(
                "%d messages may or may not have been sent before the last stop; they are sent again "
                "unless the channel reports them",
                recovered,
            )

    async def _start_due(self) -> float:
        """Begin with everybody to whom something is due; the seconds until the next look."""
        if time.monotonic() > self._recover_at:
            self._recover_at = time.monotonic() + RECOVER_EACH_SECONDS
            busy = {contact_id for contact_id, _ in self._sending}
            await run_in_threadpool(self._outbox.recover_without, busy)
        for contact_id, urgent in await run_in_threadpool(self._outbox.due):
            self._start(contact_id, urgent)
        at = await run_in_threadpool(self._outbox.next_due_at)
        if at is None:
            return LOOK_AGAIN_SECONDS
        return min(LOOK_AGAIN_SECONDS, max(0.05, (at - utc_now()).total_seconds()))

    async def _stop(self) -> None:
        """Let what is on its way arrive and be noted, or it would be sent again after the next start."""
        self._stopping = True
        if self._sending:
            await asyncio.wait(self._sending.values(), timeout=STOP_SECONDS)
        for task in tuple(self._sending.values()):
            task.cancel()
        await asyncio.gather(*self._sending.values(), return_exceptions=True)

    def _start(self, contact_id: int, urgent: bool) -> None:
        key = (contact_id, urgent)
        if key not in self._sending:
            task = asyncio.create_task(self._send_all(contact_id, urgent))
            self._sending[key] = task
            task.add_done_callback(lambda task: self._ended(key, task))

    def _ended(self, key: tuple[int, bool], task: "asyncio.Task[None]") -> None:
        del self._sending[key]
        if not self._sending:
            self._journal.clear()  # all of it is in the database
        if not task.cancelled() and (error := task.exception()):
            # what it was sending is recovered by the next look
            logger.error("sending ended by an error of ours: %s", type(error).__name__)
        self._work.set()  # for what was queued while the task was ending

    async def _send_all(self, contact_id: int, urgent: bool) -> None:
        """Send what is due to a person, one after the other; ends where nothing is, or the next one has to wait."""
        try:
            contact = await run_in_threadpool(self._contacts.get, contact_id)
            while contact and not self._stopping:
                async with AsyncExitStack() as stack:
                    if not urgent:  # an emergency waits for nobody
                        await stack.enter_async_context(self._places)
                        await stack.enter_async_context(self._pace.turn())
                    row = await run_in_threadpool(partial(self._outbox.first, contact_id, urgent=urgent))
                    if row is None or row.next_attempt_at > utc_now():
                        return
                    await self._send(contact, row)
        except SQLAlchemyError as error:
            logger.error("the outbox can't be read or written; it is tried again: %s", without_data(error))
            await asyncio.sleep(DATABASE_AGAIN_SECONDS)

    async def _send(self, contact: Contact, row: Queued) -> None:
        channel = self._channels.get(contact.channel)
        name = contact.channel.value
        if channel is None:  # its settings were taken away
            await self._fail(row, name, Failure.PERMANENT, "the channel is not configured any more")
            return
        if not await run_in_threadpool(self._outbox.begin, row.id):
            return
        try:
            message_id = await channel.client.send(contact.person, row.body, row.tracker)
        except SendError as error:
            await self._after_error(row, name, error)
            return
        try:
            self._journal.add(row.tracker, message_id)
        except OSError as error:
            logger.error("the journal of sent messages can't be written: %s", error.strerror)
        metrics.SENDS.labels(channel=name, outcome="sent").inc()
        metrics.UNAUTHORIZED.labels(channel=name).set(0)
        await self._record(self._outbox.sent, row.id, contact.channel, message_id)

    async def _after_error(self, row: Queued, channel: str, error: SendError) -> None:
        if error.failure is Failure.UNAUTHORIZED:
            metrics.UNAUTHORIZED.labels(channel=channel).set(1)
            logger.error("ALARM: %s refuses our access token (%s); messages wait until it is renewed", channel, error)
        if error.failure not in (Failure.TRANSIENT, Failure.UNAUTHORIZED):
            await self._fail(row, channel, error.failure, str(error))
            return
        if utc_now() - row.created_at > GIVE_UP_AFTER:
            await self._fail(row, channel, error.failure, f"given up after {GIVE_UP_AFTER}: {error}")
            return
        metrics.SENDS.labels(channel=channel, outcome=error.failure.value).inc()
        wait = backoff(row.attempts + 1, error.retry_after)
        if error.uncertain:  # it may have arrived: the channel has time to report it
            wait = max(wait, OUTCOME_KNOWN_WITHIN.total_seconds())
        logger.info("message %d to %s is sent again in %.1f s: %s", row.id, channel, wait, error)
        await self._record(self._outbox.retry, row.id, utc_now() + timedelta(seconds=wait))

    async def _fail(self, row: Queued, channel: str, failure: Failure, reason: str) -> None:
        logger.warning("message %d to %s can't be delivered and is a staff task: %s", row.id, channel, reason)
        metrics.SENDS.labels(channel=channel, outcome=failure.value).inc()
        await self._record(self._outbox.fail, row.id, failure, reason)

    async def _record(self, write: Callable[..., None], *values: Any) -> None:
        """Note an attempt's outcome, until it is noted: without it the message would be sent twice, or never.

        Raises SQLAlchemyError for what trying again can't mend.
        """
        while True:
            try:
                return await run_in_threadpool(write, *values)
            except (OperationalError, InterfaceError) as error:
                logger.error("the outbox can't be written; it is tried again: %s", without_data(error))
                await asyncio.sleep(DATABASE_AGAIN_SECONDS)
