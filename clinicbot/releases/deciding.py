"""What an assistant makes of thousands of sentences in a second or two: by one product of matrices for all of them, and
by the full way of a message (`Understander.understand`) only for those that somebody asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from clinicbot.nlu.assembling import assemble, read_options
from clinicbot.nlu.bulk import margins_bulk, read_bulk
from clinicbot.nlu.encoder import Encoder
from clinicbot.nlu.meaning import NOT_UNDERSTOOD
from clinicbot.nlu.normalise import normalise
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.nlu.understanding import ROMANISED_IN, Understander
from clinicbot.releases.difference import content_digest
from clinicbot.releases.frozen import FrozenLine
from clinicbot.training.corpus import Corpus, read_corpus
from clinicbot.transliteration import cyrillic_from_latin

Pair = tuple[str, str]
"""A phrasing and its label."""


@dataclass(frozen=True)
class Assistant:
    """A model with the content that it was trained from."""

    model: QuestionModel
    corpus: Corpus
    options: Mapping[str, Any]
    understander: Understander
    encoder: Encoder

    @classmethod
    def of(cls, model: QuestionModel, content: Path, encoder: Encoder) -> "Assistant":
        """Raises ContentError."""
        corpus, options = _read(content, content_digest(content))
        return cls(model, corpus, options, assemble(model, corpus.titles, options), encoder)

    def decide(self, lines: Sequence[FrozenLine]) -> list[str]:
        """Each sentence as one thing, as it stands alone; NOT_UNDERSTOOD for one that isn't sure."""
        readings = read_bulk(self.model, self.encoder, [normalise(_in_own_letters(line)) for line in lines])
        best = [readings.labels[number] for number in readings.best]
        sure = readings.confidences >= self.understander.threshold
        negatives = set(self.options["negatives"])
        decided = [label if ok or label in negatives else NOT_UNDERSTOOD for label, ok in zip(best, sure, strict=True)]
        for urgent, margin in reversed(self.options["urgent"].items()):
            for row in np.flatnonzero(readings.column(urgent) >= margin):
                decided[row] = urgent
        return decided

    def understand(self, line: FrozenLine) -> tuple[str, ...]:
        """The labels of all parts that the sentence has as a first message."""
        return tuple(part.label for part in self.understander.understand(line.text, line.language).parts)

    def own_wrong(self) -> dict[Pair, str]:
        """The FAQs' own phrasings that are understood as something else, with what.

        By margins alone: how sure a sentence is that the model was trained on says nothing.
        """
        pairs = self.faq_pairs
        margins = margins_bulk(self.model, self.encoder, self.faq_texts)
        labels = self.model.labels
        decided = [labels[number] for number in margins.argmax(axis=1)]
        for urgent, margin in reversed(self.options["urgent"].items()):
            if urgent in labels:
                for row in np.flatnonzero(margins[:, labels.index(urgent)] >= margin):
                    decided[row] = urgent
        return {pair: label for pair, label in zip(pairs, decided, strict=True) if label != pair[1]}

    @cached_property
    def faq_pairs(self) -> list[Pair]:
        pairs = zip(self.corpus.texts, self.corpus.labels, strict=True)
        return [(text, label) for text, label in pairs if "/" in label]

    @cached_property
    def faq_texts(self) -> list[str]:
        """The texts of these, normalised."""
        return [normalise(text) for text, _ in self.faq_pairs]


@lru_cache(maxsize=4)
def _read(content: Path, digest: str) -> tuple[Corpus, dict[str, Any]]:
    """Of a content with this digest: the live one is compared with many candidates."""
    return read_corpus(content), read_options(content / "config.yml")


def _in_own_letters(line: FrozenLine) -> str:
    """As `Understander` reads Russian that was typed in Latin letters."""
    romanised = line.language == ROMANISED_IN and line.text.isascii()
    return cyrillic_from_latin(line.text) if romanised else line.text
