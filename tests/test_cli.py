"""The commands that a person of the clinic or the engineer types, as far as they need no model."""

import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update
from sqlalchemy.engine import Engine

from clinicbot import cli, paths
from clinicbot.callback import Wanted
from clinicbot.messages import Channel, Person
from clinicbot.settings import Settings
from clinicbot.store.callbacks import Callbacks
from clinicbot.store.contacts import contact_for
from clinicbot.store.conversations import Conversations
from clinicbot.store.database import staff_tasks
from clinicbot.store.staff_tasks import StaffTasks, add_task
from clinicbot.supervision import demo_environment

ANNE, BORA = Person("GB.1001", "447700900001"), Person("GB.1002", None)

Clinicbot = Callable[..., Result]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("CLINICBOT_", "WHATSAPP_", "TWILIO_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(paths.ROOT)  # where the command goes by itself; pytest's own folder is restored after the test


@pytest.fixture
def clinicbot(database_url: str) -> Clinicbot:
    """Runs `clinicbot …` on an empty database of either kind."""

    def run(*words: str) -> Result:
        result = CliRunner().invoke(cli.cli, words, env={"CLINICBOT_DATABASE_URL": database_url})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return run


def add(engine: Engine, text: str, reason: str, person: Person | None = ANNE, kind: str = "undelivered") -> int:
    """The number of a new task, from noon of a day."""
    with engine.begin() as connection:
        contact_id = contact_for(connection, Channel.TWILIO, person, "en") if person else None
        add_task(connection, kind, contact_id, text, reason)
        connection.execute(update(staff_tasks).values(created_at=datetime(2026, 11, 28, 12)))
    return StaffTasks(engine).open()[-1].id


def test_tasks_lists_number_reason_and_text_of_those_that_are_open(engine: Engine, clinicbot: Clinicbot) -> None:
    first = add(engine, "It lasts 4 to 6 months.\nPlease call.", "21610 the person has unsubscribed")
    second = add(engine, "Please call the clinic.", "63016 more than 24 hours", BORA, "window_closed")
    result = clinicbot("tasks")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        f"{first}  2026-11-28 12:00 UTC  undelivered  twilio +{ANNE.phone}",
        "    21610 the person has unsubscribed",
        "    It lasts 4 to 6 months.",
        "    Please call.",
        f"{second}  2026-11-28 12:00 UTC  window_closed  twilio {BORA.user_id}",
        "    63016 more than 24 hours",
        "    Please call the clinic.",
    ]


def test_tasks_lists_who_wants_to_be_called(engine: Engine, clinicbot: Clinicbot) -> None:
    session = Conversations(engine).start("en", {}, timedelta(hours=1))
    write = Callbacks(engine).writing(session.id, Wanted("Zelda", "+442079460123", "any time"), "en")
    assert write is not None
    with engine.begin() as connection:
        write(connection)
    lines = clinicbot("tasks").output.splitlines()
    assert lines[0].endswith("callback  web +442079460123")
    assert lines[1:] == ["    Zelda: any time"]


def test_a_task_of_nobody_known_is_listed(engine: Engine, clinicbot: Clinicbot) -> None:
    add(engine, "Please call.", "no reason given", None)
    assert "unknown" in clinicbot("tasks").output


def test_an_empty_list_is_no_error(clinicbot: Clinicbot) -> None:
    result = clinicbot("tasks")
    assert result.exit_code == 0
    assert not any(character.isdigit() for character in result.output)


def test_a_task_that_is_closed_leaves_the_list(engine: Engine, clinicbot: Clinicbot) -> None:
    done = add(engine, "It lasts 4 to 6 months.", "21610 the person has unsubscribed")
    add(engine, "Please call the clinic.", "63016 more than 24 hours")
    result = clinicbot("tasks", "close", str(done))
    assert (result.exit_code, result.output) == (0, f"Closed {done}\n")
    left = clinicbot("tasks").output
    assert "21610" not in left
    assert "63016" in left


def test_closing_a_task_twice_is_an_error_that_says_what_to_do(engine: Engine, clinicbot: Clinicbot) -> None:
    number = str(add(engine, "It lasts 4 to 6 months.", "21610 the person has unsubscribed"))
    clinicbot("tasks", "close", number)
    result = clinicbot("tasks", "close", number)
    assert result.exit_code == 1
    assert f"no open task {number}" in result.output
    assert "`clinicbot tasks`" in result.output


@pytest.mark.parametrize("words", [(), ("one",), ("1", "2")])
def test_close_takes_one_number(clinicbot: Clinicbot, words: tuple[str, ...]) -> None:
    result = clinicbot("tasks", "close", *words)
    assert result.exit_code == 2
    assert "Usage: " in result.output


def test_an_error_is_one_sentence_without_a_traceback_and_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["clinicbot", "tasks"])
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "hidden-token")
    with pytest.raises(SystemExit) as end:
        cli.main()
    message = str(end.value.code).strip()
    assert "TWILIO_ACCOUNT_SID" in message
    assert "hidden-token" not in message
    assert "\n" not in message


def test_the_demonstration_explains_itself_without_starting_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "run_all", None)
    result = CliRunner().invoke(cli.cli, ["whatsapp-demo", "--help"])
    assert result.exit_code == 0
    assert "simulated WhatsApp" in result.output
    assert "without any account" in result.output
    assert "whatsapp-demo" in CliRunner().invoke(cli.cli, ["--help"]).output


def test_the_demonstration_runs_everything_with_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[Settings, bool, str]] = []

    def run_all(settings: Settings, *, simulator: bool = False) -> int:
        started.append((settings, simulator, os.environ["WHATSAPP_GRAPH_URL"]))
        return 3

    monkeypatch.setattr(cli, "run_all", run_all)
    monkeypatch.setattr(cli, "make_live", lambda settings: None)
    variables = demo_environment(Settings())
    result = CliRunner(env=dict.fromkeys(variables)).invoke(cli.cli, ["whatsapp-demo"])  # its changes are undone
    assert result.exit_code == 3
    ((settings, simulator, inherited),) = started
    assert simulator
    assert settings.whatsapp
    assert settings.var == Settings().var / "whatsapp-demo"
    assert settings.whatsapp_graph_url == inherited == variables["WHATSAPP_GRAPH_URL"]
    assert "WHATSAPP_GRAPH_URL" not in os.environ
