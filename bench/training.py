"""Training each bot in a process of its own, without Rasa's cache, timed."""

import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.processes import ENVIRONMENT, FOLDER
from clinicbot.training.models import current_model, fingerprint


class TrainError(Exception):
    """Training failed; the message names the log."""


@dataclass(frozen=True)
class Training:
    """`content` names what the model was made from, so that an old model isn't taken for a new one."""

    model: str
    content: str
    wall_seconds: float
    cpu_seconds: float


def train_ours(project: Path, *, reuse: bool) -> Training:
    """`clinicbot train`, as `make run` does it, in a copy of the checkout. Raises TrainError."""
    command = [sys.executable, "-m", "clinicbot", "train"]
    return _train("ours", command, project, fingerprint(project), lambda: current_model(project), reuse)


def train_stock(project: Path, *, reuse: bool) -> Training:
    """`rasa train` in the stock project. Raises TrainError."""
    content = _digest(project)
    model = project / "models" / f"{content}.tar.gz"
    rasa = str(Path(sys.executable).with_name("rasa"))
    # not --quiet: the log's progress bar tells how far it is
    command = [rasa, "train", "--skip-validation", "--fixed-model-name", model.name]
    return _train("stock", command, project, content, lambda: model if model.exists() else None, reuse)


def _train(
    name: str, command: list[str], folder: Path, content: str, find: Callable[[], Path | None], reuse: bool
) -> Training:
    """With `reuse`, an earlier training of the same content is taken, with the times measured then."""
    record, log = FOLDER / name / "training.json", FOLDER / name / "log" / "train.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if reuse and record.exists():
        earlier = Training(**json.loads(record.read_text(encoding="utf-8")))
        if earlier.content == content and Path(earlier.model).exists():
            return earlier
    # OMP_NUM_THREADS is for serving; training may use the whole machine, as for somebody who types `rasa train`
    environment = {key: value for key, value in (os.environ | ENVIRONMENT).items() if key != "OMP_NUM_THREADS"}
    began, cpu_began = time.monotonic(), _children_cpu_seconds()
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment | {"RASA_MAX_CACHE_SIZE": "0", "PYTHONPATH": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    wall, cpu = time.monotonic() - began, _children_cpu_seconds() - cpu_began
    model = find()
    if done.returncode != 0:
        raise TrainError(f"training {name} failed (exit status {done.returncode}); see {log}")
    if model is None:
        raise TrainError(f"training {name} left no model; see {log}")
    training = Training(str(model), content, wall, cpu)
    record.write_text(json.dumps(asdict(training), indent=2), encoding="utf-8")
    return training


def _digest(project: Path) -> str:
    """Twelve hex digits over what the stock project is trained from."""
    files = [project / "config.yml", project / "domain.yml", *sorted((project / "data").glob("*.yml"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _children_cpu_seconds() -> float:
    """CPU time of all ended children of this process."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
