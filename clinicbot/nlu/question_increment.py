"""A trained model with some classes' phrasings changed, in seconds (docs/decisions/0009).

One class against the rest is a problem of its own, and a phrasing that a class already keeps at a distance changes
nothing about it: in a support vector machine only what lies inside the margin counts. So the classes whose phrasings
changed are fitted anew, and those that the new phrasings come too near to; all others keep their weights exactly.
"""

import multiprocessing
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from clinicbot.nlu.encoder import Encoder, Vectors
from clinicbot.nlu.features import CharacterNgrams, also_without_subject, columns
from clinicbot.nlu.normalise import normalise
from clinicbot.nlu.question_model import LinearModel, Phrasings, QuestionModel
from clinicbot.nlu.question_training import fit_class
from clinicbot.nlu.spelling import Spelling

# With more changed classes than this, or so large a share of changed phrasings, everything is trained anew.
MOST_CHANGED = 8
LARGEST_CHANGED_SHARE = 0.05
# A class is fitted anew from this sum of squared slacks of the new phrasings on; the worst ones first, so many at most.
SLACK = 1.0
MOST_DISTURBED = 8
# As many of those are fitted a second time for the rehearsal, in which what is held back must not be known to rivals.
MOST_REHEARSED = 3
# Of what is new in a class every fifth phrasing is held back once, to see whether the others teach it.
HELD_BACK_EVERY = 5
PROCESSES = 2

Pair = tuple[str, str]
"""A phrasing and its label."""


@dataclass(frozen=True)
class Increment:
    """The new model and which classes were fitted for it; and a model that has not seen the phrasings held back."""

    model: QuestionModel
    fitted: tuple[str, ...]
    held_back: tuple[Pair, ...]
    rehearsal: QuestionModel


@dataclass(frozen=True)
class Rows:
    """What the solver sees: each phrasing, and a second time without the subject's words where that differs.

    `pairs` has the phrasing that each row came from; `matrix` has shape (rows, directions + n-grams).
    """

    pairs: tuple[Pair, ...]
    vectors: Vectors
    matrix: sparse.csr_matrix

    def chosen(self, keep: npt.NDArray[np.bool_]) -> "Rows":
        pairs = tuple(pair for pair, kept in zip(self.pairs, keep, strict=True) if kept)
        return Rows(pairs, self.vectors[keep], self.matrix[keep])

    def followed_by(self, others: "Rows") -> "Rows":
        """These rows may know fewer n-grams, the last ones; they contain none of those."""
        height, width = self.matrix.shape[0], others.matrix.shape[1]
        mine = sparse.csr_matrix((self.matrix.data, self.matrix.indices, self.matrix.indptr), shape=(height, width))
        return Rows(
            (*self.pairs, *others.pairs),
            np.vstack([self.vectors, others.vectors]),
            sparse.vstack([mine, others.matrix]).tocsr(),
        )

    def without(self, pairs: Collection[Pair]) -> "Rows":
        if not pairs:  # a copy of so large a matrix takes a while
            return self
        return self.chosen(np.array([pair not in pairs for pair in self.pairs], dtype=bool))


