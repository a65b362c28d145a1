"""What the console's pages share: made at start-up."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine

from clinicbot import paths
from clinicbot.clinic import Clinic, file_version, read_clinic
from clinicbot.console.passwords import Passwords
from clinicbot.console.throttle import LoginThrottle
from clinicbot.releases.publishing import Publishing
from clinicbot.releases.reading import LiveReader
from clinicbot.releases.store import Releases
from clinicbot.settings import Settings
from clinicbot.store.audit import AuditLog
from clinicbot.store.console_settings import ConsoleSettings
from clinicbot.store.invitations import Invitations
from clinicbot.store.people import People
from clinicbot.store.staff_sessions import StaffSessions


@dataclass
class Console:
    """`root` is the checkout whose `data/` holds the drafts; `publishing` is there while the application runs."""

    engine: Engine
    settings: Settings
    root: Path
    people: People
    sessions: StaffSessions
    invitations: Invitations
    audit: AuditLog
    preferences: ConsoleSettings
    releases: Releases
    reader: LiveReader
    passwords: Passwords = field(default_factory=Passwords)
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    publishing: Publishing | None = None
    _clinic: tuple[object, Clinic] | None = field(default=None, repr=False)

    def record(self, person: str, action: str, subject: str, details: dict[str, Any]) -> None:
        """What publishing tells the audit log."""
        self.audit.record(person, action=action, subject=subject, details=details)

    @property
    def clinic(self) -> Clinic:
        """As the file says now: the settings page changes it. Raises ContentError."""
        path = self.root / "data" / paths.CLINIC.name
        version = file_version(path)
        if self._clinic is None or self._clinic[0] != version:
            self._clinic = (version, read_clinic(path))
        return self._clinic[1]


def make_console(settings: Settings, engine: Engine, root: Path, reader: LiveReader | None = None) -> Console:
    releases = Releases(settings.var)
    return Console(
        engine=engine,
        settings=settings,
        root=root,
        people=People(engine),
        sessions=StaffSessions(engine),
        invitations=Invitations(engine),
        audit=AuditLog(engine),
        preferences=ConsoleSettings(engine),
        releases=releases,
        reader=reader or LiveReader(releases),
    )
