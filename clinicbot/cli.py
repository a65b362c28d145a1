"""The `clinicbot` command: verbs for the content, the model and the whole assistant."""

import logging
import os
import sys
from pathlib import Path

import click

from clinicbot import paths
from clinicbot.console_commands import user
from clinicbot.faq import linter
from clinicbot.faq_commands import COMMANDS
from clinicbot.release_commands import COMMANDS as RELEASE_COMMANDS
from clinicbot.releases.difference import difference
from clinicbot.releases.installation import ensure_live, is_ready
from clinicbot.releases.publish_state import PublishError
from clinicbot.releases.store import STARTED_WITH, ReleaseError, Releases
from clinicbot.settings import Settings, SettingsError
from clinicbot.store.callbacks import Callbacks
from clinicbot.store.database import open_database
from clinicbot.store.staff_tasks import StaffTasks
from clinicbot.supervision import StartError, demo_environment, keep_write_ahead_log, write_endpoints
from clinicbot.supervision import run as run_all
from clinicbot.training.errors import TrainingError
from clinicbot.training.models import train
from clinicbot.yaml_files import ContentError

NAMED = 10
TRAINING = "Training the assistant from data/ (a few minutes) …"


@click.group()
def cli() -> None:
    """The Apex Clinic patient FAQ assistant."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.chdir(paths.ROOT)


@cli.command()
def run() -> None:
    """Train if there is nothing that can be live, then run all parts until Ctrl-C."""
    settings = Settings.from_environment()
    make_live(settings)
    sys.exit(run_all(settings))


@cli.command(name="whatsapp-demo")
def whatsapp_demo() -> None:
    """Run everything with a simulated WhatsApp, in a browser, without any account."""
    os.environ.update(demo_environment(Settings.from_environment()))
    settings = Settings.from_environment()
    make_live(settings)
    sys.exit(run_all(settings, simulator=True))


def make_live(settings: Settings) -> None:
    """The first release, or one for changed code, before anything is started; says what waits to be published."""
    releases = Releases(settings.var)
    if not is_ready(releases):
        click.echo(TRAINING)
    live = ensure_live(releases)
    drafts = difference(live.content, paths.ROOT)
    if not drafts.is_empty:
        waiting = ", ".join(change.id for change in drafts.faqs[:NAMED]) or "other content"
        click.echo(
            f"Release {live.number} is live. Not published yet (at /staff, or by `clinicbot publish`): {waiting}"
        )


@cli.command(name="train")
def train_command() -> None:
    """Train a model from data/, even if there is a current one."""
    click.echo(f"Trained {train().relative_to(paths.ROOT)}")


@cli.command(name="serve-rasa")
def serve_rasa() -> None:
    """Run Rasa on loopback with the live release, which it then watches; trained first if its model was removed."""
    settings = Settings.from_environment()
    live = ensure_live(Releases(settings.var))
    os.environ[STARTED_WITH] = str(live.number)
    rasa = str(Path(sys.executable).with_name("rasa"))
    endpoints = write_endpoints(settings)
    keep_write_ahead_log(settings.var / "rasa.db")
    options = ["--model", str(live.model), "--endpoints", str(endpoints)]
    options += ["--interface", "127.0.0.1", "--port", str(settings.rasa_port)]
    os.execv(rasa, [rasa, "run", *options, "--log-file", os.devnull])


@cli.command(name="serve-actions")
def serve_actions() -> None:
    """Run the action server on loopback."""
    settings = Settings.from_environment()
    os.environ["SANIC_HOST"] = "127.0.0.1"
    options = ["--actions", "actions", "--port", str(settings.actions_port)]
    os.execv(sys.executable, [sys.executable, "-m", "rasa_sdk", *options])


@cli.command(name="serve-console")
def serve_console() -> None:
    """Run the staff's console on loopback; the gateway passes /staff on to it."""
    from clinicbot.console.serving import serve  # a quarter of a second that no other verb needs

    serve(Settings.from_environment())


@cli.group(invoke_without_command=True)
@click.pass_context
def tasks(context: click.Context) -> None:
    """Who wants a call, and what the staff has to do because the assistant can't; without a verb: the open ones."""
    if context.invoked_subcommand is None:
        open_tasks, requests = staff_tasks().open(), callbacks().open()
        if not open_tasks and not requests:
            click.echo("No open tasks")
        for request in requests:
            click.echo(f"{request.created_at:%Y-%m-%d %H:%M} UTC  callback  {request.channel} {request.phone}")
            click.echo(f"    {request.name}: {request.preferred_time}")
        for task in open_tasks:
            person = f"+{task.phone}" if task.phone else task.user_id or "unknown"
            click.echo(f"{task.id}  {task.created_at:%Y-%m-%d %H:%M} UTC  {task.kind}  {task.channel} {person}")
            click.echo(f"    {task.reason}")
            click.echo("    " + task.text.replace("\n", "\n    "))


@tasks.command()
@click.argument("number", type=int)
def close(number: int) -> None:
    """Close a task that has been done."""
    if not staff_tasks().close(number):
        raise click.ClickException(f"there is no open task {number}; `clinicbot tasks` lists them")
    click.echo(f"Closed {number}")


def staff_tasks() -> StaffTasks:
    return StaffTasks(open_database(Settings.from_environment().database))


def callbacks() -> Callbacks:
    """Patients who want to be called; the console's list closes them."""
    return Callbacks(open_database(Settings.from_environment().database))


@cli.group()
def faq() -> None:
    """The clinic's FAQs in data/faq."""


@faq.command()
def lint() -> None:
    """Check the content: coverage, numbers, negations, doubled questions, translations."""
    findings = linter.lint()
    if findings:
        click.echo(linter.report(findings))
        click.echo(f"{len(findings)} findings")
        sys.exit(1)
    click.echo("No findings")


for command in COMMANDS:
    faq.add_command(command)
for command in RELEASE_COMMANDS:
    cli.add_command(command)
cli.add_command(user)


def main() -> None:
    """Errors that a person can mend are one sentence, without a traceback."""
    try:
        cli.main(prog_name="clinicbot", standalone_mode=False)
    except (StartError, TrainingError, SettingsError, ContentError, ReleaseError, PublishError) as error:
        sys.exit(f"\n{error}")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
