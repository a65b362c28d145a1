from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.messages import Channel, Delivered, Failure
from clinicbot.store.conversations import Conversations
from clinicbot.store.database import delivery_statuses
from clinicbot.store.database import outbox as outbox_table
from clinicbot.store.inbox import Inbox
from clinicbot.store.outbox import OUTCOME_KNOWN_WITHIN, Outbox, Outgoing, Queued
from clinicbot.store.outcomes import GIVE_UP_AFTER
from clinicbot.store.staff_tasks import StaffTasks
from tests.store.builders import ANNE, delivery, message, status
from tests.store.test_inbox import receive, session_of


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    return Outbox(engine)


def answer(engine: Engine, message_id: str, *texts: str, urgent: bool = False) -> tuple[int, int]:
    """Contact and turn, answered by these texts."""
    inbox = Inbox(engine)
    contact_id, rows = receive(inbox, (message_id, "hi"))
    turn = inbox.take(session_of(engine, contact_id).id, rows, "hi", None)
    assert turn is not None
    outgoing = [Outgoing({"text": {"body": text}}, text) for text in texts]
    finish = {"language": "en", "urgent": urgent, "noticed": False, "card": False}
    Outbox(engine).finish_turn(turn.message.id, contact_id, outgoing, **finish)  # type: ignore[arg-type]
    return contact_id, turn.message.id


def first(outbox: Outbox, contact_id: int) -> Queued:
    row = next_of(outbox, contact_id)
    assert row is not None
    return row


def next_of(outbox: Outbox, contact_id: int) -> Queued | None:
    return outbox.first(contact_id, urgent=True) or outbox.first(contact_id, urgent=False)


def begin(outbox: Outbox, contact_id: int) -> Queued:
    row = first(outbox, contact_id)
    outbox.begin(row.id)
    return row


def state(engine: Engine, row_id: int) -> str:
    with engine.connect() as connection:
        return str(connection.execute(select(outbox_table.c.state).where(outbox_table.c.id == row_id)).scalar_one())


def send_all(outbox: Outbox, contact_id: int) -> list[str]:
    texts = []
    while row := next_of(outbox, contact_id):
        outbox.begin(row.id)
        outbox.sent(row.id, Channel.WHATSAPP, f"wamid.{row.id}")
        texts.append(row.body["text"]["body"])
    return texts


