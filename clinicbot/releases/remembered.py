"""What a proof needn't find out twice, kept in a folder under `var`: which sentences the red-flag patterns know, and
what a model that has been read before decided. Lost or damaged, it costs some seconds and nothing else.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from clinicbot import language, paths, token_patterns, transliteration
from clinicbot.faq.safe_files import replace_file
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.safety import phrases, red_flags
from clinicbot.safety.red_flags import find_red_flag

# Models that are remembered: the live one, its candidates, and those that a rollback may return to.
KEPT = 20
_PARTS = (red_flags, phrases, token_patterns, language, transliteration)


class Memory:
    """`folder` None remembers nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def raises_alarm(self, texts: Iterable[str]) -> dict[str, bool]:
        """By text, whether the patterns find a red flag in it; some 20 ms for a text that is new to them."""
        name = f"alarm-{_patterns_digest()}"
        known: dict[str, bool] = self._read(name) or {}
        wanted = dict.fromkeys(texts)
        fresh = {text: find_red_flag(text) is not None for text in wanted if text not in known}
        if fresh:
            self._write(name, {**known, **fresh})
        return {text: fresh[text] if text in fresh else known[text] for text in wanted}

    def of_model(self, key: str, make: Callable[[], Any]) -> Any:
        """JSON that was made once for this key."""
        name = f"model-{key}"
        value = self._read(name)
        if value is None:
            value = make()
            self._write(name, value)
            self._forget_oldest()
        return value

    def _read(self, name: str) -> Any:
        if self._folder is None:
            return None
        try:
            return json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _write(self, name: str, value: Any) -> None:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            replace_file(self._folder / f"{name}.json", json.dumps(value, ensure_ascii=False))

    def _forget_oldest(self) -> None:
        if self._folder is not None:
            files = sorted(self._folder.glob("model-*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
            for file in files[KEPT:]:
                file.unlink()


def key_of(model: QuestionModel, *others: Sequence[object]) -> str:
    """Changes with anything that a decision depends on: the model, and what else is named."""
    linear, total = model.linear, hashlib.sha256()
    for array in (linear.weights, linear.bias, linear.directions, model.calibration.weights):
        total.update(array.tobytes())
    rest = (linear.labels, list(linear.ngrams.vocabulary), model.threshold, sorted(model.spelling.counts.items()))
    total.update(repr((rest, others)).encode())
    return total.hexdigest()


def _patterns_digest() -> str:
    files = [*sorted(paths.SAFETY.glob("red_flags.*.yml")), *(Path(str(part.__file__)) for part in _PARTS)]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()
