"""Which model belongs to this checkout's content, whether it is whole, and training it.

A model's file name carries the fingerprint of everything it was trained from, so "current" needs no record that
could disagree with the files.
"""

import gzip
import hashlib
import logging
import os
import subprocess
import sys
import tarfile
import zlib
from datetime import datetime, timezone
from pathlib import Path

from clinicbot import paths

logger = logging.getLogger(__name__)

_TRAINED_FROM = ("domain.yml", "config.yml", "data", "clinicbot/nlu", "clinicbot/token_patterns.py", "requirements.txt")
_NOT_TRAINED_FROM = ("data/clinic.yml", "data/safety", "data/texts", "data/document")
KEPT_MODELS = 5


class TrainingError(Exception):
    """Training failed; the message names the log."""


def fingerprint(root: Path = paths.ROOT) -> str:
    """Twelve hex digits over all files that a model is made from."""
    digest = hashlib.sha256()
    for name in _TRAINED_FROM:
        start = root / name
        files = [start] if start.is_file() else sorted(path for path in start.rglob("*") if path.is_file())
        for path in files:
            relative = path.relative_to(root).as_posix()
            if path.suffix in (".yml", ".py", ".txt") and not relative.startswith(_NOT_TRAINED_FROM):
                digest.update(relative.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def current_model(root: Path = paths.ROOT) -> Path | None:
    """The newest whole model of this content, or None."""
    for path in sorted((root / "models").glob(f"*-{fingerprint(root)}.tar.gz"), reverse=True):
        if is_whole(path):
            return path
        logger.warning("%s is damaged and is left aside", path.name)
    return None


def is_whole(path: Path) -> bool:
    """Whether a model archive can be read to its end and its checksum agrees."""
    try:
        with gzip.open(path) as stream:  # tarfile alone stops before the checksum
            while stream.read(1 << 20):
                pass
        with tarfile.open(path) as archive:
            return bool(archive.getmembers())
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        return False


def train(root: Path = paths.ROOT) -> Path:
    """Train in a process of its own, into a temporary name that is renamed at the end. Raises TrainingError."""
    models, log = root / "models", root / "var" / "log" / "train.log"
    unfinished = models / "unfinished"
    for folder in (models, unfinished, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    name = f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{fingerprint(root)}.tar.gz"
    rasa = str(Path(sys.executable).with_name("rasa"))
    command = [rasa, "train", "--quiet", "--skip-validation", "--out", str(unfinished), "--fixed-model-name", name]
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    # Rasa's cache knows a component by its class alone: a change in a module below it would give the old model again
    quiet["RASA_MAX_CACHE_SIZE"] = "0"
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            command, cwd=root, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **quiet}, check=False
        )
    made = unfinished / name
    if done.returncode != 0 or not is_whole(made):
        raise TrainingError(f"training failed; see {log}")
    final = models / name
    made.rename(final)
    for old in sorted(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT_MODELS:]:
        old.unlink()
    return final


def ensure_model(root: Path = paths.ROOT) -> Path:
    """The current model, trained first if there is none. Raises TrainingError."""
    return current_model(root) or train(root)
