"""What every response carries, where a form may come from, and what a browser is called."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinicbot.settings import Settings

MAX_BODY_BYTES = 13 * 1024 * 1024  # an upload of 12 MB and the form around it
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: with that, a browser on plain http in the clinic's own network says `Origin: null` of our own
    # forms, and they could not be told from others'. Other sites learn nothing from this one either.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_BROWSERS = (
    ("Edge", r"Edg"),
    ("Opera", r"OPR"),
    ("Samsung Internet", r"SamsungBrowser"),
    ("Firefox", r"Firefox|FxiOS"),
    ("Chrome", r"Chrome|CriOS"),
    ("Safari", r"Safari"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS"),
    ("Linux", r"Linux|X11"),
)


class SecurityHeaders:
    """Middleware. What a response says itself stays, such as how long a static file may be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_secured if scope["type"] == "http" else send)


def secure(headers: MutableHeaders) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)


def is_https(request: Request, settings: Settings) -> bool:
    """As the gateway was called; a proxy in front that doesn't say so is known by its configured address."""
    public = urlsplit(settings.public_url)
    return request.url.scheme == "https" or (public.scheme == "https" and public.netloc == request.url.netloc)


def comes_from_here(request: Request, settings: Settings) -> bool:
    """Whether a form was sent by one of our own pages. Every browser of today says where it comes from."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    ours = {request.headers.get("host", ""), urlsplit(settings.public_url).netloc} - {""}
    return origin.netloc in ours


def describe_device(user_agent: str) -> str:
    """Such as `Firefox, Windows`: enough to tell one's own devices apart."""
    found = [
        next((name for name, pattern in kinds if re.search(pattern, user_agent)), None)
        for kinds in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, found)) or "?"


def address_of(request: Request) -> str:
    """The browser's address, as the gateway passed it on."""
    return request.client.host if request.client else "unknown"
