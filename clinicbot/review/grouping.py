"""Puts messages together that ask the same, in whatever language.

They are compared by the cosine of their sentence vectors, without the treatment's name: nearly all have it, and it
would make "can i drive after botox" more like "can i swim after botox" than like "driving afterwards". A group is a
typical message and those that come near to *it*: so nothing hangs together only through a chain of others, and what a
group is can be told in a sentence. The message with the most neighbours begins, as in clustering by stars; which
message came first makes no difference.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from clinicbot.nlu.normalise import normalise
from clinicbot.review.masking import MASK
from clinicbot.review.queue import Reason, Waiting

# In 2,446 lines of tests/nlu about FAQs and other things, 897 come to lie in a group with another one, and 82 % of them
# share their group's commonest label; at 0.6 it is 1,248 and 77 %, at 0.7 it is 523 and 87 %, at 0.65 with the
# treatment's name 1,054 and 69 %.
ALIKE = 0.65
_ROWS = 512  # compared at once, so that 5,000 messages take 10 MB and not 100

_TREATMENT = re.compile(r"(?:\b(?:bot+[oóua]?(?:x|ks|cks)|ботокс)|\w*بوتوكس)\w*(?:'\w+)?")

Vectors = npt.NDArray[np.float32]


def compared(text: str) -> str:
    """What of a text its vector is made of."""
    plain = normalise(text.replace(MASK, " "))
    return " ".join(_TREATMENT.sub(" ", plain).split()) or plain


@dataclass(frozen=True)
class Group:
    """Messages that ask the same, the typical one first and then by likeness to it."""

    messages: tuple[Waiting, ...]

    @property
    def typical(self) -> Waiting:
        return self.messages[0]

    @property
    def count(self) -> int:
        return len(self.messages)

    @property
    def sessions(self) -> int:
        return len({message.session_id for message in self.messages})

    @property
    def newest(self) -> datetime:
        return max(message.at for message in self.messages)

    @property
    def languages(self) -> dict[str, int]:
        """Messages by language, most first."""
        return dict(Counter(message.language for message in self.messages).most_common())

    @property
    def reasons(self) -> dict[Reason, int]:
        counts = Counter(reason for message in self.messages for reason in message.reasons)
        return {reason: counts[reason] for reason in Reason if counts[reason]}

    @property
    def candidates(self) -> list[str]:
        """The FAQs that the messages come nearest to, best first."""
        votes: Counter[str] = Counter()
        for message in self.messages:
            for place, faq in enumerate(message.candidates):
                votes[faq] += 10 - min(place, 9)
        return sorted(votes, key=lambda faq: (-votes[faq], faq))


def group(waiting: Sequence[Waiting], vectors: Mapping[str, Vectors], alike: float = ALIKE) -> list[Group]:
    """Groups of the messages, the largest first. `vectors` has by text the unit vector of what is `compared` of it."""
    by_text: dict[str, list[Waiting]] = {}
    for message in sorted(waiting, key=lambda message: message.message_id):
        by_text.setdefault(message.text, []).append(message)
    texts = sorted(by_text)
    if not texts:
        return []
    matrix = np.stack([vectors[text] for text in texts])
    weights = np.array([len(by_text[text]) for text in texts], dtype=np.float32)
    groups = [
        Group(tuple(message for number in numbers for message in by_text[texts[number]]))
        for numbers in _stars(matrix, weights, alike)
    ]
    return sorted(groups, key=lambda found: (-found.count, -found.newest.timestamp(), found.typical.message_id))


def _stars(matrix: Vectors, weights: npt.NDArray[np.float32], alike: float) -> list[list[int]]:
    """Rows by group, the centre first and then by likeness to it. The order of the rows decides between equals only."""
    near = _neighbours(matrix, alike)
    free = np.ones(len(matrix), dtype=bool)
    # how much a row has around it that is in no group yet
    pull = np.array([cosines @ weights[rows] for rows, cosines in near])
    groups = []
    while free.any():
        centre = int(np.argmax(np.where(free, pull, -1.0)))
        rows, cosines = near[centre]
        rows, cosines = rows[free[rows]], cosines[free[rows]]
        free[rows] = False
        for row in rows:
            others, likeness = near[row]
            pull[others] -= likeness * weights[row]
        groups.append([int(row) for row in rows[np.argsort(-cosines, kind="stable")]])
    return groups


def _neighbours(matrix: Vectors, alike: float) -> list[tuple[npt.NDArray[np.intp], Vectors]]:
    """By row, the rows that come near to it with their cosines; itself is nearest."""
    near = []
    for begin in range(0, len(matrix), _ROWS):
        block = matrix[begin : begin + _ROWS] @ matrix.T
        block[np.arange(len(block)), np.arange(begin, begin + len(block))] = 1.001
        for cosines in block:
            rows = np.flatnonzero(cosines >= alike)
            near.append((rows, cosines[rows]))
    return near
