"""Deleting, undoing that, and going back to what patients get."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from clinicbot.console.faq_forms import digest_of
from clinicbot.console.services import Console
from clinicbot.faq.drafts import Drafts
from clinicbot.store.audit import Filter
from clinicbot.store.conversations import utc_now
from clinicbot.store.faq_care import DeletedFaqs
from clinicbot.store.people import Role
from clinicbot.store.staff_tables import deleted_faqs
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import HOW_LONG, MORE, draft, form_in, go_live, open_form, phrasings, send
from tests.faq.checkouts import contents

SPARE = "duration/spare"


@pytest.fixture
def editor(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


@pytest.fixture
def spare(editor: Client) -> str:
    """An FAQ that nothing depends on."""
    new = {"topic": "duration", "text_en": "Additional doses may be given.", "source": ["p1.2"], "phrasings": "a\r\nb"}
    assert send(editor, open_form(editor), **new, title_en="Spare?").status_code == 303
    return SPARE


def delete(editor: Client, faq_id: str) -> int:
    response = editor.post(f"/staff/faqs/{faq_id}/delete", {"base": digest_of(draft(editor.console, faq_id))})
    assert response.status_code == 303
    return int(response.headers["location"].partition("deleted=")[2])


def test_deleting_asks_and_can_be_undone_on_the_next_page(editor: Client, console: Console, spare: str) -> None:
    whole = contents(console.root)
    asked = editor.get(f"/staff/faqs/{spare}/delete")
    assert "Delete “Spare?”?" in asked.text
    assert "Patients have never seen it." in asked.text
    assert contents(console.root) == whole
    number = delete(editor, spare)
    page = editor.get(f"/staff/faqs?deleted={number}").text
    assert "“Spare?” was deleted." in page
    assert f'action="/staff/faqs/deleted/{number}/restore"' in page
    assert editor.post(f"/staff/faqs/deleted/{number}/restore").headers["location"] == f"/staff/faqs/{spare}"
    assert contents(console.root) == whole
    assert editor.post(f"/staff/faqs/deleted/{number}/restore").status_code == 404


def test_the_only_answer_of_a_sentence_is_not_deleted(editor: Client, console: Console) -> None:
    before = contents(console.root)
    asked = editor.get(f"/staff/faqs/{MORE}/delete")
    assert "This FAQ cannot be deleted." in asked.text
    assert "Additional doses may be given." in asked.text
    response = editor.post(f"/staff/faqs/{MORE}/delete", {"base": digest_of(draft(console, MORE))})
    assert response.status_code == 409
    assert contents(console.root) == before
    assert DeletedFaqs(console.engine).all() == []


def test_an_faq_that_the_assistant_offers_by_name_is_not_deleted(editor: Client, console: Console, spare: str) -> None:
    (console.root / "config.yml").write_text(f"clarify: {{unclear_when: [{spare}]}}\n", encoding="utf-8")
    assert "offers this FAQ by name" in editor.get(f"/staff/faqs/{spare}/delete").text
    assert editor.post(f"/staff/faqs/{spare}/delete", {"base": digest_of(draft(console, spare))}).status_code == 409
    assert draft(console, spare)


def test_the_last_faq_of_a_new_topic_says_that_the_topic_goes(editor: Client, console: Console) -> None:
    new = {"topic": "+", "new_topic": "Cost", "text_en": "Additional doses may be given.", "source": ["p1.2"]}
    send(editor, open_form(editor), **new, title_en="Spare?", phrasings="a\r\nb")
    assert "It is the last FAQ of the topic “Cost”" in editor.get("/staff/faqs/cost/spare/delete").text
    delete(editor, "cost/spare")
    assert "cost" not in Drafts(console.root).topics()


def test_an_faq_that_changed_since_it_was_looked_at_is_not_deleted(
    editor: Client, console: Console, spare: str
) -> None:
    base = form_in(editor.get(f"/staff/faqs/{spare}/delete"), "")
    send(editor, open_form(editor, spare), spare, text_en="More doses may be given.")
    response = editor.post(f"/staff/faqs/{spare}/delete", dict(base))
    assert response.status_code == 409
    assert "Somebody else changed this FAQ just now" in response.text
    assert draft(console, spare)


def test_what_was_deleted_is_listed_for_30_days(editor: Client, console: Console, spare: str) -> None:
    number = delete(editor, spare)
    page = editor.get("/staff/faqs/deleted").text
    assert "Spare?" in page
    with console.engine.begin() as connection:
        connection.execute(update(deleted_faqs).values(deleted_at=utc_now() - timedelta(days=31)))
    assert "Spare?" not in editor.get("/staff/faqs/deleted").text
    assert editor.post(f"/staff/faqs/deleted/{number}/restore").status_code == 404


def test_what_can_not_be_restored_says_why(editor: Client, console: Console, spare: str) -> None:
    number = delete(editor, spare)
    fields = open_form(editor, MORE)
    send(editor, fields, MORE, phrasings=phrasings(fields, "a"))
    response = editor.post(f"/staff/faqs/deleted/{number}/restore")
    assert response.status_code == 422
    assert "“a” already belongs to “More?”" in response.text
    assert DeletedFaqs(console.engine).get(number) is not None


def test_a_live_faq_that_is_deleted_can_be_put_back(editor: Client, console: Console, spare: str) -> None:
    go_live(console)
    before = draft(console, spare)
    delete(editor, spare)
    assert "Deleted in the draft" in editor.get("/staff/faqs").text
    page = editor.get(f"/staff/faqs/{spare}").text
    assert "Patients still get this answer" in page
    assert editor.post(f"/staff/faqs/{spare}/discard").status_code == 303
    assert draft(console, spare) == before


def test_discarding_puts_back_what_patients_get(editor: Client, console: Console) -> None:
    go_live(console)
    before = contents(console.root)
    send(editor, open_form(editor, MORE), MORE, text_en="More doses may be given.", title_tr="Dahası?")
    assert contents(console.root) != before
    assert editor.post(f"/staff/faqs/{MORE}/discard").headers["location"] == f"/staff/faqs/{MORE}"
    assert contents(console.root) == before
    assert editor.post("/staff/faqs/duration/none/discard").status_code == 404


def test_all_of_it_is_in_the_log_and_the_history(editor: Client, console: Console, spare: str) -> None:
    go_live(console)
    send(editor, open_form(editor, spare), spare, text_en="More doses may be given.")
    editor.post(f"/staff/faqs/{spare}/discard")
    editor.post(f"/staff/faqs/deleted/{delete(editor, spare)}/restore")
    entries, _ = console.audit.page(Filter(subject=spare), number=1, size=9)
    assert [entry.action for entry in entries] == [
        "faq.restore",
        "faq.delete",
        "faq.discard",
        "faq.write",
        "faq.add",
    ]
    assert {entry.person for entry in entries} == {"ayse"}
    page = editor.get(f"/staff/faqs/{spare}/history").text
    for said in ("Brought back", "Deleted", "Put back as patients get it", "Changed", "Made"):
        assert said in page
    assert "Nobody has changed this FAQ" in editor.get(f"/staff/faqs/{HOW_LONG}/history").text
