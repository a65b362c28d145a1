"""Sentence vectors kept on disk: encoding all phrasings takes two minutes, and hardly any of them change."""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clinicbot.faq.safe_files import locked
from clinicbot.nlu.encoder import Encoder, Vectors
from clinicbot.nlu.features import ENCODING_BATCH

# Half of the disk; a coordinate of a unit vector loses less than a thousandth of its size.
_KEPT_AS = np.float16


class CachedEncoder:
    """An encoder that remembers every text it has seen. `save` keeps them; nothing is lost without it but time."""

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self._encoder = encoder
        self._path = path
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._rows: dict[bytes, npt.NDArray[np.float16]] = {}
        self._used: set[bytes] = set()
        self._changed = False
        self._load()

    def encode(self, texts: Sequence[str]) -> Vectors:
        keys = [_key(text) for text in texts]
        self._used.update(keys)
        missing = list(dict.fromkeys(text for text, key in zip(texts, keys, strict=True) if key not in self._rows))
        for start in range(0, len(missing), ENCODING_BATCH):
            batch = missing[start : start + ENCODING_BATCH]
            for text, vector in zip(batch, self._encoder.encode(batch), strict=True):
                self._rows[_key(text)] = vector.astype(_KEPT_AS)
            self._changed = True
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([self._rows[key] for key in keys]).astype(np.float32)

    def warm_up(self) -> None:
        """Load the encoder's weights, which a text that is known would not need yet."""
        self._encoder.encode(["hello"])

    def save(self) -> None:
        """Write what was used since the start; texts that nobody asked for any more are dropped. Raises OSError."""
        if not self._changed:
            return
        keys = sorted(self._used)
        vectors = np.stack([self._rows[key] for key in keys])
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        with locked(self._path.parent):  # which also removes what a killed one left
            try:
                with temporary.open("wb") as file:
                    np.savez(file, encoder=self.name, keys=np.frombuffer(b"".join(keys), dtype="S16"), vectors=vectors)
                os.replace(temporary, self._path)
            finally:
                temporary.unlink(missing_ok=True)
        self._changed = False

    def _load(self) -> None:
        try:
            with np.load(self._path, allow_pickle=False) as kept:
                if str(kept["encoder"]) == self.name:
                    keys = [bytes(key).ljust(16, b"\0") for key in kept["keys"]]
                    self._rows = dict(zip(keys, kept["vectors"], strict=True))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):  # damaged
            self._rows = {}


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
