"""Which language a message is in: one of the clinic's, or one that the assistant doesn't speak.

Short messages lean on the conversation's language. The detector's probabilities are weighted by the function words of
each language (`nlu/languages`), which tell more of a misspelt line than its letters do: French typos 69 → 93 %,
Spanish 71 → 96 % on the first message of a conversation (`python -m bench.understanding`).
"""

import math
import re
from functools import lru_cache

from lingua import IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder

from clinicbot import paths
from clinicbot.faq.files import load_faqs
from clinicbot.nlu.connectives import load_connectives, words_of
from clinicbot.texts import DEFAULT_LANGUAGE, other_languages
from clinicbot.transliteration import latin_from_cyrillic, one_spelling
from clinicbot.yaml_files import read_yaml

# A message of one, two, or more words switches the language only when it is this likely; a first message needs less,
# and so does one in letters that the conversation's language hasn't.
SURE_ENOUGH_TO_SWITCH = (0.95, 0.75, 0.6)
LIKELY_ENOUGH_AT_FIRST = (0.6, 0.45)
# e^1.4: a function word of one language outweighs four times the probability of another
WEIGHT_OF_A_WORD = 1.4
# Less than this, and a message is not taken for being in a language.
PLAUSIBLE = 0.05
# Only a message of some length, which no function word claims for a language of ours, is in a foreign one.
FOREIGN_ENOUGH = 0.97
STILL_OURS = 0.9
CERTAINLY_FOREIGN = 0.995
FOREIGN_BY_LETTER = 0.8
FOREIGN_WORDS = 4
# Russian in Latin letters: the share of words that are known as such.
ROMANISED_SHARE = 0.4

_SCRIPTS_OF_OURS = re.compile(r"[a-zà-ɏа-яё\u0600-\u06ff]", re.IGNORECASE)
_LATIN = re.compile(r"[a-zà-ɏ]", re.IGNORECASE)
_CYRILLIC = re.compile(r"[а-яё]+$", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
# Letters that Russian and Arabic don't have; without one of them a line of that script is taken for ours.
_FOREIGN_LETTER = re.compile(r"[іїєґўјљњћђѓќүұқғңөһә]|[پچژگکیٹڈڑےہں]", re.IGNORECASE)


_LATIN_LANGUAGES = ("en", "tr", "de", "fr", "es")


@lru_cache(maxsize=4)
def _detector(languages: tuple[str, ...]) -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*map(_language, languages)).build()


@lru_cache(maxsize=4)
def _rough_detector(languages: tuple[str, ...]) -> LanguageDetector:
    """Of all languages that there is a text for; by letter groups only, 150 MB less, and enough for whole sentences."""
    known = [code for code in (*languages, *other_languages()) if _is_known(code)]
    return LanguageDetectorBuilder.from_languages(*map(_language, known)).with_low_accuracy_mode().build()


def _is_known(code: str) -> bool:
    return hasattr(IsoCode639_1, code.upper())


def _language(code: str) -> Language:
    return Language.from_iso_code_639_1(IsoCode639_1.from_str(code.upper()))


@lru_cache(maxsize=32)
def _function_words(language: str) -> frozenset[str]:
    connectives = load_connectives(language)
    lists = (connectives.openers, connectives.joiners, connectives.pointing, connectives.follow_up, connectives.back)
    return frozenset(phrase.lower() for phrases in lists for phrase in phrases.phrases if len(phrase.split()) == 1)


@lru_cache(maxsize=1)
def _romanised_words() -> frozenset[str]:
    """The commonest Russian words and those of the FAQs' phrasings, in one Latin spelling; without what is also a word
    of a phrasing in another language."""
    path = paths.ROOT / "clinicbot" / "nlu" / "languages" / "ru_latin.yml"
    phrased = {word for faq in load_faqs().values() for phrasing in faq.phrasings for word in words_of(phrasing)}
    russian = {latin_from_cyrillic(word) for word in phrased if _CYRILLIC.match(word) and len(word) > 2}
    return frozenset({one_spelling(word) for word in read_yaml(path)["words"]} | russian) - phrased


