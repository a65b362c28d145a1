"""Whether a bot's answer to a line of `tests/nlu` or a turn of `tests/conversations` is right: one rule a kind of
line, the same for every bot.

| line | right when |
| --- | --- |
| a question of the document | all facts of its FAQ (tests/facts.yml, in the line's language) stand in the text |
| general side effects | those facts, or any answer about side effects; never the emergency text |
| reported red flag | the first line has the emergency number, before any phone number |
| other complication | the text has the clinic's phone number |
| handover | the phone number, and neither an FAQ's answer nor the emergency text nor small talk |
| outside the document | not an FAQ's answer, not the emergency text |
| too short to tell | the text that asks back |
| small talk | one of the texts of that intent |
| several things | each of them is right by its facts, its phone number or its emergency number |
| one thing that looks like several | as above, and no second FAQ's answer |

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
CONVERSATIONS = paths.ROOT / "tests" / "conversations"
# What thresholds are chosen on; not a test set.
DEVELOPMENT = paths.ROOT / "bench" / "conversations"
FACTS = paths.ROOT / "tests" / "facts.yml"
GENERAL_SIDE_EFFECTS = "general_side_effects"
ONE_QUESTION = "one_question"
AND, OR = " + ", "|"


@dataclass(frozen=True)
class Question:
    """A line of a test file, or a turn of a conversation; `file` is the name without `.yml`.

    `gold` is its intent; several ones are joined by AND, equally right ones by OR, and it is empty for a turn that only
    sets the scene. `earlier` are the conversation's turns before it.
    """

    file: str
    language: str
    gold: str
    text: str
    style: str = "plain"
    earlier: tuple[str, ...] = ()

    @property
    def set(self) -> str:
        """The file's name without language and style."""
        return "_".join(part for part in self.file.split("_") if part not in (*load_clinic().languages, *STYLES))


# What a file's name may end with besides its language.
STYLES = ("typos", "ascii", "latin", "more")


@dataclass(frozen=True)
class BotAnswer:
    """All replies to one message; `kinds` are the chat API's (answer, emergency, handover, fallback, smalltalk)."""

    text: str
    kinds: tuple[str, ...]


def read_questions(names: Sequence[str] = ()) -> list[Question]:
    """The lines of all test files, or of those whose names contain one of `names`."""
    return [
        Question(
            path.stem, _language(path), gold, text, next((s for s in STYLES if s in path.stem.split("_")), "plain")
        )
        for path in _files(TEST_LINES, names)
        for gold, texts in read_intents(path).items()
        for text in texts
    ]


def read_conversations(names: Sequence[str] = (), folder: Path = CONVERSATIONS) -> list[Question]:
    """The judged turns of all conversation files, each with the turns before it."""
    questions = []
    for path in _files(folder, names):
        for conversation in read_yaml(path):
            earlier: tuple[str, ...] = ()
            for turn in conversation["turns"]:
                if expected := turn.get("expect"):
                    language = turn.get("language", conversation["language"])
                    gold = AND.join(expected)
                    questions.append(Question(path.stem, language, gold, turn["say"], conversation["style"], earlier))
                earlier = (*earlier, turn["say"])
    return questions


def _files(folder: Path, names: Sequence[str]) -> list[Path]:
    return [path for path in sorted(folder.glob("*.yml")) if not names or any(name in path.stem for name in names)]


def _language(path: Path) -> str:
    codes = [part for part in path.stem.split("_") if part in load_clinic().languages]
    return codes[-1] if codes else load_clinic().languages[0]


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
        if not answer.text or _has(answer.text, self._failure):
            return False
        parts = question.gold.split(AND)
        if len(parts) > 1:
            return all(self._holds(part, question.language, answer) for part in parts)
        if question.file == ONE_QUESTION and self._second_answer(question.language, answer):
            return False
        return any(self._is_right(gold, question, answer) for gold in question.gold.split(OR))

    def _is_right(self, gold: str, question: Question, answer: BotAnswer) -> bool:
        text, kinds = answer.text, set(answer.kinds)
        if question.set == GENERAL_SIDE_EFFECTS:
            about = _has(text, (each for topic, each in self._faqs if topic == "side_effects"))
            return "emergency" not in kinds and (about or self._has_facts(gold, question.language, text))
        if gold in self._facts:
            return self._has_facts(gold, question.language, text)
        if gold == "report_red":
            return self._calls_emergency_first(text)
        if gold in ("report_amber", "report_mild"):
            return self._clinic.phone in text
        if gold in ("not_in_document", "out_of_scope"):
            return not kinds & {"answer", "emergency"}
        if gold.startswith("unclear_"):
            return load_texts(question.language).get("clarify") in text
        if gold in self._small_talk:
            return _has(text, self._small_talk[gold])
        return self._clinic.phone in text and kinds <= {"handover", "fallback"}

    def _holds(self, part: str, language: str, answer: BotAnswer) -> bool:
        """Whether one thing of several is in the answer."""
        for gold in part.split(OR):
            if gold in self._facts and self._has_facts(gold, language, answer.text):
                return True
            if gold == "report_red" and self._calls_emergency_first(answer.text):
                return True
            if gold not in self._facts and gold != "report_red" and self._clinic.phone in answer.text:
                return True
        return False

    def _second_answer(self, language: str, answer: BotAnswer) -> bool:
        """Whether the text has more paragraphs than one FAQ's answer and the phone line."""
        phone_line = load_texts(language).get("phone_line", phone=self._clinic.phone)
        paragraphs = [line for line in answer.text.splitlines() if line and line != phone_line]
        return "answer" in answer.kinds and len(paragraphs) > 1

    def _has_facts(self, gold: str, language: str, text: str) -> bool:
        patterns = self._facts[gold][language]
        return all(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)

    def _calls_emergency_first(self, text: str) -> bool:
        before_phone = text.splitlines()[0].partition(self._clinic.phone)[0]
        return self._clinic.emergency_number in before_phone


def _has(text: str, known: Iterable[str]) -> bool:
    return any(each in text for each in known)
