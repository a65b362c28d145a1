"""One message of a conversation at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

logger = logging.getLogger(__name__)


class ConversationLocks:
    """A lock a conversation, dropped when nobody waits for it."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, key: str, timeout: float) -> AsyncIterator[bool]:
        """Yields whether the lock was had within `timeout` seconds."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        held = False
        try:
            try:
                await asyncio.wait_for(lock.acquire(), timeout)
                held = True
            except asyncio.TimeoutError:
                logger.warning("an earlier message of this conversation is still being answered")
            yield held
        finally:
            if held:
                lock.release()
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = (lock, users - 1)
