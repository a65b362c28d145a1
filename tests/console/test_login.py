"""The first administrator, invitations, logging in and out, one-time codes, throttling, forms that came too late."""

import re
from html import unescape
from pathlib import Path

import httpx
import pyotp
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from clinicbot.console import throttle
from clinicbot.console.login_pages import matching_step
from clinicbot.console.passwords import LONGEST, Passwords, weakness
from clinicbot.console.throttle import LoginThrottle
from clinicbot.store.audit import Filter
from clinicbot.store.people import Role, fold_username
from clinicbot.store.staff_tables import people as people_table
from tests.console.conftest import CHEAP_HASHER, PASSWORD, ClientOf, Running

NEW_PASSWORD = "seven quiet lanterns"


def token_in(response: httpx.Response) -> str:
    match = re.search(r'name="csrf" value="([^"]+)"', response.text)
    assert match, response.text
    return match[1]


def hidden_fields(response: httpx.Response) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', response.text)
    return {name: unescape(value) for name, value in found}


def submit(browser: TestClient, path: str, **fields: str) -> httpx.Response:
    """Opens the page of a form and sends it."""
    return browser.post(path, data={"csrf": token_in(browser.get(path)), **fields})


def log_in(
    browser: TestClient, username: str, password: str = PASSWORD, path: str = "/staff/login", **more: str
) -> httpx.Response:
    return submit(browser, path, username=username, password=password, **more)


def begin(browser: TestClient, token: str, **changes: str) -> httpx.Response:
    fields = {
        "name": "Ayşe Kaya",
        "username": "Ayşe.Kaya",
        "password": NEW_PASSWORD,
        "password_again": NEW_PASSWORD,
        "language": "tr",
    }
    return submit(browser, f"/staff/begin/{token}", **{**fields, **changes})


def test_the_first_administrator_gets_all_roles_and_logs_in(running: Running) -> None:
    browser = running.browser()
    response = begin(browser, running.console.invitations.make(None))
    assert (response.status_code, response.headers["location"]) == (303, "/staff/login")
    (person,) = running.console.people.all()
    assert (person.username, person.name, person.roles) == ("ayse.kaya", "Ayşe Kaya", frozenset(Role))
    assert log_in(browser, "ayse.kaya", NEW_PASSWORD).headers["location"] == "/staff"
    assert "Merhaba Ayşe Kaya" in browser.get("/staff").text


def test_the_first_link_works_once_and_only_the_newest(running: Running) -> None:
    older, newer = running.console.invitations.make(None), running.console.invitations.make(None)
    browser = running.browser()
    assert browser.get(f"/staff/begin/{older}").status_code == 404
    assert browser.get("/staff/begin/guessed").status_code == 404
    page = browser.get(f"/staff/begin/{newer}")
    begin(browser, newer)
    again = browser.post(f"/staff/begin/{newer}", data={"csrf": token_in(page), "name": "Mallory"})
    assert again.status_code == 404
    assert len(running.console.people.all()) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "short", "password_again": "short"}, "at least 12 characters"),
        ({"password": "ayse.kaya is it", "password_again": "ayse.kaya is it"}, "must not contain the username"),
        ({"password": "Password-2026!", "password_again": "Password-2026!"}, "too easy to guess"),
        ({"password_again": "something else"}, "differ"),
        ({"username": "a"}, "2 to 40 letters"),
        ({"username": "айше"}, "2 to 40 letters"),
        ({"name": ""}, "Please fill this in"),
    ],
)
def test_what_is_wrong_with_a_first_account_is_said_and_the_link_stays_usable(
    running: Running, changes: dict[str, str], words: str
) -> None:
    browser, token = running.browser(), running.console.invitations.make(None)
    response = begin(browser, token, **changes)
    assert response.status_code == 422
    assert words in response.text
    assert running.console.people.all() == []
    assert begin(browser, token).status_code == 303


