"""Rasa model archives around a model of ours that was trained outside of Rasa.

Rasa itself makes the archive of a first or large training, from a project that has its rules and answers but one
phrasing an intent: it reads its data so slowly that the rest would take a minute. Where only FAQs within known topics
changed, nothing that Rasa trains changes (the rules know topics, not FAQs), and the archive is the last one with the
model and the answers replaced; tests hold it against what Rasa makes of the same content.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import uuid
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from clinicbot import rasa_yaml
from clinicbot.faq.files import phrasings_of, topics_in
from clinicbot.nlu.assembling import CLASSIFIER, titles_in
from clinicbot.nlu.encoder import Encoder
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.training.errors import TrainingError
from clinicbot.training.models import is_whole
from clinicbot.yaml_files import read_yaml

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
    # Rasa's cache knows a component by its class alone: a change in a module below it would give the old model again
    "RASA_MAX_CACHE_SIZE": "0",
}
MODEL_FILES = ("model.npz", "model.json")
# What reading a damaged archive, or arrays in it, raises.
_DAMAGES = (OSError, EOFError, RuntimeError, tarfile.TarError, zipfile.BadZipFile, zlib.error)
_METADATA = "metadata.json"
_DOMAIN = "components/domain_provider/domain.yml"


def package_with_rasa(content: Path, model: Path, archive: Path, log: Path) -> None:
    """Has Rasa train everything but the classifier, whose files are in the folder `model`. Raises TrainingError."""
    with tempfile.TemporaryDirectory(prefix="project-") as name:
        project = Path(name)
        _write_project(content, model, project)
        rasa = str(Path(sys.executable).with_name("rasa"))
        command = [rasa, "train", "--quiet", "--skip-validation", "--domain", str(project / "domain.yml")]
        command += ["--config", str(project / "config.yml"), "--data", str(project / "data")]
        command += ["--out", str(project / "made"), "--fixed-model-name", "model.tar.gz"]
        with log.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                command, cwd=project, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **QUIET}, check=False
            )
        made = project / "made" / "model.tar.gz"
        if done.returncode != 0 or not made.exists():
            raise TrainingError(f"Rasa could not package the model; see {log}")
        shutil.copyfile(made, archive)


def _write_project(content: Path, model: Path, project: Path) -> None:
    shutil.copy2(content / "domain.yml", project)
    config = _read(content / "config.yml")
    for component in config["pipeline"]:
        if "vocabulary" in component:
            component["vocabulary"] = str(content / component["vocabulary"])
        if component["name"] == CLASSIFIER:
            component["trained"] = str(model)
    _write_yaml(project / "config.yml", config)
    for folder in ("faq", "dialogue"):
        (project / "data" / folder).mkdir(parents=True)
        for path in sorted((content / "data" / folder).glob("*.yml")):
            raw = _read(path)
            for block in raw.get("nlu") or []:
                block["examples"] = f"- {phrasings_of(block['examples'], str(path))[0]}\n"
            _write_yaml(project / "data" / folder / path.name, raw)


def _read(path: Path) -> Any:
    return rasa_yaml.load(path.read_text(encoding="utf-8"))


def _write_yaml(path: Path, content: Any) -> None:
    path.write_text(rasa_yaml.dump(content), encoding="utf-8")


def load_model(archive: Path, encoder: Encoder) -> tuple[QuestionModel, dict[str, dict[str, str]]]:
    """The classifier's model and the FAQs' titles by language. Raises TrainingError for a damaged archive."""
    if not is_whole(archive):
        raise TrainingError(f"{archive} is damaged or missing; train with `clinicbot train`")
    with tempfile.TemporaryDirectory(prefix="model-") as name:
        folder = Path(name)
        try:
            with tarfile.open(archive) as files:
                for member in files:
                    file = Path(member.name)
                    if member.isfile() and CLASSIFIER in file.parent.name:
                        member.name = file.name
                        files.extract(member, folder)
            titles = json.loads((folder / "titles.json").read_text(encoding="utf-8"))
            return QuestionModel.load(folder, encoder), titles
        except (*_DAMAGES, KeyError, ValueError) as error:
            raise TrainingError(f"the model in {archive} can't be read: {error}") from error


def can_be_reassembled(base: Path, content: Path) -> bool:
    """Whether a release's archive needs no training by Rasa to become that of another content: `base` and `content`
    are laid out like checkouts, and differ in FAQs of the same topics and in phrasings only. Raises ContentError."""
    old, new = _trained_from(base), _trained_from(content)
    return old.keys() == new.keys() and all(_is_alike(old[name], new[name]) for name in old)


def _trained_from(content: Path) -> dict[str, Path]:
    folders = [(content / "data" / folder).glob("*.yml") for folder in ("faq", "dialogue")]
    single = [content / name for name in ("domain.yml", "config.yml", "data/vocabulary.yml")]
    paths = [path for path in (*single, *folders[0], *folders[1]) if path.exists()]
    return {path.relative_to(content).as_posix(): path for path in paths}


def _is_alike(old: Path, new: Path) -> bool:
    """Whether Rasa's own training sees the same in two files: all but phrasings, and the FAQs' questions."""
    if old.read_bytes() == new.read_bytes():
        return True
    was, now = read_yaml(old), read_yaml(new)
    left_out = ("nlu", "responses") if old.parent.name == "faq" else ("nlu",)
    rest = [{key: value for key, value in raw.items() if key not in left_out} for raw in (was, now)]
    return rest[0] == rest[1] and ("responses" in left_out or _intents(was) == _intents(now))


def _intents(raw: dict[str, Any]) -> list[str]:
    return [block["intent"] for block in raw.get("nlu") or []]


@dataclass(frozen=True)
class Shell:
    """All of a model archive but the classifier's model, in the order of its members."""

    members: tuple[tuple[tarfile.TarInfo, bytes], ...]
    metadata: dict[str, Any]
    classifier: str

    @classmethod
    def of(cls, archive: Path) -> "Shell":
        """Raises TrainingError for an archive that is damaged, or isn't laid out as Rasa 3.6 does it."""
        try:
            with tarfile.open(archive) as files:
                members = files.getmembers()
                classifier = next((str(Path(m.name).parent) for m in members if m.name.endswith("/titles.json")), "")
                left_out = {f"{classifier}/{name}" for name in MODEL_FILES}
                read = tuple((m, _content_of(files, m)) for m in members if m.name not in left_out)
            contents = {member.name: content for member, content in read}
            metadata = json.loads(contents.get(_METADATA, b"null"))
        except (*_DAMAGES, ValueError) as error:
            raise TrainingError(f"{archive} can't be read: {error}") from error
        if not classifier or _DOMAIN not in contents or metadata is None:
            raise TrainingError(f"{archive} is no model of this assistant; train with `clinicbot train`")
        return cls(read, metadata, classifier)


