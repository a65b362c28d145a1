import re

from tests.channels.fixtures import DISPLAY_NUMBER
from tests.channels.twilio.fixtures import load, names, text_form


def test_fixtures_name_nobody() -> None:
    """Every telephone number is one that Ofcom keeps for drama."""
    values = [value for name in names() for _, value in load(name)]
    numbers = {number for value in values for number in re.findall(r"(?<![\dA-Za-z.])\+?\d{9,}(?![\dA-Za-z])", value)}
    advertisement = {"120210000000000001"}
    assert f"+{DISPLAY_NUMBER}" in numbers
    assert len(numbers) > 5
    assert all(re.fullmatch(r"\+?447700900\d{3}", number) for number in numbers - advertisement), numbers


def test_ids_are_given_once() -> None:
    ids = [value for name in names() for key, value in load(name) if key == "MessageSid"]
    assert len(ids) == len(names()) > 30
    assert len(ids) == len(set(ids))


def test_a_made_text_message_has_what_the_fixture_has() -> None:
    fixture = dict(load("text"))
    made = text_form(fixture["MessageSid"], 123, fixture["Body"])
    assert set(made) <= set(fixture.items())
