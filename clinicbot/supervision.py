"""`clinicbot run`: all parts under a supervisor, progress while it starts, one line when it is ready.

supervisor restarts a part that dies and stops all of them cleanly; this module writes its configuration, waits until
a first question has really been answered, and passes signals on.
"""

import json
import secrets
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

import yaml
from sqlalchemy.exc import SQLAlchemyError

from clinicbot import paths
from clinicbot.settings import Settings
from clinicbot.store.database import open_database, without_data
from clinicbot.store.invitations import Invitations
from clinicbot.store.people import People
from clinicbot.yaml_files import read_yaml

START_SECONDS = 180
FIRST_QUESTION = "How long does botox last?"

# A message is too small to share among cores: idle helper threads that spin cost three times its CPU.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "RAYON")}

_SUPERVISOR = """\
[supervisord]
nodaemon=true
silent=true
directory={root}
logfile={log}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile={var}/supervisord.pid
environment=RASA_TELEMETRY_ENABLED="false",TF_CPP_MIN_LOG_LEVEL="3",PYTHONWARNINGS="ignore",PYTHONUNBUFFERED="1",{threads},SQLALCHEMY_SILENCE_UBER_WARNING="1"
"""

_PROGRAM = """
[program:{name}]
command={command}
autostart=true
autorestart=true
startsecs=0
stopsignal=TERM
stopasgroup=true
killasgroup=true
stopwaitsecs=10
redirect_stderr=true
stdout_logfile={log}/{name}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=2
"""


class StartError(Exception):
    """The assistant can't start; the message says why and what to do."""


def programs(settings: Settings, *, simulator: bool = False) -> dict[str, list[str]]:
    """The command of each part. All but the gateway listen on loopback only."""
    python = sys.executable
    commands = {
        "rasa": [python, "-m", "clinicbot", "serve-rasa"],
        "actions": [python, "-m", "clinicbot", "serve-actions"],
        "console": [python, "-m", "clinicbot", "serve-console"],
        "gateway": [
            python,
            *("-m", "uvicorn", "clinicbot.gateway.app:create_app", "--factory"),
            *("--host", settings.host, "--port", str(settings.port)),
            *("--proxy-headers", "--forwarded-allow-ips", settings.trusted_proxies),
            *("--ws", "none", "--no-access-log", "--no-server-header", "--log-level", "warning"),
            *("--timeout-graceful-shutdown", "5"),
        ],
    }
    if simulator:
        commands["whatsapp-simulator"] = [
            python,
            *("-m", "uvicorn", "clinicbot.whatsapp_simulator.app:create_app", "--factory"),
            *("--host", "127.0.0.1", "--port", str(settings.simulator_port)),
            *("--ws", "none", "--no-access-log", "--no-server-header", "--log-level", "warning"),
            *("--timeout-graceful-shutdown", "1"),
        ]
    return commands


def demo_environment(settings: Settings) -> dict[str, str]:
    """Variables of a demonstration: WhatsApp is the simulator, and what is stored stays apart from the real data."""
    return {
        "CLINICBOT_VAR": str(settings.var / "whatsapp-demo"),
        "CLINICBOT_DATABASE_URL": "",
        "TWILIO_AUTH_TOKEN": "",
        "TWILIO_ACCOUNT_SID": "",
        "TWILIO_FROM": "",
        "WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "WHATSAPP_VERIFY_TOKEN": secrets.token_hex(16),
        "WHATSAPP_ACCESS_TOKEN": secrets.token_hex(16),
        "WHATSAPP_PHONE_NUMBER_ID": "100000000000000",
        "WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{settings.simulator_port}/v26.0",
    }


def write_configuration(settings: Settings, *, simulator: bool = False) -> Path:
    log = settings.var / "log"
    log.mkdir(parents=True, exist_ok=True)
    threads = ",".join(f'{name}="{value}"' for name, value in ONE_THREAD.items())
    text = _SUPERVISOR.format(threads=threads, root=paths.ROOT, var=settings.var, log=log)
    for name, command in programs(settings, simulator=simulator).items():
        # a percent sign would be an expansion in supervisor's file
        text += _PROGRAM.format(name=name, command=shlex.join(command).replace("%", "%%"), log=log)
    path = settings.var / "supervisord.conf"
    _write(path, text)
    return path


def write_endpoints(settings: Settings) -> Path:
    """Rasa's endpoints.yml with this installation's ports and folder. Raises ContentError if it is missing."""
    endpoints = read_yaml(paths.ROOT / "endpoints.yml")
    endpoints["action_endpoint"]["url"] = f"http://127.0.0.1:{settings.actions_port}/webhook"
    if endpoints["tracker_store"].get("dialect") == "sqlite":
        endpoints["tracker_store"]["db"] = str(settings.var / "rasa.db")
    path = settings.var / "endpoints.yml"
    _write(path, yaml.safe_dump(endpoints))
    return path


