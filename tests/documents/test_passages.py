from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicbot import paths
from clinicbot.documents.extract import DocumentError, Extract, Paragraph
from clinicbot.documents.passages import MAX_SENTENCES, document_text, passages_of, retired_numbers, sentences_of
from clinicbot.faq.document import load_document, read_document


@pytest.mark.parametrize(
    "sentences",
    [
        ["It lasts approx. 4 months (max. 6).", "Then it fades."],
        ["See Dr. Smith, e.g. on Monday at 5 p.m. or later.", "Wait 0.5 hours."],
        ["“Do not rub.”", "Rest!", "Why?"],
        ["İşlemden sonra ılık duş alınabilir.", "Şişlik geçicidir."],
        ["No full stop"],
    ],
)
def test_sentences_are_told_apart(sentences: list[str]) -> None:
    assert sentences_of(" ".join(sentences)) == sentences


PIECES = ["A", "b.", "c", "?", "!", "4", "5.", "approx.", "Dr.", "(x)", "…", '"', "“not.”", "e.g.", "İ"]


@given(st.lists(st.sampled_from(PIECES), min_size=1))
def test_no_letter_of_a_line_is_lost(words: list[str]) -> None:
    line = " ".join(words)
    assert "".join("".join(sentences_of(line)).split()) == "".join(line.split())


def test_every_sentence_of_the_clinic_is_one() -> None:
    for sentence in load_document().sentences.values():
        assert sentences_of(sentence) == [sentence]


def test_too_many_sentences_are_refused() -> None:
    with pytest.raises(DocumentError, match="shorten it"):
        passages_of(Extract((Paragraph(("It is so.",) * (MAX_SENTENCES + 1)),)))


def test_the_clinics_document_is_put_down_as_it_stands() -> None:
    present = paths.DOCUMENT.read_text(encoding="utf-8")
    assert document_text(present, load_document().sentences, ()) == present


def test_numbers_that_are_gone_are_remembered_from_document_to_document(tmp_path: Path) -> None:
    sentences = {"p1.1": "One.", "p10.2": "Ten.", "p2.1": "Two."}
    first = document_text("# Title\n\nWords.\n\n- p3.1 Three.\n", sentences, ["p10.1", "p3.1"])
    second = document_text(first, sentences, [*retired_numbers(first), "p9.9"])
    assert retired_numbers(second) == ("p3.1", "p9.9", "p10.1")
    assert second.startswith("# Title\n\nWords.\n\nNumbers")
    assert second.count("Numbers that") == 1
    path = tmp_path / "document.md"
    path.write_text(second, encoding="utf-8")
    assert list(read_document(path).sentences.items()) == list(sentences.items())
