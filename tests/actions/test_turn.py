from datetime import datetime, timezone

import pytest
from rasa_sdk import Tracker

from actions.turn import call_clinic_button, language_of, opening_sentence, suggestions
from clinicbot.texts import load_texts
from tests.actions.conftest import Json, offered, tracker
from tests.conftest import PHONE_URI, MakeClinic

ENGLISH, TURKISH = load_texts("en"), load_texts("tr")
HOURS = {"wednesday": ["09:00-13:00", "14:00-18:00"], "friday": ["10:00-12:00"]}
# Wednesday 15 July 2026 in London is one hour ahead of UTC
WEDNESDAY_7, WEDNESDAY_10, WEDNESDAY_20 = (datetime(2026, 7, 15, hour, tzinfo=timezone.utc) for hour in (7, 10, 20))
CHRISTMAS = datetime(2026, 12, 25, 10, tzinfo=timezone.utc)  # a Friday


def test_nothing_is_said_where_no_hours_are_configured(make_clinic: MakeClinic) -> None:
    assert opening_sentence(make_clinic(), ENGLISH) == ""


def test_open_now(make_clinic: MakeClinic) -> None:
    clinic = make_clinic(opening_hours=HOURS)
    assert opening_sentence(clinic, ENGLISH, WEDNESDAY_10) == ENGLISH.get("open_now", time="13:00")
    assert opening_sentence(clinic, TURKISH, WEDNESDAY_10) == TURKISH.get("open_now", time="13:00")


def test_opens_today(make_clinic: MakeClinic) -> None:
    sentence = opening_sentence(make_clinic(opening_hours=HOURS), ENGLISH, WEDNESDAY_7)
    assert sentence == ENGLISH.get("opens_today", time="09:00")


def test_opens_on_another_day(make_clinic: MakeClinic) -> None:
    clinic = make_clinic(opening_hours=HOURS)
    assert opening_sentence(clinic, ENGLISH, WEDNESDAY_20) == ENGLISH.get("opens_later", day="Friday", time="10:00")
    assert opening_sentence(clinic, TURKISH, WEDNESDAY_20) == TURKISH.get("opens_later", day="Cuma", time="10:00")


def test_a_public_holiday_is_closed(make_clinic: MakeClinic) -> None:
    sentence = opening_sentence(make_clinic(opening_hours=HOURS), ENGLISH, CHRISTMAS)
    assert sentence == ENGLISH.get("opens_later", day="Wednesday", time="09:00")
    sentence = opening_sentence(make_clinic(opening_hours=HOURS, public_holidays="open"), ENGLISH, CHRISTMAS)
    assert sentence == ENGLISH.get("open_now", time="12:00")


def test_an_exception_is_stronger(make_clinic: MakeClinic) -> None:
    exceptions = {"2026-12-25": ["09:00-11:00"], "2026-07-15": []}
    clinic = make_clinic(opening_hours=HOURS, exceptions=exceptions)
    assert opening_sentence(clinic, ENGLISH, CHRISTMAS) == ENGLISH.get("open_now", time="11:00")
    assert opening_sentence(clinic, ENGLISH, WEDNESDAY_10) == ENGLISH.get("opens_later", day="Friday", time="10:00")


def test_closed_with_nothing_in_sight(make_clinic: MakeClinic) -> None:
    clinic = make_clinic(exceptions={"2026-01-02": ["09:00-10:00"]})
    assert opening_sentence(clinic, ENGLISH, WEDNESDAY_10) == ENGLISH.get("closed")


def test_the_button_dials_the_clinic(make_clinic: MakeClinic) -> None:
    assert call_clinic_button(make_clinic(), ENGLISH) == {"title": "Call Test Clinic", "payload": PHONE_URI}


@pytest.mark.parametrize(("slot", "language"), [("tr", "tr"), ("en", "en"), (None, "en")])
def test_language_of(slot: str | None, language: str) -> None:
    assert language_of(tracker("greet", slot)) == language


@pytest.mark.parametrize(
    ("language", "titles"), [("tr", ["Bir?", "Two?"]), ("en", ["One?", "Two?"]), (None, ["One?", "Two?"])]
)
def test_suggestions_are_in_order_and_in_the_conversations_language_where_there_is_a_title(
    language: str | None, titles: list[str]
) -> None:
    ranking = [offered("uses/one", en="One?", tr="Bir?"), offered("duration/two", en="Two?")]
    buttons = suggestions(tracker("nlu_fallback", language, ranking))
    assert [button["title"] for button in buttons] == titles
    assert [button["payload"] for button in buttons] == ["faq:uses/one", "faq:duration/two"]


@pytest.mark.parametrize(
    "selector", [{}, {"response_selector": {}}, {"response_selector": {"default": {"ranking": []}}}]
)
def test_without_a_ranking_there_are_no_suggestions(selector: Json) -> None:
    latest = {"intent": {"name": "greet"}} | selector
    assert suggestions(Tracker("s", {}, latest, [], False, None, {}, None)) == []


def test_what_was_answered_is_not_suggested() -> None:
    asked = tracker("duration")
    asked.latest_message["response_selector"]["duration"] = {"ranking": [offered("duration/two", en="Two?")]}
    assert suggestions(asked) == []
