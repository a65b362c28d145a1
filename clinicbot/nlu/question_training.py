"""Trains a question model from phrasings, in seconds (docs/decisions/0003)."""

import math
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

from clinicbot.nlu.encoder import Encoder, Vectors
from clinicbot.nlu.features import (
    CharacterNgrams,
    Floats,
    also_without_subject,
    columns,
    encode,
    main_directions,
)
from clinicbot.nlu.question_model import Calibration, LinearModel, Phrasings, QuestionModel
from clinicbot.nlu.spelling import Spelling

REGULARISATION = 0.5
HELD_OUT_SHARE = 0.15
# A phrasing that was held out and would be answered rightly may be turned away at most so often.
FALSE_REJECTIONS = 0.02


@dataclass(frozen=True)
class TrainingSet:
    """Normalised texts with their projected vectors and classes; `originals` numbers the phrasing each came from."""

    labels: list[str]
    texts: list[str]
    directions: Vectors
    vectors: Vectors
    owners: npt.NDArray[np.int32]
    originals: npt.NDArray[np.int64]


def train(texts: Sequence[str], labels: Sequence[str], *, encoder: Encoder, subject: frozenset[str]) -> QuestionModel:
    """Raises ValueError with fewer than two classes."""
    data = _prepare(texts, labels, encoder, subject)
    count = len(texts)
    kept, held = _split(data.owners[:count])
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as beside:
        calibration = beside.submit(_rehearse, data, kept, held)
        final = _fit(data, np.ones(len(data.texts), dtype=bool))
        return QuestionModel(encoder, final, calibration.result(), Spelling.of(data.texts[:count]))


def _split(owners: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows to keep and to hold out of the rehearsal. A class with a single phrasing keeps it."""
    rows = np.arange(len(owners))
    several = rows[np.bincount(owners)[owners] > 1]
    if not len(several):
        return rows, several
    size = max(math.ceil(HELD_OUT_SHARE * len(several)), len(np.unique(owners[several])))
    _, held = train_test_split(several, test_size=size, random_state=0, stratify=owners[several])
    return np.setdiff1d(rows, held), held


def _rehearse(data: TrainingSet, kept: npt.NDArray[np.int64], held: npt.NDArray[np.int64]) -> Calibration:
    """The calibration that a model trained without the held-out phrasings gets from them."""
    return _calibrate(_fit(data, np.isin(data.originals, kept)), data, held)


def _prepare(texts: Sequence[str], labels: Sequence[str], encoder: Encoder, subject: frozenset[str]) -> TrainingSet:
    names = sorted(set(labels))
    if len(names) < 2:
        raise ValueError("training needs phrasings of at least two intents")
    everything, came_from = also_without_subject(texts, subject)
    numbers = {name: number for number, name in enumerate(names)}
    originals = np.array(came_from)
    owners = np.array([numbers[label] for label in labels], dtype=np.int32)[originals]
    vectors = encode(encoder, everything)
    directions = main_directions(vectors)
    return TrainingSet(names, everything, directions, vectors @ directions, owners, originals)


def _fit(data: TrainingSet, rows: npt.NDArray[np.bool_]) -> LinearModel:
    texts = [text for text, use in zip(data.texts, rows, strict=True) if use]
    vectors, owners = data.vectors[rows], data.owners[rows]
    ngrams = CharacterNgrams.fit(texts)
    svm = _solver().fit(columns(vectors, ngrams, texts), owners)
    weights, bias = svm.coef_, svm.intercept_
    if len(data.labels) == 2:  # scikit-learn keeps one row for two classes
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return LinearModel(
        labels=data.labels,
        directions=data.directions,
        ngrams=ngrams,
        weights=weights.astype(np.float32),
        bias=bias.astype(np.float32),
        phrasings=Phrasings.of(vectors, owners, len(data.labels)),
    )


def fit_class(matrix: sparse.csr_matrix, is_member: npt.NDArray[np.bool_]) -> tuple[Vectors, float]:
    """One class against the rest: the weights, shape (columns of the matrix,), and the bias, as `train` finds them."""
    svm = _solver().fit(matrix, is_member)
    return svm.coef_[0].astype(np.float32), float(svm.intercept_[0])


def _solver() -> LinearSVC:
    return LinearSVC(C=REGULARISATION, tol=0.1, random_state=0)


def _calibrate(rehearsal: LinearModel, data: TrainingSet, held: npt.NDArray[np.int64]) -> Calibration:
    """Learns from the phrasings that the rehearsal has not seen when its winner is right."""
    features = []
    right = []
    for row in held:
        margins = rehearsal.margins(data.texts[row], data.vectors[row])
        features.append(rehearsal.confidence_features(margins, data.vectors[row]))
        right.append(int(margins.argmax()) == data.owners[row])
    return _logistic(np.array(features), np.array(right))


def _logistic(features: Floats, right: npt.NDArray[np.bool_]) -> Calibration:
    if right.all() or not right.any():  # nothing to learn from: the margin decides
        return Calibration(np.array([1.0, 0.0, 0.0, 0.0, 0.0]), 0.5)
    fitted = LogisticRegression(C=10.0, max_iter=1000).fit(features, right)
    calibration = Calibration(np.concatenate([fitted.coef_[0], fitted.intercept_]), 0.0)
    threshold = float(np.quantile(calibration.confidence(features)[right], FALSE_REJECTIONS))
    return Calibration(calibration.weights, threshold)
