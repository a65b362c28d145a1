"""A new document that is written together with FAQs."""

from dataclasses import replace
from pathlib import Path

import pytest

from clinicbot.faq import writer
from clinicbot.faq.checking import check
from clinicbot.faq.document import read_document
from clinicbot.faq.files import read_faqs
from clinicbot.faq.linter import lint
from clinicbot.faq.model import Faq
from clinicbot.faq.writer import Conflict, NewDocument, Refused, document_version, version_of, write
from tests.conftest import WriteClinic
from tests.faq.checkouts import DOCUMENT, contents, small_checkout

HOW_LONG = "duration/how_long"
LONGER = DOCUMENT.replace("4 to 6", "3 to 5")


@pytest.fixture
def root(tmp_path: Path, write_clinic: WriteClinic) -> Path:
    return small_checkout(tmp_path / "checkout", write_clinic())


def path(root: Path) -> Path:
    return root / "data" / "document" / "apex-clinic-botox.md"


def longer(root: Path) -> Faq:
    """The FAQ with the new text's numbers."""
    faq = next(faq for faq in read_faqs(root / "data" / "faq") if faq.id == HOW_LONG)
    answers = {
        language: replace(answer, text=answer.text.replace("4", "3").replace("6", "5"))
        for language, answer in faq.answers.items()
    }
    return replace(faq, answers=answers)


def save(root: Path, text: str, *faqs: Faq, version: str = "") -> None:
    document = NewDocument(text, version or document_version(root))
    write({faq.id: faq for faq in faqs}, {"duration": version_of("duration", root)}, root, document)


def test_the_linter_sees_document_and_faqs_together(root: Path) -> None:
    faq = longer(root)
    assert {finding.code for finding in check({HOW_LONG: faq}, root)} == {"F011"}
    assert {finding.code for finding in check({}, root, LONGER)} == {"F011"}
    assert check({HOW_LONG: faq}, root, LONGER) == []
    save(root, LONGER, faq)
    assert path(root).read_text(encoding="utf-8") == LONGER
    assert lint(root) == []


def test_what_is_refused_changes_nothing(root: Path) -> None:
    before = contents(root)
    for text in (LONGER, "No numbered sentence.\n", DOCUMENT + "- p1.1 Twice.\n"):
        with pytest.raises(Refused):
            save(root, text)
    assert contents(root) == before


def test_a_document_that_somebody_changed_meanwhile_is_a_conflict(root: Path) -> None:
    version = document_version(root)
    path(root).write_text(DOCUMENT + "\n", encoding="utf-8")
    before = contents(root)
    with pytest.raises(Conflict, match="the clinic's document"):
        save(root, LONGER, longer(root), version=version)
    assert contents(root) == before


def test_cut_off_before_the_document_it_can_be_written_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faq, replace_file = longer(root), writer.replace_file

    def cut(file: Path, text: str) -> None:
        if file == path(root):
            raise OSError("no power")
        replace_file(file, text)

    monkeypatch.setattr(writer, "replace_file", cut)
    with pytest.raises(OSError, match="no power"):
        save(root, LONGER, faq)
    assert read_document(path(root)).sentences["p1.1"] == "It is not permanent and lasts 4 to 6 months."
    assert {finding.code for finding in lint(root)} == {"F011"}
    monkeypatch.undo()
    save(root, LONGER, faq)
    assert lint(root) == []
