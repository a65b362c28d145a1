"""What comes to the gateway: signed, in order, again until it is taken, and otherwise only where faults ask for it."""

import asyncio

import pytest

from clinicbot.whatsapp_simulator import patient
from clinicbot.whatsapp_simulator.gateway_watch import GatewayWatch, Reach
from clinicbot.whatsapp_simulator.phone import Tick
from clinicbot.whatsapp_simulator.webhooks import PATH, Timing, sign
from tests.channels import fixtures
from tests.gateway.fake_rasa import unused_port
from tests.whatsapp_simulator.conftest import (
    ADA,
    BO,
    PATIENCE,
    PHONE_NUMBER_ID,
    QUICK,
    SETTINGS,
    FakeGateway,
    Json,
    Run,
    Running,
    eventually,
    said,
    text_to,
    value_of,
)


async def until_taken(running: Running, gateway: FakeGateway, count: int) -> list[str]:
    """What so many webhooks say, in the order they came in."""
    texts = list(map(said, await gateway.take(count)))
    assert gateway.inbox.empty()
    return texts


def status_in(document: Json) -> Json:
    (status,) = value_of(document)["statuses"]
    return dict(status)


def test_signature_is_that_of_the_fixtures() -> None:
    assert sign(b'{"a":1}', "secret") == fixtures.signed(b'{"a":1}', "secret")


async def test_message_comes_signed_and_gets_a_second_tick(running: Running, gateway: FakeGateway) -> None:
    message_id = running.simulator.say(running.ada, patient.text("hi"))
    assert running.ada.bubbles[0].tick is Tick.SENT
    value = value_of(await gateway.next())
    assert gateway.refused == 0
    assert value["metadata"]["phone_number_id"] == PHONE_NUMBER_ID
    assert [message["id"] for message in value["messages"]] == [message_id]
    await running.send(text_to(ADA))
    assert list(map(said, await gateway.take(3))) == ["sent", "delivered", "read"]
    assert running.ada.bubbles[0].tick is Tick.DELIVERED


async def test_statuses_bring_back_the_tracker_and_name_the_recipient(running: Running, gateway: FakeGateway) -> None:
    running.simulator.say(running.ada, patient.text("hi"))
    await gateway.next()
    response = await running.send(text_to(ADA, biz_opaque_callback_data="outbox-17"))
    (message,) = response.json()["messages"]
    documents = await gateway.take(3)
    assert gateway.refused == 0
    for document in documents:
        status = status_in(document)
        assert status["id"] == message["id"]
        assert status["biz_opaque_callback_data"] == "outbox-17"
        assert (status["recipient_id"], status["recipient_user_id"]) == (ADA.phone, ADA.user_id)
        assert value_of(document)["contacts"] == [ADA.contact()]


async def test_statuses_of_somebody_hidden_name_no_number(running: Running, gateway: FakeGateway) -> None:
    running.simulator.say(running.bo, patient.text("hi"))
    await gateway.next()
    await running.send(text_to(BO))
    for document in await gateway.take(3):
        assert status_in(document)["recipient_user_id"] == BO.user_id
        assert BO.phone not in str(document)


@pytest.mark.parametrize(("fault", "code"), [("failed_window", 131047), ("failed_undeliverable", 131026)])
async def test_accepted_message_can_fail_later(running: Running, gateway: FakeGateway, fault: str, code: int) -> None:
    running.simulator.say(running.ada, patient.text("hi"))
    await gateway.next()
    await running.plan(next={fault: 1})
    assert (await running.send(text_to(ADA, biz_opaque_callback_data="1"))).status_code == 200
    status = status_in(await gateway.next())
    assert (status["status"], status["biz_opaque_callback_data"]) == ("failed", "1")
    assert [error["code"] for error in status["errors"]] == [code]
    assert [bubble.mine for bubble in running.ada.bubbles] == [True], "the patient never saw it"


async def test_comes_again_until_the_gateway_says_200(running: Running, gateway: FakeGateway) -> None:
    gateway.answers = [503, 500, 403, 202]  # only 200 counts
    running.simulator.say(running.ada, patient.text("hi"))
    documents = await gateway.take(5)
    assert documents == [documents[0]] * 5
    await eventually(lambda: running.simulator.webhooks.waiting == 0)
    assert gateway.inbox.empty()
    titles = [exchange.title for exchange in running.simulator.wire.after(0)]
    assert titles[:2] == ["message: text", "message: text, attempt 2"]


