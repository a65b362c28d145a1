from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from clinicbot.clock import utc_now
from clinicbot.messages import Content
from clinicbot.store.contacts import Contacts
from clinicbot.store.conversations import Conversations, Session
from clinicbot.store.database import inbox as inbox_table
from clinicbot.store.database import messages, metadata
from clinicbot.store.inbox import IDS_KEPT, Inbox, Waiting
from clinicbot.store.outbox import Outbox, Outgoing
from tests.store.builders import BORA, delivery, message
from tests.store.test_contacts import DAY, GREETING


@pytest.fixture
def inbox(engine: Engine) -> Inbox:
    return Inbox(engine)


def session_of(engine: Engine, contact_id: int) -> Session:
    contact = Contacts(engine).get(contact_id)
    assert contact is not None
    return Contacts(engine).session(contact, GREETING, DAY)


def receive(inbox: Inbox, *ids_and_texts: tuple[str, str]) -> tuple[int, list[Waiting]]:
    (contact_id,) = inbox.receive([delivery(*(message(*each) for each in ids_and_texts))])[0].contact_ids
    return contact_id, inbox.waiting(contact_id)


def test_a_message_is_stored_once(inbox: Inbox) -> None:
    first = inbox.receive([delivery(message("m1"), message("m2"), message("m1", "something else"))])[0]
    assert (first.new, first.repeated) == (2, 1)
    again = inbox.receive([delivery(message("m2"), message("m3"))])[0]
    assert (again.new, again.repeated) == (1, 1)
    assert [row.message_id for row in inbox.waiting(first.contact_ids[0])] == ["m1", "m2", "m3"]


def test_a_repeat_is_recognised_also_when_it_is_answered(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("m1", "hi"))
    turn = inbox.take(session_of(engine, contact_id).id, rows, "hi", None)
    assert turn is not None
    finish(engine, turn.message.id, contact_id)
    assert inbox.receive([delivery(message("m1"))])[0].new == 0
    assert inbox.waiting(contact_id) == []


def test_all_of_a_delivery_is_stored_or_nothing(inbox: Inbox, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise SQLAlchemyError("disk full")

    good, bad = message("m1"), message("m2", person=BORA)
    from clinicbot.store import inbox as module

    store = module._store
    monkeypatch.setattr(module, "_store", lambda c, m, lang: broken() if m is bad else store(c, m, lang))
    with pytest.raises(SQLAlchemyError):
        inbox.receive([delivery(good, bad)])[0]
    monkeypatch.undo()
    assert inbox.receive([delivery(good)])[0].new == 1


def test_messages_wait_in_the_order_they_were_written(inbox: Inbox) -> None:
    late, early = message("late", seconds=5), message("early", seconds=1)
    (contact_id,) = inbox.receive([delivery(late, early, message("other", person=BORA))])[0].contact_ids[:1]
    assert [row.message_id for row in inbox.waiting(contact_id)] == ["early", "late"]


def test_each_person_with_work_is_named(inbox: Inbox) -> None:
    people = inbox.receive([delivery(message("m1"), message("m2", person=BORA), message("m3"))])[0].contact_ids
    assert len(people) == 2
    assert sorted(inbox.contacts_with_work()) == sorted(people)


def test_a_turn_is_taken_once(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("m1", "hi"), ("m2", "quick q"))
    session = session_of(engine, contact_id)
    turn = inbox.take(session.id, rows, "hi\nquick q", None)
    assert turn is not None
    assert (turn.message.text, turn.message.session_id, turn.unreadable) == ("hi\nquick q", session.id, False)
    assert turn.last_message_id == "m2"
    assert inbox.take(session.id, rows, "hi\nquick q", None) is None
    assert inbox.take(session.id, rows[1:], "quick q", None) is None
    assert inbox.waiting(contact_id) == []
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(messages)).scalar_one() == 1


def finish(engine: Engine, turn_id: int, contact_id: int) -> None:
    Outbox(engine).finish_turn(
        turn_id, contact_id, [Outgoing({}, "t")], language="en", urgent=False, noticed=False, card=False
    )


def test_a_turn_that_was_begun_is_found_again_until_it_is_done(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("m1", "a photo of it"), ("m2", "is that so"))
    with engine.begin() as connection:
        connection.execute(update(inbox_table).values(content=Content.UNREADABLE.value))
    rows = inbox.waiting(contact_id)
    turn = inbox.take(session_of(engine, contact_id).id, rows, "both", None)
    assert inbox.begun(contact_id) == [turn]
    assert turn is not None
    assert turn.unreadable
    assert inbox.contacts_with_work() == [contact_id]
    finish(engine, turn.message.id, contact_id)
    assert inbox.begun(contact_id) == []
    assert inbox.contacts_with_work() == []


