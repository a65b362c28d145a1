"""The gateway against its own contract: requests made up from /api/openapi.json, valid and not, by schemathesis."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from schemathesis.python import asgi
from schemathesis.schemas import BaseSchema

from clinicbot.gateway import services
from clinicbot.gateway.app import create_app
from clinicbot.gateway.replies import RasaMessage
from clinicbot.settings import Settings
from tests.gateway.fake_rasa import ANSWER

EXAMPLES = 20
SEED = 20261123
# Whether valid data is accepted can't be told from the contract where an id must have been given out before: a random
# `reply` or `button` is rightly refused. For everything else the check stays on.
REFUSES_VALID_DATA = ("POST /api/v1/messages", "POST /api/v1/feedback")
# These two need calls that build on each other (create, then delete, then use); test_chat_api.py has those.
STATEFUL = ("use_after_free", "ensure_resource_availability")


class RasaInProcess:
    """Answers at once, so that only the gateway is tested."""

    def __init__(self, _url: str) -> None: ...

    async def __aenter__(self) -> "RasaInProcess":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def ask(self, *_: object, **__: object) -> list[RasaMessage]:
        return [RasaMessage.parse(ANSWER)]

    async def is_ready(self) -> bool:
        return True

    async def forget(self, _sender: str) -> None: ...


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BaseSchema]:
    monkeypatch.setattr(services, "RasaClient", RasaInProcess)
    app = create_app(Settings(var=tmp_path, rate_address="1000000/minute"))
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    schema.config._seed = SEED
    yield schema
    asgi.shutdown_lifespans()


contract = schemathesis.pytest.from_fixture("api")


def session_header(case: schemathesis.Case) -> dict[str, str]:
    """A session of its own for each request: DELETE ends the one that it is sent with."""
    with asgi.get_client(case.operation.app) as client:
        token = client.post("/api/v1/sessions").json()["token"]
    return {"Authorization": f"Bearer {token}"}


@contract.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_gateway_keeps_its_contract(case: schemathesis.Case) -> None:
    excluded = set(STATEFUL)
    if case.operation.label in REFUSES_VALID_DATA:
        excluded.add("positive_data_acceptance")
    # a call without credentials is part of the checks, so they are sent with the request and not set on the schema
    excluded_checks = [check for check in CHECKS.get_all() if check.__name__ in excluded]
    response = case.call_and_validate(headers=session_header(case), excluded_checks=excluded_checks)
    if response.status_code >= 400:
        problem = response.json()
        assert problem["emergency"] in problem["detail"]


def test_the_checks_that_are_excluded_exist() -> None:
    names = {check.__name__ for check in CHECKS.get_all()}
    assert {*STATEFUL, "positive_data_acceptance"} <= names
