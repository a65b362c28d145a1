"""The first page: what waits for this person, and what to do first."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clinicbot.console.web import allow, page, person_of
from clinicbot.store.people import Person, Role


@allow()
async def show_home(request: Request) -> Response:
    return page(request, "home/home.html", steps=first_steps(person_of(request)))


def first_steps(person: Person) -> list[str]:
    """What somebody does first, by their roles: keys `home.step_…`."""
    steps = []
    if Role.ADMINISTRATOR in person.roles:
        steps += ["people", "settings"]
    if Role.EDITOR in person.roles:
        steps += ["faqs", "add"]
    if Role.APPROVER in person.roles:
        return [*steps, "publish", "try", "release"]
    return [*steps, "editor_end"] if Role.EDITOR in person.roles else steps


routes = [Route("/staff", show_home), Route("/staff/", show_home)]
