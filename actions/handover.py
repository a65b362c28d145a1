"""Hand something that only the clinic can settle over to its phone line."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import call_clinic_button, callback_buttons, intent_of, language_of, opening_sentence
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts


def hand_over(dispatcher: CollectingDispatcher, tracker: Tracker, intent: str) -> None:
    clinic, texts = load_clinic(), load_texts(language_of(tracker))
    lead = texts.get(f"handover_{intent}", phone=clinic.phone)
    dispatcher.utter_message(
        text=f"{lead} {opening_sentence(clinic, texts)}".strip(),
        buttons=[*callback_buttons(tracker, texts), call_clinic_button(clinic, texts)],
        metadata={"kind": "handover"},
    )


class ActionHandover(Action):
    def name(self) -> str:
        return "action_handover"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        hand_over(dispatcher, tracker, intent_of(tracker))
        return []
