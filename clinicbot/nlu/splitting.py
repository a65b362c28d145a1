"""Several questions in one message: where it may be cut, and whether it should be.

A cut is taken when both sides are surely understood as different things. How sure they must be depends on how each is
built: a side that begins like a question needs little, three words without a verb need more, a story most of all
(docs/decisions/0006). Nothing here knows what the questions are about.
"""

import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from clinicbot.nlu.connectives import Connectives, words_of
from clinicbot.nlu.question_model import Prediction

# Reads many texts at once: one prediction each.
Reader = Callable[[Sequence[str]], list[Prediction]]

KINDS = ("sentence", "joiner", "comma", "opener")
MOST_PARTS = 4
# More candidates than a message of four questions has; each costs a millisecond.
MOST_CUTS = 10

_TOKEN = re.compile(r"(?P<word>\w+(?:['’.]\w+)*|[&+])|(?P<end>[.?!؟;…\n]+)|(?P<comma>[,،:–—]|\s-\s)")


@dataclass(frozen=True)
class Cut:
    """The left part ends at `left`, the right one begins at `right` (places in the text); `kind` is one of KINDS."""

    left: int
    right: int
    kind: str


def find_cuts(text: str, connectives: Connectives) -> list[Cut]:
    """All places where a question may end and another begin, in order; at most MOST_CUTS, the plainest ones."""
    tokens = [(match.start(), match.end(), match.lastgroup or "", match.group()) for match in _TOKEN.finditer(text)]
    cuts: list[Cut] = []
    at = 0
    while at < len(tokens):
        begin = at
        kind = ""
        while at < len(tokens) and tokens[at][2] != "word":
            kind = "sentence" if tokens[at][2] == "end" or kind == "sentence" else "comma"
            at += 1
        words = [token[3].lower().replace("’", "'") for token in tokens[at : at + 8]]
        joined = connectives.joiners.length_at(words, 0)
        while joined and at + joined < len(tokens) and tokens[at + joined][2] == "word":
            more = connectives.joiners.length_at(words, joined)
            if not more:
                break
            joined += more
        if joined and kind != "sentence":
            kind = "joiner"
        after = at + joined
        if not kind and words and begin > 0:
            kind = _opening(words, connectives)
        if kind and begin > 0 and after < len(tokens) and tokens[after][2] == "word":
            cuts.append(Cut(tokens[begin - 1][1], tokens[after][0] + _prefix(words, joined, connectives), kind))
        at = after + 1
    plainest = sorted(cuts, key=lambda cut: KINDS.index(cut.kind))[:MOST_CUTS]
    return sorted(plainest, key=lambda cut: cut.left)


def _opening(words: list[str], connectives: Connectives) -> str:
    """The kind of a cut before words that no mark and no joiner stands before; empty where there is none."""
    if connectives.openers.length_at(words, 0):
        return "opener"
    word = words[0]
    rest = [word.removeprefix(p) for p in connectives.prefixes if word.startswith(p) and len(word) > len(p) + 2]
    if any(each in connectives.openers for each in rest):
        return "joiner"
    return "opener" if rest else ""


def _prefix(words: list[str], joined: int, connectives: Connectives) -> int:
    """How many letters of the right part's first word are a joiner ("وكم")."""
    first = words[joined] if joined < len(words) else ""
    if first in connectives.openers:
        return 0
    return next((len(p) for p in connectives.prefixes if first.startswith(p) and len(first) > len(p) + 2), 0)


@dataclass(frozen=True)
class Margins:
    """The least margin of a side, by how it is built. Chosen on bench/conversations, with the test sets unseen.

    A side that asks: after a mark that ends sentences, a joiner, a comma, or nothing (its first word opens a question).
    One that doesn't ask and is `short`: an FAQ of the other side's topic, any other FAQ, anything else. One that is
    long (a `story`): an FAQ, anything else. `negative` classes need more, and `apart` is how much likelier each side's
    own class must be there than the other side's.
    """

    sentence: float = -0.6
    joiner: float = -0.2
    comma: float = 0.2
    opener: float = 0.1
    negative: float = 0.4
    short_sibling: float = -0.1
    short_faq: float = 0.1
    short_other: float = 0.4
    short_negative: float = 0.7
    story_faq: float = 0.2
    story_other: float = 0.4
    story_other_joined: float = 0.6
    beside_whole: float = 0.0
    apart: float = 0.9
    apart_after_sentence: float = 0.5


