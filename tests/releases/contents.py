"""Contents and model archives that a release can be made of, without a model in them."""

import io
import tarfile
from pathlib import Path

from clinicbot.releases.store import About, Release, Releases
from tests.conftest import CLINIC
from tests.faq.checkouts import small_checkout

ABOUT = About("ayse", "a new answer", "2026-11-28T10:00:00+00:00", "0123456789ab", "digest")


def write_root(folder: Path) -> Path:
    """A small checkout with a config.yml."""
    clinic = folder.parent / "clinic.yml"
    folder.mkdir()
    clinic.write_text("\n".join(f"{key}: {value!r}" for key, value in CLINIC.items()), encoding="utf-8")
    small_checkout(folder, clinic)
    (folder / "config.yml").write_text("pipeline: []\n", encoding="utf-8")
    return folder


def write_archive(path: Path, text: str = "weights") -> Path:
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("components/model")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text.encode()))
    return path


def add(releases: Releases, root: Path, *, reason: str = ABOUT.reason, engine: str = ABOUT.engine) -> Release:
    """A release that isn't live."""
    archive = write_archive(root.parent / "made.tar.gz")
    release = releases.add(root, archive, About("ayse", reason, ABOUT.made_at, engine, "digest"))
    archive.unlink()
    return release


def edit(root: Path, old: str, new: str, path: str = "data/faq/duration.yml") -> None:
    file = root / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
