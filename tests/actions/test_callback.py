"""The form for a patient who wants to be called, without Rasa: what each message does to it."""

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.callback import ActionSubmitCallback, ValidateCallbackForm
from actions.callback_prompts import (
    AGAIN,
    CONSENT,
    NAME,
    OWN,
    PHONE,
    TIME,
    ActionAskCallbackAgain,
    ActionAskCallbackConsent,
    ActionAskCallbackName,
    ActionAskCallbackPhone,
    ActionAskCallbackTime,
    hours_of,
)
from actions.handover import ActionHandover
from actions.turn import FORM
from clinicbot import callback
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts
from tests.conftest import PHONE as CLINIC_PHONE
from tests.conftest import PHONE_URI, MakeClinic

Json = dict[str, Any]
LANGUAGES = load_clinic().languages
THEIRS = "+442079460999"
STEPS = (NAME, PHONE, TIME, CONSENT)
WEB = {"open": False, "messaging": False, "own_digits": None}
WHATSAPP = {"open": False, "messaging": True, "own_digits": "99"}
OPEN = {**WEB, "open": True}
FILLED = {NAME: "Jane", PHONE: THEIRS, TIME: "any time"}
ASKS = [
    ActionAskCallbackAgain(),
    ActionAskCallbackName(),
    ActionAskCallbackPhone(),
    ActionAskCallbackTime(),
    ActionAskCallbackConsent(),
]


@pytest.fixture(autouse=True)
def _clinic(use_clinic: MakeClinic) -> None:
    """The test clinic, with all languages."""
    use_clinic(languages=list(LANGUAGES))


def tracker(
    text: str = "…",
    intent: str = "nlu_fallback",
    requested: str | None = None,
    *,
    confidence: float = 0.99,
    slots: Json | None = None,
    language: str = "en",
    told: Json | None = WEB,
    since: tuple[Json, ...] = (),
    before: str | None = None,
    parts: list[Json] | None = None,
) -> Tracker:
    latest: Json = {"text": text, "intent": {"name": intent, "confidence": confidence}, "entities": []}
    latest["metadata"] = {"callback": told} if told is not None else {}
    if parts:
        latest["parts"] = parts
    said = [{"event": "user", "text": each} for each in (before, text) if each is not None]
    values = {"language": language, "requested_slot": requested, **dict.fromkeys((AGAIN, *STEPS)), **(slots or {})}
    loop = {"name": FORM} if requested else {}
    return Tracker("sender", values, latest, [*said, *since], False, None, loop, None)


def take(*arguments: Any, **options: Any) -> tuple[Json, list[str]]:
    """The slots that a message fills, and what is said of it; no slots at all if the form gives way."""
    dispatcher = CollectingDispatcher()
    events = ValidateCallbackForm().run(dispatcher, tracker(*arguments, **options), {})
    return {event["name"]: event["value"] for event in events}, [message["text"] for message in dispatcher.messages]


def text_of(key: str, language: str = "en", **values: str) -> str:
    return load_texts(language).get(key, **values)


def words(key: str, language: str) -> list[str]:
    return [phrase.strip() for phrase in text_of(f"callback_words_{key}", language).split(",")]


@pytest.mark.parametrize(
    ("typed", "intent", "confidence", "name"),
    [
        ("Jane Doe", "out_of_scope", 0.75, "Jane Doe"),
        ("jane", "nlu_fallback", 0.3, "jane"),
        ("Ivy", "affirm", 0.53, "Ivy"),
        ("Hope", "greet", 0.87, "Hope"),
        ("Mark Smith", "procedure", 0.94, "Mark Smith"),
        ("Mrs. O'Brien-Smith", "not_in_document", 0.9, "Mrs. O'Brien-Smith"),
        ("my name is Jane", "out_of_scope", 0.9, "Jane"),
        ("I'm Jane Doe.", "out_of_scope", 0.7, "Jane Doe"),
        ("Ben Smith", "nlu_fallback", 0.3, "Ben Smith"),
        ("María del Carmen García López", "nlu_fallback", 0.2, "María del Carmen García López"),
        ("Любовь", "out_of_scope", 0.99, "Любовь"),
        ("محمد علي", "out_of_scope", 0.6, "محمد علي"),
    ],
)
def test_a_name_is_taken(typed: str, intent: str, confidence: float, name: str) -> None:
    slots, said = take(typed, intent, NAME, confidence=confidence)
    assert slots == {NAME: name, "requested_slot": PHONE}
    assert said == []


