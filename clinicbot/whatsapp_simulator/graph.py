"""The stand-in for Meta's Graph API: the one call that the clinic makes, checked and answered as Meta does."""

import asyncio
import hmac
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clinicbot.settings import Settings
from clinicbot.whatsapp_simulator import graph_errors
from clinicbot.whatsapp_simulator.bodies import is_mark
from clinicbot.whatsapp_simulator.faults import ANSWERS, Fault
from clinicbot.whatsapp_simulator.graph_errors import GraphError, InvalidToken, UnknownObject
from clinicbot.whatsapp_simulator.simulator import Simulator

# As from something that cuts an answer short on its way
CUT_SHORT = '{"messaging_product":"whatsapp","contacts":['


async def post_message(request: Request) -> Response:
    """`POST /{version}/{phone number id}/messages`, for messages and for read marks."""
    simulator: Simulator = request.app.state.simulator
    raw = await request.body()
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    mark = is_mark(body)
    try:
        _check_caller(request, simulator.settings)
        if body is None:
            raise GraphError(graph_errors.INVALID_PARAMETER, "the body must be JSON")
        fault = simulator.faults.draw(ANSWERS, counted=not mark)
        _refuse(fault)
        if fault is Fault.WRONG_JSON:
            outcome, response = fault.value, Response(CUT_SHORT, media_type="application/json")
        else:
            answer = simulator.mark_read(body) if mark else simulator.accept(body)
            outcome, response = "accepted", JSONResponse(answer)
            if fault is Fault.SLOW:
                await asyncio.sleep(simulator.faults.plan.slow_seconds)
    except GraphError as error:
        outcome, response = str(error.code), JSONResponse(error.document(), error.status)
    simulator.outcomes[f"mark {outcome}" if mark else outcome] += 1
    simulator.wire.add(
        to_clinic=False,
        title=_title(body, mark),
        request=raw.decode(errors="replace") if body is None else body,
        status=response.status_code,
        response=_shown(response),
    )
    return response


def _check_caller(request: Request, settings: Settings) -> None:
    """Raises GraphError without our token, or for another number than ours."""
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {settings.whatsapp_access_token}".encode()):
        raise InvalidToken
    phone_number_id = request.path_params["phone_number_id"]
    if phone_number_id != settings.whatsapp_phone_number_id:
        raise UnknownObject(phone_number_id)


def _refuse(fault: Fault | None) -> None:
    """Raises the GraphError that a fault stands for, if it stands for one."""
    if fault is Fault.THROTTLED:
        raise GraphError(graph_errors.THROTTLED, status=429)
    if fault is Fault.PAIR_LIMIT:
        raise GraphError(graph_errors.PAIR_LIMIT)
    if fault is Fault.SERVER_ERROR:
        raise GraphError(graph_errors.UNKNOWN_ERROR, status=500)
    if fault is Fault.UNAUTHORIZED:
        raise InvalidToken


def _title(body: Any, mark: bool) -> str:
    if not isinstance(body, dict):
        return "unreadable"
    if mark:
        return "read, typing…" if "typing_indicator" in body else "read"
    return f"send: {body.get('type')}"


def _shown(response: Response) -> Any:
    text = bytes(response.body).decode()
    try:
        return json.loads(text)
    except ValueError:
        return text


routes = [Route("/{version}/{phone_number_id}/messages", post_message, methods=["POST"])]
