"""What goes along a message's way in the gateway: how it came, what it may go on from, and the replies to record."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from clinicbot.callback import Standing, Wanted, Withdrawn
from clinicbot.reply import Kind, Reply
from clinicbot.store.conversations import StoredMessage
from clinicbot.store.figures import RED, WEB, Counted
from clinicbot.store.said import Said
from clinicbot.understood import Understood


@dataclass(frozen=True)
class Prepared:
    """Replies that are to be recorded. `payloads` is what their buttons stand for; `request` is stored with them, or
    they aren't said."""

    replies: Sequence[Reply]
    language: str
    payloads: dict[str, str] = field(default_factory=dict)
    understood: Understood | None = None
    request: Wanted | Withdrawn | None = None


@dataclass(frozen=True)
class Received:
    """A message on its channel. `began` is since when somebody watches the clock (monotonic), None if nobody does."""

    message: StoredMessage
    channel: str = WEB
    began: float | None = None

    def counted(self, prepared: Prepared) -> Counted:
        first, understood = prepared.replies[0], prepared.understood
        if first.kind is Kind.EMERGENCY:  # no model in its way: that it took no time is not worth the counting
            return Counted(self.channel, prepared.language, first.kind.value, RED)
        seconds = time.monotonic() - self.began if self.began is not None else None
        return Counted(
            self.channel, prepared.language, first.kind.value, understood.label if understood else "", seconds
        )


@dataclass(frozen=True)
class Before:
    """What a message may go on from, and what the callback form has to know."""

    said: Sequence[Said]
    standing: Standing
