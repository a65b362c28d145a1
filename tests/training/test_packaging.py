"""An archive with its model and answers replaced is what Rasa would have made of the same content."""

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from clinicbot import rasa_yaml
from clinicbot.faq.files import read_faqs
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.training.errors import TrainingError
from clinicbot.training.models import is_whole
from clinicbot.training.packaging import Shell, can_be_reassembled, load_model, reassemble
from tests.faq.checkouts import TOPIC
from tests.nlu_model.conftest import HashEncoder, train_on
from tests.releases.contents import edit
from tests.training.archives import FOLDER, members, write_archive, write_checkout

SMALL: Mapping[str, Sequence[str]] = {"duration/more": ["more", "another dose"], "greet": ["hello", "hi"]}
OTHER: Mapping[str, Sequence[str]] = {**SMALL, "duration/new": ["new", "brand new"]}
NEW_ANSWER = """\
  utter_duration/new:
  - text: "No"
    metadata: {title: "12:30", source: [p1.1], reviewed_on: 2026-11-28}
rules:"""


@pytest.fixture(scope="module")
def old_model() -> QuestionModel:
    return train_on(SMALL)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_checkout(tmp_path / "root")


@pytest.fixture
def shell(tmp_path: Path, old_model: QuestionModel) -> Shell:
    return Shell.of(write_archive(tmp_path / "old.tar.gz", old_model))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The folder of another model."""
    folder = tmp_path / "made"
    folder.mkdir()
    train_on(OTHER).save(folder)
    return folder


def domain_of(archive: Path) -> dict[str, Any]:
    domain: dict[str, Any] = rasa_yaml.load(members(archive)["components/domain_provider/domain.yml"].decode())
    return domain


def test_of_the_same_content_only_the_model_is_another(tmp_path: Path, root: Path, shell: Shell, made: Path) -> None:
    new = tmp_path / "new.tar.gz"
    reassemble(shell, root, made, new)
    assert is_whole(new)
    before, after = members(tmp_path / "old.tar.gz"), members(new)
    assert list(after) == list(before)
    assert {name for name in after if after[name] != before[name]} == {
        f"{FOLDER}/titles.json",
        f"{FOLDER}/model.npz",
        f"{FOLDER}/model.json",
        "metadata.json",
    }
    assert domain_of(new) == domain_of(tmp_path / "old.tar.gz")
    metadata, old = json.loads(after["metadata.json"]), json.loads(before["metadata.json"])
    assert metadata["domain"] == old["domain"]
    assert metadata["model_id"] != old["model_id"]
    assert metadata["trained_at"] > old["trained_at"]
    assert metadata["language"] == "en"


def test_the_model_and_the_titles_can_be_loaded(tmp_path: Path, root: Path, shell: Shell, made: Path) -> None:
    reassemble(shell, root, made, tmp_path / "new.tar.gz")
    model, titles = load_model(tmp_path / "new.tar.gz", HashEncoder())
    assert model.labels == sorted(OTHER)
    assert titles == {
        "duration/how_long": {"en": "How long?", "tr": "Ne kadar?"},
        "duration/more": {"en": "More?", "tr": "Ek doz?"},
    }


def test_answers_that_came_changed_and_went(tmp_path: Path, root: Path, shell: Shell, made: Path) -> None:
    edit(root, "Additional doses may be given.", "Özel doses may be given: 2.")
    begin, end = TOPIC.index("  utter_duration/how_long"), TOPIC.index("  utter_duration/more")
    edit(root, TOPIC[begin:end], "")
    edit(root, "rules:", NEW_ANSWER)
    reassemble(shell, root, made, tmp_path / "new.tar.gz")
    responses = domain_of(tmp_path / "new.tar.gz")["responses"]
    assert list(responses) == ["utter_hello", "utter_duration/more", "utter_duration/new"]
    assert responses["utter_duration/more"][0]["text"] == "Özel doses may be given: 2."
    assert responses["utter_duration/new"] == [
        {"text": "No", "metadata": {"title": "12:30", "source": ["p1.1"], "reviewed_on": "2026-11-28"}}
    ]
    assert responses["utter_hello"] == [{"text": "Hello"}]  # no FAQ's
    metadata = json.loads(members(tmp_path / "new.tar.gz")["metadata.json"])
    assert metadata["domain"]["responses"] == responses
    assert load_model(tmp_path / "new.tar.gz", HashEncoder())[1]["duration/new"] == {"en": "12:30"}


def test_one_archive_after_another_from_the_same_shell(tmp_path: Path, root: Path, shell: Shell, made: Path) -> None:
    reassemble(shell, root, made, tmp_path / "first.tar.gz")
    edit(root, "Additional doses may be given.", "More.")
    reassemble(shell, root, made, tmp_path / "second.tar.gz")
    edit(root, '"More."', '"Additional doses may be given."')
    reassemble(shell, root, made, tmp_path / "third.tar.gz")
    first, third = members(tmp_path / "first.tar.gz"), members(tmp_path / "third.tar.gz")
    assert first.pop("metadata.json") != third.pop("metadata.json")
    assert first == third
    assert is_whole(tmp_path / "second.tar.gz")
    again = Shell.of(tmp_path / "second.tar.gz")  # and from what was made so
    reassemble(again, root, made, tmp_path / "fourth.tar.gz")
    fourth = members(tmp_path / "fourth.tar.gz")
    fourth.pop("metadata.json")
    assert fourth == first


def copy(root: Path) -> Path:
    return shutil.copytree(root, root.with_name("changed"))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("data/faq/duration.yml", "Additional doses may", "Doses may"),
        ("data/faq/duration.yml", "another dose 0", "one more dose"),
        ("data/faq/duration.yml", "rules:", NEW_ANSWER),
        ("data/dialogue/out_of_scope.yml", "the weather 0", "the wind"),
        ("data/clinic.yml", "Test Clinic", "Other Clinic"),
        ("data/document/apex-clinic-botox.md", "Additional", "More"),
    ],
)
def test_what_rasa_learns_nothing_from_needs_no_training(root: Path, path: str, old: str, new: str) -> None:
    changed = copy(root)
    edit(changed, old, new, path)
    assert can_be_reassembled(root, changed)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("domain.yml", "  - greet\n", "  - greet\n  - thank\n"),
        ("domain.yml", "text: Hello", "text: Hi"),
        ("domain.yml", "session_expiration_time: 60", "session_expiration_time: 30"),
        ("config.yml", "asides: [greet]", "asides: []"),
        ("data/faq/duration.yml", "{action: utter_duration}", "{action: utter_hello}"),
        ("data/dialogue/out_of_scope.yml", "{action: utter_hello}", "{action: action_listen}"),
        ("data/dialogue/out_of_scope.yml", "- intent: greet", "- intent: thank"),
    ],
)
def test_what_rasa_learns_from_needs_training(root: Path, path: str, old: str, new: str) -> None:
    changed = copy(root)
    edit(changed, old, new, path)
    assert not can_be_reassembled(root, changed)


def test_topics_that_come_or_go_need_training(root: Path) -> None:
    changed = copy(root)
    (changed / "data" / "faq" / "pain.yml").write_text(TOPIC.replace("duration", "pain"), encoding="utf-8")
    assert not can_be_reassembled(root, changed)
    assert not can_be_reassembled(changed, root)


def test_other_words_of_the_subject_need_training(root: Path) -> None:
    changed = copy(root)
    (changed / "data" / "vocabulary.yml").write_text("subject: [botox]\n", encoding="utf-8")
    assert not can_be_reassembled(root, changed)


def test_an_archive_of_something_else_is_told(tmp_path: Path, old_model: QuestionModel) -> None:
    path = write_archive(tmp_path / "model.tar.gz", old_model)
    whole = path.read_bytes()
    path.write_bytes(b"")
    for read in (Shell.of, lambda archive: load_model(archive, HashEncoder())):
        with pytest.raises(TrainingError, match=r"model\.tar\.gz"):
            read(path)
    path.unlink()
    with pytest.raises(TrainingError, match="damaged or missing"):
        load_model(path, HashEncoder())
    with pytest.raises(TrainingError):
        Shell.of(path)
    path.write_bytes(whole)
    assert Shell.of(path).classifier == FOLDER


def test_a_damaged_archive_is_told(tmp_path: Path, old_model: QuestionModel) -> None:
    path = write_archive(tmp_path / "model.tar.gz", old_model)
    whole, random = path.read_bytes(), Random(0)
    for _ in range(60):
        data = bytearray(whole)
        data[random.randrange(10, len(data))] ^= 1 << random.randrange(8)  # behind the header, which has a date
        path.write_bytes(bytes(data)[: random.choice([len(data), random.randrange(len(data))])])
        with pytest.raises(TrainingError):
            load_model(path, HashEncoder())
        with suppress(TrainingError):  # which reads no checksum, and so may not notice
            Shell.of(path)


def test_faqs_of_the_content_are_those_of_the_archive(root: Path, shell: Shell) -> None:
    assert {faq.id for faq in read_faqs(root / "data" / "faq")} == {
        action.removeprefix("utter_") for action in shell.metadata["domain"]["responses"] if "/" in action
    }
