import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from clinicbot import paths
from clinicbot.clinic import load_clinic
from clinicbot.faq.document import load_document
from clinicbot.faq.files import load_faqs
from clinicbot.faq.model import Answer, Faq
from clinicbot.gateway import page
from clinicbot.gateway.problems import Problem, on_problem
from clinicbot.negotiation import accepted
from clinicbot.releases.live_content import LiveContent
from clinicbot.releases.store import Releases
from clinicbot.texts import load_texts
from tests.releases.contents import add, edit, write_root

LANGUAGES = load_clinic().languages
HOSTILE = "</script><script>alert(1)</script><img src=x onerror='alert(1)'>&amp;\u2028"
_JSON_LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
# Elements that HTML never closes
_VOID = {"meta", "link", "img", "path"}


class Outline(HTMLParser):
    """What the tests ask of the page's markup."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.scripts: list[dict[str, str | None]] = []
        self.inline: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links += [values[name] or "" for name in ("href", "src") if name in values]
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.scripts += [values] if tag == "script" else []
        self.inline += [name for name in values if name == "style" or name.startswith("on")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag


def client_of(releases: Releases) -> TestClient:
    app = Starlette(routes=page.routes, exception_handlers={Problem: on_problem})
    app.state.content = LiveContent(releases)
    return TestClient(app)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Before the first release: the page of this checkout."""
    with client_of(Releases(tmp_path_factory.mktemp("var"))) as client:
        yield client


def structured_data(text: str) -> Any:
    found = _JSON_LD.findall(text)
    assert len(found) == 1
    return json.loads(found[0])


def render(*faqs: Faq, language: str = "en") -> str:
    return page.render_page(language, clinic=load_clinic(), faqs=faqs, document=load_document(), style_tag="1")


def faq(title: str, text: str = "Yes.", *, topic: str = "uses") -> Faq:
    return Faq(f"{topic}/one", (), {"en": Answer("en", text, title, ("p2.1",), None)})


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("", "", "en"),
        ("?lang=tr", "", "tr"),
        ("?lang=tr", "en", "tr"),
        ("?lang=TR-tr", "en", "tr"),
        ("", "tr-TR,tr;q=0.9,en;q=0.8", "tr"),
        ("", "en;q=0.5, TR", "tr"),
        ("", "xx, tr;q=0.1", "tr"),
        ("", "tr;q=0, *", "en"),
        ("?lang=xx", "tr", "tr"),
        ("?lang=", "tr", "tr"),
        ("?lang=../../etc", "\x7f;q=9", "en"),
    ],
)
def test_page_language(client: TestClient, query: str, header: str, expected: str) -> None:
    response = client.get(f"/{query}", headers={"Accept-Language": header})
    assert response.status_code == 200
    assert response.headers["content-language"] == expected
    assert f'<html lang="{expected}" dir="ltr">' in response.text
    assert f'data-language="{expected}"' in response.text
    assert "Accept-Language" in response.headers["vary"]


def test_accepted_orders_by_quality_and_drops_refused_and_malformed() -> None:
    assert accepted("en;q=0.2, TR , de;q=0, fr;q=0.8, b@d, es;q=x") == ["tr", "fr", "en"]
    assert accepted("") == []


def test_page_links_every_language(client: TestClient) -> None:
    text = client.get("/").text
    for language in LANGUAGES:
        assert f'<link rel="alternate" hreflang="{language}" href="/?lang={language}">' in text
    assert '<link rel="alternate" hreflang="x-default" href="/">' in text


def test_page_headers(client: TestClient) -> None:
    headers = client.get("/").headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize("path", ["/", "/static/page.css", "/favicon.svg"])
