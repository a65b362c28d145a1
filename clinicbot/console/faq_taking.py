"""Sentences that the assistant learned not to answer, until the clinic has an answer to them: they change their owner.

"can i fly afterwards" stands among what the clinic's text doesn't say; the day it does, an FAQ must be able to have it.
"""

from collections.abc import Sequence

from clinicbot.console.services import Console
from clinicbot.faq import outside
from clinicbot.faq.linter import OUT_OF_SCOPE_INTENTS, Finding, fingerprint
from clinicbot.faq.model import Faq
from clinicbot.faq.writer import Refused
from clinicbot.store.people import Person

Taken = dict[str, list[str]]
"""Sentences by the intent that they are taken from."""


def takeable(findings: Sequence[Finding], faq: Faq) -> Taken:
    """The sentences that stand in the way, if nothing else does; else nothing."""
    taken: Taken = {}
    typed = {fingerprint(phrasing): phrasing for phrasing in faq.phrasings}
    for finding in findings:
        owners = {finding.where, finding.values.get("owner", "")} & set(OUT_OF_SCOPE_INTENTS)
        phrasing = typed.get(fingerprint(finding.values.get("phrasing", "")))
        if finding.code != "F016" or not owners or phrasing is None:
            return {}
        taken.setdefault(owners.pop(), []).append(phrasing)
    return taken


def take(console: Console, person: Person, taken: Taken, faq_id: str) -> None:
    """Out of there. Raises Refused where too few would be left, and then nothing is taken."""
    done: Taken = {}
    try:
        for intent, phrasings in taken.items():
            outside.remove(intent, phrasings, console.root)
            done[intent] = phrasings
    except Refused:
        put_back(console, done)
        raise
    count = sum(map(len, taken.values()))
    console.audit.record(person.username, "outside.take", faq_id, {"from": sorted(taken), "phrasings": count})


def put_back(console: Console, taken: Taken) -> None:
    """After all, since the FAQ was refused."""
    for intent, phrasings in taken.items():
        outside.add(intent, phrasings, console.root)
