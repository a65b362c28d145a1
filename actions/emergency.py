"""Show the locked emergency text: the classifier's half of the two detectors (the other is the gateway's gate)."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import language_of
from clinicbot.clinic import load_clinic
from clinicbot.safety.emergency import load_emergency_text


def show_emergency_text(dispatcher: CollectingDispatcher, language: str) -> None:
    clinic, emergency = load_clinic(), load_emergency_text(language)
    dispatcher.utter_message(
        text=emergency.text,
        buttons=[
            {"title": emergency.call_emergency, "payload": clinic.emergency_uri},
            {"title": emergency.call_clinic, "payload": clinic.phone_uri},
        ],
        metadata={"kind": "emergency"},
    )


class ActionEmergency(Action):
    def name(self) -> str:
        return "action_emergency"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        show_emergency_text(dispatcher, language_of(tracker))
        return []
