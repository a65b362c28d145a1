"""Issue 5 with the real parts: staff add a FAQ, publish it, take it back, and whatever is killed meanwhile, patients
are answered. In a copy of the checkout, whose drafts may be written."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from bench.projects import copy_checkout
from clinicbot import paths
from clinicbot.console.texts import words_of
from clinicbot.releases.store import Releases
from clinicbot.training.models import current_model, ensure_model
from tests.console.faq_world import form_in
from tests.stack.conftest import Assistant, running_assistant, wait_for
from tests.stack.patients import Crowd, Patient

pytestmark = pytest.mark.stack

USERNAME, PASSWORD = "ayse", "three purple umbrellas"
# What the document says, and a word that no other answer has.
ANSWER = "You may use make-up and wash your face after a botox procedure; ask the clinic about the {thing}."
SENTENCE = "p8.1"
TITLE = "Can I use a {thing} after botox?"
PHRASINGS = (
    "is a {thing} allowed afterwards",
    "when may i use my {thing} again",
    "{thing} after the injections?",
    "may i take my {thing} out the same day",
    "do i have to leave the {thing} alone",
    "how is it with a {thing} on the day itself",
    "do you have any rule on a {thing}",
    "what about my {thing}",
)
PUBLISHED_SECONDS, RESTART_SECONDS = 120, 60
GONE_SECONDS = 20  # issue 5: from the click on the older release to its answers
EMERGENCY = "cant swallow since the injections"
words = words_of("en")


@dataclass
class Staff:
    """The assistant, and a browser in which the first administrator is logged in."""

    assistant: Assistant
    root: Path
    browser: httpx.Client

    @property
    def releases(self) -> Releases:
        return Releases(self.assistant.var)

    def live(self) -> int:
        live = self.releases.live_state()
        assert live is not None
        return live.number

    def next_number(self) -> int:
        return max(release.number for release in self.releases.all()) + 1

    def post(self, path: str, fields: dict[str, str | list[str]], page: str = "") -> httpx.Response:
        """A form of `page`, by default of the same address, with the token that is in it; the page that follows."""
        shown = self.browser.get(page or path)
        response = self.browser.post(path, data={"csrf": csrf_in(shown), **fields})
        assert response.status_code == 200, response.text
        return response

    def draft(self, thing: str) -> None:
        """A new FAQ, by the form."""
        fields = form_in(self.browser.get("/staff/faqs/new")) | {
            "topic": ["aftercare"],
            "title_en": [TITLE.format(thing=thing)],
            "text_en": [ANSWER.format(thing=thing)],
            "source": [SENTENCE],
            "phrasings": ["\r\n".join(phrasing.format(thing=thing) for phrasing in PHRASINGS)],
        }
        response = self.browser.post("/staff/faqs/new", data={**fields, "do": "save"})
        assert words("faqs.saved").split(".")[0] in response.text

    def begin_publishing(self, reason: str) -> None:
        page = self.browser.get("/staff/publish")
        (content,) = re.findall(r'name="content"[^>]*value="(\w+)"', page.text)
        response = self.post("/staff/publish", {"content": content, "reason": reason})
        assert words("publish.at_work") in response.text

    def publish(self, reason: str) -> str:
        """The page behind the last event."""
        self.begin_publishing(reason)
        return self.follow()

    def follow(self, step: str = "") -> str:
        """The events until it has come to this step, or to its end; then the page."""
        with self.browser.stream("GET", "/staff/publish/events", timeout=PUBLISHED_SECONDS) as events:
            for line in events.iter_lines():
                if line == "event: finished" or (step and line == f"data: {words(step)}"):
                    break
        return self.browser.get("/staff/publish").text

    def roll_back(self, number: int) -> str:
        return self.post(f"/staff/releases/{number}/rollback", {"reason": "on trial"}, page="/staff/releases").text

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [Path(sys.executable).with_name("clinicbot"), *arguments],
            cwd=self.root,
            env=self.assistant.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    def patient(self) -> Patient:
        return Patient(self.assistant.client())

    def is_answered(self, thing: str) -> bool:
        return ANSWER.format(thing=thing) in self.patient().say(PHRASINGS[0].format(thing=thing))["text"]


def csrf_in(response: httpx.Response) -> str:
    match = re.search(r'name="csrf" value="([^"]+)"', response.text)
    assert match, response.text
    return match[1]


def copy_of_checkout(folder: Path) -> Path:
    """With its model and its sentence vectors, so that nothing is trained anew."""
    model = ensure_model()
    copy_checkout(folder, None)
    shutil.copytree(paths.ROOT / "tests" / "nlu", folder / "tests" / "nlu")
    shutil.copy(paths.ROOT / "tests" / "facts.yml", folder / "tests")
    (folder / "models").mkdir()
    try:
        os.link(model, folder / "models" / model.name)
    except OSError:  # another disk
        shutil.copy(model, folder / "models")
    (folder / "var").mkdir()
    if (paths.VAR / "encodings.npz").exists():
        shutil.copy(paths.VAR / "encodings.npz", folder / "var")
    assert current_model(folder), "somebody changed the checkout while it was copied"
    return folder


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """From the link in the terminal to the first page."""
    root = copy_of_checkout(tmp_path_factory.mktemp("staff") / "checkout")
    with running_assistant(root, root / "var", until="Staff:") as assistant:
        link = re.search(r"http\S+/staff/begin/\S+", assistant.output)
        assert link, assistant.output
        browser = httpx.Client(
            base_url=assistant.address, headers={"Origin": assistant.address}, follow_redirects=True, timeout=30
        )
        with browser:
            staff = Staff(assistant, root, browser)
            names = {"name": "Ayşe Kaya", "username": USERNAME, "language": "en"}
            staff.post(link[0], {**names, "password": PASSWORD, "password_again": PASSWORD})
            page = staff.post("/staff/login", {"username": USERNAME, "password": PASSWORD})
            assert "Hello Ayşe Kaya" in page.text
            yield staff


@pytest.fixture
def draft(staff: Staff) -> Iterator[Callable[[str], None]]:
    """Makes new FAQs; what was live is live again afterwards, without drafts."""
    before, faqs = staff.live(), staff.root / "data" / "faq" / "aftercare.yml"
    content = faqs.read_bytes()
    yield staff.draft
    if staff.live() != before:
        staff.roll_back(before)
    faqs.write_bytes(content)


def test_a_new_faq_from_the_form_to_the_patients_and_back(staff: Staff, draft: Callable[[str], None]) -> None:
    before, number = staff.live(), staff.next_number()
    with Crowd(staff.assistant.address):
        draft("telescope")
        assert not staff.is_answered("telescope")
        page = staff.publish("patients ask about telescopes")
        assert words("publish.done_title", number=number) in page
        assert words("publish.confirmed_right") in page
        assert staff.is_answered("telescope")
        assert words("publish.rolled_back", number=before) in staff.roll_back(before)
        wait_for(lambda: not staff.is_answered("telescope"), GONE_SECONDS, "the older release answers")
    assert staff.live() == before


def test_the_trainer_is_killed(staff: Staff, draft: Callable[[str], None]) -> None:
    before = staff.live()
    with Crowd(staff.assistant.address):
        draft("trombone")
        staff.begin_publishing("patients ask about trombones")
        staff.follow(step="publish.step_proving")
        staff.assistant.part("clinicbot.releases.worker").kill()
        page = staff.follow()
        assert words("publish.failed_title") in page
        assert words("publish.live_untouched") in page
        assert not staff.is_answered("trombone")
    assert staff.live() == before


def test_the_console_is_killed(staff: Staff, draft: Callable[[str], None]) -> None:
    number = staff.next_number()
    with Crowd(staff.assistant.address):
        draft("canoe")
        staff.begin_publishing("patients ask about canoes")
        staff.follow(step="publish.step_proving")
        trainer = staff.assistant.part("clinicbot.releases.worker")
        staff.assistant.part("serve-console").kill()
        wait_for(lambda: staff.browser.get("/staff").status_code == 200, RESTART_SECONDS, "the console is back")
        page = staff.browser.get("/staff/publish").text
        assert words("publish.error_interrupted") in page
        assert words("publish.live_untouched") in page
        psutil.wait_procs([trainer], timeout=RESTART_SECONDS)
        assert not trainer.is_running()
        assert not staff.is_answered("canoe")
        assert words("publish.done_title", number=number) in staff.publish("once more")
        assert staff.is_answered("canoe")


def test_the_same_from_the_command_line(staff: Staff, draft: Callable[[str], None]) -> None:
    before = staff.live()
    draft("kite")
    with Crowd(staff.assistant.address):
        newest = staff.next_number()
        assert f"Release {newest} is live" in staff.command("publish", "--reason", "patients ask about kites")
        assert staff.is_answered("kite")
        listed = staff.command("releases")
        assert re.search(rf"^ *{newest} .* live .*: patients ask about kites$", listed, re.MULTILINE)
        assert f"/staff/releases/{newest}" in staff.browser.get("/staff/releases").text
        assert f"Release {before} is live" in staff.command("rollback")
        wait_for(lambda: not staff.is_answered("kite"), GONE_SECONDS, "the older release answers")


def test_a_patient_who_wants_to_be_called(staff: Staff) -> None:
    patient = staff.patient()
    assert patient.say("please call me back")["text"].startswith("Somebody from")
    patient.say("Jane Doe")
    emergency = patient.say(EMERGENCY)
    assert emergency["kind"] == "emergency"
    assert emergency["text"].startswith("Call 112")
    patient.say("+44 20 7946 0123")
    patient.say("tomorrow afternoon")
    assert "Jane Doe" in patient.say("yes")["text"]
    page = staff.browser.get("/staff/tasks").text
    for shown in ("Jane Doe", "+44 20 7946 0123", "tomorrow afternoon"):
        assert shown in page
