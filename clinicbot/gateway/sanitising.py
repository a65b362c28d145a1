"""What is taken from a patient's text before it is stored, and before Rasa is asked."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060\ufeff\ud800-\udfff]")
# With the punctuation that says as much, and without what would be doubled.
_LINE_BREAK = re.compile(r"(?<![.!?…؟,،;:\s])\s*\n\s*")


def clean(text: str) -> str:
    """The text as it may be stored and shown: without control characters and lone surrogates, spacing trimmed."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\t", " ")).strip()


def for_rasa(text: str) -> str:
    """A leading slash would run Rasa's intents and braces its templates: both lose their power.

    A line break ends a statement: people write "hi", "quick q" and their question in three lines, or three messages.
    """
    text = _LINE_BREAK.sub(". ", text.strip())
    # spacing first: a slash behind a line break or a no-break space would come to the front afterwards
    return " ".join(text.replace("{", "(").replace("}", ")").split()).lstrip("/ ")
