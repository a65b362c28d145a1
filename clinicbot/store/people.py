"""The clinic's staff: who they are, what they may do, and what they log in with.

Times are naive UTC. Each function is one transaction.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import Connection, Engine, Row

from clinicbot.clock import utc_now
from clinicbot.store.locking import exclusively
from clinicbot.store.staff_tables import invitations, people, staff_sessions

LANGUAGES = ("en", "tr")  # that the console speaks
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


class Role(str, Enum):
    """What a person may do; a person has a set of them."""

    EDITOR = "editor"  # drafts content
    APPROVER = "approver"  # publishes and rolls back
    ADMINISTRATOR = "administrator"  # manages people and the clinic's settings


class PeopleError(Exception):
    """A change that isn't allowed; `reason` says why: taken, malformed or last_administrator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Person:
    id: int
    username: str
    name: str
    roles: frozenset[Role]
    language: str
    is_active: bool
    has_password: bool
    has_totp: bool
    created_at: datetime


@dataclass(frozen=True)
class Credentials:
    """What a login is checked against; not in any representation."""

    person: Person
    password_hash: str | None = field(repr=False)
    totp_secret: str | None = field(repr=False)


def fold_username(text: str) -> str:
    """Lower case without accents, so that no two look alike and Işıl may write hers in any way; may be unusable."""
    decomposed = unicodedata.normalize("NFKD", text.strip()).casefold().replace("ı", "i")
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def is_username(folded: str) -> bool:
    """2 to 40 of a-z, 0-9, dot, hyphen and underscore."""
    return _USERNAME.fullmatch(folded) is not None


class People:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[Person]:
        """The active ones first, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(people)).all()
        return sorted(map(_person, rows), key=lambda person: (not person.is_active, person.name.casefold()))

    def get(self, person_id: int) -> Person | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(people).where(people.c.id == person_id)).first()
        return _person(row) if row else None

    def named(self, username: str) -> Person | None:
        credentials = self.credentials(username)
        return credentials.person if credentials else None

    def credentials(self, username: str) -> Credentials | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(people).where(people.c.username == fold_username(username))).first()
        return Credentials(_person(row), row.password_hash, row.totp_secret) if row else None

    def has_administrator(self) -> bool:
        """Whether anybody is one already, logged in or still invited."""
        return any(Role.ADMINISTRATOR in person.roles for person in self.all())

    def add(self, username: str, name: str, roles: Iterable[Role], language: str) -> Person:
        """Somebody new, without a password yet. Raises PeopleError: malformed, taken."""
        with exclusively(self._engine, people) as connection:
            return add_person(connection, username, name, roles, language)

    def change(self, person_id: int, *, roles: frozenset[Role], is_active: bool) -> None:
        """The person's sessions and open links end. Raises PeopleError: last_administrator."""
        with exclusively(self._engine, people) as connection:
            if not (is_active and Role.ADMINISTRATOR in roles):
                _check_another_administrator(connection, person_id)
            values = {"roles": _joined(roles), "is_active": is_active}
            connection.execute(update(people).where(people.c.id == person_id).values(**values))
            end_sessions(connection, person_id)
            if not is_active:
                void_links(connection, person_id)

    def describe(self, person_id: int, *, name: str, language: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(people).where(people.c.id == person_id).values(name=name, language=language))

    def set_password(self, person_id: int, password_hash: str) -> None:
        """The person's sessions and open links end."""
        with self._engine.begin() as connection:
            store_password(connection, person_id, password_hash)

    def rehash(self, person_id: int, old: str, new: str) -> None:
        """The same password under other parameters, unless it was changed meanwhile."""
        with self._engine.begin() as connection:
            same = (people.c.id == person_id) & (people.c.password_hash == old)
            connection.execute(update(people).where(same).values(password_hash=new))

    def end_sessions(self, person_id: int) -> None:
        with self._engine.begin() as connection:
            end_sessions(connection, person_id)

    def set_totp(self, person_id: int, secret: str | None, used_step: int | None = None) -> None:
        """None switches the second factor off."""
        with self._engine.begin() as connection:
            values = {"totp_secret": secret, "totp_used_step": used_step}
            connection.execute(update(people).where(people.c.id == person_id).values(**values))

    def use_totp_step(self, person_id: int, step: int) -> bool:
        """Whether no code of this or a later step was used before: a code counts once."""
        unused = or_(people.c.totp_used_step.is_(None), people.c.totp_used_step < step)
        with self._engine.begin() as connection:
            statement = update(people).where(people.c.id == person_id, unused).values(totp_used_step=step)
            return bool(connection.execute(statement).rowcount)


def add_person(
    connection: Connection,
    username: str,
    name: str,
    roles: Iterable[Role],
    language: str,
    password_hash: str | None = None,
) -> Person:
    """Raises PeopleError: malformed, taken. For a transaction in which nobody else adds people."""
    folded = fold_username(username)
    if not is_username(folded):
        raise PeopleError("malformed")
    if connection.execute(select(people.c.id).where(people.c.username == folded)).first():
        raise PeopleError("taken")
    values = {
        "username": folded,
        "name": name.strip(),
        "roles": _joined(roles),
        "language": language,
        "password_hash": password_hash,
        "is_active": True,
        "created_at": utc_now(),
    }
    connection.execute(insert(people).values(**values))
    return _person(connection.execute(select(people).where(people.c.username == folded)).one())


def store_password(connection: Connection, person_id: int, password_hash: str) -> None:
    connection.execute(update(people).where(people.c.id == person_id).values(password_hash=password_hash))
    end_sessions(connection, person_id)
    void_links(connection, person_id)


def end_sessions(connection: Connection, person_id: int) -> None:
    connection.execute(staff_sessions.delete().where(staff_sessions.c.person_id == person_id))


def void_links(connection: Connection, person_id: int) -> None:
    """Links that were made for a person and not used can't be used any more."""
    unused = (invitations.c.person_id == person_id) & invitations.c.used_at.is_(None)
    connection.execute(update(invitations).where(unused).values(used_at=utc_now()))


def _check_another_administrator(connection: Connection, person_id: int) -> None:
    """Raises PeopleError if this is the only administrator who can log in."""
    rows = connection.execute(select(people).where(people.c.is_active, people.c.password_hash.isnot(None))).all()
    administrators = {row.id for row in rows if Role.ADMINISTRATOR in _person(row).roles}
    if administrators == {person_id}:
        raise PeopleError("last_administrator")


def _joined(roles: Iterable[Role]) -> str:
    wanted = set(roles)
    return ",".join(role.value for role in Role if role in wanted)


def _person(row: Row) -> Person:
    return Person(
        id=row.id,
        username=row.username,
        name=row.name,
        roles=frozenset(Role(role) for role in row.roles.split(",") if role),
        language=row.language,
        is_active=row.is_active,
        has_password=row.password_hash is not None,
        has_totp=row.totp_secret is not None,
        created_at=row.created_at,
    )
