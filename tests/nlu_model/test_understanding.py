"""Conversations with a library's assistant: what a message means after the ones before it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from clinicbot.nlu.meaning import DECLINED, NOT_UNDERSTOOD, Acts, Earlier, Understanding
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.nlu.understanding import SUGGESTED, Understander
from tests.nlu_model.conftest import LIBRARY, LIBRARY_TITLES, train_on

MINUTE = 60.0
ACTS = Acts(
    asides=frozenset({"greet", "thank", "affirm", "deny", "ask_repeat", "abuse", "unclear_how_long"}),
    repeat="ask_repeat",
    accept="affirm",
    decline="deny",
    once={"abuse": "out_of_scope"},
    clarify={"unclear_how_long": ("loans/how_long", "loans/renew")},
)
UNKNOWN = "gargle zorp blib"


def make(
    model: QuestionModel,
    *,
    acts: Acts | None = ACTS,
    titles: Mapping[str, Mapping[str, str]] = LIBRARY_TITLES,
    threshold: float | None = None,
) -> Understander:
    return Understander(
        model,
        titles=titles,
        negatives=["out_of_scope"],
        urgent={"report_fire": 0.3},
        acts=acts,
        threshold=threshold,
    )


@pytest.fixture(scope="module")
def understander(library: QuestionModel) -> Understander:
    return make(library)


def earlier(texts: Sequence[str], minutes: float = 1.0, language: str = "en") -> list[Earlier]:
    """Messages the given time apart, the last one as long ago as well."""
    return [Earlier(text, language, (len(texts) - at) * minutes * MINUTE) for at, text in enumerate(texts)]


def say(understander: Understander, *texts: str, minutes: float = 1.0) -> Understanding:
    *before, last = texts
    return understander.understand(last, "en", earlier(before, minutes))


def labels(understander: Understander, *texts: str, minutes: float = 1.0) -> list[str]:
    return [part.label for part in say(understander, *texts, minutes=minutes).parts]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("how long can i keep a book", "loans/how_long"),
        ("where can i lock a bicycle?", "rooms/parking"),
        ("what is the address please", "ask_address"),
        ("tell me a joke", "out_of_scope"),
        ("hello there", "greet"),
        ("the shelves are burning!!", "report_fire"),
    ],
)
def test_a_message_alone(understander: Understander, text: str, label: str) -> None:
    understanding = say(understander, text)
    assert [part.label for part in understanding.parts] == [label]
    assert understanding.parts[0].text == text
    assert understanding.offered == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("can children get a library card? where can i park my bicycle?", ["cards/children", "rooms/parking"]),
        ("where can i park my bicycle? can children get a library card?", ["rooms/parking", "cards/children"]),
        ("how long can i keep a book and where can i park my bicycle", ["loans/how_long", "rooms/parking"]),
        (
            "can i renew a loan, where can i park my bicycle and how do adults get a card",
            ["loans/renew", "rooms/parking", "cards/adults"],
        ),
        (
            "how long can i keep a book? can i renew a loan? is there an evening reading for children?",
            ["loans/how_long", "loans/renew", "readings/children"],
        ),
    ],
)
def test_several_questions_are_understood_in_their_order(
    understander: Understander, text: str, expected: list[str]
) -> None:
    assert labels(understander, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("can i park and lock my bicycle outside", "rooms/parking"),
        ("how do i renew my books and extend my loan", "loans/renew"),
        ("is there a place to park? are there bicycle racks?", "rooms/parking"),  # asked twice
        ("how many weeks may i borrow a book, or is it until i return a book", "loans/how_long"),
    ],
)
def test_a_single_question_stays_single(understander: Understander, text: str, expected: str) -> None:
    assert labels(understander, text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "hello, can i renew a loan",
        "hello! can i renew a loan?",
        "can i renew a loan? thank you very much",
        "good morning, can i renew a loan, thanks",
    ],
)
def test_asides_beside_a_question_dont_count(understander: Understander, text: str) -> None:
    assert labels(understander, text) == ["loans/renew"]


def test_an_aside_alone_counts(understander: Understander) -> None:
    assert labels(understander, "thank you very much") == ["thank"]


def test_what_is_urgent_comes_first(understander: Understander) -> None:
    text = "how long can i keep a book? where can i park my bicycle? something is burning"
    assert labels(understander, text) == ["report_fire", "loans/how_long", "rooms/parking"]


def test_a_message_that_is_urgent_as_a_whole_is_only_that(understander: Understander) -> None:
    assert labels(understander, "there is a fire, smoke everywhere") == ["report_fire"]


def test_an_urgent_message_isnt_bent_by_an_earlier_one(understander: Understander) -> None:
    assert labels(understander, "can i renew a loan", "and something is burning") == ["report_fire"]


@pytest.mark.parametrize("text", ["and for children?", "what about children", "children", "no i meant for children"])
@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("how do adults get a library card", "cards/children"),
        ("is there an evening reading for adults", "readings/children"),
    ],
)
def test_a_follow_up_goes_on_from_what_was_asked(
    understander: Understander, before: str, text: str, expected: str
) -> None:
    assert labels(understander, before, text) == [expected]


def test_a_follow_up_of_a_follow_up(understander: Understander) -> None:
    first = "is there an evening reading for adults"
    assert labels(understander, first, "and for children?", "and for adults?") == ["readings/adults"]


def test_small_talk_and_what_isnt_understood_in_between_change_no_topic(understander: Understander) -> None:
    first = "is there an evening reading for adults"
    assert labels(understander, first, "thank you very much", "and for children?") == ["readings/children"]
    assert labels(understander, first, UNKNOWN, "and for children?") == ["readings/children"]


def test_a_part_goes_on_from_the_part_before_it(understander: Understander) -> None:
    text = "is there an evening reading for adults? and for children?"
    assert labels(understander, text) == ["readings/adults", "readings/children"]


def test_a_correction_isnt_what_was_just_answered(understander: Understander) -> None:
    first = "how do children get a library card"
    assert labels(understander, first, "no i meant for adults") == ["cards/adults"]
    assert labels(understander, first, "no i meant for children") != ["cards/children"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where can i park my bicycle", "rooms/parking"),
        ("and where can i park my bicycle", "rooms/parking"),
        ("how long can i keep a book", "loans/how_long"),
        ("is there an evening reading for children", "readings/children"),
        ("which street are you on", "ask_address"),
        ("tell me a joke please", "out_of_scope"),
        ("hello", "greet"),
    ],
)
def test_a_clear_new_question_is_not_bent(understander: Understander, text: str, expected: str) -> None:
    assert labels(understander, "how do adults get a library card", text) == [expected]


def test_without_an_earlier_message_a_follow_up_is_only_a_guess(understander: Understander) -> None:
    understanding = say(understander, "and online?")
    assert [part.label for part in understanding.parts] == [NOT_UNDERSTOOD]
    assert understanding.offered
    assert labels(understander, "can i renew a loan", "and online?") == ["loans/renew"]


def test_after_a_while_only_what_says_so_goes_on(understander: Understander) -> None:
    first = "is there an evening reading for adults"
    assert labels(understander, first, "children", minutes=9) == ["readings/children"]
    assert labels(understander, first, "children", minutes=30) != ["readings/children"]
    assert labels(understander, first, "and for children?", minutes=30) == ["readings/children"]


def test_after_an_hour_all_is_forgotten(understander: Understander) -> None:
    first = "is there an evening reading for adults"
    for text in ("and for children?", "what did you say", "how long"):
        assert say(understander, first, text, minutes=61) == say(understander, text)


def test_what_was_said_is_repeated(understander: Understander) -> None:
    assert labels(understander, "can i renew a loan", "what did you say") == ["loans/renew"]
    assert labels(understander, "can i renew a loan", "what did you say", "say that again") == ["loans/renew"]
    two = "can i renew a loan? where can i park my bicycle?"
    assert labels(understander, two, "say that again") == ["loans/renew", "rooms/parking"]
    assert labels(understander, "say that again") == ["ask_repeat"]


def test_after_a_repetition_the_topic_is_the_same(understander: Understander) -> None:
    first = "is there an evening reading for adults"
    assert labels(understander, first, "what did you say", "and for children?") == ["readings/children"]


def test_a_repeated_offer_can_still_be_taken(understander: Understander) -> None:
    asked_back = say(understander, UNKNOWN)
    repeated = say(understander, UNKNOWN, "say that again")
    assert repeated.offered == asked_back.offered
    assert labels(understander, UNKNOWN, "say that again", "2") == [asked_back.offered[1]]


def test_what_isnt_understood_is_offered_the_nearest_faqs(understander: Understander) -> None:
    understanding = say(understander, UNKNOWN)
    assert [part.label for part in understanding.parts] == [NOT_UNDERSTOOD]
    assert len(set(understanding.offered)) == SUGGESTED
    assert set(understanding.offered) <= set(LIBRARY_TITLES)


@pytest.mark.parametrize(("answer", "chosen"), [("yes", 0), ("yes please", 0), ("1", 0), ("2", 1), ("3.", 2)])
def test_an_offer_is_taken_by_a_yes_or_its_number(understander: Understander, answer: str, chosen: int) -> None:
    offered = say(understander, UNKNOWN).offered
    assert labels(understander, UNKNOWN, answer) == [offered[chosen]]


def test_an_offer_is_declined(understander: Understander) -> None:
    declined = say(understander, UNKNOWN, "no")
    assert [part.label for part in declined.parts] == [DECLINED]
    assert declined.offered == ()
    assert labels(understander, UNKNOWN, "no", "yes") == ["affirm"]


@pytest.mark.parametrize("answer", ["0", "4", "99", "2 3"])
def test_another_number_takes_no_offer(understander: Understander, answer: str) -> None:
    offered = say(understander, UNKNOWN).offered
    understanding = say(understander, UNKNOWN, answer)
    assert [part.label for part in understanding.parts] == [NOT_UNDERSTOOD]
    assert understanding.parts[0].label not in offered


def test_an_offer_lasts_one_turn(understander: Understander) -> None:
    assert labels(understander, UNKNOWN, "can i renew a loan", "yes") == ["affirm"]
    assert labels(understander, UNKNOWN, "can i renew a loan", "no") == ["deny"]


def test_without_an_offer_yes_no_and_numbers_are_themselves(understander: Understander) -> None:
    assert labels(understander, "yes") == ["affirm"]
    assert labels(understander, "no") == ["deny"]
    assert labels(understander, "1") == [NOT_UNDERSTOOD]


def test_a_question_after_an_offer_is_a_question(understander: Understander) -> None:
    assert labels(understander, UNKNOWN, "can i renew a loan") == ["loans/renew"]


def test_an_unclear_message_is_asked_back_once(understander: Understander) -> None:
    options = ACTS.clarify["unclear_how_long"]
    first = say(understander, "how long")
    assert ([part.label for part in first.parts], first.offered) == (["unclear_how_long"], options)
    again = say(understander, "how long", "how long?")
    assert ([part.label for part in again.parts], again.offered) == ([options[0]], ())
    assert labels(understander, "how long", "2") == [options[1]]


def test_an_unclear_message_is_clear_after_its_topic(understander: Understander) -> None:
    understanding = say(understander, "can i renew a loan", "how long")
    assert understanding.parts[0].label in LIBRARY_TITLES
    assert understanding.offered == ()


def test_a_class_that_is_taken_so_once_is_another_after_that(understander: Understander) -> None:
    assert labels(understander, "you are stupid") == ["abuse"]
    assert labels(understander, "you are stupid", "you idiot") == ["out_of_scope"]
    assert labels(understander, "you are stupid", "can i renew a loan", "you idiot") == ["out_of_scope"]
    assert labels(understander, "you are stupid", "you idiot", minutes=61) == ["abuse"]


def test_a_pressed_suggestion_is_that_faq_whatever_was_said(understander: Understander) -> None:
    understanding = say(understander, "is there an evening reading for adults", "faq:loans/renew")
    assert [part.label for part in understanding.parts] == ["loans/renew"]
    assert understanding.parts[0].prediction.confidence == 1.0


def test_a_pressed_suggestion_is_a_topic(understander: Understander) -> None:
    assert labels(understander, "faq:readings/adults", "and for children?") == ["readings/children"]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_pressed_act_is_that_act_whatever_was_offered(language: str) -> None:
    phrasings = {"request_callback": ["call me back", "ring me"], "loans/renew": ["can i renew a loan", "renew a book"]}
    understander = Understander(train_on(phrasings), titles={}, threshold=0.0)
    (part,) = understander.understand("callback:cancel", language).parts
    assert (part.label, part.prediction.confidence) == ("request_callback", 1.0)


def test_an_act_that_the_model_does_not_know_cannot_be_pressed(understander: Understander) -> None:
    (part,) = say(understander, "callback:start").parts
    assert part.prediction.confidence < 1.0


@pytest.mark.parametrize("text", ["faq:nothing/here", "faq:", "say faq:loans/renew"])
def test_only_a_known_faq_can_be_pressed(understander: Understander, text: str) -> None:
    (part,) = say(understander, text).parts
    assert part.prediction.confidence < 1.0


def test_an_urgent_message_was_answered_as_such(understander: Understander) -> None:
    before = earlier(["can i renew a loan", "my hair is on fire"])
    before[1] = replace(before[1], urgent=True)
    repeated = understander.understand("what did you say", "en", before)
    assert [part.label for part in repeated.parts] == ["report_fire"]


@pytest.mark.parametrize(
    "text",
    [
        "do you sell violins on tuesdays? where can i park my bicycle?",
        "where can i park my bicycle? do you sell violins on tuesdays?",
    ],
)
def test_a_part_that_isnt_understood_is_named(understander: Understander, text: str) -> None:
    parts = say(understander, text).parts
    assert {part.label for part in parts} == {"rooms/parking", NOT_UNDERSTOOD}
    (unknown,) = [part for part in parts if part.label == NOT_UNDERSTOOD]
    assert "violins" in unknown.text
    assert "bicycle" not in unknown.text


def test_the_same_thing_twice_is_answered_once(understander: Understander) -> None:
    text = "can i renew a loan? where can i park my bicycle? is it possible to renew online?"
    assert sorted(labels(understander, text)) == ["loans/renew", "rooms/parking"]


CONVERSATIONS = [
    ("is there an evening reading for adults", "and for children?"),
    ("how do adults get a library card", "and for children?"),
    (UNKNOWN, "no", "2"),
    (UNKNOWN, "2"),
    ("you are stupid", "you idiot"),
    ("how long", "how long"),
    ("how long",),
    ("can i renew a loan? where can i park my bicycle?", "say that again"),
]


def test_the_same_messages_mean_the_same(library: QuestionModel, understander: Understander) -> None:
    """Whatever was understood in between, and by another process that has understood nothing yet."""
    first = [say(understander, *texts) for texts in CONVERSATIONS]
    again = [say(understander, *texts) for texts in reversed(CONVERSATIONS)]
    assert again[::-1] == first
    assert [say(make(library), *texts) for texts in CONVERSATIONS] == first


def test_one_conversation_is_nothing_to_another(library: QuestionModel, understander: Understander) -> None:
    assert labels(understander, "can i renew a loan", "and online?") == ["loans/renew"]
    assert say(understander, "and online?") == say(make(library), "and online?")


def test_without_titles_what_was_typed_stands_for_a_topic(library: QuestionModel) -> None:
    untitled = make(library, titles={})
    first = "is there an evening reading for adults"
    assert labels(untitled, first, "and for children?") == ["readings/children"]


def test_without_acts_nothing_refers_to_the_last_turn(library: QuestionModel) -> None:
    plain = make(library, acts=None)
    assert labels(plain, "how long") == ["unclear_how_long"]
    assert labels(plain, "you are stupid", "you idiot") == ["abuse"]
    assert labels(plain, UNKNOWN, "yes") == ["affirm"]


def test_the_threshold_is_the_models_unless_it_is_given(library: QuestionModel) -> None:
    text = "can i renew a loan"
    assert labels(make(library), text) == ["loans/renew"]
    assert labels(make(library, threshold=1.1), text) == [NOT_UNDERSTOOD]
    assert labels(make(library, threshold=1.1), "order a pizza") == ["out_of_scope"]  # needs no confidence
    assert NOT_UNDERSTOOD not in labels(make(library, threshold=0.0), UNKNOWN)


@pytest.mark.parametrize("text", ["what is your address? tell me a joke please", "hello and thanks a lot"])
def test_a_model_without_faqs_never_splits(text: str) -> None:
    model = train_on({label: texts for label, texts in LIBRARY.items() if "/" not in label})
    understanding = say(make(model, acts=None), text)
    assert len(understanding.parts) == 1
    assert understanding.parts[0].text == text


RUSSIAN = {
    "loans/how_long": ["на сколько можно взять книгу", "сколько дней можно держать книгу", "срок выдачи книги"],
    "loans/renew": ["можно ли продлить книгу", "как продлить срок", "хочу продлить книгу онлайн"],
    "rooms/parking": ["где поставить велосипед", "есть ли парковка для велосипеда", "куда поставить велосипед"],
}


def test_russian_in_latin_letters_is_read_as_russian() -> None:
    model = train_on(RUSSIAN)
    understander = Understander(model, titles={}, threshold=0.0)
    for latin, cyrillic in (
        ("gde postavit velosiped", "где поставить велосипед"),
        ("kak prodlit knigu", "как продлить"),
    ):
        (part,) = understander.understand(latin, "ru").parts
        (same,) = understander.understand(cyrillic, "ru").parts
        assert part.label == same.label
    assert [part.label for part in understander.understand("faq:loans/renew", "ru").parts] == ["loans/renew"]
    two = understander.understand("gde postavit velosiped? mozhno li prodlit knigu?", "ru")
    assert [part.label for part in two.parts] == ["rooms/parking", "loans/renew"]


@pytest.mark.parametrize("text", ["", " ", "?!", "👍", "and", "no i meant", ",,,,", "\x00", "zzz " * 99, "and " * 99])
def test_any_message_is_understood_as_something(understander: Understander, text: str) -> None:
    assert say(understander, text).parts
    assert say(understander, "can i renew a loan", text, text).parts
