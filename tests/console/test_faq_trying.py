"""What the live assistant makes of a phrasing, and phrasings out of real questions."""

from datetime import datetime

import pytest

from clinicbot.console import faq_suggesting
from clinicbot.console.services import Console
from clinicbot.releases.reading import Reading
from clinicbot.review.queue import Waiting
from clinicbot.store.people import Role
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import HOW_LONG, MORE, draft, form_in, go_live, open_form, phrasings, send, use_reader

HTMX = {"HX-Request": "true"}


def reading(label: str, confidence: float = 0.87, answered: bool = True, **nearest: float) -> Reading:
    cosines = tuple((faq.replace("__", "/"), cosine) for faq, cosine in nearest.items())
    return Reading(label, confidence, answered, ((label, 1.0),), cosines)


@pytest.fixture
def editor(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


@pytest.fixture
def told(console: Console) -> None:
    use_reader(
        console,
        **{
            "how many months": reading(HOW_LONG, duration__how_long=0.9),
            "a second one": reading(HOW_LONG, 0.51, duration__how_long=0.86, duration__more=0.7),
            "what now": reading(MORE, 0.2, answered=False),
            "hi there": reading("greet", greet=0.95),
            "price": reading("ask_price", ask_price=0.5),
        },
    )


def tried(editor: Client, **fields: str) -> str:
    response = editor.post("/staff/faqs/try", fields, headers=HTMX)
    assert response.status_code == 200
    assert "<html" not in response.text
    return response.text


def test_nothing_is_asked_before_the_first_release(editor: Client) -> None:
    assert "Nothing has been published yet" in tried(editor, phrasing="how many months")


@pytest.mark.usefixtures("told")
def test_it_says_which_faq_is_answered_now_and_how_sure(editor: Client) -> None:
    assert "now answers with: How long? (87 %)" in tried(editor, phrasing=" how many  months ")
    assert "is not sure and asks back. Nearest: More? (20 %)" in tried(editor, phrasing="what now")
    assert "now answers with: a hand-over to the phone line" in tried(editor, phrasing="price")
    assert "already answers with this FAQ (87 %)" in tried(editor, phrasing="how many months", faq=HOW_LONG)
    assert tried(editor, phrasing="  ").strip() == ""


@pytest.mark.usefixtures("told")
def test_too_near_to_another_faq_is_a_warning(editor: Client) -> None:
    assert "Too near to another FAQ: “How long?”" in tried(editor, phrasing="a second one", faq=MORE)
    assert "Too near" not in tried(editor, phrasing="a second one", faq=HOW_LONG)
    assert "Too near to another FAQ: “small talk”" in tried(editor, phrasing="hi there", faq=MORE)
    assert "Too near" not in tried(editor, phrasing="price", faq=MORE)


@pytest.mark.usefixtures("told")
def test_a_phrasing_that_a_draft_has_already_is_a_warning(editor: Client) -> None:
    assert "already belongs to “How long?”" in tried(editor, phrasing="HOW does it last 0?", faq=MORE)
    assert "already belongs to “small talk”" in tried(editor, phrasing="Hello!", faq=MORE)
    assert "already belongs" not in tried(editor, phrasing="how does it last 0", faq=HOW_LONG)


@pytest.mark.usefixtures("told")
def test_while_typing_the_last_new_lines_are_tried(editor: Client, console: Console) -> None:
    lines = [*draft(console, MORE).phrasings, "one", "two", "what now", "a second one"]
    said = tried(editor, phrasings="\r\n".join(lines), faq=MORE)
    assert said.count("<q>") == 3
    assert "<q>a second one</q>" in said
    assert "another dose" not in said
    assert tried(editor, phrasings="\r\n".join(lines[:25]), faq=MORE).strip() == ""


@pytest.mark.usefixtures("told")
def test_without_script_it_is_a_page(editor: Client) -> None:
    page = editor.post("/staff/faqs/try", {"phrasing": "how many months"})
    assert "<h1>Try the assistant</h1>" in page.text
    assert "now answers with: How long? (87 %)" in page.text


@pytest.mark.usefixtures("told")
def test_all_phrasings_are_checked_and_nothing_is_saved(editor: Client, console: Console) -> None:
    fields = open_form(editor, MORE)
    typed = phrasings(fields, "a second one", "what now")
    page = send(editor, fields, MORE, do="check", phrasings=typed, text_en="Typed.")
    assert "Phrasings that need a look" in page.text
    assert "Too near to another FAQ: “How long?”" in page.text
    assert form_in(page)["phrasings"] == [typed]
    assert form_in(page)["text_en"] == ["Typed."]
    assert "a second one" not in draft(console, MORE).phrasings


def test_what_the_live_assistant_has_learned_is_not_checked_again(editor: Client, console: Console) -> None:
    go_live(console)
    reader = use_reader(console, last=reading(HOW_LONG, duration__how_long=0.9))
    fields = open_form(editor, MORE)
    many = phrasings(fields, *(f"line {number}" for number in range(70)))
    page = send(editor, fields, MORE, do="check", phrasings=many)
    assert "Only 60 phrasings can be checked at once" in page.text
    assert set(reader.asked) == {f"line {number}" for number in range(60)}
    page = send(editor, fields, MORE, do="check", phrasings=phrasings(fields, "last"))
    assert "Too near to another FAQ: “How long?”" in page.text
    page = send(editor, fields, MORE, do="check")
    assert "No phrasing that is new since the last publication comes too near" in page.text


def test_a_script_in_a_phrasing_is_text(editor: Client, console: Console) -> None:
    use_reader(console)
    assert "&lt;script&gt;" in tried(editor, phrasing="<script>alert(1)</script>")


# real questions


@pytest.fixture
def unanswered(monkeypatch: pytest.MonkeyPatch) -> list[Waiting]:
    """The review queue's messages; alike is what begins with the same letter."""
    round_ = "another round for [name]?"
    messages = [round_, "zebra crossing", round_, "how another dose 0", "a" * 300]
    waits = [Waiting(number, "session", text, "en", datetime(2026, 11, 1), ()) for number, text in enumerate(messages)]
    monkeypatch.setattr(faq_suggesting, "unanswered", lambda engine, since: waits)
    return waits


@pytest.mark.usefixtures("unanswered")
def test_real_questions_are_suggested_and_added_when_ticked(editor: Client, console: Console) -> None:
    use_reader(console)
    fields = open_form(editor, MORE)
    page = send(editor, fields, MORE, do="suggest", phrasings="a first one\r\nanother\r\nall", text_en="More doses.")
    assert page.text.count('name="suggested"') == 1
    assert "another round for [name]?" in page.text
    assert "zebra" not in page.text
    sent = form_in(page)
    assert sent["text_en"] == ["More doses."]
    ticked = send(editor, sent, MORE, suggested=["another round please"])
    assert ticked.status_code == 303
    assert draft(console, MORE).phrasings == ("a first one", "another", "all", "another round please")


def test_no_suggestion_is_said_too(editor: Client, console: Console, unanswered: list[Waiting]) -> None:
    use_reader(console)
    unanswered.clear()
    page = send(editor, open_form(editor, MORE), MORE, do="suggest")
    assert "No unanswered question of the last 30 days is near" in page.text
