"""Two people at once."""

import pytest

from clinicbot.console.faq_forms import digest_of
from clinicbot.console.faq_saving import EditedMeanwhile, add_phrasings, save, with_phrasings
from clinicbot.console.services import Console
from clinicbot.faq import writer
from clinicbot.store.people import Role
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import HOW_LONG, MORE, draft, form_in, open_form, phrasings, send


@pytest.fixture
def ayse(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


@pytest.fixture
def can(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="can")


def test_another_faq_of_the_topic_is_no_conflict(ayse: Client, can: Client, console: Console) -> None:
    mine, theirs = open_form(ayse, HOW_LONG), open_form(can, MORE)
    assert send(can, theirs, MORE, text_en="More doses may be given.").status_code == 303
    assert send(ayse, mine, HOW_LONG, title_en="How long is it?").status_code == 303
    assert draft(console, MORE).answers["en"].text == "More doses may be given."
    assert draft(console, HOW_LONG).answers["en"].title == "How long is it?"


def test_the_same_faq_shows_both_and_loses_nothing(ayse: Client, can: Client, console: Console) -> None:
    mine, theirs = open_form(ayse, MORE), open_form(can, MORE)
    send(can, theirs, MORE, text_en="More doses may be given.")
    response = send(ayse, mine, MORE, text_en="Some doses may be given.", phrasings=phrasings(mine, "mine"))
    assert response.status_code == 409
    assert "Somebody else has changed this FAQ meanwhile" in response.text
    assert "More doses may be given." in response.text
    assert draft(console, MORE).answers["en"].text == "More doses may be given."
    merged = form_in(response)
    assert merged["text_en"] == ["Some doses may be given."]
    assert merged["phrasings"][0].endswith("mine")
    assert send(ayse, merged, MORE).status_code == 303
    assert draft(console, MORE).answers["en"].text == "Some doses may be given."


def test_a_third_change_meanwhile_is_shown_too(ayse: Client, can: Client) -> None:
    mine = open_form(ayse, MORE)
    send(can, open_form(can, MORE), MORE, text_en="More doses may be given.")
    both = form_in(send(ayse, mine, MORE, text_en="Some doses may be given."))
    send(can, open_form(can, MORE), MORE, text_en="Many doses may be given.")
    again = send(ayse, both, MORE)
    assert again.status_code == 409
    assert "Many doses may be given." in again.text


def test_an_faq_that_was_deleted_meanwhile_can_be_saved_again(ayse: Client, can: Client, console: Console) -> None:
    send(can, open_form(can, HOW_LONG), HOW_LONG, source=["p1.1", "p1.2"])
    mine = open_form(ayse, MORE)
    can.post(f"/staff/faqs/{MORE}/delete", {"base": digest_of(draft(console, MORE))})
    response = send(ayse, mine, MORE, text_en="Some doses may be given.")
    assert response.status_code == 409
    assert "It was deleted meanwhile" in response.text
    assert send(ayse, form_in(response), MORE).status_code == 303
    assert draft(console, MORE).answers["en"].text == "Some doses may be given."


def test_two_new_faqs_of_one_topic_are_both_made(ayse: Client, can: Client, console: Console) -> None:
    new = {"topic": "duration", "text_en": "Additional doses may be given.", "source": ["p1.2"]}
    mine, theirs = open_form(ayse), open_form(can)
    assert send(can, theirs, **new, title_en="First?", phrasings="a\r\nb").status_code == 303
    assert send(ayse, mine, **new, title_en="Second?", phrasings="c\r\nd").status_code == 303
    assert draft(console, "duration/first").phrasings == ("First?", "a", "b")
    assert draft(console, "duration/second").phrasings == ("Second?", "c", "d")


def test_a_change_between_looking_and_writing_is_found(
    ayse: Client, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file changes again and again while we write; this FAQ doesn't until the last moment."""
    assert ayse.person is not None
    old, write, turns = draft(console, MORE), writer.write, iter(range(9))

    def others_first(edits: writer.Edits, versions: dict[str, str], root: object) -> object:
        turn = next(turns)
        if turn < 3:
            other = draft(console, HOW_LONG if turn < 2 else MORE)
            other = with_phrasings(other, [f"theirs {turn}"])
            write({other.id: other}, {"duration": writer.version_of("duration", console.root)}, console.root)
        return write(edits, versions, console.root)

    version = writer.version_of("duration", console.root)
    monkeypatch.setattr(writer, "write", others_first)
    with pytest.raises(EditedMeanwhile) as error:
        save(console, ayse.person, with_phrasings(old, ["mine"]), version=version, base=digest_of(old))
    assert error.value.theirs is not None
    assert error.value.theirs.phrasings[-1] == "theirs 2"
    assert draft(console, HOW_LONG).phrasings[-2:] == ("theirs 0", "theirs 1")


def test_phrasings_are_added_once(ayse: Client, console: Console) -> None:
    assert ayse.person is not None
    assert add_phrasings(console, ayse.person, MORE, ["again", "Again!"]) == []
    assert add_phrasings(console, ayse.person, MORE, ["AGAIN"]) == []
    assert len(draft(console, MORE).phrasings) == 26
    with pytest.raises(LookupError):
        add_phrasings(console, ayse.person, "duration/none", ["x"])
