"""Whether a bot's answer to a line of `tests/nlu` is right: one rule a kind of line, the same for every bot.

| line | right when |
| --- | --- |
| a question of the document | all facts of its FAQ (tests/facts.yml, in the line's language) stand in the text |
| general side effects | those facts, or any answer about side effects; never the emergency text |
| reported red flag | the first line has the emergency number, before any phone number |
| other complication | the text has the clinic's phone number |
| handover | the phone number, and neither an FAQ's answer nor the emergency text nor small talk |
| outside the document | not an FAQ's answer, not the emergency text |
| small talk | one of the texts of that intent |

Silence and the "can't answer right now" text are always wrong.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinicbot import paths
from clinicbot.clinic import Clinic, load_clinic
from clinicbot.faq.files import load_faqs, read_intents
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.texts import load_texts
from clinicbot.yaml_files import read_yaml

TEST_LINES = paths.ROOT / "tests" / "nlu"
FACTS = paths.ROOT / "tests" / "facts.yml"
GENERAL_SIDE_EFFECTS = "general_side_effects"


@dataclass(frozen=True)
class Question:
    """A line of a test file; `gold` is its intent, `file` the name without `.yml`."""

    file: str
    language: str
    gold: str
    text: str


@dataclass(frozen=True)
class BotAnswer:
    """All replies to one message; `kinds` are the chat API's (answer, emergency, handover, fallback, smalltalk)."""

    text: str
    kinds: tuple[str, ...]


def read_questions(names: Sequence[str] = ()) -> list[Question]:
    """The lines of all test files, or of those whose names contain one of `names`."""
    files = [path for path in sorted(TEST_LINES.glob("*.yml")) if not names or any(n in path.stem for n in names)]
    return [
        Question(path.stem, _language(path), gold, text)
        for path in files
        for gold, texts in read_intents(path).items()
        for text in texts
    ]


def _language(path: Path) -> str:
    code = path.stem.rpartition("_")[2]
    return code if code in load_clinic().languages else load_clinic().languages[0]


class Judge:
    """Knows the facts and the fixed texts of this checkout."""

    def __init__(self) -> None:
        self._clinic: Clinic = load_clinic()
        self._facts: dict[str, dict[str, list[str]]] = read_yaml(FACTS)
        languages = self._clinic.languages
        self._faqs = [(faq.topic, answer.text) for faq in load_faqs().values() for answer in faq.answers.values()]
        self._emergency = [load_emergency_text(code).text for code in languages]
        values = {"phone": self._clinic.phone, "emergency": self._clinic.emergency_number, "clinic": self._clinic.name}
        self._failure = [load_texts(code).get("failure", **values) for code in languages]
        self._small_talk = {
            action.removeprefix("utter_"): [str(variation["text"]) for variation in variations]
            for action, variations in read_yaml(paths.DIALOGUE / "rules.yml")["responses"].items()
        }

    def kind_of(self, text: str) -> str:
        """The kind of a plain text, for a bot that doesn't name kinds itself; what is no known text is a handover."""
        if _has(text, (answer for _, answer in self._faqs)):
            return "answer"
        if _has(text, self._emergency):
            return "emergency"
        if _has(text, (each for texts in self._small_talk.values() for each in texts)):
            return "smalltalk"
        return "handover"

    def is_right(self, question: Question, answer: BotAnswer) -> bool:
        text, kinds = answer.text, set(answer.kinds)
        if not text or _has(text, self._failure):
            return False
        has_phone = self._clinic.phone in text
        if question.file == GENERAL_SIDE_EFFECTS:
            about = _has(text, (each for topic, each in self._faqs if topic == "side_effects"))
            return "emergency" not in kinds and (about or self._has_facts(question, text))
        if question.gold in self._facts:
            return self._has_facts(question, text)
        if question.gold == "report_red":
            return self._calls_emergency_first(text)
        if question.gold in ("report_amber", "report_mild"):
            return has_phone
        if question.gold in ("not_in_document", "out_of_scope"):
            return not kinds & {"answer", "emergency"}
        if question.gold in self._small_talk:
            return _has(text, self._small_talk[question.gold])
        return has_phone and kinds <= {"handover", "fallback"}

    def _has_facts(self, question: Question, text: str) -> bool:
        patterns = self._facts[question.gold][question.language]
        return all(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)

    def _calls_emergency_first(self, text: str) -> bool:
        before_phone = text.splitlines()[0].partition(self._clinic.phone)[0]
        return self._clinic.emergency_number in before_phone


def _has(text: str, known: Iterable[str]) -> bool:
    return any(each in text for each in known)
