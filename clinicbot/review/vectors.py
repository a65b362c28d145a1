"""Sentence vectors of the queue's messages, kept while they wait: a page is opened more often than patients write."""

import hashlib
from collections.abc import Callable, Sequence
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine

from clinicbot.review.grouping import Vectors, compared

AT_ONCE = 600  # new texts a request: 2 to 3 seconds
_CHUNK = 50  # between two of these others may read with the model too

Encode = Callable[[Sequence[str]], Vectors]


class KnownVectors:
    """By digest of the text, so that no words are kept; what isn't asked for any more is forgotten."""

    def __init__(self) -> None:
        self._vectors: dict[bytes, Vectors] = {}
        self._lock = Lock()

    def of(self, texts: Sequence[str], encode: Encode) -> dict[str, Vectors]:
        """By text, its unit vector. Of new texts only the first AT_ONCE get one: the others wait for the next call."""
        keys = {text: hashlib.sha256(text.encode()).digest() for text in texts}
        with self._lock:
            new = [text for text, key in keys.items() if key not in self._vectors][:AT_ONCE]
            for begin in range(0, len(new), _CHUNK):
                chunk = new[begin : begin + _CHUNK]
                for text, vector in zip(chunk, encode([compared(text) for text in chunk]), strict=True):
                    self._vectors[keys[text]] = vector
            return {text: self._vectors[key] for text, key in keys.items() if key in self._vectors}

    def forget_others(self, texts: Sequence[str]) -> None:
        kept = {hashlib.sha256(text.encode()).digest() for text in texts}
        with self._lock:
            self._vectors = {key: vector for key, vector in self._vectors.items() if key in kept}


_known: "WeakKeyDictionary[Engine, KnownVectors]" = WeakKeyDictionary()


def known_vectors(engine: Engine) -> KnownVectors:
    """Those of a database's messages."""
    return _known.setdefault(engine, KnownVectors())
