"""An independent client library (pywa, for tests only) talks to the stand-in as it would to Meta."""

import httpx
import pytest
from pywa.errors import (
    ExpiredAccessToken,
    InvalidParameter,
    MessageUndeliverable,
    RateLimitHit,
    ReEngagementMessage,
    TooManyMessages,
    UnknownError,
    WhatsAppError,
)
from pywa_async import WhatsApp
from pywa_async.types import Button, Contact, Section, SectionList, SectionRow

from clinicbot.whatsapp_simulator import patient
from clinicbot.whatsapp_simulator.patient import Patient
from tests.whatsapp_simulator.conftest import ADA, BO, PHONE_NUMBER_ID, SETTINGS, Running


def client_of(running: Running, token: str = SETTINGS.whatsapp_access_token) -> WhatsApp:
    session = httpx.AsyncClient(transport=httpx.ASGITransport(running.app))
    return WhatsApp(phone_id=PHONE_NUMBER_ID, token=token, session=session)


@pytest.fixture
async def client(running: Running) -> WhatsApp:
    for phone in (running.ada, running.bo):
        running.simulator.say(phone, patient.text("hi"))
    return client_of(running)


async def test_what_it_sends_is_shown(running: Running, client: WhatsApp) -> None:
    name = Contact.Name(formatted_name="Test Clinic", first_name="Test")
    options = SectionList("Open", [Section("All", [SectionRow("One", "1"), SectionRow("Two", "2", "second")])])
    sent = [
        await client.send_message(ADA.phone, "Hello", reply_to_message_id=running.ada.bubbles[0].id),
        await client.send_message(ADA.phone, "Which?", buttons=[Button("One", "1"), Button("Two", "2")], tracker="17"),
        await client.send_message(ADA.phone, "Which?", buttons=options, footer="You can also type"),
        await client.send_contact(ADA.phone, Contact(name=name, phones=[Contact.Phone("+44 20 7946 0123")])),
    ]
    shown = running.ada.bubbles[1:]
    assert [bubble.id for bubble in shown] == [message.id for message in sent]
    assert [bubble.body["type"] for bubble in shown] == ["text", "interactive", "interactive", "contacts"]
    assert [[option["id"] for option in bubble.options()] for bubble in shown] == [[], ["1", "2"], ["1", "2"], []]
    assert {message.to for message in sent} == {ADA.phone}


async def test_it_writes_to_somebody_without_a_number(running: Running, client: WhatsApp) -> None:
    sent = await client.send_message(BO.user_id, "Hello")
    assert running.bo.bubbles[-1].id == sent.id
    assert sent.to == BO.user_id


async def test_it_marks_and_types(running: Running, client: WhatsApp) -> None:
    (written,) = running.ada.bubbles
    assert await client.mark_message_as_read(written.id)
    assert not running.ada.typing
    assert await client.indicate_typing(written.id)
    assert running.ada.typing


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("throttled", RateLimitHit),
        ("pair_limit", TooManyMessages),
        ("server_error", UnknownError),
        ("unauthorized", ExpiredAccessToken),
    ],
)
async def test_it_understands_faults(
    running: Running, client: WhatsApp, fault: str, error: type[WhatsAppError]
) -> None:
    await running.plan(next={fault: 1})
    with pytest.raises(error):
        await client.send_message(ADA.phone, "Hello")


async def test_it_understands_refusals(running: Running, client: WhatsApp) -> None:
    with pytest.raises(MessageUndeliverable):
        await client.send_message(Patient(555, "Stranger").phone, "Hello")
    with pytest.raises(InvalidParameter, match="of at most 20"):
        await client.send_message(ADA.phone, "Which?", buttons=[Button("t" * 21, "1")])
    running.simulator.let_a_day_pass()
    with pytest.raises(ReEngagementMessage):
        await client.send_message(ADA.phone, "Hello")
    with pytest.raises(ExpiredAccessToken):
        await client_of(running, "another token").send_message(ADA.phone, "Hello")
