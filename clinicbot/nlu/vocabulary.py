"""The domain's words (`data/vocabulary.yml`): the only place where understanding learns what it is about."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinicbot.paths import ROOT
from clinicbot.yaml_files import ContentError, read_yaml


@dataclass(frozen=True)
class Vocabulary:
    """`subject` words that nearly every question shares; `entities` as token patterns by entity name."""

    subject: frozenset[str]
    entities: dict[str, list[str]]

    def to_json(self) -> dict[str, Any]:
        return {"subject": sorted(self.subject), "entities": self.entities}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Vocabulary":
        return cls(frozenset(raw["subject"]), dict(raw["entities"]))


def read_vocabulary(path: str | None) -> Vocabulary:
    """An empty vocabulary where none is configured. Raises ContentError for a malformed file."""
    if path is None:
        return Vocabulary(frozenset(), {})
    raw = read_yaml(_resolve(path))
    try:
        return Vocabulary.from_json({"subject": raw.get("subject") or [], "entities": raw.get("entities") or {}})
    except (AttributeError, TypeError) as error:
        raise ContentError(f"{path}: expected `subject: [words]` and `entities: {{name: [patterns]}}`") from error


def _resolve(path: str) -> Path:
    """A path as written, or below the repository's root (Rasa may be started elsewhere)."""
    given = Path(path)
    return given if given.exists() else ROOT / given
