"""What went over the wire, for whoever wants to see it: the newest requests of both directions."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

KEPT = 300


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, as JSON or text; `status` is None where no answer came."""

    id: int
    at: datetime
    to_clinic: bool  # a webhook; else a request of the clinic's to the Graph API
    title: str
    request: Any
    status: int | None
    response: Any

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "to_clinic": self.to_clinic,
            "title": self.title,
            "request": self.request,
            "status": self.status,
            "response": self.response,
        }


class Wire:
    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=KEPT)
        self.newest = 0

    def add(self, *, to_clinic: bool, title: str, request: Any, status: int | None, response: Any) -> None:
        self.newest += 1
        now = datetime.now(timezone.utc)
        self._exchanges.append(Exchange(self.newest, now, to_clinic, title, request, status, response))

    def after(self, id: int) -> list[Exchange]:
        """Those after an id, oldest first."""
        return [exchange for exchange in self._exchanges if exchange.id > id]
