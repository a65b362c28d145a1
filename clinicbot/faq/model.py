"""What an FAQ is, once read."""

from dataclasses import dataclass, field
from datetime import date

TOPICS = ("uses", "procedure", "duration", "eligibility", "aftercare", "side_effects")


@dataclass(frozen=True)
class Answer:
    """One language's answer. `source` holds references such as `p5.2`; `phone_line` asks for the clinic's number."""

    language: str
    text: str
    title: str
    source: tuple[str, ...]
    reviewed_on: date | None
    phone_line: bool = False


@dataclass(frozen=True)
class Faq:
    """`id` is `topic/name`, Rasa's retrieval intent; `phrasings` are the training questions of all languages."""

    id: str
    phrasings: tuple[str, ...]
    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        return self.id.partition("/")[0]
