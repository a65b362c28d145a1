"""The form for a patient who wants to be called: name, number, time, consent.

A message that asks something makes the form step aside (an empty answer to Rasa rejects its turn): the rule of what
was asked answers it, and the form asks again. What is agreed to goes to the gateway in the metadata of the
confirmation: it stores the request before the patient reads that (clinicbot/callback.py).
"""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.callback_answers import Typed, agrees, asks, cancels, read_name, refuses, says, takes_time
from actions.callback_prompts import AGAIN, CONSENT, NAME, OWN, PHONE, TIME, TRIES, ask_again, say
from actions.turn import FORM, standing_of
from clinicbot import callback
from clinicbot.callback import Wanted, Withdrawn, find_phone, looks_like_phone, without_phone
from clinicbot.clinic import load_clinic

STEPS = (NAME, PHONE, TIME, CONSENT)
REQUESTED = "requested_slot"
# Values of CONSENT and of AGAIN.
YES, NO, CANCELLED = "yes", "no", "cancelled"
CHANGE, WITHDRAW, KEEP = "change", "withdraw", "keep"
# After so many numbers that are none, the phone line is offered instead.
PATIENT_TRIES = 2

Event = dict[str, Any]
Slots = dict[str, Any]


class ValidateCallbackForm(Action):
    """Takes the answers. Nothing returned means that the message is none, and that the form gives way."""

    def name(self) -> str:
        return f"validate_{FORM}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        typed = Typed.of(tracker)
        requested = tracker.get_slot(REQUESTED)
        happened = _since_message(tracker)
        if ("active_loop", FORM) in happened:
            changes: Slots | None = _begin(tracker, typed)
        elif ("action_execution_rejected", FORM) in happened:  # it was answered; now the form asks again
            return [SlotSet(REQUESTED, requested)]
        else:
            changes = _take(dispatcher, tracker, typed, requested)
        if changes is None:
            return []
        slots = {**tracker.slots, **changes}
        events: list[Event] = [SlotSet(slot, value) for slot, value in changes.items()]
        return [*(events or [SlotSet(requested, None)]), SlotSet(REQUESTED, _next(slots, tracker))]


def _since_message(tracker: Tracker) -> set[tuple[str, Any]]:
    """What happened since the patient's message, as (event, name)."""
    happened = set()
    for event in reversed(tracker.events):
        if event["event"] == "user":
            break
        happened.add((event["event"], event.get("name")))
    return happened


def _next(slots: Slots, tracker: Tracker) -> str | None:
    """The slot to ask for; None when the form is done, whatever came of it."""
    if slots.get(CONSENT) in (NO, CANCELLED) or slots.get(AGAIN) in (WITHDRAW, KEEP):
        return None
    if standing_of(tracker).is_open and slots.get(AGAIN) is None:
        return AGAIN
    return next((slot for slot in STEPS if slots.get(slot) is None), None)


def _begin(tracker: Tracker, typed: Typed) -> Slots:
    """Nothing of an earlier request is left; a number that came with the wish is taken."""
    changes: Slots = dict.fromkeys((AGAIN, *STEPS, TRIES))
    if typed.text in (callback.CANCEL, callback.REFUSE, callback.KEEP):  # a button of a form that is over
        return changes | {CONSENT: CANCELLED}
    if standing_of(tracker).is_open:
        return changes | {AGAIN: _about_open(typed)}
    return changes | {PHONE: find_phone(typed.text, load_clinic().country)}


def _about_open(typed: Typed) -> str | None:
    if typed.text == callback.CHANGE or says(typed, "change"):
        return CHANGE
    if typed.text == callback.WITHDRAW or says(typed, "withdraw"):
        return WITHDRAW
    return None


def _take(dispatcher: CollectingDispatcher, tracker: Tracker, typed: Typed, requested: str) -> Slots | None:
    """What a message changes; nothing if the question is to be asked again, None if the message is no answer."""
    if requested == AGAIN:
        return _take_again(typed)
    if typed.text == callback.CANCEL or cancels(typed):
        return {CONSENT: CANCELLED}
    if standing_of(tracker).is_alarmed and requested in (NAME, TIME):
        # who has just been told to call for help may be writing of that, and almost anything is a name or a time
        return None if asks(typed) else {}
    takers = {NAME: _take_name, PHONE: _take_phone, TIME: _take_time, CONSENT: _take_consent}
    return takers[requested](dispatcher, tracker, typed)


