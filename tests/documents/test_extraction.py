import os
import zlib
from pathlib import Path

import pytest

from clinicbot import paths
from clinicbot.documents import extract as limits
from clinicbot.documents import word as word_module
from clinicbot.documents.extract import MAX_BYTES, MAX_CHARACTERS, DocumentError, Extract, Problem
from clinicbot.documents.extraction import extract
from tests.documents.files import locked_pdf, part_of, pdf, scanned_pdf, with_part, word

BODY = "word/document.xml"


def lines(found: Extract) -> list[list[str]]:
    return [list(paragraph.lines) for paragraph in found.paragraphs]


def problem(content: bytes, suffix: str) -> Problem:
    with pytest.raises(DocumentError) as caught:
        extract(content, suffix)
    return caught.value.problem


# plain text


def test_paragraphs_of_a_text_stand_between_empty_lines() -> None:
    found = extract("First line of it\ngoes on here.\n\nSecond – “quoted”.\r\n".encode(), ".txt")
    assert lines(found) == [["First line of it goes on here."], ["Second – “quoted”."]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_turkish_letters_come_through(encoding: str) -> None:
    text = "İşlemden sonra ılık duş alınabilir; ağrı, şişlik ve çürük geçicidir."
    assert lines(extract(text.encode(encoding), ".txt")) == [[text]]


def test_letters_that_were_composed_of_two_are_one() -> None:
    assert lines(extract("Ağrı geçer.".encode(), ".txt")) == [["Ağrı geçer."]]


def test_what_cannot_be_seen_is_left_out() -> None:
    assert lines(extract("Do\u200b not\u00a0 rub\u202e.\x07".encode(), ".txt")) == [["Do not rub."]]


def test_a_code_page_is_refused_rather_than_guessed() -> None:
    assert problem("ağrı".encode("cp1254"), ".txt") is Problem.ENCODING


def test_items_keep_the_line_that_leads_to_them() -> None:
    text = "Rest at home. You should not:\n- rub the skin\n- lie down\n  for 4 hours\n\nYou may eat."
    assert lines(extract(text.encode(), ".txt")) == [
        ["Rest at home."],
        ["You should not: rub the skin", "You should not: lie down for 4 hours"],
        ["You may eat."],
    ]


def test_a_line_that_leads_to_nothing_is_kept() -> None:
    assert lines(extract(b"Please note:\n\nIt hurts.", ".txt")) == [["Please note:"], ["It hurts."]]


def test_a_word_cut_at_the_end_of_a_line_is_made_whole() -> None:
    text = """A pre-treatment talk comes before the injec-
tion; then a follow-up, and a pre-
treatment photo of 4-
6 lines."""
    expected = (
        "A pre-treatment talk comes before the injection; then a follow-up, and a pre-treatment photo of 4-6 lines."
    )
    assert lines(extract(text.encode(), ".txt")) == [[expected]]


def test_a_short_line_without_a_full_stop_is_not_joined_to_the_next() -> None:
    text = b"Aftercare\nThe treated area must not be rubbed for one whole day after it.\nIt may be washed."
    assert [line for paragraph in lines(extract(text, ".txt")) for line in paragraph] == [
        "Aftercare",
        "The treated area must not be rubbed for one whole day after it. It may be washed.",
    ]


# Markdown


def test_markdown_is_read_without_its_marks() -> None:
    text = """# Botox

It is **not** [permanent](http://x.example).

Do not
======

1. rub
2. `press`

| Make-up | after 1 day |
|---------|-------------|
| Sun     | never       |
"""
    found = extract(text.encode(), ".md")
    assert found.headings == ("Botox", "Do not")
    assert lines(found) == [
        ["It is not permanent."],
        ["Do not: rub", "Do not: press", "Do not: Make-up: after 1 day", "Do not: Sun: never"],
    ]


def test_the_present_document_comes_back_sentence_by_sentence() -> None:
    found = extract(paths.DOCUMENT.read_bytes(), ".md")
    assert [len(paragraph) for paragraph in lines(found)] == [4, 2, 4, 1, 3, 1, 2, 4]
    assert lines(found)[3][0].startswith("Botox is applied to people who are not pregnant")


# Word


def test_a_word_file_is_read_in_the_order_in_which_it_stands() -> None:
    content = word(
        ("Title", "Botoks"),
        "İlk cümle.",
        [["Make-up", "after 1 day"], ["Hot shower", "not for 2 days"]],
        ("Heading 1", "Do not"),
        ("List Bullet", "rub the skin"),
        ("List Number", "lie down"),
        "Last sentence.",
    )
    found = extract(content, ".docx")
    assert found.headings == ("Botoks", "Do not")
    assert lines(found) == [
        ["İlk cümle."],
        ["Make-up: after 1 day", "Hot shower: not for 2 days"],
        ["Do not: rub the skin", "Do not: lie down"],
        ["Last sentence."],
    ]


def changed_word(old: str, new: str) -> bytes:
    content = word("Before.", "PLACE", "After.")
    body = part_of(content, BODY).decode()
    assert old in body
    return with_part(content, BODY, body.replace(old, new).encode())


def test_text_in_a_content_control_is_read_too() -> None:
    control = "<w:sdt><w:sdtContent><w:p><w:r><w:t>Inside.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    content = changed_word("<w:p><w:r><w:t>PLACE</w:t></w:r></w:p>", control)
    assert lines(extract(content, ".docx")) == [["Before."], ["Inside."], ["After."]]


def test_tracked_changes_are_refused_since_either_text_could_be_right() -> None:
    content = changed_word("<w:r><w:t>PLACE</w:t></w:r>", "<w:del><w:r><w:delText>not</w:delText></w:r></w:del>")
    assert problem(content, ".docx") is Problem.TRACKED


@pytest.mark.parametrize(
    "content",
    [
        with_part(word("x"), "word/media/image.bmp", b"0" * limits.MAX_UNPACKED_BYTES),
        with_part(word("x"), "word/media/image.bmp", b"0" * 20_000_000),
    ],
    ids=["size", "ratio"],
)
def test_a_word_file_that_is_a_zip_bomb_is_refused(content: bytes) -> None:
    assert problem(content, ".docx") is Problem.BOMB


def test_a_bomb_is_refused_before_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    content = word("x")
    monkeypatch.setattr(word_module, "MAX_PARTS", 3)
    monkeypatch.setattr(word_module.docx, "Document", lambda _: pytest.fail("the archive was opened"))
    with pytest.raises(DocumentError, match="unpacks to far more"):
        word_module.read_word(content)


def test_entities_that_multiply_are_harmless() -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    content = word("PLACE")
    body = part_of(content, BODY).decode().replace("?>", f"?>{entities}", 1).replace("PLACE", "Text&b;")
    try:
        found = lines(extract(with_part(content, BODY, body.encode()), ".docx"))
    except DocumentError:
        return
    assert found == [["Text"]]


# PDF


def test_a_pdf_is_read_line_by_line_and_joined() -> None:
    first = ["The effect of botox is fully visible within 3 to 5 days following the injec-", "tion."]
    content = pdf([*first, "Ağrı kesici krem sürülür; şişlik geçicidir."])
    assert lines(extract(content, ".pdf")) == [
        ["The effect of botox is fully visible within 3 to 5 days following the injection."],
        ["Ağrı kesici krem sürülür; şişlik geçicidir."],
    ]


def page(number: int, *text: str) -> list[str]:
    return ["Apex Clinic", *text, f"Page {number} of 3"]


def test_headers_and_page_numbers_are_dropped_and_named() -> None:
    body = "The patient should not lie down for 4 hours after a botox procedure and should not"
    content = pdf(page(1, body), page(2, "bend down. Apex Clinic"), page(3, "The end is near, and it is the end."))
    found = extract(content, ".pdf")
    assert found.repeated == ("Apex Clinic", "Page 1 of 3", "Page 2 of 3", "Page 3 of 3")
    assert " ".join(line for paragraph in lines(found) for line in paragraph) == (
        f"{body} bend down. Apex Clinic The end is near, and it is the end."
    )


def test_sentences_that_differ_in_a_number_only_are_no_headers() -> None:
    content = pdf(["Do not lie down for 4 hours.", "Rest."], ["Do not lie down for 2 days.", "Eat."])
    assert extract(content, ".pdf").repeated == ()


def test_a_pdf_of_pictures_is_refused_and_a_page_of_one_is_named() -> None:
    assert problem(scanned_pdf(), ".pdf") is Problem.SCANNED
    assert extract(pdf(["Text."], []), ".pdf").empty_pages == (2,)


def test_a_locked_pdf_is_refused_unless_it_opens_without_a_password() -> None:
    content = pdf(["Text."])
    assert problem(locked_pdf("secret", content), ".pdf") is Problem.ENCRYPTED
    assert lines(extract(locked_pdf("", content), ".pdf")) == [["Text."]]


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    assert problem(pdf(*[["x"]] * (limits.MAX_PAGES + 1)), ".pdf") is Problem.PAGES


def test_a_pdf_that_unpacks_to_gigabytes_neither_hangs_nor_kills() -> None:
    bomb = zlib.compress(b" " * 400_000_000, 9)
    content = pdf(["x"])
    begin, end = content.index(b"<< /Length"), content.index(b"endstream")
    stream = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\n" % (len(bomb), bomb)
    with pytest.raises(DocumentError):
        extract(content[:begin] + stream + content[end:], ".pdf")


# any file


@pytest.mark.parametrize("suffix", [".docx", ".pdf"])
def test_a_broken_file_is_refused(suffix: str) -> None:
    whole = word("Text.") if suffix == ".docx" else pdf(["Text."])
    for content in (b"PK\x03\x04", b"%PDF-1.7", os.urandom(2_000), whole[: len(whole) // 3]):
        assert problem(content, suffix) is Problem.BROKEN


@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_a_file_of_another_kind_than_its_name_says_is_refused(suffix: str) -> None:
    assert problem(word("Text."), suffix) in (Problem.ENCODING, Problem.BROKEN)


def test_limits() -> None:
    assert problem(b"x", ".doc") is Problem.KIND
    assert problem(b"x" * (MAX_BYTES + 1), ".txt") is Problem.SIZE
    assert problem(b" \n\n ", ".txt") is Problem.EMPTY
    assert problem(b"word " * (MAX_CHARACTERS // 4), ".txt") is Problem.LENGTH


def test_a_parser_without_memory_or_time_is_ended() -> None:
    with pytest.raises(DocumentError, match="too much time or memory"):
        extract(b"x\n\n" * 500_000, ".txt", memory=60_000_000)
    with pytest.raises(DocumentError, match="too much time or memory"):
        extract(b"x " * 1_000, ".txt", cpu_seconds=0)


def test_the_child_reads_and_writes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    extract(b"Text.", ".txt")
    assert list(tmp_path.iterdir()) == []
