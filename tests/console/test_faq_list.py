"""The list: what is shown, found and sorted, and that a long one stays quick to make."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from clinicbot.console.faq_listing import Row, State, Wanted, rows
from clinicbot.console.services import Console
from clinicbot.faq import files, writer
from clinicbot.store.faq_care import Care, FaqCare
from clinicbot.store.figure_tables import daily_counts, daily_thumbs
from clinicbot.store.people import Role
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import HOW_LONG, MORE, draft, go_live, open_form, phrasings, send


@pytest.fixture
def editor(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


def found(console: Console, language: str = "en", **wanted: str) -> list[str]:
    return [row.id for row in rows(console, Wanted(**wanted), language)]


def row(console: Console, faq_id: str) -> Row:
    return next(row for row in rows(console, Wanted(), "en") if row.id == faq_id)


def add(console: Console, faq_id: str, *phrasings: str) -> None:
    faq = draft(console, MORE)
    answer = replace(faq.answers["en"], title=f"{faq_id}?")
    new = replace(faq, id=faq_id, phrasings=phrasings or ("x", "y", "z"), answers={"en": answer})
    writer.add(new, writer.version_of(new.topic, console.root), console.root)


@pytest.mark.parametrize(
    "search", ["how_long", "HOW LONG", "ne kadar", "kalici degildir", "permanent 4", "does it last 0", "Ne Kadar sürer"]
)
def test_a_search_looks_at_id_titles_answers_and_phrasings_of_all_languages(console: Console, search: str) -> None:
    assert found(console, search=search) == [HOW_LONG]


def test_a_search_finds_nothing_where_nothing_is(console: Console, editor: Client) -> None:
    assert found(console, search="zebra") == []
    page = editor.get("/staff/faqs?q=zebra")
    assert "No FAQ fits" in page.text


def test_states_say_how_a_draft_differs_from_what_patients_get(console: Console, editor: Client) -> None:
    assert row(console, MORE).state is State.NEW  # nothing is live yet
    add(console, "cost/gone")
    go_live(console)
    send(editor, open_form(editor, MORE), MORE, text_en="More doses may be given.")
    add(console, "cost/new", "p", "q", "r")
    writer.write({"cost/gone": None}, {"cost": writer.version_of("cost", console.root)}, console.root)
    states = {row.id: row.state for row in rows(console, Wanted(), "en")}
    assert states == {
        "cost/new": State.NEW,
        HOW_LONG: State.LIVE,
        MORE: State.CHANGED,
        "cost/gone": State.DELETED,
    }
    for state, faq_id in (("new", "cost/new"), ("live", HOW_LONG), ("changed", MORE), ("deleted", "cost/gone")):
        assert found(console, state=state) == [faq_id]


def test_a_review_is_overdue_from_its_day_on(console: Console, editor: Client) -> None:
    today = date.today()
    FaqCare(console.engine).put(MORE, Care(None, today - timedelta(days=1)))
    FaqCare(console.engine).put(HOW_LONG, Care(None, today + timedelta(days=2)))
    assert found(console, state="overdue") == [MORE]
    assert found(console, order="review_due") == [MORE, HOW_LONG]
    assert "Review overdue" in editor.get("/staff/faqs").text
    assert "1 FAQ is due for review" in editor.get("/staff").text


def test_topics_and_missing_languages_are_filters(console: Console) -> None:
    add(console, "cost/new")
    assert found(console, topic="cost") == ["cost/new"]
    assert found(console, missing="tr") == ["cost/new"]
    assert found(console, missing="en") == []


def test_usage_and_thumbs_are_those_of_30_days(console: Console, editor: Client) -> None:
    today = date.today()
    old = today - timedelta(days=40)
    key = {"channel": "web", "language": "en", "kind": "answer"}
    with console.engine.begin() as connection:
        counts = [(today, MORE, 12), (old, HOW_LONG, 99), (today, HOW_LONG, 3)]
        connection.execute(
            insert(daily_counts), [{"day": day, "label": label, "count": n, **key} for day, label, n in counts]
        )
        connection.execute(insert(daily_thumbs).values(day=today, label=HOW_LONG, helpful=False, count=4))
    assert (row(console, MORE).usage.asked, row(console, HOW_LONG).usage.asked) == (12, 3)
    assert found(console, order="asked") == [MORE, HOW_LONG]
    assert found(console, order="unhelpful") == [HOW_LONG, MORE]
    assert "👍 0  👎 4" in editor.get("/staff/faqs").text


def test_what_is_no_filter_of_ours_filters_nothing(console: Console, editor: Client) -> None:
    page = editor.get("/staff/faqs?topic=../etc&state=%3Cscript%3E&order=x&page=99999999&deleted=x&missing=zz")
    assert page.status_code == 200
    assert "2 FAQs" in page.text
    assert "<script>" not in page.text.replace('<script src="', "")


def test_a_long_list_comes_in_pages_and_reads_only_files_that_changed(
    console: Console, editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    faq = draft(console, MORE)
    answers = {f"uses/q{n}": replace(faq.answers["en"], title=f"Q{n}?") for n in range(120)}
    edits = {
        faq_id: replace(faq, id=faq_id, phrasings=tuple(f"{faq_id} {i}" for i in range(3)), answers={"en": answer})
        for faq_id, answer in answers.items()
    }
    writer.write(edits, {"uses": ""}, console.root)
    first = editor.get("/staff/faqs").text
    assert "122 FAQs" in first
    assert "Page 1 of 3" in first
    assert first.count('href="/staff/faqs/uses/') == 48
    read: list[str] = []
    parse = files.read_yaml
    monkeypatch.setattr(files, "read_yaml", lambda path: read.append(path.name) or parse(path))
    assert "Page 3 of 3" in editor.get("/staff/faqs?page=3").text
    assert read == []
    fields = open_form(editor, MORE)
    send(editor, fields, MORE, phrasings=phrasings(fields, "one more"))
    read.clear()
    assert found(console, search="one more") == [MORE]
    assert set(read) <= {"duration.yml"}


def test_titles_are_in_the_persons_language(client_of: ClientOf) -> None:
    page = client_of(Role.APPROVER, language="tr").get("/staff/faqs").text
    assert "Ne kadar?" in page
    assert "Yeni soru" not in page  # an approver makes none
