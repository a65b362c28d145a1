"""The chat API of design 6. Bodies are checked here; what they mean is `conversation.py`'s."""

import asyncio
import json
import logging
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clinicbot.clinic import load_clinic
from clinicbot.clock import utc_now
from clinicbot.faq.files import load_faqs
from clinicbot.gateway.bodies import read_body
from clinicbot.gateway.metrics import FEEDBACK
from clinicbot.gateway.problems import Problem
from clinicbot.gateway.replies import emergency_reply, greeting_reply
from clinicbot.gateway.services import services_of
from clinicbot.language import detect_language
from clinicbot.safety.red_flags import find_red_flag
from clinicbot.store.conversations import Session
from clinicbot.store.database import without_data
from clinicbot.texts import DEFAULT_LANGUAGE, load_texts, topic_title

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
MAX_TEXT_CHARACTERS = 1_000
MAX_ID_CHARACTERS = 64
# Storing an emergency and what it asks beside may take so long; then it is answered without.
EMERGENCY_SECONDS = 0.9
# Questions behind the widget's topic buttons: the first, most general FAQ of each topic.
TOPIC_QUESTIONS = (
    "uses/what_is_botox",
    "procedure/how_applied",
    "duration/how_long",
    "eligibility/who_can",
    "aftercare/overview",
    "side_effects/overview",
)


def unknown_button() -> Problem:
    return Problem(422, "Unknown button", "This button was not offered in this conversation.")


