from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Table, event, func, select
from sqlalchemy.engine import Engine

from clinicbot.store import conversations as conversations_module
from clinicbot.store.conversations import Conversations, Session, StoredMessage
from clinicbot.store.figure_tables import daily_counts, daily_durations, daily_thumbs, understandings
from clinicbot.store.figures import Counted, FaqUsage, count_answer, count_thumb, day_of, usage_of_faqs
from clinicbot.store.inbox import Inbox
from clinicbot.store.outbox import Outbox, Outgoing
from clinicbot.understood import Understood
from tests.store.test_conversations import GREETING, HOUR, REPLY
from tests.store.test_inbox import receive, session_of

DAY = date(2026, 11, 28)
HOW_LONG = "duration/how_long"
UNDERSTOOD = Understood((HOW_LONG, "ask_price"), 0.9, (HOW_LONG, "duration/onset"), 7)
ASKED = Counted("web", "en", "answer", HOW_LONG, 0.2)


@pytest.fixture
def conversations(engine: Engine) -> Conversations:
    return Conversations(engine)


@pytest.fixture
def session(conversations: Conversations) -> Session:
    return conversations.start("en", GREETING, HOUR)


def answer(
    conversations: Conversations, message: StoredMessage, counted: Counted = ASKED, reply_id: str = "r1"
) -> bool:
    return conversations.answer(
        message,
        [REPLY | {"id": reply_id}],
        language="en",
        emergency=counted.kind == "emergency",
        payloads={},
        understood=None if counted.kind == "emergency" else UNDERSTOOD,
        counted=counted,
    )


def total(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.coalesce(func.sum(table.c["count"]), 0))).scalar_one())


def rows(engine: Engine, table: Table) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key)).all()]


def test_an_answer_is_counted_with_what_was_understood(
    engine: Engine, conversations: Conversations, session: Session
) -> None:
    message = conversations.receive(session.id, "m1", "how long and how much", None)
    answer(conversations, message)
    today = day_of(conversations_module.utc_now(), ZoneInfo("UTC"))
    assert rows(engine, daily_counts) == [(today, "web", "en", "answer", HOW_LONG, 1)]
    assert rows(engine, daily_durations) == [(today, 250, 1)]
    labels = '["duration/how_long", "ask_price"]'
    nearest = '["duration/how_long", "duration/onset"]'
    assert rows(engine, understandings) == [(message.id, HOW_LONG, labels, 0.9, nearest, 7)]


def test_a_message_counts_once(engine: Engine, conversations: Conversations, session: Session) -> None:
    message = conversations.receive(session.id, "m1", "how long", None)
    assert answer(conversations, message)
    assert not answer(conversations, message)
    assert total(engine, daily_counts) == total(engine, daily_durations) == 1


def test_an_erased_conversation_leaves_its_counts_only(
    engine: Engine, conversations: Conversations, session: Session
) -> None:
    answer(conversations, conversations.receive(session.id, "m1", "how long", None))
    conversations.rate(session.id, "r1", True)
    conversations.erase(session.id)
    assert rows(engine, understandings) == []
    assert total(engine, daily_counts) == total(engine, daily_thumbs) == 1


@pytest.mark.parametrize("table", [daily_counts, daily_durations, understandings])
def test_figures_that_cannot_be_recorded_cost_nobody_the_answer(
    table: Table, engine: Engine, conversations: Conversations, session: Session
) -> None:
    table.drop(engine)
    message = conversations.receive(session.id, "m1", "how long", None)
    assert answer(conversations, message)
    assert conversations.get(message.id).replies == [REPLY]


def test_a_thumb_that_cannot_be_counted_is_kept(engine: Engine, conversations: Conversations, session: Session) -> None:
    answer(conversations, conversations.receive(session.id, "m1", "how long", None))
    daily_thumbs.drop(engine)
    assert conversations.rate(session.id, "r1", True)


def test_figures_are_kept_with_the_answer_or_not_at_all(
    engine: Engine, conversations: Conversations, session: Session
) -> None:
    message = conversations.receive(session.id, "m1", "how long", None)

    def fail(_connection: object) -> None:
        raise RuntimeError("killed before the commit")

    event.listen(engine, "commit", fail)
    with pytest.raises(RuntimeError):
        answer(conversations, message)
    event.remove(engine, "commit", fail)
    assert conversations.get(message.id).replies is None
    assert total(engine, daily_counts) == 0


