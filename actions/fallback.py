"""Say that the question was not understood, and offer the nearest FAQs and the phone line."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import call_clinic_button, intent_of, language_of, suggestions
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts

# What comes here besides what isn't understood: nothing that a message refers to, or none of what was offered.
TEXTS = {"decline_suggestions": "fallback_declined", "ask_repeat": "nothing_to_repeat"}


class ActionFallback(Action):
    def name(self) -> str:
        return "action_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        clinic, texts = load_clinic(), load_texts(language_of(tracker))
        offered = suggestions(tracker)
        key = TEXTS.get(intent_of(tracker), "fallback_suggestions" if offered else "fallback")
        dispatcher.utter_message(
            text=texts.get(key, phone=clinic.phone),
            buttons=[*offered, call_clinic_button(clinic, texts)],
            metadata={"kind": "fallback"},
        )
        return []
