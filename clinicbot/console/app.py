"""The console as an ASGI application: routes, middleware, error pages."""

import asyncio
import importlib
import logging
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from clinicbot import console as package
from clinicbot import paths
from clinicbot.console.navigation import AREAS, Navigation
from clinicbot.console.rendering import STATIC
from clinicbot.console.security import MAX_BODY_BYTES, SecurityHeaders, secure
from clinicbot.console.services import Console, make_console
from clinicbot.console.texts import choose_language
from clinicbot.console.visits import Visit, visit_of
from clinicbot.console.web import error_page
from clinicbot.releases.publishing import open_publishing
from clinicbot.releases.store import ReleaseError
from clinicbot.safety.red_flags import find_red_flag
from clinicbot.settings import Settings
from clinicbot.store.database import open_database
from clinicbot.training.errors import TrainingError

logger = logging.getLogger(__name__)

_PAGES = "_pages"


def create_app(settings: Settings | None = None, root: Path = paths.ROOT, console: Console | None = None) -> Starlette:
    """`root` is the checkout whose `data/` holds the drafts; a given `console` is used as it is, and not closed."""
    is_served = console is None
    if console is None:
        settings = settings or Settings.from_environment()
        console = make_console(settings, open_database(settings.database), root)
    modules = page_modules()
    routes: list[BaseRoute] = [route for module in modules for route in module.routes]
    routes.append(Mount("/staff/static", _Static(directory=STATIC)))
    used = console

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if used.publishing is None:
            used.publishing = open_publishing(used.root, used.settings, used.record)
        warming = asyncio.create_task(run_in_threadpool(_warm_up, used)) if is_served else None
        yield
        if warming is not None:
            await warming
        await used.publishing.stop()
        used.engine.dispose()

    app = Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders), Middleware(_BodyLimit)],
        lifespan=lifespan,
        exception_handlers={HTTPException: _on_http_exception, Exception: _on_error},
    )
    app.router.redirect_slashes = False
    app.state.console = console
    served = {route.path for route in routes if isinstance(route, Route)}
    badges = {_area(module): module.badge for module in modules if hasattr(module, "badge")}
    app.state.navigation = Navigation(tuple(area for area in AREAS if area.path in served), badges)
    return app


def _warm_up(console: Console) -> None:
    """Load now what the first page to need it would wait seconds for: the live model and the red-flag patterns."""
    find_red_flag("hello")
    try:
        console.reader.read(["hello"])
    except (ReleaseError, TrainingError) as error:
        logger.warning("the live assistant's model could not be loaded: %s", error)


def page_modules() -> list[ModuleType]:
    """The page areas: every module here that is called `<area>_pages`."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.name.endswith(_PAGES))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def _area(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2].removesuffix(_PAGES)


class _Static(StaticFiles):
    """Its addresses change with the content (rendering.static_url), so browsers keep what they have."""

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response


class _BodyLimit:
    """Middleware. Nothing reads further than a body may be long."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0

        async def receive_limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_limited, send)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own errors, and those of handlers: 404, 405, 413, a form that can't be read."""
    assert isinstance(error, HTTPException)
    await visit_of(request)
    keys = {403: "forbidden", 404: "not_found", 405: "not_found", 413: "too_large"}
    response = error_page(request, error.status_code, keys.get(error.status_code, "bad_request"))
    response.headers.update(error.headers or {})
    return response


async def _on_error(request: Request, error: Exception) -> Response:
    """Anything unforeseen: logged without what was sent. The database may be what is broken, so it isn't asked."""
    logger.error("unhandled error", exc_info=error)
    if not hasattr(request.state, "visit"):
        request.state.visit = Visit(choose_language(request.headers.get("accept-language", "")), csrf="")
    response = error_page(request, 500, "error")
    secure(response.headers)
    return response