def test_a_first_link_is_no_invitation_and_the_other_way_round(running: Running) -> None:
    person = running.console.people.add("bora", "Bora", [Role.EDITOR], "en")
    invitations, browser = running.console.invitations, running.browser()
    assert browser.get(f"/staff/invitation/{invitations.make(None)}").status_code == 404
    assert browser.get(f"/staff/begin/{invitations.make(person.id)}").status_code == 404


def test_the_first_link_is_closed_once_there_is_an_administrator(running: Running) -> None:
    token = running.console.invitations.make(None)
    running.console.people.add("bora", "Bora", [Role.ADMINISTRATOR], "en")
    assert running.browser().get(f"/staff/begin/{token}").status_code == 404


def test_somebody_invited_chooses_a_password(running: Running) -> None:
    person = running.console.people.add("bora", "Bora", [Role.EDITOR], "en")
    browser, token = running.browser(), running.console.invitations.make(person.id)
    assert "Welcome, Bora" in browser.get(f"/staff/invitation/{token}").text
    choice = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    assert submit(browser, f"/staff/invitation/{token}", **choice).status_code == 303
    assert browser.get(f"/staff/invitation/{token}").status_code == 404
    assert log_in(browser, "bora", NEW_PASSWORD).headers["location"] == "/staff"


def test_login_leads_to_the_page_that_was_asked_for_and_nowhere_else(running: Running) -> None:
    running.add("bora", Role.ADMINISTRATOR)
    browser = running.browser()
    asked = browser.get("/staff/people?page=2").headers["location"]
    assert log_in(browser, "bora", path=asked).headers["location"] == "/staff/people?page=2"
    for elsewhere in ("https://evil.example", "//evil.example", "/staff\\evil", "/staffed", "javascript:alert(1)"):
        response = log_in(running.browser(), "bora", path=f"/staff/login?next={elsewhere}")
        assert response.headers["location"] == "/staff", elsewhere


def test_a_username_may_be_written_in_any_way(running: Running) -> None:
    running.add("işıl", Role.EDITOR)
    for written in ("işıl", "IŞIL", "Isil", " isil "):
        assert log_in(running.browser(), written).status_code == 303
    assert fold_username("İŞIL") == fold_username("ışıl") == "isil"


@pytest.mark.parametrize("username", ["bora", "nobody", "gone", "invited"])
def test_a_wrong_login_says_the_same_of_everybody(running: Running, username: str) -> None:
    running.add("bora", Role.EDITOR)
    gone = running.add("gone", Role.EDITOR)
    running.console.people.change(gone.id, roles=gone.roles, is_active=False)
    running.console.people.add("invited", "Invited", [Role.EDITOR], "en")
    password = "not the password" if username == "bora" else PASSWORD
    response = log_in(running.browser(), username, password)
    assert response.status_code == 422
    assert "Username or password is wrong" in response.text
    assert "staff" not in response.cookies
    (entry,) = running.console.audit.page(Filter(action="login"), number=1, size=5)[0]
    assert (entry.person, entry.outcome, entry.details) == ("-", "refused", {"reason": "wrong"})


async def test_a_wrong_username_is_checked_as_long_as_a_wrong_password() -> None:
    verified: list[str] = []

    class Noting:
        def __getattr__(self, name: str) -> object:
            return getattr(CHEAP_HASHER, name)

        def verify(self, password_hash: str, password: str) -> bool:
            verified.append(password_hash)
            return CHEAP_HASHER.verify(password_hash, password)

    passwords = Passwords(Noting())  # type: ignore[arg-type]
    assert not await passwords.matches(None, "nobody's password")
    assert not await passwords.matches(CHEAP_HASHER.hash(PASSWORD), "wrong")
    assert len(verified) == 2


def test_a_name_that_nobody_has_is_not_logged_as_it_may_be_a_password(running: Running) -> None:
    log_in(running.browser(), NEW_PASSWORD)
    assert NEW_PASSWORD not in str(list(running.console.audit.all()))


@pytest.mark.parametrize(
    "password", ["123456789012", "aaaaaaaaaaaaa", "abababababab", "parola 2026!", "Qwertyuiop12", "abcdefghijklmn"]
)
def test_obvious_passwords_are_refused(password: str) -> None:
    assert weakness(password, "bora") == "common.password_obvious"


