"""What tells who somebody is goes; what matters to medicine stays."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicbot import paths
from clinicbot.faq.files import read_intents
from clinicbot.review.masking import MASK, mask

_SEVEN_DIGITS = re.compile(r"\d(?:[\s().\-/]{0,3}\d){6}")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call me on 07700 900123", "call me on (…)"),
        ("+44 (0)7700-900-123", "(…)"),
        ("0 7 7 0 0 9 0 0 1 2 3 please", "(…) please"),
        ("numaram ٠٧٧٠٠ ٩٠٠ ١٢٣", "numaram (…)"),
        ("1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣ ok", "(…)️⃣ ok"),
        ("my id is 10000000146", "my id is (…)"),
        ("card 4111 1111 1111 1111", "card (…)"),
        ("TR33 0006 1005 1978 6457 8413 26", "(…)"),
        ("447700900123@s.whatsapp.net", "(…)"),
        ("write to anna.s@mail.example, thx", "write to (…), thx"),
        ("anna at gmail dot com", "(…)"),
        ("i am @anna.b on insta", "i am (…) on insta"),
        ("like here https://x.example/abc?d=1 ok", "like here (…) ok"),
        ("seen on botoxfans.example", "seen on (…)"),
        ("born 12.05.1985", "born (…)"),
        ("I was born in 1985", "I was born in (…)"),
        ("1985 doğumluyum", "(…) doğumluyum"),
        ("treated on 3 May 2026", "treated on (…)"),
        ("12 Baker Street London", "(…) London"),
        ("Moda mahallesi Bahariye sokak no: 5", "(…) (…)"),
        ("Hauptstraße 12, 10115 Berlin", "(…), (…)"),
        ("10 rue de la Paix", "(…)"),
        ("calle Mayor 5", "(…)"),
        ("ул. Ленина, д. 5", "(…)"),
        ("NW1 6XE", "(…)"),
    ],
)
def test_numbers_addresses_and_links_are_taken_out(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("my name is anna smith and i want to know", "my name is (…) and i want to know"),
        ("I'm Anna, can I shower?", "I'm (…), can I shower?"),
        ("this is Anna Smith speaking", "this is (…) speaking"),
        ("Dr. Smith said", "Dr. (…) said"),
        ("mrs smith told me", "mrs (…) told me"),
        ("adım ayşe yılmaz kaç ay", "adım (…) kaç ay"),
        ("Ben Ayşe, kaç ay sürer", "Ben (…), kaç ay sürer"),
        ("ayşe hanım ile konuştum", "(…) hanım ile konuştum"),
        ("ich heiße Anna Schmidt und habe eine Frage", "ich heiße (…) und habe eine Frage"),
        ("Ich bin Anna Schmidt", "Ich bin (…)"),
        ("je m'appelle Claire et je", "je m'appelle (…) et je"),
        ("me llamo Ana y quiero", "me llamo (…) y quiero"),
        ("меня зовут Анна, сколько", "меня зовут (…), сколько"),
        ("اسمي سارة وأريد أن أعرف", "اسمي (…) وأريد أن أعرف"),
        ("how long? Thanks, Anna", "how long? Thanks, (…)"),
        ("how long?\nkind regards\nanna smith", "how long?\nkind regards\n(…)"),
        ("Hi Anna, can I", "Hi (…), can I"),
    ],
)
def test_names_are_taken_out_where_something_announces_them(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "is it 6 months or 4-6 months?",
        "50 units and 20 more, age 17",
        "I'm pregnant",
        "I'm Pregnant",
        "Ich bin Diabetikerin, darf ich",
        "my doctor said no, the nurse said yes",
        "doktor hanım kaç ay sürer",
        "thanks a lot",
        "Hello Doctor, how long",
        "is it the same in 2024?",
        "2 days after, at 38.5 degrees",
        "does it work 1 of 10 times",
        "",
    ],
)
def test_what_tells_nothing_of_anybody_stays(text: str) -> None:
    assert mask(text) == text


def test_hardly_any_test_question_is_changed() -> None:
    texts = [
        text
        for path in sorted((paths.ROOT / "tests" / "nlu").glob("*.yml"))
        for phrasings in read_intents(path).values()
        for text in phrasings
    ]
    changed = [text for text in texts if mask(text) != text]
    assert len(changed) <= len(texts) / 100


_PIECES = st.one_of(
    st.text(max_size=12),
    st.text("0123456789٠١٢٣ -()./+", max_size=20),
    st.sampled_from(
        [
            "my name is ",
            "Anna ",
            "Dr ",
            "born ",
            "1985 ",
            "@",
            ".com",
            "kind regards ",
            "I'm ",
            "street 5 ",
            MASK,
            "\n",
            " ",
        ]
    ),
)
_MESSAGES = st.lists(_PIECES, max_size=8).map("".join)


@given(_MESSAGES)
def test_no_seven_digits_stay_together(text: str) -> None:
    assert not _SEVEN_DIGITS.search(mask(text))


@given(_MESSAGES)
def test_masking_again_changes_nothing(text: str) -> None:
    masked = mask(text)
    assert mask(masked) == masked
