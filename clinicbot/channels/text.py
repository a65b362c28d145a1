"""Text within a channel's limits: long texts in pieces, long titles cut so that they stay different.

Lengths are UTF-16 code units. The channels say "characters" and don't say which; of the usual ways to count them this
one never counts fewer, so that a text within a limit here is within it there.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile

ELLIPSIS = "…"

# A telephone number: any digits, with what stands between their groups.
_NUMBER = re.compile(r"(?:\+ ?|\(){0,3}\d(?:(?:\.|[ \u00a0\u202f()\-‐‑–/]{1,3})?\d)*")
# Never cut inside: what stands in isolates, which keep a number's groups in order among right-to-left words (Unicode
# UAX 9), the number of a list's item with its item, and a telephone number.
_WHOLE = re.compile(rf"[\u2066-\u2068][^\u2069]*\u2069|^\d{{1,3}}[.)] (?=\S)|{_NUMBER.pattern}", re.MULTILINE)
# Where a text may be cut, best first. Each match is empty and stands before white space, but not before a no-break
# space, which French has before its question mark.
_SPACE = r"[^\S\u00a0\u202f]"
_PARAGRAPH_END = re.compile(r"(?<=\S)(?=[^\S\n]*\n\s*\n)")
_SENTENCE_END = re.compile(rf"(?:(?<=[.!?…؟])|(?<=[.!?…؟][\"'”’»)\]]))(?={_SPACE})|(?<=\S)(?=[^\S\n]*\n)")
_WORD_END = re.compile(rf"(?<=\S)(?={_SPACE})")

_JOINER = "\u200d"


def length(text: str) -> int:
    """In UTF-16 code units: one outside the Basic Multilingual Plane, such as most emoji, counts two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_text(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` units (at least 2), none of them empty; of white space alone comes no piece.

    Cut at the last paragraph end within the limit, else at the last end of a sentence or a line, else between words,
    else anywhere but inside what is seen as one character. Only white space at the cuts and ends is lost. A telephone
    number stays whole unless it is itself longer than the limit.
    """
    pieces = []
    rest = text.strip()
    while length(rest) > limit:
        cut = _last_cut(rest, limit, (_PARAGRAPH_END, _SENTENCE_END, _WORD_END))
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def distinct_titles(titles: Sequence[str], limit: int) -> list[str]:
    """The titles in order, each of 1 to `limit` units (at least 12), no two equal.

    A title that fits and is no other's stays as it is, but for its white space, which becomes single spaces. A longer
    one ends in an ellipsis, after a word where that leaves half of the limit. Those that would be equal end in their
    place in the list, as in `numbered`.
    """
    whole = [one_line(title) for title in titles]
    short = [shortened(title, limit) for title in whole]
    equal, wanted = Counter(whole), Counter(short)
    taken = {title for title, cut in zip(whole, short, strict=True) if title == cut}
    distinct = []
    for place, (title, cut) in enumerate(zip(whole, short, strict=True), 1):
        free = equal[title] == 1 if title == cut else wanted[cut] == 1
        number = place
        while not free:
            suffix = f" ({number})"
            cut = shortened(title, limit - len(suffix)) + suffix
            free = cut not in taken
            number += len(titles)
        taken.add(cut)
        distinct.append(cut)
    return distinct


def numbered(titles: Sequence[str]) -> str:
    """A line a title, each with its place: `1. …`."""
    return "\n".join(f"{place}. {one_line(title)}" for place, title in enumerate(titles, 1))


def shortened(title: str, limit: int) -> str:
    """The title, or its beginning and an ellipsis, of at most `limit` units."""
    if length(title) <= limit:
        return title
    room = limit - len(ELLIPSIS)
    cut = _last_cut(title, room, (_WORD_END,))
    if length(title[:cut]) < limit / 2:
        cut = _last_cut(title, room, ())
    return title[:cut].rstrip(" ,;:.–-") + ELLIPSIS


def one_line(title: str) -> str:
    """The title with single spaces for its white space, and never empty."""
    return " ".join(title.split()) or ELLIPSIS


def contains_number(text: str, number: str) -> bool:
    """Whether a telephone number stands in the text, in any spacing; not as a part of another number."""
    wanted = _digits(number)
    return any(_digits(match.group()) == wanted for match in _NUMBER.finditer(text))


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _last_cut(text: str, limit: int, places: Sequence[re.Pattern[str]]) -> int:
    """The index of the last place of the first kind that has one within the limit; `text` is longer than that."""
    end = _index(text, limit)
    inside = {
        index
        for match in _WHOLE.finditer(text[: end + limit])
        for index in range(match.start() + 1, min(match.end(), end + 1))
    }
    for place in places:
        within = takewhile(lambda index: index <= end, (match.start() for match in place.finditer(text)))
        if cuts := [index for index in within if index not in inside]:
            return cuts[-1]
    anywhere = (index for index in range(end, 0, -1) if index not in inside and not _is_joined(text, index))
    return next(anywhere, end)


def _index(text: str, limit: int) -> int:
    """How many characters of the text fit in the limit, but at least one."""
    end = limit
    while (excess := length(text[:end]) - limit) > 0:
        end -= (excess + 1) // 2  # none counts more than two
    return max(end, 1)


def _is_joined(text: str, index: int) -> bool:
    """Whether the character at `index` is seen as one with the one before it: accents, skin tones, joined emoji."""
    before, after = text[index - 1], text[index]
    return (
        _JOINER in (before, after)
        or unicodedata.category(after) in ("Mn", "Mc", "Me")
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
    )
