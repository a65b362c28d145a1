from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert
from sqlalchemy.engine import Engine

from clinicbot.reply import Kind
from clinicbot.store.conversations import Conversations
from clinicbot.store.database import messages, staff_tasks
from clinicbot.store.figures import Counted, FaqUsage, count_answer, count_thumb
from clinicbot.store.overview import Figures, Period, count_waiting, read_figures
from clinicbot.store.understandings import keep_understanding
from clinicbot.understood import Understood
from tests.store.test_conversations import GREETING, HOUR

ISTANBUL = ZoneInfo("Europe/Istanbul")
LAST = date(2026, 11, 28)
WEEK = Period(LAST - timedelta(days=6), LAST)
HOW_LONG = "duration/how_long"


def count(
    engine: Engine,
    label: str,
    kind: Kind = Kind.ANSWER,
    *,
    day: date = LAST,
    times: int = 1,
    language: str = "en",
    channel: str = "web",
) -> None:
    with engine.begin() as connection:
        for _ in range(times):
            count_answer(connection, day, Counted(channel, language, kind.value, label))


def read(engine: Engine, period: Period = WEEK) -> Figures:
    return read_figures(engine, period, ISTANBUL)


def not_understood(engine: Engine, received_at: datetime, *nearest: str) -> None:
    session = Conversations(engine).start("en", GREETING, HOUR)
    with engine.begin() as connection:
        (message_id,) = connection.execute(
            insert(messages).values(
                session_id=session.id, client_id="m1", text="?", received_at=received_at, emergency=False
            )
        ).inserted_primary_key
        keep_understanding(connection, message_id, Understood(("nlu_fallback",), 0.1, nearest))


def test_a_period_has_both_its_ends_and_as_many_days_before() -> None:
    assert len(WEEK.days) == 7
    assert WEEK.before == Period(date(2026, 11, 15), date(2026, 11, 21))
    assert Period(LAST, LAST).before == Period(LAST - timedelta(days=1), LAST - timedelta(days=1))
    with pytest.raises(ValueError, match="before it begins"):
        Period(LAST, LAST - timedelta(days=1))


def test_days_without_a_question_are_there_too(engine: Engine) -> None:
    count(engine, HOW_LONG, times=2)
    count(engine, "greet", Kind.SMALLTALK, day=WEEK.first)
    count(engine, "greet", Kind.SMALLTALK, day=WEEK.before.last)
    figures = read(engine)
    assert list(figures.days) == list(WEEK.days)
    assert list(figures.days.values()) == [1, 0, 0, 0, 0, 0, 2]
    assert figures.total == 3
    assert read(engine, WEEK.before).total == 1


def test_messages_are_told_apart_by_kind_language_and_channel(engine: Engine) -> None:
    count(engine, HOW_LONG, times=2, language="tr", channel="whatsapp")
    count(engine, "report_red", Kind.EMERGENCY)
    figures = read(engine)
    assert figures.kinds == {"answer": 2, "emergency": 1}
    assert figures.languages == {"tr": 2, "en": 1}
    assert figures.channels == {"whatsapp": 2, "web": 1}


def test_faqs_are_those_that_were_answered_most_asked_first(engine: Engine) -> None:
    count(engine, "duration/onset")
    count(engine, HOW_LONG, times=2)
    count(engine, "aftercare/overview", Kind.FALLBACK)  # understood, but nothing could be said
    count(engine, "ask_price", Kind.HANDOVER)
    with engine.begin() as connection:
        count_thumb(connection, HOW_LONG, (LAST, True), None)
        count_thumb(connection, HOW_LONG, (LAST, False), None)
        count_thumb(connection, "report_red", (LAST, True), None)
    figures = read(engine)
    assert list(figures.faqs.items()) == [(HOW_LONG, FaqUsage(2, 1, 1)), ("duration/onset", FaqUsage(1, 0, 0))]
    assert figures.thumbs == FaqUsage(0, 2, 1)


def test_what_was_not_understood_is_told_by_the_nearest_faq_while_it_is_kept(engine: Engine) -> None:
    count(engine, "nlu_fallback", Kind.FALLBACK, times=4)
    count(engine, "out_of_scope", Kind.FALLBACK)
    count(engine, "not_in_document", Kind.HANDOVER, times=5)
    count(engine, "ask_price", Kind.HANDOVER)
    for hour in (9, 10):
        not_understood(engine, datetime(2026, 11, 28, hour), "duration/onset", HOW_LONG)
    not_understood(engine, datetime(2026, 11, 28, 11))
    not_understood(engine, datetime(2026, 11, 28, 21, 30), HOW_LONG)  # tomorrow, where the clinic is
    assert list(read(engine).unanswered.items()) == [
        ("not_in_document", 5),
        ("duration/onset", 2),
        ("nlu_fallback", 2),
        ("out_of_scope", 1),
    ]


def test_more_is_never_known_of_what_was_not_understood_than_was_counted(engine: Engine) -> None:
    count(engine, "nlu_fallback", Kind.FALLBACK)
    for faq in (HOW_LONG, HOW_LONG, "duration/onset"):
        not_understood(engine, datetime(2026, 11, 28, 9), faq)
    assert read(engine).unanswered == {HOW_LONG: 1}


def test_times_are_as_long_as_the_bucket_in_which_the_share_is_reached(engine: Engine) -> None:
    assert read(engine).quickest(0.5) is None
    with engine.begin() as connection:
        for seconds in [0.02] * 10 + [0.2] * 9 + [3.0]:
            count_answer(connection, LAST, Counted("web", "en", "answer", HOW_LONG, seconds))
    figures = read(engine)
    assert figures.durations == {50: 10, 250: 9, 5_000: 1}
    assert [figures.quickest(share) for share in (0.5, 0.51, 0.95, 0.96)] == [50, 250, 250, 5_000]


def test_open_tasks_are_counted(engine: Engine) -> None:
    with engine.begin() as connection:
        for closed_at in (None, LAST_MOMENT := datetime(2026, 11, 28)):
            connection.execute(
                insert(staff_tasks).values(
                    kind="undelivered", text="?", reason="?", created_at=LAST_MOMENT, closed_at=closed_at
                )
            )
    assert (count_waiting(engine).callbacks, count_waiting(engine).tasks) == (0, 1)
