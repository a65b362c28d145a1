"""A model archive laid out as Rasa's, around a small model, and a checkout that it belongs to."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from clinicbot import rasa_yaml
from clinicbot.nlu.assembling import CLASSIFIER
from clinicbot.nlu.question_model import QuestionModel
from tests.faq.checkouts import TOPIC
from tests.releases.contents import write_root

CONFIG = f"""\
recipe: default.v1
assistant_id: test
language: en
pipeline:
  - name: {CLASSIFIER}
    negatives: [out_of_scope]
    asides: [greet]
policies:
  - name: RulePolicy
"""
FOLDER = f"components/train_{CLASSIFIER}2"


def write_checkout(folder: Path) -> Path:
    """As `write_root`, but Rasa can train it, too."""
    root = write_root(folder)
    (root / "config.yml").write_text(CONFIG, encoding="utf-8")
    domain = (root / "domain.yml").read_text(encoding="utf-8")
    slot = "slots:\n  language:\n    type: text\n    influence_conversation: false\n"
    slot += "    mappings: [{type: from_entity, entity: language}]\nresponses:\n  utter_hello:\n  - text: Hello\n"
    (root / "domain.yml").write_text(domain + slot, encoding="utf-8")
    rules = "rules:\n- rule: greet\n  steps: [{intent: greet}, {action: utter_hello}]\n"
    with (root / "data" / "dialogue" / "out_of_scope.yml").open("a", encoding="utf-8") as file:
        file.write(rules)
    return root


def write_archive(path: Path, model: QuestionModel) -> Path:
    """Of the small checkout's content."""
    folder = path.parent / "of-archive"
    folder.mkdir()
    model.save(folder)
    responses = rasa_yaml.load(TOPIC)["responses"]
    domain: dict[str, Any] = {
        "version": "3.1",
        "intents": [{"duration": {"is_retrieval_intent": True}}, "greet", "out_of_scope"],
        "responses": {"utter_hello": [{"text": "Hello"}], **responses},
    }
    metadata = {"domain": domain, "model_id": "1", "trained_at": "2026-01-01T00:00:00.000000", "language": "en"}
    with tarfile.open(path, "w:gz") as archive:
        for name, data in {
            f"{FOLDER}/titles.json": b"{}",
            "components/train_RulePolicy0/rules.json": b"[1]",
            "components/domain_provider/domain.yml": rasa_yaml.dump(domain).encode(),
            "metadata.json": json.dumps(metadata).encode(),
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name in ("model.npz", "model.json"):
            archive.add(folder / name, f"{FOLDER}/{name}")
    return path


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as files:
        read = {member.name: files.extractfile(member) for member in files.getmembers()}
        return {name: file.read() for name, file in read.items() if file}