def test_an_emergency_needs_no_more_than_one_statement_and_its_savepoint(
    engine: Engine, conversations: Conversations, session: Session
) -> None:
    message = conversations.receive(session.id, "m1", "i cannot breathe", None)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement.split()[0])

    event.listen(engine, "before_cursor_execute", note)
    answer(conversations, message, Counted("web", "en", "emergency", "report_red"))
    event.remove(engine, "before_cursor_execute", note)
    assert [word for word in statements if word not in ("SAVEPOINT", "RELEASE")] == ["UPDATE", "UPDATE", "INSERT"]
    assert total(engine, daily_counts) == 1
    assert rows(engine, understandings) == []


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 50), (0.05, 50), (0.051, 100), (0.9, 1_000), (7.0, 10_000), (59.0, 60_000), (600.0, 60_000)],
)
def test_a_time_is_counted_in_the_first_bucket_that_holds_it(engine: Engine, seconds: float, bucket: int) -> None:
    with engine.begin() as connection:
        count_answer(connection, DAY, Counted("web", "en", "answer", HOW_LONG, seconds))
    assert rows(engine, daily_durations) == [(DAY, bucket, 1)]


def test_a_day_is_the_clinics() -> None:
    late = datetime(2026, 11, 28, 22, 30)
    assert day_of(late, ZoneInfo("Europe/Istanbul")) == date(2026, 11, 29)
    assert day_of(late, ZoneInfo("Europe/London")) == DAY


def test_a_changed_thumb_moves_its_count(engine: Engine, conversations: Conversations, session: Session) -> None:
    answer(conversations, conversations.receive(session.id, "m1", "how long", None))
    for helpful in (True, True, False, False):
        assert conversations.rate(session.id, "r1", helpful)
    assert usage_of_faqs(engine, DAY - timedelta(days=1)) == {HOW_LONG: FaqUsage(1, 0, 1)}


def test_a_thumb_that_changes_on_another_day_leaves_the_first(engine: Engine) -> None:
    with engine.begin() as connection:
        count_thumb(connection, HOW_LONG, (DAY, True), None)
        count_thumb(connection, HOW_LONG, (DAY + timedelta(days=1), False), (DAY, True))
    assert rows(engine, daily_thumbs) == [
        (DAY, HOW_LONG, True, 0),
        (DAY + timedelta(days=1), HOW_LONG, False, 1),
    ]


def test_a_thumb_on_an_emergency_is_counted_as_such(
    engine: Engine, conversations: Conversations, session: Session
) -> None:
    message = conversations.receive(session.id, "m1", "i cannot breathe", None)
    answer(conversations, message, Counted("web", "en", "emergency", "report_red"))
    conversations.rate(session.id, "r1", True)
    assert [row[1:] for row in rows(engine, daily_thumbs)] == [("report_red", True, 1)]


def test_usage_is_of_faqs_only_and_from_the_given_day_on(engine: Engine) -> None:
    with engine.begin() as connection:
        for day, label in [(DAY, HOW_LONG), (DAY, "greet"), (DAY, ""), (DAY - timedelta(days=1), HOW_LONG)]:
            count_answer(connection, day, Counted("web", "en", "answer", label))
        count_answer(connection, DAY, Counted("whatsapp", "tr", "answer", HOW_LONG))
        count_thumb(connection, "aftercare/overview", (DAY, False), None)
    assert usage_of_faqs(engine, DAY) == {"aftercare/overview": FaqUsage(0, 0, 1), HOW_LONG: FaqUsage(2, 0, 0)}


@pytest.mark.parametrize(("urgent", "counted"), [(False, ("fallback", "")), (True, ("emergency", "report_red"))])
def test_a_turn_whose_replies_were_never_stored_is_counted_when_it_is_finished_once(
    engine: Engine, urgent: bool, counted: tuple[str, str]
) -> None:
    inbox = Inbox(engine)
    contact_id, waiting = receive(inbox, ("w1", "hi"))
    turn = inbox.take(session_of(engine, contact_id).id, waiting, "hi", None)
    assert turn is not None
    for _ in range(2):
        Outbox(engine).finish_turn(
            turn.message.id,
            contact_id,
            [Outgoing({"text": {"body": "Call."}}, "Call.")],
            language="en",
            urgent=urgent,
            noticed=False,
            card=False,
        )
    assert [row[1:] for row in rows(engine, daily_counts)] == [("whatsapp", "en", *counted, 1)]
    assert Conversations(engine).unanswered() == []


def test_a_turn_whose_replies_were_stored_is_not_counted_again(engine: Engine) -> None:
    inbox = Inbox(engine)
    contact_id, waiting = receive(inbox, ("w1", "hi"))
    turn = inbox.take(session_of(engine, contact_id).id, waiting, "hi", None)
    assert turn is not None
    answer(Conversations(engine), turn.message)
    outgoing = [Outgoing({"text": {"body": "4 to 6 months"}}, "4 to 6 months")]
    options = {"language": "en", "urgent": False, "noticed": False, "card": False}
    Outbox(engine).finish_turn(turn.message.id, contact_id, outgoing, **options)  # type: ignore[arg-type]
    assert total(engine, daily_counts) == 1
