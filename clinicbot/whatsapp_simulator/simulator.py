"""WhatsApp between the clinic and its patients: takes the clinic's messages, reports on them, and carries patients'."""

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from clinicbot.settings import Settings
from clinicbot.whatsapp_simulator import bodies, graph_errors, patient
from clinicbot.whatsapp_simulator.faults import OUTCOMES, Fault, Faults
from clinicbot.whatsapp_simulator.graph_errors import GraphError
from clinicbot.whatsapp_simulator.patient import Json, Patient
from clinicbot.whatsapp_simulator.payloads import message_document, status_document
from clinicbot.whatsapp_simulator.phone import Phone, Tick
from clinicbot.whatsapp_simulator.webhooks import Timing, Webhook, Webhooks
from clinicbot.whatsapp_simulator.wire import Wire

# As Meta words the limit: about one message in six seconds to one person.
PAIR_SECONDS = 6.0
A_DAY = timedelta(hours=25)
STATUSES = ("sent", "delivered", "read")
FAILURES = {
    Fault.FAILED_WINDOW: graph_errors.WINDOW_CLOSED,
    Fault.FAILED_UNDELIVERABLE: graph_errors.UNDELIVERABLE,
}


@dataclass(frozen=True)
class Sent:
    """A message of the clinic's that was accepted; `at` is in seconds since 1970, `person` as it was addressed."""

    id: str
    at: float
    person: str
    body: Json


class Simulator:
    """Usable inside `async with`. With `strict_people` the clinic can write to the patients of here only, and only
    within 24 hours after they wrote; without, to anybody at any time, as tests of load need it.
    """

    def __init__(
        self, settings: Settings, gateway_url: str, patients: Iterable[Patient], *, strict_people: bool, timing: Timing
    ) -> None:
        self.settings = settings
        self.timing = timing
        self.faults = Faults()
        self.wire = Wire()
        self.sent: list[Sent] = []
        self.outcomes: Counter[str] = Counter()
        self.phones = {patient.user_id: Phone(patient) for patient in patients}
        self.webhooks = Webhooks(
            gateway_url, settings.whatsapp_app_secret, faults=self.faults, wire=self.wire, timing=timing
        )
        self._strict = strict_people
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Simulator":
        await self.webhooks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.webhooks.__aexit__()

    @property
    def reporting(self) -> int:
        """How many accepted messages haven't come to their last status yet."""
        return len(self._tasks)

    # The clinic's side

    def accept(self, body: Any) -> Json:
        """The Graph API's answer to a message that is sent from now on. Raises GraphError for one that isn't."""
        recipient = bodies.read_message(body)
        phone = self._phone_of(recipient)
        if self._strict and phone is None:
            raise GraphError(graph_errors.UNDELIVERABLE, "nobody here has this number or user id")
        if self._strict and phone is not None and not phone.window_open:
            raise GraphError(graph_errors.WINDOW_CLOSED)
        contact = _contact_of(recipient, phone)
        self._check_pair_limit(str(contact.get("user_id", recipient.key)))
        message_id = patient.new_message_id()
        self.sent.append(Sent(message_id, time.time(), recipient.key, body))
        failure = self.faults.draw(OUTCOMES)
        if phone and failure is None:
            phone.show_clinics(message_id, body)
        self._begin(self._report(message_id, contact, body.get("biz_opaque_callback_data"), failure))
        addressed = {"wa_id": recipient.phone} if recipient.phone else {"user_id": recipient.user_id}
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": recipient.key, **addressed}],
            "messages": [{"id": message_id}],
        }

    def mark_read(self, body: Any) -> Json:
        """The Graph API's answer to a read mark, with or without "typing…". Raises GraphError."""
        message_id, typing = bodies.read_mark(body)
        for phone in self.phones.values():
            if phone.mark_read(message_id):
                if typing:
                    phone.show_typing()
                return {"success": True}
        if self._strict:
            raise GraphError(graph_errors.INVALID_PARAMETER, "message_id: nobody here has sent such a message")
        return {"success": True}

    def _phone_of(self, recipient: bodies.Recipient) -> Phone | None:
        if recipient.user_id:
            return self.phones.get(recipient.user_id)
        return next((phone for phone in self.phones.values() if phone.patient.phone == recipient.phone), None)

    def _check_pair_limit(self, person: str) -> None:
        """Raises GraphError where the plan of faults has a limit and this is one message too many."""
        limit, now = self.faults.plan.pair_limit, time.monotonic()
        times = self._times[person]
        while times and times[0] <= now - PAIR_SECONDS:
            times.popleft()
        if limit and len(times) >= limit:
            raise GraphError(graph_errors.PAIR_LIMIT)
        times.append(now)

    async def _report(self, message_id: str, contact: Json, tracker: str | None, failure: Fault | None) -> None:
        for status in STATUSES if failure is None else ("failed",):
            await asyncio.sleep(self.timing.between_statuses)
            error = FAILURES[failure] if failure else None
            document = status_document(
                self.settings.whatsapp_phone_number_id, contact, message_id, status, tracker=tracker, error=error
            )
            self._post(contact.get("user_id") or contact["wa_id"], f"status: {status}", document)

    # The patients' side

    def add_patient(self, name: str, *, hidden: bool) -> Phone:
        """A new patient. Raises ValueError where all numbers are taken."""
        number = 1 + max((phone.patient.number for phone in self.phones.values()), default=0)
        phone = self.phones.setdefault((new := Patient(number, name, hidden)).user_id, Phone(new))
        return phone

    def say(self, phone: Phone, message: Json) -> str:
        """Sends a patient's message (made by a function of patient.py); its id."""
        stamped = patient.stamp(message, phone.patient)
        bubble = phone.show_own(stamped)

        def show_delivered() -> None:
            if bubble and bubble.tick is Tick.SENT:
                bubble.tick = Tick.DELIVERED

        document = message_document(self.settings.whatsapp_phone_number_id, phone.patient, stamped)
        self._post(phone.patient.user_id, f"message: {stamped['type']}", document, show_delivered)
        return str(stamped["id"])

    def let_a_day_pass(self) -> None:
        """Everything so far happened 25 hours earlier, what the gateway hasn't taken yet included."""
        for phone in self.phones.values():
            phone.age(A_DAY)
        self.webhooks.age(int(A_DAY.total_seconds()))

    def _post(self, person: str, title: str, document: Json, on_taken: Callable[[], None] | None = None) -> None:
        self.webhooks.send(Webhook(person, title, document, on_taken or _nothing))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _contact_of(recipient: bodies.Recipient, phone: Phone | None) -> Json:
    if phone:
        return phone.patient.contact()
    known = {"wa_id": recipient.phone} if recipient.phone else {"user_id": recipient.user_id}
    return {"profile": {"name": "Somebody Else"}, **known}


def _nothing() -> None:
    """What there is to do when the gateway has taken a status."""
