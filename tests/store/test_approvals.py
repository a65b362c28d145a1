import pytest
from sqlalchemy.engine import Engine

from clinicbot.store.approvals import Approvals
from clinicbot.store.people import People, Person, Role

CONTENT, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def approvals(engine: Engine) -> Approvals:
    return Approvals(engine)


def add(engine: Engine, username: str, *roles: Role) -> Person:
    return People(engine).add(username, username.title(), roles, "en")


def test_an_approval_is_of_one_content(approvals: Approvals, engine: Engine) -> None:
    ayse = add(engine, "ayse", Role.APPROVER)
    approvals.give(CONTENT, ayse.id)
    assert [approval.person.username for approval in approvals.of(CONTENT)] == ["ayse"]
    assert approvals.of(OTHER) == []


def test_a_person_approves_once(approvals: Approvals, engine: Engine) -> None:
    ayse, bob = add(engine, "ayse", Role.APPROVER), add(engine, "bob", Role.APPROVER)
    for person in (ayse, bob, ayse):
        approvals.give(CONTENT, person.id)
    assert [approval.person.username for approval in approvals.of(CONTENT)] == ["ayse", "bob"]


@pytest.mark.parametrize(("roles", "active"), [(frozenset({Role.EDITOR}), True), (frozenset({Role.APPROVER}), False)])
def test_only_those_count_who_still_may_approve(
    approvals: Approvals, engine: Engine, roles: frozenset[Role], active: bool
) -> None:
    ayse = add(engine, "ayse", Role.APPROVER)
    approvals.give(CONTENT, ayse.id)
    People(engine).change(ayse.id, roles=roles, is_active=active)
    assert approvals.of(CONTENT) == []
