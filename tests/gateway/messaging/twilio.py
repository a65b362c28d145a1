"""The gateway with Twilio switched on: Twilio's side of it posts webhooks, and a fake REST API receives replies."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from clinicbot.gateway.services import Services
from clinicbot.store.database import metadata
from clinicbot.store.staff_tasks import StaffTask
from tests.channels.fixtures import phone_of, user_id_of
from tests.channels.twilio import fixtures
from tests.channels.twilio.fake_twilio import QUEUED, Asked, FakeTwilio
from tests.channels.twilio.fixtures import ACCOUNT_SID, AUTH_TOKEN, CLINIC_NUMBER, Form
from tests.gateway.conftest import eventually
from tests.gateway.messaging.conftest import Meta

URL = "http://gateway/webhooks/twilio"  # as a request reaches the gateway
PUBLIC = "https://chat.example"
PUBLIC_URL = f"{PUBLIC}/webhooks/twilio"  # as Twilio calls it

Outcome = tuple[int, dict[str, Any]]
SILENCE: Outcome = (0, {})  # no answer at all

_numbers = itertools.count(1)


def error(status: int, code: int) -> Outcome:
    return status, {"code": code, "message": "refused", "more_info": "https://twilio.example/", "status": status}


def sid_of_sent(number: int) -> str:
    """The id that our message of this number gets, from 1."""
    return f"SM5e{number:030x}"


@dataclass
class TwilioApi(FakeTwilio):
    """`outcomes` are the next answers, in order; afterwards all is accepted, and each message gets an id of its own."""

    outcomes: list[Outcome] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        form = tuple(parse_qsl((await request.read()).decode("ascii"), strict_parsing=True))
        authorization = request.headers.get("Authorization", "")
        self.asked.append(Asked(request.method, request.path, authorization, request.content_type, form))
        await self._tell()
        await self.may_answer.wait()
        if self.outcomes:
            status, answer = self.outcomes.pop(0)
        else:
            self.sent.append(dict(form))
            status, answer = 201, QUEUED | {"sid": sid_of_sent(len(self.sent))}
        await self._tell()
        if (status, answer) == SILENCE:
            await asyncio.Event().wait()  # until the server is stopped
        return web.json_response(answer, status=status)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def answer_those_that_wait(self) -> None:
        """And hold back the next ones."""
        self.may_answer.set()
        self.may_answer.clear()

    async def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Waits until it holds, for so long at most; it is looked at after each request and each answer."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(condition), seconds)

    async def is_asked(self, times: int) -> None:
        await self.until(lambda: len(self.asked) >= times)

    async def receives(self, number: int) -> list[dict[str, str]]:
        """All that was sent so far, once there are so many messages."""
        await self.until(lambda: len(self.sent) >= number)
        return self.sent


def variables(api: TwilioApi) -> dict[str, str]:
    return {
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_FROM": CLINIC_NUMBER,
        "TWILIO_API_URL": api.url,
    }


@dataclass
class Twilio:
    """A running gateway, and Twilio in front of it and behind it. `url` is the address that it calls and signs."""

    gateway: Meta
    api: TwilioApi
    url: str = URL

    @property
    def services(self) -> Services:
        return self.gateway.services

    @property
    def engine(self) -> Engine:
        return self.services.stores.inbox._engine

    async def post(self, form: Form, *, to: str = "", signature: str | None = None) -> httpx.Response:
        """A request to the address `to`, which a proxy hands on by its path and query. An empty signature is none."""
        url = to or self.url
        signature = fixtures.signed(url, form) if signature is None else signature
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if signature:
            headers["X-Twilio-Signature"] = signature
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        return await self.gateway.http.post(path, content=urlencode(form).encode(), headers=headers)

    async def deliver(self, form: Form, *, to: str = "") -> None:
        """It must be acknowledged, with nothing for Twilio to say."""
        response = await self.post(form, to=to)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/xml")
        assert response.text == "<Response/>"

    async def say(self, text: str, person: int = 1) -> None:
        await self.deliver(new_text(text, person))

    async def report(self, name: str, number: int = 1, *, to: str = "") -> None:
        """What becomes of our message of this number, as in a fixture."""
        form = [(key, sid_of_sent(number) if key == "MessageSid" else value) for key, value in fixtures.load(name)]
        await self.deliver(form, to=to)

    def said_to(self, person: int = 1) -> list[str]:
        return [form["Body"] for form in self.api.sent if form["To"] == f"whatsapp:+{phone_of(person)}"]

    def rows(self) -> dict[str, int]:
        """How many there are in each table that isn't empty."""
        with self.engine.connect() as connection:
            counts = {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in metadata.sorted_tables
            }
        return {name: count for name, count in counts.items() if count}

    async def has_noted_what_was_sent(self) -> None:
        await self.gateway.has_noted_what_was_sent()

    async def one_task(self) -> StaffTask:
        """The only open task, once there is one."""

        async def is_there() -> bool:
            return self.services.stores.tasks.count_open() > 0

        await eventually(is_there)
        (task,) = self.services.stores.tasks.open()
        return task

    async def counted(self, outcome: str) -> float:
        """How many webhooks ended so, in this process."""
        families = text_string_to_metric_families(await self.gateway.metrics())
        samples = (sample for family in families for sample in family.samples)
        wanted = ("clinicbot_webhooks_total", {"channel": "twilio", "outcome": outcome})
        return sum(sample.value for sample in samples if (sample.name, sample.labels) == wanted)


def new_text(text: str, person: int = 1) -> Form:
    return fixtures.text_form(new_sid(), person, text)


def new_message(name: str, **changes: str) -> Form:
    """The request of a fixture as another message of person 1, with changes."""
    changes = {
        "MessageSid": new_sid(),
        "From": f"whatsapp:+{phone_of(1)}",
        "WaId": phone_of(1),
        "ExternalUserId": f"whatsapp:{user_id_of(1)}",
        **changes,
    }
    return [(key, changes.get(key, value)) for key, value in fixtures.load(name)]


def new_sid() -> str:
    return f"SM1d{next(_numbers):030x}"
