"""The figures: on the page, and in the spreadsheet."""

import csv
import io
from datetime import date, datetime, timedelta, timezone

import pytest
from starlette.datastructures import QueryParams

from clinicbot.console.overview_export import harmless, to_csv
from clinicbot.console.overview_pages import USUAL_DAYS, choose
from clinicbot.console.overview_rows import duration, overview_of
from clinicbot.console.services import Console
from clinicbot.console.texts import read_area, words_of
from clinicbot.faq.files import read_faqs, read_intents
from clinicbot.paths import ROOT
from clinicbot.reply import Kind
from clinicbot.store.figures import BUCKETS_MS, Counted, FaqUsage, count_answer, count_thumb
from clinicbot.store.overview import Figures, Period
from clinicbot.store.people import LANGUAGES, Role
from tests.console.conftest import ClientOf

TODAY = date(2026, 11, 28)
NOBODYS = "ask_price"


def fill(console: Console, *answers: tuple[str, Kind], days_ago: int = 0, seconds: float | None = None) -> None:
    day = datetime.now(console.clinic.time_zone).date() - timedelta(days=days_ago)
    with console.engine.begin() as connection:
        for label, kind in answers:
            count_answer(connection, day, Counted("web", "en", kind.value, label, seconds))


def faq_of(console: Console) -> tuple[str, str]:
    """An FAQ of the drafts and its title."""
    faq = read_faqs(console.root / "data" / "faq")[0]
    return faq.id, faq.answers["en"].title


def test_without_questions_the_page_says_when_there_will_be_figures(client_of: ClientOf) -> None:
    response = client_of(Role.EDITOR).get("/staff/overview")
    assert response.status_code == 200
    assert "as soon as patients write" in response.text
    assert "<svg" not in response.text


@pytest.mark.parametrize("role", list(Role))
def test_everybody_sees_the_figures_and_only_who_may_edit_gets_a_way_to_the_editor(
    role: Role, client_of: ClientOf, console: Console
) -> None:
    faq, title = faq_of(console)
    fill(console, (faq, Kind.ANSWER), ("nlu_fallback", Kind.FALLBACK))
    text = client_of(role).get("/staff/overview").text
    assert title in text
    may_edit = role is not Role.ADMINISTRATOR
    assert (f'href="/staff/faqs/{faq}"' in text) == may_edit
    assert ('<a class="target" href="/staff/review"' in text) == may_edit


def test_nobody_sees_them_without_a_login(running: object, client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    client.http.cookies.clear()
    for path in ("/staff/overview", "/staff/overview/export"):
        assert client.get(path).status_code == 303


def test_an_faq_that_is_gone_is_counted_under_its_id_and_leads_nowhere(client_of: ClientOf, console: Console) -> None:
    fill(console, ("duration/gone", Kind.ANSWER))
    text = client_of(Role.EDITOR).get("/staff/overview").text
    assert "duration/gone" in text
    assert 'href="/staff/faqs/duration/gone"' not in text


def test_the_periods_buttons_change_what_is_counted(client_of: ClientOf, console: Console) -> None:
    fill(console, *[(NOBODYS, Kind.HANDOVER)] * 3)
    fill(console, *[(NOBODYS, Kind.HANDOVER)] * 5, days_ago=40)
    client = client_of(Role.APPROVER)
    assert "<strong>3</strong> questions; 5 in the period before" in client.get("/staff/overview").text
    assert "<strong>3</strong> questions; 0 in the period before" in client.get("/staff/overview?days=7").text
    assert "<strong>8</strong> questions; 0 in the period before" in client.get("/staff/overview?days=90").text


def test_own_dates_that_make_no_sense_are_explained_and_the_usual_period_is_shown(client_of: ClientOf) -> None:
    response = client_of(Role.EDITOR).get("/staff/overview?since=2026-11-20&until=2026-11-01")
    assert response.status_code == 200
    assert "The last day is before the first" in response.text
    assert 'href="#until"' in response.text
    assert 'aria-current="true">Last 30 days' in response.text


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, TODAY - timedelta(days=29), TODAY),
        ({"days": "7"}, TODAY - timedelta(days=6), TODAY),
        ({"days": "8"}, TODAY - timedelta(days=29), TODAY),
        ({"days": "-1"}, TODAY - timedelta(days=29), TODAY),
        ({"since": "2026-11-01", "until": "2026-11-03"}, date(2026, 11, 1), date(2026, 11, 3)),
        ({"since": "2026-11-01"}, date(2026, 11, 1), TODAY),
        ({"until": "2026-10-30"}, date(2026, 10, 1), date(2026, 10, 30)),
        ({"since": "2026-11-01", "until": "2030-01-01"}, TODAY - timedelta(days=29), TODAY),  # over two years
        ({"since": "2026-11-01", "until": "2027-01-01"}, date(2026, 11, 1), TODAY),
        ({"since": "2027-01-01"}, TODAY, TODAY),
        ({"since": "2020-01-01"}, TODAY - timedelta(days=730), TODAY),
        ({"since": "0001-01-01", "until": "0001-01-02"}, TODAY - timedelta(days=29), TODAY),
        ({"until": "0001-01-02"}, TODAY - timedelta(days=29), TODAY),
        ({"since": "yesterday"}, TODAY - timedelta(days=29), TODAY),
    ],
)
def test_a_period_is_understood_or_the_usual_one(query: dict[str, str], first: date, last: date) -> None:
    assert USUAL_DAYS == 30
    assert choose(QueryParams(query), TODAY, "en").period == Period(first, last)


