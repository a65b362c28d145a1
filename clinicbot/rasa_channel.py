"""Rasa's side of the gateway: an input channel on loopback that hands over whole messages.

Rasa's own REST channel drops an answer's metadata (title, source) and splits texts at blank lines, and offers no way
to erase a conversation. Named in credentials.yml; `rasa shell` and the REST channel work beside it.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.tracker_store import SQLTrackerStore
from sanic import Blueprint, Request, response
from sanic.response import HTTPResponse

from clinicbot import rasa_validation

rasa_validation.install()


class WholeMessages(CollectingOutputChannel):
    """Collects bot messages as they are, metadata included."""

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        await self._persist_message(
            {key: message.get(key) for key in ("text", "buttons", "metadata")} | {"recipient_id": recipient_id}
        )


class GatewayInput(InputChannel):
    @classmethod
    def name(cls) -> str:
        return "gateway"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("gateway_webhook", __name__)

        @routes.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            collector = WholeMessages()
            body = request.json
            await on_new_message(
                UserMessage(
                    body["message"],
                    collector,
                    body["sender"],
                    input_channel=self.name(),
                    metadata=body.get("metadata"),
                )
            )
            return response.json(collector.messages)

        @routes.route("/ready", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            return response.json({}, status=200 if agent and agent.is_ready() else 503)

        @routes.route("/conversations/<sender>", methods=["DELETE"])
        async def forget(request: Request, sender: str) -> HTTPResponse:
            agent = request.app.ctx.agent
            store = agent.tracker_store if agent else None
            while store is not None and hasattr(store, "_tracker_store"):  # the fail-safe and await wrappers
                store = store._tracker_store
            if not isinstance(store, SQLTrackerStore):
                return response.json({"error": "no SQL tracker store"}, status=503)
            with store.session_scope() as session:
                session.query(store.SQLEvent).filter_by(sender_id=sender).delete()
                session.commit()
            return response.empty()

        return routes
