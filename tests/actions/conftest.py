"""Trackers made by hand, and an action run against one. What the classifier offers stands in `ranking`, several
things in one message in `parts`."""

from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.several import ActionSeveral

Json = dict[str, Any]
RunAction = Callable[..., Json]
RunSeveral = Callable[..., list[Json]]


def tracker(
    intent: str, language: str | None = "en", ranking: list[Json] | None = None, parts: list[Json] | None = None
) -> Tracker:
    latest: Json = {
        "intent": {"name": intent, "confidence": 0.9},
        "entities": [],
        "text": "…",
        "response_selector": {"default": {"ranking": ranking or []}},
    }
    if parts is not None:
        latest["parts"] = parts
    return Tracker("sender", {"language": language}, latest, [], False, None, {}, None)


@pytest.fixture
def run_action() -> RunAction:
    """Runs an action after a message of an intent; returns its one message."""

    def run(action: Action, intent: str, language: str | None = "en", ranking: list[Json] | None = None) -> Json:
        dispatcher = CollectingDispatcher()
        events = action.run(dispatcher, tracker(intent, language, ranking), {})
        assert events == []
        (message,) = dispatcher.messages
        assert isinstance(message, dict)
        return message

    return run


@pytest.fixture
def run_several() -> RunSeveral:
    """Runs `action_several` after a message of these parts; returns its messages."""

    def run(*parts: Json, language: str = "en") -> list[Json]:
        dispatcher = CollectingDispatcher()
        events = ActionSeveral().run(dispatcher, tracker("several_questions", language, parts=list(parts)), {})
        assert events == []
        messages: list[Json] = dispatcher.messages
        return messages

    return run


def part(intent: str, text: str = "…", faq: str | None = None) -> Json:
    return {"text": text, "intent": intent, "utter_action": f"utter_{faq}" if faq else None}


def offered(faq: str, **titles: str) -> Json:
    """An FAQ of the ranking, with its title by language."""
    return {"intent_response_key": faq, "confidence": 0.2, "title": titles}


def payloads(message: Json) -> list[str]:
    return [button["payload"] for button in message["buttons"]]
