"""What every action needs to know of the turn: the language, the intent, the ranking, and the phone line's words."""

from datetime import datetime, timezone

from rasa_sdk import Tracker

from clinicbot.callback import START, Standing
from clinicbot.clinic import WEEKDAYS, Clinic, Opening
from clinicbot.texts import DEFAULT_LANGUAGE, Texts

# Of a patient who wants to be called (actions/callback.py).
FORM = "callback_form"


def language_of(tracker: Tracker) -> str:
    return str(tracker.get_slot("language") or DEFAULT_LANGUAGE)


def intent_of(tracker: Tracker) -> str:
    return str(tracker.latest_message["intent"]["name"])


def suggestions(tracker: Tracker) -> list[dict[str, str]]:
    """Buttons for the FAQs that the classifier offers, titled in the conversation's language."""
    selector = tracker.latest_message.get("response_selector") or {}
    offered = (selector.get("default") or {}).get("ranking") or []
    language = language_of(tracker)
    return [
        {
            "title": faq["title"].get(language) or faq["title"][DEFAULT_LANGUAGE],
            "payload": f"faq:{faq['intent_response_key']}",
        }
        for faq in offered
    ]


def call_clinic_button(clinic: Clinic, texts: Texts) -> dict[str, str]:
    return {"title": texts.get("call_clinic", clinic=clinic.name), "payload": clinic.phone_uri}


def callback_buttons(tracker: Tracker, texts: Texts) -> list[dict[str, str]]:
    """The offer to be called, unless that is being talked about already."""
    if (tracker.active_loop or {}).get("name") == FORM:
        return []
    return [{"title": texts.get("callback_offer"), "payload": START}]


def standing_of(tracker: Tracker) -> Standing:
    """What the gateway tells of the conversation with each message."""
    metadata = tracker.latest_message.get("metadata") or {}
    return Standing.from_json(metadata.get("callback"))


def opening_sentence(clinic: Clinic, texts: Texts, now: datetime | None = None) -> str:
    """Whether the line is open, in the clinic's own time; empty where no hours are configured."""
    now = now or datetime.now(timezone.utc)
    opening = clinic.opening_at(now)
    return _say(opening, texts, now.astimezone(clinic.time_zone)) if opening else ""


def _say(opening: Opening, texts: Texts, local: datetime) -> str:
    if opening.changes_at is None:
        return texts.get("closed")
    clock = opening.changes_at.strftime("%H:%M")
    if opening.is_open:
        return texts.get("open_now", time=clock)
    if opening.changes_at.date() == local.date():
        return texts.get("opens_today", time=clock)
    return texts.get("opens_later", day=texts.get(WEEKDAYS[opening.changes_at.weekday()]), time=clock)
