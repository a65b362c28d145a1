"""Which of a person's messages are answered together: people on a messenger write one thought in several messages.

"hi", "quick q", "can i shower after" is one turn. When the last message looks finished the rest is not waited for as
long as when it looks like a beginning.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from clinicbot.messages import Content
from clinicbot.store.inbox import Waiting

# A turn has so many characters at most, as many as a message of the web chat, …
MAX_CHARACTERS = 1_000
# … and so many messages: more are more than a few questions.
MAX_MESSAGES = 5
# Fewer words than this look like the beginning of something ("hi", "quick q"), unless they end like a sentence.
WORDS_OF_A_SENTENCE = 4
# In times of the pause: after what looks like a beginning, and in all.
PAUSE_AFTER_A_BEGINNING = 2
LONGEST_PAUSE = 4

_FINISHED = re.compile(r"[.!?…؟]['\"»”)\s]*$")


@dataclass(frozen=True)
class NextTurn:
    """The messages of the next turn and the seconds to wait for more of them; 0: it is complete."""

    rows: tuple[Waiting, ...]
    seconds: float

    @property
    def text(self) -> str:
        """Each message as a paragraph, so that a greeting doesn't run into a question."""
        return "\n\n".join(row.text for row in self.rows if row.text)

    @property
    def is_too_long(self) -> bool:
        return len(self.text) > MAX_CHARACTERS


def next_turn(rows: Sequence[Waiting], now: datetime, pause: float) -> NextTurn:
    """The next turn of waiting messages (at least one, in order), which may be TEXT, UNREADABLE or BUTTON.

    `pause` is the shortest wait in seconds. A pressed button is a turn of its own and waits for nothing.
    """
    if rows[0].content is Content.BUTTON:
        return NextTurn((rows[0],), 0.0)
    together: list[Waiting] = []
    length = 0
    for row in rows:
        length += len(row.text) + 1
        if together and (row.content is Content.BUTTON or len(together) == MAX_MESSAGES or length > MAX_CHARACTERS):
            return NextTurn(tuple(together), 0.0)
        together.append(row)
    waited = (now - together[-1].received_at).total_seconds()
    waited_in_all = (now - together[0].received_at).total_seconds()
    wait = pause * (1 if _looks_finished(together[-1]) else PAUSE_AFTER_A_BEGINNING) - waited
    return NextTurn(tuple(together), max(0.0, min(wait, LONGEST_PAUSE * pause - waited_in_all)))


def _looks_finished(row: Waiting) -> bool:
    # a photo is often followed by what it is about
    return bool(_FINISHED.search(row.text)) or len(row.text.split()) >= WORDS_OF_A_SENTENCE
