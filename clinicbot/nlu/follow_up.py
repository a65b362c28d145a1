"""Messages that go on from an earlier one: "and for migraines?", "how long exactly?", "no i meant the swelling".

Such a message is read twice, alone and behind what it goes on from. How much it leans on that depends on how much it
says itself, never on what it is about.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

from clinicbot.nlu.connectives import Connectives, words_of
from clinicbot.nlu.question_model import Prediction
from clinicbot.nlu.splitting import Reader

# A message of its own is longer, or begins like a question and names something.
MOST_WORDS = 8
MOST_NAMED = 4
MOST_NAMED_BACK = 3
# A question that is this surely understood alone goes on from nothing.
CLEAR = 0.2


@dataclass(frozen=True)
class Topic:
    """What was talked about: its class, and a text that stands for it (an FAQ's title, or what was typed)."""

    label: str
    text: str
    earlier: "Topic | None" = None


@dataclass(frozen=True)
class Shape:
    """How a message is built. `rest` is without the words that only join it to the earlier one; `named` are the
    words of the rest that name something."""

    rest: str
    named: tuple[str, ...]
    joined: bool
    corrects: bool
    opens: bool
    points_back: bool

    @property
    def leans(self) -> bool:
        """Whether the message needs the earlier one to be understood."""
        if self.corrects:
            return True
        if len(self.named) > MOST_NAMED or len(self.rest.split()) > MOST_WORDS:
            return False
        if self.joined:
            return not (self.opens and len(self.named) > 2)
        if self.points_back:
            return len(self.named) <= MOST_NAMED_BACK
        return not self.named or (not self.opens and len(self.named) <= 2)


def shape_of(text: str, connectives: Connectives) -> Shape:
    words = words_of(text)
    skipped = connectives.corrections.length_at(words, 0)
    corrects = skipped > 0
    joined = False
    while size := connectives.follow_up.length_at(words, skipped):
        skipped += size
        joined = True
    rest = words[skipped:]
    named = tuple(word for word in rest if word not in connectives.pointing and word not in connectives.openers)
    opens = connectives.openers.length_at(rest, 0) > 0
    points_back = any(word in connectives.back for word in rest)
    return Shape(" ".join(rest), named, joined, corrects, opens, points_back)


@dataclass(frozen=True)
class Weights:
    """How much counts: the message `alone`, `behind` its topic, and the topic's own class once more (`same`).

    For a message that names nothing, for one that does, and for one that does and points back. Found on
    bench/conversations, apart from the test sets.
    """

    alone: float
    behind: float
    same: float


NAMES_NOTHING = Weights(alone=0.6, behind=0.9, same=0.4)
NAMES_SOMETHING = Weights(alone=1.2, behind=0.9, same=-0.2)
POINTS_BACK = Weights(alone=0.4, behind=1.0, same=0.3)


def read_behind(
    text: str, shape: Shape, alone: Prediction, topic: Topic, read: Reader, *, not_meant: Collection[str] = ()
) -> Prediction:
    """What a leaning message means after its topic; `not_meant` are classes that it can't mean there."""
    texts = [f"{topic.text} {shape.rest or text}"]
    if shape.rest and shape.rest != text:
        texts.append(shape.rest)
    behind, *without = read(texts)
    own = without[0] if without else alone
    if shape.opens and shape.named and "/" in own.best and own.margin >= CLEAR and not shape.corrects:
        return own  # "und wie lange hält das?": a question of its own, whatever joins it
    weights = NAMES_NOTHING
    if shape.named:
        weights = POINTS_BACK if shape.points_back else NAMES_SOMETHING
    of_alone, of_own = alone.margins, own.margins
    margins = {
        label: weights.behind * margin + weights.alone * max(of_own[label], of_alone[label])
        for label, margin in behind.margins.items()
    }
    if topic.label in margins:
        margins[topic.label] += weights.same
    margins.update(dict.fromkeys(not_meant, -math.inf))
    order = sorted(margins, key=lambda label: -margins[label])
    sure = [prediction.confidence for prediction in (own, alone, behind) if prediction.best == order[0]]
    shares = {label: share for label, _, share in behind.ranking}
    ranking = [(label, margins[label], shares[label]) for label in order]
    return Prediction(ranking, max(sure, default=min(own.confidence, behind.confidence)))
