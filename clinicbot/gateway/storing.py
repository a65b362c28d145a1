"""Storing what channels deliver, as fast as they want it acknowledged (250 ms): all that waits in one transaction."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from anyio import move_on_after
from sqlalchemy.engine import Engine
from starlette.concurrency import run_in_threadpool

from clinicbot.messages import Delivery
from clinicbot.store.inbox import Accepted, Inbox
from clinicbot.store.outbox import Outbox

logger = logging.getLogger(__name__)

# Deliveries in one transaction, at the most.
TOGETHER = 50
# Other work waits for so long at the most while something is being stored.
OTHERS_WAIT_SECONDS = 0.4


@dataclass(frozen=True)
class Stored:
    """What became of a delivery; `again` tells that something is to be sent again."""

    accepted: Accepted
    again: bool


class Storage:
    def __init__(self, engine: Engine, inbox: Inbox, outbox: Outbox) -> None:
        self._engine = engine
        self._inbox = inbox
        self._outbox = outbox
        self._waiting: list[tuple[Delivery, asyncio.Future[Stored]]] = []
        self._task: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    async def store(self, delivery: Delivery) -> Stored:
        """Returns when it is durable. Raises SQLAlchemyError: then nothing of it is stored, or nobody knows."""
        stored: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, stored))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._store_waiting())
        return await stored

    async def let_it_finish(self) -> None:
        """What isn't urgent gives way: a channel that isn't answered in time delivers everything again."""
        with move_on_after(OTHERS_WAIT_SECONDS):
            await self._idle.wait()

    async def _store_waiting(self) -> None:
        self._idle.clear()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                await self._store_batch(batch)
        finally:
            self._idle.set()

    async def _store_batch(self, batch: "Sequence[tuple[Delivery, asyncio.Future[Stored]]]") -> None:
        try:
            results = await run_in_threadpool(self._write, [delivery for delivery, _ in batch])
        except Exception as error:  # noqa: BLE001  whatever it is, those who wait must learn of it
            if len(batch) > 1:  # what one delivery is refused for must not be held against the others
                for each in batch:
                    await self._store_batch([each])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, stored), result in zip(batch, results, strict=True):
            if not stored.done():  # its request was cancelled
                stored.set_result(result)

    def _write(self, deliveries: Sequence[Delivery]) -> list[Stored]:
        statuses = [status for delivery in deliveries for status in delivery.statuses]
        with self._outbox.outcomes, self._engine.begin() as connection:
            accepted = self._inbox.receive(deliveries, connection=connection)
            again = self._outbox.report(statuses, connection)
        return [Stored(each, again) for each in accepted]
