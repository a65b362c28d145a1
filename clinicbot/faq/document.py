"""The clinic's document: numbered passages and sentences."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from clinicbot import paths
from clinicbot.yaml_files import ContentError

_SENTENCE = re.compile(r"^- (p\d+\.\d+) (.+)$")


@dataclass(frozen=True)
class Document:
    """`sentences` maps `p5.2` to its text, in the document's order."""

    sentences: dict[str, str]

    def passage(self, reference: str) -> tuple[str, ...]:
        """The sentences of `p5` (a whole paragraph) or `p5.2`; empty for an unknown reference."""
        if reference in self.sentences:
            return (self.sentences[reference],)
        return tuple(text for key, text in self.sentences.items() if key.startswith(reference + "."))

    def expand(self, reference: str) -> tuple[str, ...]:
        """The sentence numbers that a reference covers."""
        if reference in self.sentences:
            return (reference,)
        return tuple(key for key in self.sentences if key.startswith(reference + "."))

    def quote(self, references: tuple[str, ...]) -> str:
        return " ".join(sentence for reference in references for sentence in self.passage(reference))


def read_document(path: Path) -> Document:
    """Raises ContentError for a file that can't be read, has no numbered sentences, or a number twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: can't be read ({error}); restore it from the repository") from error
    sentences: dict[str, str] = {}
    for line in text.splitlines():
        match = _SENTENCE.match(line)
        if match is None:
            continue
        if match[1] in sentences:
            raise ContentError(f"{path}: {match[1]} stands twice; number every sentence once")
        sentences[match[1]] = match[2].strip()
    if not sentences:
        raise ContentError(f"{path}: no numbered sentences; write one a line as `- p1.1 The sentence.`")
    return Document(sentences)


@lru_cache(maxsize=1)
def load_document() -> Document:
    return read_document(paths.DOCUMENT)
