"""Bad edits: each is refused or flagged in words, nothing is written, and what was typed is still in the form."""

from typing import Any

import pytest

from clinicbot.console.services import Console
from clinicbot.store.people import Role
from tests.conftest import PHONE
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import HOW_LONG, MORE, draft, form_in, open_form, phrasings, send
from tests.faq.checkouts import contents

EN, TR = "It is not permanent and lasts 4 to 6 months.", "Kalıcı değildir, 4 ila 6 ay sürer."


@pytest.fixture
def editor(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="ayse")


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    # what is changed, what is said, and the field that it is said beside
    "a number that no passage has": (
        {"text_en": EN.replace("6", "8"), "text_tr": TR.replace("6", "8")},
        "says 8, but the ticked sentences don",
        "text_en",
    ),
    "a number that another language has otherwise": (
        {"text_tr": TR.replace("6", "7")},
        "The numbers in Turkish (4, 7) are not those",
        "text_tr",
    ),
    "a dropped not": ({"text_en": EN.replace("not ", "")}, "Only one of the answers in English and Turkish", "text_tr"),
    "a not that no passage has": (
        {"source": ["p1.2"], "text_en": "It is not given.", "text_tr": "Verilmez, değil."},
        "but the ticked sentences don",
        "text_en",
    ),
    "an empty answer": ({"text_en": ""}, "The answer in English is empty", "text_en"),
    "only spaces": ({"text_tr": " \r\n "}, "The answer in Turkish is empty", "text_tr"),
    "a language that is gone": ({"title_tr": "", "text_tr": ""}, "The answer in Turkish is gone", "text_tr"),
    "no question": ({"title_en": ""}, "Write the question in English", "title_en"),
    "braces": ({"text_en": EN + " {clinic}"}, "Braces, angle or square brackets", "text_en"),
    "HTML": ({"text_en": EN.replace("not", "<b>not</b>")}, "Braces, angle or square brackets", "text_en"),
    "a script": ({"title_en": "<script>alert(1)</script>"}, "Braces, angle or square brackets", "text_en"),
    "the phone number": ({"text_en": EN + f" Call {PHONE}."}, "The clinic&#39;s phone number stands in", "text_en"),
    "too many sentences": ({"text_en": "It is not. " + EN + " So. So. So."}, "more than three sentences", "text_en"),
    "too long an answer": ({"text_en": EN + " x" * 1_500}, "is too long", "text_en"),
    "too long a question": ({"title_en": "x" * 201}, "is too long", "text_en"),
    "a control character": ({"text_en": EN + "\x07"}, "characters that cannot be stored", "text_en"),
    "no passage": ({"source": []}, "Tick at least one sentence", "source"),
    "a passage that isn't there": ({"source": ["p9.9"]}, "Tick at least one sentence", "source"),
    "another FAQ's only passage": ({"source": ["p1.2"]}, "No FAQ would answer this sentence", "source"),
    "another FAQ's phrasing": ({"phrasings": "+how another dose 0"}, "already belongs to “More?”", "phrasings"),
    "another FAQ's phrasing, shouted": ({"phrasings": "+HOW another DOSE 0!!"}, "already belongs to", "phrasings"),
    "an emergency as a phrasing": ({"phrasings": "+i cant breathe since this morning"}, "is an emergency", "phrasings"),
    "an emergency as a question": ({"title_en": "I cant breathe, what now?"}, "is an emergency", "phrasings"),
    "a greeting as a phrasing": ({"phrasings": "+hello"}, "already belongs to “small talk”", "phrasings"),
    "a phrasing twice": ({"phrasings": "+once\r\nOnce!"}, "stands here twice", "phrasings"),
    "a phrasing with a slash": ({"phrasings": "+/restart"}, "a slash at its beginning", "phrasings"),
    "an entity mark-up": ({"phrasings": "+does [it](body_area) last"}, "too long, or has brackets", "phrasings"),
    "10,000 phrasings": (
        {"phrasings": "\r\n".join(f"phrasing {number}" for number in range(10_000))},
        "There are 10000 phrasings. More than 2000",
        "phrasings",
    ),
    "too few phrasings": ({"phrasings": "one\r\ntwo"}, "There are 2 phrasings; write at least 3.", "phrasings"),
    "another FAQ's question": ({"title_en": "More?"}, "Another FAQ has the question", "title_en"),
    "no date": ({"review_due": "soon"}, "Not a valid date", "review_due"),
}


