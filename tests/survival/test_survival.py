"""1,000 messages of 100 people, each delivered three times, while the gateway is killed at each step of the way and
Rasa is restarted: nothing lost, at most one reply repeated, everybody's replies in order."""

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from clinicbot.gateway.rasa_client import CHANNEL
from clinicbot.store.database import open_database
from clinicbot.store.inbox import Inbox
from clinicbot.store.outbox import Outbox
from clinicbot.store.staff_tasks import StaffTasks
from tests.channels import fixtures
from tests.gateway.fake_rasa import unused_port
from tests.gateway.messaging.fake_graph import FakeGraph
from tests.survival import killable, world

pytestmark = pytest.mark.stack

PEOPLE, EACH = 100, 10
RASA_AWAY_SECONDS = 4


class Rasa:
    """Answers with what it was asked, and can be taken away."""

    def __init__(self) -> None:
        self.port = unused_port()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post(f"{CHANNEL}/webhook", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body: dict[str, Any] = await request.json()
        return web.json_response(world.echo(body["message"]))


async def test_messages_survive(database_url: str, tmp_path: Path) -> None:
    chance = random.Random(4)
    # a step is passed less often the later it comes on the way, since several messages become one turn
    kills = [(step, chance.randrange(20, 60)) for step in killable.STEPS]
    rasa, port = Rasa(), unused_port()
    await rasa.start()
    deliveries = world.in_bursts(PEOPLE, EACH, chance)
    messages = list(dict.fromkeys(deliveries))
    assert (len(messages), len(deliveries)) == (1000, 3000)
    async with FakeGraph().serving() as graph:
        environment = {
            **os.environ,
            "CLINICBOT_VAR": str(tmp_path / "var"),
            "CLINICBOT_DATABASE_URL": database_url,
            "CLINICBOT_RASA_PORT": str(rasa.port),
            "CLINICBOT_PAUSE": "0.3",
            "WHATSAPP_APP_SECRET": world.SECRET,
            "WHATSAPP_VERIFY_TOKEN": "a-verify-token",
            "WHATSAPP_ACCESS_TOKEN": "an-access-token",
            "WHATSAPP_PHONE_NUMBER_ID": fixtures.PHONE_NUMBER_ID,
            "WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{graph.port}/v26.0",
        }
        gateway = world.Gateway(port, environment, tmp_path / "gateway.log", kills)
        meta = world.Meta(f"http://127.0.0.1:{port}")
        with gateway.running() as meanwhile:
            reporting = asyncio.create_task(meta.report_all(graph))
            delivering = asyncio.create_task(meta.deliver_all(deliveries))
            await meanwhile(graph.receives(100, seconds=120))
            await rasa.stop()
            await asyncio.wait({delivering}, timeout=RASA_AWAY_SECONDS)
            await rasa.start()
            await meanwhile(delivering)
            await meanwhile(world.until_all_are_answered(messages, graph, 120))
            await meanwhile(outbox_is_empty(database_url))
            reporting.cancel()
    await rasa.stop()
    assert gateway.deaths == len(kills), f"killed {gateway.deaths} times, not at each of {killable.STEPS}"
    assert world.lost(messages, graph) == set()
    assert world.repeated(graph) <= 1, f"{world.repeated(graph)} replies were said twice"
    assert world.out_of_order(graph, meta.acknowledged) == []
    engine = open_database(database_url)
    assert Inbox(engine).contacts_with_work() == []
    assert StaffTasks(engine).open() == []
    engine.dispose()


async def outbox_is_empty(database_url: str) -> None:
    engine = open_database(database_url)

    async def wait() -> None:
        while Outbox(engine).count_waiting():
            await asyncio.sleep(0.2)

    await asyncio.wait_for(wait(), 60)
    engine.dispose()
