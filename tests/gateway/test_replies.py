import pytest

from clinicbot.clinic import Clinic, load_clinic
from clinicbot.gateway.replies import (
    Button,
    Kind,
    Reply,
    Source,
    call_buttons,
    emergency_reply,
    failure_reply,
    merged,
    other_language_reply,
)
from clinicbot.texts import RIGHT_TO_LEFT, load_texts, other_languages
from tests.gateway.conftest import check_names_the_numbers

LASTS = Source("How long does it last?", "Four to six months.")
SHOWS = Source("When does it show?", "Within 3 to 5 days.")
CALL = Button("Call the clinic", "call", "tel:+442079460123")
EMERGENCY = Button("Call 112", "call", "tel:112")
SITE = Button("The clinic", "link", "https://clinic.example/")


def reply(text: str, *buttons: Button, kind: Kind = Kind.HANDOVER, source: Source | None = None) -> Reply:
    return Reply(Kind.ANSWER if source else kind, "en", text, buttons, source)


def merged_text(*texts: str) -> str:
    (one,) = merged([reply(text) for text in texts])
    return one.text


@pytest.mark.parametrize("kind", Kind)
def test_a_single_reply_stays_as_it_is(kind: Kind) -> None:
    alone = reply("Call now. Call now.\nCall now.", EMERGENCY, CALL, SITE, kind=kind)
    assert merged([alone]) == [alone]


def test_of_nothing_comes_nothing() -> None:
    assert merged([]) == []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(("One.", "Two.", "Three."), "One.\nTwo.\nThree.", id="a paragraph each, in order"),
        pytest.param(("It lasts.", "It lasts."), "It lasts.", id="the same answer twice"),
        pytest.param(
            ("Booking is by phone. Please call.", "Prices are by phone. Please call."),
            "Booking is by phone. Please call.\nPrices are by phone.",
            id="a repeated sentence stays where it stood first",
        ),
        pytest.param(("First. Same. Last.", "Same."), "First. Same. Last.", id="nothing new leaves no paragraph"),
        pytest.param(("Same", "Same"), "Same", id="without a full stop"),
        pytest.param(("Really? Yes! No…", "Yes! Really?"), "Really? Yes! No…", id="other marks"),
        pytest.param(("هل هذا؟ نعم.", "هل هذا؟ لا."), "هل هذا؟ نعم.\nلا.", id="Arabic question mark"),
        pytest.param(("Wait 1.5 hours.", "Wait 1.6 hours."), "Wait 1.5 hours.\nWait 1.6 hours.", id="a decimal point"),
        pytest.param(
            ("One.\nCall: 123.", "Two.\nCall: 123.", "Three."),
            "One.\nTwo.\nThree.\nCall: 123.",
            id="one phone line, at the end",
        ),
        pytest.param(
            ("One. Call: 123.", "Two.\nCall: 123."), "One. Call: 123.\nTwo.", id="the number was named already"
        ),
        pytest.param(
            ("One.\nCall: 123.", "Tell us.\nThe red list."),
            "One.\nTell us.\nCall: 123.\nThe red list.",
            id="different last lines",
        ),
    ],
)
def test_several_texts_become_one_that_says_nothing_twice(texts: tuple[str, ...], expected: str) -> None:
    assert merged_text(*texts) == expected


@pytest.mark.parametrize("language", load_clinic().languages)
def test_several_handovers_name_the_number_once_if_they_ask_for_the_same(clinic: Clinic, language: str) -> None:
    texts = load_texts(language)
    line = texts.get("phone_line", phone=clinic.phone)
    assert merged_text(f"1\n{line}", f"2\n{line}", f"3\n{line}") == f"1\n2\n3\n{line}"


def test_each_button_stands_once_and_calls_come_last() -> None:
    first, second = Button("How long?", "reply", "opaque"), Button("When?", "reply", "other")
    (one,) = merged([reply("1", first, CALL), reply("2", CALL, SITE), reply("3", second, EMERGENCY, CALL)])
    assert one.buttons == (first, SITE, second, CALL, EMERGENCY)


def test_titles_and_passages_of_several_sources_in_order() -> None:
    (one,) = merged([reply("1", source=SHOWS), reply("2"), reply("3", source=LASTS), reply("4", source=SHOWS)])
    assert one.source == Source(
        "When does it show? · How long does it last?", "Within 3 to 5 days. Four to six months."
    )


def test_without_any_source_there_is_none() -> None:
    (one,) = merged([reply("1"), reply("2")])
    assert one.source is None


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        ((Kind.HANDOVER, Kind.FALLBACK), Kind.HANDOVER),
        ((Kind.FALLBACK, Kind.HANDOVER), Kind.FALLBACK),
        ((Kind.HANDOVER, Kind.ANSWER), Kind.ANSWER),
        ((Kind.FALLBACK, Kind.HANDOVER, Kind.ANSWER), Kind.ANSWER),
    ],
)
def test_it_is_an_answer_if_one_of_them_is(kinds: tuple[Kind, ...], kind: Kind) -> None:
    (one,) = merged([reply(each.value, kind=each, source=LASTS if each is Kind.ANSWER else None) for each in kinds])
    assert one.kind is kind
    assert one.language == "en"


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_emergency_comes_first_and_alone(clinic: Clinic, position: int) -> None:
    emergency = emergency_reply(clinic, "en")
    replies = [reply("1", CALL, source=LASTS), reply("2", EMERGENCY, CALL)]
    replies.insert(position, emergency)
    first, rest = merged(replies)
    assert first == emergency
    assert rest.text == "1\n2"
    assert rest.kind is Kind.ANSWER


def test_an_emergency_beside_one_other_reply_leaves_both_as_they_are(clinic: Clinic) -> None:
    emergency, other = emergency_reply(clinic, "en"), reply("1", CALL, source=LASTS)
    assert merged([other, emergency]) == [emergency, other]


def test_two_emergencies_are_one(clinic: Clinic) -> None:
    first, second = emergency_reply(clinic, "en"), emergency_reply(clinic, "en")
    assert merged([first, second]) == [first]


@pytest.mark.parametrize("language", [code for code in other_languages()])
def test_a_foreign_language_gets_both_numbers_in_english_and_in_that_language(clinic: Clinic, language: str) -> None:
    foreign = other_language_reply(clinic, language)
    english, own = foreign.text.split("\n")
    assert english == other_language_reply(clinic, "xx").text
    assert own != english
    for line in (english, own):
        assert clinic.phone in line
        assert clinic.emergency_number in line
        assert "$" not in line
    assert (f"\u2066{clinic.phone}\u2069" in own) == (language in RIGHT_TO_LEFT)
    assert foreign.kind is Kind.HANDOVER
    assert foreign.language == "en"
    check_names_the_numbers(foreign.to_json(), clinic)


def test_an_unknown_foreign_language_gets_both_numbers_in_english(clinic: Clinic) -> None:
    foreign = other_language_reply(clinic, "xx")
    assert foreign.text == load_texts("en").get("other_language", phone=clinic.phone, emergency=clinic.emergency_number)
    check_names_the_numbers(foreign.to_json(), clinic)


@pytest.mark.parametrize("language", load_clinic().languages)
def test_failure_and_emergency_dial_the_emergency_number_first(clinic: Clinic, language: str) -> None:
    for made in (failure_reply(clinic, language), emergency_reply(clinic, language)):
        assert made.language == language
        check_names_the_numbers(made.to_json(), clinic)
    (only,) = call_buttons(clinic, language)
    assert only.value == clinic.phone_uri
