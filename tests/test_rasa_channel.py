"""The channel's handler with a stand-in for Rasa's processor: what it is given, and what it hands over."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from rasa.core.channels.channel import UserMessage

from clinicbot.rasa_channel import GatewayInput

GREETING = {"text": "Hello.", "intent": {"name": "greet", "confidence": 0.9}, "entities": []}


class Processor:
    """Reads and answers as Rasa's does, in so far as the channel depends on it."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts
        self.read: list[str] = []

    async def parse_message(self, message: UserMessage) -> dict[str, Any]:
        self.read.append(message.text)
        return GREETING

    async def handle_message(self, message: UserMessage) -> None:
        message.parse_data = message.parse_data or await self.parse_message(message)
        for text in self._texts:
            await message.output_channel.send_response(message.sender_id, {"text": text, "metadata": {"kind": "x"}})


class Agent:
    def __init__(self, processor: Processor | None) -> None:
        self.processor = processor
        self.locked: list[str] = []
        self.lock_store = self

    def is_ready(self) -> bool:
        return self.processor is not None

    @asynccontextmanager
    async def lock(self, sender: str) -> AsyncIterator[None]:
        self.locked.append(sender)
        yield


async def ask(agent: Agent | None) -> Any:
    async def unused(_message: UserMessage) -> None:
        raise AssertionError("the channel asks the processor itself")

    routes = GatewayInput().blueprint(unused)._future_routes
    receive: Any = next(route.handler for route in routes if route.uri == "/webhook")
    request = SimpleNamespace(
        json={"sender": "s1", "message": "hello"}, app=SimpleNamespace(ctx=SimpleNamespace(agent=agent))
    )
    return json.loads((await receive(request)).body)


async def test_what_was_understood_comes_with_the_first_message() -> None:
    first, second = await ask(Agent(Processor("Hello.", "How can I help?")))
    assert first["understood"] == {"labels": ["greet"], "confidence": 0.9, "nearest": [], "release": None}
    assert first["text"] == "Hello."
    assert first["metadata"] == {"kind": "x"}
    assert "understood" not in second


async def test_a_message_is_read_once_and_in_the_conversations_turn() -> None:
    agent = Agent(processor := Processor("Hello."))
    await ask(agent)
    assert processor.read == ["hello"]
    assert agent.locked == ["s1"]


async def test_without_a_model_nothing_is_answered() -> None:
    assert await ask(Agent(None)) == []
    assert await ask(None) == []


async def test_silence_stays_silence() -> None:
    assert await ask(Agent(Processor())) == []
