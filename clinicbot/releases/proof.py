"""What was found when a candidate was compared with the live release: the record that is kept in the release."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Verdict(str, Enum):
    PASSED = "passed"
    WORSE_ON_FAQ = "worse_on_faq"  # an approver may go on with a reason
    REFUSED = "refused"  # safety: nobody may


class Source(str, Enum):
    """Where a sentence is from: the FAQ's own phrasings, those that a second model has not seen, or `tests/nlu`."""

    OWN = "own"
    HELD_BACK = "held_back"
    FROZEN = "frozen"


class Fault(str, Enum):
    """Why a candidate is refused."""

    MISSED_RED_FLAG = "missed_red_flag"
    NEEDLESS_EMERGENCY = "needless_emergency"
    SAFETY_FILE = "safety_file"


class Complaint(str, Enum):
    """Why a label is worse."""

    LOST_OWN = "lost_own"
    LOST_FROZEN = "lost_frozen"
    NOT_LEARNT = "not_learnt"  # most of its held-back phrasings aren't understood
    WERE_EMERGENCIES = "were_emergencies"  # new phrasings that the live release takes for emergencies


@dataclass(frozen=True)
class Score:
    right: int
    lines: int

    @property
    def wrong(self) -> int:
        return self.lines - self.right


@dataclass(frozen=True)
class LineChange:
    """A sentence that is understood as something else than before. `before` is empty where nothing was live; both are
    labels: intents, FAQs, `nlu_fallback` for one that isn't understood."""

    text: str
    language: str
    expected: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    source: Source
    was_right: bool
    is_right: bool


@dataclass(frozen=True)
class LabelProof:
    """An FAQ (or what else a message may be) before and after. None where there was nothing to compare."""

    label: str
    own_before: Score | None
    own: Score | None
    held_back: Score | None
    frozen_before: Score | None
    frozen: Score | None
    complaints: tuple[Complaint, ...]
    lines: tuple[LineChange, ...]

    @property
    def is_faq(self) -> bool:
        return "/" in self.label

    @property
    def is_worse(self) -> bool:
        return bool(self.complaints)


@dataclass(frozen=True)
class Sentence:
    """A phrasing that draws others' sentences to its FAQ: `likeness` is the cosine to the nearest of them, `fresh`
    whether it came with this change."""

    text: str
    likeness: float
    fresh: bool


@dataclass(frozen=True)
class Collision:
    """Lines of `loser` that are now taken by `winner`, and the phrasings of `winner` to move or delete."""

    loser: str
    winner: str
    lines: tuple[str, ...]
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class SafetyFinding:
    """`items` are the sentences, or the paths of files."""

    fault: Fault
    items: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Lines that must have one thing in common: how many have, before and now, and whether too many were lost."""

    before: Score | None
    after: Score
    is_worse: bool
    lines: tuple[LineChange, ...]


@dataclass(frozen=True)
class Proof:
    """`red_flags`: lines that raise the alarm; `general`: questions about side effects without the emergency text;
    `outside`: what an FAQ must not answer, and doesn't. `missed` are red flags that nothing has ever found."""

    verdict: Verdict
    labels: tuple[LabelProof, ...]
    collisions: tuple[Collision, ...]
    faults: tuple[SafetyFinding, ...]
    red_flags: Group
    general: Group
    outside: Group
    missed: tuple[str, ...] = ()

    @property
    def worse(self) -> tuple[LabelProof, ...]:
        return tuple(label for label in self.labels if label.is_worse)

    def frozen(self) -> tuple[int | None, Score]:
        """How many frozen questions were right before, and now."""
        before = [label.frozen_before.right for label in self.labels if label.frozen_before]
        after = [label.frozen for label in self.labels if label.frozen]
        total = Score(sum(score.right for score in after), sum(score.lines for score in after))
        return sum(before) if before else None, total

    def summary(self) -> str:
        """A few lines in English, for a terminal or a log."""
        was, now = self.frozen()
        lines = [
            f"verdict: {self.verdict.value}",
            f"red flags found: {self.red_flags.after.right} of {self.red_flags.after.lines}",
            f"frozen questions right: {now.right} of {now.lines}" + (f" (before: {was})" if was is not None else ""),
            f"outside the FAQs and not answered by one: {self.outside.after.right} of {self.outside.after.lines}",
        ]
        lines += [f"refused, {finding.fault.value}: {'; '.join(finding.items)}" for finding in self.faults]
        lines += [f"worse: {label.label} ({', '.join(c.value for c in label.complaints)})" for label in self.worse]
        lines += [f"{each.winner} takes from {each.loser}: {'; '.join(each.lines)}" for each in self.collisions]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Proof":
        return cls(
            Verdict(raw["verdict"]),
            tuple(_label(each) for each in raw["labels"]),
            tuple(_collision(each) for each in raw["collisions"]),
            tuple(SafetyFinding(Fault(each["fault"]), tuple(each["items"])) for each in raw["faults"]),
            _group(raw["red_flags"]),
            _group(raw["general"]),
            _group(raw["outside"]),
            tuple(raw["missed"]),
        )


def _score(raw: Mapping[str, Any] | None) -> Score | None:
    return Score(**raw) if raw else None


def _line(raw: Mapping[str, Any]) -> LineChange:
    labels = {"before": tuple(raw["before"]), "after": tuple(raw["after"])}
    return LineChange(**{**raw, **labels, "source": Source(raw["source"])})


def _label(raw: Mapping[str, Any]) -> LabelProof:
    scores = {name: _score(raw[name]) for name in ("own_before", "own", "held_back", "frozen_before", "frozen")}
    complaints = tuple(Complaint(each) for each in raw["complaints"])
    return LabelProof(label=raw["label"], **scores, complaints=complaints, lines=tuple(map(_line, raw["lines"])))


def _collision(raw: Mapping[str, Any]) -> Collision:
    sentences = tuple(Sentence(**each) for each in raw["sentences"])
    return Collision(raw["loser"], raw["winner"], tuple(raw["lines"]), sentences)


def _group(raw: Mapping[str, Any]) -> Group:
    lines = tuple(_line(each) for each in raw["lines"])
    return Group(_score(raw["before"]), Score(**raw["after"]), raw["is_worse"], lines)
