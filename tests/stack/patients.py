"""Patients of a running assistant, over the chat API."""

import itertools
import threading
import time
import uuid
from types import TracebackType
from typing import Any

import httpx

# design 5.5 and 5.6: five seconds for Rasa, one for everything else
REPLY_SECONDS = 6.0
# Each has an answer of its own, whatever else is published.
KNOWN = ("How long does botox last?", "botoksun etkisi kaç ay sürer", "When is the effect of botox fully visible?")
PAUSE_SECONDS = 0.1


class Patient:
    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        token = client.post("/api/v1/sessions", json={}).json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def say(self, text: str) -> dict[str, Any]:
        """The first reply, which must come in time."""
        body = {"id": str(uuid.uuid4()), "text": text}
        began = time.monotonic()
        response = self.client.post("/api/v1/messages", json=body, headers=self.headers)
        assert response.status_code == 200, response.text
        assert time.monotonic() - began < REPLY_SECONDS
        reply: dict[str, Any] = response.json()["replies"][0]
        return reply


class Crowd:
    """One patient after the other, each with a question that is answered, as long as the block lasts; behind it, all
    of them were."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answered = 0
        self.failures: list[str] = []

    def __enter__(self) -> "Crowd":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ending.set()
        self._thread.join()
        if error is None:
            assert self.answered, "nobody was answered"
            assert not self.failures, self.failures

    def _ask(self) -> None:
        with httpx.Client(base_url=self._address, timeout=15) as client:
            for question in itertools.cycle(KNOWN):
                try:
                    reply = Patient(client).say(question)
                except (httpx.HTTPError, AssertionError) as failure:
                    self.failures.append(f"{question}: {failure!r}")
                else:
                    self.answered += 1
                    if reply["kind"] != "answer":
                        self.failures.append(f"{question}: {reply['kind']}: {reply['text']}")
                if self._ending.wait(PAUSE_SECONDS):
                    return
