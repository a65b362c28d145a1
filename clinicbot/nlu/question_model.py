"""The plain model inside the classifier: which question is this, and how sure.

A linear model over sentence vectors and character n-grams gives each class a margin; a small logistic model turns
the winner's margin, its lead, and its nearness to that class's own phrasings into the probability that the winner is
right, learned from phrasings that were held out (docs/decisions/0003). Trains in seconds; saved without pickle.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

from clinicbot.nlu.encoder import Encoder, Vectors
from clinicbot.nlu.normalise import normalise, without_subject

Floats = npt.NDArray[np.float64]

NGRAMS = (2, 5)
NGRAM_WEIGHT = 1.5
REGULARISATION = 0.5
HELD_OUT_SHARE = 0.15
ENCODING_BATCH = 256
# A phrasing that was held out and would be answered rightly may be turned away at most so often.
FALSE_REJECTIONS = 0.01
NEAREST_PHRASINGS = 3


@dataclass(frozen=True)
class Prediction:
    """Classes from best to worst with their shares (sum 1), and how likely it is that the best one is right."""

    ranking: list[tuple[str, float]]
    confidence: float

    @property
    def best(self) -> str:
        return self.ranking[0][0]


class CharacterNgrams:
    """TF-IDF of the characters inside words: what still matches when a word is misspelt or inflected."""

    def __init__(self, vocabulary: dict[str, int], idf: Floats) -> None:
        self._vectorizer = _vectorizer(vocabulary=vocabulary)
        self._vectorizer.idf_ = idf

    @classmethod
    def fit(cls, texts: Sequence[str]) -> "CharacterNgrams":
        fitted = _vectorizer(min_df=2).fit(texts)
        return cls({gram: int(index) for gram, index in fitted.vocabulary_.items()}, fitted.idf_)

    @property
    def vocabulary(self) -> dict[str, int]:
        return dict(self._vectorizer.vocabulary_)

    @property
    def idf(self) -> Floats:
        return np.asarray(self._vectorizer.idf_)

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        return self._vectorizer.transform(texts) * NGRAM_WEIGHT


def _vectorizer(**options: Any) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=NGRAMS, sublinear_tf=True, **options)


class QuestionModel:
    """Trained by `train`, kept by `save` and `load`."""

    def __init__(
        self,
        *,
        encoder: Encoder,
        labels: list[str],
        ngrams: CharacterNgrams,
        weights: Vectors,
        bias: Vectors,
        phrasings: Vectors,
        owners: npt.NDArray[np.int32],
        calibration: Floats,
        threshold: float,
    ) -> None:
        self.encoder = encoder
        self.labels = labels
        self.threshold = threshold
        self._ngrams = ngrams
        self._weights = weights  # (classes, encoder dimensions + n-grams)
        self._bias = bias
        self._phrasings = phrasings  # (phrasings, encoder dimensions)
        self._owners = owners  # the class of each phrasing
        self._calibration = calibration  # weights of the confidence's features, the last one the bias

    @classmethod
    def train(
        cls, texts: Sequence[str], labels: Sequence[str], *, encoder: Encoder, subject: frozenset[str]
    ) -> "QuestionModel":
        """Raises ValueError with fewer than two classes, or a class with fewer than two phrasings."""
        names = sorted(set(labels))
        if len(names) < 2:
            raise ValueError("training needs phrasings of at least two intents")
        single = [name for name in names if list(labels).count(name) < 2]
        if single:
            raise ValueError(f"these intents have a single phrasing, write more: {', '.join(single)}")
        plain = [normalise(text) for text in texts]
        index = {name: number for number, name in enumerate(names)}
        owners = np.array([index[label] for label in labels], dtype=np.int32)
        # each phrasing also without the subject's word: people leave out what is obvious to them
        stripped = [without_subject(text, subject) for text in plain]
        doubled = [row for row, (text, short) in enumerate(zip(plain, stripped, strict=True)) if text != short]
        everything = plain + [stripped[row] for row in doubled]
        sources = np.array([*range(len(plain)), *doubled])
        vectors = _encode(encoder, everything)
        kept, held = train_test_split(
            np.arange(len(plain)),
            test_size=max(HELD_OUT_SHARE, len(names) / len(plain)),
            random_state=0,
            stratify=owners,
        )
        rehearsal = cls._fit(
            encoder, names, everything, vectors, owners[sources], np.isin(sources, kept), np.array([1.0, 0.0]), 0.0
        )
        features, right = rehearsal._held_out(plain, vectors, owners, held)
        calibration = _calibrate(features, right)
        confidences = _sigmoid(features @ calibration[:-1] + calibration[-1])
        threshold = float(np.quantile(confidences[right], FALSE_REJECTIONS)) if right.any() else 0.0
        rows = np.ones(len(sources), dtype=bool)
        return cls._fit(encoder, names, everything, vectors, owners[sources], rows, calibration, threshold)

    @classmethod
    def _fit(
        cls,
        encoder: Encoder,
        names: list[str],
        texts: list[str],
        vectors: Vectors,
        owners: npt.NDArray[np.int32],
        rows: npt.NDArray[np.bool_],
        calibration: Floats,
        threshold: float,
    ) -> "QuestionModel":
        chosen = [text for text, use in zip(texts, rows, strict=True) if use]
        ngrams = CharacterNgrams.fit(chosen)
        matrix = sparse.hstack([sparse.csr_matrix(vectors[rows]), ngrams.transform(chosen)]).tocsr()
        svm = LinearSVC(C=REGULARISATION, tol=0.01, random_state=0).fit(matrix, owners[rows])
        weights, bias = svm.coef_, svm.intercept_
        if len(names) == 2:  # scikit-learn keeps one row for two classes
            weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
        return cls(
            encoder=encoder,
            labels=names,
            ngrams=ngrams,
            weights=weights.astype(np.float32),
            bias=bias.astype(np.float32),
            phrasings=vectors[rows],
            owners=owners[rows],
            calibration=calibration,
            threshold=threshold,
        )

    def _held_out(
        self, texts: list[str], vectors: Vectors, owners: npt.NDArray[np.int32], rows: npt.NDArray[np.int64]
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Confidence features, shape (rows, 4), and whether the winner was right, for phrasings not trained on."""
        grams = self._ngrams.transform([texts[row] for row in rows])
        size = self.encoder.dimensions
        margins = vectors[rows] @ self._weights[:, :size].T + grams @ self._weights[:, size:].T + self._bias
        features = [
            self._confidence_features(row_margins, vectors[row])
            for row, row_margins in zip(rows, np.asarray(margins), strict=True)
        ]
        return np.array(features), margins.argmax(axis=1) == owners[rows]

    def predict(self, text: str) -> Prediction:
        """Classes from best to worst for one message."""
        plain = normalise(text)
        vector = self.encoder.encode([plain])[0]
        margins = self._margins(plain, vector)
        features = self._confidence_features(margins, vector)
        confidence = float(_sigmoid(features @ self._calibration[:-1] + self._calibration[-1]))
        shares = np.exp(4.0 * (margins - margins.max()))
        shares /= shares.sum()
        order = np.argsort(-margins)
        return Prediction([(self.labels[number], float(shares[number])) for number in order], confidence)

    def margin(self, text: str, label: str) -> float:
        """One class's margin: positive where the model would say yes to it alone."""
        plain = normalise(text)
        return float(self._margins(plain, self.encoder.encode([plain])[0])[self.labels.index(label)])

    def _margins(self, plain: str, vector: Vectors) -> Floats:
        grams = self._ngrams.transform([plain])
        size = self.encoder.dimensions
        dense = self._weights[:, :size] @ vector
        return np.asarray(dense + self._weights[:, size + grams.indices] @ grams.data + self._bias, dtype=np.float64)

    def _confidence_features(self, margins: Floats, vector: Vectors) -> Floats:
        """Winner's margin, its lead, and cosines to the winner's nearest phrasings and to all phrasings."""
        order = np.argsort(-margins)
        cosines = self._phrasings @ vector
        own = np.sort(cosines[self._owners == order[0]])[-NEAREST_PHRASINGS:]
        return np.array([margins[order[0]], margins[order[0]] - margins[order[1]], own.mean(), cosines.max()])

    def save(self, folder: Path) -> None:
        np.savez(
            folder / "model.npz",
            weights=self._weights,
            bias=self._bias,
            phrasings=self._phrasings.astype(np.float16),
            owners=self._owners,
            calibration=self._calibration,
            idf=self._ngrams.idf,
        )
        document = {
            "encoder": self.encoder.name,
            "labels": self.labels,
            "ngrams": self._ngrams.vocabulary,
            "threshold": self.threshold,
        }
        (folder / "model.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> "QuestionModel":
        """Raises ValueError if the model was trained with another encoder."""
        document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if document["encoder"] != encoder.name:
            raise ValueError(f"the model was trained with {document['encoder']}, not {encoder.name}; train it again")
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            return cls(
                encoder=encoder,
                labels=document["labels"],
                ngrams=CharacterNgrams(document["ngrams"], arrays["idf"]),
                weights=arrays["weights"],
                bias=arrays["bias"],
                phrasings=arrays["phrasings"].astype(np.float32),
                owners=arrays["owners"],
                calibration=arrays["calibration"],
                threshold=float(document["threshold"]),
            )


def _encode(encoder: Encoder, texts: list[str]) -> Vectors:
    batches = [encoder.encode(texts[start : start + ENCODING_BATCH]) for start in range(0, len(texts), ENCODING_BATCH)]
    return np.vstack(batches)


def _calibrate(features: Floats, right: npt.NDArray[np.bool_]) -> Floats:
    if right.all() or not right.any():  # nothing to learn from: trust the margin
        return np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    fitted = LogisticRegression(C=10.0, max_iter=1000).fit(features, right)
    return np.concatenate([fitted.coef_[0], fitted.intercept_])


def _sigmoid(value: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-value))