async def read_json(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises Problem 413, 415, 400 or 422; an empty body is an empty object."""
    return _parse_json(request, await read_body(request, MAX_BODY_BYTES))


def _parse_json(request: Request, body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "Not JSON", "Send the body as application/json.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "Malformed JSON", "The body is not valid UTF-8 JSON.") from error
    if not isinstance(document, dict):
        raise Problem(422, "Not an object", "The body must be a JSON object.")
    return document


def check_address(request: Request) -> None:
    services_of(request).limits.check_address(request.client.host if request.client else "unknown")


async def session_of(request: Request) -> Session:
    """The session of the bearer token. Raises Problem 401.

    While the database can't be read, the token's signature is proof enough: an emergency must be answered.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    services = services_of(request)
    session_id = services.tokens.session_id(token.strip()) if scheme.lower() == "bearer" else None
    try:
        session = await run_in_threadpool(services.stores.conversations.find, session_id) if session_id else None
    except SQLAlchemyError as error:
        logger.error("the session could not be read: %s", without_data(error))
        greeting = greeting_reply(services.clinic, DEFAULT_LANGUAGE).to_json()
        session = Session(str(session_id), DEFAULT_LANGUAGE, utc_now(), greeting)
    if session is None:
        raise Problem(
            401,
            "No valid session",
            "The session token is missing, wrong or expired; start a new session.",
            {"WWW-Authenticate": "Bearer"},
        )
    return session


def _language(document: dict[str, Any]) -> str:
    language = document.get("language")
    if language is None:
        return DEFAULT_LANGUAGE
    if not isinstance(language, str) or not 2 <= len(language) <= 35:
        raise Problem(422, "Wrong language", "`language` must be a language code such as en or tr.")
    code = language.split("-")[0].lower()
    return code if code in load_clinic().languages else DEFAULT_LANGUAGE


def _only(document: dict[str, Any], allowed: set[str]) -> None:
    unknown = sorted(set(document) - allowed)
    if unknown:
        raise Problem(422, "Unknown field", f"The body may only have {', '.join(sorted(allowed))}.")


async def start_session(request: Request) -> Response:
    check_address(request)
    document = await read_json(request)
    _only(document, {"language"})
    language = _language(document)
    services = services_of(request)
    greeting = greeting_reply(services.clinic, language).to_json()
    lifetime = timedelta(hours=services.settings.session_hours)
    session = await run_in_threadpool(services.stores.conversations.start, language, greeting, lifetime)
    body = {
        "token": services.tokens.issue(session.id),
        "expires_at": session.expires_at.isoformat(timespec="seconds") + "Z",
        "replies": [greeting],
    }
    return JSONResponse(body, 201)


def _message_id(document: dict[str, Any]) -> str:
    try:
        return str(uuid.UUID(document["id"]))
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise Problem(422, "Wrong id", "`id` must be a UUID that you make for each message.") from error


def _text_or_button(document: dict[str, Any]) -> tuple[str | None, str | None]:
    text, button = document.get("text"), document.get("button")
    if (text is None) == (button is None):
        raise Problem(422, "Text or button", "Send either `text` or `button`.")
    value = text if button is None else button
    if not isinstance(value, str) or not value.strip():
        raise Problem(422, "Empty message", "`text` or `button` must be a string that isn't empty.")
    if button is not None and (len(button) > MAX_ID_CHARACTERS or not button.isascii()):
        raise unknown_button()
    return text, button


async def send_message(request: Request) -> Response:
    """An emergency gets its answer within a second, also while something keeps the database busy; it is stored then."""
    check_address(request)
    body = await read_body(request, MAX_BODY_BYTES)
    handling = asyncio.create_task(_handle_message(request, body))
    if emergency := _emergency_in(request, body):
        await asyncio.wait({handling}, timeout=EMERGENCY_SECONDS)
        if not handling.done():
            logger.error("an emergency was answered before it could be stored")
            _late.add(handling)
            handling.add_done_callback(_finish_late)
            return _replied(*emergency)
    return await handling


# Messages that were answered before they could be stored; a task that nobody holds may be collected.
_late: set["asyncio.Task[Response]"] = set()


def _finish_late(handling: "asyncio.Task[Response]") -> None:
    _late.discard(handling)
    if not handling.cancelled() and (error := handling.exception()) is not None:
        logger.error("an emergency that was answered could not be stored: %s", type(error).__name__)


def _emergency_in(request: Request, body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """The message and the emergency text, if its words alone raise the alarm. What is wrong with it isn't told here."""
    try:
        document = json.loads(body)
        text = document["text"]
        if not isinstance(text, str) or not isinstance(document["id"], str) or find_red_flag(text) is None:
            return None
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    clinic = services_of(request).clinic
    return document, [emergency_reply(clinic, detect_language(text, clinic.languages)).to_json()]


async def _handle_message(request: Request, body: bytes) -> Response:
    services = services_of(request)
    session = await session_of(request)
    document = _parse_json(request, body)
    _only(document, {"id", "text", "button"})
    client_id = _message_id(document)
    text, button = _text_or_button(document)
    try:
        services.limits.check_session(session.id)
        _check_length(text)
    except Problem:
        if text is None or find_red_flag(text) is None:
            raise
        # safety is not subject to limits
        language = detect_language(text, services.clinic.languages, current=session.language)
        return _replied(document, [emergency_reply(services.clinic, language).to_json()])
    if text is not None:
        return _replied(document, await services.conversation.answer_text(session, client_id, text))
    pressed = await services.conversation.answer_button(session, client_id, str(button))
    if pressed is None:
        raise unknown_button()
    return _replied(document, pressed)


def _check_length(text: str | None) -> None:
    if text is not None and len(text) > MAX_TEXT_CHARACTERS:
        raise Problem(
            422, "Message too long", f"A message may have {MAX_TEXT_CHARACTERS} characters, this has {len(text)}."
        )


def _replied(document: dict[str, Any], replies: list[dict[str, Any]]) -> Response:
    return JSONResponse({"id": document["id"], "replies": replies})


async def show_history(request: Request) -> Response:
    check_address(request)
    session = await session_of(request)
    history = await run_in_threadpool(services_of(request).stores.conversations.history, session.id)
    body = {
        "greeting": [session.greeting],
        "messages": [
            {
                "id": message.client_id,
                "text": message.text,
                "sent_at": message.received_at.isoformat(timespec="milliseconds") + "Z",
                "replies": message.replies or [],
            }
            for message in history
        ],
    }
    return JSONResponse(body)


async def messages(request: Request) -> Response:
    """One route for all methods, so that the Allow header of a 405 names them all."""
    return await (send_message if request.method == "POST" else show_history)(request)


async def give_feedback(request: Request) -> Response:
    check_address(request)
    session = await session_of(request)
    document = await read_json(request)
    _only(document, {"reply", "helpful"})
    reply, helpful = document.get("reply"), document.get("helpful")
    if not isinstance(reply, str) or not 1 <= len(reply) <= MAX_ID_CHARACTERS or not isinstance(helpful, bool):
        raise Problem(422, "Wrong feedback", "Send `reply` (a reply's id) and `helpful` (true or false).")
    if not await run_in_threadpool(services_of(request).stores.conversations.rate, session.id, reply, helpful):
        raise Problem(422, "Unknown reply", "This conversation has no reply with that id.")
    FEEDBACK.labels(helpful=str(helpful).lower()).inc()
    return Response(status_code=204)


async def end_session(request: Request) -> Response:
    check_address(request)
    session = await session_of(request)
    services = services_of(request)
    await run_in_threadpool(services.stores.conversations.erase, session.id)
    services.erasure_wanted.set()
    return Response(status_code=204)


async def describe_clinic(request: Request) -> Response:
    """What the widget shows before anything is asked: names, numbers, topics, notice."""
    check_address(request)
    language = _language(dict(request.query_params))
    clinic = services_of(request).clinic
    texts = load_texts(language)
    faqs = load_faqs()
    titles = {
        faq_id: faqs[faq_id].answers[language].title
        for faq_id in TOPIC_QUESTIONS
        if faq_id in faqs and language in faqs[faq_id].answers
    }
    body = {
        "name": clinic.name,
        "phone": {"tel": clinic.phone_uri, "text": clinic.phone},
        "emergency": {"tel": clinic.emergency_uri, "text": clinic.emergency_number},
        "languages": list(clinic.languages),
        "topics": [
            {"title": topic_title(faq_id.partition("/")[0], texts), "question": title}
            for faq_id, title in titles.items()
        ],
        "notice": {
            "text": texts.get("notice", emergency=clinic.emergency_number),
            "retention": texts.get("notice_retention", days=str(clinic.retention_days)),
        },
    }
    return JSONResponse(body, headers={"Cache-Control": "public, max-age=300"})


routes = [
    Route("/api/v1/sessions", start_session, methods=["POST"]),
    Route("/api/v1/messages", messages, methods=["GET", "POST"]),
    Route("/api/v1/feedback", give_feedback, methods=["POST"]),
    Route("/api/v1/session", end_session, methods=["DELETE"]),
    Route("/api/v1/clinic", describe_clinic, methods=["GET"]),
]
