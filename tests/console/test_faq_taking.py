"""Sentences that were known as unanswerable, given to an FAQ."""

import pytest

from clinicbot.console.services import Console
from clinicbot.faq.files import read_intents
from clinicbot.store.people import Role
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import HOW_LONG, draft, form_in, open_form, phrasings, send
from tests.faq.checkouts import contents

OUTSIDE = "data/dialogue/out_of_scope.yml"


@pytest.fixture
def editor(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


def outside(console: Console) -> tuple[str, ...]:
    return read_intents(console.root / OUTSIDE)["out_of_scope"]


def test_a_sentence_that_is_not_answered_so_far_is_offered_and_taken(editor: Client, console: Console) -> None:
    with (console.root / OUTSIDE).open("a", encoding="utf-8") as file:
        file.write("    - one more than the least that there must be\n")
    sentence, before = outside(console)[0], outside(console)
    fields = open_form(editor, HOW_LONG)
    refused = send(editor, fields, HOW_LONG, phrasings=phrasings(fields, sentence.upper()))
    assert refused.status_code == 422
    assert "The assistant had learned not to answer these" in refused.text
    assert outside(console) == before
    saved = send(editor, form_in(refused), HOW_LONG, do="take")
    assert saved.status_code == 303
    assert draft(console, HOW_LONG).phrasings[-1] == sentence.upper()
    assert outside(console) == before[1:]


def test_nothing_is_taken_for_an_faq_that_is_refused_for_another_reason(editor: Client, console: Console) -> None:
    files = contents(console.root)
    fields = open_form(editor, HOW_LONG)
    lines = phrasings(fields, outside(console)[0])
    refused = send(editor, fields, HOW_LONG, do="take", phrasings=lines, text_en="It lasts {six} months.")
    assert refused.status_code == 422
    assert contents(console.root) == files


def test_a_sentence_of_another_faq_is_not_offered(editor: Client, console: Console) -> None:
    fields = open_form(editor, HOW_LONG)
    theirs = draft(console, "duration/more").phrasings[0]
    refused = send(editor, fields, HOW_LONG, phrasings=phrasings(fields, theirs))
    assert refused.status_code == 422
    assert "The assistant had learned not to answer these" not in refused.text


def test_so_many_are_left_that_the_rest_still_teaches_what_is_not_answered(editor: Client, console: Console) -> None:
    files = contents(console.root)
    fields = open_form(editor, HOW_LONG)
    refused = send(editor, fields, HOW_LONG, do="take", phrasings=phrasings(fields, outside(console)[0]))
    assert refused.status_code == 422
    assert "(F018)" in refused.text
    assert contents(console.root) == files
