from pathlib import Path

import pytest

from clinicbot.store.sent_journal import SentJournal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "sent.journal"


def test_what_was_added_is_there_after_a_restart(path: Path) -> None:
    journal = SentJournal(path)
    journal.add("a1", "wamid.a")
    journal.add("b2", "wamid.b")
    # not closed: the process was killed
    assert SentJournal(path).read() == {"a1": "wamid.a", "b2": "wamid.b"}


@pytest.mark.parametrize("damage", [b"b2 wam", b"\0\0\0\0\n", b"nonsense\n", b"\xff\xfe\n", b"\n"])
def test_a_damaged_line_is_left_out(path: Path, damage: bytes) -> None:
    SentJournal(path).add("a1", "wamid.a")
    with path.open("ab") as file:
        file.write(damage)
    assert SentJournal(path).read() == {"a1": "wamid.a"}


def test_it_is_emptied(path: Path) -> None:
    journal = SentJournal(path)
    journal.add("a1", "wamid.a")
    journal.clear()
    assert journal.read() == {}
    journal.add("b2", "wamid.b")
    assert journal.read() == {"b2": "wamid.b"}


def test_only_this_user_may_read_it(path: Path) -> None:
    SentJournal(path)
    assert path.stat().st_mode & 0o077 == 0
