"""What a model is trained from, read without Rasa: it takes Rasa a minute to look at forty thousand phrasings."""

from dataclasses import dataclass
from pathlib import Path

from clinicbot.faq.files import read_faqs, read_intents
from clinicbot.faq.model import Faq


@dataclass(frozen=True)
class Corpus:
    """Phrasings with their labels (an intent, or `topic/name` of an FAQ), and the FAQs that they were read from."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    faqs: tuple[Faq, ...]

    @property
    def titles(self) -> dict[str, dict[str, str]]:
        """By FAQ and language."""
        return {faq.id: {language: answer.title for language, answer in faq.answers.items()} for faq in self.faqs}

    @property
    def pairs(self) -> set[tuple[str, str]]:
        return set(zip(self.texts, self.labels, strict=True))


def read_corpus(root: Path) -> Corpus:
    """The phrasings of a checkout's or a release's `data/`, as the classifier gets them from Rasa. Raises ContentError.

    An FAQ's title is the plainest way to ask it, so it counts as a phrasing.
    """
    faqs = read_faqs(root / "data" / "faq")
    pairs = [(text, faq.id) for faq in faqs for text in faq.phrasings]
    for path in sorted((root / "data" / "dialogue").glob("*.yml")):
        pairs += [(text, intent) for intent, texts in read_intents(path).items() for text in texts]
    pairs += [(answer.title, faq.id) for faq in faqs for answer in faq.answers.values()]
    once = list(dict.fromkeys(pairs))
    return Corpus(tuple(text for text, _ in once), tuple(label for _, label in once), tuple(faqs))
