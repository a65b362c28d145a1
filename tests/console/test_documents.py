import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pytest

from clinicbot.documents.decisions import Choice
from clinicbot.faq import safe_files, writer
from clinicbot.faq.document import read_document
from clinicbot.faq.files import read_faqs
from clinicbot.faq.linter import lint
from clinicbot.faq.model import Faq
from clinicbot.store.faq_care import DeletedFaqs
from clinicbot.store.people import Role
from clinicbot.store.uploads import DOCUMENT, Uploads
from tests.console.conftest import Client, ClientOf
from tests.documents.files import pdf, scanned_pdf, word
from tests.faq.checkouts import contents

HOW_LONG, MORE = "duration/how_long", "duration/more"
LASTS, DOSES = "It is not permanent and lasts 4 to 6 months.", "Additional doses may be given."
NEW = "Parking is free for patients."


@pytest.fixture
def editor(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


def faqs(root: Path) -> dict[str, Faq]:
    return {faq.id: faq for faq in read_faqs(root / "data" / "faq")}


def sentences(root: Path) -> dict[str, str]:
    return read_document(root / "data" / "document" / "apex-clinic-botox.md").sentences


def upload(client: Client, content: bytes, name: str) -> Any:
    return client.post("/staff/documents", files={"file": (name, content)})


def uploaded(client: Client, *paragraphs: str) -> str:
    response = upload(client, "\n\n".join(paragraphs).encode(), "Yeni metin.txt")
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def tasks(client: Client, address: str) -> list[str]:
    return re.findall(r'id="task-(\w+)"', client.get(address).text)


def decide(client: Client, address: str, key: str, choice: Choice, **fields: Any) -> Any:
    return client.post(f"{address}/{key}", {"choice": choice.value, **{f"{key}-{n}": v for n, v in fields.items()}})


def write(client: Client, address: str, then: str = "write") -> Any:
    page = client.get(address).text
    match = re.search(r'name="basis" value="(\w+)"', page)
    assert match is not None
    return client.post(f"{address}/write", {"basis": match[1], "then": then})


def new_fields(key: str = "new", **changes: str) -> dict[str, str]:
    fields = {
        "topic": "duration",
        "new_topic": "",
        "title_en": "Is parking free?",
        "text_en": NEW,
        "title_tr": "",
        "text_tr": "",
        "phrasings": "can i park\nis parking free\nwhere do i leave my car",
    }
    return {f"{key}-{name}": value for name, value in {**fields, **changes}.items()}


def audited(client: Client) -> list[tuple[str, str]]:
    return [(entry.action, entry.outcome) for entry in client.console.audit.all()]


# the present text


def test_the_present_text_is_shown_with_the_answers_that_stand_on_it(editor: Client) -> None:
    page = editor.get("/staff/documents").text
    assert LASTS in page
    assert '<a href="/staff/faqs/duration/how_long">How long?</a>' in page


def test_the_present_text_comes_out_and_in_again_without_a_change(editor: Client, root: Path) -> None:
    word_file, text = (editor.get(f"/staff/documents/present.{kind}") for kind in ("docx", "txt"))
    assert [p.text for p in docx.Document(io.BytesIO(word_file.content)).paragraphs] == [f"{LASTS} {DOSES}"]
    for content, name in ((word_file.content, "x.docx"), (text.content, "x.txt")):
        page = editor.get(upload(editor, content, name).headers["location"]).text
        assert "the same: 2, changed: 0, new: 0, vanished: 0" in page
        assert "Nothing to decide here." in page


# upload


def test_an_upload_writes_nothing_and_waits(editor: Client, root: Path) -> None:
    before = contents(root)
    address = uploaded(editor, LASTS, DOSES, NEW)
    assert contents(root) == before
    home = editor.get("/staff/documents").text
    assert f'href="{address}"' in home
    assert '<span class="badge">1</span>' in home
    assert audited(editor) == [("document.upload", "done")]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (scanned_pdf(), "scan.pdf", "pictures of pages, not text"),
        (b"%PDF-1.7", "broken.pdf", "damaged"),
        (b"MZ", "evil.exe", "This kind of file"),
        ("ağrı".encode("cp1254"), "x.txt", "Save it again as UTF-8"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(editor: Client, content: bytes, name: str, said: str) -> None:
    response = upload(editor, content, name)
    assert response.status_code == 422
    assert said in response.text
    assert Uploads(editor.console.engine).all(DOCUMENT) == []


def test_no_file_and_too_large_a_file(editor: Client) -> None:
    assert "Choose a file first" in editor.post("/staff/documents").text
    assert upload(editor, b"x" * 10_000_001, "x.txt").status_code == 413


@pytest.mark.parametrize(
    ("content", "name"), [(word(LASTS, DOSES, NEW), "x.docx"), (pdf([LASTS, DOSES, NEW]), "x.pdf")]
)
def test_word_and_pdf_are_compared_as_text_is(editor: Client, content: bytes, name: str) -> None:
    page = editor.get(upload(editor, content, name).headers["location"]).text
    assert "the same: 2, changed: 0, new: 1, vanished: 0" in page


# changed sentences


def test_a_changed_sentence_is_shown_with_its_answer_and_both_are_written_in_one_act(
    editor: Client, root: Path
) -> None:
    address = uploaded(editor, "It is not permanent and lasts 3 to 5 months.", DOSES)
    page = editor.get(address).text
    assert '<del class="fact"><span class="visually-hidden">[removed: </span>4' in page
    assert "Numbers or “not” differ" in page
    assert "Kalıcı değildir, 4 ila 6 ay sürer." in page
    (key,) = tasks(editor, address)
    texts = {"text_en": "It is not permanent and lasts 3 to 5 months.", "text_tr": "Kalıcı değildir, 3 ila 5 ay sürer."}
    assert decide(editor, address, key, Choice.EDIT, **texts).status_code == 303
    assert sentences(root)["p1.1"] == LASTS
    assert write(editor, address).headers["location"] == "/staff/documents"
    assert sentences(root) == {"p1.1": "It is not permanent and lasts 3 to 5 months.", "p1.2": DOSES}
    assert {language: answer.text for language, answer in faqs(root)[HOW_LONG].answers.items()} == {
        "en": texts["text_en"],
        "tr": texts["text_tr"],
    }
    assert lint(root) == []
    assert audited(editor)[-1] == ("document.write", "done")
    assert editor.get(address).status_code == 404


def test_still_right_changes_the_text_only(editor: Client, root: Path) -> None:
    address = uploaded(editor, LASTS, "Additional doses may be given by the doctor.")
    before = faqs(root)
    (key,) = tasks(editor, address)
    decide(editor, address, key, Choice.STILL_RIGHT)
    write(editor, address)
    assert sentences(root)["p1.2"] == "Additional doses may be given by the doctor."
    assert faqs(root) == before


def test_an_answer_that_the_new_text_contradicts_is_refused_by_name(editor: Client, root: Path) -> None:
    address = uploaded(editor, "It is not permanent and lasts 3 to 5 months.", DOSES)
    (key,) = tasks(editor, address)
    decide(editor, address, key, Choice.STILL_RIGHT)
    before = contents(root)
    response = write(editor, address)
    assert response.status_code == 422
    assert "Deal with these first" in response.text
    link = f'<a href="{address}?faq=duration%2Fhow_long#sentences">How long?</a>: '
    assert f"{link}The answer in English says 4, 6, but" in response.text
    assert tasks(editor, f"{address}?faq={HOW_LONG}") == [key]
    assert tasks(editor, f"{address}?faq={MORE}") == []
    assert contents(root) == before
    assert audited(editor)[-1] == ("document.write", "refused")
    assert "decided by ayse" in editor.get(address).text


def test_two_sentences_that_were_taken_for_one_can_be_told_apart(editor: Client) -> None:
    address = uploaded(editor, LASTS, "Additional drinks may be taken.")
    (key,) = tasks(editor, address)
    editor.post(f"{address}/{key}/apart")
    page = editor.get(address).text
    assert "changed: 0, new: 1, vanished: 1" in page


# vanished sentences


def test_what_vanished_lists_its_answers_and_the_faq_can_be_deleted(editor: Client, root: Path) -> None:
    address = uploaded(editor, LASTS)
    (key,) = tasks(editor, address)
    assert f"{DOSES}</dd>" in editor.get(address).text
    decide(editor, address, key, Choice.DELETE_FAQ)
    write(editor, address)
    assert list(faqs(root)) == [HOW_LONG]
    assert list(sentences(root)) == ["p1.1"]
    assert [deleted.faq.id for deleted in DeletedFaqs(editor.console.engine).all()] == [MORE]
    assert lint(root) == []


def test_a_source_is_taken_out_where_another_is_left(editor: Client, root: Path) -> None:
    old = faqs(root)[MORE]
    both = {language: replace(answer, source=("p1.1", "p1.2")) for language, answer in old.answers.items()}
    writer.write({MORE: replace(old, answers=both)}, {"duration": writer.version_of("duration", root)}, root)
    address = uploaded(editor, LASTS)
    (key,) = tasks(editor, address)
    decide(editor, address, key, Choice.REMOVE_SOURCE)
    write(editor, address)
    assert {answer.source for answer in faqs(root)[MORE].answers.values()} == {("p1.1",)}


def test_a_source_that_is_the_last_one_is_refused_by_name_and_deleting_is_forgotten(editor: Client, root: Path) -> None:
    address = uploaded(editor, DOSES)
    (key,) = tasks(editor, address)
    decide(editor, address, key, Choice.REMOVE_SOURCE)
    response = write(editor, address)
    assert response.status_code == 422
    assert "?faq=duration%2Fhow_long" in response.text
    assert DeletedFaqs(editor.console.engine).all() == []


# new sentences


def test_a_new_sentence_becomes_a_new_faq(editor: Client, root: Path) -> None:
    address = uploaded(editor, LASTS, DOSES, NEW)
    (key,) = tasks(editor, address)
    page = editor.get(address).text
    assert f'<textarea dir="auto" id="{key}-new-text_en"' in page
    assert "Is parking free for patients?" in page
    decide(editor, address, key, Choice.NEW_FAQ, **new_fields())
    write(editor, address)
    new = faqs(root)["duration/is_parking_free"]
    assert new.phrasings == ("can i park", "is parking free", "where do i leave my car")
    assert (new.answers["en"].text, new.answers["en"].source) == (NEW, ("p2.1",))
    assert sentences(root)["p2.1"] == NEW
    assert {finding.code for finding in lint(root)} == {"F004", "F005"}


def test_too_few_phrasings_and_no_title_are_said_beside_the_fields_and_nothing_is_lost(editor: Client) -> None:
    address = uploaded(editor, LASTS, DOSES, NEW)
    (key,) = tasks(editor, address)
    response = decide(editor, address, key, Choice.NEW_FAQ, **new_fields(title_en=" ", phrasings="only one"))
    assert response.status_code == 422
    assert f'href="#{key}-new-phrasings">Write at least 3 phrasings' in response.text
    assert f'href="#{key}-new-title_en">' in response.text
    assert "only one</textarea>" in response.text


def test_a_new_topic_is_made(editor: Client, root: Path) -> None:
    address = uploaded(editor, LASTS, DOSES, NEW)
    (key,) = tasks(editor, address)
    assert decide(editor, address, key, Choice.NEW_FAQ, **new_fields(topic="+")).status_code == 422
    decide(editor, address, key, Choice.NEW_FAQ, **new_fields(topic="+", new_topic="Ulaşım"))
    write(editor, address)
    assert "ulasim/is_parking_free" in faqs(root)


def test_a_new_sentence_is_added_to_an_faq_whose_answer_is_then_changed(editor: Client, root: Path) -> None:
    sentence = "Doses are given by a doctor."
    address = uploaded(editor, f"{LASTS} {DOSES} {sentence}")
    (key,) = tasks(editor, address)
    page = editor.get(address).text
    assert re.search(r'<a href="/staff/faqs/duration/more">More\?</a> – \d+ % alike', page)
    decide(editor, address, key, Choice.ADD_TO, **{"add-faq": MORE})
    texts = {"text_en": f"{DOSES} {sentence}", "text_tr": "Ek doz verilebilir. Dozları doktor uygular."}
    assert decide(editor, address, key, Choice.ADD_TO, **texts).status_code == 303
    write(editor, address)
    assert {answer.source for answer in faqs(root)[MORE].answers.values()} == {("p1.2", "p1.3")}
    assert faqs(root)[MORE].answers["en"].text == texts["text_en"]
    assert list(sentences(root)) == ["p1.1", "p1.2", "p1.3"]
    assert lint(root) == []


def test_a_sentence_left_out_is_not_in_the_new_text(editor: Client, root: Path) -> None:
    before = contents(root)
    address = uploaded(editor, "Apex Clinic Brochure", LASTS, DOSES)
    (key,) = tasks(editor, address)
    decide(editor, address, key, Choice.LEAVE_OUT)
    write(editor, address)
    assert sentences(root) == {"p1.1": LASTS, "p1.2": DOSES}
    assert {path for path, content in contents(root).items() if before.get(path) != content} <= {
        "data/document/apex-clinic-botox.md"
    }


def test_a_sentence_kept_without_an_answer_is_in_the_new_text(editor: Client, root: Path) -> None:
    before = faqs(root)
    address = uploaded(editor, LASTS, DOSES, NEW)
    (key,) = tasks(editor, address)
    decide(editor, address, key, Choice.KEEP)
    assert "Still unfinished, such as translations: 1." in write(editor, address, "check").text
    write(editor, address)
    assert sentences(root)["p2.1"] == NEW
    assert faqs(root) == before
    assert "No FAQ answers this sentence" in editor.get("/staff/documents").text


# together


def test_nothing_is_written_before_all_is_decided(editor: Client, root: Path) -> None:
    address = uploaded(editor, LASTS, NEW)
    before = contents(root)
    keys = tasks(editor, address)
    decide(editor, address, keys[0], Choice.LEAVE_OUT)
    response = write(editor, address)
    assert response.headers["location"] == f"{address}?show=open"
    assert contents(root) == before
    assert tasks(editor, f"{address}?show=open") == keys[1:]


def test_a_check_finds_without_writing(editor: Client, root: Path) -> None:
    address = uploaded(editor, LASTS, DOSES, NEW)
    (key,) = tasks(editor, address)
    decide(editor, address, key, Choice.NEW_FAQ, **new_fields())
    before = contents(root)
    response = write(editor, address, "check")
    assert "Nothing speaks against writing it." in response.text
    assert "Still unfinished, such as translations: 2." in response.text
    assert contents(root) == before


def test_the_last_of_two_peoples_decisions_counts_and_is_named(editor: Client, client_of: ClientOf, root: Path) -> None:
    other = client_of(Role.EDITOR, username="mehmet")
    address = uploaded(editor, LASTS, DOSES, NEW)
    (key,) = tasks(editor, address)
    decide(editor, address, key, Choice.NEW_FAQ, **new_fields())
    decide(other, address, key, Choice.LEAVE_OUT)
    assert "decided by mehmet" in editor.get(address).text
    write(editor, address)
    assert list(faqs(root)) == [HOW_LONG, MORE]


def test_an_answer_edited_elsewhere_meanwhile_is_not_overwritten(editor: Client, root: Path) -> None:
    address = uploaded(editor, "It is not permanent and lasts 3 to 5 months.", DOSES)
    (key,) = tasks(editor, address)
    page = editor.get(address).text
    texts = {"text_en": "It is not permanent and lasts 3 to 5 months.", "text_tr": "Kalıcı değildir, 3 ila 5 ay sürer."}
    decide(editor, address, key, Choice.EDIT, **texts)
    old = faqs(root)[HOW_LONG]
    theirs = replace(old.answers["en"], text="Not permanent: it lasts 4 to 6 months.")
    edit = replace(old, answers={**old.answers, "en": theirs})
    writer.write({HOW_LONG: edit}, {"duration": writer.version_of("duration", root)}, root)
    basis = re.search(r'name="basis" value="(\w+)"', page)
    assert basis is not None
    response = editor.post(f"{address}/write", {"basis": basis[1]})
    assert response.headers["location"] == address
    assert "Somebody changed this FAQ after that" in editor.get(address).text
    assert write(editor, address).headers["location"] == f"{address}?show=open"
    assert faqs(root)[HOW_LONG].answers["en"] == theirs
    decide(editor, address, key, Choice.EDIT, **texts)
    write(editor, address)
    assert faqs(root)[HOW_LONG].answers["en"].text == texts["text_en"]


def test_a_power_cut_between_faqs_and_text_is_made_good_by_writing_again(
    editor: Client, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = uploaded(editor, "It is not permanent and lasts 3 to 5 months.", NEW)
    before = sentences(root)
    keys = tasks(editor, address)
    texts = {"text_en": "It is not permanent and lasts 3 to 5 months.", "text_tr": "Kalıcı değildir, 3 ila 5 ay sürer."}
    decide(editor, address, keys[0], Choice.EDIT, **texts)
    decide(editor, address, keys[1], Choice.NEW_FAQ, **new_fields())
    decide(editor, address, keys[2], Choice.DELETE_FAQ)
    replace_file = safe_files.replace_file

    def cut(path: Path, text: str) -> None:
        if path.suffix == ".md":
            raise OSError("no power")
        replace_file(path, text)

    monkeypatch.setattr(writer, "replace_file", cut)
    assert write(editor, address).status_code == 500
    assert sentences(root) == before
    assert list(faqs(root)) == [HOW_LONG, "duration/is_parking_free"]
    monkeypatch.undo()
    assert write(editor, address).headers["location"] == "/staff/documents"
    assert sentences(root) == {"p1.1": texts["text_en"], "p2.1": NEW}
    assert list(faqs(root)) == [HOW_LONG, "duration/is_parking_free"]
    assert {finding.code for finding in lint(root)} == {"F004", "F005"}


def test_a_decision_that_the_sentence_does_not_offer_is_refused(editor: Client) -> None:
    address = uploaded(editor, LASTS, DOSES, NEW)
    (key,) = tasks(editor, address)
    assert decide(editor, address, key, Choice.DELETE_FAQ).status_code == 400
    assert editor.post(f"{address}/{key}", {"choice": "evil"}).status_code == 400
    assert decide(editor, address, key, Choice.ADD_TO, **{"add-faq": "no/such"}).status_code == 422
    assert decide(editor, address, "0" * 16, Choice.LEAVE_OUT).status_code == 303
    assert editor.post(f"{address}/{key}/apart").status_code == 400


# who may


def test_an_approver_looks_and_an_administrator_does_not(client_of: ClientOf, editor: Client) -> None:
    address = uploaded(editor, LASTS, DOSES, NEW)
    (key,) = tasks(editor, address)
    approver, administrator = client_of(Role.APPROVER), client_of(Role.ADMINISTRATOR)
    page = approver.get(address).text
    assert NEW in page
    assert f'action="{address}/' not in page
    for path in ("/staff/documents", f"{address}/write", f"{address}/remove", f"{address}/{key}"):
        assert approver.post(path).status_code == 403
    for path in ("/staff/documents", address, "/staff/documents/present.txt"):
        assert administrator.get(path).status_code == 403
    assert audited(editor)[-1] == ("access", "refused")


def test_pages_are_in_turkish_too(client_of: ClientOf) -> None:
    client = client_of(Role.EDITOR, language="tr")
    address = uploaded(client, "It is not permanent and lasts 3 to 5 months.", NEW)
    page = client.get(address).text
    for words in ("Yeni metni yaz", "Sayı veya olumsuzluk farklı", "Yanıt hâlâ doğru", "Soruyu sil"):
        assert words in page
    client.post(f"{address}/remove")
    assert client.get(address).status_code == 404
