"""The page: a phone on which one writes as a patient, and beside it what goes over the wire."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from clinicbot.whatsapp_simulator import patient
from clinicbot.whatsapp_simulator.control import read_json, simulator_of
from clinicbot.whatsapp_simulator.faults import GROUPS, MEANINGS
from clinicbot.whatsapp_simulator.gateway_watch import GatewayWatch
from clinicbot.whatsapp_simulator.patient import Json
from clinicbot.whatsapp_simulator.phone import Bubble, Phone
from clinicbot.whatsapp_simulator.simulator import Simulator

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
LONGEST = 65_536  # characters; WhatsApp's own limit for what a person writes
FAULTS = [[{"id": fault.value, "meaning": MEANINGS[fault]} for fault in group] for group in GROUPS]


class _Static(StaticFiles):
    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(HEADERS)
        return response


async def show_page(_request: Request) -> Response:
    return FileResponse(HERE / "templates" / "page.html", headers=HEADERS)


async def show_view(request: Request) -> Response:
    """All that the page shows of one patient, and what went over the wire after the `wire` that it has seen.

    204 where nothing of that is new: the page asks several times a second.
    """
    simulator, watch = simulator_of(request), watch_of(request)
    phone = simulator.phones.get(request.query_params.get("patient", "")) or next(iter(simulator.phones.values()))
    view = {
        "gateway": {"url": watch.url, "reach": watch.state.reach.value, "detail": watch.state.detail},
        "patients": [_person(phone) for phone in simulator.phones.values()],
        "patient": phone.patient.user_id,
        "bubbles": [bubble.to_json() for bubble in phone.bubbles],
        "typing": phone.typing,
        "window_open": phone.window_open,
        "waiting": simulator.webhooks.waiting,
        "faults": simulator.faults.to_json(),
    }
    version = hashlib.sha256(json.dumps(view).encode()).hexdigest()[:16]
    seen = request.query_params.get("wire", "")
    exchanges = simulator.wire.after(int(seen) if seen.isdecimal() else 0)
    if version == request.query_params.get("version") and not exchanges:
        return Response(status_code=204)
    wire = [exchange.to_json() for exchange in exchanges]
    return JSONResponse(view | {"version": version, "wire": wire, "kinds_of_faults": FAULTS})


def watch_of(request: Request) -> GatewayWatch:
    watch: GatewayWatch = request.app.state.watch
    return watch


def _person(phone: Phone) -> Json:
    person = phone.patient
    shown = f"+{person.phone[:2]} {person.phone[2:6]} {person.phone[6:]}"
    return {"id": person.user_id, "name": person.name, "phone": None if person.hidden else shown}


async def add_patient(request: Request) -> Response:
    """`{"name", "hidden"}` → 201 with the new patient."""
    document = await read_json(request)
    name = _text(document, "name", 60)
    try:
        phone = simulator_of(request).add_patient(name, hidden=document.get("hidden") is True)
    except ValueError as error:
        raise HTTPException(409, str(error)) from error
    return JSONResponse(_person(phone), 201)


async def send_message(request: Request) -> Response:
    """A patient sends something: `{"kind": …}` and what SENDERS says of it → 202 `{"ids": […]}`."""
    simulator = simulator_of(request)
    phone = simulator.phones.get(request.path_params["patient"])
    if phone is None:
        raise HTTPException(404, "there is no such patient")
    document = await read_json(request)
    make = SENDERS.get(str(document.get("kind")))
    if make is None:
        raise HTTPException(400, f"kind: must be one of {', '.join(SENDERS)}")
    messages = make(phone, document)
    return JSONResponse({"ids": [simulator.say(phone, message) for message in messages]}, 202)


def _texts(_phone: Phone, document: Json) -> list[Json]:
    """`texts`: what is typed, one message each, all at once."""
    texts = document.get("texts")
    if not isinstance(texts, list) or not texts:
        raise HTTPException(400, "texts: must be an array of texts")
    return [patient.text(_text({"text": text}, "text", LONGEST)) for text in texts]


def _press(phone: Phone, document: Json) -> list[Json]:
    """`message`, `option`: the ids of a message of the clinic's and of a button or row on it."""
    bubble = _bubble(phone, document)
    option = next((option for option in bubble.options() if option["id"] == document.get("option")), None)
    if option is None:
        raise HTTPException(400, "option: is not on that message")
    kind = "list_reply" if bubble.body["interactive"]["type"] == "list" else "button_reply"
    return [patient.pressed(kind, bubble.id, option)]


def _attach(_phone: Phone, document: Json) -> list[Json]:
    """`attachment`: one of patient.ATTACHMENTS; `caption`."""
    try:
        return [patient.attachment(str(document.get("attachment")), str(document.get("caption", ""))[:LONGEST])]
    except KeyError as error:
        raise HTTPException(400, f"attachment: must be one of {', '.join(patient.ATTACHMENTS)}") from error


def _react(phone: Phone, document: Json) -> list[Json]:
    """`message`, `emoji`: an empty one takes the reaction back."""
    return [patient.reaction(_bubble(phone, document).id, str(document.get("emoji", ""))[:32])]


def _edit(phone: Phone, document: Json) -> list[Json]:
    """`message`, `text`: of an own text message."""
    bubble = _bubble(phone, document)
    if not bubble.mine or "text" not in bubble.body:
        raise HTTPException(400, "message: only own text messages can be changed here")
    return [patient.edit(bubble.id, _text(document, "text", LONGEST))]


SENDERS: dict[str, Callable[[Phone, Json], list[Json]]] = {
    "texts": _texts,
    "press": _press,
    "attach": _attach,
    "react": _react,
    "edit": _edit,
}


def _bubble(phone: Phone, document: Json) -> Bubble:
    bubble = phone.find(str(document.get("message")))
    if bubble is None:
        raise HTTPException(400, "message: there is no such one on this phone")
    return bubble


def _text(document: Json, key: str, longest: int) -> str:
    text = document.get(key)
    if not isinstance(text, str) or not text.strip() or len(text) > longest:
        raise HTTPException(400, f"{key}: must be a text of 1 to {longest} characters")
    return text


async def let_a_day_pass(request: Request) -> Response:
    await read_json(request)  # so that no other site's page can do it
    simulator: Simulator = simulator_of(request)
    simulator.let_a_day_pass()
    return Response(status_code=204)


routes = [
    Route("/", show_page),
    Mount("/static", _Static(directory=HERE / "static")),
    Route("/simulator/view", show_view),
    Route("/simulator/patients", add_patient, methods=["POST"]),
    Route("/simulator/patients/{patient}/messages", send_message, methods=["POST"]),
    Route("/simulator/day", let_a_day_pass, methods=["POST"]),
]
