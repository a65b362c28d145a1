"""Files that are the old or the new ones, whole, whenever the power goes; and one writer at a time."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path, *others: Path) -> Iterator[None]:
    """Waits until no other process or thread is in here for this folder. `others`: files elsewhere written with it.

    The folder itself is locked (flock), so no lock file is left over, and a writer that is killed gives the lock back.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for leftover in (*folder.glob(".*.tmp"), *map(_temporary, others)):  # of a writer that was killed
            leftover.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)


def replace_file(path: Path, text: str) -> None:
    """Raises OSError (disk full, no permission) and then leaves the old file."""
    temporary = _temporary(path)
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def remove_file(path: Path) -> None:
    path.unlink()
    sync(path.parent)


def _temporary(path: Path) -> Path:
    """In the same folder, or the rename could not be atomic; not `.yml`, or Rasa would read it."""
    return path.with_name(f".{path.name}.tmp")


def sync(path: Path) -> None:
    """A file or a folder is on disk when this is done; a rename or removal survives a power cut only once its folder
    is."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
