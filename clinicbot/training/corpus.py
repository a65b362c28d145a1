"""What a model is trained from, read without Rasa: it takes Rasa a minute to look at forty thousand phrasings."""

from dataclasses import dataclass
from pathlib import Path

from clinicbot.faq.files import read_faqs, read_intents


@dataclass(frozen=True)
class Corpus:
    """Phrasings with their labels (an intent, or `topic/name` of an FAQ), and the FAQs' titles by language."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    titles: dict[str, dict[str, str]]

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
    titles = {faq.id: {language: answer.title for language, answer in faq.answers.items()} for faq in faqs}
    pairs += [(title, faq) for faq, by_language in titles.items() for title in by_language.values()]
    once = list(dict.fromkeys(pairs))
    return Corpus(tuple(text for text, _ in once), tuple(label for _, label in once), titles)
