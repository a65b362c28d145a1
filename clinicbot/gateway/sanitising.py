"""What is taken from a patient's text before it is stored, and before Rasa is asked."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060\ufeff\ud800-\udfff]")
# An empty line ends a statement, and so does a message of a turn (`turns.py`).
_EMPTY_LINE = re.compile(r"\n\s*\n")
_ENDS = re.compile(r"[.!?…؟،,;:]$")


def clean(text: str) -> str:
    """The text as it may be stored and shown: without control characters and lone surrogates, spacing trimmed."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\t", " ")).strip()


def for_rasa(text: str) -> str:
    """A leading slash would run Rasa's intents and braces its templates: both lose their power.

    What an empty line divides are statements of their own.
    """
    statements = (_plain(part) for part in _EMPTY_LINE.split(text))
    said = [statement for statement in statements if statement]
    return " ".join([part if _ENDS.search(part) else f"{part}." for part in said[:-1]] + said[-1:])


def _plain(text: str) -> str:
    # spacing first: a slash behind a line break or a no-break space would come to the front afterwards
    return " ".join(text.replace("{", "(").replace("}", ")").split()).lstrip("/ ")
