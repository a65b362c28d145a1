"""The WhatsApp simulator's page in Chromium, with a tiny clinic that answers through the simulator's Graph API."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from clinicbot.whatsapp_simulator.app import create_app
from clinicbot.whatsapp_simulator.patient import ATTACHMENTS
from clinicbot.whatsapp_simulator.webhooks import Timing
from tests.browser.answering_clinic import ANSWERS, ARABIC, BUTTONS, LINE, LONG_ROW, SETTINGS, AnsweringClinic
from tests.browser.conftest import DESKTOP, PHONE, Noted, OpenPage
from tests.browser.servers import Server
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
QUICK = Timing(between_statuses=0.01, first_pause=0.05, longest_pause=0.1, between_looks=0.05)
# What the clinic is sent for each attachment, in their order
TYPES = [message["type"] for message in ATTACHMENTS.values()]


class PatientsPhone:
    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def own(self) -> Locator:
        return self.page.locator("#bubbles .own")

    @property
    def answers(self) -> Locator:
        return self.page.locator("#bubbles .clinics")

    @property
    def trouble(self) -> Locator:
        return self.page.locator("#trouble")

    @property
    def wire(self) -> Locator:
        return self.page.locator("#wire > li")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def write(self, text: str) -> None:
        box = self.page.get_by_role("textbox", name="Message")
        box.fill(text)
        box.press("Enter")

    def ask(self, text: str) -> Locator:
        """Writes it; the clinic's answer."""
        return self.answer_to(lambda: self.write(text))

    def answer_to(self, act: Callable[[], None]) -> Locator:
        before = self.answers.count()
        act()
        expect(self.answers).to_have_count(before + 1)
        return self.answers.last


@pytest.fixture
def clinic() -> Iterator[AnsweringClinic]:
    clinic = AnsweringClinic()
    clinic.start()
    yield clinic
    clinic.go_on()
    clinic.stop()


@pytest.fixture
def simulator(clinic: AnsweringClinic) -> Iterator[Server]:
    simulator = Server(lambda: create_app(SETTINGS, clinic.origin, timing=QUICK))
    simulator.start()
    clinic.graph_url = simulator.origin
    yield simulator
    simulator.stop()


@pytest.fixture
def open_phone(open_page: OpenPage, simulator: Server) -> Callable[..., PatientsPhone]:
    def open_simulator(**look: Any) -> PatientsPhone:
        phone = PatientsPhone(open_page(simulator.origin, **look))
        expect(phone.page.locator("#gateway")).to_contain_text("connected")
        return phone

    return open_simulator


@pytest.fixture
def phone(open_phone: Callable[..., PatientsPhone]) -> PatientsPhone:
    return open_phone()


def hold_a_conversation(phone: PatientsPhone) -> None:
    """Something of everything on the screen."""
    for text in ANSWERS:
        phone.ask(text)
    phone.answer_to(phone.button(BUTTONS[0]).click)
    phone.button("Attach").click()
    phone.page.get_by_label("Caption").fill("my eyelid droops")
    phone.answer_to(phone.button("Photo").click)
    phone.answers.last.get_by_role("button", name="React").click()
    phone.button("Heart").click()
    expect(phone.answers.last.locator(".reaction")).to_contain_text("❤️")


@SIZES
def test_page_works_under_its_strict_policy(
    open_phone: Callable[..., PatientsPhone], simulator: Server, noted: Noted, size: tuple[int, int]
) -> None:
    phone = open_phone(size=size)
    expect(phone.page.get_by_role("heading", name="Simulator: nothing leaves this machine")).to_be_visible()
    expect(phone.trouble).to_be_hidden()
    hold_a_conversation(phone)
    phone.page.locator("#faults > summary").click()
    phone.wire.first.locator("summary").click()
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert noted.foreign(simulator.origin) == []
    assert noted.complaints == []


def test_message_is_read_and_answered(phone: PatientsPhone) -> None:
    answer = phone.ask("hello")
    expect(answer).to_contain_text("Got your text: hello")
    expect(phone.own).to_have_count(1)
    expect(phone.own.locator(".tick")).to_have_text("Read")
    expect(phone.page.locator("#bubbles .day")).to_have_text("Today")


def test_bubbles_tell_apart_who_wrote(phone: PatientsPhone) -> None:
    answer = phone.ask("hello")
    green, white = (
        bubble.locator(".bubble").evaluate("bubble => getComputedStyle(bubble).backgroundColor")
        for bubble in (phone.own, answer)
    )
    assert (green, white) == ("rgb(216, 242, 207)", "rgb(255, 255, 255)")
    expect(phone.own).to_contain_text("You:")
    expect(answer).to_contain_text("The clinic:")


