"""What a message typed into the callback form is: an answer to the form's question, or a question of the patient's.

The classifier knows questions, not names, numbers and times: names come out as anything ("Mark" as the marking before
the procedure). So the shape of the text decides first and the classifier second, and who types the same again means it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rasa_sdk import Tracker

from actions.turn import language_of
from clinicbot.callback import MAX_NAME_CHARACTERS
from clinicbot.clinic import load_clinic
from clinicbot.nlu.connectives import load_connectives, words_of
from clinicbot.texts import load_texts
from clinicbot.token_patterns import fold

# Small acts of dialogue are no questions; these classes are what everything else falls into.
SOCIAL = frozenset({"affirm", "deny", "greet", "thank", "goodbye", "ask_repeat", "decline_suggestions"})
VAGUE = frozenset({"nlu_fallback", "out_of_scope", "not_in_document", "request_callback"})
ALARMS = frozenset({"report_red", "report_amber", "report_mild"})
# About a time they are an answer: "when you open", "at any time".
ABOUT_TIMES = frozenset({"unclear_when", "unclear_how_long", "book_appointment"})

SURELY_A_QUESTION = 0.9
SURELY_SOCIAL = 0.97
NAME_WORDS = 5
PLAIN_NAME_WORDS = 3
SHORT = 6
LONGEST_LEAD = 4
# What is to be cancelled is named in a longer message: an appointment.
CANCEL_WORDS = 3
_LETTER = r"(?:[^\W\d_][\u0300-\u036f\u064b-\u0655\u200c\u200d]*)"
_NAME = re.compile(rf"{_LETTER}+(?:[ .'’\-]+{_LETTER}+)*\.?")


@dataclass(frozen=True)
class Typed:
    """A message in the form. `again` tells that the one before was the same."""

    text: str
    language: str
    intents: tuple[str, ...]
    confidence: float
    again: bool = False

    @classmethod
    def of(cls, tracker: Tracker) -> "Typed":
        latest = tracker.latest_message
        parts: list[dict[str, Any]] = latest.get("parts") or [{"intent": latest["intent"]["name"]}]
        said = [event.get("text") for event in tracker.events if event["event"] == "user"]
        text = str(latest.get("text") or "").strip()
        return cls(
            text=text,
            language=language_of(tracker),
            intents=tuple(str(part["intent"]) for part in parts),
            confidence=float(latest["intent"].get("confidence") or 0.0),
            again=len(said) > 1 and fold(str(said[-2] or "")).strip() == fold(text),
        )

    @property
    def words(self) -> list[str]:
        return words_of(self.text)

    def is_social(self, *intents: str) -> bool:
        """Whether it is surely one of these small acts and nothing else."""
        return len(self.intents) == 1 and self.intents[0] in intents and self.confidence >= SURELY_SOCIAL

    @property
    def wants_a_call(self) -> bool:
        """Whether it says once more what the form is there for."""
        return self.intents == ("request_callback",) and self.confidence >= SURELY_A_QUESTION and len(self.words) > 1

    @property
    def alarms(self) -> bool:
        return not ALARMS.isdisjoint(self.intents)

    @property
    def asks_by_form(self) -> bool:
        """Built like a question: by its mark, or its first or last word."""
        openers = load_connectives(self.language).openers
        return (
            any(mark in self.text for mark in "?؟") or openers.in_first(self.words, 1) or openers.in_last(self.words, 1)
        )

    @property
    def means_something(self) -> bool:
        """Whether the classifier surely knows it as something that is answered."""
        known = [intent for intent in self.intents if intent not in SOCIAL | VAGUE]
        return bool(known) and (len(self.intents) > 1 or self.confidence >= SURELY_A_QUESTION)


@lru_cache(maxsize=64)
def _phrases(key: str, *languages: str) -> frozenset[str]:
    """The words of `data/texts` under a key, folded."""
    return frozenset(
        fold(phrase.strip())
        for language in languages
        for phrase in load_texts(language).get(f"callback_words_{key}").split(",")
    )


def says(typed: Typed, key: str) -> bool:
    """Whether the message is nothing but one of the phrases under `callback_words_<key>`, of any language: people mix
    them."""
    return fold(typed.text).strip(" .!,؛،\"'“”«»") in _phrases(key, *load_clinic().languages)


def cancels(typed: Typed) -> bool:
    return says(typed, "cancel") or (typed.intents == ("cancel_appointment",) and len(typed.words) <= CANCEL_WORDS)


def refuses(typed: Typed) -> bool:
    """A no, or a goodbye, to being asked at all."""
    return says(typed, "no") or (typed.is_social("deny", "goodbye") and len(typed.words) <= SHORT)


def agrees(typed: Typed) -> bool:
    """A yes that leaves no doubt."""
    return says(typed, "yes") or (typed.is_social("affirm") and len(typed.words) <= SHORT)


def asks(typed: Typed) -> bool:
    """Whether it is to be answered instead of being taken for an answer."""
    if typed.alarms:
        return True
    if set(typed.intents) <= SOCIAL:
        return False
    return typed.means_something or (typed.asks_by_form and not set(typed.intents) <= VAGUE | SOCIAL)


def read_name(typed: Typed, text: str) -> str | None:
    """The name in a text (the message, or what is left of it without a number); None if it holds none."""
    rest, led = _without_lead(text, typed.language)
    words = words_of(rest)
    if len(rest) > MAX_NAME_CHARACTERS or not 0 < len(words) <= NAME_WORDS or not _NAME.fullmatch(rest):
        return None
    if typed.alarms:  # "my name is …" and no more than a name
        return rest if led and len(words) <= PLAIN_NAME_WORDS else None
    if led or typed.again:
        return rest
    if typed.asks_by_form or typed.is_social(*SOCIAL) or typed.wants_a_call:
        return None
    if len(words) > PLAIN_NAME_WORDS and not set(typed.intents) <= VAGUE:
        return None
    looks_like_one = len(words) > 1 and rest.istitle()
    return rest if looks_like_one or not typed.means_something else None


def _without_lead(text: str, language: str) -> tuple[str, bool]:
    """The text behind "my name is" or "I am", and whether it surely is a name: "I am" also stands before an illness.

    Of the conversation's language only: "ben" is "I am" in Turkish and a name in English.
    """
    text = text.strip(" \n.,!;:")
    typed = text.split()
    for key, surely in (("name_leads", True), ("before_name", False)):
        for count in range(LONGEST_LEAD, 0, -1):
            if len(typed) > count and fold(" ".join(typed[:count])).strip(" :,") in _phrases(key, language):
                return " ".join(typed[count:]), surely
    return text, False


def takes_time(typed: Typed) -> bool:
    """Whether it can be a time at which somebody wants to be called; almost anything can."""
    if typed.alarms:
        return False
    if any(mark in typed.text for mark in "?؟"):
        return False
    about_times = set(typed.intents) <= ABOUT_TIMES | SOCIAL | VAGUE
    if about_times or any(character.isdigit() for character in typed.text) or typed.again:
        return True
    return not typed.means_something
