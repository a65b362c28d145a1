"""The text of a PDF: its pages' lines without what repeats on them, joined into paragraphs."""

import io
import re
from collections import Counter

import pypdf
from pypdf.errors import DependencyError

from clinicbot.documents.extract import MAX_PAGES, DocumentError, Extract, Problem
from clinicbot.documents.lines import Assembly, clean
from clinicbot.documents.wrapping import unwrap

MARGIN_LINES = 2  # of a page's first and last lines, which may repeat on others
_PAGE_NUMBER = re.compile(r"^\W*(?:page|p\.|sayfa|s\.|seite)?\W*\d+\W*(?:(?:of|von|sur|/)\W*\d+)?\W*$", re.IGNORECASE)


def read_pdf(content: bytes) -> Extract:
    """Raises DocumentError, and whatever pypdf raises over a damaged file."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        _unlock(reader)
    if len(reader.pages) > MAX_PAGES:
        raise DocumentError(Problem.PAGES)
    pages = [page.extract_text().split("\n") for page in reader.pages]
    empty = tuple(number for number, page in enumerate(pages, start=1) if not any(map(clean, page)))
    if pages and len(empty) == len(pages):
        raise DocumentError(Problem.SCANNED)
    repeated = _repeated(pages)
    assembly = Assembly()
    for piece in unwrap(line for page in pages for line in _without(page, repeated)):
        if piece.is_item:
            assembly.item(piece.text)
        else:
            assembly.paragraph(piece.text)
    return Extract(assembly.paragraphs(), (), tuple(sorted(repeated)), empty)


def _unlock(reader: pypdf.PdfReader) -> None:
    """Many are locked against changes only, and open with an empty password."""
    try:
        opened = reader.decrypt("")
    except DependencyError as error:
        raise DocumentError(Problem.ENCRYPTED) from error
    if not opened:
        raise DocumentError(Problem.ENCRYPTED)


def _margin(page: list[str]) -> list[int]:
    """Where a page's first and last lines with text stand."""
    filled = [number for number, line in enumerate(page) if clean(line)]
    return [*filled[:MARGIN_LINES], *filled[max(MARGIN_LINES, len(filled) - MARGIN_LINES) :]]


def _repeated(pages: list[list[str]]) -> set[str]:
    """Lines at the margins of more than half of the pages, letter for letter; page numbers only in form."""
    filled = [page for page in pages if any(map(clean, page))]
    counts = Counter(line for page in filled for line in {clean(page[number]) for number in _margin(page)})
    often = {line for line, count in counts.items() if count > 1 and count * 2 > len(filled)}
    numbers = {line for line in counts if _PAGE_NUMBER.match(line)}
    return often | (numbers if len(filled) > 1 else set())


def _without(page: list[str], repeated: set[str]) -> list[str]:
    margin = set(_margin(page))
    return [line for number, line in enumerate(page) if number not in margin or clean(line) not in repeated]