def keep_write_ahead_log(database: Path) -> None:
    """Rasa opens its tracker store with SQLite's defaults; the log's mode is kept in the file, so it is set here."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.rename(path)


def check_ports(settings: Settings, *, simulator: bool = False) -> None:
    """Raises StartError for a port that something else listens on."""
    ports = [
        ("CLINICBOT_PORT", settings.host, settings.port),
        ("CLINICBOT_RASA_PORT", "127.0.0.1", settings.rasa_port),
        ("CLINICBOT_ACTIONS_PORT", "127.0.0.1", settings.actions_port),
        ("CLINICBOT_CONSOLE_PORT", "127.0.0.1", settings.console_port),
    ]
    if simulator:
        ports.append(("CLINICBOT_SIMULATOR_PORT", "127.0.0.1", settings.simulator_port))
    for variable, host, port in ports:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except (OSError, OverflowError) as error:
                reason = error.strerror if isinstance(error, OSError) else "ports go from 0 to 65535"
                raise StartError(
                    f"Port {port} on {host} can't be used ({reason}): stop what uses it, "
                    f"or choose another with {variable}=…"
                ) from error


def run(settings: Settings, *, simulator: bool = False) -> int:
    """Start everything, on wish with the WhatsApp simulator, and stay until stopped; returns the exit status.

    Raises StartError.
    """
    check_ports(settings, simulator=simulator)
    make_tables(settings)
    configuration = write_configuration(settings, simulator=simulator)
    supervisord = Path(sys.executable).with_name("supervisord")
    process = subprocess.Popen([supervisord, "-n", "-c", str(configuration)], cwd=paths.ROOT)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        _wait_until_ready(settings, process)
        print("\n" + "\n".join(settings.describe_channels()))
        if simulator:
            print(f"WhatsApp simulator: http://127.0.0.1:{settings.simulator_port}")
        print(f"Ready: http://{_shown_host(settings)}:{settings.port}   (Ctrl-C stops everything)", flush=True)
        print("\n".join(describe_console(settings)), flush=True)
        return process.wait()
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        return 0
    finally:
        _stop(process)


def make_tables(settings: Settings) -> None:
    """Before the parts start, which would all make them at the same time. Raises StartError."""
    try:
        open_database(settings.database).dispose()
    except SQLAlchemyError as error:
        raise StartError(
            f"The database can't be opened ({without_data(error)}): start it, or choose another with "
            "CLINICBOT_DATABASE_URL=…"
        ) from error


def describe_console(settings: Settings) -> list[str]:
    """Where the staff's pages are; while there is no administrator, with a new link that makes the first one."""
    engine = open_database(settings.database)
    try:
        if People(engine).has_administrator():
            return [f"Staff: {settings.gateway_url}/staff"]
        link = f"{settings.gateway_url}/staff/begin/{Invitations(engine).make(None)}"
        return [f"Staff: create the first administrator, once, within 24 hours: {link}"]
    finally:
        engine.dispose()


def _shown_host(settings: Settings) -> str:
    return "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host


def _stop(process: subprocess.Popen[bytes]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave parts behind
    if process.poll() is None:
        process.terminate()
        process.wait()


def _wait_until_ready(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    began, shown = time.monotonic(), 0.0
    print("Starting Rasa, the action server and the gateway …", end="", flush=True)
    while time.monotonic() - began < START_SECONDS:
        if process.poll() is not None:
            raise StartError(f"The supervisor ended; see {settings.var / 'log'}")
        if _answers(f"http://{_shown_host(settings)}:{settings.port}"):
            return
        if time.monotonic() - shown > 2:
            shown = time.monotonic()
            print(".", end="", flush=True)
        time.sleep(0.2)
    raise StartError(f"No answer after {START_SECONDS} s; see the logs in {settings.var / 'log'}")


def _answers(address: str) -> bool:
    """Whether a first question is really answered, by the whole way."""
    try:
        _fetch(f"{address}/health/ready")
        session = _fetch(f"{address}/api/v1/sessions", {})
        token = str(session["token"])
        answer = _fetch(f"{address}/api/v1/messages", {"id": str(uuid.uuid4()), "text": FIRST_QUESTION}, token)
        _fetch(f"{address}/api/v1/session", None, token, "DELETE")
    except (urllib.error.URLError, OSError, ValueError):
        return False
    return bool(answer["replies"][0]["kind"] == "answer")


def _fetch(url: str, body: dict[str, str] | None = None, token: str = "", method: str | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=10) as response:  # our own address
        text = response.read()
    return json.loads(text) if text else None
