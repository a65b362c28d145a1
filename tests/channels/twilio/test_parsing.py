import re
from datetime import datetime, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clinicbot.channels.twilio.parsing import parse
from clinicbot.messages import Content, Delivered, Delivery, Failure, Person, UnreadableWebhook
from tests.channels.fixtures import phone_of
from tests.channels.twilio.fixtures import ACCOUNT_SID, CLINIC_NUMBER, load, names, text_form

NOW = datetime(2026, 11, 28, 12)
TEXT = dict(load("text"))
DELIVERED = dict(load("status_delivered"))


def read(form: dict[str, str]) -> Delivery:
    return parse(form, ACCOUNT_SID, CLINIC_NUMBER, now=NOW)


def without(form: dict[str, str], *left_out: str) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in left_out}


def test_pairs_and_a_mapping_are_the_same() -> None:
    pairs = text_form("SM1", 5, "hi")
    assert parse(pairs, ACCOUNT_SID, CLINIC_NUMBER, now=NOW) == read(dict(pairs))
    assert read(dict(pairs)).messages[0].text == "hi"


@pytest.mark.parametrize("setting", ["whatsapp:+447700900999", "+447700900999", "447700900999", "+44 7700 900999"])
def test_the_clinics_number_is_known_however_it_is_set(setting: str) -> None:
    assert len(parse(TEXT, ACCOUNT_SID, setting).messages) == 1
    assert len(parse(DELIVERED, ACCOUNT_SID, setting).statuses) == 1


def test_without_a_clock_of_the_callers_it_is_now_in_utc() -> None:
    before = datetime.now(timezone.utc).replace(tzinfo=None)
    (message,) = parse(TEXT, ACCOUNT_SID, CLINIC_NUMBER).messages
    assert before <= message.sent_at <= datetime.now(timezone.utc).replace(tzinfo=None)


@pytest.mark.parametrize("form", [{}, without(TEXT, "MessageSid"), TEXT | {"MessageSid": " "}])
def test_without_a_message_id_it_is_no_webhook_of_twilios(form: dict[str, str]) -> None:
    with pytest.raises(UnreadableWebhook, match="MessageSid"):
        read(form)


@pytest.mark.parametrize(
    "form",
    [
        without(TEXT, "AccountSid"),
        without(TEXT, "To"),
        without(TEXT, "From", "ExternalUserId"),
        without(DELIVERED, "From"),
        without(DELIVERED, "AccountSid"),
        TEXT | {"To": "messenger:447700900999"},
        without(TEXT, "ExternalUserId") | {"From": "messenger:447700900123"},
        without(TEXT, "ExternalUserId") | {"From": "whatsapp:"},
        without(TEXT, "ExternalUserId") | {"From": "whatsapp:+44 not a number"},
        DELIVERED | {"MessageStatus": ""},
    ],
)
def test_what_is_not_for_us_or_from_nobody_is_counted(form: dict[str, str]) -> None:
    assert read(form) == Delivery(ignored=1)


@pytest.mark.parametrize(
    ("sender", "user", "person"),
    [
        ("whatsapp:+447700900001", None, Person(None, phone_of(1))),
        ("whatsapp:+447700900001", "whatsapp:GB.x1", Person("GB.x1", phone_of(1))),
        ("whatsapp:+447700900001", "", Person(None, phone_of(1))),
        ("whatsapp:+447700900001", "messenger:9", Person(None, phone_of(1))),
        ("whatsapp:GB.x1", "whatsapp:GB.x1", Person("GB.x1", None)),
        ("whatsapp:GB.x1", None, Person("GB.x1", None)),
        ("whatsapp:GB.ENT.x1", None, Person("GB.ENT.x1", None)),
        ("", "whatsapp:GB.x1", Person("GB.x1", None)),
    ],
)
def test_who_wrote(sender: str, user: str | None, person: Person) -> None:
    form = without(TEXT, "ExternalUserId") | {"From": sender} | ({} if user is None else {"ExternalUserId": user})
    assert [message.person for message in read(form).messages] == [person]


@pytest.mark.parametrize(
    ("media", "type"),
    [
        ("image/jpeg", "image"),
        ("IMAGE/PNG", "image"),
        ("image/webp", "sticker"),
        ("audio/ogg; codecs=opus", "audio"),
        ("video/mp4", "video"),
        ("application/pdf", "document"),
        ("text/vcard", "contacts"),
        ("", "document"),
    ],
)
def test_the_media_type_tells_where_the_message_type_does_not(media: str, type: str) -> None:
    form = without(TEXT, "MessageType") | {"NumMedia": "1", "MediaContentType0": media, "Body": "see"}
    (message,) = read(form).messages
    assert (message.content, message.type, message.text) == (Content.UNREADABLE, type, "see")


