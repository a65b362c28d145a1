"""The trainer's process, from outside: started when it is first needed, kept warm, ended when nobody needs it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

from clinicbot import paths
from clinicbot.releases.store import Release

# A proof's JSON is one line.
LONGEST_LINE = 64 * 1024 * 1024
IDLE_SECONDS = 30 * 60.0
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "RAYON")}


class TrainerDied(Exception):
    """The trainer's process ended in the middle of its work; the message names its log."""


class Trainer:
    """One at a time: who wants it next waits."""

    def __init__(self, log: Path, memory: Path) -> None:
        self._log = log
        self._memory = memory
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self._burial: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._warm_for: dict[str, str] = {}

    async def prepare(self, live: Release | None) -> None:
        """Warm it up for changes to this release; at once if it is. Raises TrainerDied."""
        if self._warm_for == _base(live) and self._process is not None and self._process.returncode is None:
            self._end_when_idle()
            return
        async with aclosing(self._ask({"do": "prepare", **_base(live)})) as events:
            async for _ in events:
                pass

    def make(self, folder: Path, live: Release | None) -> AsyncGenerator[dict[str, Any], None]:
        """Events of making and proving the candidate of `folder`/content. Raises TrainerDied.

        Close it (`aclosing`): what is left in the middle is killed, and the next one's turn comes.
        """
        return self._ask({"do": "make", "candidate": str(folder), **_base(live)})

    async def _ask(self, request: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        async with self._lock:
            is_done = False
            try:
                process = await self._started()
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(json.dumps(request).encode() + b"\n")
                await process.stdin.drain()
                while not is_done and (line := await process.stdout.readline()):
                    event = json.loads(line)
                    is_done = not {"prepared", "made", "error"}.isdisjoint(event)
                    if is_done and "error" not in event:
                        self._warm_for = {key: request[key] for key in request if key in ("content", "archive")}
                    yield event
            except (OSError, ValueError) as error:  # not to be started, a broken pipe, half a line
                raise TrainerDied(f"the trainer can't be understood ({error}); see {self._log}") from error
            finally:
                if is_done:
                    self._end_when_idle()
                else:  # what it would still say belongs to nobody
                    await self.stop()
            if not is_done:
                raise TrainerDied(f"the trainer ended before it was done; see {self._log}")

    async def _started(self) -> asyncio.subprocess.Process:
        if self._idle is not None:
            self._idle.cancel()
        if self._process is None or self._process.returncode is not None:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "clinicbot.releases.worker"),
                    *(str(self._log.with_name("train.log")), str(self._memory)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    cwd=paths.ROOT,
                    env={**os.environ, **ONE_THREAD},
                    limit=LONGEST_LINE,
                    start_new_session=True,  # for `_kill_all`
                )
            self._burial = asyncio.create_task(_bury(self._process))
        return self._process

    def _end_when_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.kill)

    def kill(self) -> None:
        """What it was doing is lost, and nothing else."""
        if self._process is not None and self._process.returncode is None:
            _kill_all(self._process)
        self._process = None  # a moment may pass until its end is known

    async def stop(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self.kill()
        if self._burial is not None:
            await asyncio.wait([self._burial])


async def _bury(process: asyncio.subprocess.Process) -> None:
    await process.wait()
    _kill_all(process)


def _kill_all(process: asyncio.subprocess.Process) -> None:
    """With its helpers and Rasa, which would outlive it, and whom the reader of its pipe would wait for."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _base(live: Release | None) -> dict[str, str]:
    return {"content": str(live.content), "archive": str(live.model)} if live else {}
