"""There is always something live, and never a draft that nobody published."""

from pathlib import Path

import pytest

from clinicbot.releases import installation
from clinicbot.releases.installation import ensure_live, is_ready
from clinicbot.releases.store import Release, Releases
from clinicbot.training import models
from clinicbot.training.errors import TrainingError
from clinicbot.training.models import engine
from tests.faq.checkouts import TOPIC, contents
from tests.releases.contents import add, edit, write_archive, write_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_root(tmp_path / "root")
    (root / "clinicbot" / "nlu").mkdir(parents=True)
    (root / "clinicbot" / "nlu" / "model.py").write_text("FIRST = True\n", encoding="utf-8")
    (root / "data" / "dialogue" / "not_in_document.yml").write_text("version: '3.1'\n", encoding="utf-8")
    (root / "data" / "dialogue" / "rules.yml").write_text("version: '3.1'\n", encoding="utf-8")
    return root


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "var")


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, bytes]]:
    """The contents that something was trained from."""
    seen: list[dict[str, bytes]] = []

    def train(root: Path, *, log: Path | None = None) -> Path:
        seen.append(contents(root))
        (root / "models").mkdir(exist_ok=True)
        return write_archive(root / "models" / f"2026-{models.fingerprint(root)}.tar.gz", f"trained {len(seen)}")

    monkeypatch.setattr(installation, "train", train)
    monkeypatch.setattr(models, "train", train)
    return seen


Trained = list[dict[str, bytes]]


def text_of(release: Release, path: str) -> str:
    return (release.content / path).read_text(encoding="utf-8")


def test_the_first_start_trains_what_was_installed(releases: Releases, root: Path, trained: Trained) -> None:
    assert not is_ready(releases, root)
    release = ensure_live(releases, root)
    assert len(trained) == 1
    assert (release.number, release.about.by, release.about.reason) == (1, "installation", "first release")
    assert text_of(release, "data/faq/duration.yml") == TOPIC
    assert releases.live() == release


def test_the_first_start_takes_the_model_that_is_there(releases: Releases, root: Path, trained: Trained) -> None:
    (root / "models").mkdir()
    model = write_archive(root / "models" / f"2026-{models.fingerprint(root)}.tar.gz")
    assert is_ready(releases, root)
    assert ensure_live(releases, root).model.read_bytes() == model.read_bytes()
    assert trained == []


def test_an_unchanged_start_does_nothing(releases: Releases, root: Path, trained: Trained) -> None:
    release = ensure_live(releases, root)
    stamp = releases.stamp()
    assert is_ready(releases, root)
    assert ensure_live(releases, root) == release
    assert (len(trained), releases.stamp()) == (1, stamp)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("data/faq/duration.yml", "4 to 6 months", "3 months"),
        ("data/document/apex-clinic-botox.md", "4 to 6 months", "3 months"),
        ("data/dialogue/out_of_scope.yml", "hello", "good day"),
        ("data/dialogue/not_in_document.yml", "3.1", "3.0"),
        ("domain.yml", "  - duration\n", "  - duration\n  - pain\n"),
        ("data/clinic.yml", "Test Clinic", "Other Clinic"),
    ],
)
def test_what_staff_change_is_a_draft_and_no_reason_to_train(
    releases: Releases, root: Path, trained: Trained, path: str, old: str, new: str
) -> None:
    release = ensure_live(releases, root)
    edit(root, old, new, path)
    assert is_ready(releases, root)
    assert ensure_live(releases, root) == release
    assert len(trained) == 1
    assert old in text_of(release, path)


def change_engine(root: Path) -> None:
    (root / "clinicbot" / "nlu" / "model.py").write_text("FIRST = False\n", encoding="utf-8")


def test_other_code_is_given_what_was_live_and_no_draft(releases: Releases, root: Path, trained: Trained) -> None:
    ensure_live(releases, root)
    edit(root, "4 to 6 months", "9 months")
    edit(root, "4 to 6 months", "9 months", "data/document/apex-clinic-botox.md")
    edit(root, "hello", "good day", "data/dialogue/out_of_scope.yml")
    edit(root, "pipeline: []", "pipeline: [other]", "config.yml")
    (root / "data" / "dialogue" / "rules.yml").write_text("version: '3.1'\nrules: []\n", encoding="utf-8")
    edit(root, "Hello", "Hi", "data/texts/en.yml")
    before = contents(root)
    assert not is_ready(releases, root)
    release = ensure_live(releases, root)
    assert len(trained) == 2
    assert (release.number, release.about.reason) == (2, "the assistant itself was changed")
    assert release.about.engine == engine(root)
    for path in ("data/faq/duration.yml", "data/document/apex-clinic-botox.md", "data/dialogue/out_of_scope.yml"):
        assert text_of(release, path) == text_of(releases.get(1), path)
        assert trained[1][path].decode() == text_of(release, path)
    assert "other" in text_of(release, "config.yml")
    assert "rules: []" in text_of(release, "data/dialogue/rules.yml")
    assert "Hi" in text_of(release, "data/texts/en.yml")
    assert contents(root) == before
    assert ensure_live(releases, root) == release


def test_other_code_keeps_the_topics_that_are_live(releases: Releases, root: Path, trained: Trained) -> None:
    (root / "data" / "faq" / "pain.yml").write_text(TOPIC.replace("duration", "pain"), encoding="utf-8")
    edit(root, "  - duration\n", "  - duration\n  - pain\n", "domain.yml")
    ensure_live(releases, root)
    (root / "data" / "faq" / "pain.yml").rename(root / "data" / "faq" / "price.yml")  # one goes, one comes
    edit(root, "  - pain\n", "  - price\n", "domain.yml")
    change_engine(root)
    release = ensure_live(releases, root)
    assert {path.stem for path in (release.content / "data" / "faq").glob("*.yml")} == {"duration", "pain"}
    lines = text_of(release, "domain.yml").splitlines()
    assert "  - price" not in lines
    assert lines.count("  - pain") == lines.count("  - duration") == 1
    assert lines.index("intents:") < lines.index("  - pain") < lines.index("entities:")


def test_a_damaged_live_model_is_trained_again_from_what_is_live(
    releases: Releases, root: Path, trained: Trained
) -> None:
    first = ensure_live(releases, root)
    edit(root, "4 to 6 months", "9 months")
    first.model.write_bytes(first.model.read_bytes()[:-3])
    assert not is_ready(releases, root)
    release = ensure_live(releases, root)
    assert (release.number, release.about.reason) == (2, "the model was damaged and has been trained again")
    assert text_of(release, "data/faq/duration.yml") == TOPIC
    assert is_ready(releases, root)


def test_after_going_back_a_start_stays_there(releases: Releases, root: Path, trained: Trained) -> None:
    first = ensure_live(releases, root)
    releases.go_live(add(releases, root, engine=engine(root)).number, "ayse", "x")
    releases.go_live(1, "ayse", "back")
    assert ensure_live(releases, root) == first
    assert len(trained) == 1


def test_a_failed_training_leaves_what_is_live(
    releases: Releases, root: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure_live(releases, root)
    change_engine(root)

    def fail(*_: object, **__: object) -> Path:
        raise TrainingError("Rasa could not package the model")

    monkeypatch.setattr(installation, "train", fail)
    with pytest.raises(TrainingError):
        ensure_live(releases, root)
    assert releases.live() == first
    assert releases.all() == [first]
