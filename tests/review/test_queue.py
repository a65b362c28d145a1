"""Which messages wait for review."""

from datetime import timedelta

from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.review.queue import LEAST_CONFIDENCE, Reason, Waiting, count, count_emergencies, unanswered
from clinicbot.store.reviews import Decision, Reviews
from tests.review.conversations import Talk

HOW_LONG = "duration/how_long"


def waiting(engine: Engine, days: int = 30) -> dict[str, Waiting]:
    since = utc_now() - timedelta(days=days)
    found = unanswered(engine, since)
    assert count(engine, since) == len(found)
    return {message.text: message for message in found}


def reasons(engine: Engine, text: str) -> tuple[Reason, ...]:
    return waiting(engine)[text].reasons


def test_what_was_not_understood_waits_with_what_it_came_near_to(engine: Engine) -> None:
    talk = Talk(engine, "tr")
    number = talk.say("alkol alabilir miyim", nearest=("aftercare/overview", "aftercare/make_up"))
    talk.say("how long", HOW_LONG)
    message = waiting(engine)["alkol alabilir miyim"]
    assert (message.message_id, message.language, message.reasons) == (number, "tr", (Reason.FELL_BACK,))
    assert message.candidates == ("aftercare/overview", "aftercare/make_up")
    assert len(waiting(engine)) == 1


def test_a_part_that_was_not_understood_suffices(engine: Engine) -> None:
    Talk(engine).say("how long and wine", HOW_LONG, also=("nlu_fallback",))
    assert reasons(engine, "how long and wine") == (Reason.FELL_BACK,)
    assert waiting(engine)["how long and wine"].candidates == (HOW_LONG,)


def test_an_answer_that_is_likelier_wrong_than_right_waits(engine: Engine) -> None:
    Talk(engine).say("odd brows", HOW_LONG, LEAST_CONFIDENCE - 0.01)
    Talk(engine).say("brows", HOW_LONG, LEAST_CONFIDENCE)
    assert list(waiting(engine)) == ["odd brows"]
    assert reasons(engine, "odd brows") == (Reason.UNSURE,)


def test_thumbs_down_counts_and_thumbs_up_does_not(engine: Engine) -> None:
    Talk(engine).say("how long", HOW_LONG, helpful=False)
    Talk(engine).say("when", HOW_LONG, helpful=True)
    assert {text: found.reasons for text, found in waiting(engine).items()} == {"how long": (Reason.THUMB,)}


def test_a_no_belongs_to_the_answer_before(engine: Engine) -> None:
    talk = Talk(engine)
    talk.say("how long", HOW_LONG)
    talk.say("no", "deny")
    talk.say("when", HOW_LONG)
    talk.say("no", "deny", after=timedelta(minutes=11))
    talk.say("hello", "greet")
    talk.say("nope", "deny")
    assert {text: found.reasons for text, found in waiting(engine).items()} == {"how long": (Reason.NO,)}


def test_asking_the_same_again_at_once_is_a_no(engine: Engine) -> None:
    talk = Talk(engine)
    talk.say("how long", HOW_LONG)
    talk.say("how many months", HOW_LONG)
    talk.say("months?", HOW_LONG, after=timedelta(minutes=3))
    talk.say("does it hurt", "procedure/pain")
    assert {text: found.reasons for text, found in waiting(engine).items()} == {"how long": (Reason.AGAIN,)}


def test_another_patients_message_is_no_answer_to_mine(engine: Engine) -> None:
    Talk(engine).say("how long", HOW_LONG)
    Talk(engine).say("no", "deny")
    assert waiting(engine) == {}


def test_emergencies_buttons_forms_and_failures_never_wait(engine: Engine) -> None:
    talk = Talk(engine)
    talk.say("i can't breathe", "report_red", 0.1, emergency=True, helpful=False)
    talk.say("my eyelid droops", "report_amber", 0.1)
    talk.say("Another question", button="faq:none")
    talk.say("Anna Smith", "request_callback", 1.0, helpful=False)
    talk.say("how long", None, helpful=False)
    talk.say("what's the weather", "out_of_scope")
    assert waiting(engine) == {}
    assert count_emergencies(engine, utc_now() - timedelta(days=1)) == 1


def test_an_emergency_that_satisfied_is_no_notice(engine: Engine) -> None:
    Talk(engine).say("i can't breathe", "report_red", emergency=True)
    assert count_emergencies(engine, utc_now() - timedelta(days=1)) == 0


def test_the_newest_comes_first_and_old_ones_are_left_out(engine: Engine) -> None:
    Talk(engine, begun=timedelta(days=31)).say("too old")
    Talk(engine, begun=timedelta(days=2)).say("older")
    Talk(engine).say("newer")
    assert list(waiting(engine)) == ["newer", "older"]
    assert list(waiting(engine, days=1)) == ["newer"]


def test_personal_data_is_masked(engine: Engine) -> None:
    Talk(engine).say("my name is anna, wine? 07700 900123")
    assert list(waiting(engine)) == ["my name is (…), wine? (…)"]


def test_what_was_decided_waits_no_more_until_that_is_taken_back(engine: Engine) -> None:
    number = Talk(engine).say("wine")
    reviews = Reviews(engine)
    assert reviews.decide([number], Decision.DISMISSED, "ayse") == 1
    assert waiting(engine) == {}
    act = reviews.last("ayse")
    assert act is not None
    reviews.take_back(act)
    assert list(waiting(engine)) == ["wine"]


def test_an_erased_conversation_leaves_nothing(engine: Engine) -> None:
    talk = Talk(engine)
    number = talk.say("wine", helpful=False)
    Reviews(engine).decide([Talk(engine).say("beer"), number], Decision.ADDED, "ayse", faq=HOW_LONG, wrote=[number])
    talk.conversations.erase(talk.session)
    act = Reviews(engine).last("ayse")
    assert act is not None
    assert (act.count, Reviews(engine).written(act)) == (1, [])
    assert waiting(engine) == {}
