"""Servers of a benchmark's own: started on free loopback ports, measured, and stopped by their process ids."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

from clinicbot import paths
from clinicbot.settings import Settings
from clinicbot.supervision import FIRST_QUESTION, ONE_THREAD, programs
from clinicbot.training.models import ensure_model

FOLDER = paths.VAR / "bench"
START_SECONDS = 300
STOP_SECONDS = 15
POLL_SECONDS = 0.1
# what `clinicbot run` gives its parts; the stock bot gets the same
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
    "PYTHONUNBUFFERED": "1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    **ONE_THREAD,
}


class ServerError(Exception):
    """A server ended or didn't answer in time; the message names its logs."""


@dataclass(frozen=True)
class Server:
    """A running bot: its address, the processes of each part, and seconds from start to the first answer."""

    url: str
    parts: dict[str, tuple[int, ...]]
    start_seconds: float

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time of each part so far, in nanosecond steps (clock_getcpuclockid(3); psutil's steps are 10 ms)."""
        return {name: sum(time.clock_gettime((~pid << 3) | 2) for pid in pids) for name, pids in self.parts.items()}

    def memory_mb(self) -> dict[str, float]:
        """Proportional set size of each part with its children, in MB."""
        return {name: sum(map(_pss_mb, pids)) for name, pids in self.parts.items()}


def _family(pid: int) -> tuple[int, ...]:
    return (pid, *(child.pid for child in psutil.Process(pid).children(recursive=True)))


def _pss_mb(pid: int) -> float:
    memory = psutil.Process(pid).memory_full_info()
    return float(getattr(memory, "pss", memory.rss)) / 1e6


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@contextmanager
def our_server(
    root: Path = paths.ROOT,
    *,
    variables: Mapping[str, str] = MappingProxyType({}),
    more_programs: Mapping[str, list[str]] = MappingProxyType({}),
) -> Iterator[Server]:
    """The parts of a checkout, trained first if its content has no model, and more where asked.

    Raises ServerError.
    """
    ensure_model(root)
    port, rasa_port, actions_port, console_port = free_ports(4)
    # what is measured is this checkout's content, not a release of an earlier one
    shutil.rmtree(FOLDER / "ours" / "releases", ignore_errors=True)
    own = {
        "CLINICBOT_PORT": str(port),
        "CLINICBOT_RASA_PORT": str(rasa_port),
        "CLINICBOT_ACTIONS_PORT": str(actions_port),
        "CLINICBOT_CONSOLE_PORT": str(console_port),
        "CLINICBOT_VAR": str(FOLDER / "ours"),
        "PYTHONPATH": str(root),
        "CLINICBOT_RATE_SESSION": "1000000/minute",
        "CLINICBOT_RATE_ADDRESS": "1000000/minute",
        **variables,
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("CLINICBOT_")}
    settings = Settings.from_environment(own)
    url = f"http://127.0.0.1:{port}"
    with _running(
        "ours", {**programs(settings), **more_programs}, root, others | own, url, lambda: _we_answer(url)
    ) as server:
        yield server


@contextmanager
def stock_server(project: Path, model: str) -> Iterator[Server]:
    """Stock Rasa alone. Raises ServerError."""
    (port,) = free_ports(1)
    rasa = str(Path(sys.executable).with_name("rasa"))
    options = ["--model", model, "--interface", "127.0.0.1", "--port", str(port), "--log-file", os.devnull]
    url = f"http://127.0.0.1:{port}"
    commands = {"rasa": [rasa, "run", *options]}
    with _running("stock", commands, project, dict(os.environ), url, lambda: _stock_answers(url)) as server:
        yield server


@contextmanager
def _running(
    name: str,
    commands: dict[str, list[str]],
    folder: Path,
    environment: dict[str, str],
    url: str,
    answers: Callable[[], bool],
) -> Iterator[Server]:
    log = FOLDER / name / "log"
    log.mkdir(parents=True, exist_ok=True)
    processes: list[subprocess.Popen[bytes]] = []
    began = time.monotonic()
    try:
        for part, command in commands.items():
            with (log / f"{part}.log").open("wb") as output:
                # a session of its own: Ctrl-C reaches us only, and we stop them
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=environment | ENVIRONMENT,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            processes.append(process)
        while not answers():
            if any(process.poll() is not None for process in processes):
                raise ServerError(f"a part of {name} ended; see {log}")
            if time.monotonic() - began > START_SECONDS:
                raise ServerError(f"{name} gave no answer within {START_SECONDS} s; see {log}")
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - began
        yield Server(url, {part: _family(each.pid) for part, each in zip(commands, processes, strict=True)}, seconds)
    finally:
        _stop(processes)


def _stop(processes: list["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _we_answer(url: str) -> bool:
    session = _post(f"{url}/api/v1/sessions", {})
    if session is None:
        return False
    body = {"id": "00000000-0000-4000-8000-000000000001", "text": FIRST_QUESTION}
    answer = _post(f"{url}/api/v1/messages", body, session["token"])
    return answer is not None and answer["replies"][0]["kind"] == "answer"


def _stock_answers(url: str) -> bool:
    return bool(_post(f"{url}/webhooks/rest/webhook", {"sender": "first", "message": FIRST_QUESTION}))


def _post(url: str, body: dict[str, str], token: str = "") -> Any:
    """The answer's JSON, or None while the server can't answer."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=10) as got:
            return json.loads(got.read())
    except (urllib.error.URLError, OSError, ValueError):
        return None
