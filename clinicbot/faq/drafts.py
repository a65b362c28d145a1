"""The FAQs of a checkout as they are on disk now, for pages that ask again and again: a file is read again only where
it has changed.

`files.load_faqs` keeps what it read first, which is right for what patients get; staff see what they have just written.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from clinicbot.faq.files import read_intents, read_topic
from clinicbot.faq.linter import fingerprint
from clinicbot.faq.model import Faq

_KEPT_FILES = 64  # the drafts' and the live release's, of FAQs and dialogue


@dataclass(frozen=True)
class _Topic:
    faqs: tuple[Faq, ...]
    searched: dict[str, str]


class Drafts:
    """`root` is a checkout or a release's content. Every method may raise ContentError for a damaged file."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def faqs(self) -> dict[str, Faq]:
        """By id, in the order of the files."""
        return {faq.id: faq for topic in self._topics() for faq in topic.faqs}

    def get(self, faq_id: str) -> Faq | None:
        return self.faqs().get(faq_id)

    def topics(self) -> list[str]:
        return [path.stem for path in self._files("faq")]

    def searched(self) -> dict[str, str]:
        """By id, everything of an FAQ that a search looks at, folded."""
        return {faq_id: text for topic in self._topics() for faq_id, text in topic.searched.items()}

    def owner_of(self, phrasing: str) -> str | None:
        """The FAQ or intent that has this phrasing already, whatever its case and punctuation."""
        key = fingerprint(phrasing)
        for folder in ("faq", "dialogue"):
            for path in self._files(folder):
                if owner := _owners(path, *_stamp(path)).get(key):
                    return owner
        return None

    def _topics(self) -> Iterator[_Topic]:
        return (_topic(path, *_stamp(path)) for path in self._files("faq"))

    def _files(self, folder: str) -> list[Path]:
        return sorted((self._root / "data" / folder).glob("*.yml"))


def fold(text: str) -> str:
    """Without case, accents and the dot that Turkish tells two letters apart by, so that "agri" finds "Ağrı"."""
    decomposed = unicodedata.normalize("NFKD", text).casefold().replace("ı", "i")
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def _stamp(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=_KEPT_FILES)
def _topic(path: Path, *_stamp: int) -> _Topic:
    faqs = tuple(read_topic(path))
    return _Topic(faqs, {faq.id: fold("\n".join(_texts(faq))) for faq in faqs})


@lru_cache(maxsize=_KEPT_FILES)
def _owners(path: Path, *_stamp: int) -> dict[str, str]:
    return {fingerprint(text): intent for intent, texts in read_intents(path).items() for text in texts}


def _texts(faq: Faq) -> Iterator[str]:
    yield faq.id
    for answer in faq.answers.values():
        yield from (answer.title, answer.text)
    yield from faq.phrasings
