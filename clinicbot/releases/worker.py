"""The trainer: a process of its own that makes and proves candidates, warm between them.

`python -m clinicbot.releases.worker` reads one request a line from standard input, as JSON, and writes its events to
standard output the same way: `{"progress": 0.4, "step": "training"}`, at the end `{"made": {…}}` or `{"error": "…"}`.
It has no state that anybody needs: it may be killed at any moment.
"""

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from clinicbot import paths
from clinicbot.nlu.encoder import default_encoder
from clinicbot.releases import proving
from clinicbot.releases.proof import Proof
from clinicbot.training.candidate import Base, CandidateTrainer
from clinicbot.training.encodings import CachedEncoder
from clinicbot.training.errors import TrainingError
from clinicbot.yaml_files import ContentError

# Patients' messages go first.
NICE = 5
TRAINED = 0.6
"""The share of the work that is training; the rest is the proof."""


class Worker:
    """`send` gets each event; `memory` is a folder for what needs to be found out about a release only once."""

    def __init__(self, send: Callable[[dict[str, Any]], None], encodings: Path, log: Path, memory: Path) -> None:
        self._send = send
        self._memory = memory
        self._encoder = CachedEncoder(default_encoder(), encodings)
        self._trainer = CandidateTrainer(self._encoder, log)

    def handle(self, request: dict[str, Any]) -> None:
        base = Base(Path(request["content"]), Path(request["archive"])) if request.get("archive") else None
        try:
            if request["do"] == "prepare":
                self._prepare(base)
                self._send({"prepared": True})
            else:
                proof = self._make(Path(request["candidate"]), base)
                self._send({"made": proof.to_json()})
        except (TrainingError, ContentError, OSError, ValueError) as error:
            self._send({"error": str(error)})

    def _prepare(self, base: Base | None) -> None:
        self._encoder.warm_up()
        self._trainer.prepare(base)
        live = self._trainer.base_model
        if base is not None and live is not None:
            proving.prepare(live, base.content, encoder=self._encoder, memory=self._memory)
        self._encoder.save()

    def _make(self, folder: Path, base: Base | None) -> Proof:
        """The candidate of `folder`/content, and its proof."""
        content = folder / "content"
        self._say(0.0, "training")
        candidate = self._trainer.train(content, base, folder, lambda share: self._say(TRAINED * share, "training"))
        self._say(TRAINED, "proving")
        proof = proving.prove(
            candidate.model,
            self._trainer.base_model if base else None,
            candidate.rehearsal,
            content,
            live_content=base.content if base else None,
            held_back=candidate.held_back,
            encoder=self._encoder,
            memory=self._memory,
            progress=lambda share, _step: self._say(TRAINED + (1 - TRAINED) * share, "proving"),
        )
        self._encoder.save()
        return proof

    def _say(self, progress: float, step: str) -> None:
        self._send({"progress": round(progress, 3), "step": step})


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.nice(NICE)
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no event
    log, memory = Path(sys.argv[1]), Path(sys.argv[2])
    worker = Worker(lambda event: _write(events, event), paths.VAR / "encodings.npz", log, memory)
    for line in sys.stdin:
        worker.handle(json.loads(line))


def _write(events: TextIO, event: dict[str, Any]) -> None:
    events.write(json.dumps(event, ensure_ascii=False) + "\n")
    events.flush()


if __name__ == "__main__":
    main()