def _take_again(typed: Typed) -> Slots | None:
    if choice := _about_open(typed):
        return {AGAIN: choice}
    if typed.text in (callback.KEEP, callback.CANCEL) or cancels(typed) or refuses(typed):
        return {AGAIN: KEEP}
    return None if asks(typed) else {}


def _take_name(dispatcher: CollectingDispatcher, tracker: Tracker, typed: Typed) -> Slots | None:
    country = load_clinic().country
    phone = find_phone(typed.text, country)
    found: Slots = {PHONE: phone} if phone else {}
    if name := read_name(typed, without_phone(typed.text, country) if phone else typed.text):
        return found | {NAME: name}
    if found:
        return found
    if refuses(typed):
        return {CONSENT: CANCELLED}
    if asks(typed):
        return None
    if not typed.is_social("greet", "affirm", "thank") and not typed.wants_a_call:
        ask_again(dispatcher, tracker, "callback_name_again")
    return {}


def _take_phone(dispatcher: CollectingDispatcher, tracker: Tracker, typed: Typed) -> Slots | None:
    own = standing_of(tracker).own_digits is not None
    if phone := find_phone(typed.text, load_clinic().country):
        return {PHONE: phone}
    if own and (typed.text == callback.OWN_NUMBER or says(typed, "own_number") or agrees(typed)):
        return {PHONE: OWN}
    if refuses(typed) and not own:
        return {CONSENT: CANCELLED}
    if not looks_like_phone(typed.text):
        if asks(typed):
            return None
        if refuses(typed) or agrees(typed):
            return {}
    tries = int(tracker.get_slot(TRIES) or 0) + 1
    key = "callback_phone_wrong" if tries < PATIENT_TRIES else "callback_phone_wrong_again"
    ask_again(dispatcher, tracker, key)
    return {TRIES: tries}


def _take_time(dispatcher: CollectingDispatcher, tracker: Tracker, typed: Typed) -> Slots | None:
    if len(typed.text) > callback.MAX_TIME_CHARACTERS:
        if asks(typed):
            return None
        ask_again(dispatcher, tracker, "callback_time_long")
        return {}
    if phone := find_phone(typed.text, load_clinic().country):
        return {PHONE: phone}
    if says(typed, "yes") or says(typed, "no") or typed.text.startswith("callback:"):
        return {}
    return {TIME: typed.text} if takes_time(typed) else None


def _take_consent(dispatcher: CollectingDispatcher, tracker: Tracker, typed: Typed) -> Slots | None:
    if typed.text == callback.CONSENT or agrees(typed):
        return {CONSENT: YES}
    if typed.text == callback.REFUSE or refuses(typed):
        return {CONSENT: NO}
    if phone := find_phone(typed.text, load_clinic().country):
        return {PHONE: phone}
    if asks(typed):
        return None
    ask_again(dispatcher, tracker, "callback_consent_again")
    return {}


class ActionSubmitCallback(Action):
    """Says what came of the form, and leaves nothing of it in the slots."""

    def name(self) -> str:
        return "action_submit_callback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        consent, again = tracker.get_slot(CONSENT), tracker.get_slot(AGAIN)
        if again == WITHDRAW:
            _hand_to_gateway(dispatcher, tracker, "callback_withdrawn", Withdrawn())
        elif again == KEEP or (again == CHANGE and consent != YES):
            say(dispatcher, tracker, "callback_kept")
        elif consent == YES:
            _confirm(dispatcher, tracker)
        else:
            say(dispatcher, tracker, "callback_refused" if consent == NO else "callback_cancelled")
        return [SlotSet(slot, None) for slot in (AGAIN, *STEPS, TRIES)]


def _confirm(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    phone = str(tracker.get_slot(PHONE))
    wanted = Wanted(str(tracker.get_slot(NAME)), None if phone == OWN else phone, str(tracker.get_slot(TIME)))
    _hand_to_gateway(dispatcher, tracker, "callback_confirmed", wanted, name=wanted.name, time=wanted.preferred_time)


def _hand_to_gateway(
    dispatcher: CollectingDispatcher, tracker: Tracker, key: str, request: Wanted | Withdrawn, **values: str
) -> None:
    """Nothing is promised where nobody would store it, as in `rasa shell`."""
    if standing_of(tracker).has_keeper:
        say(dispatcher, tracker, key, request=request, **values)
    else:
        say(dispatcher, tracker, "callback_unavailable")
