"""How near a phrasing comes to other FAQs, and which real messages come near to an FAQ.

Cosines: of 1,500 phrasings of ours, 29 in 1,000 come nearer to another class than to their own and at least as near as
`TOO_NEAR`, most of them because two FAQs really ask nearly the same; at 0.85 it is 10 in 1,000, at 0.75 it is 65.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TOO_NEAR = 0.8
WORTH_SUGGESTING = 0.6  # three in four phrasings of an FAQ come that near to another one of it
SUGGESTED = 12
COMPARED = 60  # phrasings of an FAQ that messages are compared with: enough to tell, and soon encoded

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Rival:
    """Another FAQ (`topic/name`) or intent, and the cosine of its nearest phrasing."""

    label: str
    cosine: float


def rival(nearest: Sequence[tuple[str, float]], own: str | None) -> Rival | None:
    """The class that a text is too near to; None where its own class, if the model has it, is nearer.

    `nearest` has classes with the cosine of their phrasing that is nearest to the text, best first.
    """
    if not nearest:
        return None
    label, cosine = nearest[0]
    return Rival(label, cosine) if label != own and cosine >= TOO_NEAR else None


def sample(texts: Sequence[str], number: int = COMPARED) -> list[str]:
    """So many of the texts, evenly from all of them."""
    if len(texts) <= number:
        return list(texts)
    return [texts[position * len(texts) // number] for position in range(number)]


def most_alike(candidates: Vectors, own: Vectors, least: float = WORTH_SUGGESTING, most: int = SUGGESTED) -> list[int]:
    """Positions of the candidates that come nearest to any of `own`, best first; unit vectors, one a row."""
    if not len(candidates) or not len(own):
        return []
    cosines = (candidates @ own.T).max(axis=1)
    return [int(position) for position in np.argsort(-cosines)[:most] if cosines[position] >= least]
