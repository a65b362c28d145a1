"""What the page asks of the simulator; how it looks and behaves is in tests/browser/test_whatsapp_simulator.py."""

from typing import Any

import httpx
import pytest

from clinicbot.whatsapp_simulator import page, patient
from tests.whatsapp_simulator.conftest import ADA, BO, FakeGateway, Json, Running, said, text_to, value_of

BUTTONS = {
    "type": "interactive",
    "interactive": {
        "type": "button",
        "body": {"text": "Which?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "b1", "title": "One"}}]},
    },
}
LIST = {
    "type": "interactive",
    "interactive": {
        "type": "list",
        "body": {"text": "Which?"},
        "action": {"button": "Open", "sections": [{"rows": [{"id": "r1", "title": "One", "description": "first"}]}]},
    },
}


async def view(running: Running, **query: str) -> Json:
    response = await running.http.get("/simulator/view", params=query)
    assert response.status_code == 200, response.text
    shown: Json = response.json()
    return shown


async def say(running: Running, **message: Any) -> httpx.Response:
    return await running.http.post(f"/simulator/patients/{ADA.user_id}/messages", json=message)


async def next_message(gateway: FakeGateway) -> Json:
    """The next one that isn't a status."""
    while "messages" not in (value := value_of(await gateway.next())):
        continue
    (message,) = value["messages"]
    return dict(message)


async def answer(running: Running, body: Json) -> str:
    response = await running.send({**text_to(ADA), **body})
    assert response.status_code == 200, response.text
    return str(response.json()["messages"][0]["id"])


async def test_page_is_served_with_a_strict_policy(running: Running) -> None:
    for path in ("/", "/static/page.js", "/static/page.css"):
        response = await running.http.get(path)
        assert response.status_code == 200
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"


def test_scripts_never_make_markup_of_strings() -> None:
    scripts = sorted((page.HERE / "static").glob("*.js"))
    assert len(scripts) > 3
    for script in scripts:
        code = script.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in code, script.name


async def test_view_is_of_one_patient_and_says_when_nothing_is_new(running: Running) -> None:
    running.simulator.say(running.bo, patient.text("hi"))
    first = await view(running)
    assert first["patient"] == ADA.user_id
    assert first["bubbles"] == []
    assert [person["phone"] for person in first["patients"]] == ["+44 7700 900001", None]
    shown = await view(running, patient=BO.user_id)
    assert [bubble["body"]["text"]["body"] for bubble in shown["bubbles"]] == ["hi"]
    await running.simulator.webhooks.__aexit__()  # so that nothing changes behind the test's back
    shown = await view(running, patient=BO.user_id)
    query = {"patient": BO.user_id, "version": shown["version"], "wire": str(running.simulator.wire.newest)}
    assert (await running.http.get("/simulator/view", params=query)).status_code == 204
    running.bo.show_typing()
    assert (await view(running, **query))["typing"] is True


async def test_wire_shows_both_directions(running: Running, gateway: FakeGateway) -> None:
    await say(running, kind="texts", texts=["hi"])
    await gateway.next()
    await running.send(text_to(ADA))
    await gateway.take(3)
    exchanges = (await view(running))["wire"]
    assert {(exchange["to_clinic"], exchange["title"]) for exchange in exchanges} >= {
        (True, "message: text"),
        (False, "send: text"),
    }
    assert all(exchange["status"] == 200 for exchange in exchanges)
    newest = str(exchanges[-1]["id"])
    assert all(exchange["id"] > int(newest) for exchange in (await view(running, wire=newest))["wire"])


async def test_three_messages_at_once(running: Running, gateway: FakeGateway) -> None:
    response = await say(running, kind="texts", texts=["hi", "quick q", "can i shower after"])
    assert response.status_code == 202
    assert list(map(said, await gateway.take(3))) == ["hi", "quick q", "can i shower after"]


@pytest.mark.parametrize(("body", "kind", "option"), [(BUTTONS, "button_reply", "b1"), (LIST, "list_reply", "r1")])
async def test_option_is_pressed(running: Running, gateway: FakeGateway, body: Json, kind: str, option: str) -> None:
    await say(running, kind="texts", texts=["hi"])
    await gateway.next()
    offered = await answer(running, body)
    assert (await say(running, kind="press", message=offered, option=option)).status_code == 202
    message = await next_message(gateway)
    assert message["context"]["id"] == offered
    assert message["interactive"]["type"] == kind
    assert (message["interactive"][kind]["id"], message["interactive"][kind]["title"]) == (option, "One")
    assert [bubble.pressed for bubble in running.ada.bubbles] == ["", option, ""]


async def test_reaction_is_shown_and_taken_back(running: Running, gateway: FakeGateway) -> None:
    await say(running, kind="texts", texts=["hi"])
    await gateway.next()
    shown = await answer(running, {})
    await say(running, kind="react", message=shown, emoji="👍")
    assert (await next_message(gateway))["reaction"] == {"message_id": shown, "emoji": "👍"}
    assert running.ada.bubbles[-1].reaction == "👍"
    await say(running, kind="react", message=shown, emoji="")
    assert (await next_message(gateway))["reaction"] == {"message_id": shown}
    assert running.ada.bubbles[-1].reaction == ""


async def test_own_text_is_changed(running: Running, gateway: FakeGateway) -> None:
    (message_id,) = (await say(running, kind="texts", texts=["hi"])).json()["ids"]
    await gateway.next()
    await say(running, kind="edit", message=message_id, text="hello")
    message = await next_message(gateway)
    assert message["edit"]["original_message_id"] == message_id
    assert message["edit"]["message"]["text"]["body"] == "hello"
    (bubble,) = running.ada.bubbles
    assert (bubble.body["text"]["body"], bubble.edited) == ("hello", True)


@pytest.mark.parametrize("kind", patient.ATTACHMENTS)
async def test_everything_can_be_attached(running: Running, gateway: FakeGateway, kind: str) -> None:
    assert (await say(running, kind="attach", attachment=kind, caption="my eyelid droops")).status_code == 202
    message = await next_message(gateway)
    assert message["type"] == patient.ATTACHMENTS[kind]["type"]
    assert ("my eyelid droops" in str(message)) == (kind in patient.CAPTIONED)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"kind": "shout"},
        {"kind": "texts"},
        {"kind": "texts", "texts": []},
        {"kind": "texts", "texts": [""]},
        {"kind": "texts", "texts": [7]},
        {"kind": "attach", "attachment": "anvil"},
        {"kind": "press", "message": "wamid.unheard.of", "option": "x"},
        {"kind": "react", "message": "wamid.unheard.of", "emoji": "👍"},
        {"kind": "edit", "message": "wamid.unheard.of", "text": "x"},
    ],
)
async def test_impossible_messages_are_refused(running: Running, message: Json) -> None:
    response = await say(running, **message)
    assert response.status_code == 400
    assert response.json()["detail"]
    assert running.ada.bubbles == []


