"""Rasa's side of the gateway: an input channel on loopback that hands over whole messages.

Rasa's own REST channel drops an answer's metadata (title, source) and splits texts at blank lines, and offers no way
to erase a conversation. Named in credentials.yml; `rasa shell` and the REST channel work beside it.
"""

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.tracker_store import SQLTrackerStore
from sanic import Blueprint, Request, Sanic, response
from sanic.response import HTTPResponse

from clinicbot import rasa_domain, rasa_validation
from clinicbot.releases.serving import LiveModel
from clinicbot.releases.store import STARTED_WITH, Releases
from clinicbot.settings import Settings
from clinicbot.understood import Understood

if TYPE_CHECKING:
    from rasa.core.agent import Agent

rasa_validation.install()
rasa_domain.install()


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
            message = UserMessage(
                body["message"],
                collector,
                body["sender"],
                input_channel=self.name(),
                metadata=body.get("metadata"),
            )
            understood = await _handle(request.app.ctx.agent, message, _release(request))
            if understood and collector.messages:
                collector.messages[0]["understood"] = understood.to_json()
            return response.json(collector.messages)

        @routes.route("/ready", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            live = getattr(request.app.ctx, "live_model", None)
            state = (
                {"release": live.number, "refused": live.refused, "refused_release": live.refused_number}
                if live
                else {}
            )
            return response.json(state, status=200 if agent and agent.is_ready() else 503)

        @routes.listener("after_server_start")
        async def watch_releases(app: Sanic, _loop: Any) -> None:
            if STARTED_WITH in os.environ:  # set by `clinicbot serve-rasa`; not where Rasa is run on its own
                app.ctx.live_model = LiveModel(lambda: app.ctx.agent, Releases(Settings.from_environment().var))
                app.add_task(app.ctx.live_model.watch())

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


def _release(request: Request) -> int | None:
    live = getattr(request.app.ctx, "live_model", None)
    return live.number if live else None


async def _handle(agent: "Agent | None", message: UserMessage, release: int | None) -> Understood | None:
    """What `Agent.handle_message` does, and what was made of the message; None without a model.

    Rasa's own way keeps that to itself. The message is read first, which Rasa then doesn't do again; all of it by one
    model, though another one may go live meanwhile.
    """
    processor = agent.processor if agent and agent.is_ready() else None
    if agent is None or processor is None:
        return None
    async with agent.lock_store.lock(message.sender_id):
        message.parse_data = await processor.parse_message(message)
        await processor.handle_message(message)
    return Understood.from_parse_data(message.parse_data, release)
