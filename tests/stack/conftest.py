"""Starts the whole assistant as `make run` does, on free ports and in a folder of its own."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from clinicbot import paths

START_SECONDS = 900  # a first start trains, on a slow machine too


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Assistant:
    """A running assistant; `output` is what its terminal showed until it was ready."""

    process: subprocess.Popen[str]
    address: str
    ports: tuple[int, int, int, int]
    output: str
    var: Path
    environment: dict[str, str]

    def part(self, marker: str) -> psutil.Process:
        """The running process of a part, by a piece of its command line."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            if marker in " ".join(child.cmdline()):
                return child
        raise AssertionError(f"no process with {marker!r}")

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=15)


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with running_assistant(paths.ROOT, tmp_path_factory.mktemp("var")) as assistant:
        yield assistant


@contextmanager
def running_assistant(root: Path, var: Path, until: str = "Ready:") -> Iterator[Assistant]:
    """The assistant of a checkout; `until` is what its terminal shows last of what is waited for."""
    ports = (free_port(), free_port(), free_port(), free_port())
    environment = environment_of(root, var, ports)
    process = subprocess.Popen(
        [Path(sys.executable).with_name("clinicbot"), "run"],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # tests that were started in the background inherit an ignored Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield Assistant(process, f"http://127.0.0.1:{ports[0]}", ports, read_until(process, until), var, environment)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def environment_of(root: Path, var: Path, ports: tuple[int, int, int, int]) -> dict[str, str]:
    """For commands of a checkout's assistant; `root` comes before the checkout that is installed."""
    return {
        **os.environ,
        "PYTHONPATH": str(root),
        "CLINICBOT_PORT": str(ports[0]),
        "CLINICBOT_RASA_PORT": str(ports[1]),
        "CLINICBOT_ACTIONS_PORT": str(ports[2]),
        "CLINICBOT_CONSOLE_PORT": str(ports[3]),
        "CLINICBOT_VAR": str(var),
        "CLINICBOT_RATE_SESSION": "100000/minute",
        "CLINICBOT_RATE_ADDRESS": "100000/minute",
    }


def read_until(process: "subprocess.Popen[str]", marker: str) -> str:
    """What the terminal shows, up to the line with `marker`."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    shown = ""
    while True:
        line = lines.get(timeout=START_SECONDS)
        assert line is not None, f"it ended before it was ready:\n{shown}"
        shown += line
        if marker in line:
            return shown


def wait_for(condition: Callable[[], Any], seconds: float, what: str) -> None:
    """Poll a condition that no event announces (another process's recovery)."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.2)
