"""The gateway as an ASGI application: routes, middleware, start and stop."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clinicbot.clinic import load_clinic
from clinicbot.faq.document import load_document
from clinicbot.gateway import chat_api, openapi, page
from clinicbot.gateway.conversation import ConversationService
from clinicbot.gateway.limits import RateLimits
from clinicbot.gateway.problems import Problem, on_error, on_http_exception, on_problem
from clinicbot.gateway.rasa_client import RasaClient
from clinicbot.gateway.services import Services
from clinicbot.gateway.tokens import Tokens, signing_key
from clinicbot.language import detect_language
from clinicbot.safety.red_flags import find_red_flag, load_detectors
from clinicbot.settings import Settings
from clinicbot.store.conversations import Conversations
from clinicbot.store.database import open_database, sessions

logger = logging.getLogger(__name__)


async def live(_request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """Everything that an answer needs works; 503 names what doesn't. Emergencies are answered even then."""
    services = chat_api.services_of(request)
    checks = {"rasa": await services.rasa.is_ready(), "database": True}
    try:
        await run_in_threadpool(_ping, request)
    except SQLAlchemyError:
        checks["database"] = False
    healthy = all(checks.values())
    return JSONResponse({"status": "ready" if healthy else "not ready", **checks}, 200 if healthy else 503)


def _ping(request: Request) -> None:
    with request.app.state.engine.connect() as connection:
        connection.execute(select(sessions.c.id).limit(1))


async def metrics(_request: Request) -> Response:
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def create_app(settings: Settings | None = None) -> Starlette:
    """Raises SettingsError or ContentError where something it needs is missing: better at start than at night."""
    settings = settings or Settings.from_environment()
    clinic, document = load_clinic(), load_document()
    load_detectors()
    tokens = Tokens(signing_key(settings), settings.session_hours * 3600)
    limits = RateLimits(settings)
    engine = open_database(settings.database)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        conversations = Conversations(engine)
        async with RasaClient(settings.rasa_url) as rasa:
            conversation = ConversationService(
                conversations=conversations,
                rasa=rasa,
                clinic=clinic,
                document=document,
                timeout=settings.rasa_timeout,
            )
            services = Services(settings, clinic, tokens, limits, conversations, rasa, conversation)
            app.state.services = services
            _warm_up(clinic.languages)
            tasks = [
                asyncio.create_task(services.keep_house()),
                asyncio.create_task(conversation.finish_unanswered()),
            ]
            yield
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        engine.dispose()

    routes = [
        *chat_api.routes,
        *page.routes,
        Route("/api/openapi.json", openapi.show),
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]
    origins = [origin.strip() for origin in settings.allowed_origins.split(",") if origin.strip()]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
        max_age=86400,
    )
    app = Starlette(
        routes=routes,
        middleware=[cors],
        lifespan=lifespan,
        exception_handlers={Problem: on_problem, HTTPException: on_http_exception, Exception: on_error},
    )
    app.state.engine = engine
    return app


def _warm_up(languages: tuple[str, ...]) -> None:
    """Load language models and patterns now, so that the first frightened patient doesn't wait for them."""
    detect_language("hello", languages)
    find_red_flag("hello")
