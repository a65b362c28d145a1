"""WhatsApp by Twilio from end to end: its webhooks, the same inbox and outbox, its REST API."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from clinicbot.channels.twilio.client import TwilioClient
from clinicbot.clinic import Clinic
from clinicbot.gateway import delivery, messaging
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.store import outcomes
from clinicbot.store.database import contacts, delivery_statuses, inbox, messages
from clinicbot.texts import load_texts
from tests.channels.fixtures import phone_of, user_id_of
from tests.channels.twilio import fixtures
from tests.channels.twilio.fixtures import CLINIC_NUMBER
from tests.channels.twilio.oracle import official_request
from tests.gateway.conftest import check_problem
from tests.gateway.fake_rasa import ANSWER, SUGGESTIONS, FakeRasa
from tests.gateway.messaging.conftest import RunMeta
from tests.gateway.messaging.twilio import (
    PUBLIC,
    PUBLIC_URL,
    SILENCE,
    URL,
    Outcome,
    Twilio,
    TwilioApi,
    error,
    new_message,
    new_text,
    sid_of_sent,
    variables,
)

EMERGENCY = load_emergency_text("en").text
QUESTION = "how long does it last?"
WITHOUT_META = dict.fromkeys(
    ("WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_PHONE_NUMBER_ID"), ""
)
UNREADABLE = (
    "image", "video", "voice", "document", "sticker", "location", "contacts", "unsupported", "future_type", "empty",
)  # fmt: skip

RunTwilio = Callable[..., AbstractAsyncContextManager[Twilio]]


@pytest.fixture
async def api() -> AsyncIterator[TwilioApi]:
    api = TwilioApi()
    async with api.serving():
        yield api


@pytest.fixture
def run_twilio(run_meta: RunMeta, api: TwilioApi) -> RunTwilio:
    """Starts a gateway with Twilio and the given variables, on either database; with Meta too if that is wanted."""

    @asynccontextmanager
    async def run(*, with_meta: bool = False, url: str = URL, **more: str) -> AsyncIterator[Twilio]:
        async with run_meta(**({} if with_meta else WITHOUT_META), **variables(api), **more) as gateway:
            yield Twilio(gateway, api, url)

    return run


@pytest.fixture
async def twilio(run_twilio: RunTwilio) -> AsyncIterator[Twilio]:
    async with run_twilio() as twilio:
        yield twilio


@pytest.fixture
async def behind_proxy(run_twilio: RunTwilio) -> AsyncIterator[Twilio]:
    async with run_twilio(url=PUBLIC_URL, CLINICBOT_PUBLIC_URL=f"{PUBLIC}/") as twilio:
        yield twilio


async def test_a_question_is_answered_through_the_rest_api(twilio: Twilio, rasa: FakeRasa) -> None:
    await twilio.say("hello there")
    await twilio.api.receives(1)
    await twilio.say(QUESTION)
    await twilio.api.receives(2)
    expected = official_request(to=f"whatsapp:+{phone_of(1)}", from_=CLINIC_NUMBER, body=ANSWER["text"])
    asked = twilio.api.asked[1]
    assert sorted(asked.form) == sorted(expected.form)
    assert (asked.method, asked.path) == (expected.method, expected.path)
    assert asked.authorization == expected.authorization
    await twilio.has_noted_what_was_sent()
    assert rasa.texts == ["hello there", QUESTION]
    assert not any(name in str(rasa.asked) for name in (phone_of(1), user_id_of(1)))


async def test_a_person_without_a_visible_number_is_answered_by_the_user_id(twilio: Twilio) -> None:
    await twilio.deliver(fixtures.load("text_without_phone"))
    (sent,) = await twilio.api.receives(1)
    assert sent["To"] == f"whatsapp:{user_id_of(789)}"


@pytest.mark.parametrize("signature", ["", "bm9uc2Vuc2U=", fixtures.signed(URL, [("Body", "another")])])
async def test_a_wrong_or_missing_signature_is_refused_stored_nowhere_and_counted(
    twilio: Twilio, clinic: Clinic, rasa: FakeRasa, signature: str
) -> None:
    before = await twilio.counted("refused")
    check_problem(await twilio.post(new_text("i cant breathe"), signature=signature), 403, clinic)
    assert await twilio.counted("refused") == before + 1
    assert twilio.rows() == {}
    assert (twilio.api.asked, rasa.asked) == ([], [])


async def test_a_signature_by_another_token_or_of_other_words_is_refused(twilio: Twilio, clinic: Clinic) -> None:
    form = new_text("hi")
    check_problem(await twilio.post(form, signature=fixtures.signed(URL, form, "another-token")), 403, clinic)
    changed = [(name, "something else" if name == "Body" else value) for name, value in form]
    check_problem(await twilio.post(changed, signature=fixtures.signed(URL, form)), 403, clinic)
    assert twilio.rows() == {}


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"Body=\xff", b"&".join([b"a=b"] * 501)], ids=["empty", "no form", "no text", "too many"]
)
@pytest.mark.parametrize("headers", [{}, {"X-Twilio-Signature": "bm9uc2Vuc2U="}], ids=["unsigned", "badly signed"])
async def test_a_request_without_a_right_signature_is_refused_whatever_is_in_it(
    twilio: Twilio, clinic: Clinic, body: bytes, headers: dict[str, str]
) -> None:
    before = await twilio.counted("refused")
    check_problem(await twilio.gateway.http.post(URL, content=body, headers=headers), 403, clinic)
    assert await twilio.counted("refused") == before + 1


async def test_a_signed_request_without_a_message_id_is_unreadable(twilio: Twilio, clinic: Clinic) -> None:
    check_problem(await twilio.post([("Body", "hi")]), 400, clinic)
    assert twilio.rows() == {}


async def test_a_flood_of_unsigned_requests_leaves_nothing_behind(twilio: Twilio, rasa: FakeRasa) -> None:
    before = await twilio.counted("refused")
    forms = [new_text("i cant breathe", person) for person in range(200)]
    responses = await asyncio.gather(*(twilio.post(form, signature="x" * (n % 2)) for n, form in enumerate(forms)))
    assert {response.status_code for response in responses} == {403}
    assert await twilio.counted("refused") == before + len(forms)
    assert twilio.rows() == {}
    assert (twilio.api.asked, rasa.asked) == ([], [])


async def test_behind_a_proxy_the_public_address_is_signed(behind_proxy: Twilio, clinic: Clinic) -> None:
    await behind_proxy.say(QUESTION)
    await behind_proxy.api.receives(1)
    form = new_text(QUESTION)
    check_problem(await behind_proxy.post(form, signature=fixtures.signed(URL, form)), 403, clinic)


async def test_a_status_is_called_back_at_the_public_address_with_its_query(
    behind_proxy: Twilio, clinic: Clinic
) -> None:
    await behind_proxy.say(QUESTION)
    (sent,) = await behind_proxy.api.receives(1)
    callback = sent["StatusCallback"]
    assert callback.startswith(f"{PUBLIC_URL}?tracker=")
    await behind_proxy.report("status_delivered", to=callback)
    with behind_proxy.engine.connect() as connection:
        (status,) = connection.execute(select(delivery_statuses)).all()
    assert (status.channel, status.message_id, status.status) == ("twilio", sid_of_sent(1), "delivered")
    form = fixtures.load("status_failed_63016")
    for elsewhere in (f"{callback}9", PUBLIC_URL):
        response = await behind_proxy.post(form, to=elsewhere, signature=fixtures.signed(callback, form))
        check_problem(response, 403, clinic)
    assert behind_proxy.rows()["delivery_statuses"] == 1


async def test_without_a_public_address_no_status_is_asked_for(twilio: Twilio) -> None:
    await twilio.say(QUESTION)
    (sent,) = await twilio.api.receives(1)
    assert "StatusCallback" not in sent


async def test_a_report_that_overtakes_the_answer_is_known_by_its_tracker(behind_proxy: Twilio) -> None:
    behind_proxy.api.may_answer.clear()
    await behind_proxy.say(QUESTION)
    await behind_proxy.api.is_asked(1)
    callback = dict(behind_proxy.api.asked[0].form)["StatusCallback"]
    await behind_proxy.report("status_sent", to=callback)
    assert behind_proxy.services.stores.outbox.count_waiting() == 0
    behind_proxy.api.may_answer.set()
    await behind_proxy.api.receives(1)


async def test_the_same_message_three_times_is_answered_once(twilio: Twilio, rasa: FakeRasa) -> None:
    before = await twilio.counted("repeated")
    form = new_text(QUESTION)
    await asyncio.gather(*(twilio.deliver(form) for _ in range(3)))
    await twilio.api.receives(1)
    await twilio.deliver(form)
    await twilio.say("and another question?", person=2)
    await twilio.api.until(lambda: bool(twilio.said_to(2)))
    assert len(twilio.said_to(1)) == 1
    assert rasa.texts == [QUESTION, "and another question?"]
    assert await twilio.counted("repeated") == before + 3


async def test_the_same_message_is_recognised_after_a_restart(run_twilio: RunTwilio, rasa: FakeRasa) -> None:
    form = new_text(QUESTION)
    async with run_twilio() as twilio:
        await twilio.deliver(form)
        await twilio.api.receives(1)
    async with run_twilio() as twilio:
        await twilio.deliver(form)
        await twilio.say("and another question?", person=2)
        await twilio.api.until(lambda: bool(twilio.said_to(2)))
        assert len(twilio.said_to(1)) == 1


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_can_not_be_read_is_answered_with_the_red_list_and_the_phone_line(
    twilio: Twilio, rasa: FakeRasa, clinic: Clinic, name: str
) -> None:
    await twilio.deliver(new_message(name, Body=""))
    await twilio.api.receives(1)
    (said,) = twilio.said_to(1)
    assert said.startswith(load_texts("en").get("unreadable", phone=clinic.phone))
    assert load_emergency_text("en").red_list in said
    assert rasa.asked == []


async def test_a_question_under_a_photo_is_answered_below(twilio: Twilio, rasa: FakeRasa) -> None:
    await twilio.deliver(new_message("image", Body=QUESTION))
    await twilio.api.receives(1)
    (said,) = twilio.said_to(1)
    assert said.index(load_emergency_text("en").red_list) < said.index(ANSWER["text"])
    assert rasa.texts == [QUESTION]


async def test_a_red_flag_under_a_photo_has_the_emergency_text_first(twilio: Twilio) -> None:
    await twilio.deliver(new_message("image_red_flag_caption"))
    await twilio.api.receives(1)
    assert twilio.said_to(1)[0].startswith(EMERGENCY)


async def test_an_emergency_that_can_not_be_stored_is_told_all_the_same(twilio: Twilio, clinic: Clinic) -> None:
    inbox.drop(twilio.engine)
    form = new_text("i cant breathe")
    for _ in range(2):
        check_problem(await twilio.post(form), 503, clinic)
    await twilio.api.receives(1)
    assert twilio.said_to(1) == [EMERGENCY]


async def test_buttons_are_a_numbered_list_and_the_number_is_the_answer(twilio: Twilio, rasa: FakeRasa) -> None:
    titles = ["How long does it last?", "Does it hurt?", "How long does the treatment in all its parts take?"]
    offered = [{"title": title, "payload": f"faq:{number}"} for number, title in enumerate(titles)]
    rasa.answers = [SUGGESTIONS | {"buttons": offered}]
    await twilio.say("what about it?")
    await twilio.api.receives(1)
    assert "\n".join(f"{place}. {title}" for place, title in enumerate(titles, 1)) in twilio.said_to(1)[0]
    await twilio.say("2")
    await twilio.api.receives(2)
    assert rasa.texts[-1] == "2"


@pytest.mark.parametrize("name", ["another_account", "another_number", "sms", "status_of_another_number"])
async def test_what_is_for_others_is_ignored(twilio: Twilio, name: str) -> None:
    before = await twilio.counted("ignored")
    await twilio.deliver(fixtures.load(name))
    assert await twilio.counted("ignored") == before + 1
    assert twilio.rows() == {}


@pytest.mark.parametrize(
    "outcome",
    [error(429, 20429), error(400, 63018), error(500, 20500), (503, {}), (201, {}), SILENCE],
    ids=["429", "63018", "500", "503", "without-an-id", "time-out"],
)
async def test_what_may_help_later_is_tried_again(
    run_twilio: RunTwilio, monkeypatch: pytest.MonkeyPatch, outcome: Outcome
) -> None:
    monkeypatch.setattr(delivery, "OUTCOME_KNOWN_WITHIN", timedelta(milliseconds=10))
    if outcome == SILENCE:
        monkeypatch.setattr(messaging, "TwilioClient", partial(TwilioClient, timeout=0.2))
    async with run_twilio() as twilio:
        twilio.api.outcomes = [outcome, outcome]
        await twilio.say(QUESTION)
        await twilio.api.receives(1)
        assert len(twilio.api.asked) >= 3
        assert len({asked.form for asked in twilio.api.asked}) == 1
        await twilio.has_noted_what_was_sent()
        assert twilio.services.stores.tasks.open() == []


async def test_a_refused_token_is_an_alarm_until_it_is_accepted_again(
    twilio: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    alarm = 'clinicbot_channel_unauthorized{channel="twilio"}'
    twilio.api.outcomes = [error(401, 20003)]
    twilio.api.may_answer.clear()
    await twilio.say(QUESTION)
    await twilio.api.is_asked(1)
    twilio.api.answer_those_that_wait()
    await twilio.api.is_asked(2)
    assert f"{alarm} 1.0" in await twilio.gateway.metrics()
    (logged,) = [record for record in caplog.records if "ALARM" in record.getMessage()]
    assert logged.levelno == logging.ERROR
    assert not any(secret in caplog.text for secret in (phone_of(1), user_id_of(1), fixtures.AUTH_TOKEN, QUESTION))
    twilio.api.may_answer.set()
    await twilio.api.receives(1)
    await twilio.has_noted_what_was_sent()
    assert f"{alarm} 0.0" in await twilio.gateway.metrics()
    assert twilio.services.stores.tasks.open() == []


@pytest.mark.parametrize(
    ("code", "kind"), [(21610, "undelivered"), (63024, "undelivered"), (63016, "window_closed")], ids=str
)
async def test_what_never_helps_is_a_staff_task_at_once(twilio: Twilio, code: int, kind: str) -> None:
    twilio.api.outcomes = [error(400, code)]
    await twilio.say(QUESTION)
    task = await twilio.one_task()
    assert len(twilio.api.asked) == 1
    assert (task.kind, task.channel, task.phone) == (kind, "twilio", phone_of(1))
    assert str(code) in task.reason
    assert ANSWER["text"] in task.text
    await twilio.say("does it hurt?")
    await twilio.api.receives(1)


async def test_a_closed_window_that_is_reported_later_is_a_staff_task(behind_proxy: Twilio) -> None:
    await behind_proxy.say(QUESTION)
    (sent,) = await behind_proxy.api.receives(1)
    for _ in range(2):
        await behind_proxy.report("status_failed_63016", to=sent["StatusCallback"])
    task = await behind_proxy.one_task()
    assert (task.kind, task.phone) == ("window_closed", phone_of(1))
    assert "63016" in task.reason
    assert len(behind_proxy.api.asked) == 1


async def test_what_was_accepted_and_then_throttled_is_sent_again(
    behind_proxy: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "THROTTLED_FOR", timedelta(milliseconds=10))
    await behind_proxy.say(QUESTION)
    (sent,) = await behind_proxy.api.receives(1)
    await behind_proxy.report("status_failed_63018", to=sent["StatusCallback"])
    await behind_proxy.api.receives(2)
    first, second = behind_proxy.said_to(1)
    assert first == second


async def test_an_answer_that_waits_when_the_channel_is_switched_off_is_a_staff_task(
    run_twilio: RunTwilio, run_meta: RunMeta, api: TwilioApi
) -> None:
    api.outcomes = [error(500, 20500)] * 1000
    async with run_twilio() as twilio:
        await twilio.say(QUESTION)
        await api.is_asked(1)
    async with run_meta() as gateway:
        task = await Twilio(gateway, api).one_task()
        assert "not configured" in task.reason
        assert ANSWER["text"] in task.text


async def test_the_same_number_on_both_channels_is_two_people(run_twilio: RunTwilio, rasa: FakeRasa) -> None:
    async with run_twilio(with_meta=True) as twilio:
        meta = twilio.gateway
        await meta.say("is it safe?")
        await meta.graph.receives(1)
        await twilio.say("does it hurt?")
        await twilio.api.receives(1)
        assert [len(meta.said_to(1)), len(twilio.said_to(1))] == [1, 1]
        with twilio.engine.connect() as connection:
            known = connection.execute(select(contacts.c.channel, contacts.c.phone)).all()
        assert sorted(known) == [("twilio", phone_of(1)), ("whatsapp", phone_of(1))]
        assert rasa.texts == ["is it safe?", "does it hurt?"]
        assert len({asked["sender"] for asked in rasa.asked}) == 2


async def test_what_is_erased_on_one_channel_stays_on_the_other(run_twilio: RunTwilio) -> None:
    async with run_twilio(with_meta=True) as twilio:
        await twilio.gateway.say("is it safe?")
        await twilio.gateway.graph.receives(1)
        await twilio.say("does it hurt?")
        await twilio.api.receives(1)
        await twilio.say("DELETE")
        await twilio.api.receives(2)
        assert twilio.said_to(1)[1] == load_texts("en").get("erased")
        with twilio.engine.connect() as connection:
            kept = connection.execute(select(messages.c.text)).scalars().all()
        assert kept == ["is it safe?"]


async def test_an_id_of_one_channel_is_no_repeat_on_the_other(run_twilio: RunTwilio) -> None:
    async with run_twilio(with_meta=True) as twilio:
        meta = twilio.gateway
        await meta.say("is it safe?")
        await twilio.deliver(fixtures.text_form(meta.last_id, 1, "does it hurt?"))
        await meta.graph.receives(1)
        await twilio.api.receives(1)


async def test_a_report_of_one_channel_says_nothing_of_the_other(run_twilio: RunTwilio) -> None:
    async with run_twilio(with_meta=True, url=PUBLIC_URL, CLINICBOT_PUBLIC_URL=PUBLIC) as twilio:
        await twilio.gateway.say("is it safe?")
        (sent,) = await twilio.gateway.graph.receives(1)
        await twilio.has_noted_what_was_sent()
        form = fixtures.load("status_failed_63016")
        named = [(key, "wamid.sent1" if key == "MessageSid" else value) for key, value in form]
        await twilio.deliver(named, to=f"{PUBLIC_URL}?tracker={sent['biz_opaque_callback_data']}")
        assert twilio.rows()["delivery_statuses"] == 1
        assert twilio.services.stores.tasks.open() == []
