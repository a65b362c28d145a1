"""Rasa pulls the live release: it watches which one that is and takes up its model, between two messages.

Rasa's own way, polling a model server, would make patients depend on one more server, and replaces the answers under a
message that the old model has already understood (docs/decisions/0009). Here a message is answered as a whole by the
processor that it began with.
"""

import asyncio
import logging
import os
from collections.abc import Callable

from rasa.core.agent import Agent
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.shared.core.domain import Domain

from clinicbot.releases.store import STARTED_WITH, Release, ReleaseError, Releases

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.3


class LiveModel:
    """Keeps an agent on the live release. `number` is the one that answers now, None where Rasa runs on its own;
    `refused` says why `refused_number` could not be loaded, until another is live."""

    def __init__(self, agent: Callable[[], Agent | None], releases: Releases) -> None:
        self._agent = agent
        self._releases = releases
        started_with = os.environ.get(STARTED_WITH)
        self.number = int(started_with) if started_with else None
        self.refused: str | None = None
        self.refused_number: int | None = None

    async def watch(self) -> None:
        """For ever. A release that can't be loaded is left aside, and the one before goes on answering."""
        seen = None
        while True:
            stamp = self._releases.stamp()
            agent = self._agent()
            if stamp != seen and agent is not None and agent.is_ready():
                seen = stamp
                await self._pull(agent)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _pull(self, agent: Agent) -> None:
        self.refused = self.refused_number = None
        number = None
        try:
            release = self._releases.live()
            if release is None or release.number == self.number:
                return
            number = release.number
            processor = await asyncio.get_running_loop().run_in_executor(None, _load, agent, release)
        except Exception as error:  # noqa: BLE001  whatever is wrong with a model, patients are answered by the old one
            self.refused, self.refused_number = f"{type(error).__name__}: {error}", number
            logger.error("the live release could not be loaded, the one before goes on answering: %s", self.refused)
            return
        agent.processor, agent.nlg = processor, processor.nlg
        agent.domain = agent.tracker_store.domain = processor.domain
        self.number = release.number
        logger.info("release %d answers now", release.number)


def _load(agent: Agent, release: Release) -> MessageProcessor:
    processor = MessageProcessor(
        model_path=release.model,
        tracker_store=agent.tracker_store,
        lock_store=agent.lock_store,
        action_endpoint=agent.action_endpoint,
        generator=NaturalLanguageGenerator.create(None, Domain.empty()),
        http_interpreter=agent.http_interpreter,
    )
    if processor.domain is None:
        raise ReleaseError(f"the model of release {release.number} has no domain")
    # a generator of its own: what is answered by the old model still gets the old answers
    processor.nlg = NaturalLanguageGenerator.create(None, processor.domain)
    return processor
