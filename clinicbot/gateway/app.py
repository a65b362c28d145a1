"""The gateway as an ASGI application: routes, middleware, start and stop."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clinicbot.clinic import load_clinic
from clinicbot.gateway import chat_api, console_proxy, openapi, page, webhooks
from clinicbot.gateway.console_proxy import ChatCors, ConsoleProxy
from clinicbot.gateway.limits import RateLimits
from clinicbot.gateway.metrics import OUTBOX_WAITING, STAFF_TASKS_OPEN
from clinicbot.gateway.problems import Problem, on_error, on_http_exception, on_problem
from clinicbot.gateway.services import open_services, services_of
from clinicbot.gateway.tokens import Tokens, signing_key
from clinicbot.language import detect_language
from clinicbot.releases.live_content import LiveContent
from clinicbot.releases.store import Releases
from clinicbot.safety.red_flags import find_red_flag, load_detectors
from clinicbot.settings import Settings
from clinicbot.store.database import open_database, sessions, without_data

logger = logging.getLogger(__name__)


async def live(_request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """Everything that an answer needs works; 503 names what doesn't. Emergencies are answered even then."""
    services = services_of(request)
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


async def metrics(request: Request) -> Response:
    services = services_of(request)
    try:
        OUTBOX_WAITING.set(await run_in_threadpool(services.stores.outbox.count_waiting))
        STAFF_TASKS_OPEN.set(await run_in_threadpool(services.stores.tasks.count_open))
    except SQLAlchemyError as error:
        logger.error("the outbox and the staff tasks can't be counted: %s", without_data(error))
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def create_app(settings: Settings | None = None) -> Starlette:
    """Raises SettingsError or ContentError where something it needs is missing: better at start than at night."""
    settings = settings or Settings.from_environment()
    clinic, content = load_clinic(), LiveContent(Releases(settings.var))
    load_detectors()
    tokens = Tokens(signing_key(settings), settings.session_hours * 3600)
    limits = RateLimits(settings)
    engine = open_database(settings.database)
    proxy = ConsoleProxy(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with proxy.open(), open_services(settings, clinic, content, tokens, limits, engine) as services:
            app.state.services = services
            _warm_up(clinic.languages)
            yield
        engine.dispose()

    routes = [
        *chat_api.routes,
        *webhooks.routes,
        *page.routes,
        *console_proxy.routes,
        Route("/api/openapi.json", openapi.show),
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]
    origins = [origin.strip() for origin in settings.allowed_origins.split(",") if origin.strip()]
    cors = Middleware(
        ChatCors,
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
    app.state.content = content
    app.state.console_proxy = proxy
    return app


def _warm_up(languages: tuple[str, ...]) -> None:
    """Load language models and patterns now, so that the first frightened patient doesn't wait for them."""
    detect_language("hello", languages)
    find_red_flag("hello")
