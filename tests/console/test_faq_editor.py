"""Reading, changing and making an FAQ."""

from datetime import date

import pytest

from clinicbot.console.faq_forms import free_id, identifier
from clinicbot.console.services import Console
from clinicbot.faq.drafts import Drafts
from clinicbot.store.audit import Filter
from clinicbot.store.faq_care import Care, FaqCare
from clinicbot.store.people import Role
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import HOW_LONG, MORE, draft, faq_file, form_in, go_live, open_form, phrasings, send
from tests.faq.checkouts import contents

NEW = {
    "topic": "duration",
    "title_en": "Can it be repeated?",
    "text_en": "Additional doses may be given.",
    "title_tr": "Tekrarlanabilir mi?",
    "text_tr": "Ek doz verilebilir.",
    "phrasings": "again please\r\nonce more\r\nbir daha",
    "source": ["p1.2"],
}


@pytest.fixture
def editor(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


def test_saving_what_was_not_changed_changes_no_byte(editor: Client, console: Console) -> None:
    before = contents(console.root)
    response = send(editor, open_form(editor, HOW_LONG), HOW_LONG)
    assert response.headers["location"] == f"/staff/faqs/{HOW_LONG}"
    assert contents(console.root) == before
    assert "Nothing was changed" in editor.get(f"/staff/faqs/{HOW_LONG}").text


def test_a_changed_answer_is_a_draft_that_says_so(editor: Client, console: Console) -> None:
    go_live(console)
    fields = open_form(editor, MORE)
    response = send(editor, fields, MORE, text_en="More doses may be given.", text_tr="Başka doz verilebilir.")
    assert response.status_code == 303
    page = editor.get(f"/staff/faqs/{MORE}").text
    assert "Saved as a draft. Patients see it once it is published." in page
    assert "2 differences from what patients get" in page
    assert draft(console, MORE).answers["tr"].text == "Başka doz verilebilir."


def test_lines_are_kept_as_they_were_typed(editor: Client, console: Console) -> None:
    fields = open_form(editor, MORE)
    send(
        editor,
        fields,
        MORE,
        text_en="Additional doses\r\nmay be given.",
        phrasings=phrasings(fields, "  one more  ", ""),
    )
    changed = draft(console, MORE)
    assert changed.answers["en"].text == "Additional doses\nmay be given."
    assert changed.phrasings[-1] == "one more"


def test_a_new_faq_needs_a_question_an_answer_and_a_passage(editor: Client, console: Console) -> None:
    response = send(editor, open_form(editor), **NEW)
    assert response.headers["location"] == "/staff/faqs/duration/can_it_be_repeated"
    made = draft(console, "duration/can_it_be_repeated")
    assert made.phrasings == ("Can it be repeated?", "Tekrarlanabilir mi?", "again please", "once more", "bir daha")
    assert list(made.answers) == ["en", "tr"]
    page = editor.get("/staff/faqs/duration/can_it_be_repeated").text
    assert "5 phrasings are few; 25 or more are better." in page


def test_an_english_answer_alone_is_enough_and_what_is_missing_is_said(editor: Client, console: Console) -> None:
    send(editor, open_form(editor), **{**NEW, "title_tr": "", "text_tr": ""})
    assert list(draft(console, "duration/can_it_be_repeated").answers) == ["en"]
    page = editor.get("/staff/faqs/duration/can_it_be_repeated").text
    assert "No answer yet in: Turkish; these patients get the English one." in page
    assert "patients who write in Turkish get the English answer" in page


def test_a_new_topic_is_made_of_its_name_in_words(editor: Client, console: Console) -> None:
    response = send(editor, open_form(editor), **{**NEW, "topic": "+", "new_topic": "Skin Care & more"})
    assert response.headers["location"] == "/staff/faqs/skin_care_more/can_it_be_repeated"
    assert faq_file(console, "skin_care_more").exists()
    assert "Skin care more" in editor.get("/staff/faqs").text


def test_the_address_of_a_new_faq_may_carry_what_is_known(editor: Client) -> None:
    fields = open_form(editor, query="?phrasing=one+more&phrasing=two+more&topic=duration&source=p1.2&answer=Yes.")
    assert fields["phrasings"] == ["one more\r\ntwo more"]
    assert (fields["topic"], fields["source"], fields["text_en"]) == (["duration"], ["p1.2"], ["Yes."])


def test_two_questions_alike_have_two_ids() -> None:
    assert identifier("Kaç gün sürer? İyi mi, ağrı?") == "kac_gun_surer_iyi_mi_agri"
    assert identifier("Сколько?") == ""
    assert len(identifier("word " * 40)) <= 60
    assert free_id("uses", "Is it safe?", {"uses/is_it_safe", "uses/is_it_safe_2"}) == "uses/is_it_safe_3"
    assert free_id("uses", "Сколько?", ()) == "uses/question"


def test_a_review_counts_until_the_answer_changes(editor: Client, console: Console) -> None:
    send(editor, open_form(editor, MORE), MORE, reviewed_en="y")
    reviewed = draft(console, MORE).answers
    assert reviewed["en"].reviewed_on is not None
    assert reviewed["tr"].reviewed_on is None
    assert "Last compared on" in editor.get(f"/staff/faqs/{MORE}").text
    send(editor, open_form(editor, MORE), MORE, text_en="More doses may be given.")
    assert draft(console, MORE).answers["en"].reviewed_on is None


def test_owner_and_next_review_are_kept_beside_the_files(editor: Client, console: Console) -> None:
    before = contents(console.root)
    assert editor.person is not None
    send(editor, open_form(editor, MORE), MORE, owner=editor.person.id, review_due="2027-01-31")
    assert FaqCare(console.engine).get(MORE) == Care(editor.person.id, date(2027, 1, 31))
    assert contents(console.root) == before
    fields = open_form(editor, MORE)
    assert (fields["owner"], fields["review_due"]) == ([str(editor.person.id)], ["2027-01-31"])


# numbers and negations


def test_a_number_that_changes_is_shown_before_it_is_saved(editor: Client, console: Console) -> None:
    document = console.root / "data" / "document" / "apex-clinic-botox.md"
    document.write_text(document.read_text("utf-8") + "- p1.3 Some say not 4 to 8 months.\n", "utf-8")
    go_live(console)
    before = contents(console.root)
    fields = open_form(editor, HOW_LONG) | {"source": ["p1.1", "p1.3"]}
    new = {"text_en": "It is not permanent and lasts 4 to 8 months.", "text_tr": "Kalıcı değildir, 4 ila 8 ay sürer."}
    asked = send(editor, fields, HOW_LONG, **new)
    assert asked.status_code == 200
    assert "You changed “6” to “8”. Is that right?" in asked.text
    assert "Some say not 4 to 8 months." in asked.text
    assert contents(console.root) == before
    response = send(editor, form_in(asked), HOW_LONG)
    assert response.status_code == 303
    assert draft(console, HOW_LONG).answers["en"].text == new["text_en"]


def test_what_was_confirmed_is_that_change_only(editor: Client, console: Console) -> None:
    document = console.root / "data" / "document" / "apex-clinic-botox.md"
    document.write_text(document.read_text("utf-8") + "- p1.3 Some say not 4 to 8 or 9 months.\n", "utf-8")
    fields = open_form(editor, HOW_LONG) | {"source": ["p1.1", "p1.3"]}
    asked = form_in(send(editor, fields, HOW_LONG, text_en="It is not for 4 to 8.", text_tr="Kalıcı değil, 4 ila 8."))
    again = send(editor, asked, HOW_LONG, text_en="It is not for 4 to 9.", text_tr="Kalıcı değil, 4 ila 9.")
    assert again.status_code == 200
    assert "You changed “6 months” to “9”" in again.text or "to “9”" in again.text


def test_the_log_keeps_which_facts_changed_and_no_phrasing(editor: Client, console: Console) -> None:
    fields = open_form(editor, MORE)
    send(editor, fields, MORE, text_en="More doses may be given.", phrasings=phrasings(fields, "words of a patient"))
    (entry,), _ = console.audit.page(Filter(action="faq.write"), number=1, size=9)
    assert (entry.person, entry.subject) == ("ayse", MORE)
    assert entry.details == {"fields": ["answer (en)", "phrasings"], "phrasings": {"added": 1, "removed": 0}}
    page = editor.get(f"/staff/faqs/{MORE}/history").text
    assert "Ayse" in page
    assert "Answer (English), Phrasings" in page
    assert "words of a patient" not in page


# who may


def test_an_approver_reads_and_does_not_change(client_of: ClientOf, console: Console) -> None:
    approver = client_of(Role.APPROVER)
    page = approver.get(f"/staff/faqs/{MORE}")
    assert '<fieldset class="whole" disabled>' in page.text
    assert approver.get("/staff/faqs/new").status_code == 403
    for path in (MORE, "new", f"{MORE}/phrasings", f"{MORE}/delete", f"{MORE}/discard"):
        assert approver.post(f"/staff/faqs/{path}").status_code == 403
    assert client_of(Role.ADMINISTRATOR).get("/staff/faqs").status_code == 403


def test_what_is_no_faq_is_not_there(editor: Client) -> None:
    for path in ("duration/none", "none/none", "duration/none/history", "duration/none/delete"):
        assert editor.get(f"/staff/faqs/{path}").status_code == 404


def test_the_page_is_in_turkish(client_of: ClientOf) -> None:
    page = client_of(Role.EDITOR, language="tr").get(f"/staff/faqs/{HOW_LONG}").text
    assert "<h1>Ne kadar?</h1>" in page
    assert "Taslağı kaydet" in page


def test_passages_that_are_looked_for_leave_the_chosen_ones(editor: Client, console: Console) -> None:
    fields = open_form(editor, HOW_LONG)
    page = send(editor, fields, HOW_LONG, do="search", passage_search="ADDITIONAL", text_en="Typed.")
    assert "Additional doses may be given." in page.text
    assert form_in(page)["source"] == ["p1.1"]
    assert form_in(page)["text_en"] == ["Typed."]
    none = send(editor, fields | {"source": []}, HOW_LONG, do="search", passage_search="zebra")
    assert "No sentence has these words." in none.text


def test_phrasings_are_added_from_elsewhere(editor: Client, console: Console) -> None:
    path = f"/staff/faqs/{MORE}/phrasings"
    response = editor.post(path, {"phrasing": ["yet another  one", "Yet another one?", "tell me another dose 4"]})
    assert response.status_code == 303
    assert Drafts(console.root).faqs()[MORE].phrasings[-1] in ("yet another one", "Yet another one?")
    assert len(draft(console, MORE).phrasings) == 26
    refused = editor.post(path, {"phrasing": ["how does it last 0", "a good one"]})
    assert refused.status_code == 422
    assert "already belongs to “How long?”" in refused.text
    assert form_in(refused)["phrasings"][0].endswith("how does it last 0\r\na good one")


def test_a_damaged_file_is_told_in_words(editor: Client, console: Console) -> None:
    faq_file(console).write_text("nlu: [", encoding="utf-8")
    for path in ("/staff/faqs", f"/staff/faqs/{MORE}"):
        response = editor.get(path)
        assert response.status_code == 500
        assert "The FAQs cannot be read or written" in response.text
