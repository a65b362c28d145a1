"""The assistant's fixed texts that are not FAQs: `data/texts/<language>.yml`, one file a language.

English is the complete file; a text missing in another language is an error, found by the linter.
"""

from functools import lru_cache
from pathlib import Path
from string import Template

from clinicbot import paths
from clinicbot.yaml_files import ContentError, read_yaml

DEFAULT_LANGUAGE = "en"


class Texts:
    """Texts of one language by key, with `$name` placeholders."""

    def __init__(self, language: str, entries: dict[str, str]) -> None:
        self.language = language
        self._entries = entries

    def keys(self) -> frozenset[str]:
        return frozenset(self._entries)

    def get(self, key: str, **values: str) -> str:
        """The text with its placeholders filled. Raises KeyError for an unknown key or a missing value."""
        return Template(self._entries[key]).substitute(values)


def read_texts(path: Path) -> Texts:
    raw = read_yaml(path)
    if not isinstance(raw, dict) or not all(isinstance(v, str) and v.strip() for v in raw.values()):
        raise ContentError(f"{path}: every entry must be `key: text`")
    return Texts(path.stem, {str(key): value.strip() for key, value in raw.items()})


@lru_cache(maxsize=16)
def load_texts(language: str) -> Texts:
    """The texts of a language; English where that language has no file."""
    path = paths.TEXTS / f"{language}.yml"
    return read_texts(path if path.exists() else paths.TEXTS / f"{DEFAULT_LANGUAGE}.yml")
