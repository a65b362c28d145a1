"""Decisions about messages of the review queue."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.store.figure_tables import review_decisions
from clinicbot.store.reviews import UNDONE_WITHIN, Decision, Reviews
from tests.review.conversations import Talk

FAQ = "duration/how_long"


def test_a_decision_is_one_act_with_what_it_wrote(engine: Engine) -> None:
    talk, reviews = Talk(engine), Reviews(engine)
    numbers = [talk.say("wine"), talk.say("Wine!"), talk.say("beer")]
    assert reviews.decide(numbers, Decision.ADDED, "ayse", faq=FAQ, wrote=numbers[::2]) == 3
    act = reviews.last("ayse")
    assert act is not None
    assert (act.decision, act.faq, act.count) == (Decision.ADDED, FAQ, 3)
    assert reviews.written(act) == ["wine", "beer"]


def test_the_first_decision_stands(engine: Engine) -> None:
    reviews, number = Reviews(engine), Talk(engine).say("wine")
    assert reviews.decide([number], Decision.DISMISSED, "ayse") == 1
    assert reviews.decide([number, 999], Decision.ADDED, "berk", faq=FAQ) == 0
    assert reviews.last("berk") is None


def test_acts_are_taken_back_one_after_the_other_each_persons_own(engine: Engine) -> None:
    talk, reviews = Talk(engine), Reviews(engine)
    one, two, three = talk.say("wine"), talk.say("beer"), talk.say("gin")
    reviews.decide([one], Decision.DISMISSED, "ayse")
    reviews.decide([two], Decision.OUT_OF_SCOPE, "ayse")
    reviews.decide([three], Decision.NOT_IN_DOCUMENT, "berk")
    for decision in (Decision.OUT_OF_SCOPE, Decision.DISMISSED):
        act = reviews.last("ayse")
        assert act is not None
        assert act.decision is decision
        assert reviews.take_back(act) == 1
        assert reviews.take_back(act) == 0
    assert reviews.last("ayse") is None
    assert reviews.last("berk") is not None


def test_what_is_a_day_old_stands(engine: Engine) -> None:
    Reviews(engine).decide([Talk(engine).say("wine")], Decision.DISMISSED, "ayse")
    with engine.begin() as connection:
        connection.execute(update(review_decisions).values(at=utc_now() - UNDONE_WITHIN - timedelta(minutes=1)))
    assert Reviews(engine).last("ayse") is None
