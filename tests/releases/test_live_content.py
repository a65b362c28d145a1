"""What is shown beside Rasa follows what is live, and stays what it was where that can't be read."""

import threading
from pathlib import Path

import pytest

from clinicbot.releases import live_content
from clinicbot.releases.live_content import LiveContent
from clinicbot.releases.store import Releases
from clinicbot.yaml_files import ContentError
from tests.releases.contents import add, edit, write_root

DOCUMENT = "data/document/apex-clinic-botox.md"
FAQS = "data/faq/duration.yml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_root(tmp_path / "root")


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "var")


def go_live(releases: Releases, root: Path) -> int:
    number = add(releases, root).number
    releases.go_live(number, "ayse", "x")
    return number


def shown(content: LiveContent) -> tuple[str, str]:
    """A sentence of the document, and the first answer."""
    return content.document.sentences["p1.1"], content.faqs[0].answers["en"].text


def test_before_the_first_release_it_is_what_was_installed(releases: Releases, root: Path) -> None:
    assert shown(LiveContent(releases, root)) == ("It is not permanent and lasts 4 to 6 months.",) * 2


def test_it_follows_what_goes_live_there_and_back(releases: Releases, root: Path) -> None:
    content = LiveContent(releases, root)
    first = go_live(releases, root)
    for path in (DOCUMENT, FAQS):
        edit(root, "4 to 6 months", "3 months", path)
    stamps = [content.stamp()]
    assert shown(content) == ("It is not permanent and lasts 4 to 6 months.",) * 2  # a draft is not shown
    go_live(releases, root)
    stamps.append(content.stamp())
    assert shown(content) == ("It is not permanent and lasts 3 months.",) * 2
    releases.go_live(first, "ayse", "back")
    stamps.append(content.stamp())
    assert shown(content) == ("It is not permanent and lasts 4 to 6 months.",) * 2
    assert len(set(stamps)) == 3


def test_an_answer_is_quoted_from_the_document_of_the_release_that_gave_it(releases: Releases, root: Path) -> None:
    content = LiveContent(releases, root)
    first = go_live(releases, root)
    edit(root, "4 to 6 months", "3 months", DOCUMENT)
    second = go_live(releases, root)
    for _ in range(2):
        assert content.document_of(first).sentences["p1.1"] == "It is not permanent and lasts 4 to 6 months."
        assert content.document_of(second).sentences["p1.1"] == "It is not permanent and lasts 3 months."
    assert content.document_of(None) == content.document_of(second)
    assert content.document_of(77) == content.document


def test_opened_later_it_is_what_is_live_whatever_the_drafts_are(releases: Releases, root: Path) -> None:
    go_live(releases, root)
    (root / DOCUMENT).write_bytes(b"\xff")
    assert shown(LiveContent(releases, root)) == ("It is not permanent and lasts 4 to 6 months.",) * 2


def test_opened_over_a_damaged_release_the_installed_document_is_quoted(releases: Releases, root: Path) -> None:
    number = go_live(releases, root)
    (releases.get(number).content / DOCUMENT).unlink()
    assert LiveContent(releases, root).document.sentences["p1.2"] == "Additional doses may be given."


def test_nothing_to_quote_is_told(releases: Releases, root: Path) -> None:
    (root / DOCUMENT).unlink()
    with pytest.raises(ContentError, match="apex-clinic-botox"):
        LiveContent(releases, root)


@pytest.mark.parametrize("damage", ["files", "release", "pointer"])
def test_what_can_not_be_read_leaves_what_was_shown_until_something_can(
    releases: Releases, root: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    go_live(releases, root)
    content = LiveContent(releases, root)
    before = shown(content)
    for path in (DOCUMENT, FAQS):
        edit(root, "4 to 6 months", "3 months", path)
    number = go_live(releases, root)
    release = releases.get(number)
    if damage == "files":
        (release.content / DOCUMENT).write_bytes(b"\xff")
        (release.content / FAQS).write_text("nlu: [", encoding="utf-8")
    elif damage == "release":
        (release.folder / "release.json").unlink()
    else:
        (releases.folder / "live").write_text("{", encoding="utf-8")
    assert shown(content) == before
    assert shown(content) == before
    assert caplog.text.count("can't be read") >= 2
    go_live(releases, root)
    assert shown(content) == ("It is not permanent and lasts 3 months.",) * 2


def test_an_answer_does_not_wait_for_the_page(releases: Releases, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_live(releases, root)
    content = LiveContent(releases, root)
    reading, go_on = threading.Event(), threading.Event()

    def read_slowly(_: Path) -> list[object]:
        reading.set()
        assert go_on.wait(20)
        return []

    monkeypatch.setattr(live_content, "read_faqs", read_slowly)
    page = threading.Thread(target=lambda: content.faqs)
    page.start()
    assert reading.wait(20)
    quoted: list[str] = []
    answer = threading.Thread(target=lambda: quoted.append(content.document.sentences["p1.1"]))
    answer.start()
    answer.join(20)
    assert quoted == ["It is not permanent and lasts 4 to 6 months."]
    go_on.set()
    page.join(20)
