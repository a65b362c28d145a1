"""What two assistants made of the same lines, label by label: the counts of a proof and what is worse."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from clinicbot.releases.allowances import (
    FROZEN_LOST_BY_CHANCE,
    OWN_LOST_BY_CHANCE,
    allowed_loss,
    is_lost,
    is_not_learnt,
)
from clinicbot.releases.deciding import Pair
from clinicbot.releases.frozen import RED, FrozenLine, Judge, Sort
from clinicbot.releases.proof import Complaint, Group, LabelProof, LineChange, Score, Source


@dataclass(frozen=True)
class Outcome:
    """What one assistant made of all: `understood` has the labels of each line; `pairs` are its FAQs' own phrasings,
    `wrong` those of them that it takes for something else, with what for."""

    understood: list[tuple[str, ...]]
    pairs: frozenset[Pair]
    wrong: Mapping[Pair, str]

    @cached_property
    def faqs(self) -> Mapping[str, int]:
        """How many own phrasings each FAQ has."""
        return Counter(label for _, label in self.pairs)

    @cached_property
    def _wrong(self) -> Mapping[str, int]:
        return Counter(label for _, label in self.wrong)

    def own(self, label: str) -> Score | None:
        """Its own phrasings that are understood; None for what has none."""
        total = self.faqs.get(label)
        return Score(total - self._wrong.get(label, 0), total) if total else None


class Comparison:
    """`before` is None where nothing was live: then nothing is worse than before."""

    def __init__(self, judge: Judge, lines: Sequence[FrozenLine], before: Outcome | None, after: Outcome) -> None:
        self._judge = judge
        self._lines = lines
        self._before = before
        self._after = after
        self._kept = Counter(label for _, label in before.pairs & after.pairs) if before else Counter[str]()

    def labels(self, held: Sequence[tuple[Pair, str]], emergencies: Sequence[LineChange] = ()) -> list[LabelProof]:
        """FAQs, then what else a message may be; `held` has the phrasings held back with what they are taken for,
        `emergencies` the new phrasings that were taken for emergencies.

        An FAQ that was removed has nothing to prove.
        """
        gone = set(self._before.faqs) - set(self._after.faqs) if self._before else set()
        frozen: dict[str, list[LineChange]] = {}
        for row, line in enumerate(self._lines):
            if line.label not in gone and line.sort is not Sort.RED_FLAG:
                frozen.setdefault(line.label, []).append(self._frozen_line(row, self._judge.is_right))
        labels = {*self._after.faqs, *frozen, *(line.expected for line in emergencies)}
        names = sorted(labels, key=lambda label: ("/" not in label, label))
        own_lines: dict[str, list[LineChange]] = {}
        for change in self._own_lines():
            own_lines.setdefault(change.expected, []).append(change)
        return [
            self._label(
                label,
                own_lines.get(label, []),
                frozen.get(label, []),
                held,
                [line for line in emergencies if line.expected == label],
                len(names),
            )
            for label in names
        ]

    def _label(
        self,
        label: str,
        own: Sequence[LineChange],
        frozen: Sequence[LineChange],
        held: Sequence[tuple[Pair, str]],
        emergencies: Sequence[LineChange],
        count: int,
    ) -> LabelProof:
        unseen = [_held_line(pair, taken) for pair, taken in held if pair[1] == label]
        held_back = _score(unseen) if unseen else None
        own_now = self._after.own(label)
        complaints = []
        if _loses(own, self._kept[label], count, OWN_LOST_BY_CHANCE):
            complaints.append(Complaint.LOST_OWN)
        if self._before and _loses(frozen, len(frozen), count, FROZEN_LOST_BY_CHANCE):
            complaints.append(Complaint.LOST_FROZEN)
        if is_not_learnt(held_back) or is_not_learnt(own_now):
            complaints.append(Complaint.NOT_LEARNT)
        if emergencies:
            complaints.append(Complaint.WERE_EMERGENCIES)
        changed = [line for line in frozen if line.was_right != line.is_right] if self._before else []
        return LabelProof(
            label=label,
            own_before=self._before.own(label) if self._before else None,
            own=own_now,
            held_back=held_back,
            frozen_before=Score(sum(line.was_right for line in frozen), len(frozen))
            if frozen and self._before
            else None,
            frozen=_score(frozen) if frozen else None,
            complaints=tuple(complaints),
            lines=(*emergencies, *own, *(line for line in unseen if not line.is_right), *changed),
        )

    def _own_lines(self) -> Iterator[LineChange]:
        """Own phrasings that are understood otherwise than before; a new one that isn't understood."""
        was = self._before.wrong if self._before else {}
        there = self._before.pairs if self._before else frozenset()
        for pair in sorted({*self._after.wrong, *was} & self._after.pairs):
            text, label = pair
            was_right, is_right = pair in there and pair not in was, pair not in self._after.wrong
            if was_right != is_right or pair not in there:
                before = (was.get(pair, label),) if pair in there else ()
                after = (self._after.wrong.get(pair, label),)
                yield LineChange(text, "", label, before, after, Source.OWN, was_right, is_right)

    def red_flags(self, raises_alarm: Callable[[Sequence[str]], Mapping[str, bool]]) -> tuple[Group, tuple[str, ...]]:
        """By the patterns or by the classifier, either is enough; and the lines that neither finds, now as before.

        Worse with a single line lost.
        """
        rows = [row for row, line in enumerate(self._lines) if line.sort is Sort.RED_FLAG]
        sides = [side for side in (self._before, self._after) if side]
        silent = [row for row in rows if any(RED not in side.understood[row] for side in sides)]
        alarm = raises_alarm([self._lines[row].text for row in silent])

        def is_found(line: FrozenLine, labels: Sequence[str]) -> bool:
            return RED in labels or alarm[line.text]

        found = [self._frozen_line(row, is_found) for row in rows]
        lost = [line for line in found if self._before and line.was_right and not line.is_right]
        missed = tuple(line.text for line in found if not line.is_right and line not in lost)
        return self._group(found, bool(lost)), missed

    def general(self) -> Group:
        """Questions about side effects in general: without the emergency text."""
        return self._tested(Sort.GENERAL, lambda _, labels: RED not in labels)

    def outside(self) -> Group:
        """What no FAQ may answer, and none does."""
        return self._tested(Sort.OUTSIDE, lambda _, labels: not any("/" in label for label in labels))

    def _tested(self, sort: Sort, is_right: Callable[[FrozenLine, Sequence[str]], bool]) -> Group:
        rows = [row for row, line in enumerate(self._lines) if line.sort is sort]
        lines = [self._frozen_line(row, is_right) for row in rows]
        lost = sum(line.was_right and not line.is_right for line in lines)
        won = sum(line.is_right and not line.was_right for line in lines)
        return self._group(lines, self._before is not None and is_lost(lost, won))

    def _group(self, lines: Sequence[LineChange], is_worse: bool) -> Group:
        before = Score(sum(line.was_right for line in lines), len(lines)) if self._before else None
        lost = tuple(line for line in lines if self._before and line.was_right and not line.is_right)
        return Group(before, _score(lines), is_worse, lost)

    def _frozen_line(self, row: int, is_right: Callable[[FrozenLine, Sequence[str]], bool]) -> LineChange:
        line, after = self._lines[row], self._after.understood[row]
        before = self._before.understood[row] if self._before else ()
        was_right = bool(before) and is_right(line, before)
        return LineChange(
            line.text, line.language, line.label, before, after, Source.FROZEN, was_right, is_right(line, after)
        )


def _loses(lines: Sequence[LineChange], size: int, labels: int, by_chance: float) -> bool:
    """Whether more of `size` lines are lost, net, than chance explains."""
    lost = sum(line.was_right and not line.is_right for line in lines)
    won = sum(line.is_right and not line.was_right for line in lines)
    return lost - won > allowed_loss(size, labels, by_chance)


def _held_line(pair: Pair, taken: str) -> LineChange:
    text, label = pair
    return LineChange(text, "", label, (), (taken,), Source.HELD_BACK, False, taken == label)


def _score(lines: Sequence[LineChange]) -> Score:
    return Score(sum(line.is_right for line in lines), len(lines))
