"""Speed of the WhatsApp channel, through the whole stack with a stand-in for Meta's Graph API.

`python -m bench.whatsapp` prints how long Meta waits for our acknowledgement, and patients for an answer, first at an
easy pace and then in a burst. Answers wait for the pause (CLINICBOT_PAUSE) in which more of the same could be typed.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.load import percentile
from bench.processes import free_ports, our_server
from clinicbot.settings import Settings

NUMBER_ID = "100000000000000"
QUESTIONS = (
    "how long does botox last?",
    "does it hurt?",
    "can i shower after botox?",
    "who should not have it?",
    "botoksun etkisi ne kadar sürer?",
    "kann ich danach Make-up tragen?",
)
EMERGENCY = "cant swallow since the injections"
STREAM = 300
ANSWERED_WITHIN_SECONDS = 120
POLL_SECONDS = 0.5


@dataclass
class Times:
    """In milliseconds: acknowledgements, and answers by the time the Graph API had them."""

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)


@dataclass
class Meta:
    """Posts webhooks to the gateway and looks at what the stand-in for the Graph API received."""

    http: aiohttp.ClientSession
    gateway: str
    graph: str
    secret: str

    async def post(self, person: str, text: str) -> float:
        """Milliseconds until the acknowledgement. Raises RuntimeError for any other answer."""
        body = json.dumps(webhook(f"wamid.{secrets.token_hex(12)}", person, text)).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        began = time.monotonic()
        headers = {"X-Hub-Signature-256": f"sha256={signature}"}
        async with self.http.post(f"{self.gateway}/webhooks/whatsapp", data=body, headers=headers) as response:
            await response.read()
            if response.status != 200:
                raise RuntimeError(f"the webhook answered {response.status}")
        return 1000 * (time.monotonic() - began)

    async def told(self) -> dict[str, float]:
        """The people who were sent something, and when first, in seconds since 1970."""
        first: dict[str, float] = {}
        async with self.http.get(f"{self.graph}/simulator/sent") as response:
            for sent in (await response.json())["sent"]:
                first.setdefault(str(sent["body"].get("to")), float(sent["at"]))
        return first


def webhook(message_id: str, person: str, text: str) -> dict[str, Any]:
    message = {
        "from": person,
        "id": message_id,
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "447700900999", "phone_number_id": NUMBER_ID},
        "contacts": [{"wa_id": person}],
        "messages": [message],
    }
    changes = [{"value": value, "field": "messages"}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}


async def measure(meta: Meta, people: Sequence[str], text: str | None, at_once: int) -> Times:
    """Each person writes one message (of QUESTIONS, or `text`), so many at the same time; all must be answered."""
    times = Times()
    began: dict[str, float] = {}
    queue = iter(enumerate(people))

    async def write() -> None:
        for number, person in queue:
            began[person] = time.time()
            times.acknowledged.append(await meta.post(person, text or QUESTIONS[number % len(QUESTIONS)]))

    await asyncio.gather(*(write() for _ in range(at_once)))
    end = time.monotonic() + ANSWERED_WITHIN_SECONDS
    while missing := set(people) - set(told := await meta.told()):
        if time.monotonic() > end:
            raise RuntimeError(f"{len(missing)} people had no answer after {ANSWERED_WITHIN_SECONDS} s")
        await asyncio.sleep(POLL_SECONDS)
    times.answered += [1000 * (told[person] - began[person]) for person in people]
    return times


def row(name: str, values: Sequence[float]) -> str:
    shares = (percentile(values, share) for share in (50, 95, 99))
    return f"{name:<46}" + "".join(f"{value:>10.1f}" for value in (*shares, max(values)))


async def run(gateway: str, graph: str, secret: str, people: int) -> None:
    numbers = [f"447700{900000 + number:06}" for number in range(1000)]
    print(f"{'milliseconds':<46}{'p50':>10}{'p95':>10}{'p99':>10}{'max':>10}")
    async with aiohttp.ClientSession() as http:
        meta = Meta(http, gateway, graph, secret)
        rounds = (
            ("one patient after the other", numbers[:20], None, 1),
            (f"{STREAM} patients, 16 at a time", numbers[500 : 500 + STREAM], None, 16),
            (f"a burst of {people} patients", numbers[20 : 20 + people], None, people),
            ("emergencies, 20 patients at once", numbers[-20:], EMERGENCY, 20),
        )
        for name, who, text, at_once in rounds:
            times = await measure(meta, who, text, at_once)
            print(row(f"{name}: acknowledged", times.acknowledged))
            print(row(f"{name}: answered", times.answered), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100, help="patients in the burst (default: %(default)s)")
    people = parser.parse_args().people
    (port,) = free_ports(1)
    variables = {
        "WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "WHATSAPP_VERIFY_TOKEN": secrets.token_hex(16),
        "WHATSAPP_ACCESS_TOKEN": secrets.token_hex(16),
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID,
        "WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{port}/v26.0",
    }
    stand_in = [
        sys.executable,
        *("-m", "uvicorn", "clinicbot.whatsapp_simulator.app:create_graph_api", "--factory"),
        *("--port", str(port), "--ws", "none", "--log-level", "warning", "--no-access-log"),
    ]
    with our_server(variables=variables, more_programs={"graph": stand_in}) as server:
        print(f"pause {Settings().pause} s; start {server.start_seconds:.1f} s", flush=True)
        asyncio.run(run(server.url, f"http://127.0.0.1:{port}", variables["WHATSAPP_APP_SECRET"], people))


if __name__ == "__main__":
    main()
