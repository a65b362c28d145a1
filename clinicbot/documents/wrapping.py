"""Lines of a fixed width, as a PDF or a plain text has them, joined to what they were wrapped from."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MARK = re.compile(
    r"^\s*(?:(?P<bullet>[*+•‣◦▪●·])|(?P<dash>[-–—])|\(?(?P<number>\d{1,2})[.)]|(?P<letter>[a-z])\))\s+(?=\S)"
)
_END = re.compile(r"[.!?:;][\"”’)]?$")


@dataclass(frozen=True)
class Unwrapped:
    """A paragraph, or a list's item without its mark."""

    text: str
    is_item: bool = False


def unwrap(lines: Iterable[str]) -> Iterator[Unwrapped]:
    """In the order of the lines. A word that was cut at a line's end is made whole, and keeps its hyphen if it is
    written with one elsewhere."""
    given = [line.rstrip() for line in lines]
    hyphenated = {word.casefold() for line in given for word in re.findall(r"\w+-\w+", line)}
    width = max((len(line) for line in given), default=0)
    text, last, is_item, number = "", "", False, 0
    for line in given:
        mark = _MARK.match(line)
        if mark and not _begins_item(mark, last, width, number, goes_on=is_item):
            mark = None
        ended = not line.strip() or mark or _begins_anew(last, line, width)
        if text and ended:
            yield Unwrapped(text, is_item)
            text = ""
        if mark:
            text, is_item, number = line[mark.end() :].strip(), True, int(mark["number"] or 0)
        elif text:
            text = _joined(text, line.strip(), hyphenated)
        elif line.strip():
            text, is_item = line.strip(), False
        last = line
    if text:
        yield Unwrapped(text, is_item)


def _begins_item(mark: re.Match[str], last: str, width: int, number: int, *, goes_on: bool) -> bool:
    """Not every line that begins so: a sentence about "4 to 6. …" or with a dash in it may be wrapped there, and its
    number must not be taken for a mark."""
    if mark["number"]:
        follows = int(mark["number"]) in (1, number + 1)
        return follows and (goes_on or not last.strip() or bool(_END.search(last)) or _is_short(last, width))
    return bool(mark["bullet"]) or goes_on or not last.strip() or bool(_END.search(last)) or _is_short(last, width)


def _is_short(line: str, width: int) -> bool:
    return len(line) < 0.8 * width


def _begins_anew(last: str, line: str, width: int) -> bool:
    """Behind a line that ends early: with a sentence's end, or before another sentence, as a title does."""
    if re.search(r"[.!?:][\"”’)]?$", last) and _is_short(last, width):
        return True
    return len(last) < 0.6 * width and not last.endswith((",", ";", "-")) and line.strip()[:1].isupper()


def _joined(text: str, line: str, hyphenated: set[str]) -> str:
    if text.endswith("\u00ad"):
        return text[:-1] + line
    match = re.search(r"(\w+)-$", text)
    if match is None or not line[:1].isalnum():
        return f"{text} {line}"
    following = re.match(r"\w+", line)
    whole = f"{match[0]}{following[0] if following else ''}"
    is_cut = match[1].isalpha() and line[:1].islower() and whole.casefold() not in hyphenated
    return (text[:-1] if is_cut else text) + line
