"""The log's pages."""

import csv
import io

import pytest
from sqlalchemy import text

from clinicbot.console.audit_pages import SIZE
from clinicbot.store.people import Role
from tests.console.conftest import Client, ClientOf, Running


@pytest.fixture
def administrator(running: Running, client_of: ClientOf) -> Client:
    audit = running.console.audit
    audit.record("ayse", "faq.write", "duration/how_long", {"fields": ["title", "text"]})
    audit.record("bora", "publish", "12", {"reason": "=1+1"}, outcome="refused")
    audit.record("bora", "login", "=cmd()")
    return client_of(Role.ADMINISTRATOR, username="admin")


def test_the_log_shows_the_newest_first_with_details(administrator: Client) -> None:
    page = administrator.get("/staff/audit").text
    assert page.index("=cmd()") < page.index("duration/how_long")
    assert "fields: title, text" in page
    assert "3 entries" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("person=bora", 2),
        ("action=publish", 1),
        ("outcome=refused", 1),
        ("person=bora&outcome=done", 1),
        ("person=nobody", 0),
        ("since=2020-01-01", 3),
        ("until=2020-01-01", 0),
        ("since=nonsense", 3),
        ("page=99999999999999999999", 3),
    ],
)
def test_the_log_is_filtered(administrator: Client, query: str, shown: int) -> None:
    page = administrator.get(f"/staff/audit?{query}").text
    assert (f"{shown} entries" if shown != 1 else "1 entry") in page
    assert ("No entries with this filter" in page) == (shown == 0)


def test_a_long_log_has_pages_that_keep_the_filter(running: Running, administrator: Client) -> None:
    for number in range(SIZE):
        running.console.audit.record("ayse", "faq.write", f"duration/number_{number}")
    first = administrator.get("/staff/audit?person=ayse").text
    assert "Page 1 of 2" in first
    assert "person=ayse" in first[first.index("pager") :]
    assert "duration/how_long" in administrator.get("/staff/audit?person=ayse&page=2").text


def test_the_whole_log_is_taken_along_without_formulas(administrator: Client) -> None:
    response = administrator.get("/staff/audit/export")
    assert response.headers["content-type"].startswith("text/csv")
    assert "attachment" in response.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["subject"] for row in rows] == ["duration/how_long", "12", "'=cmd()"]
    assert [row["person"] for row in csv.DictReader(io.StringIO(administrator.get(
        "/staff/audit/export?person=ayse").content.decode("utf-8-sig")))] == ["ayse"]  # fmt: skip


def test_the_chain_is_checked(running: Running, administrator: Client) -> None:
    assert "The log is whole. All 3 entries" in administrator.get("/staff/audit/check").text
    with running.console.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_log_no_UPDATE"))
        connection.execute(text("UPDATE audit_log SET person = 'somebody else' WHERE id = 2"))
    page = administrator.get("/staff/audit/check").text
    assert "Entry 2 does not follow" in page
    assert "The log is whole" not in page


def test_no_route_of_the_log_changes_it(running: Running) -> None:
    methods = {
        method
        for route in running.app.routes
        if getattr(route, "path", "").startswith("/staff/audit")
        for method in getattr(route, "methods", ())
    }
    assert methods == {"GET", "HEAD"}
