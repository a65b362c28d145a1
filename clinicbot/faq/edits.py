"""Edits of FAQs, and the text of each topic file as it reads once they are made. Nothing is written here."""

import re
from collections.abc import Mapping
from pathlib import Path

from clinicbot.faq.files import read_topic
from clinicbot.faq.model import Faq
from clinicbot.faq.topic_text import TopicText, cut, new_topic, tidy
from clinicbot.yaml_files import ContentError

_TOPIC = re.compile(r"[a-z][a-z0-9_]{0,49}")
_YAML_VALUES = frozenset({"yes", "no", "on", "off", "true", "false", "null"})  # no words where they stand alone
_NAME = re.compile(r"[a-z0-9_]{1,80}")
OTHER_FORM = "is not laid out as its neighbours are, so it can't be changed safely; restore its form by hand first"

Edits = Mapping[str, Faq | None]
"""By id, the FAQ as it shall be; None removes it."""


def is_topic(topic: str) -> bool:
    return bool(_TOPIC.fullmatch(topic))


def is_id(faq_id: str) -> bool:
    topic, _, name = faq_id.partition("/")
    return is_topic(topic) and bool(_NAME.fullmatch(name)) and topic not in _YAML_VALUES


def topic_of(faq_id: str) -> str:
    return faq_id.partition("/")[0]


def topic_file(topic: str, root: Path) -> Path:
    return root / "data" / "faq" / f"{topic}.yml"


def faqs_in(path: Path) -> list[Faq]:
    return read_topic(path) if path.exists() else []


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8")  # not read_text, which would change line endings


def faqs_after(path: Path, edits: Edits) -> list[Faq]:
    """The FAQs of a topic file when it has been written, in their order."""
    faqs: dict[str, Faq | None] = {faq.id: faq for faq in faqs_in(path)}
    faqs.update({faq_id: faq and tidy(faq) for faq_id, faq in edits.items() if topic_of(faq_id) == path.stem})
    return [faq for faq in faqs.values() if faq]


def topic_texts(edits: Edits, root: Path) -> dict[Path, str | None]:
    """The new text of each topic file that the edits touch; None for a file that shall go.

    Raises ContentError for a file that is damaged, or that YAML and the writer read differently.
    """
    topics: dict[str, TopicText] = {}
    for faq_id, faq in edits.items():
        topic = topic_of(faq_id)
        if topic not in topics:
            topics[topic] = _cut(topic_file(topic, root))
        if faq is None:
            topics[topic].drop(faq_id)
        else:
            topics[topic].put(tidy(faq))
    return {topic_file(topic, root): str(text) if text.questions else None for topic, text in sorted(topics.items())}


def _cut(path: Path) -> TopicText:
    """Refuses a file in which YAML sees other FAQs than the writer does, so that none is doubled or lost."""
    if not path.exists():
        return new_topic(path.stem)
    text, faqs = cut(text_of(path), str(path)), read_topic(path)
    if list(text.questions) != [faq.id for faq in faqs] or set(text.answers) != {faq.id for faq in faqs if faq.answers}:
        raise ContentError(f"{path}: {OTHER_FORM}")
    return text
