"""What the callback form asks and says. Each question can be cancelled, and names the phone line besides."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import call_clinic_button, language_of, standing_of
from clinicbot import callback
from clinicbot.callback import Wanted, Withdrawn, international
from clinicbot.clinic import WEEKDAYS, Clinic, Interval, load_clinic
from clinicbot.texts import Texts, load_texts

AGAIN, NAME, PHONE, TIME, CONSENT = (f"callback_{step}" for step in ("again", "name", "phone", "time", "consent"))
TRIES = "callback_tries"
# The value of PHONE for the number that the patient writes from, which only the gateway knows.
OWN = "own"

Button = dict[str, str]


def say(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    key: str,
    *,
    request: Wanted | Withdrawn | None = None,
    **values: str,
) -> None:
    """The form's last word. The gateway stores the `request` before the patient reads it."""
    clinic, texts = load_clinic(), load_texts(language_of(tracker))
    dispatcher.utter_message(
        text=texts.get(key, clinic=clinic.name, phone=clinic.phone, emergency=clinic.emergency_number, **values),
        buttons=[call_clinic_button(clinic, texts)],
        metadata={"kind": "handover", "form": True} | ({"callback": request.to_json()} if request else {}),
    )


def ask_again(dispatcher: CollectingDispatcher, tracker: Tracker, key: str) -> None:
    """Why the question that follows is asked again."""
    text = load_texts(language_of(tracker)).get(key, phone=load_clinic().phone)
    dispatcher.utter_message(text=text, metadata={"kind": "handover", "form": True})


def _ask(dispatcher: CollectingDispatcher, tracker: Tracker, text: str, buttons: list[Button]) -> None:
    clinic, texts = load_clinic(), load_texts(language_of(tracker))
    dispatcher.utter_message(
        text=f"{text}\n{texts.get('callback_or_call', phone=clinic.phone)}",
        buttons=[*buttons, call_clinic_button(clinic, texts)],
        metadata={"kind": "handover", "form": True},
    )


def _cancel(texts: Texts) -> Button:
    return {"title": texts.get("callback_cancel"), "payload": callback.CANCEL}


class ActionAskCallbackAgain(Action):
    def name(self) -> str:
        return f"action_ask_{AGAIN}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        texts = load_texts(language_of(tracker))
        payloads = {"change": callback.CHANGE, "withdraw": callback.WITHDRAW, "keep": callback.KEEP}
        buttons = [{"title": texts.get(f"callback_{key}"), "payload": payload} for key, payload in payloads.items()]
        _ask(dispatcher, tracker, texts.get("callback_ask_again"), buttons)
        return []


class ActionAskCallbackName(Action):
    def name(self) -> str:
        return f"action_ask_{NAME}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        texts = load_texts(language_of(tracker))
        _ask(dispatcher, tracker, texts.get("callback_ask_name", clinic=load_clinic().name), [_cancel(texts)])
        return []


class ActionAskCallbackPhone(Action):
    def name(self) -> str:
        return f"action_ask_{PHONE}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        texts, own = load_texts(language_of(tracker)), standing_of(tracker).own_digits
        if own is None:
            _ask(dispatcher, tracker, texts.get("callback_ask_phone"), [_cancel(texts)])
            return []
        this_number = {"title": texts.get("callback_own_number"), "payload": callback.OWN_NUMBER}
        text = texts.get("callback_ask_own_phone", digits=own)
        _ask(dispatcher, tracker, text, [this_number, _cancel(texts)])
        return []


class ActionAskCallbackTime(Action):
    def name(self) -> str:
        return f"action_ask_{TIME}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        texts = load_texts(language_of(tracker))
        hours = hours_of(load_clinic(), texts)
        named = [texts.get("callback_hours", hours=hours)] if hours else []
        _ask(dispatcher, tracker, " ".join([texts.get("callback_ask_time"), *named]), [_cancel(texts)])
        return []


class ActionAskCallbackConsent(Action):
    """Everything is shown once more, and who keeps it, why, for how long, and how it is taken back."""

    def name(self) -> str:
        return f"action_ask_{CONSENT}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        clinic, texts, standing = load_clinic(), load_texts(language_of(tracker)), standing_of(tracker)
        phone = str(tracker.get_slot(PHONE))
        own = texts.get("callback_own_shown", digits=standing.own_digits or "")
        summary = texts.get(
            "callback_summary",
            name=str(tracker.get_slot(NAME)),
            phone=own if phone == OWN else international(phone),
            time=str(tracker.get_slot(TIME)),
        )
        consent = texts.get("callback_ask_consent", clinic=clinic.name, days=str(clinic.retention_days))
        if standing.is_messaging:
            withdrawal = texts.get("callback_withdrawal_messaging", word=texts.get("erase_word"))
        else:
            withdrawal = texts.get("callback_withdrawal_web")
        buttons = [
            {"title": texts.get("callback_yes"), "payload": callback.CONSENT},
            {"title": texts.get("callback_no"), "payload": callback.REFUSE},
            _cancel(texts),
        ]
        _ask(dispatcher, tracker, f"{summary}\n{consent}\n{withdrawal}", buttons)
        return []


def hours_of(clinic: Clinic, texts: Texts) -> str:
    """`Monday, Tuesday 09:00–13:00, 14:00–18:00; Saturday 10:00–14:00`, empty where no hours are configured."""
    days: dict[tuple[Interval, ...], list[str]] = {}
    for day in WEEKDAYS:
        if intervals := clinic.opening_hours.get(day):
            days.setdefault(intervals, []).append(texts.get(day))
    return "; ".join(
        f"{', '.join(names)} {', '.join(f'{begin:%H:%M}–{end:%H:%M}' for begin, end in intervals)}"
        for intervals, names in days.items()
    )
