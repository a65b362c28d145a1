"""Publishing: the drafts become a candidate, are proved, go live, and are confirmed; or nothing has happened.

One at a time. What has come of it is kept in `var/publishing/state.json`, so that a candidate that waits for a decision
still does after a restart, and whoever opens the page sees how far it is.
"""

import asyncio
import fcntl
import json
import logging
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool

from clinicbot.faq import linter
from clinicbot.faq.safe_files import replace_file
from clinicbot.releases.confirming import CouldNotLoad, LiveAssistant, NotConfirmed
from clinicbot.releases.difference import Difference, difference, seen
from clinicbot.releases.proof import Proof, Verdict
from clinicbot.releases.publish_state import AT_WORK, Phase, PublishError, PublishState
from clinicbot.releases.store import About, Live, Release, ReleaseError, Releases, copy_content, utc_text
from clinicbot.releases.trainer import Trainer, TrainerDied
from clinicbot.settings import Settings
from clinicbot.training.models import engine
from clinicbot.yaml_files import ContentError

logger = logging.getLogger(__name__)

SHOWN_FINDINGS = 5


Record = Callable[[str, str, str, dict[str, Any]], None]
"""Writes to the audit log: who, action, subject, details."""


class Publishing:
    """`root` is the checkout with the drafts; `assistant` the one that patients ask."""

    def __init__(
        self, root: Path, releases: Releases, trainer: Trainer, assistant: LiveAssistant, record: Record
    ) -> None:
        self._root = root
        self._releases = releases
        self._trainer = trainer
        self._assistant = assistant
        self._record = record
        self._folder = releases.var / "publishing"
        self._candidate = self._folder / "candidate"
        self._state = self._restored()
        self._began = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._is_cancelled = False
        self._changed = asyncio.Event()
        self._occupied: int | None = None
        self._waking: asyncio.Task[None] | None = None

    def state(self) -> PublishState:
        return self._state

    async def changes(self) -> AsyncIterator[PublishState]:
        """The state now, and again whenever it has changed; without end."""
        while True:
            changed = self._changed
            yield self._state
            await changed.wait()

    def wake(self) -> None:
        """Somebody is at work on the content: let the trainer read the live release meanwhile, so that publishing takes
        seconds. Returns at once; costs nothing while it is warm."""
        if self._waking is None or self._waking.done():
            self._waking = asyncio.create_task(self._warm_up())

    async def warmed_up(self) -> None:
        """Until the trainer is warm, if it was woken."""
        if self._waking is not None:
            await self._waking

    async def _warm_up(self) -> None:
        try:
            await self._trainer.prepare(await run_in_threadpool(self._releases.live))
        except (TrainerDied, ReleaseError) as error:
            logger.warning("the trainer could not be warmed up: %s", error)

    async def start(
        self, person: str, reason: str, *, expected: str | None = None, approved_by: tuple[str, ...] = ()
    ) -> None:
        """Begin. `expected` tells what the person has looked at (`difference.seen`). Raises PublishError."""
        if self._state.phase in AT_WORK or not self._occupy():
            raise PublishError("Somebody is publishing already; wait until that is done, or cancel it.")
        self._began = time.monotonic()
        self._set(PublishState(Phase.TRAINING, 0.0, "snapshot", person, reason, approved_by))
        has_begun = False
        try:
            self._keep_interrupted()
            live, changes = await run_in_threadpool(self._take_snapshot)
            if changes.is_empty:
                raise PublishError("Nothing differs from the live release.")
            if expected is not None and seen(changes, live) != expected:
                raise PublishError("The content was changed after you looked at it; look at it again.")
            await self._assistant.check()
            self._set(replace(self._state, difference=changes, base=live.number))
            await self._note("publish.start", person, {"reason": reason})
            has_begun = True
        except (PublishError, ContentError, ReleaseError, NotConfirmed, OSError) as error:
            self._set(replace(self._state, phase=Phase.FAILED, error=str(error)))
            raise PublishError(str(error)) from error
        finally:
            if not has_begun and self._state.phase in AT_WORK:  # what can't be recorded isn't done
                self._set(replace(self._state, phase=Phase.FAILED, error="interrupted"))
        self._begin(self._make())

    async def cancel(self, person: str) -> None:
        """Stop training or proving. Raises PublishError once it goes live."""
        if self._state.phase not in (Phase.TRAINING, Phase.PROVING) or self._task is None or self._task.done():
            raise PublishError("There is nothing to cancel at the moment.")
        self._is_cancelled = True
        self._task.cancel()
        await asyncio.wait([self._task])
        await self._note("publish.cancel", person, {})

    async def go_on(self, person: str, reason: str) -> None:
        """Publish a candidate that is worse on a FAQ all the same. Raises PublishError."""
        if self._state.phase is not Phase.WAITING or not reason.strip():
            raise PublishError("Nothing waits for a decision." if reason.strip() else "Say why it is to go on.")
        if not self._occupy():
            raise PublishError("Somebody is publishing in another place; wait until that is done.")
        try:
            self._check_still_waiting()
            self._keep_interrupted()
        except (PublishError, ReleaseError, OSError) as error:
            self._leave()
            raise PublishError(str(error)) from error
        self._began = time.monotonic() - self._state.seconds
        self._set(replace(self._state, phase=Phase.GOING_LIVE))
        self._begin(self._insist(person, reason.strip()))

    async def give_up(self, person: str) -> None:
        """Don't publish what waits for a decision. Raises PublishError."""
        if self._state.phase is not Phase.WAITING:
            raise PublishError("Nothing waits for a decision.")
        self._set(replace(self._state, phase=Phase.CANCELLED))
        await self._note("publish.give_up", person, {})

    async def roll_back(self, number: int, person: str, reason: str) -> None:
        """Make another release live, and wait until it answers. Raises PublishError.

        Where Rasa can't load it, what was live is live again. Where Rasa doesn't answer, the choice stands: a release
        that keeps Rasa from starting must be left behind somehow.
        """
        if self._state.phase in AT_WORK or not self._occupy():
            raise PublishError("Somebody is publishing; wait until that is done, or cancel it.")
        was: Live | None = None
        try:
            release = await run_in_threadpool(self._releases.get, number)
            if release.about.engine != await run_in_threadpool(engine, self._root):
                raise ReleaseError(f"Release {number} was made by another version of the assistant.")
            was = await run_in_threadpool(self._live_state)
            await run_in_threadpool(self._releases.go_live, number, person, reason)
            details = {"from": was.number if was else None, "reason": reason}
            await run_in_threadpool(self._record, person, "release.roll_back", str(number), details)
            await self._assistant.wait_for(number)
        except CouldNotLoad as error:
            await self._put_back(was, person)
            await run_in_threadpool(
                self._record, person, "release.roll_back_failed", str(number), {"error": str(error)}
            )
            raise PublishError(f"{error} What was live before is live again.") from error
        except (ReleaseError, NotConfirmed, OSError) as error:
            raise PublishError(str(error)) from error
        finally:
            self._leave()

    async def wait(self) -> PublishState:
        """Until nothing is at work."""
        if self._task is not None:
            await asyncio.wait([self._task])
        return self._state

    async def stop(self) -> None:
        """A training is given up; a candidate that waits for a decision stays, and what goes live does so."""
        if self._task is not None and self._state.phase in (Phase.TRAINING, Phase.PROVING):
            self._task.cancel()
        await self.wait()
        if self._waking is not None:
            self._waking.cancel()
            await asyncio.wait([self._waking])
        await self._trainer.stop()

    def _take_snapshot(self) -> tuple[Live, Difference]:
        """The drafts as they are now: what is live, and what differs from it. Raises PublishError for findings."""
        shutil.rmtree(self._candidate, ignore_errors=True)
        copy_content(self._root, self._candidate / "content")
        errors = [finding for finding in linter.lint(self._candidate / "content") if not finding.is_warning]
        if errors:
            listed = "; ".join(map(str, errors[:SHOWN_FINDINGS]))
            raise PublishError(f"The content has {len(errors)} faults that must be mended first: {listed}")
        live = self._releases.live_state()
        if live is None:
            raise PublishError("Nothing is live yet; start the assistant with `clinicbot run` first.")
        return live, difference(self._releases.get(live.number).content, self._candidate / "content")

    def _check_still_waiting(self) -> None:
        """Raises PublishError if somebody has published or rolled back in another place since."""
        live = self._releases.live_state()
        if self._restored() != self._state or live is None or live.number != self._state.base:
            self._state = replace(self._state, phase=Phase.FAILED, error="interrupted")
            raise PublishError("Something else was published or rolled back meanwhile; publish again.")

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._is_cancelled = False
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        """However it ended, nobody is at work any more."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger.error("publishing ended by a fault", exc_info=error)
        if self._state.phase in AT_WORK:
            if self._is_cancelled:
                self._set(replace(self._state, phase=Phase.CANCELLED))
            else:
                self._set(replace(self._state, phase=Phase.FAILED, error="interrupted"))

    async def _make(self) -> None:
        proof: Proof | None = None
        try:
            live = await run_in_threadpool(self._releases.live)
            async with aclosing(self._trainer.make(self._candidate, live)) as events:
                async for event in events:
                    if "error" in event:
                        return await self._fail(event["error"])
                    if "made" in event:
                        proof = Proof.from_json(event["made"])
                    else:
                        phase = Phase.PROVING if event["step"] == "proving" else Phase.TRAINING
                        progress = 0.9 * event["progress"]  # what remains is going live
                        self._set(replace(self._state, phase=phase, step=event["step"], progress=progress))
        except (TrainerDied, ReleaseError) as error:
            return await self._fail(str(error))
        if proof is not None:
            await self._decide(proof)

    async def _decide(self, proof: Proof) -> None:
        self._set(replace(self._state, proof=proof))
        if proof.verdict is Verdict.PASSED:
            await self._go_live()
        elif proof.verdict is Verdict.WORSE_ON_FAQ:
            self._set(replace(self._state, phase=Phase.WAITING))
            await self._note("publish.worse", self._state.started_by, {})
        else:
            await self._fail("refused")

    async def _insist(self, person: str, reason: str) -> None:
        await self._note("publish.insist", person, {"reason": reason})
        await self._go_live(insisted=f"{person}: {reason}")

    async def _go_live(self, insisted: str | None = None) -> None:
        self._set(replace(self._state, phase=Phase.GOING_LIVE, step="going_live", progress=0.9))
        try:
            release, confirmed = await self._take_up(insisted)
        except (ReleaseError, NotConfirmed, ContentError, OSError) as error:
            return await self._fail(f"{error} What was live before is live again.")
        self._set(replace(self._state, phase=Phase.DONE, progress=1.0, release=release.number, confirmed=confirmed))
        details = {"release": release.number, "seconds": self._state.seconds}
        await self._note("publish.done", self._state.started_by, details)
        self.wake()

    async def _take_up(self, insisted: str | None) -> tuple[Release, tuple[tuple[str, bool], ...]]:
        """The new release, once it answers, and what it was asked. Else what was live is, whatever is raised."""
        was = await run_in_threadpool(self._releases.live_state)
        is_confirmed = False
        try:
            release = await run_in_threadpool(self._add, insisted)
            await run_in_threadpool(self._releases.go_live, release.number, self._state.started_by, self._state.reason)
            await self._assistant.wait_for(release.number)
            self._set(replace(self._state, phase=Phase.CONFIRMING, step="confirming", progress=0.95))
            confirmed = await self._assistant.confirm(release, self._state.difference)
            is_confirmed = True
        finally:
            if not is_confirmed:
                await self._put_back(was, self._state.started_by)
        return release, confirmed

    async def _put_back(self, was: Live | None, person: str) -> None:
        now = await run_in_threadpool(self._live_state)
        if was is not None and (now is None or now.number != was.number):
            await run_in_threadpool(self._releases.put_back, was, person, "the other release was not confirmed")

    def _live_state(self) -> Live | None:
        """None also where that can't be read, which a rollback mends."""
        try:
            return self._releases.live_state()
        except ReleaseError:
            return None

    def _add(self, insisted: str | None) -> Release:
        state, content = self._state, self._candidate / "content"
        about = About(
            by=state.started_by,
            reason=state.reason,
            made_at=utc_text(),
            engine=engine(self._root),
            content=state.difference.digest if state.difference else "",
            insisted=insisted,
            approved_by=state.approved_by,
            seconds=round(time.monotonic() - self._began, 1),
        )
        return self._releases.add(
            content,
            self._candidate / "model.tar.gz",
            about,
            difference=state.difference.to_json() if state.difference else None,
            proof=state.proof.to_json() if state.proof else None,
        )

    async def _fail(self, error: str) -> None:
        self._set(replace(self._state, phase=Phase.FAILED, error=error))
        await self._note("publish.failed", self._state.started_by, {"error": error})

    async def _note(self, action: str, person: str, details: dict[str, Any]) -> None:
        await run_in_threadpool(self._record, person, action, self._state.reason[:100] or "-", details)

    def _set(self, state: PublishState) -> None:
        self._state = replace(state, seconds=round(time.monotonic() - self._began, 1))
        if state.phase not in AT_WORK:
            try:
                self._keep(self._state)
            except OSError as error:  # a full disk: it is so all the same
                logger.error("what came of publishing can't be kept: %s", error)
            self._leave()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _keep_interrupted(self) -> None:
        """What is found after the process has died in the middle. Raises OSError."""
        self._keep(replace(self._state, phase=Phase.FAILED, error="interrupted"))

    def _keep(self, state: PublishState) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        replace_file(self._folder / "state.json", json.dumps(state.to_json(), ensure_ascii=False))

    def _occupy(self) -> bool:
        """Whether no other process publishes: the console, or a command. One that is killed leaves by itself."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._occupied = handle
        return True

    def _leave(self) -> None:
        if self._occupied is not None:
            os.close(self._occupied)
            self._occupied = None

    def _restored(self) -> PublishState:
        """What was decided last; what was at work when the process ended came to nothing."""
        try:
            return PublishState.from_json(json.loads((self._folder / "state.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return PublishState()


def open_publishing(root: Path, settings: Settings, record: Record) -> Publishing:
    """For this installation; `root` is the checkout with the drafts."""
    assistant = LiveAssistant(settings.rasa_url)
    return Publishing(root, Releases(settings.var), open_trainer(settings), assistant, record)


def open_trainer(settings: Settings) -> Trainer:
    return Trainer(settings.var / "log" / "trainer.log", settings.var / "publishing" / "memory")
