"""What crosses from the action server to the gateway, and telephone numbers as patients type them."""

from typing import Any

import pytest

from clinicbot.callback import (
    Standing,
    UnusableRequest,
    Wanted,
    Withdrawn,
    find_phone,
    from_digits,
    international,
    looks_like_phone,
    read_request,
    without_phone,
)

PHONE = "+442079460123"


@pytest.mark.parametrize(
    "text",
    [
        "020 7946 0123",
        "(020) 7946-0123",
        "02079460123",
        "+44 20 7946 0123",
        "0044 20 7946 0123",
        "+44 (0)20 7946 0123",
        "442079460123",
        "٠٢٠ ٧٩٤٦ ٠١٢٣",
        "+٤٤ ٢٠ ٧٩٤٦ ٠١٢٣",
        "۰۲۰۷۹۴۶۰۱۲۳",
        "my number is 020 7946 0123, thanks",
        "Jane Doe 02079460123",
        "٠٢٠٧٩٤٦٠١٢٣ فاطمة",
    ],
)
def test_a_number_of_the_clinics_country_is_read_however_it_is_typed(text: str) -> None:
    assert find_phone(text, "GB") == PHONE


@pytest.mark.parametrize("text", ["+44 20 7946 0123", "0044 20 7946 0123", "442079460123", "call +44-20-7946-0123"])
def test_a_number_of_another_country_needs_its_code(text: str) -> None:
    assert find_phone(text, "TR") == PHONE
    assert find_phone("020 7946 0123", "TR") is None


@pytest.mark.parametrize("text", ["", "tomorrow at 5", "12.03.1980", "10:30 to 12:30 on 28.11.2026", "020 7946", "112"])
def test_other_numbers_are_no_telephone_numbers(text: str) -> None:
    assert find_phone(text, "GB") is None


@pytest.mark.parametrize(
    ("text", "left"),
    [("Jane Doe, 020 7946 0123", "Jane Doe"), ("020 7946 0123 Jane", "Jane"), ("020 7946 0123", ""), ("Jane", "Jane")],
)
def test_what_stands_beside_a_number(text: str, left: str) -> None:
    assert without_phone(text, "GB") == left


def test_what_should_be_a_number_is_told_from_a_time() -> None:
    assert looks_like_phone("0207 94")
    assert looks_like_phone("٠٢٠٧٩")
    assert not looks_like_phone("at 10:30")


@pytest.mark.parametrize(
    ("digits", "phone"), [("442079460123", PHONE), ("447700900001", "+447700900001"), ("4420", None), ("x", None)]
)
def test_a_channels_own_number_need_not_be_in_a_list(digits: str, phone: str | None) -> None:
    assert from_digits(digits) == phone


def test_the_number_is_shown_as_people_read_it() -> None:
    assert international(PHONE) == "+44 20 7946 0123"


@pytest.mark.parametrize("request_", [Wanted("Jane", PHONE, "any time"), Wanted("Jane", None, "now"), Withdrawn()])
def test_a_request_comes_out_as_it_went_in(request_: Wanted | Withdrawn) -> None:
    assert read_request(request_.to_json()) == request_


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"withdraw": False},
        {"name": "Jane", "phone": "020 7946 0123", "preferred_time": "now"},
        {"name": "Jane", "phone": "+4420794601", "preferred_time": "now"},
        {"name": "Jane", "phone": 442079460123, "preferred_time": "now"},
        {"name": "", "phone": PHONE, "preferred_time": "now"},
        {"name": "Jane", "phone": PHONE, "preferred_time": ""},
        {"name": "Jane", "phone": PHONE},
    ],
    ids=str,
)
def test_anything_else_is_refused_without_a_word_of_it(document: Any) -> None:
    with pytest.raises(UnusableRequest) as raised:
        read_request(document)
    assert "Jane" not in str(raised.value)
    assert "7946" not in str(raised.value)


def test_the_standing_comes_out_as_it_went_in() -> None:
    for standing in (Standing(True), Standing(True, True, True, "23", True)):
        assert Standing.from_json(standing.to_json()) == standing


def test_without_a_gateway_nobody_keeps_a_request() -> None:
    assert not Standing.from_json(None).has_keeper
