from datetime import date
from pathlib import Path

import pytest

from clinicbot.faq.files import load_faqs, phrasings_of, read_faqs, read_intents, read_topic
from clinicbot.faq.model import TOPICS
from clinicbot.yaml_files import ContentError

TOPIC = """\
version: "3.1"
nlu:
- intent: duration/how_long
  examples: |
    - how long does it last
    - ne kadar sürer
responses:
  utter_duration/how_long:
  - text: "It lasts 4 to 6 months."
    metadata: {title: "How long?", source: [p5.2], reviewed_on: 2026-05-31, phone_line: true}
  - text: "4 ila 6 ay sürer."
    condition: [{type: slot, name: language, value: tr}]
    metadata: {title: "Ne kadar?", source: [p5.2], reviewed_on: null}
rules:
- rule: answer a question about duration
  steps: [{intent: duration}, {action: utter_duration}]
"""


def write(folder: Path, text: str = TOPIC, name: str = "duration.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_topic_file_is_read_whole(tmp_path: Path) -> None:
    (faq,) = read_topic(write(tmp_path))
    assert (faq.id, faq.topic) == ("duration/how_long", "duration")
    assert faq.phrasings == ("how long does it last", "ne kadar sürer")
    english, turkish = faq.answers["en"], faq.answers["tr"]
    assert english.text == "It lasts 4 to 6 months."
    assert (english.title, english.source, english.phone_line) == ("How long?", ("p5.2",), True)
    assert english.reviewed_on == date(2026, 5, 31)
    assert (turkish.text, turkish.reviewed_on, turkish.phone_line) == ("4 ila 6 ay sürer.", None, False)


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, TOPIC.replace("duration", "aftercare"), "aftercare.yml")
    assert [faq.topic for faq in read_faqs(tmp_path)] == ["aftercare", "duration"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("responses:", "answers:", "expected the keys"),
        ("utter_duration/how_long:", "utter_duration/other:", "answers without questions: duration/other"),
        ("    - ne kadar sürer", "    ne kadar sürer", "must start with `- `"),
        ("    condition: [{type: slot, name: language, value: tr}]\n", "", "two answers in en"),
        ("name: language, value: tr", "name: age, value: tr", "a condition must be"),
        (", reviewed_on: null", "", r"\(tr\): metadata needs"),
        ("reviewed_on: null", "reviewed_on: lately", "must be null or a date"),
        ("nlu:\n", "nlu: [\n", "not valid YAML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TOPIC
    with pytest.raises(ContentError, match=message):
        read_topic(write(tmp_path, TOPIC.replace(old, new)))


def test_files_that_are_missing_or_not_utf8_are_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="is missing"):
        read_topic(tmp_path / "nothing.yml")
    path = tmp_path / "latin.yml"
    path.write_bytes("text: für".encode("latin-1"))
    with pytest.raises(ContentError, match="not UTF-8"):
        read_topic(path)


def test_examples_must_be_a_block_of_lines() -> None:
    assert phrasings_of("- one\n\n- two \n", "here") == ("one", "two")
    with pytest.raises(ContentError, match="here"):
        phrasings_of(["one"], "here")


def test_intents_of_a_file_without_nlu_are_none(tmp_path: Path) -> None:
    assert read_intents(write(tmp_path, "version: '3.1'\nrules: []\n")) == {}


def test_the_clinics_faqs_cover_every_topic() -> None:
    faqs = load_faqs()
    assert {faq.topic for faq in faqs.values()} == set(TOPICS)
    assert all(faq_id == faq.id for faq_id, faq in faqs.items())
