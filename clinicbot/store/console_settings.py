"""What the clinic decided about the console itself, as JSON by key."""

import json
from enum import Enum
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Engine

from clinicbot.store.people import People, Role
from clinicbot.store.staff_tables import console_settings

SECOND_PERSON = "second_person"


class SecondPerson(str, Enum):
    """Whether aftercare and eligibility need the approval of somebody else than who wrote them."""

    AUTO = "auto"  # as soon as there are two active people who could approve
    ALWAYS = "always"
    NEVER = "never"


class ConsoleSettings:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, key: str, default: Any = None) -> Any:
        with self._engine.connect() as connection:
            text = connection.execute(select(console_settings.c.value).where(console_settings.c.key == key)).scalar()
        return default if text is None else json.loads(text)

    def set(self, key: str, value: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(console_settings).where(console_settings.c.key == key))
            connection.execute(insert(console_settings).values(key=key, value=json.dumps(value)))

    def second_person(self) -> SecondPerson:
        return SecondPerson(self.get(SECOND_PERSON, SecondPerson.AUTO.value))

    def needs_second_person(self) -> bool:
        """What the setting means with the people that there are now."""
        setting = self.second_person()
        if setting is not SecondPerson.AUTO:
            return setting is SecondPerson.ALWAYS
        people = People(self._engine).all()
        able = [person for person in people if person.is_active and person.has_password]
        return sum(Role.APPROVER in person.roles for person in able) >= 2
