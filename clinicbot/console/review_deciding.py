"""What is done with messages of the review queue, and undone: written, recorded and put into the log, without words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from clinicbot.console.faq_forms import digest_of
from clinicbot.console.faq_saving import EditedMeanwhile, add_phrasings, save
from clinicbot.console.review_listing import phrasing_of, problem_of
from clinicbot.console.services import Console
from clinicbot.faq import outside, writer
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import fingerprint
from clinicbot.review.masking import mask
from clinicbot.review.queue import Waiting
from clinicbot.store.people import Person
from clinicbot.store.reviews import Act, Decision, Reviews

_ATTEMPTS = 5


@dataclass(frozen=True)
class Done:
    """How many messages were dealt with, and how many were left alone because they can't become a phrasing."""

    count: int
    left: int


def dismiss(console: Console, person: Person, chosen: Sequence[Waiting]) -> Done:
    numbers = [message.message_id for message in chosen]
    count = Reviews(console.engine).decide(numbers, Decision.DISMISSED, person.username)
    console.audit.record(person.username, "review.dismiss", "", {"messages": count})
    return Done(count, 0)


def add_to_faq(console: Console, person: Person, faq_id: str, chosen: Sequence[Waiting]) -> Done:
    """Raises writer.Refused, LookupError for no such FAQ, or ContentError. Then nothing was written or decided."""
    kept = phrasings_in(chosen)
    faq = Drafts(console.root).get(faq_id)
    known = {fingerprint(text) for text in faq.phrasings} if faq else set()
    _repeated(lambda: add_phrasings(console, person, faq_id, list(kept.values())))
    wrote = _first_of_each(kept, known)
    count = Reviews(console.engine).decide(list(kept), Decision.ADDED, person.username, faq=faq_id, wrote=wrote)
    console.audit.record(person.username, "review.add", faq_id, {"messages": count, "phrasings": len(wrote)})
    return Done(count, len(chosen) - len(kept))


def put_outside(console: Console, person: Person, intent: Decision, chosen: Sequence[Waiting]) -> Done:
    """`intent` is OUT_OF_SCOPE or NOT_IN_DOCUMENT. Raises writer.Refused or ContentError; then nothing was decided."""
    kept = phrasings_in(chosen)
    added = {fingerprint(text) for text in outside.add(intent.value, list(kept.values()), console.root)}
    wrote = _first_of_each({number: text for number, text in kept.items() if fingerprint(text) in added}, set())
    count = Reviews(console.engine).decide(list(kept), intent, person.username, wrote=wrote)
    details = {"messages": count, "phrasings": len(wrote)}
    console.audit.record(person.username, f"review.{intent.value}", intent.value, details)
    return Done(count, len(chosen) - len(kept))


def undo(console: Console, person: Person) -> Act | None:
    """Takes back somebody's last decision; None if there is none. Raises as `add_to_faq`."""
    reviews = Reviews(console.engine)
    act = reviews.last(person.username)
    if act is None:
        return None
    texts = [phrasing_of(mask(text)) for text in reviews.written(act)]
    if act.faq:
        faq_id = act.faq
        _repeated(lambda: _remove_phrasings(console, person, faq_id, texts))
    elif texts:
        outside.remove(act.decision.value, texts, console.root)
    count = reviews.take_back(act)
    console.audit.record(person.username, "review.undo", act.faq or act.decision.value, {"messages": count})
    return replace(act, count=count)


def phrasings_in(chosen: Sequence[Waiting]) -> dict[int, str]:
    """By message, its phrasing; without those that can't become one."""
    problems = {text: problem_of(text) for text in {message.text for message in chosen}}
    return {message.message_id: phrasing_of(message.text) for message in chosen if not problems[message.text]}


def _first_of_each(kept: dict[int, str], known: set[str]) -> set[int]:
    """One message for each phrasing that wasn't known."""
    firsts = {fingerprint(text): number for number, text in reversed(kept.items())}
    return {number for key, number in firsts.items() if key not in known}


def _remove_phrasings(console: Console, person: Person, faq_id: str, texts: Sequence[str]) -> None:
    version = writer.version_of(faq_id.partition("/")[0], console.root)
    faq = Drafts(console.root).get(faq_id)
    gone = {fingerprint(text) for text in texts}
    if faq is None or gone.isdisjoint(map(fingerprint, faq.phrasings)):
        return
    fewer = replace(faq, phrasings=tuple(text for text in faq.phrasings if fingerprint(text) not in gone))
    save(console, person, fewer, version=version, base=digest_of(faq))


def _repeated(change: Callable[[], object]) -> None:
    """Phrasings come to whatever somebody else has made of the FAQ meanwhile. Raises Conflict if that never ends."""
    for _ in range(_ATTEMPTS - 1):
        try:
            change()
        except EditedMeanwhile:
            continue
        return
    try:
        change()
    except EditedMeanwhile:
        raise writer.Conflict("") from None
