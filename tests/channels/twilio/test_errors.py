import pytest

from clinicbot.channels.twilio.errors import classify, reason
from clinicbot.messages import Failure


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, None, Failure.TRANSIENT),
        (429, 20429, Failure.TRANSIENT),
        (429, 14107, Failure.TRANSIENT),
        (400, 20429, Failure.TRANSIENT),
        (None, 63018, Failure.TRANSIENT),
        (None, 14107, Failure.TRANSIENT),
        (408, None, Failure.TRANSIENT),
        (500, None, Failure.TRANSIENT),
        (503, 20503, Failure.TRANSIENT),
        (401, None, Failure.UNAUTHORIZED),
        (401, 20003, Failure.UNAUTHORIZED),
        (403, 20003, Failure.UNAUTHORIZED),
        (400, 63016, Failure.WINDOW_CLOSED),
        (None, 63016, Failure.WINDOW_CLOSED),
        (400, 21211, Failure.PERMANENT),
        (400, None, Failure.PERMANENT),
        (404, 20404, Failure.PERMANENT),
        (302, None, Failure.PERMANENT),
        (None, 63024, Failure.PERMANENT),
        (None, 99999, Failure.PERMANENT),
        (None, None, Failure.PERMANENT),
    ],
)
def test_classify(status: int | None, code: int | None, expected: Failure) -> None:
    assert classify(status, code) is expected


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (63016, "Twilio's words", "63016 more than 24 hours since the person wrote"),
        (99999, "Something  new\nhappened", "99999 Something new happened"),
        (99999, "No such number: whatsapp:+447700900123", "99999 No such number: whatsapp:…"),
        (99999, "No such number: +44 7700 900123", "99999 No such number: …"),
        (99999, "No such user: whatsapp:GB.13491208655302741918", "99999 No such user: whatsapp:…"),
        (99999, None, "99999"),
        (99999, {"not": "a text"}, "99999"),
        (None, "Something happened", "Something happened"),
        (None, None, ""),
    ],
)
def test_reason_has_code_and_meaning_and_names_nobody(code: int | None, text: object, expected: str) -> None:
    assert reason(code, text) == expected
