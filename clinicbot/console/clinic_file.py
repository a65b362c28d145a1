"""The one writer of `data/clinic.yml` besides a person's editor: comments and keys that it doesn't know stay."""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from clinicbot.clinic import WEEKDAYS, Clinic, read_clinic
from clinicbot.faq.safe_files import locked, replace_file
from clinicbot.yaml_files import ContentError

Hours = tuple[str, ...]  # such as ("09:00-13:00", "14:00-18:00")


class ClinicChanged(Exception):
    """Somebody else has changed the file since it was read."""


@dataclass(frozen=True)
class ClinicChange:
    """What staff may change. The emergency number is not among it."""

    phone: str
    opening_hours: Mapping[str, Hours]  # by weekday; days that are left out are closed
    closed_on_public_holidays: bool
    exceptions: Mapping[date, Hours]
    retention_days: int

    def entries(self) -> dict[str, str]:
        """Each key's value as YAML."""
        week = {day: self.opening_hours[day] for day in WEEKDAYS if self.opening_hours.get(day)}
        days = {f'"{day.isoformat()}"': hours for day, hours in sorted(self.exceptions.items())}
        return {
            "phone": json.dumps(self.phone, ensure_ascii=False),
            "opening_hours": _mapping(week),
            "public_holidays": "closed" if self.closed_on_public_holidays else "open",
            "exceptions": _mapping(days),
            "retention_days": str(self.retention_days),
        }


def read_versioned(path: Path) -> tuple[Clinic, str]:
    """The clinic, and what a later change names as the version that it is based on. Raises ContentError."""
    return read_clinic(path), _version(path.read_bytes())


def change_clinic(path: Path, change: ClinicChange, version: str) -> None:
    """Raises ClinicChanged, ContentError for what can't be used, OSError; then the file stays as it was."""
    with locked(path.parent):
        content = path.read_bytes()
        if _version(content) != version:
            raise ClinicChanged
        text = content.decode("utf-8")
        for key, value in change.entries().items():
            text = _replaced(text, key, value)
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder) / path.name
            trial.write_text(text, encoding="utf-8")
            read_clinic(trial)
        replace_file(path, text)


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _mapping(hours: Mapping[str, Hours]) -> str:
    if not hours:
        return "{}"
    return "".join(f"\n  {key}: {json.dumps(intervals)}" for key, intervals in hours.items())


def _replaced(text: str, key: str, value: str) -> str:
    """The file with one key's value replaced; a value that stays the same isn't touched."""
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(document, yaml.MappingNode):
        raise ContentError("clinic.yml has no keys")
    for key_node, value_node in document.value:
        if key_node.value == key:
            begin, end = text.index(":", key_node.end_mark.index) + 1, _end(value_node)
            if _meaning(f"{key}:{text[begin:end]}") == _meaning(f"{key}: {value}"):
                return text
            space = "" if value.startswith("\n") else " "
            return text[:begin] + space + value + text[end:]
    space = "" if value.startswith("\n") else " "
    return f"{text.rstrip()}\n{key}:{space}{value}\n"


def _end(node: yaml.Node) -> int:
    """Where its text ends: the mark of a block mapping is behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _meaning(text: str) -> Any:
    return yaml.load(text, Loader=yaml.SafeLoader)
