"""Where a new sentence may belong, and what an FAQ of its own could be: proposals only, which a person decides on.

An answer's draft is the sentence itself, word for word; no medicine is invented.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from clinicbot.documents.comparison import Vectors
from clinicbot.faq.linter import fingerprint
from clinicbot.faq.model import Faq
from clinicbot.texts import DEFAULT_LANGUAGE

SHOWN = 3
LEAST = 0.3  # a proposal with a lower score is no help
MAX_TITLE = 70
MAX_KEYWORDS = 6


class Reading(Protocol):
    """What the live assistant makes of a text (clinicbot.releases.reading.Reading)."""

    @property
    def label(self) -> str: ...
    @property
    def confidence(self) -> float: ...


Read = Callable[[Sequence[str]], Sequence[Reading]]


@dataclass(frozen=True)
class Proposal:
    """`score`, from 0 to 1: how sure the classifier is of it, or how near its answer is in meaning, if that is more."""

    faq: str
    score: float


@dataclass(frozen=True)
class Draft:
    """A new FAQ's title and first phrasings, made of the sentence's own words."""

    title: str
    phrasings: tuple[str, ...]


_VERB = re.compile(
    r"^(?P<subject>(?:[\w’'-]+,? ){1,6}?)(?P<verb>is|are|can|may|should|must|will|does|do|has|have|was|were)"
    r"(?P<negation> not|n['’]t)? (?P<rest>.+?)[.!]*$",
    re.IGNORECASE,
)
_IMPERATIVE = re.compile(r"^(?:please )?(?P<negation>do not|don['’]t|never|avoid) (?P<rest>.+?)[.!]*$", re.IGNORECASE)
_AUXILIARY = {"has", "have"}  # "has wrinkles" has no question by turning round
_SHORT = 3  # letters of words that say little
_FILLERS = frozenset({"after", "been", "before", "during", "from", "have", "into", "must", "should", "such", "that"})
_FILLERS |= {"than", "their", "them", "there", "these", "they", "this", "were", "when", "which", "will", "with", "your"}


def questions_of(sentence: str) -> tuple[str, ...]:
    """Questions that the sentence answers, by turning its words round; none where that isn't simple."""
    if match := _IMPERATIVE.match(sentence):
        rest = match["rest"]
        if match["negation"].lower() == "avoid":
            return (f"What about {rest}?",)
        return (f"Can I {rest}?", f"May I {rest}?")
    match = _VERB.match(sentence)
    if match is None or match["verb"].lower() in _AUXILIARY:
        return ()
    subject = match["subject"].strip().rstrip(",")
    if not subject.split()[0].isupper():
        subject = subject[0].lower() + subject[1:]
    return (f"{match['verb'].capitalize()} {subject} {match['rest']}?",)


def propose(
    sentences: Sequence[str], faqs: Collection[Faq], read: Read | None, vectors: Vectors
) -> list[list[Proposal]]:
    """For each sentence the FAQs that it may belong to, best first. Without `read` (nothing is live yet) the answers'
    meaning alone counts. Blocking, some milliseconds a sentence."""
    known = [faq for faq in faqs if DEFAULT_LANGUAGE in faq.answers]
    if not sentences or not known:
        return [[] for _ in sentences]
    near = vectors(list(sentences)) @ vectors([faq.answers[DEFAULT_LANGUAGE].text for faq in known]).T
    found = []
    for sentence, cosines in zip(sentences, near, strict=True):
        scores = {faq.id: float(cosine) for faq, cosine in zip(known, cosines, strict=True)}
        for reading in read([sentence, *questions_of(sentence)]) if read else ():
            if reading.label in scores:
                scores[reading.label] = max(scores[reading.label], reading.confidence)
        best = sorted(scores, key=lambda faq_id: (-scores[faq_id], faq_id))[:SHOWN]
        found.append([Proposal(faq_id, scores[faq_id]) for faq_id in best if scores[faq_id] >= LEAST])
    return found


def draft(sentence: str, phrasings: Collection[str] = ()) -> Draft:
    """`phrasings` are fingerprints of those that belong to an FAQ already."""
    questions = questions_of(sentence)
    title = questions[0] if questions and len(questions[0]) <= MAX_TITLE else _shortened(sentence)
    words = [word for word in re.findall(r"\w+", sentence.casefold()) if _says_something(word)]
    suggested = [*questions, *([" ".join(words[:MAX_KEYWORDS])] if len(words) > 1 else [])]
    return Draft(title, tuple(text for text in suggested if fingerprint(text) not in phrasings))


def _shortened(sentence: str) -> str:
    text = sentence.rstrip(".!")
    return text if len(text) <= MAX_TITLE else text[: text.rfind(" ", 0, MAX_TITLE)] + " …"


def _says_something(word: str) -> bool:
    return word.isdigit() or (len(word) > _SHORT and word not in _FILLERS)