@pytest.mark.parametrize(("changes", "said", "beside"), BAD.values(), ids=BAD.keys())
def test_a_bad_edit_is_refused_in_words_and_stays_typed(
    editor: Client, console: Console, changes: dict[str, Any], said: str, beside: str
) -> None:
    before = contents(console.root)
    fields = open_form(editor, HOW_LONG)
    changes = {
        name: phrasings(fields, value[1:]) if name == "phrasings" and value.startswith("+") else value
        for name, value in changes.items()
    }
    response = send(editor, fields, HOW_LONG, **changes)
    assert response.status_code == 422
    assert said in response.text
    assert 'id="error-summary"' in response.text
    assert f'href="#{beside}"' in response.text
    assert f'id="{beside}-error"' in response.text
    assert contents(console.root) == before
    kept = form_in(response)
    for name, value in changes.items():
        if name == "source":
            assert kept.get(name, []) == [reference for reference in value if reference != "p9.9"]
        else:
            assert kept[name] == [value.strip("\r\n") if "\x07" not in value else value], name


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Choose a topic"),
        ({"topic": "elsewhere"}, "Choose a topic"),
        ({"topic": "+", "new_topic": " "}, "Write the name of the new topic"),
        ({"topic": "+", "new_topic": "Уход"}, "Write the name of the new topic"),
        ({"topic": "+", "new_topic": "3 days"}, "Write the name of the new topic"),
        ({"topic": "+", "new_topic": "Greet"}, "Choose another name for the topic"),
        ({"topic": "+", "new_topic": "yes"}, "Choose another name for the topic"),
        ({"topic": "duration", "title_en": ""}, "Write the question in English"),
        ({"topic": "duration", "title_en": "", "text_en": ""}, "at least in English"),
        ({"topic": "duration", "phrasings": ""}, "There are 1 phrasings; write at least 3."),
        ({"topic": "duration", "title_en": "more?", "text_en": "Doses may be given."}, "Another FAQ has the question"),
    ],
)
def test_a_new_faq_that_is_not_whole_is_refused(
    editor: Client, console: Console, changes: dict[str, str], said: str
) -> None:
    before = contents(console.root)
    whole = {
        "title_en": "Again?",
        "text_en": "Additional doses may be given.",
        "phrasings": "a\r\nb",
        "source": ["p1.2"],
    }
    response = send(editor, open_form(editor) | {"topic": ["-"]}, **{**whole, **changes})
    assert response.status_code == 422
    assert said in response.text
    assert contents(console.root) == before
    assert form_in(response)["text_en"] == [{**whole, **changes}["text_en"]]


def test_a_page_is_left_as_it_was_when_the_disk_is_full(
    editor: Client, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    fields = open_form(editor, MORE)
    before = contents(console.root)
    with monkeypatch.context() as patch:
        patch.setattr("clinicbot.faq.safe_files.os.replace", full)
        response = send(editor, fields, MORE, text_en="More doses may be given.")
    assert response.status_code == 500
    assert contents(console.root) == before
    assert send(editor, fields, MORE, text_en="More doses may be given.").status_code == 303


def test_few_phrasings_are_flagged_and_taken(editor: Client, console: Console) -> None:
    response = send(editor, open_form(editor, MORE), MORE, phrasings="one\r\ntwo\r\nthree")
    assert response.status_code == 303
    assert draft(console, MORE).phrasings == ("one", "two", "three")
    assert "3 phrasings are few" in editor.get(f"/staff/faqs/{MORE}").text


def test_a_form_without_its_token_changes_nothing(editor: Client, console: Console) -> None:
    before = contents(console.root)
    fields = open_form(editor, MORE) | {"csrf": ["forged"], "text_en": ["Typed."]}
    response = editor.http.post(f"/staff/faqs/{MORE}", data=fields)
    assert response.status_code == 403
    assert "Typed." in response.text
    assert contents(console.root) == before
