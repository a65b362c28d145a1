"""Which model belongs to this checkout's content, whether it is whole, and training it.

A model's file name carries the fingerprint of everything it was trained from, so "current" needs no record that
could disagree with the files.
"""

import gzip
import hashlib
import logging
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from clinicbot import paths
from clinicbot.training.errors import TrainingError

logger = logging.getLogger(__name__)

_TRAINED_FROM = ("domain.yml", "config.yml", "data", "clinicbot/nlu", "clinicbot/token_patterns.py", "requirements.txt")
_NOT_TRAINED_FROM = ("data/clinic.yml", "data/safety", "data/texts", "data/document")
# red-flag files as well: a proof compares them with the live release, and they are changed by engineers only
_ENGINE = ("config.yml", "data/dialogue", "data/safety", "data/vocabulary.yml", *_TRAINED_FROM[3:])
# In the console, beside the FAQs and the document.
CHANGED_BY_STAFF = ("data/dialogue/out_of_scope.yml", "data/dialogue/not_in_document.yml")
KEPT_MODELS = 5


def fingerprint(root: Path = paths.ROOT) -> str:
    """Twelve hex digits over all files that a model is made from."""
    return _digest(root, _TRAINED_FROM, _NOT_TRAINED_FROM)[:12]


def engine(root: Path = paths.ROOT) -> str:
    """Twelve hex digits over what a model needs to be as it was: the code of understanding, and the dialogue's rules.

    Not what the staff change: FAQs, the document, what is out of scope, and the topics' names in domain.yml.
    """
    return _digest(root, _ENGINE, CHANGED_BY_STAFF)[:12]


def _digest(root: Path, names: Sequence[str], without: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in names:
        start = root / name
        files = [start] if start.is_file() else sorted(path for path in start.rglob("*") if path.is_file())
        for path in files:
            relative = path.relative_to(root).as_posix()
            if path.suffix in (".yml", ".py", ".txt", ".md") and not relative.startswith(without):
                digest.update(relative.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


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


def train(root: Path = paths.ROOT, *, log: Path | None = None) -> Path:
    """Train from all phrasings, into a temporary name that is renamed at the end. Raises TrainingError."""
    from clinicbot.nlu.encoder import default_encoder
    from clinicbot.training.candidate import train_all  # scikit-learn: only where something is trained
    from clinicbot.training.encodings import CachedEncoder
    from clinicbot.training.packaging import package_with_rasa

    models, log = root / "models", log or root / "var" / "log" / "train.log"
    unfinished = models / "unfinished"
    for folder in (models, unfinished, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    final = models / f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{fingerprint(root)}.tar.gz"
    encoder = CachedEncoder(default_encoder(), paths.VAR / "encodings.npz")
    with tempfile.TemporaryDirectory(dir=unfinished) as name:
        made = Path(name) / final.name
        train_all(root, encoder).save(Path(name))
        encoder.save()
        package_with_rasa(root, Path(name), made, log)
        if not is_whole(made):
            raise TrainingError(f"training failed; see {log}")
        made.rename(final)
    for old in sorted(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT_MODELS:]:
        old.unlink()
    return final


def ensure_model(root: Path = paths.ROOT) -> Path:
    """The current model, trained first if there is none. Raises TrainingError."""
    return current_model(root) or train(root)
