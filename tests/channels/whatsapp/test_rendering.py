from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinicbot.channels.text import length
from clinicbot.channels.whatsapp.rendering import Body, render
from clinicbot.clinic import Clinic
from clinicbot.reply import Button, Kind, Reply
from clinicbot.safety.emergency import EMERGENCY_FILE, filled
from clinicbot.texts import load_texts
from clinicbot.yaml_files import read_yaml

PHONE = "+44 20 7946 0123"
CLINIC = Clinic(
    name="Test Clinic",
    phone=PHONE,
    emergency_number="112",
    country="GB",
    time_zone=ZoneInfo("Europe/London"),
    languages=("en", "ar"),
    opening_hours={},
    closed_on_public_holidays=True,
    exceptions={},
    retention_days=30,
)
CALL = Button("Call Test Clinic", "call", "tel:+442079460123")
CALL_112 = Button("Call 112", "call", "tel:112")
SITE = Button("The clinic's site", "link", "https://clinic.example/a_b_?c=_d_")
LONG = "How long does the effect of the treatment last"
CLINIC_CARD = {
    "name": {"formatted_name": "Test Clinic", "first_name": "Test Clinic"},
    "phones": [{"phone": "+442079460123", "type": "WORK"}],
    "org": {"company": "Test Clinic"},
}
EMERGENCY_CARD = {
    "name": {"formatted_name": "112", "first_name": "112"},
    "phones": [{"phone": "112", "type": "WORK"}],
}


def reply(text: str, *buttons: Button, kind: Kind = Kind.ANSWER, language: str = "en") -> Reply:
    return Reply(kind, language, text, buttons)


def choices(count: int, title: str = "Option {}") -> list[Button]:
    return [Button(title.format(n), "reply", f"id-{n}") for n in range(1, count + 1)]


def rendered(*replies: Reply, with_card: bool = False) -> list[Body]:
    bodies = render(replies, clinic=CLINIC, with_card=with_card)
    for body in bodies:
        check(body)
    return bodies


def check(body: Body) -> None:
    """What WhatsApp takes, by its documents."""
    assert set(body) == {"type", body["type"]}
    content = body[body["type"]]
    if body["type"] == "text":
        assert content["preview_url"] is False
        assert content["body"].strip()
        assert length(content["body"]) <= 4096
    elif body["type"] == "interactive":
        assert content["body"]["text"].strip()
        assert length(content["body"]["text"]) <= 1024
        options = options_of(body)
        as_buttons = content["type"] == "button"
        assert 1 <= len(options) <= (3 if as_buttons else 10)
        for key in ("id", "title"):
            assert len({option[key] for option in options}) == len(options)
        assert all(0 < length(option["title"]) <= (20 if as_buttons else 24) for option in options)
        assert all(0 < length(option.get("description", "-")) <= 72 for option in options)
        assert as_buttons or 0 < length(content["action"]["button"]) <= 20
    else:
        assert body["type"] == "contacts"
        assert content


def options_of(body: Body) -> list[dict[str, str]]:
    action = body["interactive"]["action"]
    if body["interactive"]["type"] == "list":
        (section,) = action["sections"]
        rows: list[dict[str, str]] = section["rows"]
        return rows
    assert all(button["type"] == "reply" for button in action["buttons"])
    return [button["reply"] for button in action["buttons"]]


def said(body: Body) -> str:
    text: str = body["text"]["body"] if body["type"] == "text" else body["interactive"]["body"]["text"]
    return text


def only_text(*replies: Reply) -> str:
    (body,) = rendered(*replies)
    assert body["type"] == "text"
    return said(body)


def test_a_text() -> None:
    assert rendered(reply("It lasts 4 to 6 months.")) == [
        {"type": "text", "text": {"body": "It lasts 4 to 6 months.", "preview_url": False}}
    ]


def test_several_replies_are_one_message_emergency_first() -> None:
    emergency = reply("Call 112 now.", kind=Kind.EMERGENCY)
    assert only_text(reply("One.\nTwo."), reply("Three. "), emergency) == "Call 112 now.\n\nOne.\nTwo.\n\nThree."


