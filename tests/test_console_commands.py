"""`clinicbot user …`, and what `clinicbot run` says of the console."""

import os
import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.engine import Engine

from clinicbot import cli, paths
from clinicbot.settings import Settings
from clinicbot.store.audit import AuditLog
from clinicbot.store.invitations import Invitations
from clinicbot.store.people import People, Role
from clinicbot.supervision import describe_console

Clinicbot = Callable[..., Result]


@pytest.fixture
def clinicbot(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Clinicbot:
    """Runs `clinicbot …` on an empty database of either kind."""
    for name in list(os.environ):
        if name.startswith(("CLINICBOT_", "WHATSAPP_", "TWILIO_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(paths.ROOT)

    def run(*words: str) -> Result:
        result = CliRunner().invoke(cli.cli, words, env={"CLINICBOT_DATABASE_URL": database_url})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return run


def token_in(text: str) -> str:
    match = re.search(r"http://127\.0\.0\.1:8000/staff/(?:invitation|begin)/([\w-]{40,})$", text.strip())
    assert match, text
    return match[1]


def test_add_prints_a_link_that_works(engine: Engine, clinicbot: Clinicbot) -> None:
    result = clinicbot("user", "add", "Bora", "--name", "Bora Demir", "--role", "editor", "--role", "approver")
    assert result.exit_code == 0
    assert "Bora Demir chooses a password here, once, within 72 hours" in result.output
    person = People(engine).named("bora")
    assert person
    assert person.roles == {Role.EDITOR, Role.APPROVER}
    assert Invitations(engine).accept(token_in(result.output), "a hash") == person.id
    (entry,) = AuditLog(engine).all()
    assert (entry.person, entry.action, entry.subject) == ("terminal", "person.add", "bora")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("add", "bora"), "--role"),
        (("add", "bora", "--role", "owner"), "owner"),
        (("add", "b", "--role", "editor"), "2 to 40 letters"),
        (("add", "AYSE", "--role", "editor"), "taken"),
        (("reset", "nobody"), "there is no 'nobody'"),
        (("deactivate", "nobody"), "there is no 'nobody'"),
        (("deactivate", "ayse"), "last administrator"),
    ],
)
def test_what_can_not_be_done_is_one_sentence(
    engine: Engine, clinicbot: Clinicbot, words: tuple[str, ...], reason: str
) -> None:
    people = People(engine)
    people.set_password(people.add("ayse", "Ayşe", [Role.ADMINISTRATOR], "tr").id, "a hash")
    result = clinicbot("user", *words)
    assert result.exit_code != 0
    assert reason in result.output
    assert len(people.all()) == 1


def test_list_shows_roles_and_state(engine: Engine, clinicbot: Clinicbot) -> None:
    people = People(engine)
    people.set_password(people.add("ayse", "Ayşe Kaya", Role, "tr").id, "a hash")
    people.add("bora", "Bora", [Role.EDITOR], "en")
    assert clinicbot("user", "list").output.splitlines() == [
        "ayse  Ayşe Kaya  editor, approver, administrator",
        "bora  Bora  editor  invited",
        "2 people",
    ]


def test_reset_logs_out_switches_codes_off_and_lets_somebody_in_again(engine: Engine, clinicbot: Clinicbot) -> None:
    people = People(engine)
    person = people.add("ayse", "Ayşe", [Role.EDITOR], "tr")
    people.set_totp(person.id, "SECRET")
    people.change(person.id, roles=person.roles, is_active=False)
    result = clinicbot("user", "reset", "ayse")
    assert Invitations(engine).find(token_in(result.output))
    changed = people.get(person.id)
    assert changed
    assert (changed.has_totp, changed.is_active) == (False, True)


def test_deactivate_keeps_the_person_but_out(engine: Engine, clinicbot: Clinicbot) -> None:
    people = People(engine)
    person = people.add("bora", "Bora", [Role.EDITOR], "en")
    assert "can't log in any more" in clinicbot("user", "deactivate", "BORA").output
    changed = people.get(person.id)
    assert changed
    assert not changed.is_active
    assert "inactive" in clinicbot("user", "list").output


def test_a_start_without_an_administrator_shows_a_new_link_each_time(engine: Engine, database_url: str) -> None:
    settings = Settings(database_url=database_url)
    first, second = (token_in(describe_console(settings)[-1]) for _ in range(2))
    invitations = Invitations(engine)
    assert invitations.find(first) is None
    assert invitations.find(second)
    invitations.begin(second, "ayse", "Ayşe", "tr", "a hash")
    assert describe_console(settings) == ["Staff: http://127.0.0.1:8000/staff"]


def test_an_editor_alone_does_not_make_the_first_link_unnecessary(engine: Engine, database_url: str) -> None:
    People(engine).add("bora", "Bora", [Role.EDITOR], "en")
    assert "/staff/begin/" in describe_console(Settings(database_url=database_url))[-1]


def test_the_link_has_the_public_address_where_one_is_configured(database_url: str) -> None:
    settings = Settings(database_url=database_url, public_url="https://chat.example/")
    assert " https://chat.example/staff/begin/" in describe_console(settings)[-1]
