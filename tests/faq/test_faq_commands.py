from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from clinicbot import paths
from clinicbot.faq.files import read_faqs
from clinicbot.faq.workbook import SpreadsheetError
from clinicbot.faq.writer import Refused
from clinicbot.faq_commands import COMMANDS
from clinicbot.yaml_files import ContentError
from tests.conftest import WriteClinic
from tests.faq.checkouts import contents, small_checkout

Run = Callable[..., Result]


@pytest.fixture
def root(tmp_path: Path, write_clinic: WriteClinic, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout that the commands take for this one."""
    checkout = small_checkout(tmp_path / "checkout", write_clinic())
    monkeypatch.setattr(paths, "ROOT", checkout)
    return checkout


@pytest.fixture
def faq(root: Path) -> Run:
    group = click.Group(commands={command.name: command for command in COMMANDS if command.name})

    def run(*words: object) -> Result:
        result = CliRunner().invoke(group, [str(word) for word in words])
        if isinstance(result.exception, ContentError):  # `clinicbot` shows these as a sentence
            raise result.exception
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return run


@pytest.fixture(params=[".csv", ".xlsx"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"faqs{request.param}"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8-sig")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8-sig")


@pytest.fixture
def sheet(faq: Run, tmp_path: Path) -> Path:
    path = tmp_path / "sheet.csv"
    faq("export", path)
    return path


def test_list_shows_id_number_of_phrasings_title_and_answer(faq: Run) -> None:
    assert faq("list").output.splitlines() == [
        "duration/how_long  25 phrasings  How long?",
        "    It is not permanent and lasts 4 to 6 months.",
        "duration/more  25 phrasings  More?",
        "    Additional doses may be given.",
        "2 FAQs",
    ]


def test_list_in_another_language(faq: Run) -> None:
    assert "Ek doz verilebilir." in faq("list", "--language", "tr").output
    assert "no answer in 'fr'" in faq("list", "--language", "fr").output


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--topic", "duration"], ["duration/how_long", "duration/more"]),
        (["--topic", "uses"], []),
        (["--search", "ADDITIONAL"], ["duration/more"]),
        (["--search", "another dose 7"], ["duration/more"]),
        (["--search", "ne kadar?"], ["duration/how_long"]),
        (["--search", "how_long"], ["duration/how_long"]),
    ],
)
def test_list_by_topic_and_word(faq: Run, options: list[str], ids: list[str]) -> None:
    *lines, last = faq("list", *options).output.splitlines()
    assert [line.split()[0] for line in lines[::2]] == ids
    assert last == f"{len(ids)} FAQs"


def test_what_is_exported_imports_without_a_change(faq: Run, root: Path, file: Path) -> None:
    before = contents(root)
    assert faq("export", file).output == f"Wrote 2 FAQs to {file}\n"
    result = faq("import", file, "--accept-all")
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        ["0 new, 0 changed, 2 same, 0 refused", "Wrote 0 FAQs"],
    )
    assert contents(root) == before


def test_export_keeps_a_file_of_that_name(faq: Run, file: Path) -> None:
    file.write_text("mine")
    result = faq("export", file)
    assert result.exit_code == 1
    assert "exists; choose another name or add --overwrite" in result.output
    assert file.read_text() == "mine"
    assert faq("export", file, "--overwrite").exit_code == 0
    assert faq("import", file).exit_code == 0


def test_export_to_another_kind_of_file_is_refused(faq: Run, tmp_path: Path) -> None:
    with pytest.raises(SpreadsheetError, match=r"\.ods: use \.xlsx or \.csv"):
        faq("export", tmp_path / "faqs.ods")
    assert "can't be written" in faq("export", tmp_path / "nowhere" / "faqs.csv").output


def test_import_shows_and_writes_nothing_by_itself(faq: Run, root: Path, sheet: Path) -> None:
    before = contents(root)
    edit(sheet, "More?", "More of it?")
    result = faq("import", sheet)
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        [
            "changed  duration/more  (rows 4, 5)",
            "    title (en)",
            "      - More?",
            "      + More of it?",
            "0 new, 1 changed, 1 same, 0 refused",
            "Nothing was written; --accept ID or --accept-all writes",
        ],
    )
    assert contents(root) == before


def test_import_marks_a_changed_fact(faq: Run, sheet: Path) -> None:
    edit(sheet, "It is not permanent and lasts", "It is permanent and lasts")
    result = faq("import", sheet)
    assert "answer (en)  !! numbers or “not” differ" in result.output
    assert "F013 duration/how_long (tr)" in result.output


def test_import_writes_what_is_accepted(faq: Run, root: Path, sheet: Path) -> None:
    edit(sheet, "More?", "More of it?")
    edit(sheet, "How long?", "How long is it?")
    assert faq("import", sheet, "--accept", "duration/more").output.endswith("\nWrote 1 FAQs\n")
    titles = [faq.answers["en"].title for faq in read_faqs(root / "data" / "faq")]
    assert titles == ["How long?", "More of it?"]
    assert faq("import", sheet, "--accept-all").output.endswith("\nWrote 1 FAQs\n")
    titles = [faq.answers["en"].title for faq in read_faqs(root / "data" / "faq")]
    assert titles == ["How long is it?", "More of it?"]


def test_import_of_all_writes_nothing_if_one_is_refused(faq: Run, root: Path, sheet: Path) -> None:
    before = contents(root)
    edit(sheet, "More?", "More of it?")
    edit(sheet, "4 to 6 months", "4 to 9 months")
    result = faq("import", sheet, "--accept-all")
    assert result.exit_code == 1
    assert "F011 duration/how_long (en): says ['9']" in result.output
    assert result.output.endswith("\nNothing was written\n")
    with pytest.raises(Refused):
        faq("import", sheet, "--accept", "duration/how_long")
    assert contents(root) == before
    assert faq("import", sheet, "--accept", "duration/more").exit_code == 0
    assert contents(root) != before


def test_a_file_of_many_megabytes_is_not_even_read(faq: Run, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as stream:
        stream.truncate(10_000_001)
    with pytest.raises(SpreadsheetError, match="more than 10 MB"):
        faq("import", large)
