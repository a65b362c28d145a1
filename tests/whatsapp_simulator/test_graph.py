"""The Graph API's face: who may send, to whom, when, and what the answers look like."""

import asyncio
import time

import httpx
import pytest

from clinicbot.settings import Settings, SettingsError
from clinicbot.whatsapp_simulator import patient
from clinicbot.whatsapp_simulator.app import create_app, create_graph_api
from clinicbot.whatsapp_simulator.patient import Patient
from clinicbot.whatsapp_simulator.phone import Tick
from tests.whatsapp_simulator.conftest import (
    ADA,
    BO,
    PATIENCE,
    PHONE_NUMBER_ID,
    SEND,
    FakeGateway,
    Json,
    Run,
    Running,
    said,
    text_to,
)

STRANGER = Patient(555, "Stranger")


def code_of(response: httpx.Response) -> int:
    error: Json = response.json()["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= set(error)
    if error["code"] != 190 and "error_subcode" not in error:
        assert error["error_data"]["messaging_product"] == "whatsapp"
        assert error["error_data"]["details"]
    return int(error["code"])


async def test_patient_who_wrote_gets_an_answer(running: Running) -> None:
    running.simulator.say(running.ada, patient.text("hi"))
    response = await running.send(text_to(ADA))
    assert response.status_code == 200
    answer = response.json()
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [{"input": ADA.phone, "wa_id": ADA.phone}]
    (message,) = answer["messages"]
    assert message["id"].startswith("wamid.")
    shown = running.ada.bubbles[-1]
    assert (shown.id, shown.mine, shown.body["text"]) == (message["id"], False, {"body": "Four to six months."})


async def test_patient_without_a_number_is_answered_by_user_id(running: Running) -> None:
    running.simulator.say(running.bo, patient.text("hi"))
    response = await running.send(text_to(BO))
    assert response.json()["contacts"] == [{"input": BO.user_id, "user_id": BO.user_id}]
    assert [bubble.mine for bubble in running.bo.bubbles] == [True, False]


@pytest.mark.parametrize("version", ["v26.0", "v99.9"])
async def test_any_version_will_do(running: Running, version: str) -> None:
    running.simulator.say(running.ada, patient.text("hi"))
    response = await running.send(text_to(ADA), SEND.replace("v26.0", version))
    assert response.status_code == 200


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "wrong"}])
async def test_wrong_token_is_refused(running: Running, header: dict[str, str]) -> None:
    del running.http.headers["Authorization"]
    response = await running.http.post(SEND, json=text_to(ADA), headers=header)
    assert response.status_code == 401
    assert code_of(response) == 190
    assert running.simulator.sent == []


async def test_other_phone_number_id_is_refused(running: Running) -> None:
    response = await running.send(text_to(ADA), SEND.replace(PHONE_NUMBER_ID, "1"))
    assert response.status_code == 400
    assert code_of(response) == 100


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"\xff"])
async def test_what_is_not_json_is_refused(running: Running, content: bytes) -> None:
    response = await running.http.post(SEND, content=content)
    assert response.status_code == 400
    assert code_of(response) == 100


async def test_invalid_body_is_refused_and_not_recorded(running: Running) -> None:
    running.simulator.say(running.ada, patient.text("hi"))
    response = await running.send(text_to(ADA, "x" * 4097))
    assert response.status_code == 400
    assert code_of(response) == 100
    assert "4096" in response.json()["error"]["error_data"]["details"]
    assert running.simulator.sent == []


async def test_strangers_are_refused(running: Running) -> None:
    response = await running.send(text_to(STRANGER))
    assert (response.status_code, code_of(response)) == (400, 131026)


async def test_window_is_closed_until_somebody_writes_and_a_day_later(running: Running) -> None:
    assert code_of(await running.send(text_to(ADA))) == 131047
    running.simulator.say(running.ada, patient.text("hi"))
    assert (await running.send(text_to(ADA))).status_code == 200
    running.simulator.let_a_day_pass()
    response = await running.send(text_to(ADA))
    assert (response.status_code, code_of(response)) == (400, 131047)
    running.simulator.say(running.ada, patient.text("hi again"))
    assert (await running.send(text_to(ADA))).status_code == 200


async def test_anybody_can_be_written_to_without_people(run: Run, gateway: FakeGateway) -> None:
    async with run(patients=None, strict_people=False) as running:
        assert (await running.send(text_to(STRANGER, "first"))).status_code == 200
        assert (await running.send(text_to(BO, "second"))).status_code == 200
        sent = (await running.http.get("/simulator/sent")).json()["sent"]
        assert [message["person"] for message in sent] == [STRANGER.phone, BO.user_id]
        assert [message["body"]["text"]["body"] for message in sent] == ["first", "second"]
        assert sent[0]["at"] <= sent[1]["at"] <= time.time()
        assert sorted(map(said, await gateway.take(6))) == ["delivered", "delivered", "read", "read", "sent", "sent"]
        mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.unheard.of"}
        assert (await running.send(mark)).json() == {"success": True}
        assert (await running.http.get("/")).status_code == 404


async def test_read_mark_turns_all_ticks_up_to_there_blue(running: Running) -> None:
    ids = [running.simulator.say(running.ada, patient.text(text)) for text in ("one", "two", "three")]
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": ids[1]}
    response = await running.send(mark)
    assert response.json() == {"success": True}
    ticks = [bubble.tick for bubble in running.ada.bubbles]
    assert ticks[:2] == [Tick.READ, Tick.READ]
    assert ticks[2] is not Tick.READ
    assert not running.ada.typing


