from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.messages import Channel, Person
from clinicbot.store import contacts as store_contacts
from clinicbot.store.contacts import Contacts, contact_for
from clinicbot.store.conversations import Conversations
from clinicbot.store.database import contacts, sessions, staff_tasks
from clinicbot.store.inbox import Inbox
from clinicbot.store.outbox import Outbox, Outgoing
from tests.store.builders import ANNE, BORA, delivery, message

GREETING = {"id": "greeting", "kind": "smalltalk", "language": "en", "text": "Hello", "buttons": []}
DAY = timedelta(hours=24)


def contact_id(engine: Engine, person: Person, channel: Channel = Channel.WHATSAPP) -> int:
    with engine.begin() as connection:
        return contact_for(connection, channel, person, "en")


def test_a_person_is_known_by_the_user_id_whatever_the_number(engine: Engine) -> None:
    first = contact_id(engine, ANNE)
    assert contact_id(engine, Person(ANNE.user_id, None)) == first
    assert contact_id(engine, Person(ANNE.user_id, "447700900009")) == first
    found = Contacts(engine).get(first)
    assert found is not None
    assert found.person == Person(ANNE.user_id, "447700900009")


def test_a_person_known_by_the_number_alone_gets_the_user_id_when_it_comes(engine: Engine) -> None:
    first = contact_id(engine, Person(None, ANNE.phone))
    assert contact_id(engine, ANNE) == first
    assert contact_id(engine, Person(ANNE.user_id, None)) == first
    assert contact_id(engine, Person(None, ANNE.phone)) == first


def test_a_number_that_comes_with_another_user_id_is_somebody_else(engine: Engine) -> None:
    first = contact_id(engine, ANNE)
    second = contact_id(engine, Person(BORA.user_id, ANNE.phone))
    assert second != first
    assert contact_id(engine, Person(None, ANNE.phone)) == second
    former = Contacts(engine).get(first)
    assert former is not None
    assert former.person.phone is None


def test_the_channels_do_not_share_people(engine: Engine) -> None:
    assert contact_id(engine, ANNE) != contact_id(engine, ANNE, Channel.TWILIO)


def test_a_person_needs_an_identity() -> None:
    with pytest.raises(ValueError, match="user id or a phone number"):
        Person(None, "")


def test_a_session_goes_on_until_it_expires_and_its_successor_keeps_the_language(engine: Engine) -> None:
    people = Contacts(engine)
    contact = people.get(contact_id(engine, ANNE))
    assert contact is not None
    first = people.session(contact, GREETING, DAY)
    assert people.session(contact, GREETING, DAY).id == first.id
    assert ANNE.phone not in first.id
    with engine.begin() as connection:
        connection.execute(update(sessions).values(expires_at=utc_now()))
        connection.execute(update(contacts).values(language="tr"))
    contact = people.get(contact.id)
    assert contact is not None
    second = people.session(contact, GREETING, DAY)
    assert second.id != first.id
    assert second.language == "tr"
    assert set(people.sessions_of(contact.id)) == {first.id, second.id}


def test_a_session_lives_on_with_each_turn(engine: Engine) -> None:
    people = Contacts(engine)
    contact = people.get(contact_id(engine, ANNE))
    assert contact is not None
    first = people.session(contact, GREETING, timedelta(hours=1))
    again = people.session(contact, GREETING, DAY)
    assert again.expires_at > first.expires_at
    kept = Conversations(engine).find(first.id)
    assert kept is not None
    assert kept.expires_at == again.expires_at


def people_known(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(contacts)).scalar_one())


def test_only_people_of_whom_nothing_is_kept_are_forgotten(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_contacts, "SILENT_FOR", timedelta(0))
    people, inbox, outbox = Contacts(engine), Inbox(engine), Outbox(engine)
    talking = people.get(contact_id(engine, ANNE))
    assert talking is not None
    session = people.session(talking, GREETING, DAY)
    (waiting,) = inbox.receive([delivery(message("m1", person=BORA))])[0].contact_ids
    owed = contact_id(engine, Person("GB.3", None))
    outbox.finish_erasure(owed, [Outgoing({"type": "text"}, "erased")], [])
    with engine.begin() as connection:
        task_owner = contact_for(connection, Channel.WHATSAPP, Person("GB.4", None), "en")
        values = {"kind": "undelivered", "text": "t", "reason": "r", "created_at": utc_now()}
        connection.execute(insert(staff_tasks).values(contact_id=task_owner, **values))
    contact_id(engine, Person("GB.5", None))

    assert people.forget_unused() == 1
    assert people_known(engine) == 4

    Conversations(engine).erase(session.id)
    inbox.dismiss(inbox.waiting(waiting))
    row = outbox.first(owed, urgent=False)
    assert row is not None
    outbox.begin(row.id)
    outbox.sent(row.id, Channel.WHATSAPP, "wamid.x")
    with engine.begin() as connection:
        connection.execute(update(staff_tasks).values(closed_at=utc_now()))
    assert people.forget_unused() == 4
    assert people_known(engine) == 0
    # the id is still known: the channel may deliver it again
    assert inbox.receive([delivery(message("m1", person=BORA))])[0].repeated == 1
