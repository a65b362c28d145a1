"""Which two FAQs collide, and over which sentences: what a person can move or delete."""

from collections.abc import Iterable, Iterator

import numpy as np

from clinicbot.nlu.normalise import normalise
from clinicbot.releases.deciding import Assistant
from clinicbot.releases.proof import Collision, LineChange, Sentence

SHOWN = 5
# What came with this change is likelier the cause than what has been there.
FRESH_COUNTS = 0.1


def find_collisions(lines: Iterable[LineChange], now: Assistant, was: Assistant | None) -> Iterator[Collision]:
    """Of lines that are taken by something else, most lines first. What isn't understood at all is taken by nothing."""
    taken: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        for winner in line.after:
            if winner != line.expected and winner in now.model.labels:
                taken.setdefault((line.expected, winner), []).append(line.text)
    for (loser, winner), texts in sorted(taken.items(), key=lambda item: (-len(item[1]), item[0])):
        yield Collision(loser, winner, tuple(texts), tuple(_nearest(texts, winner, now, was)))


def _nearest(texts: list[str], winner: str, now: Assistant, was: Assistant | None) -> list[Sentence]:
    """The winner's own phrasings that come nearest to one of the texts."""
    known = set(zip(was.corpus.texts, was.corpus.labels, strict=True)) if was else set()
    owned = [text for text, label in zip(now.corpus.texts, now.corpus.labels, strict=True) if label == winner]
    owned = [text for text in owned if text not in texts]
    if not owned:
        return []
    vectors = now.encoder.encode([normalise(text) for text in owned])
    likeness = (vectors @ now.encoder.encode([normalise(text) for text in texts]).T).max(axis=1)
    fresh = np.array([(text, winner) not in known for text in owned]) & (was is not None)
    order = np.argsort(-(likeness + FRESH_COUNTS * fresh), kind="stable")[:SHOWN]
    return [Sentence(owned[row], round(float(likeness[row]), 3), bool(fresh[row])) for row in order]
