"""Checkouts that a test may write to: a small one without findings, and copies of this one's content."""

import shutil
from pathlib import Path

from clinicbot import paths

DOCUMENT = "- p1.1 It is not permanent and lasts 4 to 6 months.\n- p1.2 Additional doses may be given.\n"
WORDS = ("how", "why", "when", "where", "tell me")
DOMAIN = """\
version: "3.1"

# Short on purpose.
intents:
  - duration
  - greet
  - out_of_scope

entities:
  - language

session_config:
  session_expiration_time: 60
"""


def examples(about: str, number: int) -> str:
    return "".join(f"    - {WORDS[i % len(WORDS)]} {about} {i}\n" for i in range(number))


TOPIC = f"""\
version: "3.1"
nlu:
- intent: duration/how_long
  examples: |
{examples("does it last", 25)}\
- intent: duration/more
  examples: |
{examples("another dose", 25)}\
responses:
  utter_duration/how_long:
  - text: "It is not permanent and lasts 4 to 6 months."
    metadata: {{title: "How long?", source: [p1.1], reviewed_on: 2026-05-31, phone_line: true}}
  - text: "Kalıcı değildir, 4 ila 6 ay sürer."
    condition: [{{type: slot, name: language, value: tr}}]
    metadata: {{title: "Ne kadar?", source: [p1.1], reviewed_on: null, phone_line: true}}
  utter_duration/more:
  - text: "Additional doses may be given."
    metadata: {{title: "More?", source: [p1.2], reviewed_on: null}}
  - text: "Ek doz verilebilir."
    condition: [{{type: slot, name: language, value: tr}}]
    metadata: {{title: "Ek doz?", source: [p1.2], reviewed_on: null}}
rules:
- rule: answer a question about duration
  steps: [{{intent: duration}}, {{action: utter_duration}}]
"""
DIALOGUE = f"""\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
- intent: out_of_scope
  examples: |
{examples("the weather", 400)}"""


def small_checkout(folder: Path, clinic: Path) -> Path:
    """Two FAQs of one topic, in English and Turkish; the linter's own minima hold."""
    for name in ("faq", "document", "dialogue", "texts"):
        (folder / "data" / name).mkdir(parents=True)
    shutil.copy(clinic, folder / "data" / "clinic.yml")
    for name, text in {
        "domain.yml": DOMAIN,
        "data/faq/duration.yml": TOPIC,
        "data/document/apex-clinic-botox.md": DOCUMENT,
        "data/dialogue/out_of_scope.yml": DIALOGUE,
        "data/texts/en.yml": "hello: Hello\n",
        "data/texts/tr.yml": "hello: Merhaba\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def copy_of_this_checkout(folder: Path) -> Path:
    shutil.copytree(paths.DATA, folder / "data")
    shutil.copy(paths.ROOT / "domain.yml", folder / "domain.yml")
    return folder


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a checkout by its path; what two checkouts have in common is told by ==."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
