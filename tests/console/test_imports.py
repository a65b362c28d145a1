import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from clinicbot.console import sheet_previews
from clinicbot.faq import spreadsheet, workbook, writer
from clinicbot.faq.files import read_faqs
from clinicbot.faq.linter import lint
from clinicbot.faq.model import Answer, Faq
from clinicbot.faq.workbook import read_lines, write_lines
from clinicbot.releases.store import Releases
from clinicbot.store.people import Role
from clinicbot.store.uploads import SPREADSHEET, Uploads
from tests.console.conftest import Client, ClientOf
from tests.faq.checkouts import contents

HOW_LONG, MORE = "duration/how_long", "duration/more"
Rows = list[list[str]]


def faqs(root: Path) -> dict[str, Faq]:
    return {faq.id: faq for faq in read_faqs(root / "data" / "faq")}


def table(root: Path) -> Rows:
    """The exported rows, to be edited: 0 the header, then en and tr of `how_long`, en and tr of `more`."""
    content = spreadsheet.export(faqs(root).values(), ".csv")
    return [list(line.cells) for line in read_lines(content, ".csv")]


def new_rows(faq_id: str, about: str, count: int = 3) -> Rows:
    phrasings = "\n".join(f"{about} question {number}" for number in range(count))
    return [[faq_id, "en", f"About {about}?", "Additional doses may be given.", "p1.2", "no", "", phrasings]]


def upload(client: Client, content: bytes, name: str = "faqs.csv") -> Any:
    return client.post("/staff/imports", files={"file": (name, content)})


def uploaded(client: Client, rows: Rows, name: str = "faqs.csv") -> str:
    response = upload(client, write_lines(rows, ".csv"), name)
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def decide(client: Client, address: str, then: str = "save", **choices: str) -> Any:
    """Sends the page's form as a browser would, with these choices by FAQ name (`how_long="accept"`)."""
    page = client.get(address).text
    ids = re.findall(r'name="id" value="([^"]+)"', page)
    fields: dict[str, Any] = {"id": ids, "basis": basis(page), "then": then}
    for number, faq_id in enumerate(ids):
        before = re.search(rf'name="was-{number}" value="(\w*)"', page)
        assert before is not None
        fields[f"was-{number}"] = before[1]
        if choice := choices.get(faq_id.partition("/")[2], before[1]):
            fields[f"choice-{number}"] = choice
    return client.post(address, fields)


def basis(page: str) -> str:
    match = re.search(r'name="basis" value="(\w+)"', page)
    assert match is not None
    return match[1]


