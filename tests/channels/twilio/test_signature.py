import base64
import hashlib
import hmac

import pytest

from clinicbot.channels.twilio.signature import is_signed
from tests.channels.twilio.fixtures import AUTH_TOKEN, Form, load, signed

URL = "https://chat.example/webhooks/twilio"
TRACKED = f"{URL}?tracker=17"
FORM = load("text")
REPORT = load("status_delivered")


def by_the_book(token: str, text: str) -> str:
    """HMAC-SHA1 in base 64 of the address and the parameters, as Twilio's “Webhooks security” has it."""
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def written(form: Form) -> str:
    return "".join(name + value for name, value in sorted(form))


@pytest.mark.parametrize("form", [FORM, REPORT, load("text_arabic"), load("image"), []])
@pytest.mark.parametrize("url", [URL, TRACKED])
def test_a_signature_by_the_book_is_right(form: Form, url: str) -> None:
    header = by_the_book(AUTH_TOKEN, url + written(form))
    assert is_signed(AUTH_TOKEN, url, form, header)
    assert is_signed(AUTH_TOKEN, url, dict(form), header)
    assert header == signed(url, form)


def test_the_query_is_signed_as_a_part_of_the_address() -> None:
    header = signed(TRACKED, REPORT)
    assert is_signed(AUTH_TOKEN, TRACKED, REPORT, header)
    assert not is_signed(AUTH_TOKEN, f"{URL}?tracker=18", REPORT, header)
    assert not is_signed(AUTH_TOKEN, URL, REPORT, header)
    assert not is_signed(AUTH_TOKEN, TRACKED, [("tracker", "17"), *REPORT], header)


def test_order_does_not_matter() -> None:
    assert is_signed(AUTH_TOKEN, URL, FORM[::-1], signed(URL, FORM))


def test_each_value_of_a_repeated_name_is_signed_once() -> None:
    header = by_the_book(AUTH_TOKEN, f"{URL}MediaUrlaMediaUrlbTo1")
    assert is_signed(AUTH_TOKEN, URL, [("To", "1"), ("MediaUrl", "b"), ("MediaUrl", "a"), ("MediaUrl", "b")], header)
    assert not is_signed(AUTH_TOKEN, URL, [("To", "1"), ("MediaUrl", "a")], header)


@pytest.mark.parametrize("url", ["https://chat.example:443/webhooks/twilio", URL])
def test_with_or_without_the_port(url: str) -> None:
    assert is_signed(AUTH_TOKEN, URL, FORM, signed(url, FORM))


@pytest.mark.parametrize(
    ("token", "url", "form", "header"),
    [
        pytest.param(AUTH_TOKEN, URL, FORM, None, id="no header"),
        pytest.param(AUTH_TOKEN, URL, FORM, "", id="empty header"),
        pytest.param(AUTH_TOKEN, URL, FORM, "x" * 28, id="wrong header"),
        pytest.param(AUTH_TOKEN, URL, FORM, "é" * 28, id="header that is not ASCII"),
        pytest.param(AUTH_TOKEN, URL, FORM, signed(URL, FORM, "another-token"), id="another token"),
        pytest.param(AUTH_TOKEN, URL, FORM, signed(URL.replace("https", "http"), FORM), id="another scheme"),
        pytest.param(AUTH_TOKEN, URL, FORM, signed(URL + "/", FORM), id="another path"),
        pytest.param(AUTH_TOKEN, URL, FORM[:-1], signed(URL, FORM), id="a parameter less"),
        pytest.param(AUTH_TOKEN, URL, [*FORM, ("x", "")], signed(URL, FORM), id="a parameter more"),
        pytest.param(AUTH_TOKEN, "https://chat.example:port/", FORM, signed(URL, FORM), id="no port"),
        pytest.param(AUTH_TOKEN, "https://chat.example:99999/", FORM, signed(URL, FORM), id="port too high"),
        pytest.param(AUTH_TOKEN, URL, [("Body", "\ud800")], signed(URL, []), id="no Unicode"),
        pytest.param("", URL, FORM, signed(URL, FORM, ""), id="no token is set"),
    ],
)
def test_anything_else_is_wrong(token: str, url: str, form: Form, header: str | None) -> None:
    assert not is_signed(token, url, form, header)
