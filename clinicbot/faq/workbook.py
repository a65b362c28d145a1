"""A spreadsheet's file as lines of plain text, and back: .xlsx and .csv, read as if from an enemy.

A cell is text and nothing else: a formula is refused in .xlsx, and what Excel would take for one in .csv is exported
behind an apostrophe, which is taken away again on import (OWASP, "CSV Injection").
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from clinicbot.csv_cells import as_typed, harmless
from clinicbot.yaml_files import ContentError

MAX_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 60_000_000
MAX_RATIO = 100  # unpacked to packed; a workbook of text stays under 20
MAX_PARTS = 200
MAX_ROWS = 5_000
MAX_COLUMNS = 20
MAX_CELL = 20_000  # characters; Excel itself holds 32,767
MAX_PROBLEMS = 20
WIDTHS = (28, 10, 36, 60, 14, 11, 13, 60)

_LAST_ROW = 100_000  # so that a row far below, with nothing between, costs no time
# what openpyxl and zipfile raise over a file that isn't what it says: a part missing, damaged, locked, of another kind
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError),
    *(ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError),
)


class SpreadsheetError(ContentError):
    """The file can't be used; `problems` name row and column where there is one. Nothing was written."""

    def __init__(self, *problems: str) -> None:
        more = [f"… and {len(problems) - MAX_PROBLEMS} more"] if len(problems) > MAX_PROBLEMS else []
        super().__init__("\n".join([*problems[:MAX_PROBLEMS], *more]))
        self.problems = problems


@dataclass(frozen=True)
class Line:
    """A row that isn't empty, with the number that Excel shows beside it."""

    number: int
    cells: tuple[str, ...]


def read_lines(content: bytes, suffix: str) -> list[Line]:
    """The rows of a file's first sheet; `suffix` is ".xlsx" or ".csv". Raises SpreadsheetError."""
    _check_suffix(suffix)
    if len(content) > MAX_BYTES:
        raise SpreadsheetError(f"The file has more than {MAX_BYTES // 1_000_000} MB; split it")
    rows = _xlsx_rows(content) if suffix == ".xlsx" else _csv_rows(content)
    lines: list[Line] = []
    problems: list[str] = []
    for number, row in rows:
        cells = []
        for column, value in enumerate(row, start=1):
            text = value.text.replace("\r\n", "\n").strip(" \n")
            if value.fault:
                problems.append(f"row {number}, column {column}: {value.fault}")
            if len(text) > MAX_CELL:
                problems.append(f"row {number}, column {column}: more than {MAX_CELL} characters; shorten the cell")
            cells.append(text)
        if any(cells):
            lines.append(Line(number, tuple(cells)))
        if len(lines) > MAX_ROWS + 1:  # one of them is the header
            raise SpreadsheetError(f"row {number}: more than {MAX_ROWS} rows; split the file")
    if problems:
        raise SpreadsheetError(*problems)
    return lines


def write_lines(lines: Iterable[Sequence[str]], suffix: str) -> bytes:
    """The file's content. Raises SpreadsheetError for a text that a cell can't hold."""
    _check_suffix(suffix)
    rows = [list(line) for line in lines]
    for number, row in enumerate(rows, start=1):
        if any(len(text) > MAX_CELL for text in row):
            raise SpreadsheetError(f"row {number}, {row[0]}: has a text of more than {MAX_CELL} characters")
    return _xlsx(rows) if suffix == ".xlsx" else _csv(rows)


def _check_suffix(suffix: str) -> None:
    if suffix not in (".xlsx", ".csv"):
        raise SpreadsheetError(f"{suffix or 'a file without ending'}: use .xlsx or .csv")


@dataclass(frozen=True)
class _Value:
    text: str
    fault: str = ""


def _csv_rows(content: bytes) -> Iterator[tuple[int, list[_Value]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpreadsheetError("The file isn't UTF-8; save it as “CSV UTF-8”, or as .xlsx") from error
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)  # Excel writes semicolons where the comma is for decimals
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1):
            yield number, [_Value(as_typed(cell)) for cell in row]
    except csv.Error as error:
        raise SpreadsheetError(f"row {number + 1}: not valid CSV: {error}") from error


def _csv(rows: list[list[str]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([harmless(text) for text in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")  # without the mark Excel takes it for its old code page


def _xlsx_rows(content: bytes) -> Iterator[tuple[int, list[_Value]]]:
    _check_archive(content)
    try:
        _refuse_entities(content)
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size is not believed
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
            if number > _LAST_ROW:
                raise SpreadsheetError(f"row {number}: too far below the others; delete the empty rows between")
            yield number, [_value(cell) for cell in row]
    except _BROKEN as error:
        raise SpreadsheetError("The file isn't a workbook that can be read; save it again as .xlsx") from error


def _check_archive(content: bytes) -> None:
    """A workbook is a ZIP archive; what it says it unpacks to is what Python's zipfile unpacks at most."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise SpreadsheetError("The file isn't a workbook; save it again as .xlsx") from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * len(content):
        raise SpreadsheetError("The workbook unpacks to far more than it should; copy the rows into a new one")


def _refuse_entities(content: bytes) -> None:
    """No program writes a workbook with a document type; what openpyxl reads some parts with depends on what else is
    installed. Raises ValueError."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.infolist():
            with archive.open(part) as stream:
                if b"<!DOCTYPE" in stream.read(1_000):
                    raise ValueError(f"{part.filename} has a document type")


def _value(cell: Any) -> _Value:
    value = cell.value
    if value is None:
        return _Value("")
    if cell.data_type == "f":
        return _Value("", "holds a formula; write the text itself")
    if cell.data_type == "e":
        return _Value("", f"holds the error {value}; write the text itself")
    if isinstance(value, bool):
        return _Value("yes" if value else "no")
    if isinstance(value, datetime):
        return _Value(value.date().isoformat())
    if isinstance(value, float) and value.is_integer():
        return _Value(str(int(value)))
    return _Value(value.isoformat() if isinstance(value, date) else str(value).replace("_x000D_\n", "\n"))


def _xlsx(rows: list[list[str]]) -> bytes:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("FAQs")
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGH", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    for number, row in enumerate(rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=text)
            if text:
                cell.data_type = "s"  # openpyxl takes "=1" for a formula and "#N/A" for an error
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()
