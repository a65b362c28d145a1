"""A person's own account."""

import html
import re

import pyotp

from clinicbot.console import throttle
from clinicbot.store.people import Role
from tests.console.conftest import PASSWORD, Client, ClientOf, Running
from tests.console.test_login import NEW_PASSWORD, hidden_fields, log_in

CHANGE = {"old_password": PASSWORD, "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}


def actions(client: Client) -> list[str]:
    return [entry.action for entry in client.console.audit.all()]


def test_name_and_language_are_changed(client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    response = client.post("/staff/account", {"name": " Ayşe ", "language": "tr"})
    assert "Kaydedildi" in client.get(response.headers["location"]).text
    assert "Merhaba Ayşe" in client.get("/staff").text
    assert actions(client) == ["account"]


def test_a_new_password_logs_all_other_devices_out(running: Running, client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR, username="bora")
    assert client.person
    other = running.log_in(client.person)
    assert client.post("/staff/account/password", CHANGE).status_code == 303
    assert client.get("/staff/account").status_code == 200
    assert other.get("/staff/account").status_code == 303
    assert log_in(running.browser(), "bora", PASSWORD).status_code == 422
    assert log_in(running.browser(), "bora", NEW_PASSWORD).status_code == 303
    assert actions(client)[0] == "password"


def test_a_new_password_needs_the_old_one_and_guessing_it_is_held_up(client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    for _ in range(throttle.PER_PAIR.amount):
        response = client.post("/staff/account/password", {**CHANGE, "old_password": "not the password"})
        assert "This is not your password" in response.text
    response = client.post("/staff/account/password", CHANGE)
    assert response.status_code == 422
    assert "Too many attempts" in response.text


def test_a_weak_new_password_is_refused(client_of: ClientOf) -> None:
    response = client_of(Role.EDITOR).post("/staff/account/password", {**CHANGE, "password": "short"})
    assert response.status_code == 422
    assert "at least 12 characters" in response.text


def test_one_time_codes_are_on_once_the_first_code_was_right(running: Running, client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR, username="bora")
    page = client.get("/staff/account/totp")
    assert '<img src="data:image/svg+xml' in page.text
    match = re.search(r'name="secret" type="hidden" value="(\w{32})"', page.text)
    assert match
    wrong = client.post("/staff/account/totp", {"secret": match[1], "code": "000000 no"})
    assert wrong.status_code == 422
    assert match[1] in html.unescape(wrong.text)
    right = client.post("/staff/account/totp", {"secret": match[1], "code": pyotp.TOTP(match[1]).now()})
    assert right.status_code == 303
    # the code that set it up was used, too
    assert log_in(running.browser(), "bora", code=pyotp.TOTP(match[1]).now()).status_code == 422
    assert actions(client)[:1] == ["totp.on"]


def test_a_secret_that_this_page_has_not_made_is_refused(client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    secret = "A" * 26
    response = client.post("/staff/account/totp", {"secret": secret, "code": pyotp.TOTP(secret).now()})
    assert response.status_code == 422
    assert secret not in response.text


def test_one_time_codes_go_off_with_the_password(running: Running, client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR, username="bora")
    assert client.person
    running.console.people.set_totp(client.person.id, pyotp.random_base32())
    assert client.post("/staff/account/totp/off", {"old_password": "not the password"}).status_code == 422
    assert client.post("/staff/account/totp/off", {"old_password": PASSWORD}).status_code == 303
    assert log_in(running.browser(), "bora").status_code == 303


def test_a_device_is_logged_out_alone(running: Running, client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    assert client.person
    others = [running.log_in(client.person) for _ in range(2)]
    page = client.get("/staff/account")
    assert page.text.count("Firefox, Linux") == 3
    digest = hidden_fields(page)["session"]
    assert client.post("/staff/account/sessions/end", {"session": digest}).status_code == 303
    assert sorted(other.get("/staff").status_code for other in others) == [200, 303]
    assert client.get("/staff").status_code == 200


def test_nobody_logs_out_somebody_elses_device(running: Running, client_of: ClientOf) -> None:
    client, other = client_of(Role.EDITOR), client_of(Role.EDITOR)
    assert other.person
    (session,) = running.console.sessions.of(other.person.id)
    client.post("/staff/account/sessions/end", {"session": session.digest})
    assert other.get("/staff").status_code == 200
    assert actions(client) == []


def test_all_other_devices_are_logged_out_at_once(running: Running, client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    assert client.person
    other = running.log_in(client.person)
    client.post("/staff/account/sessions/end-all")
    assert other.get("/staff").status_code == 303
    assert client.get("/staff").status_code == 200
