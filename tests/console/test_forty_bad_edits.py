"""Issue 5, how it is judged: bad edits are refused, flagged or harmless, with nothing lost."""

import html
import io
import zipfile
from enum import Enum
from pathlib import Path

import openpyxl
import pytest

from clinicbot.faq.linter import errors, lint
from clinicbot.faq.spreadsheet import COLUMNS
from clinicbot.faq.workbook import MAX_ROWS, write_lines
from clinicbot.store.people import Role
from clinicbot.store.uploads import DOCUMENT, SPREADSHEET, Uploads
from tests.conftest import PHONE
from tests.console.bad_edits import (
    EN,
    TR,
    Attempt,
    Came,
    Desk,
    cut_off_upload,
    delete,
    delete_last_of_topic,
    edit,
    forged,
    full_disk,
    killed_writer,
    new,
    new_beside,
    power_cut,
    stale_form,
    two_people_one_faq,
    two_people_two_faqs,
    upload,
)
from tests.console.conftest import ClientOf
from tests.console.faq_world import MORE, form_in
from tests.console.test_imports import decide
from tests.documents.files import scanned_pdf, with_part, word
from tests.faq.checkouts import contents


class Outcome(Enum):
    """REFUSED: said in words, written in no file. FLAGGED: the same, until somebody confirms it. HARMLESS: each file is
    whole, and what was typed is there."""

    REFUSED = "refused"
    FLAGGED = "flagged"
    HARMLESS = "harmless"


REFUSED, FLAGGED, HARMLESS = Outcome
ROW = ["duration/row", "en", "A title?", "Additional doses may be given.", "p1.2", "no", "", "one\ntwo\nthree"]


