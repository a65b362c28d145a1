import hashlib
import hmac

import pytest

from clinicbot.channels.whatsapp.signature import handshake, is_signed

SECRET = "an app's secret"
BODY = '{"object":"whatsapp_business_account","text":"şişlik"}'.encode()
DIGEST = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()


def test_known_signature() -> None:
    """The HMAC of RFC 4231, test case 2."""
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert is_signed("Jefe", b"what do ya want for nothing?", f"sha256={digest}")


@pytest.mark.parametrize(
    ("secret", "body", "header", "expected"),
    [
        pytest.param(SECRET, BODY, f"sha256={DIGEST}", True, id="signed"),
        pytest.param(SECRET, b"", "sha256=" + hmac.new(SECRET.encode(), b"", "sha256").hexdigest(), True, id="no body"),
        pytest.param("another", BODY, f"sha256={DIGEST}", False, id="another secret"),
        pytest.param(SECRET, BODY + b" ", f"sha256={DIGEST}", False, id="changed body"),
        pytest.param(SECRET, BODY, None, False, id="missing"),
        pytest.param(SECRET, BODY, "", False, id="empty"),
        pytest.param(SECRET, BODY, DIGEST, False, id="no algorithm"),
        pytest.param(SECRET, BODY, f"sha1={DIGEST}", False, id="another algorithm"),
        pytest.param(SECRET, BODY, "sha256=", False, id="no digest"),
        pytest.param(SECRET, BODY, f"sha256={DIGEST[:-1]}", False, id="too short"),
        pytest.param(SECRET, BODY, f"sha256={DIGEST}0", False, id="too long"),
        pytest.param(SECRET, BODY, "sha256=" + "z" * 64, False, id="not hex"),
        pytest.param(SECRET, BODY, f"sha256={DIGEST[:-1]}é", False, id="not ASCII"),
        pytest.param(SECRET, BODY, "sha256=\ud800", False, id="half a surrogate pair"),
        pytest.param("", BODY, "sha256=" + hmac.new(b"", BODY, "sha256").hexdigest(), False, id="no secret of ours"),
    ],
)
def test_is_signed(secret: str, body: bytes, header: str | None, expected: bool) -> None:
    assert is_signed(secret, body, header) is expected


@pytest.mark.parametrize(
    ("changes", "verify_token", "expected"),
    [
        pytest.param({}, "word", "1158201444", id="right"),
        pytest.param({}, "another", None, id="another token"),
        pytest.param({}, "", None, id="no token of ours"),
        pytest.param({"hub.verify_token": ""}, "", None, id="neither has a token"),
        pytest.param({"hub.verify_token": None}, "word", None, id="no token"),
        pytest.param({"hub.verify_token": "wörd"}, "word", None, id="not ASCII"),
        pytest.param({"hub.verify_token": "wörd"}, "wörd", "1158201444", id="right and not ASCII"),
        pytest.param({"hub.mode": "unsubscribe"}, "word", None, id="another mode"),
        pytest.param({"hub.mode": None}, "word", None, id="no mode"),
        pytest.param({"hub.challenge": None}, "word", None, id="no challenge"),
    ],
)
def test_handshake(changes: dict[str, str | None], verify_token: str, expected: str | None) -> None:
    right = {"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "1158201444"}
    params = {key: value for key, value in {**right, **changes}.items() if value is not None}
    assert handshake(params, verify_token) == expected