def test_the_web_chat_does_not_answer_what_a_channel_has_begun(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("m1", "hi"))
    inbox.take(session_of(engine, contact_id).id, rows, "hi", None)
    assert Conversations(engine).unanswered() == []


def test_the_words_are_kept_in_one_place_only(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("m1", "quetzalcoatl"))
    turn = inbox.take(session_of(engine, contact_id).id, rows, "quetzalcoatl", None)
    assert turn is not None
    finish(engine, turn.message.id, contact_id)
    with engine.connect() as connection:
        assert connection.execute(select(inbox_table.c.text)).scalars().all() == [""]


def test_an_erased_conversation_leaves_no_word_and_no_work(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("m1", "quetzalcoatl"))
    session = session_of(engine, contact_id)
    inbox.take(session.id, rows, "quetzalcoatl", None)
    Conversations(engine).erase(session.id)
    assert inbox.contacts_with_work() == []
    for table in metadata.tables.values():
        with engine.connect() as connection:
            assert "quetzalcoatl" not in str(connection.execute(select(table)).all())
    assert inbox.receive([delivery(message("m1"))])[0].new == 0


def test_messages_that_want_no_answer_are_done_with(inbox: Inbox) -> None:
    contact_id, rows = receive(inbox, ("m1", "👍"), ("m2", "hi"))
    inbox.dismiss(rows[:1])
    assert [row.message_id for row in inbox.waiting(contact_id)] == ["m2"]


def test_ids_are_forgotten_after_ten_days_but_never_what_is_not_done(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("old", "a"), ("undone", "b"), ("young", "c"))
    inbox.dismiss([rows[0], rows[2]])
    long_ago = utc_now() - IDS_KEPT - timedelta(minutes=1)
    with engine.begin() as connection:
        old = inbox_table.c.message_id.in_(("old", "undone"))
        connection.execute(update(inbox_table).where(old).values(received_at=long_ago))
    inbox.forget_old()
    assert timedelta(days=10) <= IDS_KEPT
    accepted = inbox.receive([delivery(message("old"), message("undone"), message("young"))])[0]
    assert (accepted.new, accepted.repeated) == (1, 2)
    assert {row.message_id for row in inbox.waiting(contact_id)} == {"old", "undone"}


def test_an_id_of_another_channel_is_another_message(inbox: Inbox, engine: Engine) -> None:
    receive(inbox, ("m1", "hi"))
    with engine.begin() as connection:
        connection.execute(
            insert(inbox_table).values(
                channel="twilio", message_id="m1", content="text", type="text", text="", done=True,
                sent_at=utc_now(), received_at=utc_now(),
            )
        )  # fmt: skip


def test_a_repeat_of_what_is_not_answered_yet_names_the_person_again(inbox: Inbox) -> None:
    """Whoever stored it first may have been killed before anybody learned of it."""
    contact_id, rows = receive(inbox, ("m1", "hi"))
    again = inbox.receive([delivery(message("m1"))])[0]
    assert (again.contact_ids, again.new, again.repeated) == ((contact_id,), 0, 1)
    inbox.dismiss(rows)
    assert inbox.receive([delivery(message("m1"))])[0].contact_ids == ()


def test_an_alarm_is_one_after_a_restart_too(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("m1", "i cant"), ("m2", "hello?"), ("m3", "swallow"))
    inbox.take(session_of(engine, contact_id).id, rows, "i cant\nhello?\nswallow", None, True)
    (turn,) = Inbox(engine).begun(contact_id)
    assert turn.message.emergency


def test_disguised_ids_are_recognised_and_tell_no_number(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("wamid.447700900001", "hi"))
    inbox.dismiss(rows)
    inbox.disguise_ids(contact_id)
    with engine.connect() as connection:
        assert "447700900001" not in str(connection.execute(select(inbox_table)).all())
    assert inbox.receive([delivery(message("wamid.447700900001"))])[0].new == 0


def test_ids_of_rows_are_never_used_again(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("m1", "hi"))
    session = session_of(engine, contact_id)
    first = inbox.take(session.id, rows, "hi", None)
    assert first is not None
    Conversations(engine).erase(session.id)
    contact_id, rows = receive(inbox, ("m2", "hi"))
    second = inbox.take(session_of(engine, contact_id).id, rows, "hi", None)
    assert second is not None
    assert second.message.id > first.message.id


def test_the_reply_to_an_erased_turn_reaches_no_other(inbox: Inbox, engine: Engine) -> None:
    contact_id, rows = receive(inbox, ("m1", "hi"))
    session = session_of(engine, contact_id)
    turn = inbox.take(session.id, rows, "hi", None)
    assert turn is not None
    Conversations(engine).erase(session.id)
    finish(engine, turn.message.id, contact_id)
    assert Outbox(engine).count_waiting() == 0
