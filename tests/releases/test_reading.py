"""What the live model makes of a text, outside of Rasa, with small models in archives."""

import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from clinicbot.nlu.assembling import CLASSIFIER
from clinicbot.releases.reading import RANKED, LiveReader
from clinicbot.releases.store import ReleaseError, Releases
from tests.nlu_model.conftest import LIBRARY, LIBRARY_TITLES, HashEncoder, train_on
from tests.releases.contents import ABOUT, write_root

CONFIG = f"""\
pipeline:
  - name: {CLASSIFIER}
    negatives: [out_of_scope]
    asides: [greet, thank]
"""


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "var")


def go_live(releases: Releases, folder: Path, phrasings: Mapping[str, Sequence[str]]) -> int:
    root = folder / "root"
    if not root.exists():
        write_root(root)
        (root / "config.yml").write_text(CONFIG, encoding="utf-8")
    made = folder / "made"
    made.mkdir(exist_ok=True)
    train_on(phrasings).save(made)
    (made / "titles.json").write_text(json.dumps(LIBRARY_TITLES), encoding="utf-8")
    archive = folder / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as files:
        for path in made.iterdir():
            files.add(path, f"components/train_{CLASSIFIER}2/{path.name}")
    number = releases.add(root, archive, ABOUT).number
    archive.unlink()
    releases.go_live(number, "ayse", "x")
    return number


@pytest.fixture
def reader(releases: Releases) -> LiveReader:
    return LiveReader(releases, HashEncoder())


def test_before_the_first_release_it_says_so(reader: LiveReader) -> None:
    with pytest.raises(ReleaseError, match="nothing has been released yet"):
        reader.read(["hello"])


def test_a_question_is_read_as_the_assistant_would(reader: LiveReader, releases: Releases, tmp_path: Path) -> None:
    go_live(releases, tmp_path, LIBRARY)
    question, noise = reader.read(["may i extend my loan", "qwxz vbnm"])
    assert (question.label, question.answered) == ("loans/renew", True)
    assert question.ranking[0][0] == question.nearest[0][0] == "loans/renew"
    assert question.nearest[0][1] == pytest.approx(1.0, abs=0.01)
    assert 0 < question.confidence <= 1
    assert len(question.ranking) == len(question.nearest) == RANKED
    shares = [share for _, share in question.ranking]
    assert shares == sorted(shares, reverse=True)
    assert not noise.answered
    assert noise.label in LIBRARY  # what it would be, if it were answered
    assert noise.confidence < question.confidence


def test_it_follows_what_goes_live_there_and_back(reader: LiveReader, releases: Releases, tmp_path: Path) -> None:
    first = go_live(releases, tmp_path, LIBRARY)
    assert reader.read(["may i extend my loan"])[0].label == "loans/renew"
    go_live(releases, tmp_path, {**LIBRARY, "loans/renew": LIBRARY["greet"], "greet": LIBRARY["loans/renew"]})
    assert reader.read(["may i extend my loan"])[0].label == "greet"
    releases.go_live(first, "ayse", "back")
    assert reader.read(["may i extend my loan"])[0].label == "loans/renew"


@pytest.mark.parametrize("damage", ["cut", "no model", "no classifier"])
def test_a_damaged_release_is_told_in_words(
    reader: LiveReader, releases: Releases, tmp_path: Path, damage: str
) -> None:
    number = go_live(releases, tmp_path, LIBRARY)
    release = releases.get(number)
    if damage == "cut":
        release.model.write_bytes(release.model.read_bytes()[:1000])
    elif damage == "no model":
        with tarfile.open(release.model, "w:gz"):
            pass
    else:
        (release.content / "config.yml").write_text("pipeline: []\n", encoding="utf-8")
    with pytest.raises(ReleaseError):
        reader.read(["hello"])
    go_live(releases, tmp_path, LIBRARY)
    assert reader.read(["may i extend my loan"])[0].label == "loans/renew"


def test_vectors_need_no_release(reader: LiveReader) -> None:
    vectors = reader.vectors(["hello there", "good morning"])
    assert vectors.shape == (2, HashEncoder.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
