"""Sending: what is tried again, what becomes a staff task, what raises an alarm."""

import asyncio
import logging
import random
from datetime import timedelta

import pytest

from clinicbot.gateway import delivery
from clinicbot.gateway.delivery import FIRST_WAIT, LONGEST_WAIT, backoff
from clinicbot.store import outcomes
from clinicbot.store.staff_tasks import StaffTask
from tests.channels import fixtures
from tests.gateway.fake_rasa import ANSWER, FakeRasa
from tests.gateway.messaging.conftest import Meta, RunMeta
from tests.gateway.messaging.fake_graph import Json, error

TRANSIENT = [
    error(429, 130429),
    error(500, 131000),
    error(503, 131016),
    error(400, 131056),
    error(429, 80007),
    (200, {}),
    (200, {"messages": []}),
    (200, {"messages": [{"id": None}]}),
]


async def tasks_of(meta: Meta, number: int) -> list[StaffTask]:
    """The open tasks, once there are so many."""
    tasks: list[StaffTask] = []

    def enough() -> bool:
        tasks[:] = meta.services.stores.tasks.open()
        return len(tasks) >= number

    async def wait() -> None:
        while not enough():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), 10)
    return tasks


@pytest.mark.parametrize("outcome", TRANSIENT, ids=str)
async def test_what_may_help_later_is_tried_again(
    meta: Meta, outcome: tuple[int, Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Meta's six seconds for one person are too long for a test
    monkeypatch.setattr("clinicbot.channels.whatsapp.client.seconds_to_wait", lambda *_: 0.01)
    meta.graph.outcomes = [outcome, outcome]
    await meta.say("how long does it last?")
    await meta.graph.receives(1)
    assert meta.graph.attempts == 3
    assert meta.said_to(1)[0].startswith(ANSWER["text"])
    assert meta.services.stores.tasks.open() == []


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (error(400, 131047), "window_closed"),
        (error(400, 131026), "undelivered"),
        (error(400, 131051), "undelivered"),
        (error(400, 100), "undelivered"),
        (error(404, 33), "undelivered"),
    ],
    ids=str,
)
async def test_what_never_helps_is_a_staff_task_at_once_and_the_next_message_goes_out(
    meta: Meta, outcome: tuple[int, Json], kind: str
) -> None:
    meta.graph.outcomes = [outcome]
    await meta.say("how long does it last?")
    (task,) = await tasks_of(meta, 1)
    assert meta.graph.attempts == 1
    assert (task.kind, task.phone) == (kind, fixtures.phone_of(1))
    assert ANSWER["text"] in task.text
    assert str(outcome[1]["error"]["code"]) in task.reason
    await meta.say("does it hurt?")
    await meta.graph.receives(1)
    assert "clinicbot_staff_tasks_open 1.0" in await meta.metrics()


async def test_a_refused_token_is_an_alarm_and_the_message_waits_until_it_is_renewed(
    meta: Meta, caplog: pytest.LogCaptureFixture
) -> None:
    meta.graph.outcomes = [error(401, 190)]
    meta.graph.may_answer.clear()
    with caplog.at_level(logging.ERROR):
        await meta.say("how long does it last?")
        await meta.graph.until(lambda: meta.graph.attempts == 1)
        meta.graph.may_answer.set()
        await meta.graph.receives(1)
    assert "ALARM" in caplog.text
    assert fixtures.phone_of(1) not in caplog.text
    metrics = await meta.metrics()
    assert 'clinicbot_sends_total{channel="whatsapp",outcome="unauthorized"}' in metrics
    assert meta.services.stores.tasks.open() == []


async def test_the_alarm_stays_in_the_metrics_until_a_message_goes_out(meta: Meta) -> None:
    meta.graph.outcomes = [error(401, 190)] * 3
    meta.graph.may_answer.clear()
    await meta.say("how long does it last?")
    await meta.graph.until(lambda: meta.graph.attempts == 1)
    meta.graph.may_answer.set()
    await meta.graph.until(lambda: meta.graph.attempts == 2)
    assert 'clinicbot_channel_unauthorized{channel="whatsapp"} 1.0' in await meta.metrics()
    await meta.graph.receives(1)
    await meta.say("and this?", person=2)
    await meta.graph.receives(2)
    assert 'clinicbot_channel_unauthorized{channel="whatsapp"} 0.0' in await meta.metrics()


async def test_an_answer_that_can_not_be_sent_for_hours_is_given_up(
    run_meta: RunMeta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "GIVE_UP_AFTER", timedelta(seconds=0))
    async with run_meta() as meta:
        meta.graph.outcomes = [error(500, 131000)]
        await meta.say("how long does it last?")
        (task,) = await tasks_of(meta, 1)
        assert "given up" in task.reason


async def test_a_failure_that_is_reported_later_is_a_staff_task(meta: Meta) -> None:
    await meta.say("how long does it last?")
    await meta.graph.receives(1)
    document = fixtures.load("status_failed_131047")
    document["entry"][0]["changes"][0]["value"]["statuses"][0]["id"] = "wamid.sent1"
    await meta.deliver(document)
    (task,) = await tasks_of(meta, 1)
    assert task.kind == "window_closed"


async def test_what_was_accepted_and_then_throttled_is_sent_again(meta: Meta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "THROTTLED_FOR", timedelta(milliseconds=10))
    await meta.say("how long does it last?")
    await meta.graph.receives(1)
    document = fixtures.load("status_failed_131056")
    document["entry"][0]["changes"][0]["value"]["statuses"][0]["id"] = "wamid.sent1"
    await meta.deliver(document)
    await meta.graph.receives(2)
    first, second = meta.said_to(1)
    assert first == second


async def test_each_message_carries_a_tracker_of_its_own(meta: Meta, rasa: FakeRasa) -> None:
    await meta.say("how long does it last?")
    await meta.say("how long does it last?", person=2)
    sent = await meta.graph.receives(2)
    assert len({body["biz_opaque_callback_data"] for body in sent}) == 2


def test_the_wait_grows_has_jitter_and_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)
    waits = [backoff(attempts) for attempts in range(1, 12)]
    assert waits[:4] == [FIRST_WAIT * factor for factor in (1, 2, 4, 8)]
    assert waits[-1] == LONGEST_WAIT
    assert backoff(1_000_000) == LONGEST_WAIT
    monkeypatch.undo()
    assert len({backoff(5) for _ in range(20)}) > 1
    assert all(0 < backoff(5) <= 16 for _ in range(100))


def test_the_channel_may_ask_for_a_longer_wait() -> None:
    assert backoff(1, 42.0) == 42.0
