"""Searching a message for thousands of token patterns at once: what the safety gate reads every message with.

The patterns are written as `clinicbot/token_patterns.py` says.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from clinicbot.token_patterns import PatternError

# A word without its particle has at least so many letters.
LEFT_LETTERS = 2


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
