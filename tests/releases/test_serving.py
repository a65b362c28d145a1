"""Rasa's agent is kept on the live release, with stand-ins for its processors: each answers as a whole, old or new."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from clinicbot.rasa_channel import WholeMessages, _handle
from clinicbot.releases import serving
from clinicbot.releases.serving import LiveModel
from clinicbot.releases.store import STARTED_WITH, Release, ReleaseError, Releases
from tests.releases.contents import add, write_root

SECONDS = 20.0


@dataclass
class Processor:
    """Reads a message, waits until it may, and answers it."""

    name: str
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.nlg = f"answers of {self.name}"
        self.domain = f"domain of {self.name}"

    async def parse_message(self, message: UserMessage) -> dict[str, Any]:
        self.reading.set()
        await self.go_on.wait()
        return {"text": message.text, "intent": {"name": self.name, "confidence": 1.0}, "entities": []}

    async def handle_message(self, message: UserMessage) -> None:
        assert message.parse_data["intent"]["name"] == self.name
        await message.output_channel.send_response(message.sender_id, {"text": self.nlg})


class Agent:
    def __init__(self, processor: Processor | None) -> None:
        self.processor = processor
        self.nlg: Any = None
        self.domain: Any = None
        self.tracker_store = SimpleNamespace(domain=None)
        self.lock_store = self

    def is_ready(self) -> bool:
        return self.processor is not None

    @asynccontextmanager
    async def lock(self, _sender: str) -> AsyncIterator[None]:
        yield


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releases:
    monkeypatch.setenv(STARTED_WITH, "1")
    monkeypatch.setattr(serving, "LOOK_EVERY_SECONDS", 0.0)
    releases, root = Releases(tmp_path / "var"), write_root(tmp_path / "root")
    for _ in range(3):
        add(releases, root)
    releases.go_live(1, "ayse", "x")
    return releases


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The releases that were loaded; the model of the second one is broken."""
    numbers: list[int] = []

    def load(_agent: Any, release: Release) -> Processor:
        numbers.append(release.number)
        if release.number == 2:
            raise ReleaseError("the model of release 2 has no domain")
        made = Processor(str(release.number))
        made.go_on.set()
        return made

    monkeypatch.setattr(serving, "_load", load)
    return numbers


@pytest.fixture
def agent() -> Agent:
    return Agent(Processor("1"))


@pytest.fixture
async def live(agent: Agent, releases: Releases, loaded: list[int]) -> AsyncIterator[LiveModel]:
    model = LiveModel(lambda: agent, releases)
    watching = asyncio.create_task(model.watch())
    yield model
    assert not watching.done()  # it looks for ever, whatever happens
    watching.cancel()


async def until(condition: Callable[[], bool]) -> None:
    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0)

    await asyncio.wait_for(wait(), SECONDS)


async def looks(count: int = 50) -> None:
    """So many turns of the loop, in which it would have looked."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_it_was_started_with_is_not_loaded_again(live: LiveModel, loaded: list[int]) -> None:
    await looks()
    assert (live.number, live.refused, loaded) == (1, None, [])


async def test_it_takes_up_what_goes_live(live: LiveModel, agent: Agent, releases: Releases) -> None:
    releases.go_live(3, "ayse", "x")
    await until(lambda: live.number == 3)
    assert agent.processor is not None
    assert agent.processor.name == "3"
    assert agent.nlg == "answers of 3"
    assert agent.domain == agent.tracker_store.domain == "domain of 3"
    releases.go_live(1, "ayse", "back")
    await until(lambda: live.number == 1)


async def test_what_can_not_be_loaded_is_refused_and_the_next_one_taken_up(
    live: LiveModel, agent: Agent, releases: Releases, loaded: list[int]
) -> None:
    releases.go_live(2, "ayse", "x")
    await until(lambda: live.refused is not None)
    assert live.refused == "ReleaseError: the model of release 2 has no domain"
    assert (live.number, live.refused_number) == (1, 2)
    assert agent.processor is not None
    assert agent.processor.name == "1"
    await looks()
    assert loaded == [2]  # it isn't tried again and again
    releases.go_live(3, "ayse", "x")
    await until(lambda: live.number == 3)
    assert live.refused is None
    assert live.refused_number is None


async def test_back_from_what_was_refused_nothing_is_loaded(
    live: LiveModel, releases: Releases, loaded: list[int]
) -> None:
    releases.go_live(2, "ayse", "x")
    await until(lambda: live.refused is not None)
    releases.go_live(1, "ayse", "back")
    await until(lambda: live.refused is None)
    assert (live.number, loaded) == (1, [2])


async def test_a_damaged_pointer_is_refused(live: LiveModel, releases: Releases) -> None:
    (releases.folder / "live").write_text("{", encoding="utf-8")
    await until(lambda: live.refused is not None)
    assert (live.number, live.refused_number) == (1, None)
    releases.go_live(3, "ayse", "x")
    await until(lambda: live.number == 3)


async def test_while_rasa_is_not_ready_it_waits(live: LiveModel, agent: Agent, releases: Releases) -> None:
    agent.processor = None
    releases.go_live(3, "ayse", "x")
    await looks()
    assert live.number == 1
    agent.processor = Processor("1")
    await until(lambda: live.number == 3)


async def test_without_a_release_to_start_with_everything_is_taken_up(
    releases: Releases, agent: Agent, loaded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(STARTED_WITH)
    model = LiveModel(lambda: agent, releases)
    assert model.number is None
    watching = asyncio.create_task(model.watch())
    await until(lambda: model.number == 1)
    assert loaded == [1]
    watching.cancel()


async def answer(agent: Any, release: int | None) -> tuple[int | None, str]:
    collector = WholeMessages()
    understood = await _handle(agent, UserMessage("hello", collector, "s1"), release)
    assert understood is not None
    return understood.release, collector.messages[0]["text"]


async def test_a_message_is_answered_wholly_by_the_old_or_by_the_new_one(
    live: LiveModel, agent: Agent, releases: Releases
) -> None:
    old = agent.processor
    assert old is not None
    before = asyncio.create_task(answer(agent, live.number))
    await asyncio.wait_for(old.reading.wait(), SECONDS)  # understood by the old one
    releases.go_live(3, "ayse", "x")
    await until(lambda: live.number == 3)
    assert await answer(agent, live.number) == (3, "answers of 3")  # and not kept waiting
    old.go_on.set()
    assert await before == (1, "answers of 1")
