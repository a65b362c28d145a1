"""What each means of understanding brings: `python -m bench.understanding [--write]`.

Trains the plain model with and without each of them (the sentence vectors are made once) and counts the questions of
tests/nlu whose class is right, by kind of spelling and by language; then the messages whose language is right, with
and without function words. --write puts the tables into docs/quality.md. Takes about eight minutes on two cores.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

import numpy as np

import clinicbot.language
import clinicbot.nlu.features
from bench.evaluate import QUALITY_PAGE
from bench.judge import Question, read_questions
from bench.tables import table, write_between
from clinicbot import paths
from clinicbot.clinic import load_clinic
from clinicbot.faq.files import load_faqs, read_intents
from clinicbot.language import detect_language
from clinicbot.nlu.encoder import Encoder, Vectors, default_encoder
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.nlu.question_training import train
from clinicbot.nlu.spelling import Spelling
from clinicbot.nlu.vocabulary import read_vocabulary
from clinicbot.transliteration import cyrillic_from_latin

Phrasing = tuple[str, str]
FEW = 10
BATCH = 64


class RememberingEncoder:
    """Makes each text's vector once; with `blind`, all vectors are zero."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        self.name, self.dimensions, self.blind = encoder.name, encoder.dimensions, False

    def encode(self, texts: Sequence[str]) -> Vectors:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            self._known.update(zip(batch, self._encoder.encode(batch), strict=True))
        vectors = np.array([self._known[text] for text in texts], dtype=np.float32).reshape(-1, self.dimensions)
        return vectors * 0 if self.blind else vectors


def read_phrasings() -> list[Phrasing]:
    """All training phrasings with their classes, titles included, as the classifier is trained."""
    faqs = load_faqs().values()
    phrasings = [(text, faq.id) for faq in faqs for text in faq.phrasings]
    phrasings += [(answer.title, faq.id) for faq in faqs for answer in faq.answers.values()]
    for path in sorted(paths.DIALOGUE.glob("*.yml")):
        phrasings += [(text, intent) for intent, texts in read_intents(path).items() for text in texts]
    return phrasings


def few(phrasings: Sequence[Phrasing]) -> list[Phrasing]:
    """At most FEW a class and language."""
    counts: dict[tuple[str, str], int] = {}
    kept = []
    for text, label in phrasings:
        key = (label, detect_language(text, load_clinic().languages))
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= FEW:
            kept.append((text, label))
    return kept


def two_languages(phrasings: Sequence[Phrasing]) -> list[Phrasing]:
    return [
        (text, label) for text, label in phrasings if detect_language(text, load_clinic().languages) in ("en", "tr")
    ]


def read_as(question: Question) -> str:
    return cyrillic_from_latin(question.text) if question.style == "latin" else question.text


def right(model: QuestionModel, questions: Sequence[Question]) -> float:
    """Per cent whose likeliest class is the expected one."""
    predictions = model.read([read_as(question) for question in questions])
    return 100 * sum(p.best == q.gold for p, q in zip(predictions, questions, strict=True)) / len(questions)


def groups(questions: Sequence[Question]) -> dict[str, list[Question]]:
    found = {
        "plain": [q for q in questions if q.style == "plain"],
        "typos": [q for q in questions if q.style == "typos"],
    }
    for language in load_clinic().languages:
        found[language] = [question for question in questions if question.language == language]
    return found


def variants(encoder: RememberingEncoder) -> dict[str, Callable[[], QuestionModel]]:
    phrasings, subject = read_phrasings(), read_vocabulary("data/vocabulary.yml").subject

    def made(chosen: Sequence[Phrasing], words: frozenset[str] = subject) -> QuestionModel:
        return train([text for text, _ in chosen], [label for _, label in chosen], encoder=encoder, subject=words)

    def without_vectors() -> QuestionModel:
        encoder.blind = True
        return made(phrasings)

    def without_ngrams() -> QuestionModel:
        clinicbot.nlu.features.NGRAM_WEIGHT = 0.0
        return made(phrasings)

    full: list[QuestionModel] = []

    def everything() -> QuestionModel:
        full.append(made(phrasings))
        return full[0]

    return {
        "everything": everything,
        "without spelling": lambda: full[0].with_spelling(Spelling({})),
        "without character n-grams": without_ngrams,
        "without sentence vectors": without_vectors,
        "without copies lacking the subject's words": lambda: made(phrasings, frozenset()),
        f"at most {FEW} phrasings a class and language": lambda: made(few(phrasings)),
        "English and Turkish phrasings only": lambda: made(two_languages(phrasings)),
    }


def understanding_table(questions: Sequence[Question]) -> str:
    encoder = RememberingEncoder(default_encoder())
    parts = groups(questions)
    rows = []
    weight = clinicbot.nlu.features.NGRAM_WEIGHT
    for name, make in variants(encoder).items():
        model = make()
        rows.append([name, *(f"{right(model, part):.1f}" for part in parts.values())])
        encoder.blind, clinicbot.nlu.features.NGRAM_WEIGHT = False, weight
        print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    return table(["right class of a question, %", *parts], rows)


def language_table(questions: Sequence[Question]) -> str:
    languages = load_clinic().languages
    weight = clinicbot.language.WEIGHT_OF_A_WORD
    rows = []
    for name, used in {"with function words": weight, "letters only": 0.0}.items():
        clinicbot.language.WEIGHT_OF_A_WORD = used
        hits = {
            style: [detect_language(q.text, languages) == q.language for q in part]
            for style, part in groups(questions).items()
        }
        rows.append([name, *(f"{100 * sum(found) / len(found):.1f}" for found in hits.values())])
    clinicbot.language.WEIGHT_OF_A_WORD = weight
    return table(["right language of a first message, %", *groups(questions)], rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.understanding", description="What each means of understanding brings.")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/quality.md")
    options = parser.parse_args()
    questions = read_questions(["questions_"])
    text = f"{understanding_table(questions)}\n\n{language_table(questions)}"
    print(text)
    if options.write:
        write_between(QUALITY_PAGE, "understanding", text)


if __name__ == "__main__":
    main()