@pytest.mark.parametrize(
    ("typed", "language"),
    [("benim adım Ayşe", "tr"), ("ich heiße Ayşe", "de"), ("меня зовут Ayşe", "ru"), ("je m'appelle Ayşe", "fr")],
)
def test_what_introduces_a_name_is_left_out(typed: str, language: str) -> None:
    assert take(typed, requested=NAME, language=language)[0][NAME] == "Ayşe"


@pytest.mark.parametrize(
    ("typed", "intent"),
    [
        ("how long does it last", "duration"),
        ("price", "ask_price"),
        ("Mark", "procedure"),
        ("my eyelid is drooping", "report_amber"),
        ("i feel unwell", "report_red"),
        ("im choking", "report_red"),
        ("I am allergic", "own_medical_case"),
        ("are you a robot", "ask_identity"),
        ("what happens with my data?", "ask_identity"),
    ],
)
@pytest.mark.parametrize("requested", STEPS)
def test_the_form_gives_way_to_what_is_asked_or_reported(typed: str, intent: str, requested: str) -> None:
    assert take(typed, intent, requested, slots=FILLED) == ({}, [])


@pytest.mark.parametrize("requested", [AGAIN, *STEPS])
def test_an_alarm_among_several_things_is_no_answer(requested: str) -> None:
    parts = [{"intent": "affirm"}, {"intent": "report_red"}]
    assert take("Jane", "several_questions", requested, parts=parts, told=OPEN) == ({}, [])


def test_a_name_that_is_taken_for_a_question_is_typed_again() -> None:
    assert take("Mark", "procedure", NAME, before="mark")[0] == {NAME: "Mark", "requested_slot": PHONE}


def test_somebody_of_an_alarming_name_can_say_so() -> None:
    assert take("اسمي فاطمة", "report_red", NAME, language="ar")[0][NAME] == "فاطمة"


@pytest.mark.parametrize(("typed", "intent"), [("12", "nlu_fallback"), ("x" * 121, "nlu_fallback")])
def test_what_is_neither_is_asked_again_with_a_reason(typed: str, intent: str) -> None:
    assert take(typed, intent, NAME) == ({NAME: None, "requested_slot": NAME}, [text_of("callback_name_again")])


@pytest.mark.parametrize(("typed", "intent"), [("hi", "greet"), ("ok", "affirm"), ("call me back", "request_callback")])
def test_a_civility_is_no_name_and_no_mistake(typed: str, intent: str) -> None:
    assert take(typed, intent, NAME) == ({NAME: None, "requested_slot": NAME}, [])


def test_name_and_number_may_come_together() -> None:
    slots, _ = take("Jane Doe, 020 7946 0999", "out_of_scope", NAME)
    assert slots == {PHONE: THEIRS, NAME: "Jane Doe", "requested_slot": TIME}


def test_a_number_before_the_name_is_kept() -> None:
    assert take("020 7946 0999", "out_of_scope", NAME)[0] == {PHONE: THEIRS, "requested_slot": NAME}


def test_a_wrong_number_is_asked_again_and_then_the_phone_line_is_named() -> None:
    slots, said = take("020 7946", "out_of_scope", PHONE, slots={NAME: "Jane"})
    assert slots == {"callback_tries": 1, "requested_slot": PHONE}
    assert said == [text_of("callback_phone_wrong")]
    slots, said = take("020 7946", "out_of_scope", PHONE, slots={NAME: "Jane", "callback_tries": 1})
    assert slots["callback_tries"] == 2
    assert said == [text_of("callback_phone_wrong_again", phone=CLINIC_PHONE)]


