"""A release is whole or not there, and nothing that is damaged keeps the others from being served."""

import errno
import itertools
import json
import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clinicbot.faq.safe_files import locked
from clinicbot.releases import store
from clinicbot.releases.store import KEPT, ReleaseError, Releases, copy_content
from tests.faq.checkouts import contents
from tests.releases.contents import ABOUT, add, edit, write_archive, write_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_root(tmp_path / "root")


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "var")


def number_of_live(releases: Releases) -> int | None:
    live = releases.live()
    return live.number if live else None


def test_before_the_first_release_there_is_none(releases: Releases) -> None:
    assert releases.live() is None
    assert releases.live_state() is None
    assert releases.all() == []
    assert releases.stamp() == 0


def test_a_release_keeps_what_it_was_made_of(releases: Releases, root: Path, tmp_path: Path) -> None:
    model = write_archive(tmp_path / "model.tar.gz", "of the first")
    about = replace(ABOUT, insisted="ayse: it must be", approved_by=("mehmet", "ayse"), seconds=12.3)
    made = releases.add(root, model, about, difference={"digest": "ğ"}, proof={"verdict": "passed"})
    before, archived = contents(root), model.read_bytes()
    edit(root, "4 to 6 months", "3 months")
    model.unlink()
    found = Releases(releases.var).get(made.number)
    assert (found.number, found.about) == (1, about)
    assert (found.difference, found.proof) == ({"digest": "ğ"}, {"verdict": "passed"})
    assert contents(found.content) == before
    assert found.model.read_bytes() == archived
    assert releases.live() is None  # added, not live


def test_a_release_that_nobody_made_by_hand_has_no_proof(releases: Releases, root: Path) -> None:
    made = add(releases, root)
    assert (made.difference, made.proof) == (None, None)


def test_a_damaged_model_is_not_released(releases: Releases, root: Path, tmp_path: Path) -> None:
    model = write_archive(tmp_path / "model.tar.gz")
    model.write_bytes(model.read_bytes()[:-5])
    with pytest.raises(ReleaseError, match="damaged; nothing was released"):
        releases.add(root, model, ABOUT)
    assert releases.all() == []