def is_romanised_russian(text: str) -> bool:
    """Whether a line in Latin letters is Russian ("skolko derzhitsya")."""
    words = [one_spelling(word) for word in words_of(text)]
    if len(words) < 2 or not text.isascii():
        return False
    known = sum(word in _romanised_words() for word in words)
    return known >= 2 and known >= ROMANISED_SHARE * len(words)


def may_be_romanised_russian(text: str) -> bool:
    """Whether nothing speaks against it: no language in Latin letters has two of its function words there."""
    if is_romanised_russian(text):
        return True
    words = words_of(text)
    claimed = max(sum(word in _function_words(code) for word in words) for code in _LATIN_LANGUAGES)
    return text.isascii() and claimed < 2


def detect_language(text: str, languages: tuple[str, ...], *, current: str | None = None, started: bool = False) -> str:
    """One of `languages` (ISO 639-1), the conversation's `current` one where the text does not say otherwise.

    `started` tells that the patient has written before, so that a switch needs more evidence.
    """
    fallback = current or DEFAULT_LANGUAGE
    if len(languages) < 2 or not _LETTER.search(text):
        return fallback
    if "ru" in languages and is_romanised_russian(text):
        return "ru"
    shares = _shares(text, languages)
    code, share = max(shares.items(), key=lambda item: item[1], default=(fallback, 0.0))
    needed = SURE_ENOUGH_TO_SWITCH if started and shares.get(fallback) else LIKELY_ENOUGH_AT_FIRST
    words = max(1, len(words_of(text)))
    return code if share >= needed[min(words, len(needed)) - 1] else fallback


def plausible_languages(text: str, languages: tuple[str, ...]) -> frozenset[str]:
    """Which of `languages` a text may well be in; all of them where it says nothing about that."""
    shares = _shares(text, languages) if len(languages) > 1 and _LETTER.search(text) else {}
    return frozenset(code for code, share in shares.items() if share >= PLAUSIBLE) or frozenset(languages)


def _likeliest(text: str, languages: tuple[str, ...]) -> tuple[float, str]:
    shares = _shares(text, languages)
    return max((share, code) for code, share in shares.items()) if shares else (0.0, DEFAULT_LANGUAGE)


def _shares(text: str, languages: tuple[str, ...]) -> dict[str, float]:
    """The probability of each language, which sum to 1; empty for a text in none of their scripts."""
    words = words_of(text)
    values = {
        confidence.language.iso_code_639_1.name.lower(): confidence.value
        for confidence in _detector(languages).compute_language_confidence_values(text)
    }
    hits = {code: sum(word in _function_words(code) for word in words) for code in values}
    most = max(hits.values(), default=0)  # taken off: a long text has more of them than exp can take
    shares = {code: value * math.exp(WEIGHT_OF_A_WORD * (hits[code] - most)) for code, value in values.items()}
    total = sum(shares.values())
    return {code: share / total for code, share in shares.items()} if total else {}


def foreign_language(text: str, languages: tuple[str, ...]) -> str | None:
    """The language of a message that is surely in none of `languages`; None in any doubt."""
    if not _LETTER.search(text) or is_romanised_russian(text):
        return None
    share, code = _rough(text, languages)
    if code in languages:
        return None
    if not _SCRIPTS_OF_OURS.search(text):
        return code
    if not _LATIN.search(text):
        return code if _FOREIGN_LETTER.search(text) and share >= FOREIGN_BY_LETTER else None
    words = words_of(text)
    if len(words) < FOREIGN_WORDS or share < FOREIGN_ENOUGH:
        return None
    claimed = max(sum(word in _function_words(language) for word in words) for language in languages)
    unlikely = _likeliest(text, languages)[0] < STILL_OURS
    return (
        code if claimed == 0 or (claimed == 1 and unlikely) or (share >= CERTAINLY_FOREIGN and claimed <= 2) else None
    )


def _rough(text: str, languages: tuple[str, ...]) -> tuple[float, str]:
    best = _rough_detector(languages).compute_language_confidence_values(text)[0]
    return best.value, best.language.iso_code_639_1.name.lower()
