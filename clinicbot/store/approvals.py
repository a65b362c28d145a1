"""Who has read what is to be published and approved it: that content in the place of what is live, and no other
(`clinicbot.releases.difference.seen`).

Times are naive UTC.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.store.locking import exclusively
from clinicbot.store.people import People, Person, Role
from clinicbot.store.staff_tables import approvals


@dataclass(frozen=True)
class Approval:
    person: Person
    at: datetime


class Approvals:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def give(self, content: str, person_id: int) -> None:
        """Once a person and content; a second time changes nothing."""
        mine = (approvals.c.content == content) & (approvals.c.person_id == person_id)
        with exclusively(self._engine, approvals) as connection:
            if connection.execute(select(approvals.c.id).where(mine)).first() is None:
                values = {"content": content, "person_id": person_id, "at": utc_now()}
                connection.execute(insert(approvals).values(**values))

    def of(self, content: str) -> list[Approval]:
        """Oldest first; only of people who still may approve."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(approvals).where(approvals.c.content == content).order_by(approvals.c.id))
            given = [(row.person_id, row.at) for row in rows]
        people = {person.id: person for person in People(self._engine).all() if person.is_active}
        return [
            Approval(people[person_id], at)
            for person_id, at in given
            if person_id in people and Role.APPROVER in people[person_id].roles
        ]