async def test_typing_ends_with_the_next_message(running: Running) -> None:
    message_id = running.simulator.say(running.ada, patient.text("hi"))
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    await running.send({**mark, "typing_indicator": {"type": "text"}})
    assert running.ada.typing
    assert not running.bo.typing
    await running.send(text_to(ADA))
    assert not running.ada.typing


async def test_mark_of_an_unknown_message_is_refused(running: Running) -> None:
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.unheard.of"}
    assert code_of(await running.send(mark)) == 100


async def test_edits_and_reactions_can_be_marked_too(running: Running) -> None:
    first = running.simulator.say(running.ada, patient.text("hi"))
    for message in (patient.edit(first, "hello"), patient.reaction(first, "👍")):
        mark = {"messaging_product": "whatsapp", "status": "read"}
        response = await running.send({**mark, "message_id": running.simulator.say(running.ada, message)})
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("throttled", 429, 130429),
        ("pair_limit", 400, 131056),
        ("server_error", 500, 131000),
        ("unauthorized", 401, 190),
    ],
)
async def test_faults_refuse_the_next_message(running: Running, fault: str, status: int, code: int) -> None:
    running.simulator.say(running.ada, patient.text("hi"))
    await running.plan(next={fault: 1})
    response = await running.send(text_to(ADA))
    assert (response.status_code, code_of(response)) == (status, code)
    assert running.simulator.sent == []
    assert (await running.send(text_to(ADA))).status_code == 200
    assert running.simulator.outcomes == {str(code): 1, "accepted": 1}


async def test_wrong_json_is_not_accepted(running: Running) -> None:
    running.simulator.say(running.ada, patient.text("hi"))
    await running.plan(next={"wrong_json": 1})
    response = await running.send(text_to(ADA))
    assert response.status_code == 200
    with pytest.raises(ValueError, match="Expecting"):
        response.json()
    assert running.simulator.sent == []


async def test_slow_answer_comes_after_the_message_was_accepted(running: Running, gateway: FakeGateway) -> None:
    running.simulator.say(running.ada, patient.text("hi"))
    await gateway.next()
    await running.plan(next={"slow": 1}, slow_seconds=PATIENCE * 100)
    answering = asyncio.create_task(running.send(text_to(ADA)))
    assert list(map(said, await gateway.take(3))) == ["sent", "delivered", "read"]
    assert not answering.done()
    answering.cancel()
    assert len(running.simulator.sent) == 1


async def test_read_marks_leave_the_next_faults_to_messages(running: Running) -> None:
    message_id = running.simulator.say(running.ada, patient.text("hi"))
    await running.plan(next={"throttled": 1})
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    assert (await running.send(mark)).status_code == 200
    assert (await running.send(text_to(ADA))).status_code == 429


async def test_pair_limit_counts_one_person(running: Running) -> None:
    for phone in (running.ada, running.bo):
        running.simulator.say(phone, patient.text("hi"))
    await running.plan(pair_limit=2)
    answers = [await running.send(text_to(ADA)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 400]
    assert code_of(answers[-1]) == 131056
    assert (await running.send(text_to(BO))).status_code == 200


async def test_same_rates_and_seed_refuse_the_same(run: Run) -> None:
    async def statuses() -> list[int]:
        async with run(patients=None, strict_people=False) as running:
            await running.plan(rate={"server_error": 0.3, "throttled": 0.2}, seed=11)
            return [(await running.send(text_to(ADA))).status_code for _ in range(60)]

    first = await statuses()
    assert set(first) == {200, 429, 500}
    assert await statuses() == first


async def test_state_counts(running: Running, gateway: FakeGateway) -> None:
    running.simulator.say(running.ada, patient.text("hi"))
    await running.send(text_to(ADA))
    await running.send(text_to(STRANGER))
    await gateway.take(4)
    state = (await running.http.get("/simulator/state")).json()
    assert state["accepted"] == 1
    assert state["outcomes"] == {"accepted": 1, "131026": 1}
    assert state["faults"]["next"] == {}


@pytest.mark.parametrize("plan", [{"next": {"unheard_of": 1}}, {"rate": {"slow": 2}}])
async def test_unusable_faults_are_refused(running: Running, plan: Json) -> None:
    response = await running.http.post("/simulator/faults", json=plan)
    assert response.status_code == 400
    assert response.json()["detail"]


def test_needs_the_gateways_settings() -> None:
    with pytest.raises(SettingsError, match="WHATSAPP_"):
        create_app(Settings())


def test_graph_api_alone_is_configured_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APP_SECRET", "VERIFY_TOKEN", "ACCESS_TOKEN", "PHONE_NUMBER_ID"):
        monkeypatch.setenv(f"WHATSAPP_{name}", "made-up")
    paths = [route.path for route in create_graph_api().routes]  # type: ignore[attr-defined]
    assert "/" not in paths
    assert "/{version}/{phone_number_id}/messages" in paths


async def test_no_other_site_can_change_anything(running: Running) -> None:
    """A browser sends other media types than these to anybody without asking first."""
    for path in ("/simulator/faults", "/simulator/day", "/simulator/patients"):
        for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            headers = {"Content-Type": media_type}
            response = await running.http.post(path, content=b'{"name": "x"}', headers=headers)
            assert response.status_code == 415