@pytest.mark.parametrize(
    ("typed", "intent"), [(callback.OWN_NUMBER, "request_callback"), ("this number", "ask_identity"), ("yes", "affirm")]
)
def test_the_number_that_somebody_writes_from_can_be_chosen(typed: str, intent: str) -> None:
    assert take(typed, intent, PHONE, slots={NAME: "Jane"}, told=WHATSAPP)[0] == {PHONE: OWN, "requested_slot": TIME}


def test_where_it_is_not_known_it_can_not() -> None:
    assert PHONE not in take(callback.OWN_NUMBER, "request_callback", PHONE, slots={NAME: "Jane"})[0]


@pytest.mark.parametrize(
    ("typed", "intent"),
    [
        ("tomorrow afternoon", "greet"),
        ("after 5pm", "unclear_when"),
        ("any time", "unclear_when"),
        ("right now", "goodbye"),
        ("doesn't matter", "deny"),
        ("after 18", "eligibility"),
        ("صباحا", "greet"),
    ],
)
def test_a_time_is_taken_as_it_was_typed(typed: str, intent: str) -> None:
    slots, _ = take(typed, intent, TIME, slots={NAME: "Jane", PHONE: THEIRS})
    assert slots == {TIME: typed, "requested_slot": CONSENT}


def test_a_question_about_times_is_answered() -> None:
    assert take("when are you open?", "ask_opening_hours", TIME, slots={NAME: "Jane", PHONE: THEIRS}) == ({}, [])


def test_a_time_may_have_two_hundred_characters() -> None:
    filled = {NAME: "Jane", PHONE: THEIRS}
    assert take("x" * 200, requested=TIME, slots=filled)[0][TIME] == "x" * 200
    slots, said = take("x" * 201, requested=TIME, slots=filled)
    assert slots == {TIME: None, "requested_slot": TIME}
    assert said == [text_of("callback_time_long")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("key", "answer"), [("yes", "yes"), ("no", "no")])
def test_consent_is_a_plain_yes_or_no_in_any_language(language: str, key: str, answer: str) -> None:
    for phrase in words(key, language):
        slots, _ = take(phrase.upper() + "!", "duration", CONSENT, slots=FILLED, language=language)
        assert slots == {CONSENT: answer, "requested_slot": None}, phrase


@pytest.mark.parametrize(("payload", "answer"), [(callback.CONSENT, "yes"), (callback.REFUSE, "no")])
def test_consent_by_a_button(payload: str, answer: str) -> None:
    assert take(payload, "request_callback", CONSENT, slots=FILLED)[0][CONSENT] == answer


@pytest.mark.parametrize("typed", ["maybe", "yes but not on this number and do not tell anybody at home", "hm"])
def test_anything_else_is_no_consent(typed: str) -> None:
    slots, said = take(typed, "affirm", CONSENT, slots=FILLED, confidence=0.5)
    assert slots == {CONSENT: None, "requested_slot": CONSENT}
    assert said == [text_of("callback_consent_again")]


def test_another_number_may_be_typed_when_everything_is_shown() -> None:
    slots, _ = take("rather 020 7946 0111", "out_of_scope", CONSENT, slots=FILLED)
    assert slots == {PHONE: "+442079460111", "requested_slot": CONSENT}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("requested", STEPS)
def test_cancelling_works_at_every_step_in_every_language(requested: str, language: str) -> None:
    for phrase in [*words("cancel", language), callback.CANCEL]:
        slots, _ = take(phrase, "duration", requested, slots=FILLED, language=language)
        assert slots == {CONSENT: "cancelled", "requested_slot": None}, phrase


def test_a_no_to_the_name_cancels_and_an_appointment_is_something_else() -> None:
    assert take("no", "deny", NAME)[0][CONSENT] == "cancelled"
    assert take("please cancel my appointment on friday", "cancel_appointment", NAME) == ({}, [])


