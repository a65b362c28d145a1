"""`clinicbot user add|list|reset|deactivate`: the console's people, on the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from clinicbot.settings import Settings
from clinicbot.store.audit import AuditLog
from clinicbot.store.database import open_database
from clinicbot.store.invitations import Invitations
from clinicbot.store.people import LANGUAGES, People, PeopleError, Person, Role

TERMINAL = "terminal"  # who it was, in the audit log: no username can be mistaken for it, as nobody logs in here
REASONS = {
    "taken": "this username is taken; `clinicbot user list` shows them",
    "malformed": "a username has 2 to 40 letters from a to z, numbers, dots, hyphens or underscores",
    "last_administrator": "this is the last administrator; make somebody else one first",
}


@dataclass(frozen=True)
class _Staff:
    settings: Settings
    people: People
    invitations: Invitations
    audit: AuditLog

    def find(self, username: str) -> Person:
        """Raises ClickException."""
        person = self.people.named(username)
        if person is None:
            raise click.ClickException(f"there is no {username!r}; `clinicbot user list` shows who there is")
        return person

    def show_link(self, person: Person) -> None:
        link = f"{self.settings.gateway_url}/staff/invitation/{self.invitations.make(person.id)}"
        click.echo(f"{person.name} chooses a password here, once, within 72 hours:\n{link}")


@contextmanager
def _staff() -> Iterator[_Staff]:
    settings = Settings.from_environment()
    engine = open_database(settings.database)
    try:
        yield _Staff(settings, People(engine), Invitations(engine), AuditLog(engine))
    except PeopleError as error:
        raise click.ClickException(REASONS[error.reason]) from error
    finally:
        engine.dispose()


@click.group()
def user() -> None:
    """The people who may use the staff's pages."""


@user.command()
@click.argument("username")
@click.option("--name", help="As colleagues see it. Default: the username.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="May be repeated.",
)
@click.option("--language", default=LANGUAGES[0], show_default=True, type=click.Choice(LANGUAGES))
def add(username: str, name: str | None, roles: tuple[str, ...], language: str) -> None:
    """Add somebody and print the link by which they choose a password."""
    with _staff() as staff:
        person = staff.people.add(username, name or username, [Role(role) for role in roles], language)
        staff.audit.record(TERMINAL, "person.add", person.username, {"roles": sorted(roles)})
        staff.show_link(person)


@user.command(name="list")
def list_users() -> None:
    """Show everybody: username, name, roles and state."""
    with _staff() as staff:
        people = staff.people.all()
        for person in people:
            state = "inactive" if not person.is_active else "" if person.has_password else "invited"
            roles = ", ".join(role.value for role in Role if role in person.roles)
            click.echo("  ".join(filter(None, (person.username, person.name, roles, state))))
        click.echo(f"{len(people)} people")


@user.command()
@click.argument("username")
def reset(username: str) -> None:
    """Log somebody out, switch their one-time codes off, and print a link for a new password."""
    with _staff() as staff:
        person = staff.find(username)
        if not person.is_active:
            staff.people.change(person.id, roles=person.roles, is_active=True)
        staff.people.set_totp(person.id, None)
        staff.people.end_sessions(person.id)
        staff.audit.record(TERMINAL, "person.reset", person.username)
        staff.show_link(person)


@user.command()
@click.argument("username")
def deactivate(username: str) -> None:
    """Log somebody out for good; what they did stays in the log."""
    with _staff() as staff:
        person = staff.find(username)
        staff.people.change(person.id, roles=person.roles, is_active=False)
        staff.audit.record(TERMINAL, "person.deactivate", person.username)
        click.echo(f"{person.username} can't log in any more")
