"""Reading `data/faq/*.yml`, Rasa's own format (design: one block is one FAQ)."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from clinicbot import paths
from clinicbot.faq.model import Answer, Faq
from clinicbot.texts import DEFAULT_LANGUAGE
from clinicbot.yaml_files import ContentError, read_yaml


def phrasings_of(examples: Any, where: str) -> tuple[str, ...]:
    """The lines of a Rasa `examples: |` scalar without their dashes."""
    if not isinstance(examples, str):
        raise ContentError(f"{where}: `examples` must be a block of lines that start with `- `")
    lines = []
    for line in examples.splitlines():
        if not line.strip():
            continue
        if not line.startswith("- "):
            raise ContentError(f"{where}: {line.strip()!r} must start with `- `")
        lines.append(line[2:].strip())
    return tuple(lines)


def read_intents(path: Path) -> dict[str, tuple[str, ...]]:
    """The training phrasings by intent of any NLU file."""
    return _intents(read_yaml(path), path)


def _intents(raw: Any, path: Path) -> dict[str, tuple[str, ...]]:
    blocks = raw.get("nlu", []) if isinstance(raw, dict) else []
    return {
        block["intent"]: phrasings_of(block.get("examples"), f"{path}: {block['intent']}")
        for block in blocks
        if "intent" in block
    }


def read_topic(path: Path) -> list[Faq]:
    """The FAQs of one topic file. Raises ContentError that names the FAQ and what is wrong with it."""
    return faqs_of(read_yaml(path), path)


def faqs_of(raw: Any, path: Path) -> list[Faq]:
    """The FAQs of a topic file that has been parsed. Raises ContentError as `read_topic`."""
    if not isinstance(raw, dict) or "nlu" not in raw or "responses" not in raw:
        raise ContentError(f"{path}: expected the keys version, nlu, responses and rules")
    answers = {
        action.removeprefix("utter_"): _answers(variations, f"{path}: {action}")
        for action, variations in raw["responses"].items()
    }
    intents = _intents(raw, path)
    orphans = sorted(set(answers) - set(intents))
    if orphans:
        raise ContentError(f"{path}: answers without questions: {', '.join(orphans)}")
    return [Faq(faq_id, phrasings, answers.get(faq_id, {})) for faq_id, phrasings in intents.items()]


def _answers(variations: list[dict[str, Any]], where: str) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for variation in variations:
        language = _language(variation, where)
        if language in answers:
            raise ContentError(f"{where}: two answers in {language}; keep one")
        metadata = variation.get("metadata")
        if not isinstance(metadata, dict) or not {"title", "source", "reviewed_on"} <= set(metadata):
            raise ContentError(f"{where} ({language}): metadata needs title, source and reviewed_on")
        answers[language] = Answer(
            language=language,
            text=str(variation.get("text") or "").strip(),
            title=str(metadata["title"]).strip(),
            source=tuple(str(reference) for reference in metadata["source"]),
            reviewed_on=_review_date(metadata["reviewed_on"], where),
            phone_line=bool(metadata.get("phone_line", False)),
        )
    return answers


def _language(variation: dict[str, Any], where: str) -> str:
    conditions = variation.get("condition") or []
    for condition in conditions:
        if condition.get("name") == "language" and condition.get("type") == "slot":
            return str(condition["value"])
    if conditions:
        raise ContentError(f"{where}: a condition must be `type: slot, name: language, value: <code>`")
    return DEFAULT_LANGUAGE


def _review_date(value: Any, where: str) -> date | None:
    if value is None or isinstance(value, date):
        return value
    raise ContentError(f"{where}: reviewed_on must be null or a date such as 2026-05-31, not {value!r}")


def topics_in(root: Path) -> set[str]:
    """The topics of a checkout's or a release's `data/faq`: a file each."""
    return {path.stem for path in (root / "data" / "faq").glob("*.yml")}


def read_faqs(folder: Path) -> list[Faq]:
    """All FAQs of `data/faq`, in the order of the files' names."""
    return [faq for path in sorted(folder.glob("*.yml")) for faq in read_topic(path)]


@lru_cache(maxsize=1)
def load_faqs() -> dict[str, Faq]:
    """The FAQs of this checkout by id, read once a process."""
    return {faq.id: faq for faq in read_faqs(paths.FAQ)}
