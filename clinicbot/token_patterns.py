"""A compact notation for token patterns, used by the safety gate (`Phrases`) and the entity extractor (`Matcher`).

One pattern is one line of tokens separated by spaces:

* ``word`` matches that word; ``one|two`` either of them
* ``word*`` matches words that begin so (Turkish suffixes, ``breath*``)
* ``~word`` matches with typos: one edit from four letters on, two from eight (`Phrases`: ten) letters on
* ``<number>`` matches digits; ``..3`` up to three words of any kind in between
* ``<edge>`` matches a punctuation mark, the beginning or the end of the text (`Phrases` only)
* ``word?`` may be left out
* ``@name`` stands for a list of words or patterns defined once under ``lists``

Text is matched without case, accents and apostrophes, so ``can't``, ``cant`` and ``CAN’T`` are one word, as are
``nefes alamıyorum`` and ``nefes alamiyorum``. Patterns are written the same way: plain ASCII, no apostrophes.
"""

import itertools
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.matcher import Matcher
from spacy.tokens import Doc

TokenPattern = list[dict[str, Any]]

# A word without its particle has at least so many letters.
LEFT_LETTERS = 2

_FOLD = str.maketrans(
    {
        **{"ı": "i", "ø": "o", "đ": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe"},
        # Arabic is typed with and without the finer distinctions; Persian keyboards have letters of their own
        **{"ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "ٱ": "ا", "ـ": "", "؟": "?", "،": ",", "؛": ";"},
        **dict(zip("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789", strict=True)),
    }
)
# "can;t" and "can?t" are slips of the thumb and of the character set
_APOSTROPHES = re.compile(r"(?<=\w)['’‘`´ʼ](?=\w)|(?<=n)[;,?](?=t\b)")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]")
_STRETCHED = re.compile(r"(\w)\1{2,}")


class PatternError(ValueError):
    """A pattern that can't be compiled; the message holds the pattern."""


def fold(text: str) -> str:
    """Lower case without accents, apostrophes and invisible characters; "heeeelp" becomes "heelp"."""
    plain = _APOSTROPHES.sub("", _INVISIBLE.sub("", text.replace("İ", "i").casefold()))
    plain = unicodedata.normalize("NFKD", plain).casefold().translate(_FOLD)
    return _STRETCHED.sub(r"\1\1", "".join(char for char in plain if not unicodedata.combining(char)))


def tokenizer() -> Language:
    """A blank multi-language pipeline: after folding, words and punctuation are all that patterns need."""
    return spacy.blank("xx")


def _word(word: str) -> dict[str, Any]:
    if word == "<number>":
        return {"IS_DIGIT": True}
    alternatives = [part for part in word.split("|") if part]
    if not alternatives:
        raise PatternError(word)
    exact = [part for part in alternatives if not part.startswith("~") and not part.endswith("*")]
    fuzzy = [part[1:] for part in alternatives if part.startswith("~")]
    prefixes = [part[:-1] for part in alternatives if part.endswith("*")]
    if any(not part.isalnum() for part in exact + fuzzy + prefixes if part not in ("?", "!", "&", "%")):
        raise PatternError(word)
    if not fuzzy and not prefixes:
        return {"LOWER": {"IN": exact}}
    if not fuzzy and not exact:
        return {"LOWER": {"REGEX": f"^(?:{'|'.join(prefixes)})"}}
    if fuzzy and not prefixes and not exact and len({_edits(part) for part in fuzzy}) == 1:
        return {"LOWER": {f"FUZZY{_edits(fuzzy[0])}": {"IN": fuzzy}}}
    raise PatternError(f"{word}: mix of exact, fuzzy and prefix alternatives; write two patterns or a list")


def _edits(word: str) -> int:
    if len(word) < 4:
        raise PatternError(f"~{word}: too short for typos, every other short word is one edit away")
    return 1 if len(word) < 8 else 2


def _kinds(word: str) -> list[str]:
    """Split mixed alternatives so that each kind (exact, prefix, fuzzy by edits) is a pattern of its own."""
    groups: dict[str, list[str]] = {}
    for part in word.split("|"):
        kind = "prefix" if part.endswith("*") else f"fuzzy{_edits(part[1:])}" if part.startswith("~") else "exact"
        groups.setdefault(kind, []).append(part)
    return ["|".join(parts) for parts in groups.values()]


def compile_pattern(pattern: str, lists: Mapping[str, Sequence[str]]) -> list[TokenPattern]:
    """All spaCy patterns that a line stands for. Raises PatternError for a line that can't be read."""
    slots: list[list[TokenPattern]] = []
    for part in pattern.split():
        optional = part.endswith("?") and len(part) > 1
        part = part[:-1] if optional else part
        if part.startswith(".."):
            if not part[2:].isdigit():
                raise PatternError(pattern)
            # a gap never crosses the end of a sentence
            gap: TokenPattern = [{"LOWER": {"NOT_IN": [".", "?", "!", ";"]}, "OP": "?"}] * int(part[2:])
            slots.append([gap])
            continue
        if part.startswith("@"):
            if part[1:] not in lists:
                raise PatternError(f"{pattern}: no list {part[1:]!r}")
            choices = [choice for entry in lists[part[1:]] for choice in compile_pattern(entry, lists)]
        else:
            choices = [[_word(kind)] for kind in _kinds(part)]
        slots.append([*choices, []] if optional else choices)
    return [list(itertools.chain(*combination)) for combination in itertools.product(*slots) if any(combination)]


def build_matcher(nlp: Language, patterns: Mapping[str, Sequence[str]], lists: Mapping[str, Sequence[str]]) -> Matcher:
    """A Matcher with one label a key. Raises PatternError that names the label."""
    matcher = Matcher(nlp.vocab, validate=False)
    for label, lines in patterns.items():
        try:
            compiled = [tokens for line in lines for tokens in compile_pattern(line, lists)]
        except PatternError as error:
            raise PatternError(f"{label}: {error}") from error
        if compiled:
            matcher.add(label, compiled)
    return matcher


def spans(matcher: Matcher, doc: Doc) -> list[tuple[str, int, int]]:
    """All matches as (label, first token, token after the last), in order of appearance."""
    return sorted(
        ((doc.vocab.strings[label], start, end) for label, start, end in matcher(doc)), key=lambda match: match[1:]
    )


@dataclass(frozen=True, order=True)
class Found:
    """A pattern found: the words start..end-1, and the label it belongs to."""

    start: int
    end: int
    label: str


@dataclass(eq=False)
class _Node:
    """A state: which words lead to which next states, and the labels of the patterns that are complete here."""

    next: dict[str, list["_Node"]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)

    def add(self, word: str, then: "_Node") -> None:
        self.next.setdefault(word, []).append(then)

    def merge(self, other: "_Node") -> None:
        for word, nodes in other.next.items():
            self.next.setdefault(word, []).extend(nodes)
        self.labels |= other.labels


@dataclass(frozen=True, eq=False)
class _State:
    """The nodes that the words so far may have led to, and the labels complete there."""

    nodes: frozenset[_Node]
    labels: frozenset[str]


class Phrases:
    """Thousands of patterns searched in one pass.

    A spaCy Matcher tries every pattern at every word, and a list of ten phrases used twice is a hundred patterns;
    the safety gate would need 60 ms for a long message. Here patterns share one automaton, and a word costs what it
    can match. Words in `stops` end a gap (``..3``). What is left of a word without one of the `particles` that are
    written at its front (Arabic "and", "the", "with") is looked for as well. Under the labels in `forgiving`, words and
    beginnings of words match with typos from six letters on, without a tilde; a word in `not_typos`, or in any pattern,
    is no typo.
    """

    EDGES = frozenset(".?!;,")
    FORGIVEN_LETTERS = 6
    MOVES_REMEMBERED = 100_000

    def __init__(
        self,
        patterns: Mapping[str, Sequence[str]],
        lists: Mapping[str, Sequence[str]],
        stops: Collection[str] = (),
        not_typos: Collection[str] = (),
        forgiving: Collection[str] = (),
        particles: Collection[str] = (),
    ) -> None:
        self._lists = lists
        self._particles = tuple(particles)
        self._forgives = False
        self._stops = self.EDGES | frozenset(stops)
        self._exact = {word for word in not_typos if not word.endswith("*")}
        self._no_typo_begins = tuple(word[:-1] for word in not_typos if word.endswith("*"))
        self._prefixes: set[str] = set()
        self._typos: dict[str, set[str]] = {}
        self._root = _Node()
        for label, lines in patterns.items():
            self._forgives = label in forgiving
            for line in lines:
                try:
                    start = self._sequence(line, _Node(labels={label}))
                except PatternError as error:
                    raise PatternError(f"{label}: {line!r}: {error}") from error
                if start.labels:
                    raise PatternError(f"{label}: {line!r} would match without a word")
                self._root.merge(start)
        self._vocabulary = _words_after(self._root)
        self._keys = lru_cache(maxsize=20_000)(self._keys_of)
        self._start = _State(frozenset({self._root}), frozenset())
        self._states: dict[frozenset[_Node], _State] = {}
        self._moves: dict[tuple[_State, tuple[str, ...]], _State] = {}

    def find(self, words: Sequence[str]) -> list[Found]:
        """Every match, in order of appearance. `words` are folded; punctuation marks are words of their own."""
        if len(self._moves) > self.MOVES_REMEMBERED:
            self._moves.clear()
            self._states.clear()
        keys = [self._keys(word) for word in (";", *words, ";")]
        found: set[Found] = set()
        for start in range(len(keys)):
            state = self._start
            for position in range(start, len(keys)):
                state = self._move(state, keys[position])
                if not state.nodes:
                    break
                if state.labels:
                    first, last = _inside(start - 1, position, words)
                    found.update(Found(first, last, label) for label in state.labels)
        return sorted(found)

    def _move(self, state: "_State", keys: tuple[str, ...]) -> "_State":
        """Where a word leads. Remembered: the same few words lead everywhere, and a state has hundreds of nodes."""
        move = self._moves.get((state, keys))
        if move is None:
            nodes = frozenset(then for node in state.nodes for key in keys for then in node.next.get(key, ()))
            labels = frozenset(label for node in nodes for label in node.labels)
            move = self._moves[state, keys] = self._states.setdefault(nodes, _State(nodes, labels))
        return move

    def _sequence(self, line: str, then: _Node) -> _Node:
        for part in reversed(line.split()):
            then = self._part(part, then)
        return then

    def _part(self, part: str, then: _Node) -> _Node:
        if part.startswith(".."):
            if not part[2:].isdigit():
                raise PatternError(part)
            for _ in range(int(part[2:])):
                gap = _Node()
                gap.add("..", then)
                gap.merge(then)
                then = gap
            return then
        optional = part.endswith("?") and len(part) > 1
        part = part[:-1] if optional else part
        node = _Node()
        for word in part.split("|"):
            if not word.startswith("@"):
                node.add(self._word(word), then)
            elif word[1:] in self._lists:
                for line in self._lists[word[1:]]:
                    node.merge(self._sequence(line, then))
            else:
                raise PatternError(f"no list {word[1:]!r}")
        if optional:
            node.merge(then)
        return node

    def _word(self, word: str) -> str:
        if word in ("<number>", "<edge>", *self.EDGES):
            return word
        bare = word.removeprefix("~").removesuffix("*")
        if not bare.isalnum():
            raise PatternError(f"{word!r} is no word")
        beginning = word.endswith("*")
        (self._prefixes if beginning else self._exact).add(bare)
        if not word.startswith("~") and not (self._forgives and len(bare) >= self.FORGIVEN_LETTERS):
            return word
        meant = f"~{bare}*" if beginning else f"~{bare}"
        for shorter in _left_out(bare, _slips(bare)):
            self._typos.setdefault(shorter, set()).add(meant)
        return meant

    def _keys_of(self, word: str) -> tuple[str, ...]:
        """Under which words of patterns a word of the message goes."""
        if word in self.EDGES:
            return (word, "<edge>")
        bare = (word[len(p) :] for p in self._particles if word.startswith(p) and len(word) >= len(p) + LEFT_LETTERS)
        return tuple(dict.fromkeys(key for each in (word, *bare) for key in self._keys_of_bare(each)))

    def _keys_of_bare(self, word: str) -> tuple[str, ...]:
        begins = [word[:size] for size in range(1, len(word) + 1) if word[:size] in self._prefixes]
        keys = [word, f"~{word}", *(f"{begin}*" for begin in begins), *(f"~{begin}*" for begin in begins)]
        if word not in self._stops:
            keys.append("..")
        if word.isdigit():
            keys.append("<number>")
        elif not (len(word) < 4 or begins or word in self._exact or word.startswith(self._no_typo_begins)):
            keys.extend(self._meant(word))
        return tuple(key for key in keys if key in self._vocabulary)

    def _meant(self, word: str) -> set[str]:
        """What this may be a typo of: alike once one letter (two of long words) is left out of both."""
        meant: set[str] = set()
        for size in {*range(self.FORGIVEN_LETTERS - 1, len(word)), len(word)}:
            for shorter in _left_out(word[:size], _slips(word[:size])):
                for other in self._typos.get(shorter, ()):
                    bare = other.strip("~*")
                    near = bare[0] == word[0] and abs(len(bare) - size) <= _slips(bare)
                    if near and (other.endswith("*") or size == len(word)):
                        meant.add(other)
        return meant


def _words_after(root: _Node) -> frozenset[str]:
    """All words that lead anywhere; any other word of a message is as good as none."""
    words: set[str] = set()
    waiting, seen = [root], {root}
    while waiting:
        node = waiting.pop()
        words.update(node.next)
        new = {then for nodes in node.next.values() for then in nodes} - seen
        seen |= new
        waiting.extend(new)
    return frozenset(words)


def _inside(start: int, end: int, words: Sequence[str]) -> tuple[int, int]:
    """The same words without the edges around them, which belong to no clause."""
    end = min(end, len(words))
    start = max(start, 0)
    while start < end - 1 and words[start] in Phrases.EDGES:
        start += 1
    while start < end - 1 and words[end - 1] in Phrases.EDGES:
        end -= 1
    return start, end


def _slips(word: str) -> int:
    """How many letters a typo may get wrong; `Phrases` has whole vocabularies of such words, so fewer than `_edits`."""
    if len(word) < 4:
        raise PatternError(f"~{word}: too short for typos, every other short word is one letter away")
    return 1 if len(word) < 10 else 2


def _left_out(word: str, letters: int) -> set[str]:
    """The word with up to so many of its letters left out."""
    words = {word}
    for _ in range(letters):
        words |= {shorter[:index] + shorter[index + 1 :] for shorter in words for index in range(len(shorter))}
    return words
