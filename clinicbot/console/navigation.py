"""The areas of the console, in the order in which they are shown, and who sees them.

An area's pages may count what waits there: `badge(console) -> int` in its module, which `app.py` finds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from clinicbot.console.services import Console
from clinicbot.store.people import Person, Role

Badge = Callable[[Console], int]


@dataclass(frozen=True)
class Area:
    """Its texts: `common.nav_<name>` in the menu, `common.about_<name>` and `common.waiting_<name>` on the first page.
    Nobody named in `roles`: everybody."""

    name: str
    path: str
    roles: frozenset[Role] = frozenset()

    def is_for(self, person: Person) -> bool:
        return not self.roles or bool(self.roles & person.roles)


_CONTENT = frozenset({Role.EDITOR, Role.APPROVER})
_ADMINISTRATION = frozenset({Role.ADMINISTRATOR})
AREAS = (
    Area("tasks", "/staff/tasks"),
    Area("review", "/staff/review", _CONTENT),
    Area("faqs", "/staff/faqs", _CONTENT),
    Area("documents", "/staff/documents", _CONTENT),
    Area("publish", "/staff/publish", _CONTENT),
    Area("releases", "/staff/releases", _CONTENT),
    Area("overview", "/staff/overview"),
    Area("people", "/staff/people", _ADMINISTRATION),
    Area("settings", "/staff/settings", _ADMINISTRATION),
    Area("audit", "/staff/audit", _ADMINISTRATION),
)


@dataclass(frozen=True)
class Entry:
    """An area in one person's menu; `badge` counts what waits there, 0 for nothing."""

    name: str
    path: str
    badge: int


@dataclass(frozen=True)
class Navigation:
    """The areas that this application has pages for."""

    areas: tuple[Area, ...] = ()
    badges: Mapping[str, Badge] = field(default_factory=dict)

    def entries(self, console: Console, person: Person) -> list[Entry]:
        """Blocking: the badges ask the database."""
        mine = [area for area in self.areas if area.is_for(person)]
        return [Entry(area.name, area.path, self._count(area, console)) for area in mine]

    def _count(self, area: Area, console: Console) -> int:
        badge = self.badges.get(area.name)
        return badge(console) if badge else 0
