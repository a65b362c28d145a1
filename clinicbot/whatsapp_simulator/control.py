"""What a test or the page asks of the simulator itself: what was sent, how things stand, and the faults."""

from dataclasses import asdict
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clinicbot.whatsapp_simulator.faults import Plan, UnusablePlan
from clinicbot.whatsapp_simulator.simulator import Simulator


def simulator_of(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


async def read_json(request: Request) -> dict[str, Any]:
    """A JSON object. Raises HTTPException for anything else.

    A browser asks us before another site's page may send this media type here, and we don't allow it.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "application/json is needed")
    try:
        document = await request.json()
    except ValueError as error:
        raise HTTPException(400, f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise HTTPException(400, "a JSON object is needed")
    return document


async def on_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, error.status_code)


async def show_sent(request: Request) -> Response:
    """Every accepted message, oldest first: `{"sent": [{"id", "at", "person", "body"}]}`."""
    return JSONResponse({"sent": [asdict(message) for message in simulator_of(request).sent]})


async def show_state(request: Request) -> Response:
    """Counts of answers by outcome (accepted, an error's code, wrong_json), and of what is still under way."""
    simulator = simulator_of(request)
    return JSONResponse(
        {
            "accepted": len(simulator.sent),
            "outcomes": dict(simulator.outcomes),
            "reporting": simulator.reporting,
            "webhooks_waiting": simulator.webhooks.waiting,
            "faults": simulator.faults.to_json(),
        }
    )


async def set_faults(request: Request) -> Response:
    """The body is a `faults.Plan`, such as `{"next": {"throttled": 2}, "rate": {"server_error": 0.1}, "seed": 7}`."""
    document = await read_json(request)
    try:
        simulator_of(request).faults.follow(Plan.from_json(document))
    except UnusablePlan as error:
        raise HTTPException(400, str(error)) from error
    return JSONResponse(simulator_of(request).faults.to_json())


routes = [
    Route("/simulator/sent", show_sent),
    Route("/simulator/state", show_state),
    Route("/simulator/faults", set_faults, methods=["POST"]),
]