def test_the_same_reply_twice_is_said_once() -> None:
    assert only_text(reply("One."), reply("One.")) == "One."


@pytest.mark.parametrize("replies", [[], [reply("")], [reply(" \n"), reply("")]])
def test_nothing_to_say_is_no_message(replies: list[Reply]) -> None:
    assert rendered(*replies) == []


def test_an_empty_text_with_choices_asks_for_one() -> None:
    (body,) = rendered(reply("", *choices(2)))
    assert said(body) == "Please choose:"


def test_a_long_text_is_split_at_sentences() -> None:
    sentences = [f"This is sentence {n} of a long text." for n in range(300)]
    bodies = rendered(reply(" ".join(sentences)))
    assert len(bodies) == 3
    assert all(said(body).endswith(".") for body in bodies)
    assert " ".join(said(body) for body in bodies) == " ".join(sentences)


@pytest.mark.parametrize("language", sorted(read_yaml(EMERGENCY_FILE)))
def test_the_emergency_text_is_one_message_as_it_is_locked(language: str) -> None:
    text = filled(read_yaml(EMERGENCY_FILE)[language], language, CLINIC).text
    emergency = reply(text, CALL_112, CALL, kind=Kind.EMERGENCY, language=language)
    assert only_text(emergency) == text


def test_up_to_three_choices_are_buttons() -> None:
    assert rendered(reply("Did you mean:", *choices(3))) == [
        {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "body": {"text": "Did you mean:"},
                "action": {
                    "buttons": [
                        {"type": "reply", "reply": {"id": "id-1", "title": "Option 1"}},
                        {"type": "reply", "reply": {"id": "id-2", "title": "Option 2"}},
                        {"type": "reply", "reply": {"id": "id-3", "title": "Option 3"}},
                    ]
                },
            },
        }
    ]


def test_more_are_a_list() -> None:
    rows = [{"id": f"id-{n}", "title": f"Option {n}"} for n in range(1, 5)]
    assert rendered(reply("Did you mean:", *choices(4))) == [
        {
            "type": "interactive",
            "interactive": {
                "type": "list",
                "body": {"text": "Did you mean:"},
                "action": {"button": "Choose", "sections": [{"rows": rows}]},
            },
        }
    ]


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [1]), (3, [3]), (4, [4]), (10, [10]), (11, [6, 5]), (20, [10, 10]), (21, [7, 7, 7])]
)
def test_no_choice_is_dropped(count: int, sizes: list[int]) -> None:
    bodies = rendered(reply("Did you mean:", *choices(count)))
    assert [len(options_of(body)) for body in bodies] == sizes
    assert [option["id"] for body in bodies for option in options_of(body)] == [f"id-{n + 1}" for n in range(count)]
    assert [said(body) for body in bodies] == ["Did you mean:", *["Please choose:"] * (len(sizes) - 1)]


def test_titles_differ_over_several_lists_too() -> None:
    options = [o for body in rendered(reply("Which?", *choices(25, LONG + "?"))) for o in options_of(body)]
    assert len({option["title"] for option in options}) == 25


def test_choices_of_several_replies_stand_together_each_once() -> None:
    (body,) = rendered(reply("One.", *choices(2)), reply("Two.", *choices(3)))
    assert said(body) == "One.\n\nTwo."
    assert [option["id"] for option in options_of(body)] == ["id-1", "id-2", "id-3"]


def test_titles_cut_on_buttons_are_numbered_and_listed_in_full() -> None:
    (body,) = rendered(reply("Which?", Button(f"{LONG}?", "reply", "a"), Button("Price", "reply", "b")))
    assert [option["title"] for option in options_of(body)] == ["1. How long does…", "2. Price"]
    assert said(body) == f"Which?\n\n1. {LONG}?\n2. Price"


def test_equal_titles_on_buttons_are_told_apart() -> None:
    (body,) = rendered(reply("Which?", *choices(2, "Eyes")))
    assert [option["title"] for option in options_of(body)] == ["1. Eyes", "2. Eyes"]
    assert said(body) == "Which?\n\n1. Eyes\n2. Eyes"


