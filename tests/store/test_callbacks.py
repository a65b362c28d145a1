"""Requests to be called, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from clinicbot.callback import Standing, UnusableRequest, Wanted, Withdrawn
from clinicbot.clock import utc_now
from clinicbot.messages import Channel, Person
from clinicbot.store.callbacks import CallbackRequest, Callbacks, State
from clinicbot.store.contacts import Contact, Contacts, contact_for
from clinicbot.store.conversations import Conversations, Session
from clinicbot.store.database import contacts
from clinicbot.store.outbox import Outbox
from clinicbot.store.staff_tables import callback_requests

HOUR = timedelta(hours=1)
PHONE = "+442079460123"
WANTED = Wanted("Zelda Quist", PHONE, "any time")


@pytest.fixture
def callbacks(engine: Engine) -> Callbacks:
    return Callbacks(engine)


@pytest.fixture
def web(engine: Engine) -> Session:
    return Conversations(engine).start("en", {}, HOUR)


@pytest.fixture
def contact(engine: Engine) -> Contact:
    return make_contact(engine)


@pytest.fixture
def whatsapp(engine: Engine, contact: Contact) -> Session:
    return Contacts(engine).session(contact, {}, HOUR)


def make_contact(engine: Engine, phone: str | None = "442079460999") -> Contact:
    with engine.begin() as connection:
        number = contact_for(connection, Channel.WHATSAPP, Person("u1", phone), "en")
    contact = Contacts(engine).get(number)
    assert contact
    return contact


def ask(engine: Engine, session: Session, request: Wanted | Withdrawn = WANTED) -> None:
    write = Callbacks(engine).writing(session.id, request, "en")
    assert write is not None
    with engine.begin() as connection:
        write(connection)


def only(callbacks: Callbacks) -> CallbackRequest:
    (request,) = callbacks.all()
    return request


def test_a_request_is_open_and_says_everything(engine: Engine, callbacks: Callbacks, web: Session) -> None:
    ask(engine, web)
    request = only(callbacks)
    assert (request.name, request.phone, request.preferred_time) == (WANTED.name, PHONE, "any time")
    assert (request.language, request.channel, request.state, request.note) == ("en", "web", State.OPEN, "")
    assert request.changed_by is None
    assert callbacks.count_open() == 1
    assert callbacks.open() == [request]


def test_nothing_is_written_for_an_ordinary_answer(callbacks: Callbacks, web: Session) -> None:
    assert callbacks.writing(web.id, None, "en") is None


def test_asking_again_changes_the_open_request(engine: Engine, callbacks: Callbacks, web: Session) -> None:
    ask(engine, web)
    before = only(callbacks)
    ask(engine, web, Wanted("Zelda Q", PHONE, "on Monday"))
    after = only(callbacks)
    assert (after.id, after.name, after.preferred_time) == (before.id, "Zelda Q", "on Monday")
    assert after.version == before.version + 1


def test_one_that_was_called_is_done_and_the_next_is_another(
    engine: Engine, callbacks: Callbacks, web: Session
) -> None:
    ask(engine, web)
    assert callbacks.change(only(callbacks).id, 1, State.CALLED, "", "nurse")
    ask(engine, web)
    assert [request.state for request in callbacks.all()] == [State.CALLED, State.OPEN]


def test_a_withdrawn_request_is_erased_and_only_that(engine: Engine, callbacks: Callbacks, web: Session) -> None:
    other = Conversations(engine).start("en", {}, HOUR)
    ask(engine, web)
    ask(engine, other)
    ask(engine, web, Withdrawn())
    assert callbacks.count_open() == 1
    assert not callbacks.standing(web.id).is_open
    assert callbacks.standing(other.id).is_open


def test_the_number_that_somebody_writes_from_is_filled_in(
    engine: Engine, callbacks: Callbacks, whatsapp: Session, contact: Contact
) -> None:
    ask(engine, whatsapp, Wanted("Zelda", None, "any time"))
    request = only(callbacks)
    assert (request.phone, request.channel) == ("+442079460999", "whatsapp")


@pytest.mark.parametrize("phone", [None, "4420"])
def test_a_number_that_is_not_known_or_none_is_no_request(
    engine: Engine, callbacks: Callbacks, phone: str | None
) -> None:
    session = Contacts(engine).session(make_contact(engine, phone), {}, HOUR)
    with pytest.raises(UnusableRequest) as raised:
        ask(engine, session, Wanted("Zelda", None, "any time"))
    assert "4420" not in str(raised.value)
    assert callbacks.all() == []


def test_on_the_web_nobody_writes_from_a_number(engine: Engine, callbacks: Callbacks, web: Session) -> None:
    with pytest.raises(UnusableRequest):
        ask(engine, web, Wanted("Zelda", None, "any time"))
    assert callbacks.all() == []


def test_what_the_form_is_told(engine: Engine, callbacks: Callbacks, web: Session, whatsapp: Session) -> None:
    assert callbacks.standing(web.id) == Standing(True, False, False, None)
    assert callbacks.standing(whatsapp.id) == Standing(True, False, True, "99")
    ask(engine, whatsapp)
    assert callbacks.standing(whatsapp.id).is_open
    assert not callbacks.standing(web.id).is_open


def test_a_request_is_known_in_a_persons_next_session(
    engine: Engine, callbacks: Callbacks, whatsapp: Session, contact: Contact
) -> None:
    ask(engine, whatsapp)
    Conversations(engine).erase(whatsapp.id)
    following = Contacts(engine).session(contact, {}, HOUR)
    assert callbacks.standing(following.id).is_open
    ask(engine, following, Wanted("Zelda", PHONE, "at noon"))
    assert only(callbacks).preferred_time == "at noon"


def test_a_new_conversation_on_the_web_keeps_the_request(engine: Engine, callbacks: Callbacks, web: Session) -> None:
    ask(engine, web)
    Conversations(engine).erase(web.id)
    assert only(callbacks).state is State.OPEN
    with engine.connect() as connection:
        assert connection.execute(select(callback_requests.c.session_id)).scalar_one() is None


def test_the_erase_word_takes_the_request_along(
    engine: Engine, callbacks: Callbacks, whatsapp: Session, web: Session, contact: Contact
) -> None:
    ask(engine, web)
    ask(engine, whatsapp)
    Conversations(engine).erase(whatsapp.id)
    Outbox(engine).finish_erasure(contact.id, (), [])
    assert only(callbacks).channel == "web"


def test_somebody_who_is_to_be_called_is_not_forgotten(
    engine: Engine, callbacks: Callbacks, whatsapp: Session, contact: Contact
) -> None:
    ask(engine, whatsapp)
    Conversations(engine).erase(whatsapp.id)
    with engine.begin() as connection:
        connection.execute(update(contacts).values(written_at=utc_now() - HOUR))
    assert Contacts(engine).forget_unused() == 0
    assert callbacks.count_open() == 1


def test_two_of_the_staff_do_not_undo_each_other(engine: Engine, callbacks: Callbacks, web: Session) -> None:
    ask(engine, web)
    request = only(callbacks)
    assert callbacks.change(request.id, request.version, State.CALLED, "one", "a")
    assert not callbacks.change(request.id, request.version, State.CLOSED, "two", "b")
    now = only(callbacks)
    assert (now.state, now.note, now.changed_by) == (State.CALLED, "one", "a")


def test_a_patients_change_is_not_overwritten(engine: Engine, callbacks: Callbacks, web: Session) -> None:
    ask(engine, web)
    seen = only(callbacks)
    ask(engine, web, Wanted("Zelda", PHONE, "at noon"))
    assert not callbacks.change(seen.id, seen.version, State.CLOSED, "", "a")
    assert only(callbacks).preferred_time == "at noon"


@pytest.mark.parametrize(("state", "left"), [(State.OPEN, 1), (State.CALLED, 0), (State.CLOSED, 0)])
def test_what_is_done_is_erased_after_the_retention_and_what_is_open_stays(
    engine: Engine, callbacks: Callbacks, web: Session, state: State, left: int
) -> None:
    ask(engine, web)
    assert callbacks.change(only(callbacks).id, 1, state, "", "nurse")
    assert callbacks.forget_done(timedelta(days=30)) == 0
    with engine.begin() as connection:
        connection.execute(update(callback_requests).values(changed_at=utc_now() - timedelta(days=31)))
    assert callbacks.forget_done(timedelta(days=30)) == 1 - left
    assert len(callbacks.all()) == left
