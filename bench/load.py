"""Speed of bots that take turns: one patient who waits for each answer, then several at once.

All bots get the same messages in the same conversations; who is asked first alternates, so that what else the machine
does meets all of them alike.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.clients import Bot, Conversation
from bench.processes import Server

CONVERSATION_MESSAGES = 10
PATIENTS = 8
WARM_UP_MESSAGES = 20
# what a bot still does after its answer counts as the message's CPU time
PAUSE_SECONDS = 0.02


@dataclass
class Speed:
    """Milliseconds by the client's clock and of CPU, by message."""

    milliseconds: list[float] = field(default_factory=list)
    cpu_milliseconds: list[float] = field(default_factory=list)


@dataclass
class CrowdSpeed:
    """Milliseconds by message; CPU seconds by part, of all messages together. `seconds` is all blocks' time."""

    milliseconds: list[float] = field(default_factory=list)
    cpu_seconds: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def messages_per_second(self) -> float:
        return len(self.milliseconds) / self.seconds

    @property
    def cpu_milliseconds(self) -> dict[str, float]:
        """A message's in each part, on average."""
        return {part: 1000 * seconds / len(self.milliseconds) for part, seconds in self.cpu_seconds.items()}


@dataclass
class Contender:
    """A running bot and what was measured of it."""

    bot: Bot
    server: Server
    alone: Speed = field(default_factory=Speed)
    crowd: CrowdSpeed = field(default_factory=CrowdSpeed)


def percentile(values: Sequence[float], share: int) -> float:
    """The value that `share` per cent of the values stay under; between two of them, in proportion."""
    return float(np.percentile(values, share))


async def warm_up(contenders: Sequence[Contender], texts: Sequence[str]) -> None:
    for contender in contenders:
        conversation = await contender.bot.converse()
        for text in texts[:WARM_UP_MESSAGES]:
            await conversation.say(text)


async def measure_alone(contenders: Sequence[Contender], texts: Sequence[str]) -> None:
    """Each message to each bot in turn, a new conversation every ten messages."""
    conversations: list[Conversation] = []
    for at, text in enumerate(texts):
        if at % CONVERSATION_MESSAGES == 0:
            conversations = [await contender.bot.converse() for contender in contenders]
        turns = list(zip(contenders, conversations, strict=True))
        for contender, conversation in turns if at % 2 == 0 else reversed(turns):
            cpu_began = contender.server.cpu_seconds()
            contender.alone.milliseconds.append(await _timed(conversation, text))
            await asyncio.sleep(PAUSE_SECONDS)
            used = _used(cpu_began, contender.server.cpu_seconds())
            contender.alone.cpu_milliseconds.append(1000 * sum(used.values()))


async def measure_crowd(contenders: Sequence[Contender], texts: Sequence[str]) -> None:
    """Blocks of eight patients with one conversation each, to each bot in turn."""
    size = PATIENTS * CONVERSATION_MESSAGES
    for number, start in enumerate(range(0, len(texts), size)):
        block = texts[start : start + size]
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            conversations = [await contender.bot.converse() for _ in range(PATIENTS)]
            cpu_began, began = contender.server.cpu_seconds(), time.monotonic()
            times = await asyncio.gather(
                *(_talk(conversation, block[at::PATIENTS]) for at, conversation in enumerate(conversations))
            )
            contender.crowd.seconds += time.monotonic() - began
            contender.crowd.milliseconds += [each for patient in times for each in patient]
            await asyncio.sleep(PAUSE_SECONDS)
            contender.crowd.cpu_seconds.update(_used(cpu_began, contender.server.cpu_seconds()))


def _used(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {part: after[part] - before[part] for part in before}


async def _talk(conversation: Conversation, texts: Sequence[str]) -> list[float]:
    return [await _timed(conversation, text) for text in texts]


async def _timed(conversation: Conversation, text: str) -> float:
    began = time.monotonic()
    await conversation.say(text)
    return 1000 * (time.monotonic() - began)
