"""Trackers made by hand, and an action run against one."""

from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

Json = dict[str, Any]
RunAction = Callable[..., Json]


def tracker(intent: str, language: str | None = "en", ranking: list[Json] | None = None) -> Tracker:
    latest = {
        "intent": {"name": intent, "confidence": 0.9},
        "entities": [],
        "text": "…",
        "response_selector": {"default": {"ranking": ranking or []}},
    }
    return Tracker("sender", {"language": language}, latest, [], False, None, {}, None)


@pytest.fixture
def run_action() -> RunAction:
    """Runs an action after a message of an intent; returns its one message."""

    def run(action: Action, intent: str, language: str | None = "en", ranking: list[Json] | None = None) -> Json:
        dispatcher = CollectingDispatcher()
        events = action.run(dispatcher, tracker(intent, language, ranking), {})  # type: ignore[arg-type]
        assert events == []
        (message,) = dispatcher.messages
        assert isinstance(message, dict)
        return message

    return run


def payloads(message: Json) -> list[str]:
    return [button["payload"] for button in message["buttons"]]
