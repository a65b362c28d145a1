"""What the model sees of a text: the main directions of its sentence vector, and its character n-grams."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from clinicbot.nlu.encoder import Encoder, Vectors
from clinicbot.nlu.normalise import normalise, without_subject

Floats = npt.NDArray[np.float64]

NGRAMS = (2, 4)
NGRAM_WEIGHT = 1.5
# Half the training time of all 512 directions, the same answers.
DIRECTIONS = 192
ENCODING_BATCH = 64


class CharacterNgrams:
    """TF-IDF of the characters inside words: what still matches when a word is misspelt or inflected."""

    def __init__(self, vocabulary: dict[str, int], idf: Floats) -> None:
        self._vectorizer = _vectorizer(vocabulary=vocabulary)
        self._vectorizer.idf_ = idf

    @classmethod
    def fit(cls, texts: Sequence[str]) -> "CharacterNgrams":
        fitted = _vectorizer(min_df=2).fit(texts)
        return cls({gram: int(index) for gram, index in fitted.vocabulary_.items()}, fitted.idf_)

    def extended(self, texts: Sequence[str]) -> "CharacterNgrams":
        """With the n-grams that only these further texts have, in two of them at least, behind the known ones.

        What is known keeps its column and its weight, so that what was learned of it stays right.
        """
        known = self._vectorizer.vocabulary_
        if not texts:
            return self
        counted = CountVectorizer(analyzer="char_wb", ngram_range=NGRAMS, binary=True).fit(texts)
        found = counted.get_feature_names_out()
        counts = np.asarray(counted.transform(texts).sum(axis=0)).ravel()
        fresh = [(gram, count) for gram, count in zip(found, counts, strict=True) if count >= 2 and gram not in known]
        vocabulary = {**known, **{gram: len(known) + number for number, (gram, _) in enumerate(fresh)}}
        # as rare as the rarest known one: how many texts there were before isn't kept
        rarest = float(self._vectorizer.idf_.max(initial=1.0))
        return CharacterNgrams(vocabulary, np.concatenate([self._vectorizer.idf_, np.full(len(fresh), rarest)]))

    @property
    def vocabulary(self) -> dict[str, int]:
        return dict(self._vectorizer.vocabulary_)

    @property
    def idf(self) -> Floats:
        return np.asarray(self._vectorizer.idf_)

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Shape (texts, n-grams)."""
        return self._vectorizer.transform(texts) * NGRAM_WEIGHT


def _vectorizer(**options: Any) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=NGRAMS, sublinear_tf=True, **options)


def also_without_subject(texts: Sequence[str], subject: frozenset[str]) -> tuple[list[str], list[int]]:
    """Texts, normalised, and behind them those that differ without the subject's words, shortened: people leave out
    what is obvious to them. And the number of the text that each came from."""
    plain = [normalise(text) for text in texts]
    short = [without_subject(text, subject) for text in plain]
    doubled = [row for row, (text, other) in enumerate(zip(plain, short, strict=True)) if text != other]
    return plain + [short[row] for row in doubled], [*range(len(plain)), *doubled]


def columns(vectors: Vectors, ngrams: CharacterNgrams, texts: Sequence[str]) -> sparse.csr_matrix:
    """What the linear model sees of normalised texts, shape (texts, directions + n-grams)."""
    return sparse.hstack([sparse.csr_matrix(vectors), ngrams.transform(texts)]).tocsr()


def encode(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Sentence vectors, shape (texts, encoder dimensions), in batches."""
    starts = range(0, len(texts), ENCODING_BATCH)
    return np.vstack([encoder.encode(texts[start : start + ENCODING_BATCH]) for start in starts])


def main_directions(vectors: Vectors) -> Vectors:
    """The directions along which the vectors differ most, shape (encoder dimensions, at most DIRECTIONS)."""
    _, directions = np.linalg.eigh(vectors.T @ vectors)  # ascending
    return np.ascontiguousarray(directions[:, ::-1][:, :DIRECTIONS], dtype=np.float32)
