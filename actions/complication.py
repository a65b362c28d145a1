"""A reported complication that is not red: what to do and whom to call, never what it is (design 7)."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import call_clinic_button, intent_of, language_of, opening_sentence
from clinicbot.clinic import load_clinic
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.texts import load_texts


def take_complication(dispatcher: CollectingDispatcher, intent: str, language: str) -> None:
    clinic, texts, emergency = load_clinic(), load_texts(language), load_emergency_text(language)
    is_mild = intent == "report_mild"
    lead = texts.get("complication_mild" if is_mild else "complication_amber", phone=clinic.phone)
    lead = f"{lead} {opening_sentence(clinic, texts)}".strip()
    buttons = [call_clinic_button(clinic, texts)]
    if not is_mild:
        lead = f"{lead}\n{emergency.red_list}"
        buttons.append({"title": emergency.call_emergency, "payload": clinic.emergency_uri})
    dispatcher.utter_message(text=lead, buttons=buttons, metadata={"kind": "handover"})


class ActionComplication(Action):
    def name(self) -> str:
        return "action_complication"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        take_complication(dispatcher, intent_of(tracker), language_of(tracker))
        return []