@pytest.mark.parametrize(("requested", "slots"), [(NAME, {}), (TIME, {NAME: "Jane", PHONE: THEIRS})])
def test_what_follows_an_alarm_is_no_name_and_no_time(requested: str, slots: Json) -> None:
    options: Json = {"slots": slots, "told": {**WEB, "alarmed": True}}
    assert take("getting worse", "nlu_fallback", requested, **options)[0] == {
        requested: None,
        "requested_slot": requested,
    }
    assert take("what can i do?", "own_medical_case", requested, **options) == ({}, [])
    assert take("cancel", "deny", requested, **options)[0][CONSENT] == "cancelled"


BEGUN = ({"event": "active_loop", "name": FORM},)


def test_the_form_begins_with_nothing_of_an_earlier_one() -> None:
    slots, _ = take("call me back", "request_callback", since=BEGUN, slots={**FILLED, CONSENT: "yes"})
    assert slots == {**dict.fromkeys((AGAIN, *STEPS, "callback_tries")), "requested_slot": NAME}


def test_a_number_that_comes_with_the_wish_is_taken() -> None:
    slots, _ = take("call me on 020 7946 0999", "request_callback", since=BEGUN)
    assert (slots[PHONE], slots["requested_slot"]) == (THEIRS, NAME)


@pytest.mark.parametrize(
    ("typed", "again", "asked"),
    [
        ("call me back", None, AGAIN),
        (callback.CHANGE, "change", NAME),
        (callback.WITHDRAW, "withdraw", None),
        ("cancel my callback", "withdraw", None),
    ],
)
def test_who_has_an_open_request_is_asked_what_becomes_of_it(typed: str, again: str | None, asked: str | None) -> None:
    slots, _ = take(typed, "request_callback", since=BEGUN, told=OPEN)
    assert (slots[AGAIN], slots["requested_slot"]) == (again, asked)


@pytest.mark.parametrize(
    ("typed", "again"),
    [("change it", "change"), ("withdraw it", "withdraw"), ("cancel", "withdraw"), ("no", "keep"), ("stop", "keep")],
)
def test_what_becomes_of_an_open_request(typed: str, again: str) -> None:
    assert take(typed, "cancel_appointment", AGAIN, told=OPEN)[0][AGAIN] == again


def test_a_button_of_a_form_that_is_over_begins_none() -> None:
    slots, _ = take(callback.CANCEL, "request_callback", since=BEGUN)
    assert (slots[CONSENT], slots["requested_slot"]) == ("cancelled", None)


def test_after_an_answer_the_question_is_asked_again() -> None:
    since = (
        {"event": "action_execution_rejected", "name": FORM},
        {"event": "action", "name": "utter_duration"},
    )
    assert take("how long?", "duration", PHONE, since=since)[0] == {"requested_slot": PHONE}


def submit(slots: Json, told: Json | None = WEB) -> Json:
    dispatcher = CollectingDispatcher()
    events = ActionSubmitCallback().run(dispatcher, tracker("yes", "affirm", slots=slots, told=told), {})
    assert {event["name"] for event in events} == {AGAIN, *STEPS, "callback_tries"}
    assert all(event["value"] is None for event in events)
    (message,) = dispatcher.messages
    assert isinstance(message, dict)
    assert CLINIC_PHONE in message["text"]
    return message


def test_what_is_agreed_to_goes_to_the_gateway() -> None:
    message = submit({**FILLED, CONSENT: "yes"})
    assert message["metadata"]["callback"] == {"name": "Jane", "phone": THEIRS, "preferred_time": "any time"}
    assert message["text"].startswith("Thank you, Jane.")


def test_the_own_number_is_left_to_the_gateway() -> None:
    message = submit({**FILLED, PHONE: OWN, CONSENT: "yes"}, WHATSAPP)
    assert message["metadata"]["callback"]["phone"] is None