def test_replies_go_out_in_order(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one", "two")
    answer(engine, "m2", "three")
    assert outbox.due() == [(contact_id, False)]
    assert outbox.count_waiting() == 3
    assert send_all(outbox, contact_id) == ["one", "two", "three"]
    assert outbox.due() == []
    assert outbox.count_waiting() == 0


def test_an_emergency_overtakes_what_waits(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    answer(engine, "m2", "call 112", urgent=True)
    assert send_all(outbox, contact_id) == ["call 112", "one"]


def test_a_turn_is_finished_once(engine: Engine, outbox: Outbox) -> None:
    contact_id, turn_id = answer(engine, "m1", "one")
    again = [Outgoing({"text": {"body": "other"}}, "other")]
    outbox.finish_turn(turn_id, contact_id, again, language="en", urgent=False, noticed=False, card=False)
    assert send_all(outbox, contact_id) == ["one"]
    outbox.finish_turn(turn_id, contact_id, again, language="en", urgent=False, noticed=False, card=False)
    assert next_of(outbox, contact_id) is None


def test_nothing_overtakes_a_message_that_has_to_wait(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one", "two")
    row = begin(outbox, contact_id)
    later = utc_now() + timedelta(minutes=1)
    outbox.retry(row.id, later)
    waiting = first(outbox, contact_id)
    assert (waiting.id, waiting.attempts, waiting.next_attempt_at) == (row.id, 1, later)
    # the second is due, but it isn't the first in line
    assert outbox.due() == []
    assert outbox.next_due_at() == later


def test_the_time_of_the_next_attempt_is_known(engine: Engine, outbox: Outbox) -> None:
    assert outbox.next_due_at() is None
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    assert outbox.next_due_at() is None
    later = utc_now() + timedelta(minutes=1)
    outbox.retry(row.id, later)
    assert outbox.next_due_at() == later
    assert outbox.due() == []


def test_what_is_given_up_is_a_staff_task_and_the_next_goes_out(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one", "two")
    row = begin(outbox, contact_id)
    outbox.fail(row.id, Failure.WINDOW_CLOSED, "131047 re-engagement message")
    outbox.fail(row.id, Failure.WINDOW_CLOSED, "131047 re-engagement message")
    (task,) = StaffTasks(engine).open()
    assert (task.kind, task.text, task.phone) == ("window_closed", "one", ANNE.phone)
    assert "131047" in task.reason
    assert send_all(outbox, contact_id) == ["two"]
    assert StaffTasks(engine).close(task.id)
    assert not StaffTasks(engine).close(task.id)
    assert StaffTasks(engine).open() == []
    assert StaffTasks(engine).count_open() == 0


def test_an_attempt_that_a_killed_process_left_is_made_again_a_little_later(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    assert next_of(outbox, contact_id) is None
    assert outbox.recover({}) == 1
    assert first(outbox, contact_id).id == row.id
    assert outbox.due() == []
    due = outbox.next_due_at()
    assert due is not None
    assert utc_now() < due <= utc_now() + OUTCOME_KNOWN_WITHIN


def test_an_attempt_that_the_journal_knows_is_not_made_again(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    assert outbox.recover({row.tracker: "wamid.1", "abcdef": "wamid.2"}) == 0
    assert state(engine, row.id) == "sent"
    assert outbox.replies_of(Channel.WHATSAPP, "wamid.2") is None


@pytest.mark.parametrize("reported", [Delivered.SENT, Delivered.DELIVERED, Delivered.READ])
def test_an_attempt_that_the_channel_reports_is_not_made_again(
    engine: Engine, outbox: Outbox, reported: Delivered
) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    outbox.recover({})
    assert not outbox.report([status("wamid.1", reported, tracker=row.tracker)])
    assert state(engine, row.id) == "sent"
    assert next_of(outbox, contact_id) is None


@pytest.mark.parametrize("tracker", [None, "", "x", "-1", "99999999999999999999", "2"])
def test_a_report_of_somebody_elses_message_changes_nothing(
    engine: Engine, outbox: Outbox, tracker: str | None
) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    outbox.report([status("wamid.other", Delivered.FAILED, tracker, Failure.PERMANENT)])
    assert state(engine, row.id) == "sending"
    assert StaffTasks(engine).open() == []


def test_reports_are_kept_once_each(engine: Engine, outbox: Outbox) -> None:
    reports = [status("wamid.1", state) for state in (Delivered.SENT, Delivered.READ, Delivered.DELIVERED)]
    outbox.report(reports)
    outbox.report(reports)
    with engine.connect() as connection:
        kept = connection.execute(select(delivery_statuses.c.status)).scalars().all()
    assert sorted(kept) == ["delivered", "read", "sent"]
    with engine.begin() as connection:
        connection.execute(update(delivery_statuses).values(at=utc_now() - timedelta(days=31)))
    outbox.forget_old()
    with engine.connect() as connection:
        assert connection.execute(select(delivery_statuses)).all() == []


def test_a_failure_that_is_reported_later_is_a_staff_task_once(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    outbox.sent(row.id, Channel.WHATSAPP, "wamid.1")
    for _ in range(2):
        outbox.report([status("wamid.1", Delivered.FAILED, None, Failure.WINDOW_CLOSED)])
    (task,) = StaffTasks(engine).open()
    assert task.kind == "window_closed"
    assert state(engine, row.id) == "failed"


def test_a_failure_that_is_reported_before_we_know_the_id_is_not_lost(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    outbox.report([status("wamid.1", Delivered.FAILED, None, Failure.PERMANENT)])
    assert StaffTasks(engine).open() == []
    outbox.sent(row.id, Channel.WHATSAPP, "wamid.1")
    assert len(StaffTasks(engine).open()) == 1
    assert state(engine, row.id) == "failed"


def test_what_was_accepted_and_then_throttled_is_sent_again(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    outbox.sent(row.id, Channel.WHATSAPP, "wamid.1")
    assert outbox.report([status("wamid.1", Delivered.FAILED, None, Failure.TRANSIENT)])
    assert first(outbox, contact_id).id == row.id
    assert outbox.due() == []  # not at once
    outbox.begin(row.id)
    outbox.sent(row.id, Channel.WHATSAPP, "wamid.2")
    assert state(engine, row.id) == "sent"
    assert StaffTasks(engine).open() == []


def test_a_message_of_ours_leads_to_its_replies(engine: Engine, outbox: Outbox) -> None:
    inbox = Inbox(engine)
    contact_id, rows = receive(inbox, ("m1", "hi"))
    session = session_of(engine, contact_id)
    turn = inbox.take(session.id, rows, "hi", None)
    assert turn is not None
    replies = [{"id": "r1", "buttons": []}, {"id": "r2", "buttons": []}]
    Conversations(engine).answer(turn.message, replies, language="en", emergency=False, payloads={})
    outbox.finish_turn(
        turn.message.id, contact_id, [Outgoing({}, "t")], language="en", urgent=False, noticed=False, card=False
    )
    row = begin(outbox, contact_id)
    outbox.sent(row.id, Channel.WHATSAPP, "wamid.1")
    sent = outbox.replies_of(Channel.WHATSAPP, "wamid.1")
    assert sent is not None
    assert (sent.session_id, sent.reply_ids) == (session.id, ("r1", "r2"))
    assert outbox.replies_of(Channel.TWILIO, "wamid.1") is None
    assert outbox.replies_of(Channel.WHATSAPP, "wamid.2") is None


def test_an_erased_conversation_takes_what_was_sent_along_but_not_what_is_owed(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one", "two")
    row = begin(outbox, contact_id)
    outbox.sent(row.id, Channel.WHATSAPP, "wamid.1")
    Conversations(engine).erase(session_of(engine, contact_id).id)
    with engine.connect() as connection:
        assert connection.execute(select(outbox_table.c.text)).scalars().all() == ["two"]
    assert send_all(outbox, contact_id) == ["two"]


def test_an_erasure_is_confirmed_and_takes_the_staff_tasks_along(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    outbox.fail(begin(outbox, contact_id).id, Failure.PERMANENT, "131026")
    inbox = Inbox(engine)
    inbox.receive([delivery(message("m2", "DELETE"))])[0]
    ids = [row.id for row in inbox.waiting(contact_id)]
    outbox.finish_erasure(contact_id, [Outgoing({"text": {"body": "erased"}}, "erased")], ids)
    assert inbox.waiting(contact_id) == []
    assert StaffTasks(engine).open() == []
    assert send_all(outbox, contact_id) == ["erased"]


def test_what_was_reported_as_sent_meanwhile_is_not_begun(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    outbox.retry(row.id, utc_now())
    outbox.report([status("wamid.1", Delivered.SENT, tracker=row.tracker)])
    assert not outbox.begin(row.id)


def test_an_attempt_that_nobody_is_making_any_more_is_made_again(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    outbox.recover_without([contact_id])
    assert state(engine, row.id) == "sending"
    outbox.recover_without([])
    assert state(engine, row.id) == "waiting"
    assert outbox.due() == []


def test_what_fails_for_hours_after_being_accepted_is_given_up(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    outbox.sent(row.id, Channel.WHATSAPP, "wamid.1")
    with engine.begin() as connection:
        connection.execute(update(outbox_table).values(created_at=utc_now() - GIVE_UP_AFTER))
    assert not outbox.report([status("wamid.1", Delivered.FAILED, None, Failure.TRANSIENT)])
    assert len(StaffTasks(engine).open()) == 1


def test_the_outcome_of_an_erased_message_is_of_no_consequence(engine: Engine, outbox: Outbox) -> None:
    contact_id, _ = answer(engine, "m1", "one")
    row = begin(outbox, contact_id)
    with engine.begin() as connection:
        connection.execute(delete(outbox_table))
    outbox.fail(row.id, Failure.PERMANENT, "131026")
    outbox.sent(row.id, Channel.WHATSAPP, "wamid.1")
    outbox.retry(row.id, utc_now())
    assert StaffTasks(engine).open() == []