SHORT = 6
# So many pieces that each ask something else are taken for a row of questions.
ROW = 3
# A question in a message that is an aside as a whole has at least this margin.
ASKED_BESIDE = 0.3
# A preamble has at least so many words.
PREAMBLE = 3
# Where the whole message is understood as something that neither side is, so much of that margin counts against a cut.
WHOLE = 0.3


@dataclass(frozen=True)
class Splitter:
    """`negatives` are the classes that aren't answered, `asides` those that don't count beside another part."""

    negatives: Collection[str] = ()
    asides: Collection[str] = ()
    margins: Margins = Margins()

    def split(self, text: str, connectives: Connectives, read: Reader) -> list[tuple[str, Prediction]]:
        """The parts of a message with what each is understood as; a single one where nothing speaks for more."""
        spans = Spans(text, read, connectives)
        found = find_cuts(text, connectives)
        if row := self._row_of_questions(text, found, spans, connectives):
            return row
        chosen: list[Cut] = []
        waiting = [(0, len(text), found)]
        while waiting and len(chosen) < MOST_PARTS - 1:
            start, end, cuts = waiting.pop(0)
            best = self._best(start, end, cuts, spans)
            if best is not None:
                chosen.append(best)
                waiting.append((start, best.left, [cut for cut in cuts if cut.left < best.left]))
                waiting.append((best.right, end, [cut for cut in cuts if cut.left > best.left]))
        inner = [edge for cut in sorted(chosen, key=lambda cut: cut.left) for edge in (cut.left, cut.right)]
        edges = [0, *inner, len(text)]
        return [spans.part(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True)]

    def _row_of_questions(
        self, text: str, cuts: Sequence[Cut], spans: "Spans", connectives: Connectives
    ) -> list[tuple[str, Prediction]]:
        """Three and more pieces that each begin like a question and mean something else; empty if there are fewer.

        Cut in two, neither side of such a message means one thing, so that it would stay whole.
        """
        edges = [0]
        for cut in cuts:
            begins = connectives.openers.length_at(words_of(text[cut.right :]), 0) > 0
            if cut.kind == "sentence" or (begins and cut.kind != "opener"):
                edges += [cut.left, cut.right]
        pieces = list(zip(edges[::2], [*edges[1::2], len(text)], strict=True))
        if len(pieces) < ROW:
            return []
        spans.read(pieces)
        kept: dict[str, tuple[int, int]] = {}
        for piece in pieces:
            reading = spans[piece]
            aside = reading.best in (*self.asides, *self.negatives)
            if not aside and reading.margin >= self.margins.sentence and spans.asks(*piece):
                kept.setdefault(reading.best, piece)
        if len(kept) < ROW:
            return []
        parts = [spans.part(*piece) for piece in list(kept.values())[:MOST_PARTS]]
        if len(kept) > MOST_PARTS:  # what is beyond stays with the last one
            parts[-1] = (spans.text(list(kept.values())[MOST_PARTS - 1][0], len(text)), parts[-1][1])
        return parts

    def _best(self, start: int, end: int, cuts: Sequence[Cut], spans: "Spans") -> Cut | None:
        if not cuts:
            return None
        spans.read_all(start, end, cuts)
        evidence = [self._evidence(start, end, cut, spans) for cut in cuts]
        best = max(range(len(cuts)), key=evidence.__getitem__)
        return cuts[best] if evidence[best] >= 0 else None

    def _evidence(self, start: int, end: int, cut: Cut, spans: "Spans") -> float:
        """How far the sides are above what a cut needs; below zero it isn't taken."""
        whole, left, right = spans[start, end], spans[start, cut.left], spans[cut.right, end]
        if whole.best in self.asides:
            return self._beside_an_aside(start, end, cut, spans)
        if not self._count_apart(left, right):
            return -math.inf
        asked = spans.asks(start, cut.left), spans.asks(cut.right, end)
        lengths = spans.words(start, cut.left), spans.words(cut.right, end)
        apart = min(left.margin - left.margin_of(right.best), right.margin - right.margin_of(left.best))
        needed_apart = self.margins.apart_after_sentence if cut.kind == "sentence" else self.margins.apart
        against = WHOLE * max(0.0, whole.margin) if whole.best not in (left.best, right.best) else 0.0
        needed = [
            self._needed(left, right, asked[0], lengths[0], cut.kind),
            self._needed(right, left, asked[1], lengths[1], cut.kind),
        ]
        if "/" not in whole.best:
            # the whole is handed over: what only names something beside it belongs to that ("price for lips and chin")
            for number, (same, asks) in enumerate([(right, asked[0]), (left, asked[1])]):
                if same.best == whole.best:
                    needed[number] = max(needed[number], self.margins.beside_whole if asks else math.inf)
        surplus = min(left.margin - needed[0], right.margin - needed[1], apart - needed_apart)
        return surplus - against

    def _beside_an_aside(self, start: int, end: int, cut: Cut, spans: "Spans") -> float:
        """How surely a message that is taken for a greeting or thanks asks something besides."""
        asking = [
            spans[span].margin - ASKED_BESIDE
            for span in ((start, cut.left), (cut.right, end))
            if spans[span].best not in (*self.asides, *self.negatives) and spans.asks(*span)
        ]
        return max(asking, default=-math.inf)

    def _count_apart(self, left: Prediction, right: Prediction) -> bool:
        """Whether these two would be answered by two answers: a pair without one that is answered isn't worth a cut."""
        both = {left.best, right.best}
        if len(both) < 2 or both & set(self.asides):
            return False
        return any("/" in label for label in both) or not both & set(self.negatives)

    def _needed(self, side: Prediction, other: Prediction, asks: bool, words: int, kind: str) -> float:
        margins, negative, is_faq = self.margins, side.best in self.negatives, "/" in side.best
        if asks:
            needed = {"sentence": margins.sentence, "joiner": margins.joiner, "comma": margins.comma}.get(kind, -1.0)
            needed += margins.negative if negative else 0.0
        elif negative:
            needed = margins.short_negative
        elif words > SHORT:
            after_sentence = margins.story_other if kind == "sentence" else margins.story_other_joined
            needed = margins.story_faq if is_faq else after_sentence
        elif not is_faq:
            needed = margins.short_other
        else:
            siblings = side.best.partition("/")[0] == other.best.partition("/")[0]
            needed = margins.short_sibling if siblings else margins.short_faq
        return max(needed, margins.opener) if kind == "opener" else needed


