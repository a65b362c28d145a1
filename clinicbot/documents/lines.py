"""Pieces of text made into paragraphs, whichever kind of file they come from."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from clinicbot.documents.extract import Paragraph

# control and format characters that no sentence needs; not the joiners of Arabic and Persian (200C, 200D)
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# not all of NFKC, which would make "½" three characters and so another number
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})


def clean(text: str) -> str:
    """One line without what can't be seen; "ş" is one letter, whichever way the file wrote it."""
    composed = unicodedata.normalize("NFC", text).translate(_LIGATURES)
    return " ".join(_INVISIBLE.sub("", composed).split())


@dataclass
class Assembly:
    """Collects a document piece by piece.

    A list's items are kept with the line that leads to them ("You should not:"), or with the title right above them:
    alone, an item may say the opposite.
    """

    headings: list[str] = field(default_factory=list)
    _paragraphs: list[list[str]] = field(default_factory=list)
    _lead: str = ""
    _lead_is_text: bool = False
    _in_list: bool = False

    def heading(self, text: str) -> None:
        if text := clean(text):
            self._close()
            self.headings.append(text)
            self._lead = text if text.endswith(":") else f"{text}:"

    def paragraph(self, text: str) -> None:
        if text := clean(text):
            self._close()
            if text.endswith(":"):
                before, lead = _last_sentence(text)
                if before:
                    self._paragraphs.append([before])
                self._lead, self._lead_is_text = lead, True
            else:
                self._paragraphs.append([text])

    def item(self, text: str) -> None:
        if text := clean(text):
            if not self._in_list:
                self._paragraphs.append([])
            self._in_list = True
            self._paragraphs[-1].append(f"{self._lead} {text}".strip())

    def row(self, cells: Iterable[str]) -> None:
        """A table's row: its first cell says what the others are about."""
        texts = [text for cell in cells if (text := clean(cell))]
        self.item(f"{texts[0].rstrip(':')}: {'; '.join(texts[1:])}" if len(texts) > 1 else "".join(texts))

    def paragraphs(self) -> tuple[Paragraph, ...]:
        self._close()
        return tuple(Paragraph(tuple(lines)) for lines in self._paragraphs if lines)

    def _close(self) -> None:
        """A line that should have led to a list, and did not, is text like any other; a title is none."""
        if self._lead and self._lead_is_text and not self._in_list:
            self._paragraphs.append([self._lead])
        self._lead, self._lead_is_text, self._in_list = "", False, False


def _last_sentence(text: str) -> tuple[str, str]:
    ends = [match.end() for match in re.finditer(r"[.!?]\s+(?=\S)", text)]
    return (text[: ends[-1]].strip(), text[ends[-1] :]) if ends else ("", text)
