import csv
import io
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clinicbot.faq import workbook
from clinicbot.faq.files import read_faqs
from clinicbot.faq.linter import lint
from clinicbot.faq.model import Answer, Faq
from clinicbot.faq.spreadsheet import COLUMNS, PHRASINGS_CELL, Change, Kind, apply, export, preview, read
from clinicbot.faq.workbook import MAX_ROWS, SpreadsheetError, read_lines, write_lines
from clinicbot.faq.writer import Conflict, Refused
from tests.conftest import WriteClinic
from tests.faq.checkouts import contents, copy_of_this_checkout, small_checkout

SUFFIXES = (".xlsx", ".csv")
HOW_LONG, MORE = "duration/how_long", "duration/more"
Cell = str | int | float | bool | date | None
Cells = list[Cell]


@pytest.fixture
def root(tmp_path: Path, write_clinic: WriteClinic) -> Path:
    return small_checkout(tmp_path / "checkout", write_clinic())


def faqs(root: Path) -> list[Faq]:
    return read_faqs(root / "data" / "faq")


def table(root: Path) -> list[Cells]:
    """The exported rows, to be edited: 0 the header, then en and tr of `how_long`, en and tr of `more`."""
    return [list(line.cells) for line in read_lines(export(faqs(root), ".csv"), ".csv")]


