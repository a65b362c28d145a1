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
from typing import Any

from clinicbot import paths
from clinicbot.language import may_be_romanised_russian, plausible_languages
from clinicbot.safety.phrases import Found, Phrases
from clinicbot.token_patterns import PatternError, fold
from clinicbot.transliteration import latin_from_cyrillic, one_spelling
from clinicbot.yaml_files import ContentError, read_yaml

_SENTENCE_MARKS = re.compile(r"[.?!;]+")
_SENTENCE = re.compile(r"[.?!;,؟،؛\n]+")
_WORD = re.compile(r"\w+|…|[^\w\s]")
_CYRILLIC = re.compile(r"[а-яё]+")
_SENTENCE_END = frozenset(".?!;")
# A red flag may be split over quick messages ("i cant" / "swallow"), so a few are read together.
MESSAGES_READ_TOGETHER = 3
# A megabyte would take seconds; the gateway's limit is far below this.
MAX_CHARACTERS = 8_000
# A longer text is read in pieces that overlap by more than what belongs together.
WINDOWS_OVERLAP = 400
# How many words after "what if", "can it cause" a statement still belongs to them; a name belongs to any before it.
_ASKED_REACH = 6
_ANY_REACH = MAX_CHARACTERS

_SYMPTOM_SECTIONS = ("symptoms", "named", "together", "always")
_CONTEXT_SECTIONS = (
    *("harmless", "negated", "negated_name", "negated_after", "having", "now", "mine", "in_theory"),
    *("asked", "asked_name", "asked_after", "asked_about", "rumour", "rumour_question", "own_case"),
)


@dataclass(frozen=True)
class RedFlag:
    """What was found: the symptom class, the words that matched (folded), the language of the pattern, and whether
    it was typed in the letters of another one."""

    symptom: str
    words: str
    language: str
    romanised: bool = False


@dataclass(frozen=True, order=True)
class _Span:
    """A pattern of a section found at the words start..end-1; `name` is the symptom, or empty."""

    start: int
    end: int
    section: str
    name: str


