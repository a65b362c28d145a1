"""The console's own texts: `texts/<area>.<language>.yml`, flat `key: text`, read as `area.key`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

from clinicbot.negotiation import first_language
from clinicbot.store.people import LANGUAGES
from clinicbot.yaml_files import ContentError, read_yaml

FOLDER = Path(__file__).parent / "texts"
DEFAULT_LANGUAGE = LANGUAGES[0]


@dataclass(frozen=True)
class Words:
    """All texts of one language."""

    language: str
    entries: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text with its `$name` placeholders filled. Raises KeyError for an unknown key or a missing value."""
        return Template(self.entries[key]).substitute(values)

    def count(self, key: str, number: int, **values: object) -> str:
        """As `key_one` where the number is 1 and that exists, else as `key`; `$count` is the number."""
        single = f"{key}_one"
        return self(single if number == 1 and single in self.entries else key, count=number, **values)

    def known(self, text: str) -> str:
        """The text of that key, or what was given where it is no key: WTForms' own messages are words already."""
        return self(text) if text in self.entries else text


def areas() -> list[str]:
    return sorted({path.name.split(".")[0] for path in FOLDER.glob("*.yml")})


def read_area(area: str, language: str) -> dict[str, str]:
    """An area's texts by full key. Raises ContentError for a missing or malformed file."""
    path = FOLDER / f"{area}.{language}.yml"
    raw = read_yaml(path) or {}
    if not isinstance(raw, dict):
        raise ContentError(f"{path}: every entry must be `key: text`")
    for key, text in raw.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise ContentError(f"{path}: {key!r} must be a text; put quotes around it")
    return {key if key.startswith(f"{area}.") else f"{area}.{key}": text.strip() for key, text in raw.items()}


@lru_cache(maxsize=len(LANGUAGES))
def words_of(language: str) -> Words:
    return Words(language, {key: text for area in areas() for key, text in read_area(area, language).items()})


def choose_language(accept_language: str) -> str:
    """The most wanted language of a browser's Accept-Language header that the console speaks."""
    return first_language(accept_language, LANGUAGES) or DEFAULT_LANGUAGE
