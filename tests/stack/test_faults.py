"""Kill the parts while a patient is chatting: always a reply in time, and normal service returns by itself."""

import signal
from collections.abc import Iterator

import httpx
import psutil
import pytest

from clinicbot.clinic import load_clinic
from clinicbot.releases.store import Releases
from tests.stack.conftest import Assistant, wait_for
from tests.stack.patients import Patient

pytestmark = pytest.mark.stack

FAQ = "How long does botox last?"
BOOKING = "I would like to book an appointment"
EMERGENCY = "cant swallow since the injections"


@pytest.fixture
def patient(assistant: Assistant) -> Iterator[Patient]:
    with assistant.client() as client:
        wait_for(lambda: client.get("/health/ready").status_code == 200, 120, "ready")
        yield Patient(client)


def assert_never_silent(patient: Patient) -> None:
    clinic = load_clinic()
    for text in (FAQ, BOOKING):
        assert clinic.phone in patient.say(text)["text"]
    assert patient.say(EMERGENCY)["text"].startswith(f"Call {clinic.emergency_number}")


def assert_service_returns(patient: Patient, seconds: float = 120) -> None:
    wait_for(lambda: patient.say(FAQ)["kind"] == "answer", seconds, "an answer from the document")
    wait_for(lambda: patient.say(BOOKING)["kind"] == "handover", seconds, "a handover by the action server")


def test_first_question_is_answered_before_the_address_is_shown(assistant: Assistant, patient: Patient) -> None:
    assert assistant.address in assistant.output
    assert "4 to 6 months" in patient.say(FAQ)["text"]


def test_rasa_killed(assistant: Assistant, patient: Patient) -> None:
    assistant.part("rasa run").kill()
    assert_never_silent(patient)
    assert_service_returns(patient)


def test_rasa_hanging(assistant: Assistant, patient: Patient) -> None:
    rasa = assistant.part("rasa run")
    rasa.send_signal(signal.SIGSTOP)
    try:
        assert_never_silent(patient)
    finally:
        rasa.send_signal(signal.SIGCONT)
    assert_service_returns(patient)


def test_action_server_killed(assistant: Assistant, patient: Patient) -> None:
    assistant.part("rasa_sdk").kill()
    assert load_clinic().phone in patient.say(BOOKING)["text"]
    assert patient.say(EMERGENCY)["kind"] == "emergency"
    assert_service_returns(patient)


def test_model_removed_and_rasa_killed(assistant: Assistant, patient: Patient) -> None:
    releases = Releases(assistant.var)
    live = releases.live()
    assert live is not None
    live.model.unlink()
    assistant.part("rasa run").kill()
    assert_never_silent(patient)
    assert_service_returns(patient, 400)  # it trains again
    again = releases.live()
    assert again is not None
    assert again.number == live.number + 1
    assert again.about.content == live.about.content


def test_gateway_killed_keeps_the_conversation(assistant: Assistant, patient: Patient) -> None:
    patient.say(FAQ)
    assistant.part("uvicorn").kill()

    def answers() -> bool:
        try:
            return patient.client.get("/health/live").status_code == 200
        except httpx.TransportError:
            return False

    wait_for(answers, 60, "the gateway is back")
    history = patient.client.get("/api/v1/messages", headers=patient.headers).json()
    assert [message["text"] for message in history["messages"]] == [FAQ]
    assert patient.say(FAQ)["kind"] == "answer"


def test_inner_ports_are_loopback_only(assistant: Assistant) -> None:
    for port in assistant.ports[1:]:
        addresses = {
            listening.laddr.ip
            for listening in psutil.net_connections("tcp")
            if listening.status == psutil.CONN_LISTEN and listening.laddr.port == port
        }
        assert addresses == {"127.0.0.1"}
