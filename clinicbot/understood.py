"""What the classifier made of a message: Rasa's channel hands it over with the answer, the gateway records it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# As long as the tables take.
MAX_LABEL_CHARACTERS = 140


@dataclass(frozen=True)
class Understood:
    """`labels` has an intent or an FAQ (`topic/name`) for each part of the message, at least one; `confidence` is the
    first part's; `nearest` are the FAQs that were or could be offered, nearest first; `release` is the number of the
    one that answered, None where Rasa doesn't know it."""

    labels: tuple[str, ...]
    confidence: float
    nearest: tuple[str, ...]
    release: int | None = None

    @property
    def label(self) -> str:
        return self.labels[0]

    def to_json(self) -> dict[str, Any]:
        return {
            "labels": list(self.labels),
            "confidence": self.confidence,
            "nearest": list(self.nearest),
            "release": self.release,
        }

    @classmethod
    def from_json(cls, document: Any) -> "Understood | None":
        """What `to_json` wrote; None for anything else, since no answer may depend on it."""
        if not isinstance(document, dict):
            return None
        labels, nearest = _labels(document.get("labels")), _labels(document.get("nearest"))
        confidence, release = document.get("confidence"), document.get("release")
        if not labels or nearest is None or not isinstance(confidence, (int, float)) or not math.isfinite(confidence):
            return None
        return cls(labels, float(confidence), nearest, release if isinstance(release, int) else None)

    @classmethod
    def from_parse_data(cls, parse_data: Mapping[str, Any], release: int | None = None) -> "Understood":
        """From what `QuestionClassifier` gave Rasa. A text that never reached it has the intent None."""
        intent = parse_data.get("intent") or {}
        selector = parse_data.get("response_selector") or {}
        parts = parse_data.get("parts") or ()
        if parts:
            labels = [str(part["utter_action"] or part["intent"]).removeprefix("utter_") for part in parts]
        else:
            name = str(intent.get("name") or "")
            chosen = (selector.get(name) or {}).get("response") or {}
            labels = [str(chosen.get("intent_response_key") or name)]
        ranking = (selector.get("default") or {}).get("ranking") or ()
        nearest = tuple(str(faq["intent_response_key"]) for faq in ranking)
        return cls(tuple(labels), float(intent.get("confidence") or 0.0), nearest, release)


def _labels(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    usable = all(isinstance(label, str) and _is_label(label) for label in value)
    return tuple(value) if usable else None


def _is_label(text: str) -> bool:
    return 0 < len(text) <= MAX_LABEL_CHARACTERS and text.isprintable()
