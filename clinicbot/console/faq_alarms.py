"""Phrasings that are emergencies. The safety gate answers them before any FAQ is asked for; as phrasings of one they
would only teach the classifier that what sounds like them is no emergency."""

from collections.abc import Iterator, Mapping, Sequence

from clinicbot.console.faq_trying import live_faqs
from clinicbot.console.services import Console
from clinicbot.faq.checking import MAX_PHRASINGS
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import MAX_PHRASING_LENGTH, Finding, fingerprint
from clinicbot.faq.model import Faq
from clinicbot.safety.red_flags import find_red_flag


def alarms(console: Console, edits: Mapping[str, Faq | None]) -> list[Finding]:
    """What raises the alarm of the phrasings and titles that neither the draft nor the live FAQ has yet.

    Blocking, some milliseconds for each of them.
    """
    drafts, live = Drafts(console.root).faqs(), live_faqs(console)
    return [
        Finding("F026", faq_id, f"{text[:40]!r}: raises the alarm; delete it", "", {"phrasing": text[:40]})
        for faq_id, faq in edits.items()
        if faq is not None
        for text in _new(faq, [known for known in (drafts.get(faq_id), live.get(faq_id)) if known])
        if find_red_flag(text) is not None
    ]


def _new(faq: Faq, known: Sequence[Faq]) -> Iterator[str]:
    there = {fingerprint(text) for each in known for text in _questions(each)}
    return (text for text in _questions(faq) if fingerprint(text) not in there)


def _questions(faq: Faq) -> Iterator[str]:
    """Without what the writer refuses anyway, which would take long to look at."""
    texts = [*(faq.phrasings if len(faq.phrasings) <= MAX_PHRASINGS else ())]
    texts += [answer.title for answer in faq.answers.values()]
    return (text for text in texts if len(text) <= MAX_PHRASING_LENGTH)
