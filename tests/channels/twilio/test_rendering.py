import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinicbot.channels.text import length, numbered
from clinicbot.channels.twilio.rendering import TEXT_LIMIT, render
from clinicbot.clinic import Clinic
from clinicbot.gateway.replies import emergency_reply, failure_reply, unreadable_reply
from clinicbot.reply import Button, Kind, Reply
from clinicbot.safety.emergency import load_emergency_text
from tests.conftest import MakeClinic

CALL = "Call Test Clinic"
OPTIONS = ("How long does it last?", "Does the treatment hurt, and for how long?", "Who should not have it?")


@pytest.fixture
def clinic(make_clinic: MakeClinic) -> Clinic:
    return make_clinic()


def reply(text: str, *buttons: Button, kind: Kind = Kind.ANSWER, language: str = "en") -> Reply:
    return Reply(kind, language, text, buttons)


def options(*titles: str) -> tuple[Button, ...]:
    return tuple(Button(title, "reply", f"id-{place}") for place, title in enumerate(titles))


def call(clinic: Clinic) -> Button:
    return Button(CALL, "call", clinic.phone_uri)


def said(*replies: Reply, clinic: Clinic, with_card: bool = False) -> list[str]:
    bodies = render(replies, clinic=clinic, with_card=with_card)
    assert all(set(body) == {"Body"} for body in bodies)
    return [body["Body"] for body in bodies]


def test_an_answer_is_its_text(clinic: Clinic) -> None:
    assert said(reply("It lasts 4 to 6 months."), clinic=clinic) == ["It lasts 4 to 6 months."]


def test_nothing_to_say_is_no_message(clinic: Clinic) -> None:
    assert render([], clinic=clinic, with_card=True) == []


@pytest.mark.parametrize("count", [1, 3, 4, 10, 11, 25])
def test_all_options_stand_in_the_text_by_number_and_in_full(clinic: Clinic, count: int) -> None:
    titles = [f"{OPTIONS[place % 3]} ({place})" for place in range(count)]
    (text,) = said(reply("Which of these?", *options(*titles)), clinic=clinic)
    assert text == "Which of these?\n\n" + numbered(titles)


def test_options_of_several_replies_are_one_list_without_repeats(clinic: Clinic) -> None:
    first, second, third = options(*OPTIONS)
    (text,) = said(reply("One.", first, second), reply("Two.", second, third), clinic=clinic)
    assert text == "One.\n\nTwo.\n\n" + numbered(OPTIONS)


def test_options_alone_are_asked_for(clinic: Clinic) -> None:
    assert said(reply("", *options(*OPTIONS)), clinic=clinic) == ["Please choose:\n\n" + numbered(OPTIONS)]


def test_several_bubbles_are_one_message_and_the_emergency_is_first(clinic: Clinic) -> None:
    emergency = emergency_reply(clinic, "en")
    (text,) = said(reply("It lasts."), emergency, reply("It hurts a little."), clinic=clinic)
    assert text.index(emergency.text) < text.index("It lasts.") < text.index("It hurts a little.")
    assert text.startswith(load_emergency_text("en").text.splitlines()[0])


def test_the_number_to_call_is_added_where_it_is_not_in_the_text(clinic: Clinic) -> None:
    assert said(reply("Please call.", call(clinic)), clinic=clinic) == [f"Please call.\n\n{CALL}: {clinic.phone}"]


@pytest.mark.parametrize("spelling", ["+44 20 7946 0123", "+442079460123", "+44 (20) 7946-0123"])
def test_the_number_to_call_is_not_said_twice(clinic: Clinic, spelling: str) -> None:
    text = f"Please call {spelling}."
    assert said(reply(text, call(clinic)), clinic=clinic) == [text]


def test_a_links_address_is_added(clinic: Clinic) -> None:
    link = Button("The clinic", "link", "https://clinic.example/")
    assert said(reply("See there.", link), clinic=clinic) == ["See there.\nThe clinic: https://clinic.example/"]


@pytest.mark.parametrize("make", [emergency_reply, failure_reply, unreadable_reply])
@pytest.mark.parametrize("language", ["en", "tr", "ar"])
def test_a_card_changes_nothing_since_the_numbers_are_there(
    clinic: Clinic, make: Callable[[Clinic, str], Reply], language: str
) -> None:
    fixed = make(clinic, language)
    without, with_card = (said(fixed, clinic=clinic, with_card=card) for card in (False, True))
    assert without == with_card
    digits = re.sub(r"\D", "", "".join(without))
    assert re.sub(r"\D", "", clinic.phone) in digits
    assert clinic.emergency_number in digits


def test_a_long_text_is_split_at_sentences_within_twilios_limit(clinic: Clinic) -> None:
    sentences = [f"Sentence {place} is of no use to anybody 👍." for place in range(120)]
    pieces = said(reply(" ".join(sentences)), clinic=clinic)
    assert len(pieces) > 2
    assert all(length(piece) <= TEXT_LIMIT == 1600 for piece in pieces)
    assert all(piece.endswith(".") for piece in pieces)
    assert " ".join(pieces) == " ".join(sentences)


def test_no_option_is_lost_or_torn_when_the_text_is_split(clinic: Clinic) -> None:
    titles = [f"Question {place}: " + "how long does it last " * 4 for place in range(60)]
    pieces = said(reply("Which of these?", *options(*titles)), clinic=clinic)
    assert len(pieces) > 2
    lines = [line for piece in pieces for line in piece.splitlines()]
    assert [line for line in lines if line[:1].isdigit()] == numbered(titles).splitlines()


def test_nothing_is_formatted_by_whatsapp(clinic: Clinic) -> None:
    (text,) = said(reply("It is *not* for > 3 days.", *options("What is _this_?")), clinic=clinic)
    assert not re.search(r"[*_]", text)
    assert "not" in text
    assert "this" in text


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=5000), st.lists(st.text(max_size=200), max_size=30))
def test_every_message_is_within_twilios_limit_and_says_something(clinic: Clinic, text: str, titles: list[str]) -> None:
    pieces = said(reply(text, *options(*titles)), clinic=clinic)
    assert all(0 < length(piece) <= TEXT_LIMIT and piece.strip() for piece in pieces)
    assert bool(pieces) == bool(text.strip() or titles)
