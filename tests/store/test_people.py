"""People and their links, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.store import invitations as invitations_module
from clinicbot.store.database import open_database
from clinicbot.store.invitations import BEGINNING_LIFETIME, LIFETIME, InvitationError, Invitations
from clinicbot.store.people import People, PeopleError, Person, Role, fold_username, is_username
from clinicbot.store.staff_tables import invitations as invitations_table


@pytest.fixture
def people(engine: Engine) -> People:
    return People(engine)


@pytest.fixture
def invitations(engine: Engine) -> Invitations:
    return Invitations(engine)


def add(people: People, username: str, *roles: Role) -> Person:
    """Somebody with a password."""
    person = people.add(username, username.title(), roles, "en")
    people.set_password(person.id, "a hash")
    found = people.get(person.id)
    assert found
    return found


def test_a_person_is_read_as_added(people: People) -> None:
    person = people.add(" Ayşe.Kaya ", " Ayşe Kaya ", [Role.APPROVER, Role.EDITOR], "tr")
    assert people.get(person.id) == people.named("AYSE.KAYA") == person
    assert (person.username, person.name, person.language) == ("ayse.kaya", "Ayşe Kaya", "tr")
    assert person.roles == {Role.EDITOR, Role.APPROVER}
    assert (person.is_active, person.has_password, person.has_totp) == (True, False, False)
    assert people.get(person.id + 1) is None
    assert people.named("nobody") is None


@pytest.mark.parametrize("username", ["a", "", "-ayse", "ayse kaya", "ayşe@clinic", "айше", "x" * 41, "a\nb", "<b>"])
def test_a_username_that_could_be_mistaken_is_refused(people: People, username: str) -> None:
    assert not is_username(fold_username(username))
    with pytest.raises(PeopleError) as error:
        people.add(username, "Somebody", [Role.EDITOR], "en")
    assert error.value.reason == "malformed"


def test_no_two_usernames_look_alike(people: People) -> None:
    people.add("isil", "Işıl", [Role.EDITOR], "tr")
    for same in ("ISIL", "işıl", "İşil", "ｉｓｉｌ"):
        with pytest.raises(PeopleError) as error:
            people.add(same, "Another", [Role.EDITOR], "tr")
        assert error.value.reason == "taken"
    assert len(people.all()) == 1


def test_the_list_has_the_active_first_by_name(people: People) -> None:
    gone = add(people, "anne", Role.EDITOR)
    for username in ("zoe", "bora"):
        add(people, username, Role.EDITOR)
    people.change(gone.id, roles=gone.roles, is_active=False)
    assert [person.username for person in people.all()] == ["bora", "zoe", "anne"]


def test_there_is_an_administrator_once_one_was_invited(people: People) -> None:
    add(people, "bora", Role.EDITOR)
    assert not people.has_administrator()
    people.add("ayse", "Ayşe", [Role.ADMINISTRATOR], "tr")
    assert people.has_administrator()


def test_the_last_administrator_who_can_log_in_stays(people: People) -> None:
    last = add(people, "ayse", Role.ADMINISTRATOR, Role.EDITOR)
    people.add("later", "Invited", [Role.ADMINISTRATOR], "en")
    for roles, is_active in ((last.roles, False), (frozenset({Role.EDITOR}), True)):
        with pytest.raises(PeopleError) as error:
            people.change(last.id, roles=roles, is_active=is_active)
        assert error.value.reason == "last_administrator"
    people.change(last.id, roles=frozenset({Role.ADMINISTRATOR}), is_active=True)
    add(people, "bora", Role.ADMINISTRATOR)
    people.change(last.id, roles=frozenset({Role.EDITOR}), is_active=True)


def test_two_administrators_who_depose_each_other_leave_one(engine: Engine, people: People, database_url: str) -> None:
    both = [add(people, username, Role.ADMINISTRATOR) for username in ("ayse", "bora")]
    engines = [open_database(database_url) for _ in both]

    def depose(number: int) -> bool:
        try:
            People(engines[number]).change(both[number].id, roles=frozenset({Role.EDITOR}), is_active=True)
        except PeopleError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(depose, range(2)))
    for each in engines:
        each.dispose()
    assert sorted(outcomes) == [False, True]
    assert people.has_administrator()


def test_a_code_counts_once_and_none_from_before_it(people: People) -> None:
    person = add(people, "ayse", Role.EDITOR)
    people.set_totp(person.id, "SECRET", 10)
    assert [people.use_totp_step(person.id, step) for step in (9, 10, 11, 11, 12)] == [False, False, True, False, True]
    people.set_totp(person.id, None)
    changed = people.get(person.id)
    assert changed
    assert not changed.has_totp


def test_a_hash_is_renewed_unless_the_password_was_changed_meanwhile(people: People) -> None:
    person = add(people, "ayse", Role.EDITOR)
    people.rehash(person.id, "another hash", "new")
    people.rehash(person.id, "a hash", "newer")
    credentials = people.credentials("ayse")
    assert credentials
    assert credentials.password_hash == "newer"
    assert "newer" not in repr(credentials)


# links


def hashes(people: People) -> dict[str, str | None]:
    found = [people.credentials(person.username) for person in people.all()]
    return {each.person.username: each.password_hash for each in found if each}


def test_the_first_administrator_is_made_by_one_link_once(people: People, invitations: Invitations) -> None:
    token = invitations.make(None)
    found = invitations.find(token)
    assert found
    assert found.person_id is None
    assert timedelta(0) < found.expires_at - utc_now() <= BEGINNING_LIFETIME
    person = invitations.begin(token, "ayse", "Ayşe", "tr", "a hash")
    assert (person.roles, person.has_password) == (set(Role), True)
    assert invitations.find(token) is None
    with pytest.raises(InvitationError):
        invitations.begin(token, "bora", "Bora", "tr", "a hash")
    assert len(people.all()) == 1


def test_a_name_that_is_taken_leaves_the_first_link_usable(people: People, invitations: Invitations) -> None:
    people.add("ayse", "Ayşe", [Role.EDITOR], "tr")
    token = invitations.make(None)
    with pytest.raises(PeopleError):
        invitations.begin(token, "ayse", "Ayşe", "tr", "a hash")
    assert invitations.begin(token, "bora", "Bora", "tr", "a hash").username == "bora"


def test_only_the_newest_link_is_of_use(people: People, invitations: Invitations) -> None:
    person = people.add("ayse", "Ayşe", [Role.EDITOR], "tr")
    for whom in (None, person.id):
        older, newer = invitations.make(whom), invitations.make(whom)
        assert invitations.find(older) is None
        assert invitations.find(newer) is not None


def test_an_invitation_sets_a_password_once(people: People, invitations: Invitations) -> None:
    person = people.add("ayse", "Ayşe", [Role.EDITOR], "tr")
    token = invitations.make(person.id)
    found = invitations.find(token)
    assert found
    assert timedelta(hours=71) < found.expires_at - utc_now() <= LIFETIME
    assert invitations.accept(token, "a hash") == person.id
    with pytest.raises(InvitationError):
        invitations.accept(token, "another")
    assert hashes(people) == {"ayse": "a hash"}


def test_a_link_of_one_kind_is_not_used_as_the_other(people: People, invitations: Invitations) -> None:
    person = people.add("ayse", "Ayşe", [Role.EDITOR], "tr")
    first, invited = invitations.make(None), invitations.make(person.id)
    with pytest.raises(InvitationError):
        invitations.accept(first, "a hash")
    with pytest.raises(InvitationError):
        invitations.begin(invited, "bora", "Bora", "tr", "a hash")
    assert invitations.find(first)
    assert invitations.find(invited)
    assert hashes(people) == {"ayse": None}


def test_a_link_that_is_too_old_or_guessed_is_refused(engine: Engine, people: People, invitations: Invitations) -> None:
    person = people.add("ayse", "Ayşe", [Role.EDITOR], "tr")
    token = invitations.make(person.id)
    with engine.begin() as connection:
        connection.execute(update(invitations_table).values(expires_at=utc_now()))
    for each in (token, "guessed", ""):
        assert invitations.find(each) is None
        with pytest.raises(InvitationError):
            invitations.accept(each, "a hash")


def test_the_database_keeps_no_link(engine: Engine, invitations: Invitations) -> None:
    token = invitations.make(None)
    with engine.connect() as connection:
        (row,) = connection.execute(select(invitations_table)).all()
    assert token not in str(row)
    assert row.digest == invitations_module.digest_of(token)