def test_unchanged_body_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_page_shows_what_is_live_and_changes_with_it(tmp_path: Path) -> None:
    releases, root = Releases(tmp_path / "var"), write_root(tmp_path / "root")
    releases.go_live(add(releases, root).number, "ayse", "x")
    with client_of(releases) as client:
        first = client.get("/?lang=en")
        assert "It is not permanent and lasts 4 to 6 months." in first.text
        edit(root, "4 to 6 months", "3 months")
        assert client.get("/?lang=en", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        releases.go_live(add(releases, root).number, "ayse", "x")
        second = client.get("/?lang=en", headers={"If-None-Match": first.headers["etag"]})
        assert second.status_code == 200
        assert "It is not permanent and lasts 3 months." in second.text
        releases.go_live(1, "ayse", "back")
        assert client.get("/?lang=en").headers["etag"] == first.headers["etag"]


def test_page_is_compressed_only_where_accepted(client: TestClient) -> None:
    compressed = client.get("/", headers={"Accept-Encoding": "br, gzip"})
    plain = client.get("/", headers={"Accept-Encoding": "gzip;q=0"})
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert compressed.text == plain.text
    assert int(compressed.headers["content-length"]) < 15_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_structured_data_holds_every_faq(client: TestClient, language: str) -> None:
    data = structured_data(client.get(f"/?lang={language}").text)
    phone_line = load_texts(language).get("phone_line", phone=load_clinic().phone)
    assert (data["@type"], data["inLanguage"]) == ("FAQPage", language)
    told = {question["name"]: question["acceptedAnswer"]["text"] for question in data["mainEntity"]}
    answers = [entry.answers[language] for entry in load_faqs().values()]
    assert told == {a.title: f"{a.text} {phone_line}" if a.phone_line else a.text for a in answers}


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_shows_every_faq_and_the_whole_document(client: TestClient, language: str) -> None:
    text = html.unescape(_JSON_LD.sub("", client.get(f"/?lang={language}").text))
    for faq_id, entry in load_faqs().items():
        assert f"<h3>{entry.answers[language].title}</h3>" in text
        assert f">{entry.answers[language].text}</p>" in text
        assert f'id="{faq_id}"' in text
    for number, sentence in load_document().sentences.items():
        assert f'<p id="{number}">' in text
        assert f"<span>{sentence}</span>" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_markup(client: TestClient, language: str) -> None:
    outline = Outline(client.get(f"/?lang={language}").text)
    assert outline.open == []
    assert outline.inline == []  # the Content-Security-Policy allows none
    assert len(outline.ids) == len(set(outline.ids))
    assert {link[1:] for link in outline.links if link.startswith("#")} <= set(outline.ids)
    assert all(link.startswith(("#", "/", "tel:")) and not link.startswith("//") for link in outline.links)
    assert outline.headings.count(1) == 1
    steps = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(following - level <= 1 for level, following in steps)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_names_emergency_and_phone_before_everything_else(client: TestClient, language: str) -> None:
    clinic = load_clinic()
    text = client.get(f"/?lang={language}").text
    emergency = text.index(f'href="{clinic.emergency_uri}"')
    assert emergency < text.index(f'href="{clinic.phone_uri}"') < text.index("<details")
    without_script = text[text.index("<noscript>") : text.index("</noscript>")]
    assert f'href="{clinic.phone_uri}">{clinic.phone}</a>' in without_script


def test_phone_numbers_are_written_from_the_left_in_arabic() -> None:
    answer = Answer("en", "Yes.", "Title", ("p2.1",), None, phone_line=True)
    text = render(Faq("uses/one", (), {"en": answer}), language="ar")
    assert '<html lang="ar" dir="rtl">' in text
    body = text[text.index("<body>") :]
    phone = re.escape(load_clinic().phone)
    numbers = re.findall(rf'<a class="number" dir="ltr" href="[^"]*">{phone}</a>|<bdi>{phone}</bdi>', body)
    assert len(numbers) == body.count(load_clinic().phone) >= 4


def test_page_embeds_widget(client: TestClient) -> None:
    widget = Outline(client.get("/?lang=tr").text).scripts[-1]
    assert widget == {
        "type": "module",
        "src": "/widget.js",
        "data-api": "",
        "data-language": "tr",
        "data-phone": load_clinic().phone_uri.removeprefix("tel:"),
    }


def test_phone_line_stands_under_answers_that_ask_for_it() -> None:
    line = "For anything about your own case"
    silent = Answer("en", "Yes.", "Title", ("p2.1",), None)
    asking = Answer("en", "Yes.", "Title", ("p2.1",), None, phone_line=True)
    counts = [render(Faq("uses/one", (), {"en": answer})).count(line) for answer in (silent, asking)]
    assert counts[1] == counts[0] + 2  # on the page and in the structured data


def test_hostile_faq_is_only_text() -> None:
    text = render(faq(HOSTILE, HOSTILE))
    outline = Outline(text)
    assert len(outline.scripts) == 2
    assert outline.inline == []
    assert "x" not in outline.links
    assert f"<h3>{html.escape(HOSTILE).replace('&#x27;', '&#39;')}</h3>" in text
    question = structured_data(text)["mainEntity"][0]
    assert (question["name"], question["acceptedAnswer"]["text"]) == (HOSTILE, HOSTILE)


def test_faq_that_is_not_translated_is_marked_as_english() -> None:
    assert '<details open lang="en">' in render(faq("What is it?"), language="tr")


def test_topic_that_staff_added_is_shown() -> None:
    assert '<h2 id="new_topic">New topic</h2>' in render(faq("What is it?", topic="new_topic"))


def test_widget_may_be_embedded_elsewhere(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / "widget.js"
    built.write_text("export const text = 'ğ';", encoding="utf-8")
    monkeypatch.setattr(paths, "WIDGET", built)
    response = client.get("/widget.js", headers={"Origin": "https://elsewhere.example"})
    assert response.text == "export const text = 'ğ';"
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["cache-control"] == "public, max-age=300"
    again = client.get("/widget.js", headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304


def test_widget_that_is_not_built_is_a_clear_problem(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "WIDGET", tmp_path / "widget.js")
    response = client.get("/widget.js")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert "has not been built: run `make widget`" in response.json()["detail"]


LANGUAGE_FILES = sorted(paths.WIDGET_STRINGS.glob("*.json"))


@pytest.mark.parametrize("file", LANGUAGE_FILES, ids=lambda file: file.stem)
def test_widget_gets_its_words_on_any_site(client: TestClient, file: Path) -> None:
    path = f"/widget/strings/{file.name}"
    response = client.get(path, headers={"Origin": "https://elsewhere.example"})
    assert response.json() == json.loads(file.read_text(encoding="utf-8"))
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["cache-control"] == "public, max-age=300"
    assert client.get(path, headers={"If-None-Match": response.headers["etag"]}).status_code == 304


def test_widget_has_words_in_every_language_of_the_clinic() -> None:
    assert {"ar", "de", "es", "fr", "ru", "tr"} == {file.stem for file in LANGUAGE_FILES}
    assert set(LANGUAGES) <= {"en", *(file.stem for file in LANGUAGE_FILES)}  # English is in the widget itself


@pytest.mark.parametrize("name", ["en.json", "xx.json", "de", "DE.json", "..", "%00", "x" * 5000])
def test_language_that_the_widget_has_not_is_a_clear_problem(client: TestClient, name: str) -> None:
    response = client.get(f"/widget/strings/{name.replace('..', '%2e%2e')}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("name", ["..%2fwidget.js", "..%2f..%2fpackage.json"])
def test_language_is_no_way_to_other_files(client: TestClient, name: str) -> None:
    assert client.get(f"/widget/strings/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/favicon.svg", "/favicon.ico"])
def test_icon(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.headers["content-type"] == "image/svg+xml"
    assert ElementTree.fromstring(response.text).tag == "{http://www.w3.org/2000/svg}svg"


def test_style_fetches_nothing(client: TestClient) -> None:
    response = client.get("/static/page.css")
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert "url(" not in response.text
    assert "@import" not in response.text


def test_robots_keep_out_of_the_api_only(client: TestClient) -> None:
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /api\nAllow: /\n"
