"""The writer of what no FAQ may answer."""

from pathlib import Path

import pytest

from clinicbot import paths
from clinicbot.faq import outside
from clinicbot.faq.files import read_intents
from clinicbot.faq.linter import lint
from clinicbot.faq.writer import Refused
from clinicbot.yaml_files import ContentError
from tests.conftest import WriteClinic
from tests.faq.checkouts import contents, copy_of_this_checkout, small_checkout

FILE = "data/dialogue/out_of_scope.yml"


@pytest.fixture
def root(tmp_path: Path, write_clinic: WriteClinic) -> Path:
    return small_checkout(tmp_path / "checkout", write_clinic())


def test_new_phrasings_come_behind_the_others_and_nothing_else_changes(root: Path) -> None:
    before = contents(root)
    assert outside.add("out_of_scope", ["do you sell gift cards", "Gift: voucher?"], root) == [
        "do you sell gift cards",
        "Gift: voucher?",
    ]
    after = contents(root)
    assert after.pop(FILE) == before.pop(FILE) + b"    - do you sell gift cards\n    - Gift: voucher?\n"
    assert after == before
    assert lint(root) == []


def test_the_repositorys_own_files_keep_their_layout(tmp_path: Path) -> None:
    root = copy_of_this_checkout(tmp_path / "checkout")
    before = contents(root)
    assert outside.add("not_in_document", ["may i ride a unicycle afterwards"], root)
    assert outside.add("out_of_scope", ["who feeds the swans"], root)
    for name in ("not_in_document", "out_of_scope"):
        text = (root / "data/dialogue" / f"{name}.yml").read_bytes()
        assert text.startswith(before[f"data/dialogue/{name}.yml"])
        assert text.count(b"\n") == before[f"data/dialogue/{name}.yml"].count(b"\n") + 1
    assert lint(root) == lint(paths.ROOT)
    assert outside.remove("not_in_document", ["May I ride a unicycle afterwards?"], root) == 1
    assert outside.remove("out_of_scope", ["who feeds the swans", "what's the weather on mars"], root) == 1
    assert contents(root) == before


def test_what_is_there_already_is_dropped(root: Path) -> None:
    before = contents(root)
    assert outside.add("out_of_scope", ["How the weather 0?"], root) == []
    assert contents(root) == before
    assert len(outside.add("out_of_scope", ["gift card", "Gift card!"], root)) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("How does it last 0", "F016"),
        ("hello", "F016"),
        ("x" * 201, "F017"),
        ("a [b]", "F017"),
        ("/restart", "F017"),
        ("two\nlines", "F017"),
        ("", "F017"),
    ],
)
def test_what_belongs_elsewhere_or_cannot_be_written_is_refused(root: Path, text: str, code: str) -> None:
    before = contents(root)
    with pytest.raises(Refused) as refused:
        outside.add("out_of_scope", ["a good one", text], root)
    assert [finding.code for finding in refused.value.findings] == [code]
    assert contents(root) == before


def test_any_message_is_made_usable(root: Path) -> None:
    text = outside.usable("  /a [b]\n{c} <d>\u2028\x07e\\f  ")
    assert text == "a b c d e f"
    assert outside.add("out_of_scope", [text], root) == [text]
    assert outside.usable("[]\n") == ""


def test_too_few_may_not_be_left(root: Path) -> None:
    texts = read_intents(root / FILE)["out_of_scope"]
    before = contents(root)
    with pytest.raises(Refused, match="F018"):
        outside.remove("out_of_scope", texts[:1], root)
    assert contents(root) == before


def test_another_layout_is_left_alone(root: Path) -> None:
    path = root / FILE
    path.write_text(
        path.read_text("utf-8").replace("- intent: out_of_scope\n", "- intent: out_of_scope  # ours\n"), "utf-8"
    )
    before = contents(root)
    with pytest.raises(ContentError, match="must stand under"):
        outside.add("out_of_scope", ["gift card"], root)
    assert contents(root) == before


def test_an_intent_that_is_not_there_is_told(root: Path) -> None:
    with pytest.raises(ContentError, match="no file has the intent not_in_document"):
        outside.add("not_in_document", ["gift card"], root)
    with pytest.raises(ValueError, match="greet is none of"):
        outside.add("greet", ["gift card"], root)