def workbook(*rows: list[str]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    return file.getvalue()


def long_sheet(rows: int) -> bytes:
    return write_lines([list(COLUMNS), *([f"many/row_{number}", *ROW[1:]] for number in range(rows))], ".csv")


def waiting_sheet(content: bytes) -> Attempt:
    """It is kept and shown; nobody has decided anything yet."""

    def attempt(desk: Desk) -> Came:
        response = desk.editor.post("/staff/imports", files={"file": ("faqs.csv", content)})
        assert len(Uploads(desk.console.engine).all(SPREADSHEET)) == 1
        return Came(desk.editor.get(response.headers["location"]))

    return attempt


def row_with_path_tricks(desk: Desk) -> Came:
    """All rows are accepted and written, whatever the page thinks of them."""
    content = write_lines([list(COLUMNS), ["../../domain", *ROW[1:]]], ".csv")
    address = desk.editor.post("/staff/imports", files={"file": ("faqs.csv", content)}).headers["location"]
    response = decide(desk.editor, address, "write", **{"../domain": "accept"})
    return Came(response, "Choose another name for the topic, in Latin letters.", logged="import.write")


def address_with_path_tricks(desk: Desk) -> Came:
    return Came(desk.editor.post("/staff/faqs/%2e%2e%2f%2e%2e%2fdata/domain", {"title_en": "x"}), "")


LONG = "x" * 100_000
MANY = "\r\n".join(f"phrasing {number}" for number in range(10_000))
CELLS = "row 2, column 4: holds a formula; write the text itself"
BRACES = "Braces, angle or square brackets and backslashes are not allowed"
UNWRITABLE = "characters that cannot be stored"
FACTS = "Numbers or a “not” have changed"
OTHER_TOPIC = "Choose another name for the topic"

BAD_EDITS: dict[str, tuple[Outcome, Attempt]] = {
    # facts
    "a changed number": (REFUSED, edit("says 8", text_en=EN.replace("6", "8"), text_tr=TR.replace("6", "8"))),
    "a changed number in one language": (REFUSED, edit("not those of the English", text_tr=TR.replace("6", "7"))),
    "a changed number word": (REFUSED, edit("says 7,", text_en=EN.replace("4 to 6", "four to seven"))),
    "a number less": (
        FLAGGED,
        edit(FACTS, text_en=EN.replace("4 to 6", "6"), text_tr=TR.replace("4 ila 6", "6"), logged=""),
    ),
    "a dropped not": (REFUSED, edit("Only one of the answers", text_en=EN.replace("not ", ""))),
    "a dropped not in Turkish": (REFUSED, edit("Only one of the answers", text_tr=TR.replace("değildir", "dir"))),
    "a not dropped in every language": (
        FLAGGED,
        edit(FACTS, text_en=EN.replace("not ", ""), text_tr=TR.replace("değildir", "dir"), logged=""),
    ),
    "an added not": (REFUSED, edit("but the ticked sentences don't", MORE, text_en="They may not be given.")),
    # phrasings
    "a phrasing of another FAQ": (REFUSED, edit("already belongs to “More?”", phrasings="+how another dose 0")),
    "a phrasing of small talk": (REFUSED, edit("already belongs to “small talk”", phrasings="+hello")),
    "a leading slash command": (REFUSED, edit("a slash at its beginning", phrasings="+/restart")),
    "10,000 phrasings": (REFUSED, edit("There are 10000 phrasings.", phrasings=MANY)),
    "a phrasing of 100,000 characters": (REFUSED, edit("is too long", phrasings=f"+{LONG}")),
    "two phrasings": (REFUSED, edit("write at least 3", phrasings="one\r\ntwo")),
    # answers
    "an empty answer": (REFUSED, edit("The answer in English is empty", text_en="")),
    "a blank answer": (REFUSED, edit("The answer in Turkish is empty", text_tr=" \r\n ")),
    "a lost language": (REFUSED, edit("The answer in Turkish is gone", title_tr="", text_tr="")),
    "braces": (REFUSED, edit(BRACES, text_en=EN + " {clinic}")),
    "HTML": (REFUSED, edit(BRACES, text_en=EN.replace("not", "<b>not</b>"))),
    "a script": (REFUSED, edit(BRACES, title_en="<script>alert(1)</script>")),
    "a link in markdown": (REFUSED, edit(BRACES, text_en=EN + " [here](https://clinic.example)")),
    "a backslash": (REFUSED, edit(BRACES, text_en=EN + r" \u0041")),
    "a control character": (REFUSED, edit(UNWRITABLE, text_en=EN + "\x07")),
    "a right-to-left override": (REFUSED, edit(UNWRITABLE, text_en=EN.replace("4 to 6", "\u202e4 to 6"))),
    "the phone number": (REFUSED, edit("phone number stands in the answer", text_en=f"{EN} Call {PHONE}.")),
    # titles, sources, ids
    "another FAQ's title": (REFUSED, edit("Another FAQ has the question", title_en="More?")),
    "a title of two lines": (REFUSED, edit(UNWRITABLE, title_en="How\r\nlong?")),
    "a source that isn't there": (REFUSED, edit("Tick at least one sentence", source=["p9.9"])),
    "no source": (REFUSED, edit("Tick at least one sentence", source=[])),
    "an id that is taken": (HARMLESS, new_beside("How long!", "duration/how_long_2")),
    "a topic with path tricks": (HARMLESS, new_beside("Again?", "cost/again", topic="+", new_topic="../../Cost")),
    "an address with path tricks": (REFUSED, address_with_path_tricks),
    "a row with path tricks": (REFUSED, row_with_path_tricks),
    "a topic that is an intent of the dialogue": (REFUSED, new(OTHER_TOPIC, topic="+", new_topic="Greet")),
    "a topic that YAML takes for a truth value": (REFUSED, new(OTHER_TOPIC, topic="+", new_topic="no")),
    # deleting
    "deleting the last FAQ of a topic": (REFUSED, delete_last_of_topic),
    "deleting the last answer of a sentence": (
        REFUSED,
        lambda desk: delete(desk, MORE, "This FAQ cannot be deleted."),
    ),
    # two people, and forms that nobody was shown
    "a forged version of the file": (HARMLESS, forged("version")),
    "a forged digest of the FAQ": (HARMLESS, forged("base")),
    "both forged": (REFUSED, forged("version", "base")),
    "two people edit one FAQ": (REFUSED, two_people_one_faq),
    "two people edit two FAQs of one topic": (HARMLESS, two_people_two_faqs),
    "a form of an FAQ that was deleted meanwhile": (REFUSED, stale_form),
    # files
    "a spreadsheet of 5,000 rows": (HARMLESS, waiting_sheet(long_sheet(MAX_ROWS))),
    "a spreadsheet of 5,001 rows": (
        REFUSED,
        upload("imports", "faqs.csv", lambda: long_sheet(MAX_ROWS + 1), "more than 5000 rows"),
    ),
    "a zip bomb for a workbook": (REFUSED, upload("imports", "faqs.xlsx", zip_bomb, "unpacks to far more")),
    "a formula in a workbook": (
        REFUSED,
        upload("imports", "f.xlsx", lambda: workbook(list(COLUMNS), [*ROW[:3], '=HYPERLINK("x")', *ROW[4:]]), CELLS),
    ),
    "text that looks like a formula": (
        HARMLESS,
        waiting_sheet(write_lines([list(COLUMNS), [*ROW[:-1], "=1+1\n+cmd\n@x"]], ".csv")),
    ),
    "wrong columns": (
        REFUSED,
        upload("imports", "faqs.csv", lambda: b"question,answer\na,b\n", "the first row must name the columns"),
    ),
    "a zip bomb for a Word file": (
        REFUSED,
        upload(
            "documents", "x.docx", lambda: with_part(word("x"), "word/media/a.bmp", b"0" * 20_000_000), "unpacks to far"
        ),
    ),
    "a scanned PDF": (REFUSED, upload("documents", "scan.pdf", scanned_pdf, "pictures of pages, not text")),
    "an upload that is cut off": (REFUSED, cut_off_upload),
    # the machine
    **{f"the power goes at step {step} of a write": (HARMLESS, power_cut(step)) for step in range(6)},
    "a full disk": (HARMLESS, full_disk),
    **{f"kill -9 of a writer at rename {step}": (HARMLESS, killed_writer(step)) for step in range(2)},
}


@pytest.fixture
def desk(client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    editor, colleague = (client_of(Role.EDITOR, username=name) for name in ("ayse", "can"))
    return Desk(editor, colleague, tmp_path, monkeypatch)


@pytest.mark.parametrize(("outcome", "attempt"), BAD_EDITS.values(), ids=BAD_EDITS.keys())
def test_a_bad_edit_is_refused_flagged_or_harmless_and_nothing_is_lost(
    desk: Desk, outcome: Outcome, attempt: Attempt
) -> None:
    desk.mark()
    came = attempt(desk)
    after = contents(desk.console.root)
    assert errors(lint(desk.console.root)) == []
    assert came.response is not None
    page = html.unescape(came.response.text)
    if outcome is Outcome.HARMLESS:
        assert came.response.status_code < 400
        assert after == (came.new or desk.before)
        return
    assert after == desk.before
    assert came.said in page
    assert came.response.status_code == 200 if outcome is Outcome.FLAGGED else came.response.status_code >= 400
    typed = form_in(came.response)
    for name, text in came.kept.items():
        assert typed[name] == [text], name
    logged = [(entry.action, entry.outcome) for entry in desk.console.audit.all()]
    assert (came.logged, "refused") in logged if came.logged else "refused" not in {each for _, each in logged}


def test_there_are_forty_and_none_of_them_leaves_an_upload(desk: Desk) -> None:
    assert len(BAD_EDITS) >= 40
    for name, (outcome, attempt) in BAD_EDITS.items():
        if outcome is REFUSED and attempt.__qualname__.startswith(("upload", "cut_off")):
            attempt(desk)
            for kind in (SPREADSHEET, DOCUMENT):
                assert Uploads(desk.console.engine).all(kind) == [], name
