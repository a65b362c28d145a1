"""What the messaging channels call. Verify, store, acknowledge, and only then work (design 5)."""

import json
import logging
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clinicbot.channels.twilio.parsing import parse as parse_twilio
from clinicbot.channels.twilio.signature import is_signed as is_signed_by_twilio
from clinicbot.channels.whatsapp.parsing import parse as parse_whatsapp
from clinicbot.channels.whatsapp.signature import handshake, is_signed
from clinicbot.gateway.bodies import read_body
from clinicbot.gateway.messaging import TWILIO_PATH, WHATSAPP_PATH
from clinicbot.gateway.metrics import WEBHOOKS
from clinicbot.gateway.problems import Problem
from clinicbot.gateway.services import Services, services_of
from clinicbot.messages import Channel, Delivery, UnreadableWebhook
from clinicbot.store.database import without_data

logger = logging.getLogger(__name__)

# Meta puts up to 1,000 messages into one request, of 3 MB at most; Twilio one, and its form is read before its
# signature can be checked.
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 500


async def whatsapp(request: Request) -> Response:
    """Meta's handshake (GET) and its deliveries (POST). Raises Problem 403, 404, 413, 400 or 503."""
    services = services_of(request)
    settings = services.settings
    if not settings.whatsapp:
        raise _not_configured("WHATSAPP_APP_SECRET")
    if request.method != "POST":
        challenge = handshake(request.query_params, settings.whatsapp_verify_token)
        if challenge is None:
            raise _refused(Channel.WHATSAPP, "The handshake's mode or verify token is wrong.")
        return PlainTextResponse(challenge)
    signature = request.headers.get("x-hub-signature-256")
    body = await read_body(request, MAX_BODY_BYTES) if signature else b""  # unsigned, it isn't worth reading
    if not is_signed(settings.whatsapp_app_secret, body, signature):
        raise _refused(Channel.WHATSAPP, "X-Hub-Signature-256 is missing or wrong.")
    try:
        delivery = parse_whatsapp(json.loads(body), settings.whatsapp_phone_number_id)
    except (ValueError, RecursionError) as error:  # UnreadableWebhook is a ValueError
        raise _unreadable(Channel.WHATSAPP) from error
    await _take_in(services, Channel.WHATSAPP, delivery)
    return Response(status_code=200)


async def twilio(request: Request) -> Response:
    """Twilio's messages and status callbacks. Raises Problem 403, 404, 413, 400 or 503."""
    services = services_of(request)
    settings = services.settings
    if not settings.twilio:
        raise _not_configured("TWILIO_AUTH_TOKEN")
    signature = request.headers.get("x-twilio-signature")
    body = await read_body(request, MAX_FORM_BYTES) if signature else b""  # unsigned, it isn't worth reading
    refusal = "X-Twilio-Signature is missing or wrong."
    try:
        form = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=MAX_FIELDS)
    except ValueError as error:  # no form: nothing that Twilio could have signed
        raise _refused(Channel.TWILIO, refusal) from error
    if not is_signed_by_twilio(settings.twilio_auth_token, _url_as_called(request), form, signature):
        raise _refused(Channel.TWILIO, refusal)
    query = parse_qsl(request.url.query, keep_blank_values=True)
    try:
        delivery = parse_twilio([*query, *form], settings.twilio_account_sid, settings.twilio_from)
    except UnreadableWebhook as error:
        raise _unreadable(Channel.TWILIO) from error
    await _take_in(services, Channel.TWILIO, delivery)
    return Response("<Response/>", media_type="text/xml")


async def _take_in(services: Services, channel: Channel, delivery: Delivery) -> None:
    """Store all of it, or nothing, before the channel is told that we have it. Raises Problem 503: deliver it again."""
    count = WEBHOOKS.labels
    try:
        stored = await services.storage.store(delivery)
    except SQLAlchemyError as error:
        logger.error("a delivery could not be stored: %s", without_data(error))
        count(channel=channel.value, outcome="not_stored").inc()
        services.incoming.raise_alarms(delivery.messages)
        raise Problem(
            503, "Not stored", "The delivery could not be stored; send it again.", {"Retry-After": "5"}
        ) from error
    count(channel=channel.value, outcome="new").inc(stored.accepted.new)
    count(channel=channel.value, outcome="repeated").inc(stored.accepted.repeated)
    count(channel=channel.value, outcome="status").inc(len(delivery.statuses))
    count(channel=channel.value, outcome="ignored").inc(delivery.ignored)
    services.incoming.notify(stored.accepted.contact_ids)
    if stored.again:
        services.delivery.wake()


def _url_as_called(request: Request) -> str:
    """The address that Twilio called and signed, which a proxy in front of us may have changed."""
    public = services_of(request).settings.public_url
    if not public:
        return str(request.url)
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{public.rstrip('/')}{request.url.path}{query}"


def _not_configured(variable: str) -> Problem:
    return Problem(404, "Not configured", f"This channel is off: {variable} is not set.")


def _refused(channel: Channel, detail: str) -> Problem:
    WEBHOOKS.labels(channel=channel.value, outcome="refused").inc()
    logger.warning("a request to the %s webhook was refused: %s", channel.value, detail)
    return Problem(403, "Refused", detail)


def _unreadable(channel: Channel) -> Problem:
    WEBHOOKS.labels(channel=channel.value, outcome="unreadable").inc()
    logger.warning("a signed request to the %s webhook could not be read", channel.value)
    return Problem(400, "Unreadable", "The body is not what this channel sends.")


routes = [
    Route(WHATSAPP_PATH, whatsapp, methods=["GET", "POST"]),
    Route(TWILIO_PATH, twilio, methods=["POST"]),
]
