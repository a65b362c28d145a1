from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.store.conversations import Conversations, Session, StoredMessage
from clinicbot.store.database import buttons, feedback, messages, sessions
from clinicbot.store.said import Said

GREETING = {"id": "greeting", "kind": "smalltalk", "language": "en", "text": "Hello", "buttons": []}
REPLY = {"id": "r1", "kind": "answer", "language": "en", "text": "4 to 6 months", "buttons": []}
HOUR = timedelta(hours=1)


@pytest.fixture
def conversations(engine: Engine) -> Conversations:
    return Conversations(engine)


@pytest.fixture
def session(conversations: Conversations) -> Session:
    return conversations.start("en", GREETING, HOUR)


def answer(
    conversations: Conversations, message: StoredMessage, *replies: dict[str, object], **options: object
) -> bool:
    details = {"language": "en", "emergency": False, "payloads": {}} | options
    return conversations.answer(message, list(replies or (REPLY,)), **details)  # type: ignore[arg-type]


def test_a_session_is_found_until_it_expires(conversations: Conversations, session: Session) -> None:
    assert conversations.find(session.id) == session
    assert conversations.find("0" * 32) is None
    expired = conversations.start("en", GREETING, timedelta(0))
    assert conversations.find(expired.id) is None


def test_session_ids_are_long_and_random(conversations: Conversations) -> None:
    ids = {conversations.start("en", GREETING, HOUR).id for _ in range(3)}
    assert len(ids) == 3
    assert all(len(session_id) == 32 for session_id in ids)


def test_an_id_is_received_once_a_session(conversations: Conversations, session: Session) -> None:
    first = conversations.receive(session.id, "m1", "hello", None)
    again = conversations.receive(session.id, "m1", "something else", None)
    assert again == first
    other = conversations.receive(conversations.start("en", GREETING, HOUR).id, "m1", "hello", None)
    assert other.id != first.id


def test_an_answered_message_has_its_replies_and_the_session_its_language(
    conversations: Conversations, session: Session
) -> None:
    message = conversations.receive(session.id, "m1", "soru", None)
    assert message.replies is None
    assert conversations.unanswered() == [message]
    answer(conversations, message, language="tr")
    assert conversations.get(message.id).replies == [REPLY]
    assert conversations.unanswered() == []
    found = conversations.find(session.id)
    assert found is not None
    assert found.language == "tr"


def test_the_first_replies_stand(conversations: Conversations, session: Session) -> None:
    message = conversations.receive(session.id, "m1", "hello", None)
    assert answer(conversations, message)
    assert not answer(conversations, message, REPLY | {"id": "r2"})
    assert conversations.get(message.id).replies == [REPLY]


def test_an_answer_to_an_erased_session_is_not_kept_and_rasa_is_to_forget_it(
    conversations: Conversations, session: Session
) -> None:
    message = conversations.receive(session.id, "m1", "hello", None)
    conversations.erase(session.id)
    conversations.erased(session.id)
    assert not answer(conversations, message)
    assert conversations.history(session.id) == []
    assert conversations.pending_erasures() == [session.id]


def test_buttons_belong_to_the_session_that_was_offered_them(conversations: Conversations, session: Session) -> None:
    message = conversations.receive(session.id, "m1", "hello", None)
    offer = REPLY | {"buttons": [{"title": "How long?", "kind": "reply", "value": "opaque"}]}
    answer(conversations, message, offer, payloads={"opaque": "faq:duration/how_long"})
    assert conversations.button(session.id, "opaque") == ("How long?", "faq:duration/how_long")
    assert conversations.button(conversations.start("en", GREETING, HOUR).id, "opaque") is None
    assert conversations.button(session.id, "faq:duration/how_long") is None


def say(conversations: Conversations, session: Session, *texts: str) -> list[StoredMessage]:
    return [conversations.receive(session.id, text, text, None) for text in texts]


def received_before(engine: Engine, message: StoredMessage, other: StoredMessage, ago: timedelta) -> None:
    """Makes `message` that much older than `other`."""
    with engine.begin() as connection:
        connection.execute(
            update(messages).where(messages.c.id == message.id).values(received_at=other.received_at - ago)
        )


