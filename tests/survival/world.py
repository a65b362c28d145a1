"""What is around the gateway in a survival test: Meta, which delivers again until it is acknowledged, and a Rasa that
says what it was asked."""

import asyncio
import itertools
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from clinicbot import paths
from tests.channels import fixtures
from tests.gateway.messaging.fake_graph import FakeGraph, Json, text_of

SECRET = "an-app-secret"
_NAME = re.compile(r"p\d+n\d+")
# Messages stay within this many places of their own; a pause of the gateway's puts them in order again.
WINDOW = 60
POSTERS = 12
BEGIN = 1_795_000_000  # seconds since 1970


@dataclass(frozen=True)
class Message:
    """Message `number` of a person; its name is found again in the answer."""

    person: int
    number: int

    @property
    def name(self) -> str:
        return f"p{self.person}n{self.number}"

    @property
    def body(self) -> bytes:
        post = fixtures.text_message(
            f"wamid.{self.name}", self.person, f"what about {self.name} then?", BEGIN + self.number
        )
        return fixtures.body_of(post)


def echo(text: str) -> list[Json]:
    """What the fake Rasa says."""
    return [{"text": f"you asked: {text}", "buttons": None, "metadata": {"kind": "handover"}}]


def sent_status(message_id: str, tracker: str) -> Json:
    document = fixtures.load("status_sent")
    status = document["entry"][0]["changes"][0]["value"]["statuses"][0]
    status |= {"id": message_id, "biz_opaque_callback_data": tracker}
    return document


def in_bursts(people: int, each: int, chance: random.Random) -> list[Message]:
    """Everybody's messages, each person's in order and close together, three times each, shuffled within a window."""
    queue: list[tuple[float, Message]] = []
    for person in range(people):
        begin = chance.uniform(0, people * each)
        for number in range(each):
            queue += [(begin + 8 * number, Message(person, number))] * 3
    queue.sort(key=lambda item: item[0])
    shuffled = sorted(enumerate(queue), key=lambda item: item[0] + chance.uniform(0, WINDOW))
    return [message for _, (_, message) in shuffled]


@dataclass
class Meta:
    """Delivers as Meta does; `acknowledged` has the order in which messages were first taken by the gateway."""

    address: str
    acknowledged: dict[Message, int] = field(default_factory=dict)
    refused: int = 0

    async def deliver_all(self, messages: list[Message]) -> None:
        queue = iter(messages)
        async with aiohttp.ClientSession() as http:
            await asyncio.gather(*(self._deliver(http, queue) for _ in range(POSTERS)))

    async def report_all(self, graph: FakeGraph) -> None:
        """For ever: report what the Graph API accepted as sent, as Meta does, with the tracker that came with it."""
        async with aiohttp.ClientSession() as http:
            for number in itertools.count(1):
                await graph.receives(number, seconds=600)
                tracker = str(graph.sent[number - 1]["biz_opaque_callback_data"])
                await self._insist(http, fixtures.body_of(sent_status(f"wamid.sent{number}", tracker)))

    async def _insist(self, http: aiohttp.ClientSession, body: bytes) -> None:
        headers = {"X-Hub-Signature-256": fixtures.signed(body, SECRET)}
        while not await self._accepts(http, body, headers):
            self.refused += 1
            await asyncio.sleep(0.05)  # Meta's pause before it delivers again

    async def _deliver(self, http: aiohttp.ClientSession, queue: Iterator[Message]) -> None:
        for message in queue:
            await self._insist(http, message.body)
            self.acknowledged.setdefault(message, len(self.acknowledged))

    async def _accepts(self, http: aiohttp.ClientSession, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            async with http.post(f"{self.address}/webhooks/whatsapp", data=body, headers=headers) as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False


@dataclass
class Gateway:
    """The process; it is started again by `watch`, with the next step to be killed at, as a supervisor would."""

    port: int
    environment: Mapping[str, str]
    log: Path
    kills: list[tuple[str, int]]
    deaths: int = 0
    _process: "subprocess.Popen[bytes] | None" = None

    async def watch(self) -> None:
        while True:
            step = self.kills[self.deaths] if self.deaths < len(self.kills) else ("", 0)
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [
                        sys.executable, "-m", "uvicorn", "tests.survival.killable:create_app", "--factory",
                        "--host", "127.0.0.1", "--port", str(self.port),
                        "--ws", "none", "--no-access-log", "--log-level", "warning",
                    ],
                    cwd=paths.ROOT,
                    env={**self.environment, "KILL_AT": step[0], "KILL_AFTER": str(step[1])},
                    stdout=log,
                    stderr=log,
                )  # fmt: skip
            status = await asyncio.get_running_loop().run_in_executor(None, self._process.wait)
            assert status == -signal.SIGKILL, f"the gateway ended by itself with {status}; see {self.log}"
            self.deaths += 1

    @contextmanager
    def running(self) -> Iterator[Callable[[Awaitable[Any]], Awaitable[None]]]:
        """Gives a function that awaits something, and fails at once if the gateway ends other than by a kill."""
        watching = asyncio.create_task(self.watch())

        async def meanwhile(work: Awaitable[Any]) -> None:
            task = asyncio.ensure_future(work)
            await asyncio.wait({task, watching}, return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                task.cancel()
                watching.result()
            await task

        try:
            yield meanwhile
        finally:
            watching.cancel()
            if self._process is not None:
                self._process.kill()
                self._process.wait()


def names_in(body: Json) -> list[str]:
    return _NAME.findall(text_of(body))


def lost(messages: list[Message], graph: FakeGraph) -> set[str]:
    answered = {name for body in graph.sent for name in names_in(body)}
    return {message.name for message in messages} - answered


def repeated(graph: FakeGraph) -> int:
    """Replies that said again what had been said."""
    told: set[str] = set()
    again = 0
    for body in graph.sent:
        names = names_in(body)
        again += bool(names) and told.issuperset(names)
        told.update(names)
    return again


def out_of_order(graph: FakeGraph, acknowledged: Mapping[Message, int]) -> list[str]:
    """Messages that were answered after a later one of the same person, although they were taken before it."""
    by_name = {message.name: message for message in acknowledged}
    answered: dict[int, list[Message]] = {}
    wrong = []
    for body in graph.sent:
        for name in dict.fromkeys(names_in(body)):
            message = by_name[name]
            before = answered.setdefault(message.person, [])
            if message in before:
                continue
            wrong += [
                f"{name} after {other.name}"
                for other in before
                if other.number > message.number and acknowledged[message] < acknowledged[other]
            ]
            before.append(message)
    return wrong


async def until_all_are_answered(messages: list[Message], graph: FakeGraph, seconds: float) -> None:
    """Raises AssertionError that names what is missing."""
    end = time.monotonic() + seconds
    while missing := lost(messages, graph):
        if time.monotonic() > end:
            raise AssertionError(f"{len(missing)} unanswered after {seconds} s: {sorted(missing)[:10]}")
        await asyncio.sleep(0.2)