@pytest.mark.parametrize(
    ("slots", "key"),
    [
        ({**FILLED, CONSENT: "no"}, "callback_refused"),
        ({NAME: "Jane", CONSENT: "cancelled"}, "callback_cancelled"),
        ({AGAIN: "keep"}, "callback_kept"),
        ({**FILLED, AGAIN: "change", CONSENT: "no"}, "callback_kept"),
    ],
)
def test_without_consent_nothing_goes_anywhere(slots: Json, key: str) -> None:
    message = submit(slots)
    assert "callback" not in message["metadata"]
    assert message["text"] == text_of(key, phone=CLINIC_PHONE)


def test_a_withdrawal_goes_to_the_gateway() -> None:
    assert submit({AGAIN: "withdraw"}, OPEN)["metadata"]["callback"] == {"withdraw": True}


@pytest.mark.parametrize("slots", [{**FILLED, CONSENT: "yes"}, {AGAIN: "withdraw"}])
def test_nothing_is_promised_where_nobody_keeps_it(slots: Json) -> None:
    message = submit(slots, None)
    assert message["text"] == text_of("callback_unavailable", phone=CLINIC_PHONE)
    assert "callback" not in message["metadata"]


def prompt(action: Any, language: str = "en", told: Json = WEB) -> Json:
    dispatcher = CollectingDispatcher()
    assert action.run(dispatcher, tracker(slots=FILLED, language=language, told=told), {}) == []
    (message,) = dispatcher.messages
    assert isinstance(message, dict)
    return message


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("told", [WEB, WHATSAPP], ids=["web", "whatsapp"])
@pytest.mark.parametrize("action", ASKS, ids=lambda action: str(action.name()))
def test_every_question_can_be_left_and_names_the_phone_line(action: Any, told: Json, language: str) -> None:
    message = prompt(action, language, told)
    assert CLINIC_PHONE in message["text"]
    assert "$" not in message["text"]
    replies = [button for button in message["buttons"] if not button["payload"].startswith("tel:")]
    assert [button["payload"] for button in message["buttons"]][-1] == PHONE_URI
    assert {callback.CANCEL, callback.KEEP} & {button["payload"] for button in replies}
    assert len(replies) <= 3
    assert all(len(button["title"]) <= 20 for button in replies)
    assert message["metadata"] == {"kind": "handover", "form": True}


def test_the_own_number_is_not_printed_whole() -> None:
    for action in (ActionAskCallbackPhone(), ActionAskCallbackConsent()):
        assert "99" in prompt(action, told=WHATSAPP)["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_consents_has_read_who_keeps_what_for_how_long(language: str) -> None:
    clinic = load_clinic()
    text = prompt(ActionAskCallbackConsent(), language)["text"]
    for said in ("Jane", "+44 20 7946 0999", "any time", clinic.name, str(clinic.retention_days)):
        assert said in text
    assert text_of("callback_withdrawal_web", language) in text
    on_whatsapp = prompt(ActionAskCallbackConsent(), language, WHATSAPP)["text"]
    assert text_of("erase_word", language) in on_whatsapp


def test_the_opening_hours_are_named_where_configured(use_clinic: MakeClinic) -> None:
    assert "09:00" not in prompt(ActionAskCallbackTime())["text"]
    hours = {
        "monday": ["09:00-13:00", "14:00-18:00"],
        "tuesday": ["09:00-13:00", "14:00-18:00"],
        "friday": ["10:00-12:00"],
    }
    clinic = use_clinic(opening_hours=hours)
    said = "Monday, Tuesday 09:00–13:00, 14:00–18:00; Friday 10:00–12:00"
    assert hours_of(clinic, load_texts("en")) == said
    assert said in prompt(ActionAskCallbackTime())["text"]


def test_a_handover_in_the_form_does_not_offer_the_form() -> None:
    dispatcher = CollectingDispatcher()
    ActionHandover().run(dispatcher, tracker("a human", "talk_to_human", NAME), {})
    assert [button["payload"] for button in dispatcher.messages[0]["buttons"]] == [PHONE_URI]
