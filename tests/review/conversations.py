"""Made-up conversations, answered as the gateway would record it."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.reply import Kind, Reply
from clinicbot.store.conversations import Conversations
from clinicbot.store.database import messages
from clinicbot.understood import Understood

NOT_UNDERSTOOD = "nlu_fallback"
_KINDS = {NOT_UNDERSTOOD: Kind.FALLBACK, "out_of_scope": Kind.FALLBACK, "greet": Kind.SMALLTALK, "deny": Kind.SMALLTALK}


@dataclass
class Talk:
    """One patient's conversation; what is said first was said `begun` ago, then a minute passes each time."""

    engine: Engine
    language: str = "en"
    begun: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        self.conversations = Conversations(self.engine)
        self.session = self.conversations.start(self.language, {}, timedelta(days=1)).id
        self._numbers = itertools.count()
        self._now = utc_now() - self.begun

    def say(
        self,
        text: str,
        label: str | None = NOT_UNDERSTOOD,
        confidence: float = 0.9,
        *,
        also: tuple[str, ...] = (),
        nearest: tuple[str, ...] = (),
        button: str | None = None,
        emergency: bool = False,
        helpful: bool | None = None,
        after: timedelta = timedelta(minutes=1),
    ) -> int:
        """The message's id. `label` None: Rasa made nothing of it."""
        self._now += after
        message = self.conversations.receive(self.session, f"m{next(self._numbers)}", text, button)
        kind = Kind.EMERGENCY if emergency else _KINDS.get(label or NOT_UNDERSTOOD, Kind.ANSWER)
        reply = Reply(kind, self.language, "An answer.").to_json()
        understood = Understood((label, *also), confidence, nearest) if label else None
        self.conversations.answer(
            message, [reply], language=self.language, emergency=emergency, payloads={}, understood=understood
        )
        self._move(message.id, self._now)
        if helpful is not None:
            assert self.conversations.rate(self.session, reply["id"], helpful)
        return message.id

    def _move(self, message_id: int, at: datetime) -> None:
        with self.engine.begin() as connection:
            connection.execute(update(messages).where(messages.c.id == message_id).values(received_at=at))
