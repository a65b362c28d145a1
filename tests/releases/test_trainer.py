"""The trainer's process with one that only says what it is told to: warm, killed, dead, and misunderstood."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from clinicbot import paths
from clinicbot.releases import trainer as trainer_module
from clinicbot.releases.store import Release
from clinicbot.releases.trainer import Trainer, TrainerDied
from tests.releases import fake_worker
from tests.releases.contents import ABOUT

SECONDS = 20.0
"""More than anything here takes, so that what hangs fails."""


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    folder = tmp_path / "memory"
    folder.mkdir()
    return folder


@pytest.fixture
async def trainer(tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Trainer]:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} {fake_worker.__file__} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    made = Trainer(tmp_path / "log" / "trainer.log", memory)
    yield made
    await asyncio.wait_for(made.stop(), SECONDS)


def release(number: int = 1, folder: str = "releases") -> Release:
    return Release(number, Path(folder) / str(number), ABOUT)


async def events_of(trainer: Trainer, do: str, live: Release | None = None) -> list[dict[str, Any]]:
    async def collect() -> list[dict[str, Any]]:
        return [event async for event in trainer.make(Path(do), live)]

    return await asyncio.wait_for(collect(), SECONDS)


def started(memory: Path) -> list[int]:
    return [int(line) for line in (memory / "started").read_text().split()]


def asked(memory: Path) -> list[str]:
    return [json.loads(line)["do"] for line in (memory / "asked").read_text().splitlines()]


def is_running(process: int) -> bool:
    """Not one that is gone, nor one that nobody has asked for its end yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def ended(process: int) -> None:
    async def wait() -> None:
        while is_running(process):
            await asyncio.sleep(0)

    await asyncio.wait_for(wait(), SECONDS)


async def test_it_tells_how_far_it_is_and_what_it_made(trainer: Trainer, memory: Path) -> None:
    *progress, last = await events_of(trainer, "made", release())
    assert [event["step"] for event in progress] == ["training", "proving"]
    assert set(last) == {"made"}  # a line longer than asyncio's own limit
    assert json.loads((memory / "asked").read_text()) == {
        "do": "make",
        "candidate": "made",
        "content": "releases/1/content",
        "archive": "releases/1/model.tar.gz",
    }


async def test_it_stays_warm(trainer: Trainer, memory: Path) -> None:
    await trainer.prepare(release())
    await trainer.prepare(release())
    await events_of(trainer, "made", release())
    await trainer.prepare(release())
    assert len(started(memory)) == 1
    assert asked(memory) == ["prepare", "make"]


async def test_another_release_is_prepared_anew(trainer: Trainer, memory: Path) -> None:
    await trainer.prepare(release(1))
    await trainer.prepare(release(2))
    await trainer.prepare(None)
    assert asked(memory) == ["prepare"] * 3
    assert len(started(memory)) == 1


async def test_what_could_not_be_prepared_is_not_taken_for_warm(trainer: Trainer, memory: Path) -> None:
    for _ in range(2):
        await trainer.prepare(release(folder="damaged"))
    assert asked(memory) == ["prepare"] * 2


async def test_an_error_is_an_event_and_the_process_goes_on(trainer: Trainer, memory: Path) -> None:
    assert (await events_of(trainer, "error"))[-1] == {"error": "no such phrasing"}
    assert "made" in (await events_of(trainer, "made"))[-1]
    assert len(started(memory)) == 1


@pytest.mark.parametrize("do", ["die", "die-helped", "garble"])
async def test_a_dead_trainer_is_told_and_another_one_started(trainer: Trainer, memory: Path, do: str) -> None:
    with pytest.raises(TrainerDied, match=r"see .*trainer\.log"):
        await events_of(trainer, do)
    assert "made" in (await events_of(trainer, "made"))[-1]
    first, second = started(memory)
    await ended(first)
    assert is_running(second)


async def test_one_that_can_not_be_started_is_told(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(TrainerDied, match="No such file"):
        await events_of(trainer, "made")


async def begin(trainer: Trainer, do: str) -> asyncio.Task[list[dict[str, Any]]]:
    """Makes something, and is in the middle of it."""
    has_begun = asyncio.Event()

    async def make() -> list[dict[str, Any]]:
        events = []
        async with aclosing(trainer.make(Path(do), None)) as told:
            async for event in told:
                events.append(event)
                has_begun.set()
        return events

    task = asyncio.create_task(make())
    await asyncio.wait_for(has_begun.wait(), SECONDS)
    return task


async def helper_of(memory: Path) -> int:
    async def wait() -> int:
        while not (memory / "helper").exists() or not (memory / "helper").read_text():
            await asyncio.sleep(0)
        return int((memory / "helper").read_text())

    return await asyncio.wait_for(wait(), SECONDS)


async def test_killed_it_dies_with_its_helpers_and_whoever_waits_is_told(trainer: Trainer, memory: Path) -> None:
    task = await begin(trainer, "hang")
    helper = await helper_of(memory)
    trainer.kill()
    with pytest.raises(TrainerDied):
        await asyncio.wait_for(task, SECONDS)
    for process in (*started(memory), helper):
        await ended(process)


async def test_a_helper_does_not_outlive_a_process_that_died_by_itself(trainer: Trainer, memory: Path) -> None:
    with pytest.raises(TrainerDied):
        await events_of(trainer, "die-helped")
    await ended(await helper_of(memory))


async def test_left_in_the_middle_it_is_killed_and_the_next_one_gets_no_event_of_it(
    trainer: Trainer, memory: Path
) -> None:
    task = await begin(trainer, "hang")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    events = await events_of(trainer, "made")
    assert [event.get("step") for event in events] == ["training", "proving", None]
    await ended(started(memory)[0])


async def test_closed_at_the_first_event_it_is_the_next_ones_turn(trainer: Trainer) -> None:
    async with aclosing(trainer.make(Path("made"), None)) as events:
        await events.__anext__()
    assert "made" in (await events_of(trainer, "made"))[-1]


async def test_closed_at_the_last_event_it_stays_warm(trainer: Trainer, memory: Path) -> None:
    async with aclosing(trainer.make(Path("error"), None)) as events:
        async for event in events:
            if "error" in event:
                break
    await events_of(trainer, "made")
    assert len(started(memory)) == 1


async def test_one_after_the_other(trainer: Trainer, memory: Path) -> None:
    first, second = await asyncio.gather(events_of(trainer, "made"), events_of(trainer, "error"))
    assert "made" in first[-1]
    assert "error" in second[-1]
    assert len(first) == len(second) == 3
    assert len(started(memory)) == 1


async def test_nobody_needs_it_it_ends(trainer: Trainer, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer_module, "IDLE_SECONDS", 0.0)
    await trainer.prepare(release())
    await ended(started(memory)[0])
    await trainer.prepare(release())
    assert len(started(memory)) == 2


async def test_it_ends_with_whoever_started_it(trainer: Trainer, memory: Path) -> None:
    await trainer.prepare(None)
    process = started(memory)[0]
    assert os.getsid(process) == process  # which is why its helpers can be found
    await trainer.stop()
    await trainer.stop()
    await ended(process)