def test_titles_cut_in_a_list_are_described() -> None:
    (body,) = rendered(reply("Which?", *choices(3), Button(f"{LONG}?", "reply", "a")))
    assert options_of(body)[-1] == {"id": "a", "title": "How long does the…", "description": f"{LONG}?"}
    assert said(body) == "Which?"


def test_titles_too_long_for_a_description_are_listed_too() -> None:
    full = f"{LONG}, and when is it the right time to come again for the next one?"
    (body,) = rendered(reply("Which?", *choices(3), Button(full, "reply", "a")))
    assert options_of(body)[-1]["description"] == f"{LONG}, and when is it the…"
    assert said(body) == f"Which?\n\n1. Option 1\n2. Option 2\n3. Option 3\n4. {full}"


@pytest.mark.parametrize("count", [2, 5])
def test_a_text_too_long_for_choices_goes_before_them(count: int) -> None:
    text = "A sentence. " * 100
    first, second = rendered(reply(text, *choices(count)))
    assert (first["type"], said(first)) == ("text", text.strip())
    assert said(second) == "Please choose:"
    assert len(options_of(second)) == count


def test_full_titles_stay_with_the_buttons() -> None:
    first, second = rendered(reply("A sentence. " * 100, Button(f"{LONG}?", "reply", "a")))
    assert said(first) == ("A sentence. " * 100).strip()
    assert said(second) == f"Please choose:\n\n1. {LONG}?"


def test_full_titles_too_long_for_the_buttons_go_before_them() -> None:
    first, second = rendered(reply("Which?", Button("very " * 300 + "long", "reply", "a")))
    assert said(first) == "Which?\n\n1. " + "very " * 300 + "long"
    assert said(second) == "Please choose:"


def test_a_link_is_an_address_in_the_text() -> None:
    text = f"Read more.\nThe clinic's site: {SITE.value}"
    assert only_text(reply("Read more.", SITE)) == text
    assert only_text(reply("Read more.", SITE), reply("And call.")) == f"{text}\n\nAnd call."
    assert only_text(reply(f"Read more at {SITE.value}.", SITE)) == f"Read more at {SITE.value}."


@pytest.mark.parametrize(
    ("text", "has_it"),
    [
        (f"Call us: {PHONE}.", True),
        ("Call us: +442079460123.", True),
        ("Call us: +44 (20) 7946-0123.", True),
        (f"اتصل: \u2066{PHONE}\u2069.", True),
        ("Call us.", False),
        ("Call us: +44 20 7946 01234.", False),
        ("Call us: 7946 0123.", False),
    ],
)
def test_the_number_to_call_is_in_the_text(text: str, has_it: bool) -> None:
    assert only_text(reply(text, CALL)) == (text if has_it else f"{text}\n\nCall Test Clinic: {PHONE}")


def test_the_emergency_number_inside_another_number_is_not_in_the_text() -> None:
    assert only_text(reply("Call +44 7700 900112.", CALL_112)) == "Call +44 7700 900112.\n\nCall 112: 112"
    assert only_text(reply("Call +44 7700 112 900.", CALL_112)) == "Call +44 7700 112 900.\n\nCall 112: 112"


def test_numbers_of_several_replies_are_said_once() -> None:
    text = only_text(reply("One.", CALL), reply("Two.", CALL, CALL_112))
    assert text == f"One.\n\nTwo.\n\nCall Test Clinic: {PHONE}\nCall 112: 112"


def test_a_number_among_arabic_words_is_isolated() -> None:
    call = Button("اتصل بعيادة", "call", CALL.value)
    assert only_text(reply("مرحبا.", call, language="ar")) == f"مرحبا.\n\nاتصل بعيادة: \u2066{PHONE}\u2069"


def test_calls_are_no_buttons() -> None:
    (body,) = rendered(reply(f"Which? Or call {PHONE}.", *choices(2), CALL, SITE))
    assert [option["id"] for option in options_of(body)] == ["id-1", "id-2"]


