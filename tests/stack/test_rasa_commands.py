"""The repository stays a standard Rasa project: its commands work from the root (design 2)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clinicbot import paths
from clinicbot.training.models import ensure_model

pytestmark = pytest.mark.stack


def rasa(*arguments: str) -> str:
    """Run a Rasa command at the repository's root; its output."""
    done = subprocess.run(
        [Path(sys.executable).with_name("rasa"), *arguments],
        cwd=paths.ROOT,
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def test_data_validate() -> None:
    assert "No story structure conflicts found" in rasa("data", "validate")


def test_test_core(tmp_path: Path) -> None:
    ensure_model()
    output = rasa("test", "core", "--out", str(tmp_path), "--fail-on-prediction-errors")
    assert "Correct" in output or "correct" in output


def test_data_split(tmp_path: Path) -> None:
    rasa("data", "split", "nlu", "--out", str(tmp_path))
    assert (tmp_path / "test_data.yml").exists()


def test_test_nlu(tmp_path: Path) -> None:
    ensure_model()
    questions = tmp_path / "questions.yml"
    shutil.copy(paths.ROOT / "tests" / "nlu" / "questions_en.yml", questions)
    rasa("test", "nlu", "--nlu", str(questions), "--out", str(tmp_path / "results"), "--no-plot")
    assert (tmp_path / "results" / "response_selection_report.json").exists()
