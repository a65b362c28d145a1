"""The assistant's fixed texts that are not FAQs: `data/texts/<language>.yml`, one file a language.

English is the complete file; a text missing in another language is an error, found by the linter.
"""

from functools import lru_cache
from pathlib import Path
from string import Template

from clinicbot import paths
from clinicbot.yaml_files import ContentError, read_yaml

DEFAULT_LANGUAGE = "en"
# As in widget/src/language.ts
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
OTHER_LANGUAGES = paths.TEXTS / "other_languages.yml"


class Texts:
    """Texts of one language by key, with `$name` placeholders."""

    def __init__(self, language: str, entries: dict[str, str]) -> None:
        self.language = language
        self._entries = entries

    def keys(self) -> frozenset[str]:
        return frozenset(self._entries)

    def get(self, key: str, **values: str) -> str:
        """The text with its placeholders filled. Raises KeyError for an unknown key or a missing value."""
        return fill(self._entries[key], self.language, **values)


def fill(template: str, language: str, **values: str) -> str:
    """A text with its `$name` placeholders filled. Raises KeyError for a missing value.

    A telephone number among right-to-left words stands in a left-to-right isolate (Unicode UAX 9), or its groups of
    digits would be shown in reverse order.
    """
    if language in RIGHT_TO_LEFT and "phone" in values:
        values["phone"] = f"\u2066{values['phone']}\u2069"
    return Template(template).substitute(values)


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


def topic_title(topic: str, texts: Texts) -> str:
    """What a topic is called; one that staff added has no text, so it is called by its name in words."""
    key = f"topic_{topic}"
    return texts.get(key) if key in texts.keys() else topic.replace("_", " ").capitalize()  # noqa: SIM118  not a dict


@lru_cache(maxsize=1)
def other_languages() -> dict[str, str]:
    """What is said to somebody who writes in a language that the assistant doesn't speak: texts by ISO 639-1 code."""
    return {str(code): str(text) for code, text in read_yaml(OTHER_LANGUAGES).items()}
