"""How a text looks to the model: one spelling for what people type in many ways."""

import re
import unicodedata

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_REPEATED_MARKS = re.compile(r"([^\w\s])\1+")


def normalise(text: str) -> str:
    """Lower case, one kind of apostrophe, "heeelp" as "heelp", each mark and emoji once, single spaces.

    The words stay as they are.
    """
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).replace("’", "'").replace("İ", "i").lower()
    return " ".join(_REPEATED_MARKS.sub(r"\1", _STRETCHED.sub(r"\1\1", plain)).split())


def without_subject(text: str, subject: frozenset[str]) -> str:
    """The text without the words that nearly every question shares ("can i shower after botox" → "… after")."""
    words = [word for word in text.split() if word.strip(".,;:!?'\"()").removesuffix("'s") not in subject]
    return " ".join(words) or text
