"""What a patient gets, on any channel: the Reply of the chat API (design 6)."""

import secrets
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any


class Kind(str, Enum):
    ANSWER = "answer"
    EMERGENCY = "emergency"
    HANDOVER = "handover"
    FALLBACK = "fallback"
    SMALLTALK = "smalltalk"


@dataclass(frozen=True)
class Button:
    """`kind` is reply, call or link; `value` an opaque id, a `tel:` or an `https:` address."""

    title: str
    kind: str
    value: str


@dataclass(frozen=True)
class Source:
    """The FAQ's title and the document's sentences that an answer stands on."""

    title: str
    passage: str


@dataclass(frozen=True)
class Reply:
    kind: Kind
    language: str
    text: str
    buttons: tuple[Button, ...] = ()
    source: Source | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    def to_json(self) -> dict[str, Any]:
        document = asdict(self)
        document["kind"] = self.kind.value
        document["buttons"] = [asdict(button) for button in self.buttons]
        if self.source is None:
            del document["source"]
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Reply":
        """The Reply that `to_json` wrote."""
        source = document.get("source")
        return cls(
            Kind(document["kind"]),
            document["language"],
            document["text"],
            tuple(Button(**button) for button in document["buttons"]),
            Source(**source) if source else None,
            document["id"],
        )
