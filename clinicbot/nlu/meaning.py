"""What a message can mean, and what a conversation has come to: the words in which the understander speaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clinicbot.nlu.follow_up import Topic
from clinicbot.nlu.question_model import Prediction

NOT_UNDERSTOOD = "nlu_fallback"
DECLINED = "decline_suggestions"


@dataclass(frozen=True)
class Acts:
    """Which classes are small acts of dialogue. All are empty for a model without them.

    `asides` don't count beside a question; `repeat`, `accept`, `decline` refer to the last answer or offer; each of
    `once` is taken that way the first time, after that as the class it stands for; `clarify` has the FAQs to offer
    where a message is too short to choose among them.
    """

    asides: frozenset[str] = frozenset()
    repeat: str | None = None
    accept: str | None = None
    decline: str | None = None
    once: Mapping[str, str] = field(default_factory=dict)
    clarify: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Earlier:
    """A message of before in the same conversation. `urgent` ones were answered before anything was understood."""

    text: str
    language: str
    seconds_ago: float
    urgent: bool = False


@dataclass(frozen=True)
class Part:
    """One thing that a message says: the words, their class (or NOT_UNDERSTOOD), and what else they may be."""

    text: str
    label: str
    prediction: Prediction


@dataclass(frozen=True)
class Understanding:
    """The parts in the order of their answers, at least one; the FAQs to offer where it isn't clear."""

    parts: tuple[Part, ...]
    offered: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """What a conversation has come to. `labels` and `offered` are the last turn's."""

    topic: Topic | None = None
    labels: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    heard: frozenset[str] = frozenset()
