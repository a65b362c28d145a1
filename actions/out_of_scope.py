"""Say what the assistant is for when asked something that has nothing to do with it."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import call_clinic_button, language_of
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts


def say_what_it_is_for(dispatcher: CollectingDispatcher, language: str) -> None:
    clinic, texts = load_clinic(), load_texts(language)
    text = texts.get("out_of_scope", clinic=clinic.name, phone=clinic.phone, emergency=clinic.emergency_number)
    dispatcher.utter_message(text=text, buttons=[call_clinic_button(clinic, texts)], metadata={"kind": "fallback"})


class ActionOutOfScope(Action):
    def name(self) -> str:
        return "action_out_of_scope"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        say_what_it_is_for(dispatcher, language_of(tracker))
        return []
