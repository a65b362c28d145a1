"""The review queue's page and what its buttons do."""

import html
import re

import httpx
import pytest

from clinicbot.console import faq_saving
from clinicbot.console.faq_forms import digest_of
from clinicbot.console.review_listing import MOST_LINES
from clinicbot.console.services import Console
from clinicbot.faq import writer
from clinicbot.faq.files import read_intents
from clinicbot.releases.reading import Reading
from clinicbot.store.audit import Entry
from clinicbot.store.people import Role
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import HOW_LONG, MORE, draft, form_in, use_reader
from tests.faq.checkouts import contents
from tests.review.conversations import Talk

PATH = "/staff/review"


@pytest.fixture
def editor(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


@pytest.fixture(autouse=True)
def reader(console: Console) -> None:
    use_reader(console)  # alike is what begins with the same letter


def said(console: Console, *texts: str, **options: object) -> str:
    """Each in a conversation of its own; their ids as the page's form sends them."""
    return ",".join(str(Talk(console.engine).say(text, **options)) for text in texts)  # type: ignore[arg-type]


def shown(client: Client, query: str = "") -> str:
    response = client.get(PATH + query)
    assert response.status_code == 200
    return html.unescape(response.text)


def groups(page: str) -> list[str]:
    return re.findall(r"<h2 id=\"g\d+\"[^>]*>“(.*?)”</h2>", page)


def decide(client: Client, messages: str | list[str], do: str, **fields: str) -> httpx.Response:
    return client.post(f"{PATH}/decide", {"message": messages, "do": do, **fields})


def flash(client: Client, response: httpx.Response) -> str:
    assert response.status_code == 303
    page = html.unescape(client.get(response.headers["location"]).text)
    found = re.search(r"<p class=\"status[^\"]*\">(.*?)</p>", page)
    assert found
    return found[1]


def log(console: Console, action: str) -> list[Entry]:
    return [entry for entry in console.audit.all() if entry.action == action]


def outside(console: Console) -> tuple[str, ...]:
    return read_intents(console.root / "data/dialogue/out_of_scope.yml")["out_of_scope"]


def test_nothing_waits_at_first(editor: Client) -> None:
    page = shown(editor)
    assert "Nothing waits for review." in page
    assert "filters" not in page


def test_groups_are_shown_with_counts_reasons_and_masked_words(editor: Client, console: Console) -> None:
    said(console, "wine after it", "wine after it", "wine? I'm Anna, 07700 900123", nearest=(MORE,))
    said(console, "gift card", label=HOW_LONG, confidence=0.3, helpful=False)
    page = shown(editor)
    assert groups(page) == ["wine after it", "gift card"]
    assert "4 messages in 2 groups." in page
    assert "wine? I'm (…), (…)" in page
    assert "Anna" not in page
    assert "3 conversations" in page
    assert "Not understood: 3" in page
    assert "Unsure answer" in page
    assert "Thumbs-down" in page
    assert page.count("Add to “More?”") == 1
    assert '<span class="badge">4</span>' in page


def test_without_a_candidate_the_live_assistant_tells_what_is_near(editor: Client, console: Console) -> None:
    said(console, "wine")
    assert "Add to “" not in shown(editor)
    near = (("out_of_scope", 0.6), (MORE, 0.5), ("gone/gone", 0.4))
    use_reader(console, wine=Reading("out_of_scope", 0.1, False, (), near))
    assert "Add to “More?”" in shown(editor)


def test_a_group_is_added_to_an_faq_and_leaves_the_queue(editor: Client, console: Console) -> None:
    ids = said(console, "wine after it", "Wine after it!", "wine tonight. my name is anna")
    before = draft(console, MORE).phrasings
    response = decide(editor, ids, f"add:{MORE}")
    assert flash(editor, response) == "3 messages were added to “More?”."
    assert draft(console, MORE).phrasings == (*before, "Wine after it!", "wine tonight. my name is")
    assert groups(shown(editor)) == []
    (entry,) = log(console, "review.add")
    assert (entry.person, entry.subject, entry.details) == ("ayse", MORE, {"messages": 3, "phrasings": 2})
    assert "wine" not in "".join(f"{each.subject} {each.details}" for each in console.audit.all())


def test_only_what_is_ticked_is_added(editor: Client, console: Console) -> None:
    first, _second = said(console, "wine after it", "wine gums").split(",")
    flash(editor, decide(editor, first, "add", faq=HOW_LONG))
    assert draft(console, HOW_LONG).phrasings[-1] == "wine after it"
    assert groups(shown(editor)) == ["wine gums"]


def test_adding_is_undone(editor: Client, console: Console) -> None:
    before = contents(console.root)
    ids = said(console, "wine after it", "tell me another dose 4")  # the second is a phrasing already
    flash(editor, decide(editor, ids, f"add:{MORE}"))
    assert "Undo" in shown(editor)
    response = editor.post(f"{PATH}/undo")
    assert flash(editor, response) == "1 message is back here."
    assert contents(console.root) == before
    assert groups(shown(editor)) == ["wine after it"]
    assert log(console, "review.undo")[0].details == {"messages": 1}
    assert flash(editor, editor.post(f"{PATH}/undo")) == "There is nothing of yours to undo."


def test_undoing_takes_only_what_was_added_then(editor: Client, console: Console) -> None:
    known = said(console, "tell me another dose 4", label=MORE, helpful=False)
    before = draft(console, MORE)
    assert groups(shown(editor)) == ["tell me another dose 4"]
    flash(editor, decide(editor, known, f"add:{MORE}"))
    flash(editor, editor.post(f"{PATH}/undo"))
    assert draft(console, MORE) == before


@pytest.mark.parametrize("do", [f"add:{MORE}", "out_of_scope"])
def test_a_phrasing_of_another_faq_is_refused_in_words(editor: Client, console: Console, do: str) -> None:
    ids = said(console, "wine", "how does it last 0", label=HOW_LONG, helpful=False)
    before = contents(console.root)
    response = decide(editor, ids, do)
    assert response.status_code == 422
    page = html.unescape(response.text)
    assert "Nothing was added" in page
    assert "“how does it last 0” already belongs to “How long?”" in page
    assert len(groups(page)) == 2
    assert contents(console.root) == before


def test_what_is_not_ours_becomes_out_of_scope_and_back(editor: Client, console: Console) -> None:
    before = contents(console.root)
    ids = said(console, "gift card", "Gift card?", "gift (for [her])")
    response = decide(editor, ids, "out_of_scope")
    assert flash(editor, response) == "3 messages were marked as not about our treatment."
    assert outside(console)[-2:] == ("Gift card?", "gift (for her )")
    (entry,) = log(console, "review.out_of_scope")
    assert (entry.subject, entry.details) == ("out_of_scope", {"messages": 3, "phrasings": 2})
    flash(editor, editor.post(f"{PATH}/undo"))
    assert contents(console.root) == before
    assert len(groups(shown(editor))) == 1


def test_dismissing_writes_nothing(editor: Client, console: Console) -> None:
    before = contents(console.root)
    ids = said(console, "blah", "x" * 300)
    assert flash(editor, decide(editor, ids, "dismiss")) == "2 messages were put aside."
    assert contents(console.root) == before
    assert groups(shown(editor)) == []
    assert log(console, "review.dismiss")[0].details == {"messages": 2}


def test_a_new_faq_begins_with_the_words_and_without_an_address_that_has_them(editor: Client, console: Console) -> None:
    ids = said(console, "wine after it", "wine, my name is anna")
    response = decide(editor, ids, "new")
    assert response.status_code == 200
    fields = form_in(response)
    assert sorted(fields["phrasings"][0].splitlines()) == ["wine after it", "wine, my name is"]
    assert 'action="/staff/faqs/new"' in response.text
    assert groups(shown(editor)) != []  # until the FAQ is saved
    new = {"topic": "duration", "title_en": "Wine?", "text_en": "Additional doses may be given.", "source": ["p1.2"]}
    new |= {"title_tr": "Şarap?", "text_tr": "Ek doz verilebilir."}
    lines = fields["phrasings"][0] + "\r\none more\r\nand another"
    saved = editor.post("/staff/faqs/new", {**fields, **new, "phrasings": lines, "do": "save"})
    assert saved.status_code == 303, saved.text
    assert groups(shown(editor)) == []


def test_an_emergency_becomes_nothing(editor: Client, console: Console) -> None:
    ids = said(console, "my throat is closing, i can't breathe", "my throat is dry")
    page = shown(editor)
    assert "Describes an emergency." in page
    before = contents(console.root)
    alarm = ids.split(",")[0]
    for do in (f"add:{MORE}", "out_of_scope", "new"):
        assert flash(editor, decide(editor, alarm, do)).startswith("None of these messages can be added.")
    assert contents(console.root) == before
    response = decide(editor, ids, f"add:{MORE}")
    expected = "1 message was added to “More?”. 1 other could not be added and is still here."
    assert flash(editor, response) == expected
    assert draft(console, MORE).phrasings[-1] == "my throat is dry"
    assert flash(editor, decide(editor, alarm, "dismiss")) == "1 message was put aside."


def test_emergencies_that_did_not_satisfy_are_a_notice_only(editor: Client, console: Console) -> None:
    said(console, "i can't breathe", label="report_red", emergency=True, helpful=False)
    page = shown(editor)
    assert "In 1 emergency the patient was not satisfied" in page
    assert "breathe" not in page


def test_somebody_else_may_have_been_quicker(editor: Client, console: Console, client_of: ClientOf) -> None:
    ids = said(console, "wine")
    other = client_of(Role.EDITOR, username="berk")
    flash(other, decide(other, ids, "dismiss"))
    assert flash(editor, decide(editor, ids, f"add:{MORE}")).startswith("Somebody else has dealt with")
    assert flash(editor, decide(editor, [], "dismiss")) == "Nothing was ticked, so nothing was done."
    assert "Undo" not in shown(editor)


def test_an_faq_that_changes_meanwhile_gets_the_phrasing_all_the_same(
    editor: Client, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = said(console, "wine")
    written = writer.write

    def write_first(*arguments: object, **options: object) -> object:
        monkeypatch.setattr(writer, "write", written)
        faq = draft(console, MORE)
        more = faq_saving.with_phrasings(faq, ["somebody else's"])
        version = writer.version_of("duration", console.root)
        faq_saving.save(console, other, more, version=version, base=digest_of(faq))
        return written(*arguments, **options)  # type: ignore[arg-type]

    other = console.people.add("berk", "Berk", (Role.EDITOR,), "en")
    monkeypatch.setattr(writer, "write", write_first)
    flash(editor, decide(editor, ids, f"add:{MORE}"))
    assert draft(console, MORE).phrasings[-2:] == ("somebody else's", "wine")


@pytest.mark.parametrize("do", ["add", "add:duration/none", "add:", "nothing", "greet"])
def test_what_is_no_faq_is_asked_for(editor: Client, console: Console, do: str) -> None:
    before = contents(console.root)
    response = decide(editor, said(console, "wine"), do, faq="")
    assert flash(editor, response).startswith("Choose an FAQ first.")
    assert contents(console.root) == before


def test_filters_and_pages(editor: Client, console: Console) -> None:
    Talk(console.engine, "tr").say("şarap")
    said(console, "wine", helpful=False)
    said(console, *"abcdefghijk")
    assert groups(shown(editor, "?language=tr")) == ["şarap"]
    assert groups(shown(editor, "?reason=thumb")) == ["wine"]
    assert "No messages of this kind wait." in shown(editor, "?language=tr&reason=thumb")
    assert len(groups(shown(editor))) == 10
    assert len(groups(shown(editor, "?page=2"))) == 3
    assert len(groups(shown(editor, "?page=99"))) == 3
    assert len(groups(shown(editor, "?page=x&reason=x"))) == 10
    response = decide(editor, said(console, "zz"), "dismiss", language="en", reason="fell_back", page="2")
    assert response.headers["location"] == f"{PATH}?language=en&reason=fell_back&page=2"


def test_of_a_large_group_some_are_shown_and_sent(editor: Client, console: Console) -> None:
    said(console, *(f"w{number:c}{number:c}" for number in range(0x4E00, 0x4E00 + MOST_LINES + 2)))
    page = shown(editor)
    assert page.count('name="message"') == MOST_LINES
    assert "2 more messages are in this group." in page


def test_words_of_patients_are_text(editor: Client, console: Console) -> None:
    said(console, "<script>alert(1)</script>")
    response = editor.get(PATH)
    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert" in response.text


def test_an_approver_reads_and_an_administrator_does_not(client_of: ClientOf, console: Console) -> None:
    ids = said(console, "wine")
    approver, administrator = client_of(Role.APPROVER), client_of(Role.ADMINISTRATOR)
    page = shown(approver)
    assert groups(page) == ["wine"]
    assert 'value="dismiss"' not in page
    for client in (approver, administrator):
        assert decide(client, ids, "dismiss").status_code == 403
        assert client.post(f"{PATH}/undo").status_code == 403
    assert administrator.get(PATH).status_code == 403
    assert groups(shown(approver)) == ["wine"]


def test_the_page_is_in_turkish(client_of: ClientOf, console: Console) -> None:
    said(console, "wine")
    assert "1 grup içinde 1 mesaj." in shown(client_of(Role.EDITOR, language="tr"))


def test_an_erased_conversation_is_gone_from_the_page(editor: Client, console: Console) -> None:
    talk = Talk(console.engine)
    talk.say("wine")
    assert groups(shown(editor)) == ["wine"]
    talk.conversations.erase(talk.session)
    page = shown(editor)
    assert groups(page) == []
    assert "badge" not in page