def texts_before(conversations: Conversations, message: StoredMessage, limit: int = 9) -> list[str]:
    return [said.text for said in conversations.before(message, limit, HOUR)]


def test_messages_before_are_the_last_ones_of_the_session_oldest_first(
    conversations: Conversations, session: Session
) -> None:
    other = conversations.start("en", GREETING, HOUR)
    say(conversations, session, "first")
    say(conversations, other, "of another")
    *_, now, _ = say(conversations, session, "second", "third", "now", "later")
    assert texts_before(conversations, now) == ["first", "second", "third"]
    assert texts_before(conversations, now, limit=2) == ["second", "third"]
    (only,) = say(conversations, conversations.start("en", GREETING, HOUR), "only")
    assert texts_before(conversations, only) == []


def test_messages_before_are_no_older_than_asked_for(
    conversations: Conversations, session: Session, engine: Engine
) -> None:
    old, recent, now = say(conversations, session, "old", "recent", "now")
    received_before(engine, old, now, HOUR)
    received_before(engine, recent, now, HOUR - timedelta(seconds=1))
    assert texts_before(conversations, now) == ["recent"]


def test_what_is_known_of_a_message_before(conversations: Conversations, session: Session, engine: Engine) -> None:
    alarm, unanswered = say(conversations, session, "alarm", "unanswered")
    pressed = conversations.receive(session.id, "pressed", "How long?", "faq:duration/how_long")
    (now,) = say(conversations, session, "now")
    minutes = [timedelta(minutes=number) for number in (30, 20, 10)]
    for message, ago in zip((alarm, unanswered, pressed), minutes, strict=True):
        received_before(engine, message, now, ago)
    answer(conversations, alarm, language="tr", emergency=True)
    answer(conversations, pressed, language="en")
    assert conversations.before(now, 9, HOUR) == [
        Said("alarm", None, "tr", True, minutes[0], kind="answer"),
        Said("unanswered", None, None, False, minutes[1]),
        Said("How long?", "faq:duration/how_long", "en", False, minutes[2], kind="answer"),
    ]


def test_the_last_thumb_counts_and_only_for_own_replies(
    conversations: Conversations, session: Session, engine: Engine
) -> None:
    answer(conversations, conversations.receive(session.id, "m1", "hello", None))
    assert conversations.rate(session.id, "r1", True)
    assert conversations.rate(session.id, "r1", False)
    with engine.connect() as connection:
        (row,) = connection.execute(select(feedback)).all()
    assert row.helpful is False
    assert not conversations.rate(session.id, "r2", True)
    assert not conversations.rate(conversations.start("en", GREETING, HOUR).id, "r1", True)


def test_erasing_leaves_nothing_of_the_session_but_the_wish_to_forget(
    conversations: Conversations, session: Session, engine: Engine
) -> None:
    kept = conversations.start("en", GREETING, HOUR)
    answer(conversations, conversations.receive(kept.id, "m1", "hello", None), REPLY | {"id": "kept"})
    message = conversations.receive(session.id, "m1", "hello", None)
    offer = REPLY | {"buttons": [{"title": "How long?", "kind": "reply", "value": "opaque"}]}
    answer(conversations, message, offer, payloads={"opaque": "faq:duration/how_long"})
    conversations.rate(session.id, "r1", True)
    conversations.erase(session.id)
    conversations.erase(session.id)  # twice is no error
    with engine.connect() as connection:
        for table in (messages, buttons, feedback):
            assert not connection.execute(select(table).where(table.c.session_id == session.id)).all()
        assert [row.id for row in connection.execute(select(sessions.c.id)).all()] == [kept.id]
    assert conversations.pending_erasures() == [session.id]
    conversations.erased(session.id)
    assert conversations.pending_erasures() == []


def test_sessions_past_their_retention(conversations: Conversations, session: Session, engine: Engine) -> None:
    old = conversations.start("en", GREETING, HOUR)
    with engine.begin() as connection:
        connection.execute(
            update(sessions).where(sessions.c.id == old.id).values(created_at=utc_now() - timedelta(days=31))
        )
    assert conversations.older_than(timedelta(days=30)) == [old.id]
