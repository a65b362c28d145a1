import shutil
from pathlib import Path

import pytest
import yaml

from clinicbot.faq import linter
from clinicbot.faq.linter import fingerprint, lint, report
from tests.conftest import PHONE, WriteClinic

DOCUMENT = "- p1.1 It is not permanent and lasts 4 to 6 months.\n- p1.2 Additional doses may be given.\n"
TOPIC = """\
version: "3.1"
nlu:
- intent: duration/how_long
  examples: |
    - how long does it last
    - how many months
- intent: duration/more
  examples: |
    - can i have more
    - another dose
responses:
  utter_duration/how_long:
  - text: "It is not permanent and lasts 4 to 6 months."
    metadata: {title: "How long?", source: [p1.1], reviewed_on: null}
  - text: "Kalıcı değildir, 4 ila 6 ay sürer."
    condition: [{type: slot, name: language, value: tr}]
    metadata: {title: "Ne kadar?", source: [p1.1], reviewed_on: null}
  utter_duration/more:
  - text: "Additional doses may be given."
    metadata: {title: "More?", source: [p1.2], reviewed_on: null}
  - text: "Ek doz verilebilir."
    condition: [{type: slot, name: language, value: tr}]
    metadata: {title: "Ek doz?", source: [p1.2], reviewed_on: null}
rules:
- rule: answer a question about duration
  steps: [{intent: duration}, {action: utter_duration}]
"""
DIALOGUE = """\
version: "3.1"
nlu:
- intent: out_of_scope
  examples: |
    - what is the weather
    - order a pizza
"""


@pytest.fixture
def root(tmp_path: Path, write_clinic: WriteClinic, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout without findings."""
    monkeypatch.setattr(linter, "MIN_PHRASINGS", 2)
    monkeypatch.setattr(linter, "MIN_OUT_OF_SCOPE", 2)
    for folder in ("faq", "document", "dialogue", "texts"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    shutil.copy(write_clinic(), tmp_path / "data" / "clinic.yml")
    for name, text in {
        "faq/duration.yml": TOPIC,
        "document/apex-clinic-botox.md": DOCUMENT,
        "dialogue/out_of_scope.yml": DIALOGUE,
        "texts/en.yml": "hello: Hello\n",
        "texts/tr.yml": "hello: Merhaba\n",
    }.items():
        (tmp_path / "data" / name).write_text(text, encoding="utf-8")
    return tmp_path


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / "data" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def codes(root: Path) -> list[str]:
    return [finding.code for finding in lint(root)]


def test_a_faultless_checkout_has_no_findings(root: Path) -> None:
    assert lint(root) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("faq/duration.yml", "utter_duration/more:", "utter_duration/less:", "F001"),
        ("clinic.yml", "emergency_number", "emergency_numbr", "F001"),
        ("texts/tr.yml", "Merhaba", "''", "F001"),
        ("faq/duration.yml", "{action: utter_duration}", "{action: utter_uses}", "F003"),
        ("faq/duration.yml", "    - another dose\n", "", "F004"),
        ("faq/duration.yml", 'text: "Ek doz verilebilir."', 'text: ""', "F005"),
        ("faq/duration.yml", "may be given.", "may be given. Or. Not now. At all.", "F006"),
        ("faq/duration.yml", "Additional doses may", "Additional {doses} may", "F007"),
        ("faq/duration.yml", "Additional doses may", "Additional <b>doses</b> may", "F007"),
        ("faq/duration.yml", 'title: "More?"', 'title: ""', "F008"),
        ("faq/duration.yml", "Additional doses may be given.", f"Call {PHONE}.", "F009"),
        ("faq/duration.yml", "source: [p1.2]", "source: [p7]", "F010"),
        ("faq/duration.yml", "source: [p1.2]", "source: []", "F010"),
        ("faq/duration.yml", "Additional doses", "5 additional doses", "F011"),
        ("faq/duration.yml", "doses may be given", "doses may not be given", "F011"),
        ("faq/duration.yml", "4 ila 6 ay", "4 ila 8 ay", "F012"),
        ("faq/duration.yml", "Kalıcı değildir, ", "", "F013"),
        ("faq/duration.yml", '"How long?", source: [p1.1]', '"How long?", source: [p1.1, p1.2]', "F014"),
        ("document/apex-clinic-botox.md", "- p1.2", "- p1.3 Nobody answers this.\n- p1.2", "F015"),
        ("dialogue/out_of_scope.yml", "order a pizza", "Another dose!", "F016"),
        ("dialogue/out_of_scope.yml", "order a pizza", "/order a pizza", "F017"),
        ("dialogue/out_of_scope.yml", "order a pizza", "pizza " * 40, "F017"),
        ("dialogue/out_of_scope.yml", "    - order a pizza\n", "", "F018"),
        ("faq/duration.yml", 'title: "More?"', 'title: "how long?"', "F019"),
        ("texts/en.yml", "hello: Hello", "hello: Hello\nbye: Bye", "F020"),
    ],
)
def test_each_fault_has_its_number(root: Path, name: str, old: str, new: str, code: str) -> None:
    edit(root, name, old, new)
    assert code in codes(root)


def test_an_answer_in_a_language_without_a_negation_rule_is_a_finding(root: Path) -> None:
    edit(root, "faq/duration.yml", "value: tr", "value: it")
    assert {"F005", "F021"} <= set(codes(root))


def test_an_faq_in_the_wrong_file_is_found(root: Path) -> None:
    folder = root / "data" / "faq"
    (folder / "duration.yml").rename(folder / "uses.yml")
    assert {"F002", "F003"} <= set(codes(root))


def test_one_unreadable_topic_does_not_hide_the_others(root: Path) -> None:
    (root / "data" / "faq" / "aaa.yml").write_text("nlu: [", encoding="utf-8")
    edit(root, "faq/duration.yml", 'title: "More?"', 'title: ""')
    assert {"F001", "F008"} <= set(codes(root))


def test_a_finding_reads_as_code_place_and_advice(root: Path) -> None:
    edit(root, "faq/duration.yml", "    - another dose\n", "")
    assert report(lint(root)) == "F004 duration/more: has 1 phrasings; write at least 2"


def test_fingerprint_ignores_case_punctuation_and_spacing() -> None:
    assert fingerprint("How  long, does it LAST?!") == fingerprint("how long does it last")
    assert fingerprint("how long") != fingerprint("how much")
    assert fingerprint("ne kadar sürer") != fingerprint("ne kadar surer")


def test_the_test_content_is_yaml_as_written() -> None:
    assert yaml.safe_load(TOPIC)["rules"][0]["steps"] == [{"intent": "duration"}, {"action": "utter_duration"}]
