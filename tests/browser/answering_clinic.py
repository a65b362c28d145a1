"""A tiny gateway for the WhatsApp simulator's page: it answers each message through the simulator's Graph API."""

import hashlib
import hmac
import threading
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clinicbot.settings import Settings
from tests.browser.servers import PATIENCE, Server

Json = dict[str, Any]

SETTINGS = Settings(
    whatsapp_app_secret="app-secret-of-the-tests",
    whatsapp_verify_token="verify-token-of-the-tests",
    whatsapp_access_token="access-token-of-the-tests",
    whatsapp_phone_number_id="106540352242922",
)
LINE = "+44 20 7946 0123"
BOLD = "*Call 112 now* if you have trouble _breathing_."
ARABIC = "مرحبا! كيف يمكنني مساعدتك؟"
LONG_ROW = "Who should not have it"
BUTTONS = ("How long?", "Is it safe?", "Aftercare")


def text(body: str) -> Json:
    return {"type": "text", "text": {"body": body}}


ANSWERS: dict[str, Json] = {
    "bold": text(BOLD),
    "arabic": text(ARABIC),
    "buttons": {
        "type": "interactive",
        "interactive": {
            "type": "button",
            "body": {"text": "What would you like to know?"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": f"b{place}", "title": title}}
                    for place, title in enumerate(BUTTONS)
                ]
            },
        },
    },
    "list": {
        "type": "interactive",
        "interactive": {
            "type": "list",
            "body": {"text": "There is more than one answer to that."},
            "footer": {"text": "You can also type."},
            "action": {
                "button": "Questions",
                "sections": [
                    {
                        "rows": [
                            {"id": "r0", "title": "How long it lasts", "description": "Four to six months, and when."},
                            {"id": "r1", "title": LONG_ROW, "description": "Pregnancy, some illnesses, allergies."},
                            {"id": "r2", "title": "What to avoid afterwards"},
                        ]
                    }
                ],
            },
        },
    },
    "card": {
        "type": "contacts",
        "contacts": [
            {
                "name": {"formatted_name": "Test Clinic", "first_name": "Test Clinic"},
                "phones": [{"phone": LINE, "type": "WORK"}],
            }
        ],
    },
}


class AnsweringClinic(Server):
    """`graph_url` is set once the simulator listens. `hold` keeps answers back, behind "typing…"."""

    def __init__(self) -> None:
        super().__init__(self._app)
        self.graph_url = ""
        self.received: list[Json] = []
        self._arrived = threading.Condition()
        self._may_answer = threading.Event()
        self._may_answer.set()

    def after(self, count: int) -> list[Json]:
        """What was received, once so many messages are: the page shows a reaction before it has arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= count, PATIENCE), "messages are missing"
            return list(self.received)

    def hold(self) -> None:
        self._may_answer.clear()

    def go_on(self) -> None:
        self._may_answer.set()

    def _app(self) -> Starlette:
        path = "/webhooks/whatsapp"
        return Starlette(routes=[Route(path, self._shake_hands), Route(path, self._take, methods=["POST"])])

    async def _shake_hands(self, request: Request) -> Response:
        query = request.query_params
        known = query["hub.verify_token"] == SETTINGS.whatsapp_verify_token
        return PlainTextResponse(query["hub.challenge"] if known else "", 200 if known else 403)

    async def _take(self, request: Request) -> Response:
        raw = await request.body()
        expected = hmac.new(SETTINGS.whatsapp_app_secret.encode(), raw, hashlib.sha256).hexdigest()
        if request.headers["x-hub-signature-256"] != f"sha256={expected}":
            return Response(status_code=403)
        value = (await request.json())["entry"][0]["changes"][0]["value"]
        messages = value.get("messages", [])
        with self._arrived:
            self.received += messages
            self._arrived.notify_all()
        return Response(background=BackgroundTask(self._answer, messages))

    async def _answer(self, messages: list[Json]) -> None:
        address = f"{self.graph_url}/v26.0/{SETTINGS.whatsapp_phone_number_id}/messages"
        headers = {"Authorization": f"Bearer {SETTINGS.whatsapp_access_token}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as http:
            for message in messages:
                mark = {"status": "read", "message_id": message["id"], "typing_indicator": {"type": "text"}}
                await http.post(address, json={"messaging_product": "whatsapp", **mark})
                await run_in_threadpool(self._may_answer.wait, PATIENCE)
                if message["type"] == "reaction":
                    continue
                written = message.get("text", {}).get("body", "")
                body = ANSWERS.get(written) or text(f"Got your {message['type']}: {written}")
                whom = {"to": message["from"]} if "from" in message else {"recipient": message["from_user_id"]}
                response = await http.post(address, json={"messaging_product": "whatsapp", **whom, **body})
                assert response.status_code in (200, 400, 429, 500), response.text
