"""`clinicbot evaluate|publish|rollback|releases`: what the staff's console does with releases, on the command line."""

import asyncio
import getpass
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import Engine

from clinicbot import paths
from clinicbot.releases.difference import Difference, difference, seen
from clinicbot.releases.proof import Proof, Verdict
from clinicbot.releases.publish_state import Phase, PublishError, PublishState
from clinicbot.releases.publishing import Publishing, open_publishing, open_trainer
from clinicbot.releases.store import Release, Releases, copy_content
from clinicbot.releases.trainer import Trainer, TrainerDied
from clinicbot.settings import Settings
from clinicbot.store.approvals import Approvals
from clinicbot.store.audit import AuditLog
from clinicbot.store.console_settings import ConsoleSettings
from clinicbot.store.database import open_database


def open_here(settings: Settings, engine: Engine) -> Publishing:
    """As the console has it, over the drafts of this checkout."""
    audit = AuditLog(engine)

    def record(person: str, action: str, subject: str, details: dict[str, Any]) -> None:
        audit.record(person, action=action, subject=subject, details=details)

    return open_publishing(paths.ROOT, settings, record)


def whoever_is_here() -> str:
    return f"{getpass.getuser()} (command line)"


@click.command()
def evaluate() -> None:
    """Train the drafts on trial and prove them against the live release; nothing is published."""
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory(prefix="evaluate-") as name:
        copy_content(paths.ROOT, Path(name) / "content")
        proof = asyncio.run(_evaluate(open_trainer(settings), Releases(settings.var).live(), Path(name)))
    click.echo(proof.summary())
    if proof.verdict is not Verdict.PASSED:
        sys.exit(1)


async def _evaluate(trainer: Trainer, live: Release | None, folder: Path) -> Proof:
    """Raises PublishError."""
    try:
        async for event in trainer.make(folder, live):
            if "error" in event:
                raise PublishError(event["error"])
            if "made" in event:
                return Proof.from_json(event["made"])
    except TrainerDied as error:
        raise PublishError(str(error)) from error
    finally:
        await trainer.stop()
    raise PublishError("the trainer said nothing")


@click.command()
@click.option("--reason", required=True, help="Why; it is kept with the release.")
@click.option("--insist", metavar="WHY", help="Go on even if a FAQ is answered worse than before.")
def publish(reason: str, insist: str | None) -> None:
    """Make the drafts live: train, prove, and have Rasa take them up. The assistant must be running.

    Aftercare and eligibility need the approval of somebody who has read the change at /staff/publish, where the clinic
    has decided so.
    """
    settings = Settings.from_environment()
    engine = open_database(settings.database)
    try:
        drafts, content = _drafts(Releases(settings.var))
        approved_by = _approved_by(engine, drafts, content)
        publishing = open_here(settings, engine)
        state = asyncio.run(_publish(publishing, content, approved_by, reason, insist))
    finally:
        engine.dispose()
    if state.phase is not Phase.DONE:
        sys.exit(1)


def _drafts(releases: Releases) -> tuple[Difference, str]:
    """What would change, and what it is approved as (`seen`). Raises PublishError before the first release."""
    live = releases.live_state()
    if live is None:
        raise PublishError("Nothing is live yet; start the assistant with `clinicbot run` first.")
    changes = difference(releases.get(live.number).content, paths.ROOT)
    return changes, seen(changes, live)


def _approved_by(engine: Engine, drafts: Difference, content: str) -> tuple[str, ...]:
    """Raises PublishError where a second person is needed and nobody has approved this content."""
    if not (drafts.sensitive and ConsoleSettings(engine).needs_second_person()):
        return ()
    approved = tuple(approval.person.username for approval in Approvals(engine).of(content))
    if not approved:
        raise PublishError("Aftercare or eligibility changes: an approver must read and approve it at /staff/publish.")
    return approved


async def _publish(
    publishing: Publishing, expected: str, approved_by: tuple[str, ...], reason: str, insist: str | None
) -> PublishState:
    person = whoever_is_here()
    reporting = asyncio.create_task(_report(publishing))
    try:
        await publishing.start(person, reason, expected=expected, approved_by=approved_by)
        state = await publishing.wait()
        if state.phase is Phase.WAITING and insist:
            await publishing.go_on(person, insist)
            state = await publishing.wait()
    finally:
        reporting.cancel()
        await publishing.stop()
    if state.proof:
        click.echo(state.proof.summary())
    if state.phase is Phase.DONE:
        click.echo(f"Release {state.release} is live after {state.seconds:.1f} s")
    elif state.phase is Phase.WAITING:
        click.echo("Nothing was published: an FAQ got worse. Move the sentences above, or repeat with --insist WHY")
    else:
        click.echo(f"Nothing was published: {state.error}")
    return state


async def _report(publishing: Publishing) -> None:
    said = None
    async for state in publishing.changes():
        if state.phase is not said:
            said = state.phase
            click.echo(f"{state.seconds:6.1f} s  {state.phase.value.replace('_', ' ')}")


@click.command()
@click.argument("number", type=int, required=False)
@click.option("--reason", default="", help="Why; it is kept.")
def rollback(number: int | None, reason: str) -> None:
    """Make release NUMBER live again, by default the one before. The assistant must be running."""
    settings = Settings.from_environment()
    target = number if number is not None else _before(Releases(settings.var))
    engine = open_database(settings.database)
    try:
        asyncio.run(open_here(settings, engine).roll_back(target, whoever_is_here(), reason))
    finally:
        engine.dispose()
    click.echo(f"Release {target} is live")


def _before(releases: Releases) -> int:
    """Asked only where no number is given: with one, a damaged pointer can be mended by going back."""
    live = releases.live_state()
    if live is None or live.before is None:
        raise click.ClickException("there is no release to go back to; `clinicbot releases` lists them")
    return live.before


@click.command()
def releases() -> None:
    """List the releases that are kept, the newest first."""
    store = Releases(Settings.from_environment().var)
    live = store.live_state()
    for release in store.all():
        about = release.about
        mark = "live" if live and live.number == release.number else ""
        click.echo(
            f"{release.number:4d}  {about.made_at[:16].replace('T', ' ')} UTC  {mark:4}  {about.by}: {about.reason}"
        )


COMMANDS = (evaluate, publish, rollback, releases)
