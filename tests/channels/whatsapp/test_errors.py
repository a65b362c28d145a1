import pytest

from clinicbot.channels.sending import without_people
from clinicbot.channels.whatsapp.errors import classify, reason, seconds_to_wait
from clinicbot.messages import Failure


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (429, None, Failure.TRANSIENT),
        (408, None, Failure.TRANSIENT),
        (500, None, Failure.TRANSIENT),
        (503, None, Failure.TRANSIENT),
        (500, 100, Failure.TRANSIENT),
        (401, None, Failure.UNAUTHORIZED),
        (401, 463, Failure.UNAUTHORIZED),
        (400, 190, Failure.UNAUTHORIZED),
        (400, 0, Failure.UNAUTHORIZED),
        (400, 131047, Failure.WINDOW_CLOSED),
        (500, 131047, Failure.WINDOW_CLOSED),
        (None, 131047, Failure.WINDOW_CLOSED),
        (400, None, Failure.PERMANENT),
        (302, None, Failure.PERMANENT),
        (404, None, Failure.PERMANENT),
        (400, 100, Failure.PERMANENT),
        (None, 131026, Failure.PERMANENT),
        (None, 131051, Failure.PERMANENT),
        (None, 999999, Failure.PERMANENT),
        (None, None, Failure.PERMANENT),
    ],
)
def test_classify(status: int | None, code: int | None, expected: Failure) -> None:
    assert classify(status, code) is expected


@pytest.mark.parametrize(
    "code", [1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004, 133016]
)  # fmt: skip
def test_what_may_pass_is_tried_again(code: int) -> None:
    assert classify(400, code) is classify(None, code) is Failure.TRANSIENT


@pytest.mark.parametrize(
    ("code", "header", "seconds"),
    [
        (None, None, None),
        (None, "30", 30.0),
        (None, "0.5", 0.5),
        (None, "0", 0.0),
        (130429, "7", 7.0),
        (131056, None, 6.0),
        (131056, "2", 6.0),
        (131056, "60", 60.0),
        (131056, "soon", 6.0),
        (None, "Sat, 28 Nov 2026 12:00:00 GMT", None),
        (None, "-1", None),
        (None, "nan", None),
        (None, "inf", None),
        (None, "", None),
        (None, "1e300", 3600.0),
    ],
)
def test_seconds_to_wait(code: int | None, header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(code, header) == seconds


@pytest.mark.parametrize(
    ("code", "texts", "expected"),
    [
        (131026, ("Message undeliverable", "Other"), "131026 Message undeliverable"),
        (131026, (None, " ", "Message\nundeliverable"), "131026 Message undeliverable"),
        (131026, ({"a": 1}, None), "131026"),
        (None, ("Message undeliverable",), "Message undeliverable"),
        (0, (), "0"),
        (None, (), ""),
    ],
)
def test_reason(code: int | None, texts: tuple[object, ...], expected: str) -> None:
    assert reason(code, *texts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(#131056) Pair rate limit hit", "(#131056) Pair rate limit hit"),
        ("at most 4096 characters", "at most 4096 characters"),
        ("to 447700900123 failed", "to … failed"),
        ("to +44 (0)7700 900-123 failed", "to … failed"),
        ("to +1 555-0100-199.", "to …."),
        ("to \u2066+44 7700 900123\u2069 failed", "to \u2066…\u2069 failed"),
        ("to GB.13491208655302741918 failed", "to … failed"),
        ("to GB.ENT.11815799212886844830 failed", "to … failed"),
        ("one\n two", "one two"),
        ("x" * 300, "x" * 200),
    ],
)
def test_without_people(text: str, expected: str) -> None:
    assert without_people(text) == expected
