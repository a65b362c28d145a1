"""A checkout with a live release, a trainer and an assistant that do as told, and the audit log as a list."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinicbot.releases.confirming import NotConfirmed
from clinicbot.releases.difference import Difference, difference, seen
from clinicbot.releases.proof import Proof
from clinicbot.releases.publishing import Publishing
from clinicbot.releases.store import Release, Releases
from clinicbot.training.models import engine
from tests.console.publish_world import PASSED
from tests.releases.contents import add, edit, write_archive, write_root

SECONDS = 20.0


@dataclass
class ToldTrainer:
    """Makes a candidate in two steps; `pause` names the step before which it waits until `go_on` is set."""

    proof: Proof = PASSED
    error: str | None = None
    dies: Exception | None = None
    pause: str = ""
    meanwhile: Callable[[], None] = lambda: None
    at_the_end: Callable[[], None] = lambda: None
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    paused: asyncio.Event = field(default_factory=asyncio.Event)
    made_for: list[Release | None] = field(default_factory=list)
    prepared: list[int | None] = field(default_factory=list)
    is_busy: bool = False

    async def prepare(self, live: Release | None) -> None:
        self.prepared.append(live.number if live else None)

    async def make(self, folder: Path, live: Release | None) -> AsyncGenerator[dict[str, Any], None]:
        assert not self.is_busy
        self.is_busy = True
        try:
            self.made_for.append(live)
            for step, progress in (("training", 0.5), ("proving", 0.8), ("made", 1.0)):
                if step == self.pause:
                    self.paused.set()
                    await self.go_on.wait()
                if step != "made":
                    yield {"step": step, "progress": progress}
                    await asyncio.sleep(0)  # whoever looks sees it
            self.meanwhile()
            if self.dies:
                raise self.dies
            if self.error:
                yield {"error": self.error}
            else:
                write_archive(folder / "model.tar.gz")
                self.at_the_end()
                yield {"made": json.loads(json.dumps(self.proof.to_json()))}
        finally:
            self.is_busy = False

    def kill(self) -> None:
        pass

    async def stop(self) -> None:
        pass


@dataclass
class ToldAssistant:
    """Takes up what is live, unless it is told otherwise."""

    releases: Releases
    down: str = ""
    refuses: Exception | None = None
    unconfirmed: Exception | None = None
    waited_for: list[int] = field(default_factory=list)
    live_then: list[int] = field(default_factory=list)

    async def check(self) -> None:
        if self.down:
            raise NotConfirmed(self.down)

    async def wait_for(self, number: int) -> None:
        self.waited_for.append(number)
        live = self.releases.live()
        assert live is not None
        assert live.number == number
        if self.refuses:
            raise self.refuses

    async def confirm(self, release: Release, changes: Difference | None) -> tuple[tuple[str, bool], ...]:
        assert changes is not None
        if self.unconfirmed:
            raise self.unconfirmed
        await asyncio.sleep(0)
        return tuple((change.title, True) for change in changes.faqs)


@dataclass
class World:
    folder: Path
    trainer: ToldTrainer = field(default_factory=ToldTrainer)
    audit: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root = write_root(self.folder / "root")
        self.releases = Releases(self.folder / "var")
        self.assistant = ToldAssistant(self.releases)
        self.release("first")
        edit(self.root, "4 to 6 months", "3 to 4 months")
        edit(self.root, "4 to 6 months", "3 to 4 months", "data/document/apex-clinic-botox.md")
        edit(self.root, "4 ila 6 ay", "3 ila 4 ay")
        self.publishing = self.open()

    def open(self) -> Publishing:
        """As after a restart, or in another process."""
        assistant: Any = self.assistant
        trainer: Any = self.trainer
        return Publishing(self.root, self.releases, trainer, assistant, lambda *entry: self.audit.append(entry))

    def release(self, reason: str, made_by: str | None = None) -> Release:
        made = add(self.releases, self.root, reason=reason, engine=made_by or engine(self.root))
        self.releases.go_live(made.number, "ayse", reason)
        return made

    @property
    def live(self) -> int:
        live = self.releases.live_state()
        assert live is not None
        return live.number

    def seen(self) -> str:
        """What somebody who looks at the drafts now has seen."""
        live = self.releases.live_state()
        assert live is not None
        return seen(difference(self.releases.get(live.number).content, self.root), live)

    @property
    def recorded(self) -> list[tuple[str, str]]:
        """Who did what."""
        return [(person, action) for person, action, _, _ in self.audit]

    def answer(self, number: int) -> str:
        return (self.releases.get(number).content / "data" / "faq" / "duration.yml").read_text(encoding="utf-8")
