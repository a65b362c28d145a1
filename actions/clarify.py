"""Ask back, with buttons, what a message too short to tell may mean."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import call_clinic_button, language_of, suggestions
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts


class ActionClarify(Action):
    def name(self) -> str:
        return "action_clarify"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        texts = load_texts(language_of(tracker))
        dispatcher.utter_message(
            text=texts.get("clarify"),
            buttons=[*suggestions(tracker), call_clinic_button(load_clinic(), texts)],
            metadata={"kind": "fallback"},
        )
        return []
