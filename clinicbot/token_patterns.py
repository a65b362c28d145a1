"""A compact notation for token patterns, used by the safety gate (`Phrases`, in `safety/phrases.py`) and by the entity
extractor (`Matcher`, here).

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
from collections.abc import Mapping, Sequence
from typing import Any

import spacy
from spacy.language import Language
from spacy.matcher import Matcher
from spacy.tokens import Doc

TokenPattern = list[dict[str, Any]]

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
