"""The present document without its numbers, for somebody who writes the next one."""

import io
from itertools import groupby

import docx

from clinicbot.faq.document import Document


def as_text(document: Document) -> bytes:
    return "\n\n".join(_paragraphs(document)).encode() + b"\n"


def as_word(document: Document) -> bytes:
    word = docx.Document()
    for paragraph in _paragraphs(document):
        word.add_paragraph(paragraph)
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


def _paragraphs(document: Document) -> list[str]:
    passages = groupby(document.sentences, key=lambda number: number.partition(".")[0])
    return [" ".join(document.sentences[number] for number in numbers) for _, numbers in passages]
