"""The webhook itself: handshake, signature, storing before acknowledging, what is for others."""

import hashlib

import pytest
from sqlalchemy import func, select

from clinicbot.clinic import Clinic
from clinicbot.store.database import inbox, metadata
from tests.channels import fixtures
from tests.gateway.conftest import Run, check_problem
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.messaging.conftest import SECRET, VERIFY_TOKEN, Meta, RunMeta
from tests.gateway.messaging.fake_graph import text_of


def stored(meta: Meta) -> int:
    with meta.services.stores.inbox._engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(inbox)).scalar_one())


async def test_the_handshake(meta: Meta, clinic: Clinic) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    answer = await meta.http.get("/webhooks/whatsapp", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    for wrong in ({"hub.verify_token": "guess"}, {"hub.mode": "unsubscribe"}):
        check_problem(await meta.http.get("/webhooks/whatsapp", params=asked | wrong), 403, clinic)
    check_problem(await meta.http.get("/webhooks/whatsapp"), 403, clinic)


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha256=" + hashlib.sha256(b"").hexdigest(), "sha1=1234", "nonsense", "sha256=é"]
)
async def test_a_wrong_signature_is_refused_stored_nowhere_and_counted(
    meta: Meta, clinic: Clinic, signature: str
) -> None:
    before = await meta.metrics()
    response = await meta.post(meta.text("i cant breathe"), signature=signature)
    check_problem(response, 403, clinic)
    assert stored(meta) == 0
    assert await meta.metrics() != before
    assert 'clinicbot_webhooks_total{channel="whatsapp",outcome="refused"}' in await meta.metrics()
    assert meta.graph.attempts == 0


async def test_a_missing_signature_and_another_secret_are_refused(meta: Meta, clinic: Clinic) -> None:
    document = meta.text("hi")
    check_problem(await meta.post(document, secret="another"), 403, clinic)
    unsigned = await meta.http.post("/webhooks/whatsapp", content=fixtures.body_of(document))
    check_problem(unsigned, 403, clinic)
    assert stored(meta) == 0


async def test_the_signature_is_over_the_raw_bytes(meta: Meta) -> None:
    body = b'{ "object":"whatsapp_business_account",\n "entry" : [] }'
    headers = {"X-Hub-Signature-256": fixtures.signed(body, SECRET)}
    assert (await meta.http.post("/webhooks/whatsapp", content=body, headers=headers)).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"object":"page","entry":[]}', b"[" * 100_000, b"\xff"])
async def test_a_signed_body_that_is_no_webhook(meta: Meta, clinic: Clinic, body: bytes) -> None:
    headers = {"X-Hub-Signature-256": fixtures.signed(body, SECRET)}
    check_problem(await meta.http.post("/webhooks/whatsapp", content=body, headers=headers), 400, clinic)


async def test_a_body_beyond_all_measure_is_not_read(meta: Meta, clinic: Clinic) -> None:
    body = b"x" * (5 * 1024 * 1024)
    headers = {"X-Hub-Signature-256": fixtures.signed(body, SECRET)}
    response = await meta.http.post("/webhooks/whatsapp", content=body, headers=headers)
    check_problem(response, 413, clinic)


async def test_the_message_is_stored_when_it_is_acknowledged(meta: Meta, rasa: FakeRasa) -> None:
    rasa.may_answer.clear()
    await meta.deliver(meta.text("how long does it last"))
    assert stored(meta) == 1
    assert meta.graph.sent == []


async def test_what_can_not_be_stored_is_not_acknowledged_and_comes_again(meta: Meta, clinic: Clinic) -> None:
    engine = meta.services.stores.inbox._engine
    document = meta.text("how long does it last")
    inbox.drop(engine)
    response = await meta.post(document)
    check_problem(response, 503, clinic)
    assert response.headers["retry-after"]
    metadata.create_all(engine)
    await meta.deliver(document)
    assert len(await meta.graph.receives(1)) >= 1


async def test_an_emergency_that_can_not_be_stored_is_told_all_the_same_and_once(meta: Meta, clinic: Clinic) -> None:
    inbox.drop(meta.services.stores.inbox._engine)
    document = meta.text("i cant breathe")
    for _ in range(2):
        check_problem(await meta.post(document), 503, clinic)
    sent = await meta.graph.receives(2)
    assert text_of(sent[0]).startswith(f"Call {clinic.emergency_number} now")
    assert [body["type"] for body in sent] == ["text", "contacts"]


async def test_a_repeated_delivery_is_answered_once(meta: Meta, rasa: FakeRasa) -> None:
    document = meta.text("how long does it last")
    for _ in range(3):
        await meta.deliver(document)
    await meta.graph.receives(1)
    await meta.deliver(document, document)
    await meta.say("and another question", person=2)
    await meta.graph.until(lambda: bool(meta.said_to(2)))
    assert len(meta.said_to(1)) == 1
    assert rasa.texts.count("how long does it last") == 1
    assert 'outcome="repeated"} ' in await meta.metrics()


async def test_a_repeated_delivery_is_recognised_after_a_restart(run_meta: RunMeta, rasa: FakeRasa) -> None:
    async with run_meta() as meta:
        document = meta.text("how long does it last")
        await meta.deliver(document)
        await meta.graph.receives(1)
    async with run_meta() as meta:
        await meta.deliver(document)
        await meta.say("something else", person=2)
        await meta.graph.until(lambda: bool(meta.said_to(2)))
        assert len(meta.said_to(1)) == 1


async def test_many_messages_in_one_request(meta: Meta) -> None:
    await meta.deliver(*(meta.text(f"question {person}", person) for person in range(20)))
    await meta.graph.until(lambda: all(meta.said_to(person) for person in range(20)))


async def test_another_number_of_the_same_account_is_ignored(meta: Meta) -> None:
    await meta.deliver(fixtures.load("another_number"))
    assert stored(meta) == 0
    assert 'clinicbot_webhooks_total{channel="whatsapp",outcome="ignored"}' in await meta.metrics()


async def test_statuses_are_kept(meta: Meta) -> None:
    for name in ("status_sent", "status_delivered", "status_read", "status_failed_131047"):
        await meta.deliver(fixtures.load(name))
    with meta.services.stores.outbox._engine.connect() as connection:
        kept = connection.execute(select(metadata.tables["delivery_statuses"])).all()
    assert {row.status for row in kept} == {"sent", "delivered", "read", "failed"}
    assert any("131047" in (row.error or "") for row in kept)


async def test_a_channel_that_is_not_configured_answers_404(run: Run, clinic: Clinic) -> None:
    async with run() as gateway:
        for path in ("/webhooks/whatsapp", "/webhooks/twilio"):
            check_problem(await gateway.http.post(path, content=b"{}"), 404, clinic)
        check_problem(await gateway.http.get("/webhooks/whatsapp"), 404, clinic)
