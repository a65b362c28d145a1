"""What every response carries, errors in words, and what can't be reached from here."""

import re
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from clinicbot import paths
from clinicbot.console import navigation, texts
from clinicbot.console.app import create_app
from clinicbot.console.security import CONTENT_SECURITY_POLICY, MAX_BODY_BYTES, describe_device
from clinicbot.console.web import SAFE_METHODS, STRANGERS_BYTES, STRANGERS_FIELDS, allow
from clinicbot.store.audit import Filter
from clinicbot.store.people import LANGUAGES, Role
from clinicbot.yaml_files import read_yaml
from tests.console.conftest import ClientOf, Running
from tests.console.test_roles import path_of, routes, uses
from tests.faq.checkouts import contents

CONSOLE = Path(navigation.__file__).parent
PLACEHOLDER = re.compile(r"\$\{?(\w+)")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/staff", 200),
        ("/staff/nowhere", 404),
        ("/staff/people", 403),
        ("/staff/logout", 405),
        ("/staff/static/console.css", 200),
        ("/staff/static/none.css", 404),
    ],
)
def test_every_response_is_secured(client_of: ClientOf, path: str, status: int) -> None:
    response = client_of(Role.EDITOR).get(path)
    assert response.status_code == status
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    static = status == 200 and "static" in path
    assert response.headers["cache-control"] == ("public, max-age=86400" if static else "no-store")
    assert static or "<h1>" in response.text


