"""A candidate: what changed is trained where that is enough, everything where it isn't; Rasa is asked if it must."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clinicbot.nlu.question_model import QuestionModel
from clinicbot.training import candidate as candidate_module
from clinicbot.training.candidate import Base, Candidate, CandidateTrainer, train_all
from clinicbot.training.errors import TrainingError
from clinicbot.training.models import is_whole
from clinicbot.training.packaging import Shell, load_model
from tests.nlu_model.conftest import HashEncoder
from tests.releases.contents import edit
from tests.training.archives import members, write_archive, write_checkout

NEW = """\
- intent: duration/new
  examples: |
    - is it gone after a telescope
    - telescopes and its end
    - does a telescope end it
    - telescope
    - end it with a telescope
responses:
  utter_duration/new:
  - text: "No."
    metadata: {title: "Telescopes?", source: [p1.1], reviewed_on: null}
"""


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The contents that Rasa was asked to package."""
    asked: list[Path] = []

    def package(content: Path, model: Path, archive: Path, _log: Path) -> None:
        asked.append(content)
        place = tmp_path / f"packaging-{len(asked)}"
        place.mkdir()
        write_archive(place / "model.tar.gz", QuestionModel.load(model, HashEncoder()))
        shutil.copyfile(place / "model.tar.gz", archive)

    monkeypatch.setattr(candidate_module, "package_with_rasa", package)
    return asked


@pytest.fixture
def base(tmp_path: Path) -> Base:
    root = write_checkout(tmp_path / "root")
    return Base(root, write_archive(tmp_path / "base.tar.gz", train_all(root, HashEncoder())))


@pytest.fixture
def trainer(tmp_path: Path) -> CandidateTrainer:
    return CandidateTrainer(HashEncoder(), tmp_path / "train.log")


Make = Callable[..., Candidate]


@pytest.fixture
def content(tmp_path: Path, base: Base) -> Path:
    return shutil.copytree(base.content, tmp_path / "candidate" / "content")


@pytest.fixture
def make(trainer: CandidateTrainer, base: Base, content: Path) -> Make:
    def make(of: Base | None = base) -> Candidate:
        told: list[float] = []
        made = trainer.train(content, of, content.parent, told.append)
        assert told == sorted(told)
        assert made.archive == content.parent / "model.tar.gz"
        assert is_whole(made.archive)
        return made

    return make


def test_without_a_base_everything_is_trained(make: Make, content: Path, packaged: list[Path]) -> None:
    made = make(None)
    assert packaged == [content]
    assert (made.fitted, made.held_back, made.rehearsal) == ((), (), None)
    assert made.model.labels == ["duration/how_long", "duration/more", "greet", "out_of_scope"]


def test_after_a_small_change_only_that_is_trained_and_rasa_not_asked(
    make: Make, base: Base, content: Path, packaged: list[Path], trainer: CandidateTrainer
) -> None:
    edit(content, "responses:\n", NEW)
    made = make()
    assert packaged == []
    assert "duration/new" in made.fitted
    assert len(made.held_back) == 1
    assert made.rehearsal is not None
    loaded, titles = load_model(made.archive, HashEncoder())
    assert titles["duration/new"] == {"en": "Telescopes?"}
    for model in (made.model, loaded):
        assert model.predict("telescopes and its end").best == "duration/new"
    assert trainer.base_model is not None
    assert "duration/new" not in trainer.base_model.labels
    base_members = members(base.archive)
    assert (
        members(made.archive)["components/train_RulePolicy0/rules.json"]
        == (base_members["components/train_RulePolicy0/rules.json"])
    )


def test_another_answer_trains_nothing(make: Make, content: Path, packaged: list[Path]) -> None:
    edit(content, "Additional doses may be given.", "Doses may be given.")
    made = make()
    assert (made.fitted, packaged) == ((), [])
    assert b"Doses may be given." in members(made.archive)["components/domain_provider/domain.yml"]


def test_a_new_topic_is_packaged_by_rasa_and_the_rest_kept(make: Make, content: Path, packaged: list[Path]) -> None:
    (content / "data" / "faq" / "pain.yml").write_text("nlu:\n" + NEW.replace("duration/new", "pain/much"), "utf-8")
    made = make()
    assert packaged == [content]
    assert "pain/much" in made.fitted
    assert made.rehearsal is not None


def test_a_large_change_trains_everything(make: Make, content: Path, packaged: list[Path]) -> None:
    path = content / "data" / "dialogue" / "out_of_scope.yml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "weather 1" not in line), encoding="utf-8")
    made = make()
    assert packaged == [content]
    assert made.rehearsal is None


def test_other_words_of_the_subject_train_everything(make: Make, content: Path, packaged: list[Path]) -> None:
    edit(content, "negatives:", "vocabulary: data/vocabulary.yml\n    negatives:", "config.yml")
    (content / "data" / "vocabulary.yml").write_text("subject: [weather]\n", encoding="utf-8")
    assert make().rehearsal is None
    assert packaged == [content]


def test_warm_for_a_base_nothing_of_it_is_read_again(
    make: Make, trainer: CandidateTrainer, base: Base, packaged: list[Path]
) -> None:
    trainer.prepare(base)
    known = trainer.base_model
    base.archive.unlink()
    trainer.prepare(base)
    assert known is not None
    assert make().model.labels == known.labels
    assert packaged == []


def test_what_was_made_is_the_next_base(
    make: Make, trainer: CandidateTrainer, content: Path, tmp_path: Path, packaged: list[Path]
) -> None:
    edit(content, "responses:\n", NEW)
    next_base = Base(content, make().archive)
    following = shutil.copytree(content, tmp_path / "following" / "content")
    edit(following, "    - telescope\n", "    - telescope\n    - about my telescope\n")
    made = trainer.train(following, next_base, following.parent, lambda _: None)
    assert "duration/new" in made.fitted
    assert trainer.base_model is not None
    assert "duration/new" in trainer.base_model.labels
    assert packaged == []


def test_a_base_that_can_not_be_read_changes_nothing(
    trainer: CandidateTrainer, base: Base, content: Path, tmp_path: Path, packaged: list[Path]
) -> None:
    trainer.prepare(base)
    known = trainer.base_model
    no_shell = tmp_path / "no-shell" / "model.tar.gz"
    no_shell.parent.mkdir()
    edit(content, "responses:\n", NEW)
    write_archive(no_shell, train_all(content, HashEncoder()))
    for damage in (lambda: no_shell.write_bytes(b"x"), lambda: no_shell.unlink()):
        damage()
        with pytest.raises(TrainingError):
            trainer.prepare(Base(content, no_shell))
    assert trainer.base_model is known
    assert "duration/new" in trainer.train(content, base, content.parent, lambda _: None).fitted


def test_a_base_whose_archive_is_no_model_of_ours_changes_nothing(
    trainer: CandidateTrainer, base: Base, content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer.prepare(base)
    known = trainer.base_model

    def refuse(_: Path) -> None:
        raise TrainingError("no model of this assistant")

    monkeypatch.setattr(Shell, "of", refuse)
    with pytest.raises(TrainingError):
        trainer.prepare(Base(content, base.archive))
    assert trainer.base_model is known
