"""A new text beside the present document: which sentence is which, so that numbers are stable.

An unchanged sentence keeps its number and so does a changed one; a new one gets a number that no sentence ever had.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from clinicbot.documents.passages import sort_key

LIKE = 0.6  # likeness from which a sentence counts as changed; unlike ones of one document reach 0.57
LIKE_IN_PLACE = 0.45  # where it stands alone between the same neighbours as before

_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "\u202f": " "})

Floats = npt.NDArray[np.float32]
Vectors = Callable[[Sequence[str]], Floats]
"""Unit sentence vectors, shape (texts, dimensions)."""


class Kind(str, Enum):
    SAME = "same"
    CHANGED = "changed"
    NEW = "new"


@dataclass(frozen=True)
class Sentence:
    """One sentence of the new text. `old` is what stands under its number now, "" for a new one."""

    number: str
    text: str
    kind: Kind
    old: str = ""


@dataclass(frozen=True)
class Comparison:
    """The new text in its order, and by number the present sentences that it no longer has."""

    sentences: tuple[Sentence, ...]
    vanished: dict[str, str]

    @property
    def is_same(self) -> bool:
        return not self.vanished and all(sentence.kind is Kind.SAME for sentence in self.sentences)

    def texts(self) -> dict[str, str]:
        return {sentence.number: sentence.text for sentence in self.sentences}


def compare(
    present: dict[str, str],
    passages: Sequence[Sequence[str]],
    vectors: Vectors | None = None,
    *,
    retired: Collection[str] = (),
    apart: Collection[tuple[str, str]] = (),
) -> Comparison:
    """`present` maps numbers to sentences. `retired`: numbers of former documents; `apart`: pairs of a number and a
    new text that a person said are not the same sentence. Without `vectors` only the letters count.
    """
    texts = [text for passage in passages for text in passage]
    numbers = _unchanged(present, texts)
    old = [number for number in present if number not in numbers.values()]
    new = [position for position in range(len(texts)) if position not in numbers]
    if old and new:
        likeness = _likeness([present[number] for number in old], [texts[position] for position in new], vectors)
        _part(likeness, old, [texts[position] for position in new], apart)
        _match_likest(numbers, likeness, old, new, LIKE)
        _match_in_place(numbers, likeness, old, new, list(present))
    kept = dict(numbers)
    _number_new(numbers, passages, [*present, *retired])
    sentences = tuple(_sentence(numbers[i], text, present, i in kept) for i, text in enumerate(texts))
    return Comparison(sentences, {n: text for n, text in present.items() if n not in kept.values()})


def plain(text: str) -> str:
    """What makes two texts the same: not the kind of quotes, dashes and spaces that a word processor chose."""
    return " ".join(text.translate(_PLAIN).split())


def _sentence(number: str, text: str, present: dict[str, str], is_kept: bool) -> Sentence:
    if not is_kept:
        return Sentence(number, text, Kind.NEW)
    if plain(text) == plain(present[number]):
        return Sentence(number, present[number], Kind.SAME, present[number])
    return Sentence(number, text, Kind.CHANGED, present[number])


def _unchanged(present: dict[str, str], texts: list[str]) -> dict[int, str]:
    """By position in `texts`, the number; of equal sentences the first is the first."""
    free: dict[str, list[str]] = {}
    for number, text in present.items():
        free.setdefault(plain(text), []).append(number)
    numbers = {}
    for position, text in enumerate(texts):
        if same := free.get(plain(text)):
            numbers[position] = same.pop(0)
    return numbers


def _likeness(old: list[str], new: list[str], vectors: Vectors | None) -> Floats:
    """From 0 to 1, shape (old, new): half in letters, half in meaning."""
    letters: Floats = process.cdist(old, new, scorer=fuzz.ratio, dtype=np.float32) / 100
    if vectors is None:
        return letters
    meaning = vectors(old) @ vectors(new).T
    return np.asarray((letters + meaning) / 2, dtype=np.float32)


def _part(likeness: Floats, old: list[str], texts: list[str], apart: Collection[tuple[str, str]]) -> None:
    for row, number in enumerate(old):
        for column, text in enumerate(texts):
            if (number, text) in apart:
                likeness[row, column] = -1


def _match_likest(numbers: dict[int, str], likeness: Floats, old: list[str], new: list[int], least: float) -> None:
    """The likest pair first, each sentence once. Of pairs as like, the one that stands first."""
    rows, columns = np.nonzero(likeness >= least)
    order = np.lexsort((columns, rows, -likeness[rows, columns]))
    taken = set(numbers.values())
    for row, column in zip(rows[order], columns[order], strict=True):
        if new[column] not in numbers and old[row] not in taken:
            numbers[new[column]] = old[row]
            taken.add(old[row])


def _match_in_place(
    numbers: dict[int, str], likeness: Floats, old: list[str], new: list[int], order: list[str]
) -> None:
    """A sentence rewritten from scratch is known by its neighbours, if these are what they were."""
    place = {number: position for position, number in enumerate(order)}
    for column, position in enumerate(new):
        before = -1 if position == 0 else place.get(numbers.get(position - 1, ""))
        if position in numbers or before is None or before + 1 >= len(order):
            continue
        number = order[before + 1]
        behind = order[before + 2] if before + 2 < len(order) else None
        is_free = number in old and number not in numbers.values()
        if is_free and numbers.get(position + 1) == behind and likeness[old.index(number), column] >= LIKE_IN_PLACE:
            numbers[position] = number


def _number_new(numbers: dict[int, str], passages: Sequence[Sequence[str]], used: list[str]) -> None:
    """In the passage that most of its paragraph has, behind all numbers ever used there; else in a new passage."""
    highest: dict[int, int] = {}
    for passage, sentence in map(sort_key, used):
        highest[passage] = max(sentence, highest.get(passage, 0))
    begin = 0
    for paragraph in passages:
        positions = range(begin, begin + len(paragraph))
        begin += len(paragraph)
        known = Counter(sort_key(numbers[position])[0] for position in positions if position in numbers)
        own = known.most_common(1)[0][0] if known else max(highest, default=0) + 1
        for position in positions:
            if position not in numbers:
                highest[own] = highest.get(own, 0) + 1
                numbers[position] = f"p{own}.{highest[own]}"
