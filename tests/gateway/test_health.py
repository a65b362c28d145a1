import pytest

from clinicbot.settings import SettingsError
from clinicbot.store.database import metadata
from tests.gateway.conftest import Gateway, Run
from tests.gateway.fake_rasa import FakeRasa, unused_port

PAGE = "https://clinic.example"


async def test_live_whatever_is_broken(gateway: Gateway, rasa: FakeRasa) -> None:
    rasa.is_ready = False
    gateway.app.state.engine.dispose()
    assert (await gateway.http.get("/health/live")).status_code == 200


async def test_ready(gateway: Gateway) -> None:
    response = await gateway.http.get("/health/ready")
    assert response.status_code == 200
    assert response.json() == {"status": "ready", "rasa": True, "database": True}


async def test_not_ready_without_a_model(gateway: Gateway, rasa: FakeRasa) -> None:
    rasa.is_ready = False
    response = await gateway.http.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["rasa"] is False


async def test_not_ready_while_rasa_is_down(run: Run) -> None:
    async with run(RASA_PORT=str(unused_port())) as gateway:
        assert (await gateway.http.get("/health/ready")).status_code == 503


async def test_not_ready_without_its_tables(gateway: Gateway) -> None:
    metadata.drop_all(gateway.app.state.engine)
    response = await gateway.http.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["database"] is False


async def test_metrics_count_and_hold_no_word_of_a_patient(gateway: Gateway, rasa: FakeRasa) -> None:
    chat = await gateway.start()
    (reply,) = await chat.say("quetzalcoatl, how long?")
    await chat.rate(reply["id"], True)
    await chat.say("quetzalcoatl i cant breathe")
    rasa.answers = []
    await chat.say("quetzalcoatl again")
    await chat.send("")
    response = await gateway.http.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    for line in (
        'clinicbot_messages_total{kind="answer",language="en"}',
        'clinicbot_messages_total{kind="emergency",language="en"}',
        'clinicbot_messages_total{kind="fallback",language="en"}',
        'clinicbot_red_flags_total{symptom="breathing"}',
        "clinicbot_rasa_failures_total",
        'clinicbot_problems_total{status="422"}',
        'clinicbot_feedback_total{helpful="true"}',
        "clinicbot_reply_seconds_count",
    ):
        assert f"\n{line} " in response.text, line
    for secret in ("quetzalcoatl", chat.token, rasa.asked[-1]["sender"]):
        assert secret not in response.text


async def test_any_site_may_use_the_api_by_default(gateway: Gateway) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    headers = {"Origin": PAGE} | asks
    preflight = await gateway.http.options("/api/v1/messages", headers=headers)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    response = await gateway.http.post("/api/v1/sessions", headers={"Origin": PAGE})
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


async def test_only_the_sites_that_are_named(run: Run) -> None:
    async with run(ALLOWED_ORIGINS=f"{PAGE}, https://www.clinic.example") as gateway:
        for origin in (PAGE, "https://www.clinic.example"):
            response = await gateway.http.post("/api/v1/sessions", headers={"Origin": origin})
            assert response.headers["access-control-allow-origin"] == origin
        response = await gateway.http.post("/api/v1/sessions", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in response.headers


async def test_a_browser_may_read_how_long_to_wait(run: Run) -> None:
    async with run(RATE_ADDRESS="1/minute") as gateway:
        await gateway.start()
        response = await gateway.http.post("/api/v1/sessions", headers={"Origin": PAGE})
        assert response.status_code == 429
        assert "retry-after" in response.headers["access-control-expose-headers"].lower()


async def test_a_limit_that_cannot_be_read_stops_the_start(run: Run) -> None:
    with pytest.raises(SettingsError, match="CLINICBOT_RATE_SESSION='often': write a limit as 60/minute"):
        async with run(RATE_SESSION="often"):
            pass