def test_typing_is_shown_until_the_answer(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    clinic.hold()
    phone.write("hello")
    expect(phone.page.locator("#typing")).to_be_visible()
    expect(phone.page.locator("#presence")).to_have_text("typing…")
    clinic.go_on()
    expect(phone.answers).to_have_count(1)
    expect(phone.page.locator("#typing")).to_be_hidden()


def test_marks_are_formatted(phone: PatientsPhone) -> None:
    answer = phone.ask("bold")
    expect(answer.locator("b")).to_have_text("Call 112 now")
    expect(answer.locator("i")).to_have_text("breathing")
    expect(answer).not_to_contain_text("*")
    expect(phone.ask("2 * 3 * 4 and snake_case_name").locator("b, i")).to_have_count(0)


def test_markup_is_only_text(phone: PatientsPhone, noted: Noted) -> None:
    markup = "<img src=x onerror=alert(1)><b>bold</b>"
    answer = phone.ask(markup)
    expect(answer).to_contain_text(markup)
    expect(phone.page.locator("#bubbles img")).to_have_count(0)
    assert noted.complaints == []


def test_arabic_is_written_from_the_right(phone: PatientsPhone) -> None:
    words = phone.ask("arabic").locator(".words")
    expect(words).to_have_text(ARABIC)
    assert words.evaluate("words => getComputedStyle(words).direction") == "rtl"
    assert phone.ask("hello").locator(".words").evaluate("words => getComputedStyle(words).direction") == "ltr"


def test_reply_button_is_pressed_once(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    phone.ask("buttons")
    phone.answer_to(phone.button(BUTTONS[1]).click)
    assert clinic.received[-1]["interactive"]["button_reply"] == {"id": "b1", "title": BUTTONS[1]}
    expect(phone.own.last).to_contain_text("What would you like to know?")  # quoted
    for title in BUTTONS:
        expect(phone.button(title)).to_be_disabled()


def test_list_is_opened_and_chosen_from_by_keyboard(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    phone.ask("list")
    opener = phone.button("Questions")
    opener.focus()
    opener.press("Enter")
    sheet = phone.page.get_by_role("dialog", name="Questions")
    expect(sheet).to_be_visible()
    phone.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(opener).to_be_focused()
    opener.press("Enter")
    sheet.get_by_role("button", name=LONG_ROW).focus()
    phone.answer_to(lambda: phone.page.keyboard.press("Enter"))
    expect(sheet).to_be_hidden()
    assert clinic.received[-1]["interactive"]["list_reply"]["id"] == "r1"


def test_card_shows_the_number_to_call(phone: PatientsPhone) -> None:
    phone.ask("card").get_by_role("button", name=f"Call {LINE}").click()
    expect(phone.page.get_by_role("status")).to_have_text(f"On a phone this would now call {LINE}.")


def test_everything_can_be_attached(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    kinds = phone.page.locator("#attachments button")
    expect(kinds).to_have_count(len(ATTACHMENTS))
    for place in range(len(ATTACHMENTS)):
        phone.button("Attach").click()
        phone.page.get_by_label("Caption").fill("my eyelid droops")
        phone.answer_to(kinds.nth(place).click)
    assert [message["type"] for message in clinic.received] == TYPES
    assert clinic.received[0]["image"]["caption"] == "my eyelid droops"
    expect(phone.own.first).to_contain_text("my eyelid droops")


def test_reaction_is_given_and_taken_back(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    answer = phone.ask("hello")
    for shown in ("👍", None):
        answer.get_by_role("button", name="React").click()
        phone.button("Thumbs up").click()
        expect(answer.locator(".reaction")).to_have_count(1 if shown else 0)
    given, taken = (message["reaction"] for message in clinic.after(3)[1:])
    assert given["emoji"] == "👍"
    assert "emoji" not in taken


def test_own_text_is_changed(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    phone.ask("how long dose it last")
    phone.own.get_by_role("button", name="Edit").click()
    phone.page.get_by_role("textbox", name="New text").fill("how long does it last")
    phone.answer_to(phone.button("Save").click)
    expect(phone.own).to_contain_text("how long does it last")
    expect(phone.own).to_contain_text("edited")
    assert clinic.received[-1]["edit"]["message"]["text"]["body"] == "how long does it last"


def test_three_messages_at_once(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    phone.button("Three quick messages").click()
    expect(phone.answers).to_have_count(3)
    assert [message["text"]["body"] for message in clinic.received] == ["hi", "quick q", "can i shower after"]


def test_enter_sends_and_shift_enter_does_not(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    box = phone.page.get_by_role("textbox", name="Message")
    box.press_sequentially("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    phone.answer_to(lambda: box.press("Enter"))
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    assert clinic.received[0]["text"]["body"] == "one\ntwo"


def test_new_patient_without_a_number(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    phone.ask("hello from Ada")
    phone.button("New patient").click()
    phone.page.get_by_label("Name on WhatsApp").fill("Di Example")
    phone.page.get_by_role("checkbox").check()
    phone.button("Add").click()
    expect(phone.page.locator("#whose")).to_contain_text("the clinic isn’t told the number")
    expect(phone.own).to_have_count(0)
    expect(phone.ask("hello from Di")).to_contain_text("hello from Di")
    assert "from" not in clinic.received[-1]
    phone.page.get_by_role("combobox", name="Patient").select_option("Ada Example")
    expect(phone.own).to_have_count(1)
    expect(phone.own).to_contain_text("hello from Ada")


def test_wire_shows_json_newest_first(phone: PatientsPhone) -> None:
    phone.ask("hello")
    expect(phone.wire.first).to_contain_text("status: read")
    expect(phone.wire.last).to_contain_text("message: text")
    sent = phone.wire.filter(has_text="send: text")
    expect(sent).to_contain_text("200")
    sent.locator("summary").click()
    expect(sent.locator("pre").first).to_contain_text('"body": "Got your text: hello"')
    expect(sent.locator("pre").last).to_contain_text('"messaging_product": "whatsapp"')


def test_fault_is_switched_on_and_off(phone: PatientsPhone) -> None:
    phone.page.locator("#faults > summary").click()
    phone.page.get_by_label("429: too many messages in all (130429): the next").fill("1")
    phone.page.get_by_label("500: an error at Meta's side: at random, %").fill("0")
    expect(phone.page.locator("#faults-on")).to_have_text("1 on")
    phone.write("hello")
    expect(phone.wire.filter(has_text="send: text")).to_contain_text("429")
    expect(phone.page.locator("#faults-on")).to_have_text("none")  # it was for one only
    expect(phone.answers).to_have_count(0)
    phone.page.get_by_label("500: an error at Meta's side: at random, %").fill("100")
    expect(phone.page.locator("#faults-on")).to_have_text("none")
    phone.page.keyboard.press("Tab")
    expect(phone.page.locator("#faults-on")).to_have_text("1 on")
    phone.button("No more faults").click()
    expect(phone.page.locator("#faults-on")).to_have_text("none")
    phone.ask("hello again")


def test_a_day_passes(phone: PatientsPhone) -> None:
    expect(phone.page.locator("#window")).to_contain_text("131047")
    phone.ask("hello")
    expect(phone.page.locator("#window")).to_contain_text("may write")
    phone.button("Let a day pass").click()
    expect(phone.page.locator("#window")).to_contain_text("131047")
    expect(phone.page.locator("#bubbles .day")).not_to_have_text("Today")


def test_gateway_that_is_gone_is_named_and_gets_the_message_later(
    phone: PatientsPhone, clinic: AnsweringClinic
) -> None:
    clinic.stop()
    expect(phone.trouble).to_contain_text("is not reachable")
    phone.write("are you there")
    expect(phone.own.locator(".tick")).to_have_text("Sent")
    expect(phone.page.locator("#waiting")).to_contain_text("1 webhook under way")
    clinic.start()
    expect(phone.trouble).to_be_hidden()
    expect(phone.answers).to_have_count(1)
    expect(phone.own.locator(".tick")).to_have_text("Read")


def test_simulator_that_has_stopped_is_named(phone: PatientsPhone, simulator: Server) -> None:
    phone.ask("hello")
    simulator.stop()
    expect(phone.trouble).to_contain_text("The simulator has stopped")
    simulator.start()
    expect(phone.trouble).to_be_hidden()
    expect(phone.own).to_have_count(0)  # it keeps nothing
    phone.ask("hello again")


def test_focus_stays_while_the_chat_goes_on(phone: PatientsPhone, clinic: AnsweringClinic) -> None:
    answer = phone.ask("hello")
    react = answer.get_by_role("button", name="React")
    react.focus()
    react.press("Enter")
    phone.page.keyboard.press("Enter")  # the first emoji
    expect(answer.locator(".reaction")).to_be_visible()
    expect(react).to_be_focused()


LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"size": DESKTOP, "color_scheme": "light"},
    "dark": {"size": DESKTOP, "color_scheme": "dark"},
    "phone": {"size": PHONE, "has_touch": True, "is_mobile": True},
}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(open_phone: Callable[..., PatientsPhone], clinic: AnsweringClinic, look: str) -> None:
    phone = open_phone(**LOOKS[look])
    assert violations(phone.page, None) == []
    hold_a_conversation(phone)
    phone.page.locator("#faults > summary").click()
    phone.wire.first.locator("summary").click()
    assert violations(phone.page, None) == []
    openers = [
        phone.button("Attach"),
        phone.button("Questions"),
        phone.button("New patient"),
        phone.answers.last.get_by_role("button", name="React"),
        phone.own.first.get_by_role("button", name="Edit"),
    ]
    for opener in openers:
        opener.click()
        expect(phone.page.get_by_role("dialog")).to_be_visible()
        assert violations(phone.page, None) == []
        phone.page.keyboard.press("Escape")
    clinic.stop()
    expect(phone.trouble).to_be_visible()
    assert violations(phone.page, None) == []
