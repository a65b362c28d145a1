"""The plain model inside the classifier: which question is this, and how sure (docs/decisions/0003).

A linear model over sentence vectors and character n-grams gives each class a margin; a small logistic model turns
the winner's margin, its lead, and its nearness to its own and its rivals' phrasings into the probability that the
winner is right. Saved without pickle. `question_training.py` makes it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from clinicbot.nlu.encoder import Encoder, Vectors
from clinicbot.nlu.features import CharacterNgrams, Floats
from clinicbot.nlu.normalise import normalise
from clinicbot.nlu.spelling import Spelling

NEAREST_PHRASINGS = 3
RIVALS = 5
# Makes shares of margins; only the order and rough distances of a ranking are shown anywhere.
SHARPNESS = 4.0


@dataclass(frozen=True)
class Prediction:
    """Classes from best to worst as (name, margin, share); shares sum to 1. How likely the best one is right."""

    ranking: list[tuple[str, float, float]]
    confidence: float

    @property
    def best(self) -> str:
        return self.ranking[0][0]

    @property
    def margin(self) -> float:
        return self.ranking[0][1]

    @property
    def margins(self) -> dict[str, float]:
        return {label: margin for label, margin, _ in self.ranking}

    def margin_of(self, label: str) -> float:
        """A class's margin, minus infinity for a class that the model doesn't have."""
        return next((margin for name, margin, _ in self.ranking if name == label), -np.inf)

    def with_best(self, label: str) -> "Prediction":
        """The same ranking with one class put first."""
        first = [entry for entry in self.ranking if entry[0] == label]
        return Prediction(first + [entry for entry in self.ranking if entry[0] != label], self.confidence)


@dataclass(frozen=True)
class Phrasings:
    """The training phrasings' vectors, shape (phrasings, directions), class after class; `starts` has one more for
    the end."""

    vectors: Vectors
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, vectors: Vectors, owners: npt.NDArray[np.int32], classes: int) -> "Phrasings":
        order = np.argsort(owners, kind="stable")
        return cls(vectors[order], np.searchsorted(owners[order], np.arange(classes + 1)))

    def cosines(self, number: int, vector: Vectors) -> Vectors:
        return self.vectors[self.starts[number] : self.starts[number + 1]] @ vector


@dataclass(frozen=True)
class LinearModel:
    """`weights` has shape (classes, directions + n-grams), `directions` (encoder dimensions, directions)."""

    labels: list[str]
    directions: Vectors
    ngrams: CharacterNgrams
    weights: Vectors
    bias: Vectors
    phrasings: Phrasings

    def margins(self, plain: str, vector: Vectors) -> Floats:
        """One margin a class for a normalised text and its projected vector."""
        grams = self.ngrams.transform([plain])
        size = self.directions.shape[1]
        from_grams = self.weights[:, size + grams.indices] @ grams.data
        return np.asarray(self.weights[:, :size] @ vector + from_grams + self.bias, dtype=np.float64)

    def confidence_features(self, margins: Floats, vector: Vectors) -> Floats:
        """Winner's margin, its lead, and cosines to its nearest phrasings and to the rivals' nearest one."""
        order = np.argsort(-margins)
        own = np.sort(self.phrasings.cosines(order[0], vector))[-NEAREST_PHRASINGS:]
        rivals = max(float(self.phrasings.cosines(number, vector).max()) for number in order[1 : RIVALS + 1])
        return np.array([margins[order[0]], margins[order[0]] - margins[order[1]], own.mean(), rivals])


@dataclass(frozen=True)
class Calibration:
    """Logistic weights of the confidence features, the last one the bias, and the threshold for an answer."""

    weights: Floats
    threshold: float

    def confidence(self, features: Floats) -> Any:
        return 1.0 / (1.0 + np.exp(-(features @ self.weights[:-1] + self.weights[-1])))


class QuestionModel:
    """Reads texts as they are and, where words are misspelt, corrected: the surer reading counts."""

    def __init__(
        self, encoder: Encoder, linear: LinearModel, calibration: Calibration, spelling: Spelling | None = None
    ) -> None:
        self._encoder = encoder
        self._linear = linear
        self._calibration = calibration
        self._spelling = spelling or Spelling({})

    @property
    def labels(self) -> list[str]:
        return self._linear.labels

    @property
    def threshold(self) -> float:
        return self._calibration.threshold

    @property
    def linear(self) -> LinearModel:
        return self._linear

    @property
    def calibration(self) -> Calibration:
        return self._calibration

    @property
    def spelling(self) -> Spelling:
        return self._spelling

    def with_linear(self, linear: LinearModel, spelling: Spelling) -> "QuestionModel":
        """Another linear part and its known words, calibrated as this one."""
        return QuestionModel(self._encoder, linear, self._calibration, spelling)

    def with_spelling(self, spelling: Spelling) -> "QuestionModel":
        """The same model with other known words."""
        return QuestionModel(self._encoder, self._linear, self._calibration, spelling)

    def predict(self, text: str) -> Prediction:
        return self.read([text])[0]

    def read(self, texts: Sequence[str]) -> list[Prediction]:
        """Predictions of several texts, cheaper than one after the other."""
        if not texts:
            return []
        plain = [normalise(text) for text in texts]
        corrected = [self._spelling.corrected(text) for text in plain]
        readings = plain + [text for text, as_typed in zip(corrected, plain, strict=True) if text != as_typed]
        vectors = self._encoder.encode(readings) @ self._linear.directions
        predictions = [self._predict(text, vector) for text, vector in zip(readings, vectors, strict=True)]
        others = iter(predictions[len(plain) :])
        return [
            as_typed if text == typed else max(as_typed, next(others), key=lambda prediction: prediction.confidence)
            for as_typed, typed, text in zip(predictions, plain, corrected, strict=False)
        ]

    def nearest(self, text: str) -> list[tuple[str, float]]:
        """Classes by the cosine of their phrasing that comes nearest to the text, best first."""
        vector = (self._encoder.encode([normalise(text)]) @ self._linear.directions)[0]
        phrasings = self._linear.phrasings
        found = [
            (label, float(phrasings.cosines(number, vector).max(initial=-1.0)))
            for number, label in enumerate(self.labels)
        ]
        return sorted(found, key=lambda entry: -entry[1])

    def _predict(self, plain: str, vector: Vectors) -> Prediction:
        margins = self._linear.margins(plain, vector)
        confidence = float(self._calibration.confidence(self._linear.confidence_features(margins, vector)))
        shares = np.exp(SHARPNESS * (margins - margins.max()))
        shares /= shares.sum()
        order = np.argsort(-margins)
        ranking = [(self.labels[number], float(margins[number]), float(shares[number])) for number in order]
        return Prediction(ranking, confidence)

    def save(self, folder: Path) -> None:
        linear = self._linear
        np.savez(
            folder / "model.npz",
            directions=linear.directions,
            idf=linear.ngrams.idf,
            weights=linear.weights,
            bias=linear.bias,
            phrasings=linear.phrasings.vectors.astype(np.float16),
            starts=linear.phrasings.starts,
            calibration=self._calibration.weights,
        )
        document = {
            "encoder": self._encoder.name,
            "labels": linear.labels,
            "ngrams": linear.ngrams.vocabulary,
            "threshold": self._calibration.threshold,
            "words": self._spelling.counts,
        }
        (folder / "model.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> "QuestionModel":
        """Raises ValueError if the model was trained with another encoder."""
        document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if document["encoder"] != encoder.name:
            raise ValueError(f"the model was trained with {document['encoder']}, not {encoder.name}; train it again")
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            linear = LinearModel(
                labels=document["labels"],
                directions=arrays["directions"],
                ngrams=CharacterNgrams(document["ngrams"], arrays["idf"]),
                weights=arrays["weights"],
                bias=arrays["bias"],
                phrasings=Phrasings(arrays["phrasings"].astype(np.float32), arrays["starts"]),
            )
            calibration = Calibration(arrays["calibration"], float(document["threshold"]))
        return cls(encoder, linear, calibration, Spelling(document["words"]))
