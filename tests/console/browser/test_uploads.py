"""A spreadsheet and a new text, from the file to the draft, as a person does it; without scripts too."""

from pathlib import Path

import pytest

from clinicbot.faq.files import read_faqs
from clinicbot.faq.spreadsheet import export
from clinicbot.store.people import Role
from tests.console.browser.conftest import DESKTOP, NARROW, PHONE, Site
from tests.console.test_documents import DOSES, LASTS, NEW, sentences

pytestmark = pytest.mark.browser
SIZES = {"desktop": DESKTOP, "phone": PHONE, "narrow": NARROW}


@pytest.fixture
def sheet(tmp_path: Path, root: Path) -> Path:
    path = tmp_path / "sorular.csv"
    content = export(read_faqs(root / "data" / "faq"), ".csv").decode("utf-8-sig")
    changed = content.replace("How long?", "How long is it?").replace("4 ila 6 ay", "5 ila 6 ay")
    path.write_text(changed.replace("why another dose 1\n", ""), encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible_at_every_size(
    site: Site, sheet: Path, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    person = site.running.add("ayse", Role.EDITOR)
    page = site.page("/staff/imports", person, size, color_scheme="dark" if dark else "light")
    site.check(page)
    page.get_by_label("Spreadsheet").set_input_files(sheet)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("heading", name="sorular.csv").wait_for()
    site.check(page)
    text = tmp_path / "new.txt"
    text.write_text(f"{LASTS.replace('4 to 6', '3 to 5')}\n\n{NEW}", encoding="utf-8")
    page.goto(f"{site.server.origin}/staff/documents")
    site.check(page)
    page.get_by_label("Document").set_input_files(text)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("heading", name="new.txt").wait_for()
    page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true })")
    site.check(page)
    page.locator("[name$=phrasings]").first.fill("only one")
    page.get_by_role("button", name="Save the new FAQ").click()
    page.get_by_role("alert").get_by_role("link", name="Write at least 3 phrasings").wait_for()


def test_a_new_text_is_written_without_scripts(site: Site, root: Path, tmp_path: Path) -> None:
    text = tmp_path / "new.txt"
    text.write_text(f"{LASTS}\n\n{DOSES}\n\n{NEW}", encoding="utf-8")
    page = site.page("/staff/documents", site.running.add("ayse", Role.EDITOR), java_script_enabled=False)
    page.get_by_label("Document").set_input_files(text)
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("Make a new FAQ of it").click()
    page.get_by_label("Phrasings").fill("can i park\nis there a car park\nwhere do i leave my car")
    page.get_by_role("button", name="Save the new FAQ").click()
    page.get_by_role("button", name="Write the new text").click()
    page.get_by_role("status").get_by_text("The new text was written.").wait_for()
    assert list(sentences(root).values()) == [LASTS, DOSES, NEW]
