"""Russian typed in Latin letters ("ne mogu dyshat"): one spelling for its many, and back to Cyrillic.

No library: they follow a standard (GOST, ISO 9), people in chats don't.
"""

import re

_TO_LATIN = {
    **dict(zip("абвгдезиклмнопрстуф", "abvgdeziklmnoprstuf", strict=True)),
    **{"ё": "e", "ж": "zh", "й": "i", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "i"},
    **{"ь": "", "э": "e", "ю": "iu", "я": "ia"},
}
# Longer ones first; what remains of y, j, w, q, x stands for one sound each.
_ONE_SPELLING = (
    ("shch", "sh"), ("sch", "sh"), ("tch", "ch"), ("zh", "ž"), ("kh", "h"), ("x", "h"),
    ("yo", "e"), ("ye", "e"),  ("yu", "iu"), ("ya", "ia"), 
    ("w", "v"), ("q", "k"), ("ck", "k"), ("tz", "ts"), ("y", "i"), ("ž", "zh"), ("ii", "i"),
)  # fmt: skip
_TO_CYRILLIC = (
    ("tsya", "тся"), ("tsia", "тся"), 
    ("shch", "щ"), ("sch", "щ"), ("zh", "ж"), ("kh", "х"), ("ch", "ч"), ("sh", "ш"), ("ts", "ц"), ("tz", "ц"),
    ("yo", "ё"), ("yu", "ю"), ("iu", "ю"), ("ya", "я"), ("ia", "я"),
    ("ye", "е"), ("'", "ь"), ("iy", "ий"), ("yy", "ый"), 
    ("ey", "ей"), ("oy", "ой"), ("ay", "ай"), ("uy", "уй"), ("ei", "ей"), ("oi", "ой"), ("ai", "ай"),
    *zip("abvgdeziklmnoprstufhcywqx", "абвгдезиклмнопрстуфхцывкх", strict=True),
)  # fmt: skip
# What a letter or digit stands for is told by its neighbours: "lico" (litso), "sey4as" (seychas), "ja" and "menja"
# (ya, menya), "moj" (moy), and otherwise "mojno" (mozhno).
_SOUNDS = (
    (re.compile(r"c(?![hk])"), "ts"),
    (re.compile(r"(?<=[a-z])4|4(?=[a-z])"), "ch"),
    (re.compile(r"(?<=[a-z])6|6(?=[a-z])"), "sh"),
    (re.compile(r"\bj(?=[aeou])|(?<=[aeiouy])j(?=a\b)|(?<=[bdlmnpstvz])j(?=[auo])|(?<=[aeiouy])j\b"), "y"),
    (re.compile(r"j"), "zh"),
)


def _sounded(text: str) -> str:
    plain = text.lower()
    for letter, sound in _SOUNDS:
        plain = letter.sub(sound, plain)
    return plain


def latin_from_cyrillic(text: str) -> str:
    """Cyrillic in the one Latin spelling that `one_spelling` brings chat spellings to; lower case."""
    return one_spelling("".join(_TO_LATIN.get(letter, letter) for letter in text.lower()))


def one_spelling(text: str) -> str:
    """Chat spellings of Russian as one ("hochu", "khochu", "xochu"); lower case."""
    plain = _sounded(text.replace("'", ""))
    for spelling, common in _ONE_SPELLING:
        plain = plain.replace(spelling, common)
    return plain


def cyrillic_from_latin(text: str) -> str:
    """The likeliest Cyrillic spelling, without soft signs where Latin leaves them out; lower case."""
    cyrillic = _sounded(text)
    for latin, letter in _TO_CYRILLIC:
        cyrillic = cyrillic.replace(latin, letter)
    return cyrillic
