from pathlib import Path

import pytest

from clinicbot.faq.document import Document, load_document, read_document
from clinicbot.yaml_files import ContentError

DOCUMENT = Document({"p1.1": "One.", "p1.2": "Two.", "p10.1": "Ten."})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "document.md"


def test_sentences_are_the_numbered_lines(path: Path) -> None:
    text = "# Title\n\nAbout p1.1\n\n- p1.1 First – “quoted”. \n- p2.1 Second.\n- no number\n"
    path.write_text(text, encoding="utf-8")
    assert read_document(path).sentences == {"p1.1": "First – “quoted”.", "p2.1": "Second."}


def test_a_number_used_twice_is_refused(path: Path) -> None:
    path.write_text("- p1.1 First.\n- p1.1 Again.\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"p1\.1 stands twice"):
        read_document(path)


def test_a_file_without_sentences_is_refused(path: Path) -> None:
    path.write_text("# Nothing numbered\n", encoding="utf-8")
    with pytest.raises(ContentError, match="no numbered sentences"):
        read_document(path)


def test_a_paragraph_is_all_its_sentences_and_no_longer_numbers() -> None:
    assert DOCUMENT.passage("p1") == ("One.", "Two.")
    assert DOCUMENT.expand("p1") == ("p1.1", "p1.2")
    assert DOCUMENT.passage("p1.2") == ("Two.",)
    assert DOCUMENT.passage("p2") == DOCUMENT.expand("p2") == ()


def test_quote_keeps_the_order_asked_for() -> None:
    assert DOCUMENT.quote(("p10.1", "p1")) == "Ten. One. Two."


def test_the_clinics_document_is_complete() -> None:
    assert {key.partition(".")[0] for key in load_document().sentences} == {f"p{number}" for number in range(1, 9)}