def _calls_of(work: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, failing: int | None) -> int:
    """Does it with the file operation of that number failing, as on a full disk; how many there were."""
    made = 0

    def counted(do: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal made
            made += 1
            if made - 1 == failing:
                raise OSError(errno.ENOSPC, "no space left")
            return do(*args, **options)

        return call

    with monkeypatch.context() as patch:
        for owner, name in (
            (Path, "mkdir"),
            (Path, "rename"),
            (os, "link"),
            (os, "replace"),
            (os, "fsync"),
            (shutil, "copy2"),
            (shutil, "copyfile"),
            (shutil, "copytree"),
            (store, "replace_file"),
        ):
            patch.setattr(owner, name, counted(getattr(owner, name)))
        work()
    return made


def test_cut_off_at_any_step_there_is_no_release_and_nothing_is_left(
    releases: Releases, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases.go_live(add(releases, root).number, "ayse", "first")
    model = write_archive(tmp_path / "model.tar.gz")
    before = contents(releases.var)

    def work() -> None:
        releases.add(root, model, ABOUT, proof={})

    steps, failed = 10, 0
    step = 0
    while step < steps:
        try:
            steps = _calls_of(work, monkeypatch, step)
        except OSError:
            failed += 1
            steps = step + 2
            left = contents(releases.var)
            if len(releases.all()) == 2:  # all that was missing is that the rename is on disk
                assert contents(releases.get(2).content) == contents(root)
                shutil.rmtree(releases.get(2).folder)
                left = contents(releases.var)
            assert left == before
            assert [path.name for path in releases.folder.iterdir() if path.name.startswith(".")] == []
        else:
            shutil.rmtree(releases.all()[0].folder)
        step += 1
    assert failed >= 20
    assert number_of_live(releases) == 1


def _add_and_die(var: Path, root: Path, step: int) -> None:
    """Killed in the middle, without any clean-up."""
    done = 0

    def dying(do: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal done
            done += 1
            if done > step:
                os._exit(9)
            return do(*args, **options)

        return call

    for owner, name in ((os, "fsync"), (os, "link"), (shutil, "copy2"), (Path, "rename")):
        setattr(owner, name, dying(getattr(owner, name)))
    Releases(var).add(root, write_archive(root.parent / f"model-{step}.tar.gz"), ABOUT)


@pytest.mark.parametrize("step", [0, 3, 8, 15, 20])
def test_killed_in_the_middle_there_is_no_release_and_the_next_one_clears_up(
    releases: Releases, root: Path, step: int
) -> None:
    releases.go_live(add(releases, root).number, "ayse", "first")
    process = multiprocessing.get_context("fork").Process(target=_add_and_die, args=(releases.var, root, step))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert [release.number for release in releases.all()] == [1]
    assert number_of_live(releases) == 1
    assert add(releases, root).number == 2
    assert {path.name for path in releases.folder.iterdir()} == {"0001", "0002", "live"}


def _add_some(var: Path, root: Path, begin: Any) -> None:
    begin.wait(30)
    for _ in range(5):
        releases = Releases(var)
        releases.go_live(releases.add(root, root.parent / "shared.tar.gz", ABOUT).number, "ayse", "x")


def test_two_processes_may_add_at_once(releases: Releases, root: Path, tmp_path: Path) -> None:
    write_archive(tmp_path / "shared.tar.gz")
    context = multiprocessing.get_context("fork")
    begin = context.Event()
    processes = [context.Process(target=_add_some, args=(releases.var, root, begin)) for _ in range(2)]
    for process in processes:
        process.start()
    begin.set()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert [release.number for release in releases.all()] == list(range(10, 0, -1))
    assert all(contents(release.content) == contents(root) for release in releases.all())
    assert number_of_live(releases) in (9, 10)


def test_what_is_live_is_told_with_who_and_why(releases: Releases, root: Path) -> None:
    for reason in ("first", "second"):
        releases.go_live(add(releases, root).number, "ayse", reason)
    state = releases.live_state()
    assert state is not None
    assert (state.number, state.by, state.reason, state.before) == (2, "ayse", "second", 1)
    assert state.since.endswith("+00:00")


def test_the_stamp_changes_whenever_something_goes_live(releases: Releases, root: Path) -> None:
    for _ in range(2):
        add(releases, root)
    stamps = [releases.stamp()]
    for number in (1, 2, 1, 2, 2, 1):  # faster than a clock of four milliseconds ticks
        releases.go_live(number, "ayse", "x")
        assert releases.stamp() == releases.stamp()
        stamps.append(releases.stamp())
    assert all(old != new for old, new in itertools.pairwise(stamps))


def test_put_back_is_as_if_nothing_had_been(releases: Releases, root: Path) -> None:
    for _ in range(3):
        add(releases, root)
    releases.go_live(1, "ayse", "x")
    was = releases.go_live(2, "ayse", "x")
    releases.go_live(3, "ayse", "x")
    stamp = releases.stamp()
    releases.put_back(was, "mehmet", "not confirmed")
    state = releases.live_state()
    assert state is not None
    assert (state.number, state.before, state.reason) == (2, 1, "not confirmed")
    assert releases.stamp() != stamp


def test_what_is_live_again_has_the_one_before_it_still(releases: Releases, root: Path) -> None:
    for _ in range(2):
        releases.go_live(add(releases, root).number, "ayse", "x")
    assert releases.go_live(2, "ayse", "once more").before == 1


def test_the_pointer_is_the_old_one_or_the_new_one(
    releases: Releases, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        add(releases, root)
    releases.go_live(1, "ayse", "x")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("clinicbot.faq.safe_files.os.replace", full)
    with pytest.raises(OSError, match="no space"):
        releases.go_live(2, "ayse", "x")
    assert number_of_live(releases) == 1


def test_a_release_whose_model_is_damaged_does_not_go_live(releases: Releases, root: Path) -> None:
    for _ in range(2):
        add(releases, root)
    releases.go_live(1, "ayse", "x")
    model = releases.get(2).model
    model.write_bytes(model.read_bytes()[:-3])
    with pytest.raises(ReleaseError, match="model of release 2 is damaged; choose another"):
        releases.go_live(2, "ayse", "x")
    with pytest.raises(ReleaseError, match="no release 7"):
        releases.go_live(7, "ayse", "x")
    assert number_of_live(releases) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"by": "ayse"}', '"approved_by"', "\ud800"])
def test_a_damaged_release_is_told_in_words_and_harms_no_other(releases: Releases, root: Path, text: str) -> None:
    for _ in range(3):
        add(releases, root)
    releases.go_live(1, "ayse", "x")
    (releases.get(2).folder / "release.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ReleaseError, match="release 2 is damaged"):
        releases.get(2)
    assert [release.number for release in releases.all()] == [3, 1]
    assert number_of_live(releases) == 1
    releases.go_live(3, "ayse", "x")
    assert number_of_live(releases) == 3
    assert add(releases, root).number == 4


@pytest.mark.parametrize("name", ["difference.json", "proof.json"])
def test_a_damaged_record_is_told_in_words(releases: Releases, root: Path, name: str) -> None:
    made = add(releases, root)
    (made.folder / name).write_text("{", encoding="utf-8")
    with pytest.raises(ReleaseError, match=name):
        _ = made.difference, made.proof


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"number": 1}'])
def test_a_damaged_pointer_is_told_in_words_and_mended_by_choosing(releases: Releases, root: Path, text: str) -> None:
    for _ in range(2):
        releases.go_live(add(releases, root).number, "ayse", "x")
    (releases.folder / "live").write_text(text, encoding="utf-8")
    with pytest.raises(ReleaseError, match="clinicbot rollback NUMBER"):
        releases.live()
    assert add(releases, root).number == 3
    assert releases.go_live(2, "ayse", "x").before is None
    assert number_of_live(releases) == 2


def test_the_last_twenty_are_kept_with_the_live_one_and_the_one_before(releases: Releases, root: Path) -> None:
    for _ in range(KEPT + 5):
        add(releases, root)
    releases.go_live(1, "ayse", "x")
    assert [release.number for release in releases.all()] == [*range(KEPT + 5, 5, -1), 1]
    add(releases, root)
    releases.go_live(8, "ayse", "x")
    assert [release.number for release in releases.all()] == [*range(KEPT + 6, 6, -1), 1]
    releases.go_live(9, "ayse", "x")
    assert [release.number for release in releases.all()] == [*range(KEPT + 6, 6, -1)]


def test_what_is_forgotten_by_halves_is_not_there(
    releases: Releases, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(KEPT + 1):
        add(releases, root)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # killed before anything was removed
        releases.go_live(3, "ayse", "x")
    assert [release.number for release in releases.all()] == [*range(KEPT + 1, 1, -1)]
    releases.go_live(4, "ayse", "x")
    assert not [path for path in releases.folder.iterdir() if path.name.startswith(".")]


def test_the_live_ones_number_is_never_given_again(releases: Releases, root: Path) -> None:
    for _ in range(3):
        releases.go_live(add(releases, root).number, "ayse", "x")
    shutil.rmtree(releases.get(3).folder)
    with pytest.raises(ReleaseError, match="no release 3"):
        releases.live()
    assert add(releases, root).number == 4


def test_other_things_in_the_folder_are_no_releases(releases: Releases, root: Path) -> None:
    add(releases, root)
    (releases.folder / "0002 (copy)").mkdir()
    (releases.folder / "7.zip").write_text("x")
    assert [release.number for release in releases.all()] == [1]
    assert add(releases, root).number == 2


def test_content_is_copied_while_no_writer_is_in_it(root: Path, tmp_path: Path) -> None:
    copied = threading.Event()

    def copy() -> None:
        copy_content(root, tmp_path / "copy")
        copied.set()

    with locked(root / "data" / "faq"):
        thread = threading.Thread(target=copy)
        thread.start()
        edit(root, "4 to 6 months", "5 months")
        assert not copied.wait(0.05)
    thread.join(30)
    assert contents(tmp_path / "copy") == contents(root)


def test_what_another_writer_has_not_finished_is_not_copied(root: Path, tmp_path: Path) -> None:
    (root / "data" / ".clinic.yml.tmp").write_text("half", encoding="utf-8")
    copy_content(root, tmp_path / "copy")
    assert not (tmp_path / "copy" / "data" / ".clinic.yml.tmp").exists()


def test_a_model_on_another_disk_is_copied(
    releases: Releases, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(*_: Any) -> None:
        raise OSError(errno.EXDEV, "cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    model = write_archive(tmp_path / "model.tar.gz")
    made = releases.add(root, model, ABOUT)
    assert made.model.read_bytes() == model.read_bytes()
    assert made.model.stat().st_ino != model.stat().st_ino


def test_releases_record_is_readable_json(releases: Releases, root: Path) -> None:
    raw = json.loads((add(releases, root).folder / "release.json").read_text(encoding="utf-8"))
    assert (raw["by"], raw["approved_by"]) == ("ayse", [])
