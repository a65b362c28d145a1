"""Releases on disk: `var/releases/<number>/` with the content, the model and what is known of it.

`var/releases/live` names the one that patients get. Rasa watches that file and pulls the model that it names; nothing
else decides what is live. A release is made under a temporary name and renamed when it is whole, and never changed.
"""

import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from clinicbot.faq.safe_files import locked, replace_file, sync
from clinicbot.training.models import is_whole

KEPT = 20
CONTENT = ("domain.yml", "config.yml", "data")
STARTED_WITH = "CLINICBOT_RELEASE"
"""The environment variable that tells Rasa's process which release it was started with; without it none is watched."""
_UNFINISHED = ".unfinished"

logger = logging.getLogger(__name__)


class ReleaseError(Exception):
    """A release that isn't there or isn't whole; the message says what to do."""


@dataclass(frozen=True)
class About:
    """Who made a release, when (ISO 8601, UTC) and why; the code it was made by, and the digest of its content."""

    by: str
    reason: str
    made_at: str
    engine: str
    content: str
    insisted: str | None = None
    approved_by: tuple[str, ...] = ()
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

    @property
    def difference(self) -> dict[str, Any] | None:
        """The JSON of what it changed; None for a release that nobody made by hand. Raises ReleaseError."""
        return self._record("difference.json")

    @property
    def proof(self) -> dict[str, Any] | None:
        """The JSON of how it was proved, as above; some megabytes."""
        return self._record("proof.json")

    def _record(self, name: str) -> dict[str, Any] | None:
        path = self.folder / name
        try:
            record: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        except (OSError, ValueError) as error:
            raise ReleaseError(f"{path} can't be read: {error}") from error
        return record


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
        """Newest first, without those that are damaged."""
        found = []
        for number in sorted(self._numbers(), reverse=True):
            try:
                found.append(self.get(number))
            except ReleaseError as error:
                logger.warning("a release is left aside: %s", error)
        return found

    def _numbers(self) -> list[int]:
        return [int(path.name) for path in self.folder.glob("[0-9]*") if path.name.isdecimal()]

    def get(self, number: int) -> Release:
        """Raises ReleaseError."""
        folder = self.folder / f"{number:04d}"
        path = folder / "release.json"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return Release(number, folder, About(**{**raw, "approved_by": tuple(raw["approved_by"])}))
        except FileNotFoundError as error:
            raise ReleaseError(f"there is no release {number}; `clinicbot releases` lists them") from error
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ReleaseError(f"release {number} is damaged, choose another one: {path} can't be read") from error

    def live(self) -> Release | None:
        """The release that patients get; None before the first. Raises ReleaseError for one that is damaged."""
        state = self.live_state()
        return self.get(state.number) if state else None

    def live_state(self) -> Live | None:
        """None before the first release. Raises ReleaseError."""
        path = self.folder / "live"
        try:
            return Live(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise ReleaseError(f"{path} can't be read; choose a release with `clinicbot rollback NUMBER`") from error

    def stamp(self) -> int:
        """Changes whenever another release goes live; cheap enough to ask with each message. Zero before the first."""
        try:
            state = (self.folder / "live").stat()
        except OSError:
            return 0
        return hash((state.st_mtime_ns, state.st_ino))  # two files of one tick of the clock differ in their inodes

    def add(
        self,
        content: Path,
        model: Path,
        about: About,
        *,
        difference: dict[str, Any] | None = None,
        proof: dict[str, Any] | None = None,
    ) -> Release:
        """Keep a new release; it isn't live yet. Raises ReleaseError for a damaged model."""
        if not is_whole(model):
            raise ReleaseError(f"{model} is damaged; nothing was released")
        with self._alone():
            number = self._next_number()
            made = self.folder / f"{_UNFINISHED}-{number:04d}"
            try:
                made.mkdir()
                copy_content(content, made / "content")
                _link(model, made / "model.tar.gz")
                for name, record in (("difference", difference), ("proof", proof), ("release", asdict(about))):
                    if record is not None:
                        replace_file(made / f"{name}.json", json.dumps(record, ensure_ascii=False, indent=1))
                _put_on_disk(made)
                made.rename(self.folder / f"{number:04d}")
            finally:
                shutil.rmtree(made, ignore_errors=True)
            sync(self.folder)
        return self.get(number)

    def _next_number(self) -> int:
        """Never the live one's, whose folder somebody may have removed: Rasa would think that it has it already."""
        try:
            live = self.live_state()
        except ReleaseError:
            live = None
        return max([*self._numbers(), live.number if live else 0], default=0) + 1

    def go_live(self, number: int, by: str, reason: str) -> Live:
        """Rasa pulls the release's model within a second. Raises ReleaseError for one that can't be served."""
        release = self.get(number)
        if not is_whole(release.model):
            raise ReleaseError(f"the model of release {number} is damaged; choose another release")
        with self._alone():
            live = Live(number, utc_text(), by, reason, self._before(number))
            self._write(live)
            self._forget_oldest(keep={number, live.before})
        return live

    def put_back(self, was: Live, by: str, reason: str) -> None:
        """What was live is live again, as if nothing else had been meanwhile."""
        with self._alone():
            self._write(replace(was, since=utc_text(), by=by, reason=reason))

    def _before(self, number: int) -> int | None:
        """What one would go back to from this number."""
        try:
            old = self.live_state()
        except ReleaseError:  # this is how that is mended
            return None
        return old.before if old and old.number == number else old.number if old else None

    def _write(self, live: Live) -> None:
        replace_file(self.folder / "live", json.dumps(asdict(live), ensure_ascii=False))

    def _forget_oldest(self, keep: set[int | None]) -> None:
        for release in self.all()[KEPT:]:
            if release.number not in keep:
                # renamed first: killed in the middle, it isn't there, rather than damaged
                gone = release.folder.rename(self.folder / f"{_UNFINISHED}-{release.folder.name}")
                shutil.rmtree(gone, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder):
            for leftover in self.folder.glob(f"{_UNFINISHED}-*"):  # of one that was killed
                shutil.rmtree(leftover, ignore_errors=True)
            yield


def utc_text() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def copy_content(root: Path, target: Path) -> None:
    """What a model is trained from and an answer stands on, as it is in this moment: no writer is in `data/faq`."""
    target.mkdir(parents=True)
    unfinished = shutil.ignore_patterns(".*.tmp")  # of clinic.yml, which has a lock of its own
    with locked(root / "data" / "faq"):
        for name in CONTENT:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, target / name, ignore=unfinished)
            else:
                shutil.copy2(source, target / name)


def _put_on_disk(folder: Path) -> None:
    """All files and folders below: after a power cut, what has been renamed must not be empty."""
    for path in (folder, *folder.rglob("*")):
        sync(path)


def _link(source: Path, target: Path) -> None:
    """The same file under a second name where the disk allows that; a model is never changed in place."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