@pytest.mark.parametrize(
    ("buttons", "contacts"),
    [
        ([CALL], [CLINIC_CARD]),
        ([CALL_112, CALL], [EMERGENCY_CARD, CLINIC_CARD]),
        ([CALL, CALL_112], [EMERGENCY_CARD, CLINIC_CARD]),
        ([*choices(2), CALL], [CLINIC_CARD]),
    ],
)
def test_the_card_comes_last(buttons: Sequence[Button], contacts: list[Any]) -> None:
    bodies = rendered(reply(f"Call 112 or {PHONE}.", *buttons), with_card=True)
    assert len(bodies) == 2
    assert bodies[-1] == {"type": "contacts", "contacts": contacts}


@pytest.mark.parametrize(("buttons", "with_card"), [([CALL], False), ([SITE], True), (choices(2), True)])
def test_no_card_unless_asked_for_and_a_call_is_offered(buttons: Sequence[Button], with_card: bool) -> None:
    bodies = rendered(reply(f"Call {PHONE}.", *buttons), with_card=with_card)
    assert "contacts" not in [body["type"] for body in bodies]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It is *not* normal.", "It is ∗not∗ normal."),
        ("It is ~not~ normal.", "It is ∼not∼ normal."),
        ("(_not_)", "(＿not＿)"),
        ("**not** __this__", "∗∗not∗∗ ＿＿this＿＿"),
        ("_*not*_", "＿∗not∗＿"),
        ("`not` ```this\nor that```", "'not' '''this\nor that'''"),
        ("> 3 days\n>5 days > 4 days", "＞ 3 days\n>5 days > 4 days"),
        ("2 * 3 * 4, ~30 to ~60, a_b_c, *", "2 * 3 * 4, ~30 to ~60, a_b_c, *"),
        ("*one\ntwo*", "*one\ntwo*"),
        ("https://clinic.example/_a_/*b* and _c_", "https://clinic.example/_a_/*b* and ＿c＿"),
    ],
)
def test_nothing_is_formatted_and_no_sign_is_lost(text: str, shown: str) -> None:
    assert only_text(reply(text)) == shown


@pytest.mark.parametrize("language", ["ar", "de", "en", "es", "fr", "ru", "tr"])
def test_every_language_asks_to_choose(language: str) -> None:
    text = "نص. " if language == "ar" else "Text. "
    *before, body = rendered(reply(text * 300, *choices(4), language=language))
    assert [said(each) for each in before] == [(text * 300).strip()]
    assert said(body) == load_texts(language).get("please_choose")
    assert body["interactive"]["action"]["button"] == load_texts(language).get("choose")


def squeezed(text: str) -> str:
    """Without white space, and with the signs that look alike as one."""
    return "".join(text.split()).translate(str.maketrans("∗＿∼＞'", "*_~>`"))


TEXTS = st.one_of(
    st.text(max_size=30), st.text(" \n*_~`>.a1é😀", max_size=60), st.integers(1, 700).map("A word. ".__mul__)
)
BUTTONS = st.lists(
    st.one_of(st.builds(Button, TEXTS, st.just("reply"), st.uuids().map(str)), st.sampled_from([CALL, CALL_112, SITE])),
    max_size=30,
)


@settings(derandomize=True, deadline=None)
@given(
    st.lists(st.builds(Reply, st.sampled_from(Kind), st.sampled_from(["en", "ar", "xx"]), TEXTS, BUTTONS.map(tuple)))
)
def test_whatever_is_said_is_within_the_limits_and_complete(replies: list[Reply]) -> None:
    bodies = rendered(*replies, with_card=True)
    wanted = {button.value for reply in replies for button in reply.buttons if button.kind == "reply"}
    offered = [option["id"] for body in bodies if body["type"] == "interactive" for option in options_of(body)]
    assert sorted(offered) == sorted(wanted)
    everything = squeezed("".join(said(body) for body in bodies if body["type"] != "contacts"))
    for one in replies:
        assert squeezed(one.text) in everything
        for button in one.buttons:
            assert button.kind == "reply" or squeezed(button.value.removeprefix("tel:")) in everything
