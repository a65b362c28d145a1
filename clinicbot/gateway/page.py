"""The clinic's public page: its FAQs by topic, its document, and the chat widget on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clinicbot import paths
from clinicbot.clinic import Clinic, load_clinic
from clinicbot.faq.document import Document
from clinicbot.faq.model import TOPICS, Answer, Faq
from clinicbot.gateway.assets import Asset
from clinicbot.gateway.problems import Problem
from clinicbot.negotiation import first_language
from clinicbot.releases.live_content import LiveContent
from clinicbot.texts import DEFAULT_LANGUAGE, RIGHT_TO_LEFT, Texts, load_texts, topic_title

HERE = Path(__file__).parent
# The document isn't translated; its translations are the FAQs.
DOCUMENT_LANGUAGE = DEFAULT_LANGUAGE

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cache-Control": "no-cache",  # asked again each time, answered by 304: a corrected answer shows at once
    "Vary": "Accept-Language",
}
STATIC_HEADERS = {"Cache-Control": "public, max-age=86400"}
# The widget is embedded on the clinic's other sites, too.
CROSS_ORIGIN_HEADERS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
WIDGET_HEADERS = {"Cache-Control": "public, max-age=300", **CROSS_ORIGIN_HEADERS}


@dataclass(frozen=True)
class Entry:
    """One FAQ on the page. `id` is also its anchor; `passages` are the sentences that it stands on."""

    id: str
    answer: Answer
    passages: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    id: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Passage:
    id: str
    sentences: tuple[tuple[str, str], ...]


def choose_language(asked: str | None, accept_language: str, languages: tuple[str, ...]) -> str:
    """The language asked for in the address, else the browser's, else the clinic's first one."""
    wanted = asked.lower().partition("-")[0] if asked else ""
    return wanted if wanted in languages else first_language(accept_language, languages) or languages[0]


def _topics(faqs: Iterable[Faq], language: str, texts: Texts, document: Document) -> list[Topic]:
    """The topics in their own order, then those that staff added. An FAQ that isn't translated stays in English."""
    entries: dict[str, list[Entry]] = {topic: [] for topic in TOPICS}
    for faq in faqs:
        answer = faq.answers.get(language) or faq.answers.get(DEFAULT_LANGUAGE)
        if answer is not None:
            passages = tuple(sentence for reference in answer.source for sentence in document.expand(reference))
            entries.setdefault(faq.topic, []).append(Entry(faq.id, answer, passages))
    return [Topic(topic, topic_title(topic, texts), tuple(members)) for topic, members in entries.items() if members]


def _passages(document: Document) -> list[Passage]:
    grouped = groupby(document.sentences.items(), key=lambda sentence: sentence[0].partition(".")[0])
    return [Passage(number, tuple(sentences)) for number, sentences in grouped]


def _structured_data(topics: list[Topic], language: str, title: str, clinic: Clinic, phone_line: str) -> dict[str, Any]:
    """schema.org's FAQPage, for search engines: the same words as on the page."""
    questions = [
        {
            "@type": "Question",
            "name": entry.answer.title,
            "acceptedAnswer": {
                "@type": "Answer",
                "text": f"{entry.answer.text} {phone_line}" if entry.answer.phone_line else entry.answer.text,
            },
        }
        for topic in topics
        for entry in topic.entries
    ]
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "name": title,
        "inLanguage": language,
        "publisher": {
            "@type": "MedicalClinic",
            "name": clinic.name,
            "telephone": clinic.phone_uri.removeprefix("tel:"),
        },
        "mainEntity": questions,
    }


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # `tojson` escapes <, >, & and ', so that no text can close its <script>
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment


def render_page(language: str, *, clinic: Clinic, faqs: Iterable[Faq], document: Document, style_tag: str) -> str:
    """The whole page in one of the clinic's languages. `style_tag` makes browsers fetch a changed style sheet."""
    texts = load_texts(language)

    def text(key: str) -> str:
        return texts.get(key, clinic=clinic.name, phone=clinic.phone, emergency=clinic.emergency_number)

    topics = _topics(faqs, language, texts, document)
    template = _environment().get_template("page.html")
    return template.render(
        text=text,
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        languages={code: load_texts(code).get("page_language") for code in clinic.languages},
        clinic=clinic,
        topics=topics,
        passages=_passages(document),
        document_language=DOCUMENT_LANGUAGE,
        structured_data=_structured_data(topics, language, text("page_title"), clinic, text("phone_line")),
        style_tag=style_tag,
    )


@lru_cache(maxsize=32)
def _page(language: str, content: LiveContent, _stamp: int) -> Asset:
    html = render_page(
        language,
        clinic=load_clinic(),
        faqs=content.faqs,
        document=content.document,
        style_tag=_style().tag,
    )
    return Asset(html.encode(), "text/html")


@lru_cache(maxsize=1)
def _style() -> Asset:
    return Asset.read(HERE / "static" / "page.css", "text/css")


@lru_cache(maxsize=1)
def _icon() -> Asset:
    return Asset.read(HERE / "static" / "favicon.svg", "image/svg+xml")


@lru_cache(maxsize=32)  # the widget and its languages
def _built(path: Path, media_type: str, _modified: int) -> Asset:
    return Asset.read(path, media_type)


# Plain functions, not coroutines: Starlette runs them in its thread pool, as the first request reads files.


def show_page(request: Request) -> Response:
    clinic = load_clinic()
    asked = request.query_params.get("lang")
    language = choose_language(asked, request.headers.get("accept-language", ""), clinic.languages)
    content: LiveContent = request.app.state.content
    return _page(language, content, content.stamp()).respond(request, {**PAGE_HEADERS, "Content-Language": language})


def _show_built(request: Request, path: Path, media_type: str) -> Response:
    """A file of the widget, read again when it was built again."""
    return _built(path, media_type, path.stat().st_mtime_ns).respond(request, WIDGET_HEADERS)


def show_widget(request: Request) -> Response:
    """The built widget. Raises Problem 404 where it wasn't built."""
    if not paths.WIDGET.is_file():
        detail = "The chat widget has not been built: run `make widget`."
        raise Problem(404, "Widget not built", detail, CROSS_ORIGIN_HEADERS)
    return _show_built(request, paths.WIDGET, "text/javascript")


def show_widget_strings(request: Request) -> Response:
    """The widget's words in one language. Raises Problem 404 where it has none: it then speaks English."""
    name = request.path_params["name"]
    # looked up among the files there are, so that no name leads out of their folder
    path = next((file for file in paths.WIDGET_STRINGS.glob("*.json") if file.name == name), None)
    if path is None:
        detail = "The chat widget has no words of its own in this language."
        raise Problem(404, "Language not found", detail, CROSS_ORIGIN_HEADERS)
    return _show_built(request, path, "application/json")


def show_style(request: Request) -> Response:
    return _style().respond(request, STATIC_HEADERS)


def show_icon(request: Request) -> Response:
    return _icon().respond(request, STATIC_HEADERS)


def show_robots(_request: Request) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /api\nAllow: /\n", headers=STATIC_HEADERS)


routes = [
    Route("/", show_page),
    Route("/widget.js", show_widget),
    Route("/widget/strings/{name}", show_widget_strings),
    Route("/static/page.css", show_style),
    Route("/favicon.svg", show_icon),
    Route("/favicon.ico", show_icon),
    Route("/robots.txt", show_robots),
]
