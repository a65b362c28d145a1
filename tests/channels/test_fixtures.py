import json
import re

import pytest

from tests.channels.fixtures import DISPLAY_NUMBER, load, names, phone_of, signed, text_message, together


def test_fixtures_name_nobody() -> None:
    """Every telephone number is one that Ofcom keeps for drama."""
    numbers = set()
    for name in names():
        written = json.dumps(load(name))
        numbers |= set(re.findall(r"\b(?:44\d{8,}|\+44[\d ]+)", written))
    assert DISPLAY_NUMBER in numbers
    assert len(numbers) > 3
    assert all(re.fullmatch(r"\+?447700900\d{3}", number.replace(" ", "")) for number in numbers), numbers


def test_ids_are_given_once() -> None:
    ids = [
        message["id"]
        for name in names()
        for entry in load(name)["entry"]
        for change in entry["changes"]
        for message in change["value"].get("messages", ())
    ]
    assert len(ids) > 40
    assert len(ids) == len(set(ids))


def test_a_made_text_message_has_the_shape_of_the_fixture() -> None:
    fixture = load("text")
    value = fixture["entry"][0]["changes"][0]["value"]
    message = value["messages"][0]
    made = text_message(message["id"], 123, message["text"]["body"], int(message["timestamp"]))
    value["contacts"][0]["profile"]["name"] = "Test Patient 123"
    assert made == fixture


def test_there_are_a_thousand_people() -> None:
    assert len({phone_of(number) for number in range(1000)}) == 1000
    with pytest.raises(ValueError, match="1000"):
        phone_of(1000)


def test_requests_together_are_one_request() -> None:
    assert together(load("text"), load("several")) == {
        "object": "whatsapp_business_account",
        "entry": [*load("text")["entry"], *load("several")["entry"]],
    }


def test_signed_is_the_hmac_of_rfc_4231() -> None:
    """Test case 2 of RFC 4231."""
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signed(b"what do ya want for nothing?", "Jefe") == f"sha256={digest}"