def test_long_and_foreign_passwords_are_fine() -> None:
    for password in (NEW_PASSWORD, "üç mor şemsiye açıldı", "x7" * 5 + "!q§Z", "пять зелёных кошек"):
        assert weakness(password, "bora") is None
    assert weakness("long enough " * 20, "bora") == "common.password_long"
    assert len("long enough " * 20) > LONGEST


def test_a_hash_with_old_parameters_is_renewed_at_login(running: Running) -> None:
    person = running.add("bora", Role.EDITOR)
    old = type(CHEAP_HASHER)(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    with running.console.engine.begin() as connection:
        connection.execute(update(people_table).values(password_hash=old))
    assert log_in(running.browser(), "bora").status_code == 303
    credentials = running.console.people.credentials("bora")
    assert credentials
    assert credentials.password_hash not in (None, old)
    assert credentials.person == person
    assert log_in(running.browser(), "bora").status_code == 303


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(running: Running) -> None:
    running.add("bora", Role.EDITOR)
    cookies = log_in(running.browser(), "bora").headers.get_list("set-cookie")
    (cookie,) = [cookie for cookie in cookies if cookie.startswith("staff=")]
    assert {"HttpOnly", "SameSite=lax", "Path=/staff"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_with_https_the_cookie_is_this_hosts_only(running: Running) -> None:
    running.add("bora", Role.EDITOR)
    browser = running.browser()
    browser.base_url = "https://console.test"  # type: ignore[assignment]
    browser.headers["Origin"] = "https://console.test"
    cookies = log_in(browser, "bora").headers.get_list("set-cookie")
    (cookie,) = [cookie for cookie in cookies if cookie.startswith("__Host-staff=")]
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Secure"} <= set(cookie.split("; "))
    assert browser.get("/staff").status_code == 200


def test_logging_out_ends_the_session(client_of: ClientOf, running: Running) -> None:
    client = client_of(Role.EDITOR)
    token = client.http.cookies["staff"]
    assert client.post("/staff/logout").status_code == 303
    client.http.cookies.set("staff", token, domain="console.test", path="/staff")
    assert client.get("/staff").status_code == 303


def test_before_login_the_language_is_the_browsers_or_the_one_chosen(running: Running) -> None:
    browser = running.browser()
    assert "Giriş yap" in browser.get("/staff/login", headers={"Accept-Language": "tr-TR,tr;q=0.9,en;q=0.8"}).text
    assert "Log in" in browser.get("/staff/login", headers={"Accept-Language": "fi"}).text
    assert "Giriş yap" in browser.get("/staff/login?language=tr").text


# one-time codes


@pytest.fixture
def secret(running: Running) -> str:
    """Of bora, who has switched one-time codes on."""
    secret = pyotp.random_base32()
    person = running.add("bora", Role.EDITOR)
    running.console.people.set_totp(person.id, secret)
    return secret


def test_with_one_time_codes_the_password_alone_is_not_enough(running: Running, secret: str) -> None:
    response = log_in(running.browser(), "bora")
    assert response.status_code == 422
    assert "also needs the code" in response.text
    assert log_in(running.browser(), "bora", code=pyotp.TOTP(secret).now()).status_code == 303


def test_a_code_without_the_password_says_nothing_of_the_code(running: Running, secret: str) -> None:
    response = log_in(running.browser(), "bora", "not the password", code=pyotp.TOTP(secret).now())
    assert "Username or password is wrong" in response.text


def test_a_code_counts_once(running: Running, secret: str) -> None:
    code = pyotp.TOTP(secret).now()
    assert log_in(running.browser(), "bora", code=code).status_code == 303
    response = log_in(running.browser(), "bora", code=code)
    assert response.status_code == 422
    assert "used before" in response.text


def test_a_code_of_the_neighbouring_half_minutes_is_right_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    totp, now = pyotp.TOTP(secret), 1_800_000_015
    monkeypatch.setattr("clinicbot.console.login_pages.time.time", lambda: now)
    step = now // 30
    assert [matching_step(secret, totp.at(now + offset)) for offset in (-30, 0, 30)] == [step - 1, step, step + 1]
    assert [matching_step(secret, totp.at(now + offset)) for offset in (-60, 60)] == [None, None]


# throttling


def test_too_many_wrong_passwords_have_to_wait_and_are_told_how_long(running: Running) -> None:
    running.add("bora", Role.EDITOR)
    browser = running.browser()
    for _ in range(throttle.PER_PAIR.amount):
        assert log_in(browser, "bora", "not the password").status_code == 422
    response = log_in(browser, "bora")
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= throttle.MINUTES * 60
    assert re.search(r"Please wait \d+ (seconds|minutes)", response.text)


def test_a_right_password_clears_the_count() -> None:
    limits = LoginThrottle()
    for _ in range(3 * throttle.PER_PAIR.amount):
        assert limits.try_login("bora", "192.0.2.1") == 0
        limits.succeeded("bora", "192.0.2.1")


def test_guesses_from_many_addresses_do_not_lock_out_who_has_logged_in() -> None:
    limits = LoginThrottle()
    assert limits.try_login("bora", "192.0.2.1") == 0
    limits.succeeded("bora", "192.0.2.1")
    for number in range(throttle.PER_NAME.amount):
        limits.try_login("bora", f"198.51.100.{number}")
    assert limits.try_login("bora", "203.0.113.9") > 0
    assert limits.try_login("bora", "192.0.2.1") == 0


def test_an_address_can_not_try_one_name_after_the_other() -> None:
    limits = LoginThrottle()
    waits = [
        limits.try_login(f"name{number}", f"2001:db8::{number:x}") for number in range(throttle.PER_ADDRESS.amount)
    ]
    assert set(waits) == {0}
    assert limits.try_login("another", "2001:db8::ffff:1") > 0  # the same /64
    assert limits.try_login("another", "2001:db8:1::1") == 0


# forms that came too late


def test_what_was_typed_when_the_session_had_ended_is_sent_after_the_login(
    running: Running, client_of: ClientOf
) -> None:
    client = client_of(Role.EDITOR, username="bora")
    assert client.person
    running.console.people.end_sessions(client.person.id)
    late = client.post("/staff/account", {"name": "Bora <b>Demir</b>", "language": "en", "password": "secret"})
    assert late.status_code == 401
    fields = hidden_fields(late)
    assert "secret" not in late.text
    entered = client.http.post("/staff/login", data={**fields, "username": "bora", "password": PASSWORD})
    assert entered.status_code == 200
    again = hidden_fields(entered)
    assert again["name"] == "Bora <b>Demir</b>"
    assert 'action="/staff/account"' in entered.text
    assert client.http.post("/staff/account", data=again).status_code == 303
    changed = running.console.people.get(client.person.id)
    assert changed
    assert changed.name == "Bora <b>Demir</b>"


def test_a_form_of_an_earlier_session_keeps_what_was_typed(client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    stale = client.http.post("/staff/account", data={"csrf": "earlier", "name": "Bora", "language": "en"})
    assert stale.status_code == 403
    assert hidden_fields(stale) == {"csrf": client.csrf, "name": "Bora", "language": "en"}


def test_typed_text_that_is_carried_leads_nowhere_else(running: Running) -> None:
    running.add("bora", Role.EDITOR)
    for carried in ('["https://evil.example", [["a", "b"]]]', '["/staff/x"]', "nonsense", "[[], 3]"):
        response = log_in(running.browser(), "bora", carried=carried)
        assert (response.status_code, response.headers.get("location")) == (303, "/staff")


def test_no_database_file_holds_a_token_or_a_password(running: Running, settings: object, tmp_path: Path) -> None:
    browser, token = running.browser(), running.console.invitations.make(None)
    begin(browser, token)
    log_in(browser, "ayse.kaya", NEW_PASSWORD)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "var").glob("clinicbot.db*"))
    for secret in (token, browser.cookies["staff"], NEW_PASSWORD):
        assert secret.encode() not in stored
