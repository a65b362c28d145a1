"""A small assistant on disk for proofs: the library of tests/nlu_model as a content, and frozen questions."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.nlu_model.conftest import LIBRARY, LIBRARY_TITLES

CONFIG = """\
recipe: default.v1
language: en
pipeline:
  - name: clinicbot.nlu.question_classifier.QuestionClassifier
    negatives: [out_of_scope]
    urgent: {report_red: 0.0}
    asides: [greet, thank, affirm, deny]
"""
Phrasings = Mapping[str, Sequence[str]]

# An emergency of this library is a fire.
PHRASINGS: dict[str, list[str]] = {
    {"report_fire": "report_red"}.get(label, label): list(texts) for label, texts in LIBRARY.items()
}
FROZEN: dict[str, Phrasings] = {
    "questions_en": {
        "loans/renew": [
            "may i renew my books",
            "can i extend a loan online",
            "how do i extend my loan",
            "is it possible to renew my books",
            "can my books be renewed",
            "how do i renew a loan",
        ],
        "loans/how_long": [
            "how many weeks may i keep a book",
            "how long may i borrow a book",
            "when must i return my book",
            "for how long can i keep a book",
        ],
        "rooms/parking": ["where is the bicycle parking", "can i park a bicycle outside"],
    },
    "emergencies_en": {"report_red": ["there is smoke", "the reading room is burning", "fire help"]},
    "general_side_effects": {"rooms/parking": ["is there parking for a bicycle", "where can i lock my bicycle"]},
    "out_of_scope": {"out_of_scope": ["tell me the weather", "order a pizza please", "play a joke"]},
    "small_talk": {"greet": ["hello good morning"]},
}


def write_content(root: Path, phrasings: Phrasings = PHRASINGS) -> Path:
    """A content root whose FAQs and intents have these phrasings."""
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("faq", "dialogue", "safety"):
        (root / "data" / folder).mkdir(parents=True)
    (root / "config.yml").write_text(CONFIG, encoding="utf-8")
    (root / "domain.yml").write_text("intents: []\n", encoding="utf-8")
    (root / "data/safety/emergency.yml").write_text("en: Call 112 now.\n", encoding="utf-8")
    faqs = [label for label in phrasings if "/" in label]
    for topic in sorted({label.partition("/")[0] for label in faqs}):
        mine = {label: phrasings[label] for label in faqs if label.startswith(f"{topic}/")}
        (root / f"data/faq/{topic}.yml").write_text(_nlu(mine) + _responses(mine), encoding="utf-8")
    others = {label: texts for label, texts in phrasings.items() if "/" not in label}
    (root / "data/dialogue/small.yml").write_text(_nlu(others), encoding="utf-8")
    return root


def write_frozen(folder: Path, files: Mapping[str, Phrasings] = FROZEN) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        (folder / f"{name}.yml").write_text(_nlu(lines), encoding="utf-8")
    return folder


def _nlu(phrasings: Phrasings) -> str:
    blocks = [
        f"- intent: {label}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
        for label, texts in phrasings.items()
    ]
    return "nlu:\n" + "".join(blocks)


def _responses(faqs: Phrasings) -> str:
    lines = [
        f"  utter_{label}:\n  - text: {json.dumps(f'The answer of {label}')}\n    metadata: "
        f"{{title: {json.dumps(LIBRARY_TITLES.get(label, {}).get('en', label))}, source: [p1.1], reviewed_on: null}}\n"
        for label in faqs
    ]
    return "responses:\n" + "".join(lines)
