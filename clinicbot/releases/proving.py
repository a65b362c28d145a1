"""The proof: is a candidate worse than what is live, on which FAQ, and is it still safe?

Safety first (design 7): on any single red flag that the live release finds and the candidate doesn't, on general
questions that newly get the emergency text, and on a safety file that differs, it is refused, whoever asks. On an FAQ
that loses more of its lines than chance explains (allowances.py), a person decides.
"""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from clinicbot.nlu.encoder import Encoder
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.releases.collisions import find_collisions
from clinicbot.releases.comparing import Comparison, Outcome
from clinicbot.releases.deciding import Assistant, Pair
from clinicbot.releases.difference import content_files
from clinicbot.releases.frozen import FROZEN, RED, FrozenLine, Judge, Sort, read_frozen
from clinicbot.releases.proof import Fault, Group, LabelProof, LineChange, Proof, SafetyFinding, Source, Verdict
from clinicbot.releases.remembered import Memory, key_of

# A candidate that differs on more sentences than this is judged by the quick way alone; safety comes first.
READ_FULLY = 400
_SAFETY = "data/safety/"


def prove(
    candidate: QuestionModel,
    live: QuestionModel | None,
    held_back_model: QuestionModel | None,
    content: Path,
    *,
    encoder: Encoder,
    live_content: Path | None = None,
    held_back: Sequence[Pair] = (),
    memory: Path | None = None,
    frozen: Path = FROZEN,
    progress: Callable[[float, str], None] = lambda _share, _step: None,
) -> Proof:
    """`content` is the candidate's, laid out like a checkout; `held_back` phrasings that `held_back_model` has not
    seen; `memory` a folder for what needn't be found out again. `progress` is told shares from 0 to 1.

    Some two seconds where the encoder and the memory know most. Raises ContentError.
    """
    progress(0.0, "reading")
    lines, remembered = read_frozen(frozen), Memory(memory)
    now = Assistant.of(candidate, content, encoder)
    was = Assistant.of(live, live_content, encoder) if live is not None and live_content is not None else None
    judge = Judge(now.corpus.faqs, now.options["asides"])
    progress(0.2, "asking")
    after = _ask(now, lines, remembered)
    progress(0.6, "asking")
    before = _ask(was, lines, remembered) if was else None
    if was and before:
        _read_fully(was, now, before, after, lines)
    progress(0.9, "comparing")
    comparison = Comparison(judge, lines, before, after)
    held = _held_back(held_back_model, held_back, now)
    labels = comparison.labels(held, _were_emergencies(was, now) if was else ())
    red_flags, missed = comparison.red_flags(remembered.raises_alarm)
    general, outside = comparison.general(), comparison.outside()
    faults = tuple(_faults(red_flags, general, _changed_safety_files(live_content, content)))
    worse = any(label.is_worse for label in labels) or outside.is_worse
    proof = Proof(
        Verdict.REFUSED if faults else Verdict.WORSE_ON_FAQ if worse else Verdict.PASSED,
        tuple(labels),
        tuple(find_collisions(_taken(labels, outside, red_flags), now, was)),
        faults,
        red_flags,
        general,
        outside,
        missed,
    )
    progress(1.0, "compared")
    return proof


def prepare(live: QuestionModel, content: Path, *, encoder: Encoder, memory: Path, frozen: Path = FROZEN) -> None:
    """Find out beforehand what can be known of the live release and of the red flags, so that `prove` needn't.

    Half a minute the first time. Raises ContentError.
    """
    lines, remembered = read_frozen(frozen), Memory(memory)
    _ask(Assistant.of(live, content, encoder), lines, remembered)
    remembered.raises_alarm([line.text for line in lines if line.sort is Sort.RED_FLAG])