async def test_comes_when_the_gateway_is_there_again(running: Running, gateway: FakeGateway) -> None:
    await gateway.stop()
    running.simulator.say(running.ada, patient.text("hi"))
    assert running.simulator.webhooks.waiting == 1
    await gateway.start()
    assert said(await gateway.next()) == "hi"


async def test_pauses_grow_up_to_the_longest() -> None:
    timing = Timing(first_pause=1, longest_pause=15)
    assert [timing.pause(attempts) for attempts in (1, 2, 3, 4, 5, 500)] == [1, 2, 4, 8, 15, 15]


async def test_one_persons_messages_wait_for_each_other(running: Running, gateway: FakeGateway) -> None:
    gateway.may_answer.clear()
    running.simulator.say(running.ada, patient.text("first"))
    running.simulator.say(running.ada, patient.text("second"))
    assert said(await gateway.next()) == "first"
    running.simulator.say(running.bo, patient.text("from somebody else"))
    assert said(await gateway.next()) == "from somebody else"
    assert gateway.inbox.empty()
    gateway.may_answer.set()
    assert said(await gateway.next()) == "second"


async def test_message_that_is_read_before_it_is_taken_stays_read(running: Running, gateway: FakeGateway) -> None:
    gateway.may_answer.clear()
    message_id = running.simulator.say(running.ada, patient.text("hi"))
    await gateway.next()
    await running.send({"messaging_product": "whatsapp", "status": "read", "message_id": message_id})
    gateway.may_answer.set()
    await eventually(lambda: running.simulator.webhooks.waiting == 0)
    assert running.ada.bubbles[0].tick is Tick.READ


async def test_twice(running: Running, gateway: FakeGateway) -> None:
    await running.plan(next={"webhook_twice": 1})
    running.simulator.say(running.ada, patient.text("hi"))
    first, second = await gateway.take(2)
    assert first == second


async def test_out_of_order(run: Run, gateway: FakeGateway) -> None:
    async with run(timing=Timing(overtaken=PATIENCE * 100)) as running:
        await running.plan(next={"webhook_out_of_order": 1})
        running.simulator.say(running.ada, patient.text("first"))
        running.simulator.say(running.ada, patient.text("second"))
        assert await until_taken(running, gateway, 2) == ["second", "first"]


async def test_out_of_order_waits_only_a_while(running: Running, gateway: FakeGateway) -> None:
    await running.plan(next={"webhook_out_of_order": 1})
    running.simulator.say(running.ada, patient.text("alone"))
    assert said(await gateway.next()) == "alone"


async def test_late(running: Running, gateway: FakeGateway) -> None:
    await running.plan(next={"webhook_late": 1}, late_seconds=PATIENCE * 100)
    running.simulator.say(running.ada, patient.text("late"))
    running.simulator.say(running.ada, patient.text("in time"))
    assert said(await gateway.next()) == "in time"
    assert gateway.inbox.empty()
    assert running.simulator.webhooks.waiting >= 1


async def test_what_is_still_under_way_ages_with_the_day(running: Running, gateway: FakeGateway) -> None:
    await gateway.stop()
    running.simulator.say(running.ada, patient.text("hi"))
    (written,) = running.ada.bubbles
    stamp = int(written.body["timestamp"])
    running.simulator.let_a_day_pass()
    await gateway.start()
    (message,) = value_of(await gateway.next())["messages"]
    assert int(message["timestamp"]) == stamp - 25 * 3600


async def watched(url: str, token: str, reach: Reach) -> GatewayWatch:
    """One that came to this."""
    watch = GatewayWatch(url, token, QUICK)
    running = asyncio.create_task(watch.run())
    await eventually(lambda: watch.state.reach is reach)
    running.cancel()
    return watch


async def test_watch_shakes_hands(gateway: FakeGateway) -> None:
    await watched(gateway.url, SETTINGS.whatsapp_verify_token, Reach.CONNECTED)


async def test_watch_sees_a_refusal(gateway: FakeGateway) -> None:
    watch = await watched(gateway.url, "another token", Reach.REFUSED)
    assert watch.state.detail == f"{PATH} answers WhatsApp's handshake with 403"


async def test_watch_sees_that_nobody_is_there() -> None:
    watch = await watched(f"http://127.0.0.1:{unused_port()}", SETTINGS.whatsapp_verify_token, Reach.UNREACHABLE)
    assert watch.state.detail
