import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from clinicbot import paths
from clinicbot.nlu import encoder
from clinicbot.nlu.assembling import CLASSIFIER
from clinicbot.training import models
from clinicbot.training.errors import TrainingError
from clinicbot.training.models import (
    CHANGED_BY_STAFF,
    KEPT_MODELS,
    current_model,
    engine,
    ensure_model,
    fingerprint,
    is_whole,
    train,
)
from clinicbot.yaml_files import ContentError, read_yaml
from tests.nlu_model.conftest import HashEncoder
from tests.training.archives import write_checkout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small checkout."""
    for name in (
        "domain.yml",
        "config.yml",
        "requirements.txt",
        "data/clinic.yml",
        "data/faq/duration.yml",
        "data/dialogue/rules.yml",
        "data/vocabulary.yml",
        "data/safety/emergency.yml",
        "data/texts/en.yml",
        "data/document/text.md",
        "clinicbot/nlu/model.py",
        "clinicbot/token_patterns.py",
        "clinicbot/gateway/app.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content: of {name}\n", encoding="utf-8")
    (tmp_path / "models").mkdir()
    return tmp_path


def archive(path: Path) -> Path:
    """A model archive with something of size in it."""
    content = path.with_suffix(".content")
    content.write_bytes(Random(0).randbytes(300_000))  # weights don't compress either
    with tarfile.open(path, "w:gz") as file:
        file.add(content, "components/model")
    content.unlink()
    return path


def model(root: Path, time: str) -> Path:
    return archive(root / "models" / f"{time}-{fingerprint(root)}.tar.gz")


@pytest.mark.parametrize(
    "name",
    [
        "domain.yml",
        "config.yml",
        "requirements.txt",
        "data/faq/duration.yml",
        "data/dialogue/rules.yml",
        "data/vocabulary.yml",
        "clinicbot/nlu/model.py",
        "clinicbot/token_patterns.py",
    ],
)
def test_what_a_model_is_made_from_changes_the_fingerprint(root: Path, name: str) -> None:
    before = fingerprint(root)
    (root / name).write_text("changed: true\n", encoding="utf-8")
    assert fingerprint(root) != before


@pytest.mark.parametrize(
    "name",
    [
        "data/clinic.yml",
        "data/safety/emergency.yml",
        "data/texts/en.yml",
        "data/document/text.md",
        "clinicbot/gateway/app.py",
    ],
)
def test_what_is_read_at_run_time_does_not(root: Path, name: str) -> None:
    before = fingerprint(root)
    (root / name).write_text("changed: true\n", encoding="utf-8")
    assert fingerprint(root) == before


def test_new_gone_and_renamed_files_change_it_and_caches_do_not(root: Path) -> None:
    before = fingerprint(root)
    path = root / "data" / "faq" / "duration.yml"
    (path.parent / "__pycache__").mkdir()
    (path.parent / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert fingerprint(root) == before
    renamed = path.rename(path.with_name("uses.yml"))
    assert fingerprint(root) != before
    renamed.unlink()
    assert fingerprint(root) != before


def test_a_fingerprint_is_the_same_wherever_the_checkout_is(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = fingerprint(root)
    assert fingerprint(root.rename(tmp_path_factory.mktemp("other") / "place")) == before
    assert len(before) == 12


def test_the_newest_model_of_this_content_is_current(root: Path) -> None:
    assert current_model(root) is None
    archive(root / "models" / "20300101-000000-000000000000.tar.gz")
    assert current_model(root) is None
    model(root, "20260101-000000")
    newest = model(root, "20260102-000000")
    assert current_model(root) == newest
    (root / "config.yml").write_text("changed: true\n", encoding="utf-8")
    assert current_model(root) is None


def test_a_damaged_model_is_left_aside(root: Path) -> None:
    older, newest = model(root, "20260101-000000"), model(root, "20260102-000000")
    newest.write_bytes(newest.read_bytes()[:-100])
    assert current_model(root) == older


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("config.yml", True),
        ("requirements.txt", True),
        ("data/dialogue/rules.yml", True),
        ("data/vocabulary.yml", True),
        ("data/safety/emergency.yml", True),
        ("clinicbot/nlu/model.py", True),
        ("clinicbot/token_patterns.py", True),
        ("domain.yml", False),
        ("data/faq/duration.yml", False),
        ("data/clinic.yml", False),
        ("data/document/text.md", False),
        ("data/texts/en.yml", False),
        ("clinicbot/gateway/app.py", False),
        *((name, False) for name in CHANGED_BY_STAFF),
    ],
)
def test_what_staff_change_is_not_the_engine(root: Path, name: str, changes: bool) -> None:
    before = engine(root)
    (root / name).write_text("changed: true\n", encoding="utf-8")
    assert (engine(root) != before) is changes


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_a_model_cut_short_is_not_whole(tmp_path: Path, part: float) -> None:
    path = archive(tmp_path / "model.tar.gz")
    assert is_whole(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    assert not is_whole(path)


@pytest.mark.parametrize("part", [0.2, 0.4, 0.6, 0.8])
def test_a_model_with_a_changed_byte_is_not_whole(tmp_path: Path, part: float) -> None:
    path = archive(tmp_path / "model.tar.gz")
    content = bytearray(path.read_bytes())
    content[int(len(content) * part)] ^= 0xFF
    path.write_bytes(bytes(content))
    assert not is_whole(path)


def test_what_is_no_archive_or_not_there_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    assert not is_whole(path)
    path.write_text("no archive")
    assert not is_whole(path)


# Stands where Rasa's command would stand: its arguments, and the project that it is given, stay behind.
RASA = """#!/bin/sh
echo "training $*"
cp -r . {seen}
while [ "$1" != --out ]; do shift; done
mkdir -p "$2"
{act}
"""
MAKE = 'echo model > "$2/x" && tar -czf "$2/$4" -C "$2" x'


@dataclass
class FakeRasa:
    """`seen` is the project that it was given last."""

    command: Path
    seen: Path

    def act(self, act: str) -> None:
        self.command.write_text(RASA.format(act=act, seen=self.seen))


@pytest.fixture
def rasa(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> FakeRasa:
    folder = tmp_path_factory.mktemp("bin")
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setattr(encoder, "default_encoder", HashEncoder)
    monkeypatch.setattr(paths, "VAR", folder / "var")
    fake = FakeRasa(folder / "rasa", folder / "seen")
    fake.act(MAKE)
    fake.command.chmod(0o755)
    return fake


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """One that can be trained."""
    return write_checkout(tmp_path / "checkout")


def test_training_makes_the_current_model_and_keeps_a_log(checkout: Path, rasa: FakeRasa) -> None:
    made = train(checkout)
    assert made == current_model(checkout)
    assert list((checkout / "models" / "unfinished").iterdir()) == []
    assert "training train" in (checkout / "var" / "log" / "train.log").read_text()
    assert (paths.VAR / "encodings.npz").exists()


def test_rasa_gets_a_project_with_one_phrasing_an_intent_and_the_models_folder(checkout: Path, rasa: FakeRasa) -> None:
    train(checkout)
    assert sorted(path.relative_to(rasa.seen).as_posix() for path in rasa.seen.rglob("*.yml")) == [
        "config.yml",
        "data/dialogue/out_of_scope.yml",
        "data/faq/duration.yml",
        "domain.yml",
    ]
    topic, whole = (read_yaml(root / "data" / "faq" / "duration.yml") for root in (rasa.seen, checkout))
    assert [block["examples"] for block in topic["nlu"]] == ["- how does it last 0\n", "- how another dose 0\n"]
    assert topic["rules"] == whole["rules"]
    assert list(topic["responses"]) == list(whole["responses"])
    classifier = read_yaml(rasa.seen / "config.yml")["pipeline"][0]
    assert classifier["name"] == CLASSIFIER
    assert Path(classifier["trained"]).parent == checkout / "models" / "unfinished"
    assert (rasa.seen / "domain.yml").read_bytes() == (checkout / "domain.yml").read_bytes()


@pytest.mark.parametrize("act", ["exit 1", "true", 'echo broken > "$2/$4"'], ids=["fails", "makes nothing", "broken"])
def test_a_failed_training_leaves_no_model_and_names_the_log(checkout: Path, rasa: FakeRasa, act: str) -> None:
    rasa.act(act)
    with pytest.raises(TrainingError, match=r"train\.log"):
        train(checkout)
    assert current_model(checkout) is None
    assert list((checkout / "models" / "unfinished").iterdir()) == []


def test_content_that_can_not_be_read_is_told(checkout: Path, rasa: FakeRasa) -> None:
    (checkout / "data" / "faq" / "duration.yml").write_text("nlu: [", encoding="utf-8")
    with pytest.raises(ContentError, match="duration"):
        train(checkout)
    assert current_model(checkout) is None


def test_the_log_may_stand_elsewhere(checkout: Path, rasa: FakeRasa, tmp_path: Path) -> None:
    log = tmp_path / "elsewhere" / "train.log"
    train(checkout, log=log)
    assert "training train" in log.read_text()
    assert not (checkout / "var").exists()


def test_old_models_are_removed(checkout: Path, rasa: FakeRasa) -> None:
    (checkout / "models").mkdir()
    for day in range(1, KEPT_MODELS + 3):
        model(checkout, f"2026010{day}-000000")
    made = train(checkout)
    kept = list((checkout / "models").glob("*.tar.gz"))
    assert len(kept) == KEPT_MODELS
    assert made in kept


def test_training_only_where_there_is_no_current_model(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[Path] = []

    def train(root: Path) -> Path:
        trained.append(root)
        return model(root, "20260101-000000")

    monkeypatch.setattr(models, "train", train)
    made = ensure_model(root)
    assert ensure_model(root) == made
    assert trained == [root]
