"""Real messages that the assistant could not answer and that come near to an FAQ, to be added to its phrasings."""

from collections.abc import Sequence

from clinicbot.clock import utc_now
from clinicbot.console.services import Console
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import MAX_PHRASING_LENGTH
from clinicbot.faq.nearness import most_alike, sample
from clinicbot.nlu.normalise import normalise
from clinicbot.review.queue import LOOKED_BACK, unanswered

COMPARED = 300  # messages, the newest


def suggestions(console: Console, phrasings: Sequence[str]) -> list[str]:
    """Best first; personal data in them is masked. Blocking, up to a second."""
    messages = [" ".join(waiting.text.split()) for waiting in unanswered(console.engine, utc_now() - LOOKED_BACK)]
    drafts = Drafts(console.root)
    new = [text for text in dict.fromkeys(messages) if text and drafts.owner_of(text) is None]
    candidates = [text for text in new if len(text) <= MAX_PHRASING_LENGTH][:COMPARED]
    own = sample(list(phrasings))
    if not candidates or not own:
        return []
    vectors = console.reader.vectors([normalise(text) for text in [*own, *candidates]])
    return [candidates[position] for position in most_alike(vectors[len(own) :], vectors[: len(own)])]
