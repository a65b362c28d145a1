"""Paragraphs cut into sentences, and numbered sentences put down as the clinic's document."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from threading import Lock
from typing import Any

from clinicbot.documents.extract import DocumentError, Extract, Problem

MAX_SENTENCES = 1_000

_RETIRED = re.compile(r"^Numbers that are never given again: (.+)$", re.MULTILINE)
_FIRST = re.compile(r"^(?:## p\d+|- p\d+\.\d+ .*)$", re.MULTILINE)
# "lasts approx. 4 months": what ends so goes on with a number
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:approx|ca|max|min|no|nos|nr|fig|vol|tel|yakl|en fazla)\.$", re.IGNORECASE)
_ONE_AT_A_TIME = Lock()  # spaCy's vocabulary is not made for several threads


@lru_cache(maxsize=1)
def _sentencizer() -> Any:
    import spacy  # 1 s, only where a document is compared

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    return pipeline


def sentences_of(line: str) -> list[str]:
    """The sentences of one line. Nothing is lost: joined with spaces they are the line again."""
    with _ONE_AT_A_TIME:
        found = [sentence.text.strip() for sentence in _sentencizer()(line).sents]
    sentences: list[str] = []
    for text in filter(None, found):
        if sentences and _goes_on(sentences[-1], text):
            sentences[-1] += text if f"{sentences[-1]}{text}" in line else f" {text}"
        else:
            sentences.append(text)
    return sentences


def _goes_on(text: str, following: str) -> bool:
    if following[0].isdigit():
        return _ABBREVIATION.search(text) is not None
    return following[0].islower() or not any(map(str.isalnum, following))


def passages_of(extract: Extract) -> list[list[str]]:
    """Each paragraph's sentences. Raises DocumentError for more than MAX_SENTENCES."""
    passages = [[s for line in paragraph.lines for s in sentences_of(line)] for paragraph in extract.paragraphs]
    if sum(map(len, passages)) > MAX_SENTENCES:
        raise DocumentError(Problem.LENGTH)
    return [passage for passage in passages if passage]


def retired_numbers(text: str) -> tuple[str, ...]:
    """Numbers that sentences of former documents had, as the present document's text lists them."""
    match = _RETIRED.search(text)
    return tuple(re.findall(r"p\d+\.\d+", match[1])) if match else ()


def document_text(present: str, sentences: dict[str, str], retired: Iterable[str]) -> str:
    """The document that holds `sentences` in their order, with the present one's words above its first passage."""
    first = _FIRST.search(present)
    head = _RETIRED.sub("", present[: first.start()] if first else "").strip()
    if numbers := sorted(set(retired), key=sort_key):
        head = f"{head}\n\nNumbers that are never given again: {', '.join(numbers)}".strip()
    return "".join(_blocks(head, sentences)).lstrip("\n")


def _blocks(head: str, sentences: dict[str, str]) -> Iterator[str]:
    yield f"{head}\n" if head else ""
    for passage, numbers in groupby(sentences, key=lambda number: number.partition(".")[0]):
        yield f"\n## {passage}\n\n"
        yield from (f"- {number} {sentences[number]}\n" for number in numbers)


def sort_key(number: str) -> tuple[int, int]:
    """p10.2 stands behind p9.10."""
    passage, _, sentence = number[1:].partition(".")
    return int(passage), int(sentence)
