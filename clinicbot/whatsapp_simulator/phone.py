"""A patient's phone: the chat with the clinic as WhatsApp shows it."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from clinicbot.whatsapp_simulator.patient import Json, Patient

# Meta's reference: "typing…" goes after this many seconds, or with the next message.
TYPING_SECONDS = 25.0
# And a business may write freely for so long after somebody's last message.
WINDOW = timedelta(hours=24)


class Tick(str, Enum):
    """Beside a patient's message: WhatsApp has it; the clinic has it; the clinic has read it."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


@dataclass
class Bubble:
    """`body` is the message as it went over the wire; `tick` is for the patient's own only.

    The other three are what the patient did: the emoji on a message of the clinic's, the id of the option pressed
    there, whether an own text was changed.
    """

    id: str
    mine: bool
    at: datetime
    body: Json
    tick: Tick | None = None
    reaction: str = ""
    pressed: str = ""
    edited: bool = False

    def options(self) -> list[dict[str, str]]:
        """The buttons, or the rows of the list, that the clinic offers here."""
        action: dict[str, Any] = self.body.get("interactive", {}).get("action", {})
        buttons = [button["reply"] for button in action.get("buttons", ())]
        return buttons + [row for section in action.get("sections", ()) for row in section["rows"]]

    def to_json(self) -> Json:
        return {
            "id": self.id,
            "mine": self.mine,
            "at": self.at.isoformat(),
            "body": self.body,
            "tick": self.tick.value if self.tick else None,
            "reaction": self.reaction,
            "pressed": self.pressed,
            "edited": self.edited,
        }


@dataclass
class Phone:
    patient: Patient
    bubbles: list[Bubble] = field(default_factory=list)
    wrote_at: datetime | None = None
    _own_ids: set[str] = field(default_factory=set)
    _typing_until: float = 0.0  # on the monotonic clock

    @property
    def window_open(self) -> bool:
        """Whether the clinic may write."""
        return self.wrote_at is not None and datetime.now(timezone.utc) - self.wrote_at <= WINDOW

    @property
    def typing(self) -> bool:
        return time.monotonic() < self._typing_until

    def find(self, message_id: str) -> Bubble | None:
        return next((bubble for bubble in self.bubbles if bubble.id == message_id), None)

    def show_typing(self) -> None:
        self._typing_until = time.monotonic() + TYPING_SECONDS

    def show_clinics(self, message_id: str, body: Json) -> None:
        self._typing_until = 0.0
        self.bubbles.append(Bubble(message_id, mine=False, at=datetime.now(timezone.utc), body=body))

    def show_own(self, message: Json) -> Bubble | None:
        """The new bubble; none for a reaction or an edit, which change an old one."""
        self.wrote_at = datetime.now(timezone.utc)
        self._own_ids.add(message["id"])
        if "reaction" in message:
            if reacted := self.find(message["reaction"]["message_id"]):
                reacted.reaction = message["reaction"].get("emoji", "")
            return None
        if "edit" in message:
            if changed := self.find(message["edit"]["original_message_id"]):
                changed.body = {**changed.body, "text": message["edit"]["message"]["text"]}
                changed.edited = True
            return None
        if "interactive" in message and (answered := self.find(message["context"]["id"])):
            reply = message["interactive"]
            answered.pressed = reply[reply["type"]]["id"]
        bubble = Bubble(message["id"], mine=True, at=self.wrote_at, body=message, tick=Tick.SENT)
        self.bubbles.append(bubble)
        return bubble

    def mark_read(self, message_id: str) -> bool:
        """Blue ticks up to this message; whether the patient has written such a one."""
        if message_id not in self._own_ids:
            return False
        if read := self.find(message_id):  # a reaction or an edit has no bubble of its own
            for bubble in self.bubbles[: self.bubbles.index(read) + 1]:
                bubble.tick = Tick.READ if bubble.mine else None
        return True

    def age(self, by: timedelta) -> None:
        """Everything happened so much earlier."""
        for bubble in self.bubbles:
            bubble.at -= by
        if self.wrote_at:
            self.wrote_at -= by
