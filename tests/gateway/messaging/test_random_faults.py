"""A Graph API that throttles, fails, hangs, talks nonsense and refuses the token: nobody is left without an answer."""

import random

import pytest

from clinicbot.channels.whatsapp.client import GraphClient
from tests.gateway.conftest import eventually
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.messaging.conftest import Meta, RunMeta
from tests.gateway.messaging.fake_graph import ACCEPT, GARBAGE, HANG, FakeGraph, Outcome, error, text_of

PEOPLE, EACH = 10, 10
# with their weights
OUTCOMES: dict[str, tuple[Outcome, int]] = {
    "accepted": (ACCEPT, 40),
    "429": (error(429, 130429), 12),
    "one person too fast": (error(400, 131056), 8),
    "500": (error(500, 131000), 12),
    "slow": (HANG, 4),
    "wrong JSON": (GARBAGE, 8),
    "no id": ((200, {"messages": []}), 4),
    "401": (error(401, 190), 8),
    "undeliverable": (error(400, 131026), 2),
    "window closed": (error(400, 131047), 2),
}


async def test_every_message_is_answered_or_is_a_staff_task(
    run_meta: RunMeta, rasa: FakeRasa, graph: FakeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GraphClient.__init__, "__defaults__", (0.2,))  # the time limit
    monkeypatch.setattr("clinicbot.channels.whatsapp.client.seconds_to_wait", lambda *_: None)
    rasa.answer_to = lambda text: [{"text": f"you asked: {text}", "metadata": {"kind": "handover"}}]
    chance = random.Random(1)
    outcomes, weights = zip(*OUTCOMES.values(), strict=True)
    graph.outcomes = chance.choices(outcomes, weights, k=100_000)
    names = [f"p{person}n{number}" for number in range(EACH) for person in range(PEOPLE)]
    async with run_meta() as meta:
        for name in names:
            await meta.say(f"what about {name} then?", person=int(name[1:].partition("n")[0]))

        async def nobody_waits() -> bool:
            return not missing(meta, names)

        await eventually(nobody_waits, seconds=60)
        assert missing(meta, names) == set()
        given_up = [task for task in meta.services.stores.tasks.open() if task.text.startswith("you asked")]
    told = [name for body in graph.sent for name in names if f"{name} " in text_of(body)]
    owed = [name for task in given_up for name in names if f"{name} " in task.text]
    assert sorted([*told, *owed]) == sorted(names)  # counts in equal counts out
    assert owed, "no message was given up: the test shows nothing of that"


def missing(meta: Meta, names: list[str]) -> set[str]:
    said = " ".join(
        [text_of(body) for body in meta.graph.sent] + [task.text for task in meta.services.stores.tasks.open()]
    )
    return {name for name in names if f"{name} " not in said}
