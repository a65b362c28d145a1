"""Sentence vectors on disk: what is known isn't encoded again, and what is damaged is."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

from clinicbot.nlu.encoder import Vectors
from clinicbot.training.encodings import CachedEncoder
from tests.nlu_model.conftest import HashEncoder

TEXTS = ["hello there", "good morning", "kaç ay sürer", ""]


class Counting(HashEncoder):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().encode(texts)


class Other(Counting):
    name = "another"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "encodings.npz"


@pytest.fixture
def kept(path: Path) -> bytes:
    """The file after TEXTS were encoded."""
    cache = CachedEncoder(Counting(), path)
    cache.encode(TEXTS)
    cache.save()
    return path.read_bytes()


def check(vectors: Vectors, texts: Sequence[str] = TEXTS) -> None:
    assert vectors.dtype == np.float32
    assert vectors == pytest.approx(HashEncoder().encode(texts), abs=1e-3)


def test_what_is_known_is_not_encoded_again(path: Path) -> None:
    encoder = Counting()
    cache = CachedEncoder(encoder, path)
    check(cache.encode(TEXTS))
    check(cache.encode([*TEXTS, *reversed(TEXTS)]), [*TEXTS, *reversed(TEXTS)])
    assert encoder.asked == TEXTS
    assert cache.encode([]).shape == (0, HashEncoder.dimensions)


def test_saved_it_is_known_the_next_time(path: Path, kept: bytes) -> None:
    encoder = Counting()
    cache = CachedEncoder(encoder, path)
    check(cache.encode(TEXTS))
    assert encoder.asked == []
    cache.save()
    assert path.read_bytes() == kept  # nothing was new, nothing is written


def test_loaded_and_fresh_vectors_are_the_same(path: Path, kept: bytes) -> None:
    fresh = CachedEncoder(Counting(), path.with_name("other.npz")).encode(TEXTS)
    assert CachedEncoder(Counting(), path).encode(TEXTS).tobytes() == fresh.tobytes()


def test_many_texts_are_encoded(path: Path) -> None:
    many = [f"number {number}" for number in range(300)]
    check(CachedEncoder(Counting(), path).encode(many), many)


def test_another_encoders_vectors_are_not_used(path: Path, kept: bytes) -> None:
    encoder = Other()
    cache = CachedEncoder(encoder, path)
    cache.encode(TEXTS)
    assert encoder.asked == TEXTS
    cache.save()
    again = Counting()
    CachedEncoder(again, path).encode(TEXTS)
    assert again.asked == TEXTS


def test_what_nobody_asked_for_is_dropped(path: Path, kept: bytes) -> None:
    cache = CachedEncoder(Counting(), path)
    cache.encode([TEXTS[0], "new"])
    cache.save()
    encoder = Counting()
    CachedEncoder(encoder, path).encode([*TEXTS, "new"])
    assert encoder.asked == TEXTS[1:]


def test_it_stands_in_for_its_encoder(path: Path) -> None:
    encoder = Counting()
    cache = CachedEncoder(encoder, path)
    assert (cache.name, cache.dimensions) == (encoder.name, encoder.dimensions)
    cache.warm_up()
    assert len(encoder.asked) == 1


def _damaged(kept: bytes) -> list[bytes]:
    random = Random(0)
    cut = [kept[: int(len(kept) * share)] for share in (0.0, 0.01, 0.3, 0.7, 0.99)]
    flipped = []
    for _ in range(400):
        data = bytearray(kept)
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        flipped.append(bytes(data))
    return [*cut, *flipped, b"x" * 1000, b"PK\x03\x04"]


def test_a_damaged_file_costs_time_only(path: Path, kept: bytes) -> None:
    encoded = 0
    for data in _damaged(kept):
        path.write_bytes(data)
        encoder = Counting()
        check(CachedEncoder(encoder, path).encode(TEXTS))
        encoded += len(encoder.asked)
    assert encoded > 100
    path.write_bytes(kept[:100])
    cache = CachedEncoder(Counting(), path)
    cache.encode(TEXTS)
    cache.save()
    assert path.read_bytes() == kept


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    path: Path, kept: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = CachedEncoder(Counting(), path)
    cache.encode(["new"])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="no space"):
            cache.save()
    assert path.read_bytes() == kept
    assert list(path.parent.iterdir()) == [path]
    cache.save()  # it has not forgotten that it must
    assert path.read_bytes() != kept


def test_what_a_killed_one_left_is_cleared_up(path: Path, kept: bytes) -> None:
    left = path.with_name(f".{path.name}.tmp")
    left.write_bytes(b"half")
    cache = CachedEncoder(Counting(), path)
    cache.encode(["new"])
    cache.save()
    assert not left.exists()
