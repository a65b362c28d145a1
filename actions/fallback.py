"""Say that the question was not understood, and offer the nearest FAQs and the phone line."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import call_clinic_button, language_of, nearest_faqs
from clinicbot.clinic import load_clinic
from clinicbot.texts import DEFAULT_LANGUAGE, load_texts

SUGGESTIONS = 3


class ActionFallback(Action):
    def name(self) -> str:
        return "action_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        language = language_of(tracker)
        clinic, texts = load_clinic(), load_texts(language)
        suggestions = [
            {
                "title": faq["title"].get(language) or faq["title"][DEFAULT_LANGUAGE],
                "payload": f"faq:{faq['intent_response_key']}",
            }
            for faq in nearest_faqs(tracker)[:SUGGESTIONS]
        ]
        text = texts.get("fallback_suggestions" if suggestions else "fallback", phone=clinic.phone)
        dispatcher.utter_message(
            text=text, buttons=[*suggestions, call_clinic_button(clinic, texts)], metadata={"kind": "fallback"}
        )
        return []