def _content_of(files: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = files.extractfile(member)
    return file.read() if file else b""


def reassemble(shell: Shell, content: Path, model: Path, archive: Path) -> None:
    """The archive of `shell` with the classifier's files of the folder `model` and the FAQ answers of `content`."""
    answers = _faq_answers(content)
    domain = dict(shell.metadata["domain"])
    domain["responses"] = _with_answers(domain["responses"], answers, topics_in(content))
    metadata = {
        **shell.metadata,
        "domain": domain,
        "model_id": uuid.uuid4().hex,
        "trained_at": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%f}",
    }
    replaced: dict[str, bytes] = {
        _METADATA: json.dumps(metadata).encode(),
        _DOMAIN: rasa_yaml.dump(domain).encode(),
        f"{shell.classifier}/titles.json": json.dumps(titles_in(answers), ensure_ascii=False).encode(),
    }
    with tarfile.open(archive, "w:gz", compresslevel=1) as new:
        for member, old in shell.members:
            data = replaced.get(member.name, old)
            member.size = len(data)
            new.addfile(member, io.BytesIO(data) if member.isfile() else None)
        for name in MODEL_FILES:
            new.add(model / name, f"{shell.classifier}/{name}")


def _faq_answers(content: Path) -> dict[str, Any]:
    """Rasa's responses of all FAQs, by action."""
    answers: dict[str, Any] = {}
    for path in sorted((content / "data" / "faq").glob("*.yml")):
        answers |= _read(path)["responses"]
    return answers


def _with_answers(responses: dict[str, Any], answers: dict[str, Any], topics: set[str]) -> dict[str, Any]:
    """Rasa numbers its actions in this order, so what is known keeps its place."""
    kept = {
        action: answers.get(action, variations)
        for action, variations in responses.items()
        if action in answers or action.removeprefix("utter_").partition("/")[0] not in topics
    }
    return {**kept, **{action: variations for action, variations in answers.items() if action not in kept}}
