"""What can be made to go wrong: the next so many times, or at a rate by a seeded generator."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any


class Fault(str, Enum):
    THROTTLED = "throttled"
    PAIR_LIMIT = "pair_limit"
    SERVER_ERROR = "server_error"
    WRONG_JSON = "wrong_json"
    UNAUTHORIZED = "unauthorized"
    SLOW = "slow"
    FAILED_WINDOW = "failed_window"
    FAILED_UNDELIVERABLE = "failed_undeliverable"
    TWICE = "webhook_twice"
    OUT_OF_ORDER = "webhook_out_of_order"
    LATE = "webhook_late"


MEANINGS = {
    Fault.THROTTLED: "429: too many messages in all (130429)",
    Fault.PAIR_LIMIT: "400: too many messages to one person (131056)",
    Fault.SERVER_ERROR: "500: an error at Meta's side",
    Fault.WRONG_JSON: "200 with something else than JSON; the message is not accepted",
    Fault.UNAUTHORIZED: "401: the access token is refused (190)",
    Fault.SLOW: "accepted, but answered late",
    Fault.FAILED_WINDOW: "accepted, then failed: over 24 hours (131047)",
    Fault.FAILED_UNDELIVERABLE: "accepted, then failed: undeliverable (131026)",
    Fault.TWICE: "webhook comes twice",
    Fault.OUT_OF_ORDER: "webhook comes after the next one",
    Fault.LATE: "webhook comes late",
}
# How a request to the Graph API is answered; what becomes of an accepted message; how a webhook travels.
ANSWERS = (
    Fault.THROTTLED,
    Fault.PAIR_LIMIT,
    Fault.SERVER_ERROR,
    Fault.WRONG_JSON,
    Fault.UNAUTHORIZED,
    Fault.SLOW,
)
OUTCOMES = (Fault.FAILED_WINDOW, Fault.FAILED_UNDELIVERABLE)
WEBHOOKS = (Fault.TWICE, Fault.OUT_OF_ORDER, Fault.LATE)
GROUPS = (ANSWERS, OUTCOMES, WEBHOOKS)


class UnusablePlan(ValueError):
    """A plan of faults that can't be followed; the message says what is wrong with it."""


@dataclass(frozen=True)
class Plan:
    """`next` counts, `rate` is from 0 to 1, per fault. `pair_limit` is how many messages a person may get within six
    seconds before 131056 (0: any number), as Meta has it; off unless asked for. `seed` begins the generator anew.
    """

    next: Mapping[Fault, int] = field(default_factory=dict)
    rate: Mapping[Fault, float] = field(default_factory=dict)
    slow_seconds: float = 15.0
    late_seconds: float = 10.0
    pair_limit: int = 0
    seed: int | None = None

    def __post_init__(self) -> None:
        counts = [*self.next.values(), self.pair_limit]
        if any(isinstance(count, bool) or not isinstance(count, int) or count < 0 for count in counts):
            raise UnusablePlan("next and pair_limit: whole numbers from 0")
        if self.seed is not None and not isinstance(self.seed, int):
            raise UnusablePlan("seed: a whole number")
        if any(not _is_number(seconds) or seconds < 0 for seconds in (self.slow_seconds, self.late_seconds)):
            raise UnusablePlan("slow_seconds and late_seconds: seconds from 0")
        if any(not _is_number(rate) or not 0 <= rate <= 1 for rate in self.rate.values()):
            raise UnusablePlan("rate: numbers from 0 to 1")
        for group in GROUPS:
            if sum(self.rate.get(fault, 0) for fault in group) > 1:
                raise UnusablePlan(f"rate: more than 1 in all for {', '.join(fault.value for fault in group)}")

    @classmethod
    def from_json(cls, document: Any) -> "Plan":
        """What isn't named is off. Raises UnusablePlan."""
        try:
            values = dict(document)
            for key in ("next", "rate"):
                values[key] = {Fault(name): value for name, value in dict(values.get(key, {})).items()}
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise UnusablePlan(str(error)) from error

    def to_json(self) -> dict[str, Any]:
        document = asdict(self)
        for key in ("next", "rate"):
            document[key] = {fault.value: value for fault, value in document[key].items()}
        return document


class Faults:
    """Follows a plan. The same plan with the same seed draws the same faults in the same order."""

    def __init__(self, plan: Plan | None = None) -> None:
        self._random = random.Random(0)
        self.follow(plan or Plan())

    def follow(self, plan: Plan) -> None:
        self.plan = plan
        self._left = dict(plan.next)
        if plan.seed is not None:
            self._random.seed(plan.seed)

    def draw(self, group: Sequence[Fault], *, counted: bool = True) -> Fault | None:
        """What goes wrong now, if anything. Not `counted`: by its rate only."""
        if counted:
            for fault in group:
                if self._left.get(fault):
                    self._left[fault] -= 1
                    return fault
        roll = self._random.random()
        for fault in group:
            roll -= self.plan.rate.get(fault, 0.0)
            if roll < 0:
                return fault
        return None

    def to_json(self) -> dict[str, Any]:
        """The plan with what is left of its counts."""
        return self.plan.to_json() | {"next": {fault.value: count for fault, count in self._left.items() if count}}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