def _ask(assistant: Assistant, lines: Sequence[FrozenLine], memory: Memory) -> Outcome:
    pairs = assistant.faq_pairs

    def ask() -> dict[str, list[list[str]] | list[str]]:
        assistant.encoder.encode(assistant.faq_texts)  # what the helper encodes would be forgotten with it
        _inherited[:] = [assistant]
        try:
            with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as beside:
                wrong = beside.submit(_own_wrong)
                decided = assistant.decide(lines)
                return {"decided": decided, "wrong": [[*pair, taken] for pair, taken in wrong.result().items()]}
        finally:
            _inherited.clear()

    found = memory.of_model(key_of(assistant.model, lines, pairs, sorted(assistant.options.items(), key=str)), ask)
    wrong = {(text, label): taken for text, label, taken in found["wrong"]}
    return Outcome([(label,) for label in found["decided"]], frozenset(pairs), wrong)


# The one that the helper process asks: inherited by fork, since a model would take longer to hand over than to ask.
_inherited: list[Assistant] = []


def _own_wrong() -> dict[Pair, str]:
    return _inherited[0].own_wrong()


def _read_fully(was: Assistant, now: Assistant, before: Outcome, after: Outcome, lines: Sequence[FrozenLine]) -> None:
    """Where the two differ, each as a message would be, which may say several things."""
    differ = [row for row, found in enumerate(before.understood) if found != after.understood[row]]
    safety_first = sorted(differ, key=lambda row: (lines[row].sort not in (Sort.RED_FLAG, Sort.GENERAL), row))
    for row in safety_first[:READ_FULLY]:
        before.understood[row] = was.understand(lines[row])
        after.understood[row] = now.understand(lines[row])


def _held_back(model: QuestionModel | None, held_back: Sequence[Pair], now: Assistant) -> list[tuple[Pair, str]]:
    """The phrasings that this model has not seen, each with what it makes of them."""
    if model is None or not held_back:
        return []
    unseen = replace(now, model=model)
    lines = [FrozenLine(text, "", label, Sort.QUESTION) for text, label in held_back]
    return list(zip(held_back, unseen.decide(lines), strict=True))


def _were_emergencies(was: Assistant, now: Assistant) -> list[LineChange]:
    """The new phrasings that the live release gives the emergency text for, and the candidate doesn't any more.

    The frozen red flags tell only of those that are among them; of others, a person decides.
    """
    known = set(was.corpus.texts)
    fresh = [pair for pair in zip(now.corpus.texts, now.corpus.labels, strict=True) if pair[0] not in known]
    lines = [FrozenLine(text, "", label, Sort.QUESTION) for text, label in fresh if label != RED]
    if not lines:
        return []
    return [
        LineChange(line.text, "", line.label, (RED,), (after,), Source.OWN, was_right=True, is_right=False)
        for line, before, after in zip(lines, was.decide(lines), now.decide(lines), strict=True)
        if before == RED and after != RED
    ]


def _changed_safety_files(old: Path | None, new: Path) -> tuple[str, ...]:
    """The emergency text and the red-flag patterns are the live release's, byte for byte."""
    if old is None:
        return ()
    was, now = (
        {name: file for name, file in content_files(root).items() if name.startswith(_SAFETY)} for root in (old, new)
    )
    return tuple(
        name
        for name in sorted({*was, *now})
        if name not in was or name not in now or was[name].read_bytes() != now[name].read_bytes()
    )


def _faults(red_flags: Group, general: Group, files: tuple[str, ...]) -> Iterator[SafetyFinding]:
    if red_flags.is_worse:
        yield SafetyFinding(Fault.MISSED_RED_FLAG, tuple(line.text for line in red_flags.lines))
    if general.is_worse:
        yield SafetyFinding(Fault.NEEDLESS_EMERGENCY, tuple(line.text for line in general.lines))
    if files:
        yield SafetyFinding(Fault.SAFETY_FILE, files)


def _taken(labels: Iterable[LabelProof], *groups: Group) -> Iterator[LineChange]:
    """The lines of what is worse that are understood as something else now."""
    for label in labels:
        if label.is_worse:
            yield from (line for line in label.lines if not line.is_right and label.label not in line.after)
    for group in groups:
        if group.is_worse:
            yield from group.lines
