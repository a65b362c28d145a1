"""The first of two detectors of an emergency: patterns of words over what the patient typed.

A message is red when it names a red symptom (design 7) that isn't negated there, and reports it rather than asks
about it in general. In doubt it is red: a general question shown the emergency text costs a moment, a missed report
may cost a life. The patterns are data, `data/safety/red_flags.<language>.yml`, and what each section means is written
there; this module only says how they act on each other.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from clinicbot import paths
from clinicbot.token_patterns import Found, PatternError, Phrases, fold
from clinicbot.yaml_files import ContentError, read_yaml

_WORD = re.compile(r"\w+|…|[^\w\s]")
_CLAUSE_END = frozenset(".?!;")
_OR = frozenset({"or", "nor", "veya", "ya", "ne"})
# A red flag may be split over quick messages ("i cant" / "swallow"), so a few are read together.
MESSAGES_READ_TOGETHER = 3
# A megabyte would take seconds; the gateway's limit is far below this.
MAX_CHARACTERS = 8_000
# How many words after "what if", "can it cause" a statement still belongs to them; a name belongs to any before it.
_ASKED_REACH = 6

_SYMPTOM_SECTIONS = ("symptoms", "named", "together", "always")
_CONTEXT_SECTIONS = (
    *("harmless", "negated", "negated_name", "negated_after", "having", "now", "mine", "in_theory"),
    *("asked", "asked_name", "asked_after", "asked_about", "rumour", "rumour_question", "own_case"),
)


@dataclass(frozen=True)
class RedFlag:
    """What was found: the symptom class, the words that matched (folded), and the language of the pattern."""

    symptom: str
    words: str
    language: str


@dataclass(frozen=True, order=True)
class _Span:
    """A pattern of a section found at the words start..end-1; `name` is the symptom, or empty."""

    start: int
    end: int
    section: str
    name: str


class RedFlagDetector:
    """The patterns of one language."""

    def __init__(self, path: Path) -> None:
        raw = read_yaml(path)
        self.language = path.stem.rpartition(".")[2]
        try:
            patterns = {section: raw[section] for section in _CONTEXT_SECTIONS}
            for section in _SYMPTOM_SECTIONS:
                patterns |= {f"{section}/{symptom}": lines for symptom, lines in raw[section].items()}
            self.joints = _CLAUSE_END | frozenset(raw["joints"])
            self.subjects = frozenset(raw["subjects"])
            self.first_person = frozenset(raw["first_person"])
            self.longstanding = frozenset(raw["longstanding"])
            self._phrases = Phrases(
                patterns, raw["lists"], stops=[*raw["joints"], *raw["stops"]], not_typos=raw["not_typos"]
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ContentError(f"{path}: missing or malformed section: {error!r}") from error
        except PatternError as error:
            raise ContentError(f"{path}: {error}") from error

    def find(self, text: str, earlier: str = "") -> RedFlag | None:
        """The first red flag that a message reports, or None; with `earlier`, one that began in that text."""
        words = _words(f"{earlier}\n{text}")
        since = len(_words(earlier))
        message = _Message(self, words, [_span(found) for found in self._phrases.find(words)])
        for span in message.reported():
            if not earlier or message.completes(span, since):
                return RedFlag(span.name, " ".join(words[span.start : span.end]), self.language)
        return None


class _Message:
    """Which of the symptoms named in a message are reported there."""

    def __init__(self, detector: RedFlagDetector, words: Sequence[str], spans: Sequence[_Span]) -> None:
        self._of_language = detector
        self._words = words
        self._symptoms = [span for span in spans if span.section in _SYMPTOM_SECTIONS]
        self._context = [span for span in spans if span.section in _CONTEXT_SECTIONS] if self._symptoms else []
        self._sections = {span.section for span in self._context}

    def reported(self) -> Iterator[_Span]:
        """Symptoms that are reported, always first; of those that count only together, the last one."""
        parts: dict[str, set[str]] = {}
        for span in sorted(self._symptoms, key=lambda span: span.section != "always"):
            if self._overlaps(span, "harmless"):
                continue
            if span.section != "always" and (self._is_negated(span) or self._is_asked(span)):
                continue
            if span.section == "together":
                symptom, _, part = span.name.partition(".")
                parts.setdefault(symptom, set()).add(part)
                if len(parts[symptom]) < 2:
                    continue
            yield span

    def completes(self, span: _Span, since: int) -> bool:
        """Whether it took the words from `since` on for this symptom to be reported."""
        if span.section == "together":
            return span.end > since
        return span.start < since < span.end or any(other.start >= since for other in self._of("mine"))

    def _is_negated(self, span: _Span) -> bool:
        sections = ("negated",) if span.section == "symptoms" else ("negated", "negated_name")
        before = any(self._governs(other, span, 0) for other in self._of(*sections))
        after = any(other.start == span.end for other in self._of("negated_after"))
        return before or after or self._is_negated_in_list(span)

    def _is_negated_in_list(self, span: _Span) -> bool:
        """No trouble swallowing, double vision or chest pain: what is said of the first goes for the last."""
        if span.section == "symptoms":
            return False
        first, last = self._clause(span)
        for other in self._symptoms:
            between = self._words[other.end : span.start]
            after = _OR.intersection(self._words[other.end : last])
            if (
                first <= other.start < other.end <= span.start
                and len(between) <= 2
                and after
                and self._is_negated(other)
            ):
                return True
        return False

    def _is_asked(self, span: _Span) -> bool:
        """Whether the symptom is asked about, not reported: in general, of others, or before a treatment."""
        first, last = self._clause(span)
        now = self._within("now", first, last)
        if now or ("mine" in self._sections and "in_theory" not in self._sections):
            return False
        if "in_theory" in self._sections:
            return True
        stated = span.section == "symptoms" or any(other.end == span.start for other in self._of("having"))
        if any(self._governs(other, span, _ASKED_REACH if stated else 99) for other in self._of("asked")):
            return True
        if not stated and (
            any(self._governs(other, span, 99) for other in self._of("asked_name"))
            or any(0 <= other.start - span.end <= 2 for other in self._of("asked_after"))
            or self._within("asked_about", first, last)
        ):
            return True
        if {"rumour", "rumour_question"} <= self._sections:
            return not self._of_language.first_person.intersection(self._words[max(0, span.start - 1) : span.end])
        return "own_case" in self._sections and span.name in self._of_language.longstanding

    def _governs(self, other: _Span, span: _Span, reach: int) -> bool:
        """Whether `other` stands before the symptom, near enough and without a new subject or a comma between."""
        between = self._words[other.end : span.start]
        return (
            other.start < span.start
            and other.end <= span.end
            and len(between) <= reach
            and "," not in between
            and not any(word in self._of_language.joints or word in self._of_language.subjects for word in between)
        )

    def _overlaps(self, span: _Span, section: str) -> bool:
        return any(other.start < span.end and span.start < other.end for other in self._of(section))

    def _within(self, section: str, first: int, last: int) -> bool:
        return any(first <= other.start and other.end <= last for other in self._of(section))

    def _of(self, *sections: str) -> list[_Span]:
        return [span for span in self._context if span.section in sections]

    def _clause(self, span: _Span) -> tuple[int, int]:
        first, last = span.start, span.end
        while first > 0 and self._words[first - 1] not in self._of_language.joints:
            first -= 1
        while last < len(self._words) and self._words[last] not in self._of_language.joints:
            last += 1
        return first, last


def _words(text: str) -> list[str]:
    """Folded words and punctuation marks; an ellipsis is a breath taken, not the end of a sentence."""
    folded = re.sub(r"(?<=\w)-(?=\w)", " ", fold(text[:MAX_CHARACTERS]))
    return _WORD.findall(re.sub(r"\.{2,}", " … ", folded))


def _span(found: Found) -> _Span:
    section, _, name = found.label.partition("/")
    return _Span(found.start, found.end, section, name)


@lru_cache(maxsize=1)
def load_detectors() -> tuple[RedFlagDetector, ...]:
    """One detector a language file; every message is read by all, people mix languages when frightened."""
    detectors = tuple(RedFlagDetector(path) for path in sorted(paths.SAFETY.glob("red_flags.*.yml")))
    if not detectors:
        raise ContentError(f"{paths.SAFETY}: no red_flags.<language>.yml; restore them from the repository")
    return detectors


def find_red_flag(text: str, earlier: Sequence[str] = ()) -> RedFlag | None:
    """A red flag in the message, or one begun in the patient's last messages and completed by it.

    `earlier` holds that patient's previous messages, oldest first; those that raised the alarm already are the
    caller's to leave out.
    """
    before = " ".join(earlier[-(MESSAGES_READ_TOGETHER - 1) :])
    for detector in load_detectors():
        if flag := detector.find(text) or (detector.find(text, before) if before else None):
            return flag
    return None