class RedFlagDetector:
    """The patterns of one language; `romanised`, the same ones for Russian that is typed in Latin letters."""

    def __init__(self, path: Path, *, romanised: bool = False) -> None:
        raw = read_yaml(path)
        if romanised:
            raw = _romanised(raw)
        self.romanised = romanised
        self.language = path.stem.rpartition(".")[2]
        try:
            patterns = {section: raw[section] for section in _CONTEXT_SECTIONS}
            symptoms = {
                f"{section}/{symptom}": lines
                for section in _SYMPTOM_SECTIONS
                for symptom, lines in raw[section].items()
            }
            self.joints = _SENTENCE_END | frozenset(raw["joints"])
            self.subjects = frozenset(raw["subjects"])
            self.first_person = frozenset(raw["first_person"])
            self.longstanding = frozenset(raw["longstanding"])
            self.or_words = frozenset(raw["or"])
            self.and_or_words = self.or_words | frozenset(raw["and"])
            self._phrases = Phrases(
                patterns | symptoms,
                raw["lists"],
                stops=[*raw["joints"], *raw["stops"]],
                not_typos=raw["not_typos"],
                forgiving=symptoms,
                particles=raw.get("particles", ()),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ContentError(f"{path}: missing or malformed section: {error!r}") from error
        except PatternError as error:
            raise ContentError(f"{path}: {error}") from error

    def find(self, text: str, earlier: str = "") -> RedFlag | None:
        """The first red flag that a message reports, or None; with `earlier`, one that began in that text."""
        words = self._words(f"{earlier}\n{text}")
        since = len(self._words(earlier))
        message = _Message(self, words, [_span(found) for found in self._phrases.find(words)])
        for span in message.reported():
            if not earlier or message.completes(span, since):
                return RedFlag(span.name, " ".join(words[span.start : span.end]), self.language, self.romanised)
        return None

    def _words(self, text: str) -> list[str]:
        words = _words(text)
        return [word if word.isdigit() else one_spelling(word) for word in words] if self.romanised else words


class _Message:
    """Which of the symptoms named in a message are reported there."""

    def __init__(self, language: RedFlagDetector, words: Sequence[str], spans: Sequence[_Span]) -> None:
        self._language = language
        self._words = words
        self._symptoms = [span for span in spans if span.section in _SYMPTOM_SECTIONS]
        self._context: dict[str, list[_Span]] = {section: [] for section in _CONTEXT_SECTIONS}
        for span in spans:
            if self._symptoms and span.section in self._context:
                self._context[span.section].append(span)
        self._negated: set[_Span] = set()
        for span in self._symptoms:
            if self._is_negated(span):
                self._negated.add(span)

    def reported(self) -> Iterator[_Span]:
        """Symptoms that are reported, always first; of those that count only together, the last one."""
        parts: dict[str, set[str]] = {}
        for span in sorted(self._symptoms, key=lambda span: span.section != "always"):
            if self._overlaps(span, "harmless"):
                continue
            if span.section != "always" and (span in self._negated or self._is_asked(span)):
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
        return span.start < since < span.end or any(other.start >= since for other in self._context["mine"])

    def _is_negated(self, span: _Span) -> bool:
        """Right before or after it, or before a list that ends with it: no fainting, double vision or chest pain."""
        before = [*self._context["negated"]]
        if span.section != "symptoms":
            before += self._context["negated_name"]
        if any(self._governs(other, span, reach=0) for other in before):
            return True
        if any(other.start == span.end for other in self._context["negated_after"]):
            return True
        if span.section == "symptoms":
            return False
        listed = {other for other in self._negated if 0 <= span.start - other.end <= 2}
        return bool(listed) and bool(
            self._language.or_words.intersection(self._words[min(other.end for other in listed) : span.end + 6])
        )

    def _is_asked(self, span: _Span) -> bool:
        """Whether the symptom is asked about, not reported: in general, of others, or before a treatment."""
        first, last = self._around(span, self._language.joints)
        if self._within("now", first, last):
            return False
        if self._context["in_theory"]:
            return True
        if self._context["mine"]:
            return False
        stated = span.section == "symptoms" or any(other.end == span.start for other in self._context["having"])
        reach = _ASKED_REACH if stated else _ANY_REACH
        if any(self._governs(other, span, reach, in_list=True) for other in self._context["asked"]):
            return True
        if not stated and (
            any(self._governs(other, span, reach) for other in self._context["asked_name"])
            or any(0 <= other.start - span.end <= 2 for other in self._context["asked_after"])
            or self._within("asked_about", first, last)
        ):
            return True
        if self._context["rumour"] and self._context["rumour_question"]:
            return not self._language.first_person.intersection(self._words[max(0, span.start - 1) : span.end])
        longstanding = span.name in self._language.longstanding
        return longstanding and self._within("own_case", *self._around(span, _SENTENCE_END))

    def _governs(self, other: _Span, span: _Span, reach: int, in_list: bool = False) -> bool:
        """Whether `other` stands before the symptom, near enough and in the same statement."""
        if not (other.start < span.start and other.end <= span.end and span.start - other.end <= reach):
            return False
        between = self._words[other.end : span.start]
        if "," in between and not (in_list and self._is_listed(span)):
            return False
        return not any(word in self._language.joints or word in self._language.subjects for word in between)

    def _is_listed(self, span: _Span) -> bool:
        """Whether the symptom is one of several: does it cause headaches, double vision or fainting."""
        before = self._words[span.start - 1]
        after = self._words[span.end] if span.end < len(self._words) else ""
        words = self._language.and_or_words
        return before in words or (span.section != "symptoms" and (after == "," or after in words))

    def _overlaps(self, span: _Span, section: str) -> bool:
        return any(other.start < span.end and span.start < other.end for other in self._context[section])

    def _within(self, section: str, first: int, last: int) -> bool:
        return any(first <= other.start and other.end <= last for other in self._context[section])

    def _around(self, span: _Span, ends: frozenset[str]) -> tuple[int, int]:
        """The clause, or sentence, that a symptom stands in."""
        first, last = span.start, span.end
        while first > 0 and self._words[first - 1] not in ends:
            first -= 1
        while last < len(self._words) and self._words[last] not in ends:
            last += 1
        return first, last


def _words(text: str) -> list[str]:
    """Folded words and punctuation marks; an ellipsis is a breath taken, not the end of a sentence."""
    folded = re.sub(r"(?<=\w)-(?=\w)", " ", fold(text[:MAX_CHARACTERS]))
    return _WORD.findall(re.sub(r"\.{2,}", " … ", folded))


def _romanised(content: Any) -> Any:
    """The content of a patterns file with its Cyrillic words in Latin letters."""
    if isinstance(content, dict):
        return {key: _romanised(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_romanised(value) for value in content]
    return _CYRILLIC.sub(lambda word: latin_from_cyrillic(word[0]), content) if isinstance(content, str) else content


def _span(found: Found) -> _Span:
    section, _, name = found.label.partition("/")
    return _Span(found.start, found.end, section, name)


@lru_cache(maxsize=1)
def load_detectors() -> tuple[RedFlagDetector, ...]:
    """One detector a language file, and one for Russian in Latin letters."""
    files = sorted(paths.SAFETY.glob("red_flags.*.yml"))
    if not files:
        raise ContentError(f"{paths.SAFETY}: no red_flags.<language>.yml; restore them from the repository")
    romanised = [RedFlagDetector(path, romanised=True) for path in files if path.name == "red_flags.ru.yml"]
    return (*(RedFlagDetector(path) for path in files), *romanised)


def find_red_flag(text: str, earlier: Sequence[str] = ()) -> RedFlag | None:
    """A red flag in the message, or one begun in the patient's last messages and completed by it.

    Read by the detectors of every language that the text may be in, however unlikely: people mix languages when they
    are frightened, but "help" and "faites" are no typos of another language's symptoms. `earlier` holds that patient's
    previous messages, oldest first; those that raised the alarm already are the caller's to leave out.
    """
    if len(text) > MAX_CHARACTERS:
        starts = range(0, len(text), MAX_CHARACTERS - WINDOWS_OVERLAP)
        windows = (text[start : start + MAX_CHARACTERS] for start in starts)
        return next((flag for window in windows if (flag := find_red_flag(window, earlier))), None)
    # a question mark of "hello?" in between must not cut "i cant … swallow" in two
    before = " ".join(_SENTENCE_MARKS.sub(" ", text) for text in earlier[-(MESSAGES_READ_TOGETHER - 1) :])
    readers = _readers_of(text)
    for detector in readers:
        if flag := detector.find(text):
            return flag
    for detector in _readers_of(f"{before} {text}") | readers if before else ():
        if flag := detector.find(text, before):
            return flag
    return None


def _readers_of(text: str) -> dict[RedFlagDetector, None]:
    """The detectors of the languages that a text may be in, in their order (a dictionary as an ordered set)."""
    detectors = load_detectors()
    languages = tuple(detector.language for detector in detectors if not detector.romanised)
    # a question in one language may stand before a cry for help in another
    parts = [text, *(part for part in _SENTENCE.split(text) if part.strip())]
    spoken = frozenset().union(*(plausible_languages(part, languages) for part in parts))
    romanised = any(may_be_romanised_russian(part) for part in parts)
    return {
        detector: None for detector in detectors if (romanised if detector.romanised else detector.language in spoken)
    }
