"""Who is logged in, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.store.people import People, Role
from clinicbot.store.staff_sessions import IDLE, LIFETIME, LONGEST_DEVICE, StaffSessions
from clinicbot.store.staff_tables import staff_sessions


@pytest.fixture
def sessions(engine: Engine) -> StaffSessions:
    return StaffSessions(engine)


@pytest.fixture
def ayse(engine: Engine) -> int:
    people = People(engine)
    person = people.add("ayse", "Ayşe", [Role.EDITOR], "tr")
    people.set_password(person.id, "a hash")
    return person.id


def age(engine: Engine, **columns: timedelta) -> None:
    """Moves the times of all sessions back."""
    with engine.begin() as connection:
        row = connection.execute(select(staff_sessions)).one()
        values = {name: getattr(row, name) - by for name, by in columns.items()}
        connection.execute(update(staff_sessions).values(**values))


def test_a_session_is_found_by_its_token_only(sessions: StaffSessions, ayse: int) -> None:
    token = sessions.begin(ayse, "Firefox, Linux")
    session = sessions.find(token)
    assert session
    assert (session.person_id, session.device) == (ayse, "Firefox, Linux")
    assert sessions.find(session.digest) is None
    assert sessions.find("") is None
    assert len(session.csrf) > 40
    assert session.csrf not in repr(session)


def test_tokens_and_form_tokens_are_never_the_same(sessions: StaffSessions, ayse: int) -> None:
    tokens = [sessions.begin(ayse, "?") for _ in range(3)]
    found = [session for token in tokens if (session := sessions.find(token))]
    assert len({*tokens, *(session.csrf for session in found)}) == 6


@pytest.mark.parametrize(
    ("columns", "lasts"),
    [
        ({"seen_at": IDLE - timedelta(minutes=1)}, True),
        ({"seen_at": IDLE + timedelta(minutes=1)}, False),
        ({"expires_at": LIFETIME - timedelta(minutes=1)}, True),
        ({"expires_at": LIFETIME + timedelta(minutes=1)}, False),
    ],
)
def test_a_session_ends_when_it_is_not_used_and_after_a_week(
    engine: Engine, sessions: StaffSessions, ayse: int, columns: dict[str, timedelta], lasts: bool
) -> None:
    token = sessions.begin(ayse, "?")
    age(engine, **columns)
    assert (sessions.find(token) is not None) is lasts
    assert len(sessions.of(ayse)) == int(lasts)
    sessions.begin(ayse, "?")  # clears away what has expired
    with engine.connect() as connection:
        assert len(connection.execute(select(staff_sessions)).all()) == 1 + int(lasts)


def test_use_keeps_a_session_alive_but_not_for_ever(engine: Engine, sessions: StaffSessions, ayse: int) -> None:
    token = sessions.begin(ayse, "?")
    age(engine, seen_at=timedelta(hours=11))
    sessions.find(token)
    (session,) = sessions.of(ayse)
    assert utc_now() - session.seen_at < timedelta(minutes=1)
    age(engine, expires_at=LIFETIME + timedelta(seconds=1))
    assert sessions.find(token) is None


def test_a_session_is_ended_by_its_own_person(engine: Engine, sessions: StaffSessions, ayse: int) -> None:
    bora = People(engine).add("bora", "Bora", [Role.EDITOR], "tr").id
    token = sessions.begin(ayse, "?")
    session = sessions.find(token)
    assert session
    assert not sessions.end(bora, session.digest)
    assert sessions.end(ayse, session.digest)
    assert not sessions.end(ayse, session.digest)
    assert sessions.find(token) is None


@pytest.mark.parametrize("event", ["password", "roles", "deactivated", "ended"])
def test_what_changes_a_person_ends_their_sessions_and_nobody_elses(
    engine: Engine, sessions: StaffSessions, ayse: int, event: str
) -> None:
    people = People(engine)
    bora = people.add("bora", "Bora", [Role.EDITOR], "tr").id
    tokens = [sessions.begin(ayse, "?") for _ in range(2)]
    others = sessions.begin(bora, "?")
    if event == "password":
        people.set_password(ayse, "another hash")
    elif event == "ended":
        people.end_sessions(ayse)
    else:
        people.change(ayse, roles=frozenset({Role.APPROVER}), is_active=event == "roles")
    assert [sessions.find(token) for token in tokens] == [None, None]
    assert sessions.find(others)


def test_a_long_device_is_cut(sessions: StaffSessions, ayse: int) -> None:
    sessions.begin(ayse, "x" * 1_000)
    assert len(sessions.of(ayse)[0].device) == LONGEST_DEVICE