def xlsx(rows: list[Cells]) -> bytes:
    """A workbook as a person would save it: text that begins with = is a formula."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def changes(root: Path, rows: list[Cells]) -> dict[str, Change]:
    return {change.faq.id: change for change in preview(read(xlsx(rows), ".xlsx"), root)}


def new_rows(faq_id: str, about: str) -> list[Cells]:
    phrasings = "\n".join(f"{about} question {number}" for number in range(25))
    return [
        [faq_id, "en", f"{about}?", "Additional doses may be given.", "p1.2", "no", None, phrasings],
        [faq_id, "tr", f"{about} hakkında?", "Ek doz verilebilir.", "p1.2", "no", None, None],
    ]


# without loss


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_all_faqs_of_the_clinic_come_back_without_a_change(tmp_path: Path, suffix: str) -> None:
    root = copy_of_this_checkout(tmp_path)
    before = contents(root)
    found = preview(read(export(faqs(root), suffix), suffix), root)
    assert [change.faq for change in found] == faqs(root)
    assert {change.kind for change in found} == {Kind.SAME}
    assert apply(found, [change.faq.id for change in found], root) == []
    assert contents(root) == before


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_more_phrasings_than_a_cell_holds_go_on_below(suffix: str) -> None:
    phrasings = tuple(f"{number} ".ljust(200, "x") for number in range(300))
    answers = {code: Answer(code, "Text.", "Title?", ("p1.1", "p2"), date(2026, 5, 31), True) for code in ("en", "tr")}
    lines = read_lines(export([Faq("a/b", phrasings, answers)], suffix), suffix)
    assert [line.cells[1] for line in lines[1:]] == ["en"] * 5 + ["tr"]
    assert all(len(cell) <= PHRASINGS_CELL for line in lines for cell in line.cells)
    assert lines[2].cells[2:7] == ("",) * 5
    rows = read(export([Faq("a/b", phrasings, answers)], suffix), suffix)
    assert tuple(phrasing for row in rows for phrasing in row.phrasings) == phrasings
    assert {row.answer.language: row.answer for row in rows if row.answer} == answers


def test_an_faq_without_an_english_answer_keeps_its_phrasings() -> None:
    rows = read(export([Faq("a/b", ("one", "two"), {"tr": Answer("tr", "x", "y", ("p1",), None)})], ".csv"), ".csv")
    assert [row.phrasings for row in rows] == [(), ("one", "two")]


LINE = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp", "Cn"], blacklist_characters="\ufeff"))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(phrasings=st.lists(LINE.map(str.strip).filter(bool), max_size=6), lines=st.lists(LINE, min_size=1, max_size=3))
@example(phrasings=["=1+1", "'=1", "-5", "@x", "+1", "''+", "'plain", "#N/A", "a,b;c", '"', "true"], lines=["=A1"])
@example(phrasings=["＝1"], lines=["#REF!", "0123", "1e5", "2026-05-31", "'-"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_text_comes_back_as_it_was(suffix: str, phrasings: list[str], lines: list[str]) -> None:
    text = "\n".join(lines).strip()
    answers = {"en": Answer("en", text, text, ("p1.1",), None)}
    rows = read(export([Faq("a/b", tuple(phrasings), answers)], suffix), suffix)
    assert [row.answer for row in rows] == [answers["en"]]
    assert [phrasing for row in rows for phrasing in row.phrasings] == phrasings


# cells that a program could take for a formula


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "＝1"])
def test_a_csv_cell_never_begins_like_a_formula(text: str) -> None:
    (row,) = csv.reader(io.StringIO(write_lines([[text]], ".csv").decode("utf-8-sig")))
    assert row == [f"'{text}"]
    assert read_lines(write_lines([[text]], ".csv"), ".csv")[0].cells == (text,)


def test_an_apostrophe_that_guards_nothing_is_text() -> None:
    assert read_lines(b"'tis,'\n", ".csv")[0].cells == ("'tis", "'")


def test_an_exported_workbook_has_no_formula() -> None:
    content = write_lines([["=1+1", "#N/A", "-1", "", "", "", "", ""]], ".xlsx")
    cells = openpyxl.load_workbook(io.BytesIO(content)).active[1]
    assert [(cell.value, cell.data_type) for cell in cells[:3]] == [("=1+1", "s"), ("#N/A", "s"), ("-1", "s")]


@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://x.example","y")', "=cmd|'/c calc'!A1"])
def test_a_formula_in_a_workbook_is_refused_by_row_and_column(root: Path, formula: str) -> None:
    rows = table(root)
    rows[2][3] = formula
    with pytest.raises(SpreadsheetError, match="row 3, column 4: holds a formula; write the text itself"):
        read(xlsx(rows), ".xlsx")


def test_an_error_in_a_workbook_is_refused(root: Path) -> None:
    rows = table(root)
    rows[1][2] = "#REF!"
    with pytest.raises(SpreadsheetError, match="row 2, column 3: holds the error #REF!"):
        read(xlsx(rows), ".xlsx")


# what a person's program makes of a table


def test_dates_numbers_and_truth_values_of_a_workbook_are_understood(root: Path) -> None:
    rows = [list(COLUMNS), ["a/b", "EN", 24, 4.0, "p1; p2.1 p3", True, datetime(2026, 5, 31), 7]]
    (row,) = read(xlsx(rows), ".xlsx")
    assert row.answer == Answer("en", "4", "24", ("p1", "p2.1", "p3"), date(2026, 5, 31), True)
    assert row.phrasings == ("7",)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_with_any_delimiter_and_line_ending_is_understood(root: Path, delimiter: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(table(root))
    content = file.getvalue().replace("\r\n", "\n").replace("\n", "\r\n").encode()
    assert {change.kind for change in preview(read(content, ".csv"), root)} == {Kind.SAME}


def test_columns_may_stand_in_any_order_and_rows_between_may_be_empty(root: Path) -> None:
    rows = [list(reversed(row)) for row in table(root)]
    rows[0] = [str(name).upper() for name in rows[0]]
    rows.insert(2, [None] * len(COLUMNS))
    assert {change.kind for change in changes(root, rows).values()} == {Kind.SAME}


def edited(row: int, column: str, value: Cell) -> Callable[[list[Cells]], None]:
    def edit(rows: list[Cells]) -> None:
        rows[row][COLUMNS.index(column)] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (edited(0, "answer", "text"), "row 1: the first row must name .* missing: answer; not known or twice: text"),
        (edited(0, "answer", "title"), "row 1: .* missing: answer; not known or twice: title, title"),
        (edited(2, "id", None), "row 3, column id: is empty"),
        (edited(2, "language", None), "row 3, column language: is empty"),
        (edited(2, "language", "Türkçe"), "row 3, column language: 'türkçe' must be a code such as en or tr"),
        (edited(2, "phone_line", "maybe"), "row 3, column phone_line: 'maybe' must be yes or no"),
        (edited(2, "reviewed_on", "31.05.2026"), "row 3, column reviewed_on: '31.05.2026' must be a date"),
        (edited(2, "language", "en"), r"row 3, column id: duration/how_long \(en\) stands in row 2 too"),
        (edited(2, "answer", "x" * 20_001), "row 3, column 4: more than 20000 characters"),
        (lambda rows: rows[2].append("note"), "row 3, a column without a name: has text"),
        (lambda rows: rows.append(["a/b", "en"]), "row 6, column answer: is empty, as is the rest of the row"),
        (lambda rows: rows.clear(), "The file is empty"),
    ],
)
def test_mistakes_are_named_by_row_and_column(root: Path, edit: Callable[[list[Cells]], None], message: str) -> None:
    rows = table(root)
    edit(rows)
    with pytest.raises(SpreadsheetError, match=message):
        read(xlsx(rows), ".xlsx")


def test_all_mistakes_are_named_at_once_up_to_a_number() -> None:
    rows = [list(COLUMNS), *([f"a/{number}", "", f"title {number}"] for number in range(30))]
    with pytest.raises(SpreadsheetError) as error:
        read(xlsx(rows), ".xlsx")
    assert len(error.value.problems) == 30
    assert str(error.value).endswith("… and 10 more")


@pytest.mark.parametrize("suffix", ["", ".xls", ".txt", ".xlsm"])
def test_another_kind_of_file_is_refused(suffix: str) -> None:
    with pytest.raises(SpreadsheetError, match=r"use \.xlsx or \.csv"):
        read(b"id", suffix)


def test_a_csv_that_is_none_is_refused() -> None:
    with pytest.raises(SpreadsheetError, match="isn't UTF-8"):
        read("für".encode("latin-1"), ".csv")
    with pytest.raises(SpreadsheetError, match="row 2: not valid CSV"):
        read(b'id,language\n"a', ".csv")
    with pytest.raises(SpreadsheetError, match="not valid CSV"):
        read(b"id,language\n" + b"x" * 200_000, ".csv")


# as if from an enemy


def archive(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return file.getvalue()


def replaced(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        assert part in source.namelist()
        return archive(
            **{name: change(source.read(name)) if name == part else source.read(name) for name in source.namelist()}
        )


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "content",
    [
        archive(**{SHEET: b"0" * workbook.MAX_UNPACKED_BYTES, "noise": os.urandom(1_000_000)}),
        archive(**{SHEET: b"0" * 5_000_000}),
        archive(**{f"part{number}": b"" for number in range(workbook.MAX_PARTS + 1)}),
    ],
    ids=["size", "ratio", "parts"],
)
def test_a_zip_bomb_is_refused_before_it_is_opened(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_args, **_options: pytest.fail("the archive was opened"))
    with pytest.raises(SpreadsheetError, match="unpacks to far more"):
        read(content, ".xlsx")


def test_a_zip_bomb_that_lies_about_its_size_is_refused(root: Path) -> None:
    content = bytearray(replaced(xlsx(table(root)), SHEET, lambda sheet: sheet + b" " * 80_000_000))
    true = struct.pack("<I", zipfile.ZipFile(io.BytesIO(bytes(content))).getinfo(SHEET).file_size)
    assert content.count(true) == 2  # in the part's own header and in the directory
    lying = bytes(content).replace(true, struct.pack("<I", 1_000))
    with pytest.raises(SpreadsheetError):
        read(lying, ".xlsx")


def test_entities_that_multiply_are_refused(root: Path) -> None:
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    for part in (SHEET, "xl/workbook.xml"):
        content = replaced(xlsx(table(root)), part, lambda xml: entities + xml)
        with pytest.raises(SpreadsheetError, match="isn't a workbook that can be read"):
            read(content, ".xlsx")


def test_a_row_far_below_the_others_is_refused(root: Path) -> None:
    content = replaced(xlsx(table(root)), SHEET, lambda sheet: sheet.replace(b'<row r="5"', b'<row r="99999999999"'))
    with pytest.raises(SpreadsheetError, match="too far below the others"):
        read(content, ".xlsx")


def test_what_is_no_workbook_is_refused(root: Path) -> None:
    whole = xlsx(table(root))
    for content in (b"", b"PK", b"%PDF-1.7", whole[:-200], archive(a=b"b"), replaced(whole, SHEET, lambda _: b"<a>")):
        with pytest.raises(SpreadsheetError, match="save it again as"):
            read(content, ".xlsx")


def test_a_file_of_many_megabytes_is_refused() -> None:
    with pytest.raises(SpreadsheetError, match="more than 10 MB"):
        read(b"x" * 10_000_001, ".csv")


JUNK = [COLUMNS, *((f"junk/row_{number}", "en", "t", "a", "p1.1", "no", "", "p") for number in range(MAX_ROWS))]


def test_a_sheet_of_5000_rows_of_junk_is_harmless(root: Path) -> None:
    before = contents(root)
    found = preview(read(write_lines(JUNK, ".csv"), ".csv"), root)
    assert [change.kind for change in found] == [Kind.REFUSED] * MAX_ROWS
    assert contents(root) == before


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_row_more_than_5000_is_refused(suffix: str) -> None:
    with pytest.raises(SpreadsheetError, match="more than 5000 rows"):
        read(write_lines([*JUNK, JUNK[-1]], suffix), suffix)


# preview


def test_the_preview_says_what_each_faq_would_become(root: Path) -> None:
    rows = table(root)
    rows[1][3] = "It is not permanent; it lasts 4 to 6 months."
    rows[1][7] = str(rows[1][7]).replace("how does it last 0", "how long is that")
    rows[2][6] = "2026-11-28"
    found = changes(root, [*rows, *new_rows("cost/effect", "effect"), *new_rows("duration/bad", "x {y}")])
    assert {faq_id: change.kind for faq_id, change in found.items()} == {
        HOW_LONG: Kind.CHANGED,
        MORE: Kind.SAME,
        "cost/effect": Kind.NEW,
        "duration/bad": Kind.REFUSED,
    }
    assert [(field.name, field.old, field.new) for field in found[HOW_LONG].fields] == [
        ("answer (en)", "It is not permanent and lasts 4 to 6 months.", "It is not permanent; it lasts 4 to 6 months."),
        ("reviewed_on (tr)", "", "2026-11-28"),
        ("phrasings", "how does it last 0", "how long is that"),
    ]
    assert found[MORE].fields == ()
    assert found["cost/effect"].rows == (6, 7)
    assert {finding.code for finding in found["duration/bad"].findings} == {"F007", "F017"}


def test_a_number_or_negation_that_changes_stands_out(root: Path) -> None:
    rows = table(root)
    rows[1][3], rows[2][3] = "It lasts 4 to 6 months.", "4 ila 6 ay sürer."  # the "not" is gone in both languages
    found = changes(root, rows)[HOW_LONG]
    assert [(field.name, field.alters_facts) for field in found.fields] == [
        ("answer (en)", True),
        ("answer (tr)", True),
    ]


def test_what_a_sheet_leaves_out_stays(root: Path) -> None:
    rows = table(root)
    translations = [rows[0], [*rows[2][:3], "Kalıcı değildir: 4 ila 6 ay sürer.", *rows[2][4:]]]
    (change,) = preview(read(xlsx(translations), ".xlsx"), root)
    before = faqs(root)
    assert [field.name for field in change.fields] == ["answer (tr)"]
    apply([change], [HOW_LONG], root)
    assert faqs(root)[1] == before[1]
    assert faqs(root)[0] == replace(before[0], answers={**before[0].answers, "tr": change.faq.answers["tr"]})


def test_a_finding_stands_at_each_faq_that_it_names(root: Path) -> None:
    rows = table(root)
    rows[1][7] = f"{rows[1][7]}\nshared question"
    rows[3][7] = f"{rows[3][7]}\nshared question"
    found = changes(root, [*rows, *new_rows("duration/effect", "effect")])
    assert {faq_id: [finding.code for finding in change.findings] for faq_id, change in found.items()} == {
        HOW_LONG: ["F016"],
        MORE: ["F016"],
        "duration/effect": [],
    }
    before = contents(root)
    with pytest.raises(Refused, match="F016"):  # what the preview shows as refused can't be accepted, even alone
        apply(found.values(), [HOW_LONG], root)
    assert contents(root) == before


def test_a_row_with_an_impossible_id_spoils_no_other(root: Path) -> None:
    rows = table(root)
    rows[1][2] = "How long is it?"
    for faq_id in ("Cost of it", "cost", "x" * 300, "../../evil", "yes/x"):
        found = changes(root, [*rows, *new_rows(faq_id, "effect {"), *new_rows("duration/effect", "other")])
        assert {key: change.kind for key, change in found.items()} == {
            HOW_LONG: Kind.CHANGED,
            MORE: Kind.SAME,
            faq_id: Kind.REFUSED,
            "duration/effect": Kind.NEW,
        }


def test_ten_thousand_phrasings_are_refused(root: Path) -> None:
    rows = table(root)
    rows += [[HOW_LONG, "en", *[None] * 5, "\n".join(f"q {n} {m}" for n in range(1_000))] for m in range(10)]
    (finding,) = changes(root, rows)[HOW_LONG].findings
    assert str(finding) == "F022 duration/how_long: has 10025 phrasings; keep at most 2000"


# apply


def test_only_what_is_accepted_is_written(root: Path) -> None:
    rows = table(root)
    rows[1][2] = "How long is it?"
    rows[3][2] = "More of it?"
    found = changes(root, [*rows, *new_rows("cost/effect", "effect")])
    assert apply(found.values(), ["cost/effect", MORE], root) == [MORE, "cost/effect"]
    titles = {faq.id: faq.answers["en"].title for faq in faqs(root)}
    assert titles == {"cost/effect": "effect?", HOW_LONG: "How long?", MORE: "More of it?"}
    assert lint(root) == []


def test_one_refused_among_the_accepted_writes_nothing(root: Path) -> None:
    rows = table(root)
    rows[1][2] = "How long is it?"
    rows[3][3] = "5 additional doses may be given."
    before = contents(root)
    with pytest.raises(Refused, match="F011 duration/more"):
        apply(changes(root, rows).values(), [HOW_LONG, MORE], root)
    assert contents(root) == before


def test_accepting_half_of_a_move_is_refused(root: Path) -> None:
    rows = table(root)
    rows[1][7] = str(rows[1][7]).replace("how does it last 0", "how long is that")
    rows[3][7] = f"{rows[3][7]}\nhow does it last 0"
    found = changes(root, rows)
    before = contents(root)
    with pytest.raises(Refused, match="F016"):
        apply(found.values(), [MORE], root)
    assert contents(root) == before
    assert apply(found.values(), [HOW_LONG, MORE], root) == [HOW_LONG, MORE]


def test_a_topic_that_was_changed_since_the_preview_is_a_conflict(root: Path) -> None:
    rows = table(root)
    rows[1][2] = "How long is it?"
    mine = changes(root, rows)
    rows[1][2] = "Theirs?"
    apply(changes(root, rows).values(), [HOW_LONG], root)
    with pytest.raises(Conflict):
        apply(mine.values(), [HOW_LONG], root)


def test_an_id_that_is_not_in_the_sheet_cannot_be_accepted(root: Path) -> None:
    with pytest.raises(SpreadsheetError, match="not in the file: cost/none"):
        apply(changes(root, table(root)).values(), ["cost/none"], root)
