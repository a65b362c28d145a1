"""Misspelt words as the words of the training phrasings that they probably are, in every language at once.

What it brings is measured by `python -m bench.understanding`; a text is read both ways and the surer reading counts,
so a word that is wrongly taken for another does no harm to a text that is well understood as it is.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

# A word seen once may be a typo itself.
SEEN_AT_LEAST = 2
SHORTEST = 4
# Letters that may be wrong: one of short words, two from seven letters on.
LONG = 7

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_VOWELS = frozenset("aeiouyаеиоуыэюя")
# "yptrblr" is "yaptırabilir": chats leave the vowels out
_LEAST_CONSONANTS = 3
_CONSONANT_SHARE = 0.6


class Spelling:
    """`counts` holds how often each word stands in the (normalised) phrasings."""

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts
        self._plain: dict[str, str] = {}
        consonants: dict[str, Counter[str]] = defaultdict(Counter)
        for word, count in sorted(counts.items(), key=lambda item: -item[1]):
            plain = _plain(word)
            self._plain.setdefault(plain, word)
            if count >= SEEN_AT_LEAST and len(plain) > SHORTEST:
                consonants[_consonants(plain)][word] += count
        self._choices = [plain for plain, word in self._plain.items() if len(plain) >= 3 and counts[word] >= 2]
        self._without_vowels = {key: words.most_common(1)[0][0] for key, words in consonants.items()}

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Spelling":
        return cls(dict(Counter(word for text in texts for word in _WORD.findall(text))))

    def corrected(self, text: str) -> str:
        """A normalised text with its unknown words replaced by near known ones; the others stay as they are."""
        return _WORD.sub(lambda match: self._word(match[0]), text)

    def _word(self, word: str) -> str:
        if word in self.counts:
            return word
        plain = _plain(word)
        if plain in self._plain:
            return self._plain[plain]
        if len(plain) < SHORTEST:
            return word
        limit = 1 if len(plain) < LONG else 2
        near = process.extract(plain, self._choices, scorer=OSA.distance, score_cutoff=limit, limit=None)
        if near:
            best = min(near, key=lambda n: (n[1], n[0][0] != plain[0], -self.counts[self._plain[n[0]]]))
            return self._plain[best[0]]
        consonants = _consonants(plain)
        if len(consonants) >= max(_LEAST_CONSONANTS, _CONSONANT_SHARE * len(plain)):
            return self._without_vowels.get(consonants, word)
        return word


def _plain(word: str) -> str:
    """Without accents: what phone keyboards leave out is no typo."""
    decomposed = unicodedata.normalize("NFKD", word.replace("ı", "i"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _consonants(plain: str) -> str:
    return re.sub(r"(.)\1+", r"\1", "".join(letter for letter in plain if letter not in _VOWELS))