@pytest.mark.parametrize(
    ("changes", "content", "type", "text"),
    [
        ({"Latitude": "51.5", "Longitude": "-0.1", "Body": ""}, Content.UNREADABLE, "location", ""),
        ({"ButtonPayload": "id", "ButtonText": "Yes", "Body": "Yes"}, Content.BUTTON, "button", "Yes"),
        ({"ButtonPayload": "id", "Body": "Yes"}, Content.BUTTON, "button", "Yes"),
        ({"MessageType": "button", "ButtonPayload": "i" * 257, "ButtonText": "Yes"}, Content.TEXT, "button", "Yes"),
        ({"Body": " \n"}, Content.UNREADABLE, "unknown", " \n"),
        ({"MessageType": "Of The Future!", "Body": "hi"}, Content.TEXT, "text", "hi"),
        ({"MessageType": "poll", "Body": "lips are swelling"}, Content.UNREADABLE, "poll", "lips are swelling"),
        ({"MessageType": "text", "MediaUrl0": "https://x.example/", "Body": "hi"}, Content.UNREADABLE, "text", "hi"),
        ({"MessageType": "text", "Latitude": "51.5", "Body": "here"}, Content.UNREADABLE, "text", "here"),
        ({"Body": "a\0b"}, Content.TEXT, "text", "ab"),
        ({"Body": "a\ud800b"}, Content.TEXT, "text", "a?b"),
        # an inbound message may get a status some day
        ({"MessageStatus": "received", "Body": "hi"}, Content.TEXT, "text", "hi"),
    ],
)
def test_what_was_said(changes: dict[str, str], content: Content, type: str, text: str) -> None:
    form = without(TEXT, "MessageType") | changes
    (message,) = read(form).messages
    assert (message.content, message.type, message.text) == (content, type, text)


def test_a_tracker_comes_back_in_the_query_of_the_callbacks_address() -> None:
    pairs = [("tracker", "17"), *load("status_delivered")]
    (status,) = parse(pairs, ACCOUNT_SID, CLINIC_NUMBER).statuses
    assert status.tracker == "17"


@pytest.mark.parametrize("form", [DELIVERED, DELIVERED | {"tracker": ""}])
def test_a_status_without_a_tracker(form: dict[str, str]) -> None:
    assert [status.tracker for status in read(form).statuses] == [None]


@pytest.mark.parametrize("status", ["queued", "accepted", "scheduled", "sending", "receiving", "canceled"])
def test_a_status_that_tells_nothing_is_ignored(status: str) -> None:
    assert read(DELIVERED | {"MessageStatus": status}) == Delivery(ignored=1)


def test_a_report_with_parameters_of_the_future_is_still_a_report() -> None:
    (status,) = read(DELIVERED | {"Body": "what we wrote", "NumMedia": "0"}).statuses
    assert status.status is Delivered.DELIVERED


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("63016", Failure.WINDOW_CLOSED),
        ("63018", Failure.TRANSIENT),
        ("21211", Failure.PERMANENT),
        ("0", Failure.PERMANENT),
        ("", Failure.PERMANENT),
        ("nonsense", Failure.PERMANENT),
        ("²", Failure.PERMANENT),
        ("9" * 5000, Failure.PERMANENT),
    ],
)
def test_a_failure_is_classified_and_has_a_reason(code: str, failure: Failure) -> None:
    (status,) = read(DELIVERED | {"MessageStatus": "undelivered", "ErrorCode": code}).statuses
    assert (status.status, status.failure) == (Delivered.FAILED, failure)
    assert status.error


@pytest.mark.parametrize("code", ["", "0", "nonsense"])
def test_no_code_is_no_reason(code: str) -> None:
    (status,) = read(DELIVERED | {"MessageStatus": "failed", "ErrorCode": code}).statuses
    assert status.error == "no reason given"


ANYTHING = st.text(st.characters(codec=None), max_size=12)
VALUES = st.one_of(ANYTHING, st.sampled_from(sorted({value for name in names() for _, value in load(name)})))
NAMES = st.one_of(ANYTHING, st.sampled_from(sorted({key for name in names() for key, _ in load(name)})))


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.sampled_from(names()), st.dictionaries(NAMES, VALUES, max_size=5), st.sets(NAMES, max_size=3))
@example("text", {"From": "whatsapp:+" + "1" * 21}, set())
@example("text", {"MessageSid": "x" * 300, "ButtonPayload": "\0", "ExternalUserId": "whatsapp:" + "G" * 300}, set())
def test_whatever_comes_is_read_so_that_it_can_be_answered_and_stored(
    name: str, changes: dict[str, str], left_out: set[str]
) -> None:
    form = {key: value for key, value in (dict(load(name)) | changes).items() if key not in left_out}
    try:
        delivery = read(form)
    except UnreadableWebhook:
        assert not form.get("MessageSid", "").replace("\0", "").strip()
        return
    assert len(delivery.messages) + len(delivery.statuses) + delivery.ignored == 1
    texts: list[str | None] = []
    for message in delivery.messages:
        assert 0 < len(message.id) <= 255
        assert message.content is not Content.TEXT or message.text.strip()
        assert (message.content is Content.BUTTON) == (message.button is not None)
        assert len(message.person.user_id or "") <= 160
        assert message.person.phone is None or re.fullmatch("[0-9]{1,20}", message.person.phone)
        assert len(message.type) <= 32
        texts += [message.id, message.type, message.text, message.button, message.person.user_id]
    for status in delivery.statuses:
        assert (status.status is Delivered.FAILED) == (status.failure is not None) == bool(status.error)
        texts += [status.message_id, status.tracker, status.error]
    everything = "".join(filter(None, texts))
    assert "\0" not in everything
    assert everything.encode("utf-8", "replace").decode() == everything