async def test_option_that_is_not_there_is_refused(running: Running, gateway: FakeGateway) -> None:
    await say(running, kind="texts", texts=["hi"])
    offered = await answer(running, BUTTONS)
    assert (await say(running, kind="press", message=offered, option="b9")).status_code == 400


async def test_clinics_message_cannot_be_changed(running: Running) -> None:
    await say(running, kind="texts", texts=["hi"])
    shown = await answer(running, {})
    assert (await say(running, kind="edit", message=shown, text="x")).status_code == 400


async def test_new_patients_have_numbers_of_their_own(running: Running) -> None:
    for name, hidden in (("Cy", False), ("Di", True)):
        response = await running.http.post("/simulator/patients", json={"name": name, "hidden": hidden})
        assert response.status_code == 201
    phones = list(running.simulator.phones.values())
    assert [phone.patient.hidden for phone in phones] == [False, True, False, True]
    assert len({phone.patient.phone for phone in phones}) == 4
    assert response.json() == {"id": phones[-1].patient.user_id, "name": "Di", "phone": None}
    unknown = await running.http.post("/simulator/patients/GB.0/messages", json={"kind": "texts", "texts": ["x"]})
    assert unknown.status_code == 404


async def test_a_day_passes(running: Running) -> None:
    await say(running, kind="texts", texts=["hi"])
    assert (await view(running))["window_open"] is True
    assert (await running.http.post("/simulator/day", json={})).status_code == 204
    assert (await view(running))["window_open"] is False


async def test_gateway_is_seen(running: Running, gateway: FakeGateway) -> None:
    await say(running, kind="texts", texts=["hi"])
    await gateway.next()
    assert (await view(running))["gateway"]["url"] == gateway.url
