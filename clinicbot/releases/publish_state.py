"""How far a publication is: what the page shows, and what is found again after a restart."""

from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any

from clinicbot.releases.difference import Difference
from clinicbot.releases.proof import Proof


class PublishError(Exception):
    """What was asked can't be done now; the message says why and what to do."""


class Phase(str, Enum):
    IDLE = "idle"
    TRAINING = "training"
    PROVING = "proving"
    WAITING = "waiting"  # for a decision: worse on a FAQ
    GOING_LIVE = "going_live"
    CONFIRMING = "confirming"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


AT_WORK = frozenset({Phase.TRAINING, Phase.PROVING, Phase.GOING_LIVE, Phase.CONFIRMING})


@dataclass(frozen=True)
class PublishState:
    """`progress` from 0 to 1; `step` the key of a text; `seconds` since it was started; `confirmed` what the live
    assistant was asked at the end, with whether it answered with the FAQ that was published; `base` the release that
    the candidate is compared with."""

    phase: Phase = Phase.IDLE
    progress: float = 0.0
    step: str = ""
    started_by: str = ""
    reason: str = ""
    approved_by: tuple[str, ...] = ()
    proof: Proof | None = None
    difference: Difference | None = None
    release: int | None = None
    error: str | None = None
    seconds: float = 0.0
    confirmed: tuple[tuple[str, bool], ...] = ()
    base: int | None = None

    def to_json(self) -> dict[str, Any]:
        document = asdict(replace(self, proof=None, difference=None))
        document["phase"] = self.phase.value
        document["proof"] = self.proof.to_json() if self.proof else None
        document["difference"] = self.difference.to_json() if self.difference else None
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "PublishState":
        proof, changes = document["proof"], document["difference"]
        return cls(
            **{
                **document,
                "phase": Phase(document["phase"]),
                "proof": Proof.from_json(proof) if proof else None,
                "difference": Difference.from_json(changes) if changes else None,
                "approved_by": tuple(document["approved_by"]),
                "confirmed": tuple((str(question), bool(right)) for question, right in document["confirmed"]),
            }
        )
