"""The text of a topic file, FAQ by FAQ: what the writer puts down, in exactly the style that stands in `data/faq`.

Emitted by hand, not by a YAML library: the format is five fixed kinds of line, and a library that dumps the whole file
would fold, re-quote or re-order lines that nobody touched. The writer reads every result back before it is kept.
"""

import re
from dataclasses import dataclass, replace

from clinicbot.faq.model import Answer, Faq
from clinicbot.texts import DEFAULT_LANGUAGE
from clinicbot.yaml_files import ContentError

_QUESTION = re.compile(r"- intent: (\S+)\n")
_ANSWER = re.compile(r"  utter_(\S+):\n")
_COMMENTS = re.compile(r"(?: {0,3}#[^\n]*\n)*")
_LINE = re.compile(r"(?<=\n)")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


@dataclass
class TopicText:
    """A topic file cut into pieces that make it up again: one piece of questions and one of answers an FAQ, by id."""

    head: str
    questions: dict[str, str]
    middle: str
    answers: dict[str, str]
    tail: str

    def __str__(self) -> str:
        return "".join([self.head, *self.questions.values(), self.middle, *self.answers.values(), self.tail])

    def put(self, faq: Faq) -> None:
        """The FAQ in its old place, or as the last one."""
        self.questions[faq.id] = _comments(self.questions, faq.id) + questions_text(faq)
        self.answers[faq.id] = _comments(self.answers, faq.id) + answers_text(faq)

    def drop(self, faq_id: str) -> None:
        self.questions.pop(faq_id, None)
        self.answers.pop(faq_id, None)


def cut(text: str, where: str) -> TopicText:
    """Cuts a file's text. Raises ContentError if the sections aren't there in the order that the writer keeps."""
    pieces: dict[str, str] = {"head": "", "middle": "", "tail": ""}
    questions: dict[str, str] = {}
    answers: dict[str, str] = {}
    place, key = pieces, "head"
    comments = ""
    for line in _LINE.split(text):
        if line and _COMMENTS.fullmatch(line):  # belongs to what it stands above
            comments += line
            continue
        if line == "responses:\n":
            place, key = pieces, "middle"
        elif line == "rules:\n":
            place, key = pieces, "tail"
        elif pieces["middle"] == "" and (match := _QUESTION.fullmatch(line)):
            place, key = questions, match[1]
        elif pieces["middle"] and not pieces["tail"] and (match := _ANSWER.fullmatch(line)):
            place, key = answers, match[1]
        place[key] = place.get(key, "") + comments + line
        comments = ""
    if not pieces["middle"] or not pieces["tail"] or not text.endswith("\n"):
        raise ContentError(f"{where}: expected the lines `nlu:`, `responses:` and `rules:` in this order")
    return TopicText(pieces["head"], questions, pieces["middle"], answers, pieces["tail"])


def _comments(pieces: dict[str, str], faq_id: str) -> str:
    match = _COMMENTS.match(pieces.get(faq_id, ""))
    return match[0] if match else ""


def new_topic(topic: str) -> TopicText:
    rule = f"- rule: answer a question about {topic.replace('_', ' ')}\n"
    steps = f"  steps: [{{intent: {topic}}}, {{action: utter_{topic}}}]\n"
    return TopicText('version: "3.1"\nnlu:\n', {}, "responses:\n", {}, "rules:\n" + rule + steps)


def questions_text(faq: Faq) -> str:
    return f"- intent: {faq.id}\n  examples: |\n" + "".join(f"    - {phrasing}\n" for phrasing in faq.phrasings)


def answers_text(faq: Faq) -> str:
    return f"  utter_{faq.id}:\n" + "".join(_answer_text(answer) for answer in faq.answers.values())


def _answer_text(answer: Answer) -> str:
    text = f"  - text: {_quoted(answer.text)}\n"
    if answer.language != DEFAULT_LANGUAGE:
        text += f"    condition: [{{type: slot, name: language, value: {answer.language}}}]\n"
    reviewed_on = answer.reviewed_on.isoformat() if answer.reviewed_on else "null"
    metadata = f"title: {_quoted(answer.title)}, source: [{', '.join(answer.source)}], reviewed_on: {reviewed_on}"
    return text + f"    metadata: {{{metadata}{', phone_line: true' if answer.phone_line else ''}}}\n"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def tidy(faq: Faq) -> Faq:
    """The FAQ as it reads when it has been written: no space around a text, no empty phrasing."""
    phrasings = tuple(stripped for phrasing in faq.phrasings if (stripped := phrasing.strip()))
    answers = {
        language: replace(answer, text=answer.text.strip(), title=answer.title.strip())
        for language, answer in faq.answers.items()
    }
    return Faq(faq.id, phrasings, answers)
