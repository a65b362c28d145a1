"""Passes `/staff` on to the console, a process of its own on loopback: its crash or its work never touches patients.

Bodies are passed on as they come, both ways. A patient's message waits for none of this: there are no threads in here,
and the connections are the console's own.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from html import escape

import aiohttp
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from yarl import URL

from clinicbot.negotiation import first_language
from clinicbot.networks import network_of
from clinicbot.settings import Settings

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 13 * 1024 * 1024  # an upload of 12 MB and the form around it
CONNECT_SECONDS = 2.0
SILENCE_SECONDS = 120.0  # events come with a sign of life every 15
# The console counts what fails by itself; this keeps a flood from reaching it at all.
LOGINS = RateLimitItemPerMinute(60, 5)
LOGIN_PATHS = ("/staff/login", "/staff/begin/", "/staff/invitation/")
# RFC 9110, section 7.6.1: they are between two neighbours only
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"}
    | {"te", "trailer", "transfer-encoding", "upgrade"}
)
FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Here, since these are said while the console with its own texts is down
WORDS = {
    "down": {
        "en": (
            "The staff pages are not there at the moment",
            "They are being started again; patients are still answered. Please wait a minute and load this page again.",
        ),
        "tr": (
            "Personel sayfalarına şu anda ulaşılamıyor",
            "Yeniden başlatılıyor; hastalar yanıtlanmaya devam ediyor. Lütfen bir dakika bekleyip sayfayı yenileyin.",
        ),
    },
    "large": {
        "en": ("This is too large", "A file may have at most 12 MB. Nothing was changed."),
        "tr": ("Bu çok büyük", "Bir dosya en çok 12 MB olabilir. Hiçbir şey değişmedi."),
    },
    "often": {
        "en": ("Too many attempts", "Please wait $seconds seconds and try again."),
        "tr": ("Çok fazla deneme yapıldı", "Lütfen $seconds saniye bekleyip yeniden deneyin."),
    },
}


class ConsoleProxy:
    def __init__(self, settings: Settings) -> None:
        self._base = settings.console_url
        self._storage = MemoryStorage()  # the limiter itself keeps only a weak reference
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        async with aiohttp.ClientSession(
            timeout=timeout,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),  # cookies are between the browser and the console
            connector=aiohttp.TCPConnector(limit=0),  # an open page that waits for events holds one
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        ) as self._session:
            yield

    async def handle(self, request: Request) -> Response:
        if wait := self._wait(request):
            return _say(request, 429, "often", {"Retry-After": str(wait)}, seconds=wait)
        if int(request.headers.get("content-length", "0")) > MAX_BODY_BYTES:
            return _say(request, 413, "large")
        return _Passed(self, request)

    def _wait(self, request: Request) -> int:
        """The seconds until this address may try to log in again; 0: now."""
        if request.method != "POST" or not request.url.path.startswith(LOGIN_PATHS):
            return 0
        address = network_of(request.client.host) if request.client else "unknown"
        if self._limiter.hit(LOGINS, address):
            return 0
        reset, _remaining = self._limiter.get_window_stats(LOGINS, address)
        seconds: int = math.ceil(reset - time.time())
        return max(1, seconds)

    def ask(self, request: Request, body: AsyncIterator[bytes] | None) -> "aiohttp.client._RequestContextManager":
        assert self._session is not None, "the proxy isn't open"
        path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii")
        query = request.scope["query_string"].decode("ascii")
        url = f"{self._base}{path.partition('?')[0]}{'?' if query else ''}{query}"
        return self._session.request(
            request.method,
            URL(url, encoded=True),
            headers=_request_headers(request),
            data=body,
            allow_redirects=False,
        )


class _Passed(Response):
    """The console's answer, as it comes. When the browser goes, the console's side is ended too."""

    def __init__(self, proxy: ConsoleProxy, request: Request) -> None:
        super().__init__()
        self._proxy = proxy
        self._request = request
        self._started = False
        self._is_too_large = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        passing = asyncio.create_task(self._pass_on(send))
        # the body, if there is one, is read by the other task; only behind it comes the word that the browser has gone
        watching = None if _has_body(self._request) else asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({passing, *([watching] if watching else [])}, return_when=asyncio.FIRST_COMPLETED)
            if passing.done():
                await self._end_of(passing, scope, receive, send)
        finally:
            for task in filter(None, (passing, watching)):
                task.cancel()
                with suppress(asyncio.CancelledError, aiohttp.ClientError, ClientDisconnect, OSError):
                    await task

    async def _pass_on(self, send: Send) -> None:
        body = self._body() if _has_body(self._request) else None
        async with self._proxy.ask(self._request, body) as answer:
            headers = [
                (name.lower(), value)
                for name, value in answer.raw_headers
                if name.decode("latin-1").lower() not in HOP_BY_HOP
            ]
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            self._started = True
            async for chunk in answer.content.iter_any():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _body(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._request.stream():
            read += len(chunk)
            if read > MAX_BODY_BYTES:
                self._is_too_large = True
                raise aiohttp.ClientPayloadError("the body is too large")
            if chunk:
                yield chunk

    async def _end_of(self, passing: "asyncio.Task[None]", scope: Scope, receive: Receive, send: Send) -> None:
        """Says what went wrong, where that can still be said."""
        try:
            await passing
        except ClientDisconnect:
            return
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            if self._is_too_large and not self._started:
                return await _say(self._request, 413, "large")(scope, receive, send)
            logger.warning("the console does not answer: %s", type(error).__name__)
            if self._started:
                raise  # the server cuts the connection, so that nobody takes half a page for a whole one
            await _say(self._request, 502, "down")(scope, receive, send)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def _request_headers(request: Request) -> list[tuple[str, str]]:
    """Without what is between neighbours and what only we can know; the host stays as the browser called it."""
    named = {name.strip().lower() for name in request.headers.get("connection", "").split(",")}
    dropped = HOP_BY_HOP | FORWARDED | named
    kept = [(name, value) for name, value in request.headers.items() if name not in dropped]
    forwarded = {
        "X-Forwarded-For": request.client.host if request.client else "",
        "X-Forwarded-Proto": request.url.scheme,
        "X-Forwarded-Host": request.headers.get("host", ""),
    }
    return [*kept, *((name, value) for name, value in forwarded.items() if value)]


def _say(request: Request, status: int, key: str, headers: dict[str, str] | None = None, **values: object) -> Response:
    language = first_language(request.headers.get("accept-language", ""), WORDS[key]) or "en"
    title, text = WORDS[key][language]
    for name, value in values.items():
        text = text.replace(f"${name}", str(value))
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"></head>'
        f"<body><main><h1>{escape(title)}</h1><p>{escape(text)}</p></main></body></html>"
    )
    return HTMLResponse(html, status, headers={**HEADERS, **(headers or {})})


class ChatCors(CORSMiddleware):
    """The chat API is for other sites' pages, the staff's is not."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_staff(scope["path"]):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def is_staff(path: str) -> bool:
    return path == "/staff" or path.startswith("/staff/")


async def pass_on(request: Request) -> Response:
    proxy: ConsoleProxy = request.app.state.console_proxy
    return await proxy.handle(request)


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
routes = [Route("/staff", pass_on, methods=METHODS), Route("/staff/{rest:path}", pass_on, methods=METHODS)]
