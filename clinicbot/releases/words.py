"""Two versions of a text word by word: what stayed, went and came, with the numbers and negations marked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum

from clinicbot.faq.facts import fact_spans

_TOKEN = re.compile(r"\s+|\w+(?:[.,:'’-]\w+)*|[^\w\s]")


class Fate(str, Enum):
    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Segment:
    """Some words in a row with the same fate; `fact` where they are a number or a negation that went or came."""

    fate: Fate
    text: str
    fact: bool = False


@dataclass(frozen=True)
class _Token:
    text: str
    fact: bool


def words(old: str, new: str, language: str) -> list[Segment]:
    """The segments in reading order: joined without the added ones they are `old`, without the removed ones `new`."""
    before, after = _tokens(old, language), _tokens(new, language)
    matcher = SequenceMatcher(None, [t.text for t in before], [t.text for t in after], autojunk=False)
    segments: list[Segment] = []
    for tag, begin, end, from_, to in matcher.get_opcodes():
        if tag == "equal":
            segments += _joined(Fate.KEPT, before[begin:end])
        else:
            segments += [*_joined(Fate.REMOVED, before[begin:end]), *_joined(Fate.ADDED, after[from_:to])]
    return segments


def alters_facts(segments: list[Segment]) -> bool:
    """Whether a number or a negation went or came."""
    return any(segment.fact for segment in segments)


def _joined(fate: Fate, tokens: list[_Token]) -> Iterator[Segment]:
    text, fact = "", False
    for token in tokens:
        marked = token.fact and fate is not Fate.KEPT
        if text and marked != fact:
            yield Segment(fate, text, fact)
            text = ""
        text, fact = text + token.text, marked
    if text:
        yield Segment(fate, text, fact)


def _tokens(text: str, language: str) -> list[_Token]:
    spans = fact_spans(text, language)
    return [
        _Token(match[0], any(begin < match.end() and match.start() < end for begin, end in spans))
        for match in _TOKEN.finditer(text)
    ]
