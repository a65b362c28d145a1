from pathlib import Path

import pytest

from clinicbot.faq import files
from clinicbot.faq.drafts import Drafts, fold
from tests.conftest import WriteClinic
from tests.faq.checkouts import small_checkout


@pytest.fixture
def root(tmp_path: Path, write_clinic: WriteClinic) -> Path:
    return small_checkout(tmp_path / "checkout", write_clinic())


def test_drafts_see_what_was_written_last(root: Path) -> None:
    drafts = Drafts(root)
    assert list(drafts.faqs()) == ["duration/how_long", "duration/more"]
    path = root / "data" / "faq" / "duration.yml"
    path.write_text(path.read_text("utf-8").replace('"More?"', '"Once more?"'), "utf-8")
    more = drafts.get("duration/more")
    assert more is not None
    assert more.answers["en"].title == "Once more?"
    assert "once more?" in drafts.searched()["duration/more"]
    path.unlink()
    assert drafts.faqs() == {}
    assert drafts.topics() == []


def test_drafts_read_a_file_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = Drafts(root)
    drafts.faqs()
    monkeypatch.setattr(files, "read_yaml", None)
    assert len(drafts.faqs()) == 2


@pytest.mark.parametrize(
    ("phrasing", "owner"),
    [
        ("WHY does it last 1?", "duration/how_long"),
        ("Hello!", "greet"),
        ("how the weather 0", "out_of_scope"),
        ("something else", None),
        ("?", None),
    ],
)
def test_a_phrasing_has_one_owner_in_faqs_and_dialogue(root: Path, phrasing: str, owner: str | None) -> None:
    assert Drafts(root).owner_of(phrasing) == owner


def test_fold_forgets_case_accents_and_spacing() -> None:
    assert fold(" AĞRI  İçin\nISI ") == fold("agri icin isi") == "agri icin isi"
    assert fold("Ёлка") == fold("елка")
