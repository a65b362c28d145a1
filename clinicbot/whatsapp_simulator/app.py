"""The simulator as an ASGI application, whole or as a stand-in for the Graph API alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from clinicbot.settings import Settings, SettingsError
from clinicbot.whatsapp_simulator import control, graph, page
from clinicbot.whatsapp_simulator.gateway_watch import GatewayWatch
from clinicbot.whatsapp_simulator.patient import DEMO_PATIENTS, Patient
from clinicbot.whatsapp_simulator.simulator import Simulator
from clinicbot.whatsapp_simulator.webhooks import Timing


def create_app(
    settings: Settings | None = None,
    gateway_url: str | None = None,
    *,
    patients: Sequence[Patient] | None = DEMO_PATIENTS,
    strict_people: bool = True,
    timing: Timing | None = None,
) -> Starlette:
    """`settings` are the gateway's own; its address follows from them unless given. `patients` None: without the page.

    Raises SettingsError where the WhatsApp Cloud API isn't configured.
    """
    settings = settings or Settings.from_environment()
    if not settings.whatsapp:
        raise SettingsError("the simulator needs the gateway's WHATSAPP_… settings, with made-up values")
    gateway_url = gateway_url or f"http://{settings.host}:{settings.port}"
    timing = timing or Timing()
    simulator = Simulator(settings, gateway_url, patients or (), strict_people=strict_people, timing=timing)
    watch = GatewayWatch(gateway_url, settings.whatsapp_verify_token, timing)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.simulator, app.state.watch = simulator, watch
        async with simulator:
            watching = asyncio.create_task(watch.run()) if patients is not None else None
            yield
            if watching:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching

    return Starlette(
        # the Graph API last: its address has the form of any other
        routes=[*control.routes, *(page.routes if patients is not None else ()), *graph.routes],
        lifespan=lifespan,
        exception_handlers={HTTPException: control.on_error},
    )


def create_graph_api() -> Starlette:
    """Without page and patients, and for messages to anybody: for tests that run it in a process of its own."""
    return create_app(patients=None, strict_people=False)