@pytest.fixture
def editor(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


def audited(client: Client) -> list[tuple[str, str]]:
    return [(entry.action, entry.outcome) for entry in client.console.audit.all()]


# upload


def test_an_upload_writes_nothing_and_waits(editor: Client, root: Path) -> None:
    rows = table(root)
    rows[1][2] = "How long is it?"
    before = contents(root)
    address = uploaded(editor, rows, "C:\\sheets\\Sorular – yeni.csv")
    assert contents(root) == before
    listed = editor.get("/staff/imports").text
    assert f'href="{address}"' in listed
    assert "Sorular – yeni.csv" in listed
    assert "sheets" not in listed
    assert audited(editor) == [("import.upload", "done")]


def test_problems_name_row_and_column_and_are_cut_with_a_count(editor: Client, root: Path) -> None:
    rows = [table(root)[0], *(["a/b", "en", "t", "a", "p1.1", "maybe", "", "p"] for _ in range(300))]
    response = upload(editor, write_lines(rows, ".csv"))
    assert response.status_code == 422
    assert "row 2, column phone_line: &#39;maybe&#39; must be yes or no" in response.text
    assert "… and 579 more" in response.text
    assert response.text.count("<li>row ") == 20
    assert Uploads(editor.console.engine).all(SPREADSHEET) == []


def test_a_formula_is_refused_by_row_and_column(editor: Client, root: Path) -> None:
    book = openpyxl.Workbook()
    for row in [*table(root)[:1], ["a/b", "en", "t", '=HYPERLINK("http://x.example")', "p1.1", "no", "", "p"]]:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    response = upload(editor, file.getvalue(), "faqs.xlsx")
    assert response.status_code == 422
    assert "row 2, column 4: holds a formula; write the text itself" in response.text


def test_a_cell_that_looks_like_a_formula_is_text(editor: Client, root: Path) -> None:
    rows = [table(root)[0], *new_rows("duration/effect", "=1+1")]
    page = editor.get(uploaded(editor, rows)).text
    assert "=1+1 question 0" in page


@pytest.mark.parametrize(
    ("name", "content"),
    [("faqs.exe", b"MZ"), ("faqs.xlsx", b"PK\x03\x04"), ("faqs.csv", b"\xff\xfe\x00"), ("", b"x")],
)
def test_what_is_no_spreadsheet_is_refused(editor: Client, name: str, content: bytes) -> None:
    assert upload(editor, content, name).status_code in (400, 422)
    assert Uploads(editor.console.engine).all(SPREADSHEET) == []


def test_a_zip_bomb_is_refused(editor: Client) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    response = upload(editor, file.getvalue(), "faqs.xlsx")
    assert response.status_code == 422
    assert "unpacks to far more" in response.text


def test_too_large_a_file_is_refused(editor: Client) -> None:
    response = upload(editor, b"x" * (workbook.MAX_BYTES + 1))
    assert response.status_code == 413
    assert "more than 10 MB" in response.text


# preview


def test_changed_facts_stand_out_and_are_not_accepted_along_with_others(editor: Client, root: Path) -> None:
    rows = table(root)
    rows[1][3], rows[2][3] = "It lasts 4 to 6 months.", "4 ila 6 ay sürer."
    address = uploaded(editor, [*rows, *new_rows("duration/effect", "effect")])
    page = editor.get(address).text
    assert '<del class="fact"><span class="visually-hidden">[removed: </span>not' in page
    assert "Numbers or “not” differ" in page
    editor.post(address, {"rest": "accept"})
    page = editor.get(address).text
    assert "To be written: 1. Rejected: 0. Not decided yet: 1" in page
    assert "Numbers or “not” differ" in editor.get(f"{address}?show=facts").text
    assert "About effect?" not in editor.get(f"{address}?show=facts").text


def test_what_is_the_same_is_not_shown_but_counted(editor: Client, root: Path) -> None:
    page = editor.get(uploaded(editor, table(root))).text
    assert "the same as here: 2" in page
    assert "Nothing to show here." in page


# decide and write


def test_an_emergency_does_not_become_a_phrasing(editor: Client, root: Path) -> None:
    rows = table(root)
    rows[1][7] += "\ni cant breathe since this morning"
    before = contents(root)
    response = decide(editor, uploaded(editor, rows), "write", how_long="accept")
    assert response.status_code == 422
    assert "is an emergency" in response.text
    assert contents(root) == before


def test_accept_merge_and_reject(editor: Client, root: Path) -> None:
    rows = table(root)
    rows[1][2], rows[1][7] = "How long is it?", "how long is that\nhow many months\nHow does it last 0?"
    rows[3][2], rows[3][7] = "More of it?", "another jab\nHOW another dose 0!"
    rows += new_rows("duration/effect", "effect") + new_rows("duration/other", "other")
    before = faqs(root)
    address = uploaded(editor, rows)
    choices = {"how_long": "accept", "more": "merge", "effect": "accept", "other": "reject"}
    response = decide(editor, address, "write", **choices)
    assert response.headers["location"] == "/staff/imports"
    after = faqs(root)
    assert list(after) == [HOW_LONG, MORE, "duration/effect"]
    assert after[HOW_LONG].answers["en"].title == "How long is it?"
    assert after[HOW_LONG].phrasings == ("how long is that", "how many months", "How does it last 0?")
    assert after[MORE].answers == before[MORE].answers
    assert after[MORE].phrasings == (*before[MORE].phrasings, "another jab")
    assert Uploads(editor.console.engine).all(SPREADSHEET) == []
    assert audited(editor)[-1] == ("import.write", "done")


def test_merging_takes_answers_only_where_there_are_none(editor: Client, root: Path) -> None:
    english = Answer("en", "Additional doses may be given.", "Effect?", ("p1.2",), None)
    writer.add(
        Faq("duration/effect", ("a b", "c d", "e f"), {"en": english}), writer.version_of("duration", root), root
    )
    rows = [table(root)[0]]
    rows.append(["duration/effect", "en", "Other?", "Additional doses may be given.", "p1.2", "no", "", ""])
    rows.append(["duration/effect", "tr", "Etki?", "Ek doz verilebilir.", "p1.2", "no", "", ""])
    decide(editor, uploaded(editor, rows), "write", effect="merge")
    answers = faqs(root)["duration/effect"].answers
    assert (answers["en"].title, answers["tr"].text) == ("Effect?", "Ek doz verilebilir.")


def test_decisions_outlast_a_reload_and_are_named(editor: Client, root: Path, client_of: ClientOf) -> None:
    address = uploaded(editor, [table(root)[0], *new_rows("duration/effect", "effect")])
    other = client_of(Role.EDITOR, username="mehmet")
    assert decide(editor, address, effect="accept").status_code == 303
    assert "Accept, decided by ayse." in other.get(address).text
    decide(other, address, effect="reject")
    assert "Reject, decided by mehmet." in editor.get(address).text


def test_an_old_page_does_not_overwrite_what_another_person_decided_since(
    editor: Client, root: Path, client_of: ClientOf
) -> None:
    address = uploaded(editor, [table(root)[0], *new_rows("duration/a", "a"), *new_rows("duration/b", "b")])
    old_page = {"id": ["duration/a", "duration/b"], "was-0": "", "was-1": "", "choice-1": "accept", "then": "save"}
    decide(client_of(Role.EDITOR, username="mehmet"), address, a="reject")
    editor.post(address, old_page)
    page = editor.get(address).text
    assert "Reject, decided by mehmet." in page
    assert "Accept, decided by ayse." in page


def test_somebody_changed_an_faq_meanwhile_choices_are_kept(editor: Client, root: Path) -> None:
    rows = table(root)
    rows[1][2] = "How long is it?"
    address = uploaded(editor, rows)
    decide(editor, address, how_long="accept")
    page = editor.get(address).text
    rows[1][2] = "Theirs?"
    spreadsheet.apply(spreadsheet.preview(spreadsheet.read(write_lines(rows, ".csv"), ".csv"), root), [HOW_LONG], root)
    response = editor.post(address, {"basis": basis(page), "then": "write"})
    assert response.headers["location"] == address
    again = editor.get(address).text
    assert "somebody changed the FAQs" in again
    assert "The FAQ here was changed after that." in again
    assert faqs(root)[HOW_LONG].answers["en"].title == "Theirs?"
    decide(editor, address, "write")
    assert faqs(root)[HOW_LONG].answers["en"].title == "How long is it?"


def test_what_the_writer_refuses_is_said_in_words_and_nothing_is_lost(editor: Client, root: Path) -> None:
    rows = [table(root)[0], *new_rows("duration/bad", "x {y}", 300), *new_rows("duration/good", "good")]
    address = uploaded(editor, rows)
    before = contents(root)
    response = decide(editor, address, "write", bad="accept", good="accept")
    assert response.status_code == 422
    assert "duration/bad" in response.text
    assert "and 2" in response.text
    assert contents(root) == before
    assert audited(editor)[-1] == ("import.write", "refused")
    decide(editor, address, "write", bad="reject")
    assert list(faqs(root)) == [HOW_LONG, MORE, "duration/good"]


def test_nothing_is_written_without_a_decision(editor: Client, root: Path) -> None:
    address = uploaded(editor, [table(root)[0], *new_rows("duration/effect", "effect")])
    before = contents(root)
    assert decide(editor, address, "write").headers["location"] == address
    assert contents(root) == before
    assert "no FAQ is accepted" in editor.get(address).text


def test_what_is_undecided_stays_when_the_rest_is_written(editor: Client, root: Path) -> None:
    address = uploaded(editor, [table(root)[0], *new_rows("duration/a", "a"), *new_rows("duration/b", "b")])
    decide(editor, address, "write", a="accept")
    page = editor.get(address).text
    assert "Not decided yet: 1" in page
    assert "duration/b" in page
    editor.post(f"{address}/remove")
    assert editor.get(address).status_code == 404
    assert list(faqs(root)) == [HOW_LONG, MORE, "duration/a"]


def test_thousands_of_rows_are_paged(editor: Client, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [table(root)[0], *(row for number in range(600) for row in new_rows(f"many/row_{number}", f"row {number}"))]
    address = uploaded(editor, rows)
    assert "Page 1 of 24" in editor.get(address).text
    monkeypatch.setattr(sheet_previews, "read", lambda *_: pytest.fail("the sheet was read again"))
    last = editor.get(f"{address}?page=24").text
    assert "many/row_599" in last
    assert last.count('name="id"') == 25
    editor.post(address, {"rest": "accept"})
    assert "To be written: 600." in editor.get(f"{address}?page=9999").text


# export


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_export_comes_back_without_a_change(editor: Client, root: Path, kind: str) -> None:
    response = editor.get(f"/staff/faqs/export.{kind}")
    assert response.headers["content-disposition"] == f'attachment; filename="faqs.{kind}"'
    found = spreadsheet.preview(spreadsheet.read(response.content, f".{kind}"), root)
    assert [change.kind for change in found] == [spreadsheet.Kind.SAME] * 2


def test_one_topic_is_exported_and_an_unknown_one_is_not_there(editor: Client) -> None:
    assert editor.get("/staff/faqs/export.csv?topic=duration").content.count(b"duration/more") == 2
    assert editor.get("/staff/faqs/export.csv?topic=none").status_code == 404
    assert editor.get("/staff/faqs/export.pdf").status_code == 404


# who may


def test_an_approver_looks_and_an_administrator_does_not(client_of: ClientOf, editor: Client, root: Path) -> None:
    address = uploaded(editor, [table(root)[0], *new_rows("duration/effect", "effect")])
    approver, administrator = client_of(Role.APPROVER), client_of(Role.ADMINISTRATOR)
    assert approver.get(address).status_code == 200
    assert "Write the accepted ones</button>" not in approver.get(address).text
    for path in ("/staff/imports", address, f"{address}/remove"):
        assert approver.post(path).status_code == 403
    for path in ("/staff/imports", address, "/staff/faqs/export.csv"):
        assert administrator.get(path).status_code == 403
    assert audited(editor)[-1] == ("access", "refused")


def test_pages_are_in_turkish_too(client_of: ClientOf, root: Path) -> None:
    client = client_of(Role.EDITOR, language="tr")
    address = uploaded(client, [table(root)[0], *new_rows("duration/effect", "effect")])
    assert "Kabul edilenleri yaz" in client.get(address).text
    assert "Dosyadaki sorunlar" in upload(client, b"x").text
    assert Releases(client.console.settings.var).live() is None
    assert [finding.code for finding in lint(root)] == []
