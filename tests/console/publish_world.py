"""What the tests of publishing share: a live release with drafts that differ, and a publishing that does as told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from clinicbot.console.services import Console
from clinicbot.releases.difference import difference, seen
from clinicbot.releases.proof import (
    Collision,
    Complaint,
    Fault,
    Group,
    LabelProof,
    LineChange,
    Proof,
    SafetyFinding,
    Score,
    Sentence,
    Source,
    Verdict,
)
from clinicbot.releases.publish_state import Phase, PublishError, PublishState
from tests.console.faq_world import go_live

PASSED = Proof(
    Verdict.PASSED,
    (LabelProof("duration/more", Score(25, 25), Score(25, 25), None, Score(9, 10), Score(9, 10), (), ()),),
    (),
    (),
    Group(Score(9, 10), Score(9, 10), False, ()),
    Group(Score(5, 5), Score(5, 5), False, ()),
    Group(Score(7, 7), Score(7, 7), False, ()),
    ("an emergency that nobody knows",),
)
_LOST = LineChange(
    "when again", "en", "duration/more", ("duration/more",), ("duration/how_long",), Source.FROZEN, True, False
)
WORSE = replace(
    PASSED,
    verdict=Verdict.WORSE_ON_FAQ,
    labels=(replace(PASSED.labels[0], frozen=Score(4, 10), complaints=(Complaint.LOST_FROZEN,), lines=(_LOST,)),),
    collisions=(
        Collision(
            "duration/more", "duration/how_long", ("when again",), (Sentence("when shall i come again", 0.9, True),)
        ),
    ),
)
REFUSED = replace(
    PASSED,
    verdict=Verdict.REFUSED,
    faults=(SafetyFinding(Fault.MISSED_RED_FLAG, ("i can't breathe since yesterday",)),),
)


@dataclass
class ToldPublishing:
    """In the place of the real one: what it was asked, and the states that it is told to be in."""

    states: list[PublishState] = field(default_factory=lambda: [PublishState()])
    asked: list[tuple[str, ...]] = field(default_factory=list)
    refusal: str = ""

    def state(self) -> PublishState:
        return self.states[0]

    def wake(self) -> None:
        """There is no trainer."""

    async def changes(self) -> AsyncIterator[PublishState]:
        for state in self.states:
            yield state

    async def start(self, person: str, reason: str, *, expected: str, approved_by: tuple[str, ...] = ()) -> None:
        self._ask("start", person, reason, expected, *approved_by)

    async def cancel(self, person: str) -> None:
        self._ask("cancel", person)

    async def go_on(self, person: str, reason: str) -> None:
        self._ask("go_on", person, reason)

    async def give_up(self, person: str) -> None:
        self._ask("give_up", person)

    async def roll_back(self, number: int, person: str, reason: str) -> None:
        self._ask("roll_back", str(number), person, reason)

    def _ask(self, *call: str) -> None:
        if self.refusal:
            raise PublishError(self.refusal)
        self.asked.append(call)


def use_publishing(console: Console, *states: PublishState) -> ToldPublishing:
    """A live release, and a publishing that is in the first of these states and goes on to the others."""
    if console.releases.live() is None:
        go_live(console)
    publishing = ToldPublishing(list(states) or [PublishState()])
    console.publishing = publishing
    return publishing


def working(progress: float, step: str = "training", phase: Phase = Phase.TRAINING) -> PublishState:
    return PublishState(phase, progress, step, "ayse", "a new answer", seconds=10 * progress)


def edit(root: Path, old: str, new: str, path: str = "data/faq/duration.yml") -> None:
    file = root / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def make_sensitive(console: Console) -> None:
    """The live release has aftercare in the place of duration, and a draft of it differs."""
    faqs = console.root / "data" / "faq"
    text = (faqs / "duration.yml").read_text(encoding="utf-8").replace("duration", "aftercare")
    (faqs / "duration.yml").unlink()
    (faqs / "aftercare.yml").write_text(text, encoding="utf-8")
    use_publishing(console)
    edit(console.root, "Additional doses may be given.", "More doses may be given.", "data/faq/aftercare.yml")


def digest_of(console: Console) -> str:
    """What somebody who opens the page now has looked at."""
    live = console.releases.live_state()
    assert live is not None
    return seen(difference(console.releases.get(live.number).content, console.root), live)
