"""Administrators and the people they look after."""

import re

import pytest

from clinicbot.store.audit import Filter
from clinicbot.store.people import Person, Role
from tests.console.conftest import PASSWORD, Client, ClientOf, Running


@pytest.fixture
def administrator(client_of: ClientOf) -> Client:
    return client_of(Role.ADMINISTRATOR, username="admin")


def now(running: Running, person: Person) -> Person:
    changed = running.console.people.get(person.id)
    assert changed
    return changed


def actions(running: Running) -> list[tuple[str, str, str, str]]:
    """Oldest first: who, what, whom, outcome."""
    return [(e.person, e.action, e.subject, e.outcome) for e in running.console.audit.all(Filter())]


def test_somebody_is_invited_by_a_link_that_is_shown_once(running: Running, administrator: Client) -> None:
    fields = {"name": "Bora Demir", "username": "Bora", "roles": ["editor", "approver"], "language": "tr"}
    response = administrator.post("/staff/people/invite", fields)
    assert response.status_code == 200
    match = re.search(r"http://console\.test/staff/invitation/[\w-]{40,}", response.text)
    assert match
    person = running.console.people.named("bora")
    assert person
    assert (person.roles, person.language, person.has_password) == ({Role.EDITOR, Role.APPROVER}, "tr", False)
    assert match[0] not in administrator.get(f"/staff/people/{person.id}").text
    assert "Invited" in administrator.get("/staff/people").text
    assert running.browser().get(match[0]).status_code == 200
    assert actions(running)[-1] == ("admin", "person.add", "bora", "done")


def test_the_link_has_the_public_address_where_one_is_configured(running: Running, administrator: Client) -> None:
    running.console.settings = type(running.console.settings)(public_url="https://chat.example/")
    fields = {"name": "Bora", "username": "bora", "roles": ["editor"], "language": "en"}
    assert "https://chat.example/staff/invitation/" in administrator.post("/staff/people/invite", fields).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": "ADMIN"}, "This username is taken"),
        ({"username": "b!"}, "Use 2 to 40 letters"),
        ({"roles": []}, "Choose at least one role"),
        ({"roles": ["owner"]}, "not a valid choice"),
        ({"name": ""}, "Please fill this in"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said(
    running: Running, administrator: Client, changes: dict[str, object], words: str
) -> None:
    fields = {"name": "Bora", "username": "bora", "roles": ["editor"], "language": "en", **changes}
    response = administrator.post("/staff/people/invite", fields)
    assert response.status_code == 422
    assert words in response.text
    assert len(running.console.people.all()) == 1


def test_changed_roles_count_at_once_and_end_the_sessions(
    running: Running, administrator: Client, client_of: ClientOf
) -> None:
    client = client_of(Role.EDITOR, username="bora")
    assert client.person
    administrator.post(f"/staff/people/{client.person.id}/roles", {"roles": ["approver"]})
    assert now(running, client.person).roles == {Role.APPROVER}
    assert client.get("/staff").status_code == 303
    (entry,) = running.console.audit.page(Filter(action="person.roles"), number=1, size=5)[0]
    assert entry.details == {"before": ["editor"], "roles": ["approver"]}


def test_nobody_gives_themselves_more_roles(running: Running, administrator: Client) -> None:
    assert administrator.person
    path = f"/staff/people/{administrator.person.id}/roles"
    response = administrator.post(path, {"roles": ["editor", "approver", "administrator"]})
    assert response.status_code == 422
    assert "give yourself more roles" in response.text
    assert now(running, administrator.person).roles == {Role.ADMINISTRATOR}
    assert actions(running)[-1] == ("admin", "person.roles", "admin", "refused")


def test_the_last_administrator_stays_one(running: Running, administrator: Client, client_of: ClientOf) -> None:
    assert administrator.person
    path = f"/staff/people/{administrator.person.id}"
    invited = running.console.people.add("later", "Later", [Role.ADMINISTRATOR], "en")
    response = administrator.post(f"{path}/deactivate")
    assert "last administrator" in administrator.get(response.headers["location"]).text
    assert now(running, administrator.person).is_active
    assert [entry[3] for entry in actions(running)] == ["refused"]
    # whoever has only been invited can't log in yet, so doesn't count
    assert not invited.has_password
    client_of(Role.ADMINISTRATOR)
    assert administrator.post(f"{path}/deactivate").status_code == 303
    assert not now(running, administrator.person).is_active


def test_somebody_with_two_roles_may_lay_one_down(running: Running, client_of: ClientOf) -> None:
    client = client_of(Role.ADMINISTRATOR, Role.EDITOR)
    assert client.person
    client.post(f"/staff/people/{client.person.id}/roles", {"roles": ["administrator"]})
    assert now(running, client.person).roles == {Role.ADMINISTRATOR}


def test_deactivating_ends_sessions_and_open_links_and_can_be_taken_back(
    running: Running, administrator: Client, client_of: ClientOf
) -> None:
    client = client_of(Role.EDITOR, username="bora")
    assert client.person
    token = running.console.invitations.make(client.person.id)
    path = f"/staff/people/{client.person.id}"
    administrator.post(f"{path}/deactivate")
    assert client.get("/staff").status_code == 303
    assert running.browser().get(f"/staff/invitation/{token}").status_code == 404
    assert administrator.post(f"{path}/link").status_code == 404
    administrator.post(f"{path}/activate")
    assert now(running, client.person).is_active
    assert [entry[1] for entry in actions(running)] == ["person.deactivate", "person.activate"]


def test_a_reset_logs_out_and_makes_a_link_and_one_before_is_void(
    running: Running, administrator: Client, client_of: ClientOf
) -> None:
    client = client_of(Role.EDITOR, username="bora")
    assert client.person
    older = running.console.invitations.make(client.person.id)
    response = administrator.post(f"/staff/people/{client.person.id}/link")
    assert "/staff/invitation/" in response.text
    assert client.get("/staff").status_code == 303
    assert running.browser().get(f"/staff/invitation/{older}").status_code == 404
    # the person still knows the old password, so nothing is lost if the link goes astray
    credentials = running.console.people.credentials("bora")
    assert credentials
    assert credentials.password_hash


def test_one_time_codes_are_switched_off_for_who_has_lost_the_phone(
    running: Running, administrator: Client, client_of: ClientOf
) -> None:
    client = client_of(Role.EDITOR)
    assert client.person
    running.console.people.set_totp(client.person.id, "JBSWY3DPEHPK3PXP")
    assert "One-time codes" in administrator.get("/staff/people").text
    administrator.post(f"/staff/people/{client.person.id}/totp")
    assert not now(running, client.person).has_totp
    assert actions(running)[-1][1] == "person.totp_reset"


@pytest.mark.parametrize("verb", ["", "/roles", "/deactivate", "/activate", "/link", "/totp"])
def test_nobody_of_that_number_is_nothing_here(administrator: Client, verb: str) -> None:
    data = {"roles": ["editor"]}
    response = administrator.post(f"/staff/people/999{verb}", data) if verb else administrator.get("/staff/people/999")
    assert response.status_code == 404


def test_no_page_shows_a_hash_or_a_secret(running: Running, administrator: Client) -> None:
    person = running.add("bora", Role.EDITOR)
    running.console.people.set_totp(person.id, "JBSWY3DPEHPK3PXP")
    for path in ("/staff/people", f"/staff/people/{person.id}"):
        text = administrator.get(path).text
        assert "argon2" not in text
        assert "JBSWY3DP" not in text
        assert PASSWORD not in text