class Incrementer:
    """Knows a base model and the features of all its phrasings, so that a change costs only what changed."""

    def __init__(
        self, base: QuestionModel, pairs: Collection[Pair], *, encoder: Encoder, subject: frozenset[str]
    ) -> None:
        self._base = base
        self._encoder = encoder
        self._subject = subject
        self._pairs = frozenset(pairs)
        self._rows = self._features(sorted(self._pairs), base.linear.ngrams)

    @property
    def base(self) -> QuestionModel:
        return self._base

    def suits(self, pairs: Collection[Pair]) -> bool:
        """Whether the change is small enough to be made this way."""
        changed = self._pairs ^ frozenset(pairs)
        labels = {label for _, label in changed}
        return len(labels) <= MOST_CHANGED and len(changed) <= LARGEST_CHANGED_SHARE * len(self._pairs)

    def change(self, pairs: Collection[Pair], progress: Callable[[float], None] = lambda _: None) -> Increment:
        """The model of these phrasings; `progress` is told the share that is done."""
        wanted = frozenset(pairs)
        added = sorted(wanted - self._pairs)
        changed = {label for _, label in self._pairs ^ wanted}
        labels = sorted({label for _, label in wanted})
        ngrams = self._base.linear.ngrams.extended([normalise(text) for text, _ in added])
        fresh = self._features(added, ngrams)
        rows = self._rows.without(self._pairs - wanted).followed_by(fresh)
        start = self._start(labels, ngrams)
        held = frozenset(_held_back(added))
        disturbed = _disturbed(start, fresh, changed)
        rehearsed = sorted({label for _, label in held}.union(disturbed[:MOST_REHEARSED] if held else ()))
        anew = sorted((changed & set(labels)).union(disturbed))
        kept = rows.without(held)
        fitted = _fit_all([(rows, anew), (kept, rehearsed)], progress)
        spelling = self._base.spelling.changed(
            [normalise(text) for text, _ in added], [normalise(text) for text, _ in self._pairs - wanted]
        )
        return Increment(
            self._model(start, dict(zip(anew, fitted[0], strict=True)), rows, spelling),
            tuple(anew),
            tuple(sorted(held)),
            # nobody has seen what is held back, nor is any new word known
            self._model(start, dict(zip(rehearsed, fitted[1], strict=True)), kept, self._base.spelling),
        )

    def _features(self, pairs: Sequence[Pair], ngrams: CharacterNgrams) -> Rows:
        texts, came_from = also_without_subject([text for text, _ in pairs], self._subject)
        directions = self._base.linear.directions
        if not texts:
            width = directions.shape[1] + len(ngrams.vocabulary)
            return Rows((), np.zeros((0, directions.shape[1]), dtype=np.float32), sparse.csr_matrix((0, width)))
        vectors = self._encoder.encode(texts) @ directions
        return Rows(tuple(pairs[row] for row in came_from), vectors, columns(vectors, ngrams, texts))

    def _start(self, labels: Sequence[str], ngrams: CharacterNgrams) -> LinearModel:
        """The base model's weights for these classes: none for new n-grams, and a new class that never wins yet."""
        base = self._base.linear
        width = base.directions.shape[1] + len(ngrams.vocabulary)
        weights = np.zeros((len(labels), width), dtype=np.float32)
        bias = np.full(len(labels), -1.0, dtype=np.float32)
        known = {label: number for number, label in enumerate(base.labels)}
        for number, label in enumerate(labels):
            if label in known:
                weights[number, : base.weights.shape[1]] = base.weights[known[label]]
                bias[number] = base.bias[known[label]]
        return LinearModel(list(labels), base.directions, ngrams, weights, bias, base.phrasings)

    def _model(
        self, start: LinearModel, fitted: dict[str, tuple[Vectors, float]], rows: Rows, spelling: Spelling
    ) -> QuestionModel:
        weights, bias = start.weights.copy(), start.bias.copy()
        numbers = {label: number for number, label in enumerate(start.labels)}
        for label, (of_class, of_bias) in fitted.items():
            weights[numbers[label]], bias[numbers[label]] = of_class, of_bias
        owners = np.array([numbers[label] for _, label in rows.pairs], dtype=np.int32)
        phrasings = Phrasings.of(rows.vectors, owners, len(numbers))
        linear = LinearModel(start.labels, start.directions, start.ngrams, weights, bias, phrasings)
        return self._base.with_linear(linear, spelling)


def _disturbed(start: LinearModel, fresh: Rows, changed: Collection[str]) -> list[str]:
    """The unchanged classes that new phrasings of others come too near to, the worst one first."""
    if not fresh.pairs:
        return []
    margins = fresh.matrix @ start.weights.T + start.bias
    slacks = (np.maximum(0.0, 1.0 + margins) ** 2).sum(axis=0)
    near = [
        (slack, label)
        for slack, label in zip(slacks, start.labels, strict=True)
        if slack >= SLACK and label not in changed
    ]
    return [label for _, label in sorted(near, reverse=True)[:MOST_DISTURBED]]


def _held_back(added: Sequence[Pair]) -> list[Pair]:
    by_label: dict[str, list[Pair]] = {}
    for text, label in added:
        by_label.setdefault(label, []).append((text, label))
    return [pair for pairs in by_label.values() for pair in pairs[HELD_BACK_EVERY - 1 :: HELD_BACK_EVERY]]


# What the helper processes fit on: inherited by fork, since handing over so large a matrix takes longer than a fit.
_problems: list[Rows] = []


def _fit_all(
    problems: Sequence[tuple[Rows, Sequence[str]]], progress: Callable[[float], None]
) -> list[list[tuple[Vectors, float]]]:
    """Weights and bias of each class against the rest, for each set of rows."""
    _problems[:] = [rows for rows, _ in problems]
    try:
        with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("fork")) as pool:
            futures = [
                [pool.submit(_fit, number, label) for label in labels] for number, (_, labels) in enumerate(problems)
            ]
            everything = [future for group in futures for future in group]
            for done, future in enumerate(as_completed(everything), start=1):
                future.result()
                progress(done / len(everything))
            return [[future.result() for future in group] for group in futures]
    finally:
        _problems.clear()


def _fit(number: int, label: str) -> tuple[Vectors, float]:
    rows = _problems[number]
    return fit_class(rows.matrix, np.array([owner == label for _, owner in rows.pairs]))
