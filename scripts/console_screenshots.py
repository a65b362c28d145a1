"""The pictures of the staff's pages: a console in this process, over a copy of the content and made-up data.

The live assistant's model is read, so that the pages can say what it would answer; there is no Rasa and no trainer.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import made_up_clinic
import uvicorn
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette

from clinicbot.console.app import create_app
from clinicbot.console.services import Console, make_console
from clinicbot.documents.export import as_text
from clinicbot.faq import spreadsheet
from clinicbot.faq.document import read_document
from clinicbot.faq.files import read_faqs
from clinicbot.releases.confirming import LiveAssistant
from clinicbot.releases.publishing import Publishing
from clinicbot.releases.store import Release
from clinicbot.releases.trainer import Trainer
from clinicbot.settings import Settings
from clinicbot.store.database import open_database
from clinicbot.store.people import Person

DESKTOP, PHONE = (1160, 800), (390, 800)
Save = Callable[[Page, str], None]


class _Asleep(Trainer):
    """Looking at a page must not warm a trainer up for a picture."""

    async def prepare(self, live: Release | None) -> None:
        return


def take_pictures(browser: Browser, model: Path, save: Save) -> None:
    """`save` gets each page with the name of its picture; `model` is the archive of a trained one."""
    with tempfile.TemporaryDirectory(prefix="console-pictures-") as name:
        folder = Path(name)
        made_up_clinic.make_checkout(folder / "checkout")
        settings = Settings(var=folder / "var")
        console = make_console(settings, open_database(settings.database), folder / "checkout")
        trainer = _Asleep(folder / "trainer.log", folder / "memory")
        assistant = LiveAssistant(settings.rasa_url)
        console.publishing = Publishing(console.root, console.releases, trainer, assistant, console.record)
        with _served(create_app(console=console)) as origin:
            _Pictures(browser, console, origin, save).take(model, folder)


@contextmanager
def _served(app: Starlette) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, ws="none", log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the console did not start")
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


class _Pictures:
    def __init__(self, browser: Browser, console: Console, origin: str, save: Save) -> None:
        self._browser = browser
        self._console = console
        self._origin = origin
        self._save = save

    def take(self, model: Path, folder: Path) -> None:
        self._save(self._open(f"/staff/begin/{self._console.invitations.make(None)}", None), "console-begin.png")
        ayse = made_up_clinic.add_people(self._console)
        made_up_clinic.publish(self._console, model, folder)
        made_up_clinic.talk(self._console)
        made_up_clinic.count(self._console)
        self._take_faqs(ayse)
        self._take_uploads(ayse, folder)
        made_up_clinic.draft(self._console)
        for name in ("tasks", "review", "publish", "releases", "overview", "people", "settings", "audit"):
            size = PHONE if name == "tasks" else DESKTOP
            self._save(self._open(f"/staff/{name}", ayse, size), f"console-{name}.png")
        self._save(self._open("/staff", ayse), "console-home.png")

    def _open(self, path: str, person: Person | None, size: tuple[int, int] = DESKTOP) -> Page:
        width, height = size
        page = self._browser.new_page(
            viewport={"width": width, "height": height},
            locale="en-GB",
            color_scheme="light",
            device_scale_factor=2 if size == PHONE else 1,
        )
        if person is not None:
            token = self._console.sessions.begin(person.id, "Chrome, Linux")
            page.context.add_cookies([{"name": "staff", "value": token, "url": f"{self._origin}/staff"}])
        page.goto(self._origin + path)
        return page

    def _take_faqs(self, person: Person) -> None:
        self._save(self._open("/staff/faqs?order=asked", person), "console-faqs.png")
        page = self._open("/staff/faqs/duration/how_long", person)
        self._save(page, "console-faq.png")
        page = self._open("/staff/faqs/duration/how_long", person)
        phrasings = page.get_by_label("Phrasings, one a line")
        phrasings.fill(f"will my wrinkles come back one day\nhow many days until it works\n{phrasings.input_value()}")
        expect(page.locator("#typed li")).to_have_count(2)
        phrasings.evaluate("field => { field.scrollTop = 0 }")
        page.evaluate("document.querySelector('#phrasings-part').scrollIntoView()")
        self._save(page, "console-typing.png")
        page = self._open("/staff/faqs/duration/how_long", person)
        answer = page.get_by_label("Answer", exact=True).first
        answer.fill(answer.input_value().replace("4 to 6", "4 to 8"))
        page.get_by_role("button", name="Save draft").click()
        expect(page.locator("#error-summary")).to_be_visible()
        self._save(page, "console-refused.png")

    def _take_uploads(self, person: Person, folder: Path) -> None:
        text = as_text(read_document(self._console.root / "data" / "document" / "apex-clinic-botox.md")).decode()
        new = folder / "New text 2027.txt"
        new.write_text(text.replace("within 3 to 5 days", "within 3 to 6 days"), encoding="utf-8")
        page = self._open("/staff/documents", person)
        page.set_input_files("input[type=file]", new)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("heading", name=new.name)).to_be_visible()
        page.evaluate("document.querySelector('#sentences').scrollIntoView()")
        self._save(page, "console-document.png")
        faqs = read_faqs(self._console.root / "data" / "faq")
        sheet = folder / "FAQs.csv"
        rows = spreadsheet.export([faq for faq in faqs if faq.id == "duration/how_long"], ".csv").decode("utf-8-sig")
        changed = rows.replace("How long does botox last?", "How long does it last?")
        sheet.write_text(changed, encoding="utf-8")
        page = self._open("/staff/imports", person)
        page.set_input_files("input[type=file]", sheet)
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("heading", name=sheet.name)).to_be_visible()
        self._save(page, "console-import.png")
