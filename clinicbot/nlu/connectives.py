"""How a language joins questions and refers to what was said before: `languages/<code>.yml`, nothing of any domain."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from clinicbot.yaml_files import ContentError, read_yaml

FOLDER = Path(__file__).with_name("languages")
_WORD = re.compile(r"\w+(?:['’]\w+)*|[&+]")


def words_of(text: str) -> list[str]:
    """Lower case, without punctuation."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


class WordSequences:
    """A set of words and short phrases to be found at a place of a list of words."""

    def __init__(self, phrases: list[str]) -> None:
        self.phrases = phrases
        self._known = {tuple(words_of(phrase)) for phrase in phrases} - {()}
        self._longest = max(map(len, self._known), default=0)

    def length_at(self, words: list[str], start: int) -> int:
        """How many words the longest phrase takes that begins there; 0 if none does."""
        for size in range(min(self._longest, len(words) - start), 0, -1):
            if tuple(words[start : start + size]) in self._known:
                return size
        return 0

    def in_first(self, words: list[str], count: int) -> bool:
        """Whether one of them begins within the first `count` words."""
        return any(self.length_at(words, start) for start in range(min(count, len(words))))

    def in_last(self, words: list[str], count: int) -> bool:
        """Whether one of them begins within the last `count` words."""
        return any(self.length_at(words, start) for start in range(max(0, len(words) - count), len(words)))

    def __contains__(self, word: str) -> bool:
        return (word,) in self._known


@dataclass(frozen=True)
class Connectives:
    """`joiners` stand between questions, `openers` begin one, `follow_up` and `corrections` begin a message that
    goes on from an earlier one, `pointing` words name nothing of their own; `prefixes` are joiners written at the
    front of a word; `back` words point to something particular."""

    joiners: WordSequences
    openers: WordSequences
    follow_up: WordSequences
    corrections: WordSequences
    pointing: WordSequences
    back: WordSequences
    prefixes: tuple[str, ...] = ()

    @classmethod
    def from_yaml(cls, raw: Any) -> "Connectives":
        return cls(
            joiners=WordSequences(list(raw["joiners"])),
            openers=WordSequences(list(raw["openers"])),
            follow_up=WordSequences(list(raw["follow_up"])),
            corrections=WordSequences(list(raw["corrections"])),
            pointing=WordSequences(list(raw["pointing"])),
            back=WordSequences(list(raw["back"])),
            prefixes=tuple(raw.get("joiner_prefixes") or ()),
        )


_NOTHING = WordSequences([])
_NONE = Connectives(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING)


@lru_cache(maxsize=32)
def load_connectives(language: str) -> Connectives:
    """Those of a language; none where it has no file. Raises ContentError for a malformed one."""
    path = FOLDER / f"{language}.yml"
    if not path.exists():
        return _NONE
    try:
        return Connectives.from_yaml(read_yaml(path))
    except (KeyError, TypeError, AttributeError) as error:
        raise ContentError(f"{path}: missing or malformed: {error!r}") from error
