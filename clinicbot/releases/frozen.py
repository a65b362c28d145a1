"""The frozen questions of `tests/nlu`, and what is right for each of them by its label alone.

The same meaning of "right" as bench/judge.py has for whole answers, as far as labels tell it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from clinicbot import paths
from clinicbot.clinic import load_clinic
from clinicbot.faq.files import read_intents
from clinicbot.faq.model import Faq
from clinicbot.nlu.meaning import NOT_UNDERSTOOD
from clinicbot.yaml_files import ContentError, read_yaml

FROZEN = paths.ROOT / "tests" / "nlu"
FACTS = paths.ROOT / "tests" / "facts.yml"
RED = "report_red"
_GENERAL = "general_side_effects"
_SMALL_TALK = "small_talk"
_OUTSIDE = ("out_of_scope", "not_in_document")
_REPORTS = "report_"


class Sort(str, Enum):
    QUESTION = "question"
    RED_FLAG = "red_flag"
    GENERAL = "general"  # about side effects, not reported
    OUTSIDE = "outside"  # no FAQ may answer it
    COMPLICATION = "complication"
    SMALL_TALK = "small_talk"


@dataclass(frozen=True)
class FrozenLine:
    """`label` is what it is: an intent or `topic/name`."""

    text: str
    language: str
    label: str
    sort: Sort


def read_frozen(folder: Path = FROZEN) -> list[FrozenLine]:
    """Raises ContentError where there are none: without them nothing is proved."""
    lines = [
        FrozenLine(text, _language(path), label, _sort(path.stem, label))
        for path in sorted(folder.glob("*.yml"))
        for label, texts in read_intents(path).items()
        for text in texts
    ]
    if not lines:
        raise ContentError(f"{folder}: the frozen questions are missing; restore them from the repository")
    return lines


def _language(path: Path) -> str:
    languages = load_clinic().languages
    codes = [part for part in path.stem.split("_") if part in languages]
    return codes[-1] if codes else languages[0]


def _sort(stem: str, label: str) -> Sort:
    if label == RED:
        return Sort.RED_FLAG
    if stem.startswith(_GENERAL):
        return Sort.GENERAL
    if "/" in label:
        return Sort.QUESTION
    if stem.startswith(_SMALL_TALK):
        return Sort.SMALL_TALK
    return Sort.COMPLICATION if label.startswith(_REPORTS) else Sort.OUTSIDE


class Judge:
    """Knows the answers of the content that is judged and the facts that each FAQ's answer must contain."""

    def __init__(self, faqs: Sequence[Faq], asides: Collection[str], facts: Path = FACTS) -> None:
        self._answers = {faq.id: {code: answer.text for code, answer in faq.answers.items()} for faq in faqs}
        self._asides = frozenset(asides)
        self._facts: Mapping[str, Mapping[str, Sequence[str]]] = read_yaml(facts)
        self._same: dict[tuple[str, str, str], bool] = {}

    def is_right(self, line: FrozenLine, labels: Sequence[str]) -> bool:
        """Whether the message was understood as `labels`, several for one that says several things, rightly."""
        if line.sort is Sort.QUESTION:
            return any(self._says(label, line.label, line.language) for label in labels)
        if line.sort is Sort.GENERAL:
            about = any(label.startswith("side_effects/") for label in labels)
            right = about or any(self._says(label, line.label, line.language) for label in labels)
            return right and RED not in labels
        if line.sort is Sort.RED_FLAG:
            return RED in labels
        if line.sort is Sort.SMALL_TALK:
            return line.label in labels
        if line.sort is Sort.COMPLICATION:
            return any(self._hands_over(label) for label in labels)
        if line.label in _OUTSIDE:
            return not any("/" in label or label == RED for label in labels)
        return all(self._hands_over(label) and label != RED for label in labels)

    def _hands_over(self, label: str) -> bool:
        """Whether what is said to it has the clinic's phone number."""
        return "/" not in label and (label == NOT_UNDERSTOOD or label not in self._asides)

    def _says(self, label: str, wanted: str, language: str) -> bool:
        """Whether it is that FAQ, or one whose answer has all of its facts (tests/facts.yml)."""
        if label == wanted:
            return True
        key = (label, wanted, language)
        if key not in self._same:
            answer = self._answers.get(label, {}).get(language, "")
            patterns = self._facts.get(wanted, {}).get(language)
            found = bool(patterns) and all(re.search(each, answer, re.IGNORECASE) for each in patterns or ())
            self._same[key] = found
        return self._same[key]
