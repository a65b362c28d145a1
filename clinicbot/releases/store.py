"""Releases on disk: `var/releases/<number>/` with the content, the model and what is known of it.

`var/releases/live` names the one that patients get. Rasa watches that file and pulls the model that it names; nothing
else decides what is live. A release is made under a temporary name and renamed when it is whole, and never changed.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from clinicbot.faq.safe_files import locked, replace_file
from clinicbot.training.models import is_whole

KEPT = 20
CONTENT = ("domain.yml", "config.yml", "data")
_UNFINISHED = ".unfinished"


class ReleaseError(Exception):
    """A release that isn't there or isn't whole; the message says what to do."""


@dataclass(frozen=True)
class About:
    """Who made a release, when (ISO 8601, UTC), why; what it changed, how it was proved, and the code it was made by.

    `difference` and `proof` are the JSON of their classes, None for the first release.
    """

    by: str
    reason: str
    made_at: str
    engine: str
    content: str
    insisted: str | None = None
    approved_by: tuple[str, ...] = ()
    difference: dict[str, Any] | None = None
    proof: dict[str, Any] | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Release:
    """`content` is laid out like a checkout: `domain.yml`, `config.yml`, `data/`."""

    number: int
    folder: Path
    about: About

    @property
    def content(self) -> Path:
        return self.folder / "content"

    @property
    def model(self) -> Path:
        return self.folder / "model.tar.gz"


@dataclass(frozen=True)
class Live:
    """Which release is live since when (ISO 8601, UTC), by whom and why."""

    number: int
    since: str
    by: str
    reason: str
    before: int | None = None


@dataclass(frozen=True)
class Releases:
    """`var` is the installation's folder."""

    var: Path
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.var / "releases")

    def all(self) -> list[Release]:
        """Newest first."""
        numbers = sorted((int(path.name) for path in self.folder.glob("[0-9]*")), reverse=True)
        return [self.get(number) for number in numbers]

    def get(self, number: int) -> Release:
        """Raises ReleaseError."""
        folder = self.folder / f"{number:04d}"
        try:
            raw = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ReleaseError(f"there is no release {number}; `clinicbot releases` lists them") from error
        return Release(number, folder, About(**{**raw, "approved_by": tuple(raw["approved_by"])}))

    def live(self) -> Release | None:
        """The release that patients get; None before the first. Raises ReleaseError for one that is damaged."""
        state = self.live_state()
        return self.get(state.number) if state else None

    def live_state(self) -> Live | None:
        path = self.folder / "live"
        if not path.exists():
            return None
        return Live(**json.loads(path.read_text(encoding="utf-8")))

    def stamp(self) -> int:
        """Changes whenever another release goes live; cheap enough to ask with each message."""
        try:
            return (self.folder / "live").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def add(self, content: Path, model: Path, about: About) -> Release:
        """Keep a new release; it isn't live yet. Raises ReleaseError for a damaged model."""
        if not is_whole(model):
            raise ReleaseError(f"{model} is damaged; nothing was released")
        with self._alone():
            number = max((int(path.name) for path in self.folder.glob("[0-9]*")), default=0) + 1
            made = self.folder / f"{_UNFINISHED}-{number:04d}"
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            copy_content(content, made / "content")
            _link(model, made / "model.tar.gz")
            text = json.dumps(asdict(about), ensure_ascii=False, indent=1)
            replace_file(made / "release.json", text)
            made.rename(self.folder / f"{number:04d}")
        return self.get(number)

    def go_live(self, number: int, by: str, reason: str) -> Live:
        """Rasa pulls the release's model within a second. Raises ReleaseError for one that can't be served."""
        release = self.get(number)
        if not is_whole(release.model):
            raise ReleaseError(f"the model of release {number} is damaged; choose another release")
        with self._alone():
            old = self.live_state()
            live = Live(number, utc_text(), by, reason, old.number if old else None)
            replace_file(self.folder / "live", json.dumps(asdict(live), ensure_ascii=False))
            self._forget_oldest(keep={number, live.before})
        return live

    def _forget_oldest(self, keep: set[int | None]) -> None:
        for release in self.all()[KEPT:]:
            if release.number not in keep:
                shutil.rmtree(release.folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder):
            yield


def utc_text() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def copy_content(root: Path, target: Path) -> None:
    """What a model is trained from and an answer stands on, as it is in this moment: no writer is in `data/faq`."""
    target.mkdir(parents=True)
    with locked(root / "data" / "faq"):
        for name in CONTENT:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, target / name)
            else:
                shutil.copy2(source, target / name)


def _link(source: Path, target: Path) -> None:
    """The same file under a second name where the disk allows that; a model is never changed in place."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
