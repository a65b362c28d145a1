"""The text of a Word file: paragraphs, lists and tables in the order in which they stand."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from clinicbot.documents.extract import (
    MAX_PARTS,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    DocumentError,
    Extract,
    Problem,
)
from clinicbot.documents.lines import Assembly

_TRACKED = tuple(qn(name) for name in ("w:ins", "w:del", "w:moveFrom", "w:moveTo"))
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # says again what stands beside it
_TEXT_BOX = qn("w:txbxContent")
_SPACES = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}


def check_archive(content: bytes) -> None:
    """A Word file is a ZIP archive; what it says it unpacks to is what Python's zipfile unpacks at most."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DocumentError(Problem.BROKEN) from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * len(content):
        raise DocumentError(Problem.BOMB)


def read_word(content: bytes) -> Extract:
    """Raises DocumentError for a bomb or tracked changes, and whatever python-docx raises over a damaged file."""
    check_archive(content)
    document = docx.Document(io.BytesIO(content))
    body = document.element.body
    if next(body.iter(*_TRACKED), None) is not None:
        raise DocumentError(Problem.TRACKED)
    styles = {style.style_id: str(style.name).lower() for style in document.styles}
    assembly = Assembly()
    for element in _blocks(body):
        if element.tag == qn("w:tbl"):
            for row in element.iter(qn("w:tr")):
                assembly.row(" ".join(map(_text, cell.iter(qn("w:p")))) for cell in row.iter(qn("w:tc")))
            continue
        properties = element.find(qn("w:pPr"))
        style_id = None if properties is None else properties.find(qn("w:pStyle"))
        style = styles.get(style_id.get(qn("w:val")), "") if style_id is not None else ""
        numbered = properties is not None and properties.find(qn("w:numPr")) is not None
        for line in _text(element).split("\n"):
            if style.startswith(("heading", "title", "subtitle")):
                assembly.heading(line)
            elif numbered or style.startswith("list"):
                assembly.item(line)
            else:
                assembly.paragraph(line)
    return Extract(assembly.paragraphs(), tuple(assembly.headings))


def _blocks(element: Any) -> Iterator[Any]:
    """Paragraphs and tables, also those in content controls and text boxes, which python-docx passes over."""
    for child in element:
        if child.tag == _FALLBACK:
            continue
        if child.tag in (qn("w:p"), qn("w:tbl")):
            yield child
        if child.tag != qn("w:tbl"):
            yield from _blocks(child)


def _text(element: Any) -> str:
    parts = []
    for child in element:
        if child.tag in (_FALLBACK, _TEXT_BOX, qn("w:pPr")):
            continue
        parts.append((child.text or "") if child.tag == qn("w:t") else _SPACES.get(child.tag, "") or _text(child))
    return "".join(parts)