def test_every_chart_has_its_numbers_in_a_table(client_of: ClientOf, console: Console) -> None:
    faq, _ = faq_of(console)
    fill(console, (faq, Kind.ANSWER), ("", Kind.FALLBACK), ("report_red", Kind.EMERGENCY), seconds=0.2)
    with console.engine.begin() as connection:
        count_thumb(connection, faq, (datetime.now(timezone.utc).date(), True), None)
    text = client_of(Role.EDITOR).get("/staff/overview").text
    assert text.count("<table") == 8
    assert text.count('role="img"') == 1
    assert text.count("<svg") == text.count('aria-hidden="true"') + 1
    assert "Half of the answers on the website came in up to 250 ms" in text
    assert "style=" not in text


def test_it_is_in_turkish_too(client_of: ClientOf, console: Console) -> None:
    fill(console, (NOBODYS, Kind.FALLBACK))
    text = client_of(Role.EDITOR, language="tr").get("/staff/overview").text
    assert "Fiyatlar" in text
    assert "%100" in text


def test_the_spreadsheet_has_the_figures_of_the_page(client_of: ClientOf, console: Console) -> None:
    faq, title = faq_of(console)
    fill(console, (faq, Kind.ANSWER), (faq, Kind.ANSWER), ("nlu_fallback", Kind.FALLBACK))
    response = client_of(Role.ADMINISTRATOR).get("/staff/overview/export?days=7")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in response.headers["content-disposition"]
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0] == ["Figure", "Id", "Name", "Questions", "Before"]
    assert ["Most asked FAQs", faq, title, "2", "0"] in rows
    assert ["Questions", "", "", "3", "0"] in rows
    assert len([row for row in rows if row[0] == "Questions per day"]) == 7


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_a_title_is_no_formula_in_the_spreadsheet(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_titles_in_the_spreadsheet_are_made_harmless() -> None:
    period = Period(TODAY, TODAY)
    faqs = {"uses/x": FaqUsage(1)}
    figures = Figures({TODAY: 1}, {"answer": 1}, {"en": 1}, {"web": 1}, faqs, {}, FaqUsage(), {})
    nothing = Figures({TODAY - timedelta(days=1): 0}, {}, {}, {}, {}, {}, FaqUsage(), {})
    text = to_csv(overview_of(figures, nothing, {"uses/x": "=HYPERLINK(1)"}, words_of("en")), period, words_of("en"))
    assert "uses/x,'=HYPERLINK(1),1,0" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_kind_and_bucket_has_words(language: str) -> None:
    words = words_of(language)
    intents = [name for path in (ROOT / "data" / "dialogue").glob("*.yml") for name in read_intents(path)]
    intents += ["report_red", "nlu_fallback", "several_questions", "decline_suggestions"]
    for intent in intents:
        assert f"overview.label_{intent}" in words.entries
    for kind in Kind:
        assert words(f"overview.kind_{kind.value}")
    assert len({duration(bucket, words) for bucket in BUCKETS_MS}) == len(BUCKETS_MS)


def test_both_languages_have_the_same_texts() -> None:
    assert read_area("overview", "en").keys() == read_area("overview", "tr").keys()
