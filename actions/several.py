"""Answer several things that one message asked or reported, each as if it had come alone, in the order given.

The gateway makes one reply of them (`clinicbot/gateway/replies.py`)."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.complication import take_complication
from actions.emergency import show_emergency_text
from actions.handover import hand_over
from actions.out_of_scope import say_what_it_is_for
from actions.turn import call_clinic_button, language_of
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts

# What wasn't understood is named by its beginning.
NAMED_LETTERS = 60


class ActionSeveral(Action):
    def name(self) -> str:
        return "action_several"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        for part in tracker.latest_message["parts"]:
            _answer(dispatcher, tracker, part)
        return []


def _answer(dispatcher: CollectingDispatcher, tracker: Tracker, part: dict[str, Any]) -> None:
    intent, language = str(part["intent"]), language_of(tracker)
    if part["utter_action"]:
        dispatcher.utter_message(response=part["utter_action"])
    elif intent == "report_red":
        show_emergency_text(dispatcher, language)
    elif intent in ("report_amber", "report_mild"):
        take_complication(dispatcher, intent, language)
    elif intent == "out_of_scope":
        say_what_it_is_for(dispatcher, language)
    elif intent == "nlu_fallback":
        _name_what_was_not_understood(dispatcher, str(part["text"]), language)
    else:
        hand_over(dispatcher, tracker, intent)


def _name_what_was_not_understood(dispatcher: CollectingDispatcher, text: str, language: str) -> None:
    clinic, texts = load_clinic(), load_texts(language)
    shown = text if len(text) <= NAMED_LETTERS else text[: NAMED_LETTERS - 1].rstrip() + "…"
    dispatcher.utter_message(
        text=texts.get("not_understood_part", part=shown.strip(" ?!.,"), phone=clinic.phone),
        buttons=[call_clinic_button(clinic, texts)],
        metadata={"kind": "fallback"},
    )
