"""Numbers and negations of a text: what a shortened or translated answer must not change."""

import re

_ENGLISH_NUMBERS = {
    word: str(value)
    for value, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
    )
}
# "one" counts as a number only before a unit of time: "one of them" states nothing
_NUMBER_WORD = re.compile(
    rf"\b({'|'.join(_ENGLISH_NUMBERS)})(?=[ -](?:to|or|hour|day|week|month|year)s?\b)", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+(?:[.,]\d+)?")

_NEGATIONS = {
    "en": re.compile(r"\b(?:not|no|never|neither|nor|none|without|cannot|can't|don't|doesn't|shouldn't|isn't)\b", re.I),
    # verbs carry the negation as a suffix: uygulanmamalı, kalmaz, yatmayın, olmayan, etmemelidir; not -madan,
    # which is also the ablative of a verbal noun (uygulamadan sonra)
    "tr": re.compile(
        r"\b(?:değil\w*|hayır|yok\w*|asla|hiç\w*)\b"
        r"|\w+m[ae]m[ae]l[ıi]\w*|\w+m[ae]z(?:l[ae]r|s[ıi]n\w*)?\b|\w+m[ae]y[ıiae]n\w*|\w+m[ae]y[ae]c\w*"
        r"|\w+m[ae]m[ae]s[ıi]\w*|\w+m[ae]m[ae]kt[ae]\w*|\w+m[ıiuü]y[oa]r\w*|\w+m[ae]m[ıi]ş\w*",
        re.I,
    ),
    "de": re.compile(r"\b(?:nicht|nichts|kein\w*|nie|niemals|niemand|weder|noch nie|ohne)\b", re.I),
    "ru": re.compile(r"\b(?:не|нет|ни|нельзя|никогда|никак\w*|без)\b", re.I),
    # with "and" or "by" written in front: ولا, وليس, بعدم
    "ar": re.compile(r"(?<!\w)[وفب]?(?:لا|ليس\w*|غير|عدم|لم|لن|بدون|دون)(?!\w)"),
    "fr": re.compile(r"\b(?:ne|ni|non|pas|jamais|aucun\w*|sans)\b|\bn['’]", re.I),
    "es": re.compile(r"\b(?:no|ni|nunca|jamás|ningun\w*|ningún|sin|tampoco)\b", re.I),
}
LANGUAGES = frozenset(_NEGATIONS)


def numbers(text: str) -> set[str]:
    """All numbers of a text as digits; English number words before a unit of time count."""
    spelled = _NUMBER_WORD.sub(lambda match: _ENGLISH_NUMBERS[match[1].lower()], text)
    return set(_DIGITS.findall(spelled))


def is_negated(text: str, language: str) -> bool:
    """Whether the text negates anything. Languages without a rule count as unknown and raise KeyError."""
    return _NEGATIONS[language].search(text) is not None


def fact_spans(text: str, language: str) -> list[tuple[int, int]]:
    """Where the numbers and negations of a text stand: (begin, end) of each. A language without a rule has numbers."""
    patterns = [_NUMBER_WORD, _DIGITS, *([_NEGATIONS[language]] if language in _NEGATIONS else [])]
    return sorted({match.span() for pattern in patterns for match in pattern.finditer(text)})
