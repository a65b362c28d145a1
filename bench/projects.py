"""What both bots of the comparison are made from: a copy of this checkout, and a limit on phrasings for both.

The copy stays as it is while somebody edits the checkout, and its models don't get among the checkout's.
"""

import random
import shutil
from pathlib import Path
from typing import Any

import yaml

from clinicbot import paths
from clinicbot.faq.files import phrasings_of
from clinicbot.yaml_files import read_yaml

_NEEDED = (
    *("clinicbot", "actions", "data", "widget/dist"),
    *("config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "requirements.txt"),
)


def few(intent: str, phrasings: tuple[str, ...], limit: int | None) -> tuple[str, ...]:
    """At most `limit` phrasings, the same at every call, in their own order; all for None."""
    if limit is None or limit >= len(phrasings):
        return phrasings
    return tuple(phrasings[at] for at in sorted(random.Random(intent).sample(range(len(phrasings)), limit)))


def copy_checkout(folder: Path, limit: int | None) -> None:
    """Put what the assistant needs into `folder`, which keeps its `models/`."""
    for name in _NEEDED:
        source, target = paths.ROOT / name, folder / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for path in sorted([*(folder / "data/faq").glob("*.yml"), *(folder / "data/dialogue").glob("*.yml")]):
        _keep_few(path, limit)


def _keep_few(path: Path, limit: int | None) -> None:
    document = read_yaml(path)
    if limit is None or "nlu" not in document:
        return
    for block in document["nlu"]:
        phrasings = few(block["intent"], phrasings_of(block["examples"], str(path)), limit)
        block["examples"] = examples(phrasings)
    write_yaml(path, document)


def examples(phrasings: tuple[str, ...]) -> str:
    return "".join(f"- {phrasing}\n" for phrasing in phrasings)


class _Dumper(yaml.SafeDumper):
    """Lines as a block scalar, as Rasa wants examples and people want answers."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def write_yaml(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)
    path.write_text(text, encoding="utf-8")