def test_an_unforeseen_error_is_a_page_in_words_and_logs_nothing_that_was_sent(
    running: Running, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("unforeseen")

    client = client_of(Role.EDITOR)
    monkeypatch.setattr(running.console.people, "describe", broken)
    response = client.post("/staff/account", {"name": "Typed Name", "language": "en"})
    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["cache-control"] == "no-store"
    assert "unforeseen" in caplog.text
    assert "Typed Name" not in caplog.text


def test_an_error_page_needs_no_database(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("no database")

    monkeypatch.setattr(running.console.sessions, "find", broken)
    browser = running.browser()
    browser.cookies.set("staff", "token")
    response = browser.get("/staff", headers={"Accept-Language": "tr"})
    assert response.status_code == 500
    assert "Bir sorun oluştu" in response.text


def test_a_body_that_is_too_large_is_refused_in_words(client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    response = client.post("/staff/account", files={"file": b"x" * (MAX_BODY_BYTES + 1)})
    assert response.status_code == 413
    assert "at most 12 MB" in response.text


def test_a_stranger_does_not_fill_the_memory(running: Running) -> None:
    browser = running.browser()
    long = {"name": "x" * STRANGERS_BYTES}
    response = browser.post("/staff/login", data=long)
    assert (response.status_code, "at most 12 MB" in response.text) == (413, True)
    # who was logged in until a moment ago is told that, also with a large file
    response = browser.post("/staff/imports", data=long)
    assert (response.status_code, "x" * 1_000 in response.text) == (401, False)
    assert browser.post("/staff/imports", content=iter([b"name=x"])).status_code == 401
    fields = {f"name{number}": "x" for number in range(STRANGERS_FIELDS + 1)}
    assert browser.post("/staff/account", data=fields).status_code == 400


def test_a_stranger_does_not_fill_the_log(running: Running) -> None:
    response = running.browser().post("/staff/login", headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert running.console.audit.page(Filter(), number=1, size=1)[1] == 0


@pytest.mark.parametrize("title", ["ş" * 300, "\U0001f600" * 200])
def test_a_message_with_a_long_title_fits_into_a_cookie(client_of: ClientOf, title: str) -> None:
    client = client_of(*Role)
    other = client.console.people.add("other", title, [Role.EDITOR], "en")
    response = client.post(f"/staff/people/{other.id}/deactivate")
    assert len(response.headers["set-cookie"]) < 4_000  # browsers drop a longer one
    assert title in client.get(response.headers["location"]).text


def test_a_part_of_a_page_has_no_menu_and_is_led_on_by_a_header(client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    response = client.post("/staff/account", {"name": "Bora", "language": "en"}, headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["hx-redirect"]) == (204, "/staff/account")


def test_a_message_is_shown_once_and_is_only_text(client_of: ClientOf) -> None:
    client = client_of(*Role)
    other = client.console.people.add("other", "<b>Other</b>", [Role.EDITOR], "en")
    response = client.post(f"/staff/people/{other.id}/deactivate")
    shown = client.get(response.headers["location"]).text
    assert "&lt;b&gt;Other&lt;/b&gt; can&#39;t log in any more" in shown
    assert "can&#39;t log in any more." not in client.get(response.headers["location"]).text


def test_a_cookie_with_nonsense_in_it_is_no_error(client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR)
    for nonsense in ("zz", "5b5d", b'["common.save"]'.hex(), b"[1,2,3]".hex()):
        client.http.cookies.set("staff_flash", nonsense, path="/staff")
        assert client.get("/staff").status_code == 200


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox, Linux"),
        ("<script>alert(1)</script>", "?"),
    ],
)
def test_a_device_is_named_by_browser_and_system(agent: str, device: str) -> None:
    assert describe_device(agent) == device


# the emergency text


def test_no_source_or_template_of_the_console_names_the_emergency_texts_files() -> None:
    """Asking the detector whether a text is an emergency is all that may be had of `clinicbot.safety`."""
    named = re.compile(r"data/safety|paths\.SAFETY|emergency_text|EMERGENCY_FILE|emergency_number|red_flags\.yml")
    used = re.compile(r"clinicbot\.safety(?!\.red_flags import find_red_flag$)|import safety")
    sources = [path for kind in ("*.py", "*.html", "*.js") for path in CONSOLE.rglob(kind) if "htmx" not in path.name]
    assert len(sources) > 20
    # one sentence of a docstring says that it isn't so
    holders = [
        (path.name, line.strip())
        for path in sources
        for line in path.read_text(encoding="utf-8").splitlines()
        if (named.search(line) or used.search(line))
        and "nothing in the console reads or writes `data/safety`" not in line
    ]
    assert holders == []
    assert [path for _method, path, _access in uses() if re.search("emergency|safety|red_flag", path)] == []


def test_no_request_shows_or_changes_the_emergency_texts(running: Running, client_of: ClientOf, root: Path) -> None:
    """Whoever has all roles asks for every address, with a form that names the files. Publishing has its own tests."""
    folder = root / "data" / "safety"
    folder.mkdir()
    secret = "The locked words of this test"
    (folder / "emergency.yml").write_text(f"en: {secret}\n", encoding="utf-8")
    before = contents(folder)
    person = running.add("ayse", *Role)
    form = {"path": "../safety/emergency.yml", "name": "emergency", "topic": "../safety", "text": "changed", "en": "x"}
    for method, path, _access in uses():
        client = running.log_in(person)
        if method in SAFE_METHODS:
            assert secret not in client.get(path.replace("none", "..%2Fsafety%2Femergency.yml")).text
            assert secret not in client.get(path).text
        elif not path.startswith(("/staff/publish", "/staff/releases", "/staff/people")):
            assert secret not in client.post(path, form).text
    assert contents(folder) == before


def test_no_get_of_any_route_changes_a_file(client_of: ClientOf, root: Path) -> None:
    client, before = client_of(*Role), contents(root)
    for route in routes():
        if "GET" in (route.methods or ()):
            client.get(path_of(route))
    assert contents(root) == before


# texts


def test_every_area_has_its_texts_in_every_language() -> None:
    for area in texts.areas():
        by_language = {language: texts.read_area(area, language) for language in LANGUAGES}
        english = by_language["en"]
        for language, entries in by_language.items():
            single = {key for key in set(english) ^ set(entries) if not key.endswith("_one")}
            assert single == set(), (area, language)
            for key in set(english) & set(entries):
                wanted, got = (set(PLACEHOLDER.findall(text)) for text in (english[key], entries[key]))
                assert wanted == got, (key, language)


def test_no_text_is_empty_or_read_as_something_else() -> None:
    for path in texts.FOLDER.glob("*.yml"):
        entries = read_yaml(path)
        assert all(isinstance(key, str) and isinstance(text, str) and text for key, text in entries.items()), path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_the_console_names_exists(language: str) -> None:
    words = texts.words_of(language)
    named = re.compile(r"""\bt[n]?\(\s*["'](\w+\.\w+)["']\s*[,)]""")
    missing = [
        (path.name, key)
        for kind in ("*.py", "*.html")
        for path in CONSOLE.rglob(kind)
        for key in named.findall(path.read_text(encoding="utf-8"))
        if key not in words.entries
    ]
    assert missing == []


def test_every_area_in_the_menu_has_its_texts() -> None:
    for language in LANGUAGES:
        words = texts.words_of(language)
        for area in navigation.AREAS:
            assert words(f"common.nav_{area.name}")
            assert words(f"common.about_{area.name}")
            for number in (1, 2):
                assert str(number) in words.count(f"common.waiting_{area.name}", number)


# the API for page authors


def test_a_handler_that_fails_before_anybody_is_known_is_still_a_page(running: Running) -> None:
    @allow()
    async def never(_request: Request) -> Response:
        raise AssertionError("nobody is logged in")

    app = create_app(console=running.console)
    app.add_route("/staff/never", never)
    running.app = app
    assert running.browser().get("/staff/never").status_code == 303


def test_the_clinics_number_is_on_no_page_of_the_console() -> None:
    digits = re.sub(r"\D", "", read_yaml(paths.CLINIC)["phone"])[-7:]
    for path in CONSOLE.rglob("*"):
        if path.is_file() and path.suffix in {".py", ".html", ".yml", ".js", ".css"}:
            assert digits not in re.sub(r"[\s()-]", "", path.read_text(encoding="utf-8")), path.name
