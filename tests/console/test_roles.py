"""Who may use which route: every route of the application, also those that are added later."""

from collections.abc import Iterator
from itertools import chain

import pytest
from starlette.routing import Mount, Route

from clinicbot.console.app import page_modules
from clinicbot.console.web import SAFE_METHODS, Access, access_of
from clinicbot.store.audit import Entry, Filter
from clinicbot.store.people import Role
from tests.console.conftest import ORIGIN, ClientOf, Running

# Values that lead nowhere: what isn't allowed is refused before anything is looked up
PLACEHOLDERS = {"integer": "999999", "path": "no/such", "string": "none"}


def routes() -> list[Route]:
    found: list[Route] = []
    for route in chain.from_iterable(module.routes for module in page_modules()):
        assert isinstance(route, Route), f"{route!r} can't be checked"
        found.append(route)
    return found


def path_of(route: Route) -> str:
    path = route.path_format
    for name, convertor in route.param_convertors.items():
        kind = type(convertor).__name__.removesuffix("Convertor").lower()
        path = path.replace("{" + name + "}", PLACEHOLDERS[kind])
    return path


def declared(route: Route) -> Access:
    access = access_of(route.endpoint)
    assert access is not None, f"{route.path}: {route.name} is declared by neither `allow` nor `public`"
    return access


def uses(changing: bool | None = None) -> Iterator[tuple[str, str, Access]]:
    """Method, path and access of each route; `changing`: only those methods that change something, or that don't."""
    for route in routes():
        for method in sorted((route.methods or set()) - {"HEAD"}):
            if changing in (None, method not in SAFE_METHODS):
                yield method, path_of(route), declared(route)


def refusals(running: Running) -> list[Entry]:
    entries, _total = running.console.audit.page(Filter(outcome="refused"), number=1, size=10_000)
    return entries


def test_every_route_says_who_may_use_it(running: Running) -> None:
    assert len(routes()) > 10
    for route in routes():
        declared(route)
    others = [route for route in running.app.routes if not isinstance(route, Route)]
    assert [route.path for route in others if isinstance(route, Mount)] == ["/staff/static"]
    assert len(others) == 1


def test_only_what_leads_to_a_login_is_public() -> None:
    public = {path for _method, path, access in uses() if access.public}
    assert public == {"/staff/login", "/staff/begin/none", "/staff/invitation/none"}


@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_does_not_include_is_refused_and_logged(role: Role, running: Running, client_of: ClientOf) -> None:
    client = client_of(role, username="somebody")
    refused = [
        (m, path) for m, path, access in uses() if not access.public and access.roles and role not in access.roles
    ]
    assert refused
    for method, path in refused:
        response = client.http.request(method, path, headers={"X-CSRF-Token": client.csrf})
        assert response.status_code == 403, (method, path)
        assert "You may not do this" in response.text
    logged = {(entry.person, entry.action, entry.subject) for entry in refusals(running)}
    assert logged == {("somebody", "access", f"{method} {path}") for method, path in refused}


@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_includes_is_not_refused_for_the_role(role: Role, client_of: ClientOf) -> None:
    client = client_of(role)
    for method, path, access in uses(changing=False):
        if not access.roles or role in access.roles:
            response = client.http.request(method, path)
            assert "You may not do this" not in response.text, (method, path)
            assert response.status_code != 401


def test_nobody_gets_further_than_the_login(running: Running) -> None:
    browser = running.browser()
    for method, path, access in uses():
        if access.public:
            continue
        response = browser.request(method, path)
        if method in SAFE_METHODS:
            assert response.status_code == 303, path
            assert response.headers["location"].startswith("/staff/login")
        else:
            assert response.status_code == 401, path


def test_nothing_is_changed_without_the_forms_token(client_of: ClientOf) -> None:
    client = client_of(*Role)
    for method, path, _access in uses(changing=True):
        for headers in ({}, {"X-CSRF-Token": "guessed"}, {"X-CSRF-Token": ""}):
            response = client.http.request(method, path, headers=headers)
            assert response.status_code == 403, (method, path)


def test_nothing_is_changed_by_another_sites_form(running: Running, client_of: ClientOf) -> None:
    client = client_of(*Role, username="somebody")
    strangers = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
    ]
    paths = [(method, path) for method, path, _access in uses(changing=True)]
    for method, path in paths:
        for headers in strangers:
            response = client.http.request(method, path, headers={"X-CSRF-Token": client.csrf, **headers})
            assert response.status_code == 403, (method, path, headers)
    foreign = [entry for entry in refusals(running) if entry.action == "foreign_form"]
    assert len(foreign) == len(strangers) * len(paths)
    assert {entry.person for entry in foreign} == {"somebody"}


def test_a_person_who_was_deactivated_is_out_at_once(running: Running, client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    assert client.get("/staff").status_code == 200
    assert client.person
    running.console.people.change(client.person.id, roles=client.person.roles, is_active=False)
    assert client.get("/staff").status_code == 303