def _sureness(prediction: Prediction) -> float:
    return prediction.margin


class Spans:
    """A text's spans with their predictions, each read once."""

    def __init__(self, text: str, read: Reader, connectives: Connectives) -> None:
        self._text = text
        self._read = read
        self._connectives = connectives
        self._known: dict[tuple[int, int], Prediction] = {}

    def read_all(self, start: int, end: int, cuts: Sequence[Cut]) -> None:
        """Reads in one go what these cuts need."""
        self.read({(start, end)} | {(start, cut.left) for cut in cuts} | {(cut.right, end) for cut in cuts})

    def read(self, wanted: Iterable[tuple[int, int]]) -> None:
        missing = sorted(set(wanted) - self._known.keys())
        tails = [self._tail(*span) for span in missing]
        texts = [self.text(*span) for span in missing]
        predictions = iter(self._read([*texts, *filter(None, tails)]))
        whole = [next(predictions) for _ in texts]
        for span, prediction, tail in zip(missing, whole, tails, strict=True):
            self._known[span] = max(prediction, next(predictions), key=_sureness) if tail else prediction

    def _tail(self, start: int, end: int) -> str:
        """A side of a cut from its first question word on: "I would like to know when it shows" asks "when …"."""
        if (start, end) == (0, len(self._text)):
            return ""
        words = list(_TOKEN.finditer(self._text, start, end))
        for number, word in enumerate(words):
            if word.lastgroup == "end" or word.lastgroup == "comma":
                return ""  # what stands before a mark is more than a preamble
            if number >= PREAMBLE and word.group().lower() in self._connectives.openers:
                return self.text(word.start(), end)
        return ""

    def text(self, start: int, end: int) -> str:
        return self._text[start:end].strip(" \t\n,،:–—-") or self._text

    def words(self, start: int, end: int) -> int:
        return len(words_of(self._text[start:end]))

    def asks(self, start: int, end: int) -> bool:
        """Whether it is built like a question: by its first or last words, or its mark."""
        words = words_of(self._text[start:end])
        openers = self._connectives.openers
        if openers.in_first(words, 4) or openers.in_last(words, 2):
            return True
        return len(words) > 2 and any(mark in self._text[end - 1 : end + 2] for mark in "?؟")

    def __getitem__(self, span: tuple[int, int]) -> Prediction:
        if span not in self._known:
            self._known[span] = self._read([self.text(*span)])[0]
        return self._known[span]

    def part(self, start: int, end: int) -> tuple[str, Prediction]:
        return self.text(start, end), self[start, end]
