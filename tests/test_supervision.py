import shlex
import socket
import sys
from collections.abc import Callable, Iterator
from configparser import RawConfigParser
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from supervisor.options import ServerOptions

from clinicbot import paths, supervision
from clinicbot.settings import Settings
from clinicbot.supervision import (
    StartError,
    check_ports,
    demo_environment,
    make_tables,
    programs,
    write_configuration,
    write_endpoints,
)
from clinicbot.yaml_files import ContentError

Taken = Callable[[], int]


@pytest.fixture
def taken() -> Iterator[Taken]:
    """Ports that something else listens on."""
    with ExitStack() as stack:

        def take() -> int:
            listener = stack.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port: int = listener.getsockname()[1]
            return port

        yield take


@pytest.fixture
def free() -> dict[str, int]:
    """Ports that nothing listens on, by the setting's name."""
    names = ("port", "rasa_port", "actions_port", "console_port", "simulator_port")
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in names]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return dict(zip(names, [s.getsockname()[1] for s in sockets], strict=True))


@pytest.mark.parametrize("simulator", [False, True])
def test_free_ports_are_fine(free: dict[str, int], simulator: bool) -> None:
    check_ports(Settings(**free), simulator=simulator)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("port", "CLINICBOT_PORT"),
        ("rasa_port", "CLINICBOT_RASA_PORT"),
        ("actions_port", "CLINICBOT_ACTIONS_PORT"),
        ("console_port", "CLINICBOT_CONSOLE_PORT"),
    ],
)
def test_a_port_in_use_is_one_sentence_that_names_the_variable(
    taken: Taken, free: dict[str, int], name: str, variable: str
) -> None:
    port = taken()
    with pytest.raises(StartError) as error:
        check_ports(Settings(**free | {name: port}))  # type: ignore[arg-type]
    message = str(error.value)
    assert f"Port {port} " in message
    assert f"{variable}=…" in message
    assert "\n" not in message


def test_the_simulators_port_counts_only_with_the_simulator(taken: Taken, free: dict[str, int]) -> None:
    settings = Settings(**free | {"simulator_port": taken()})  # type: ignore[arg-type]
    check_ports(settings)
    with pytest.raises(StartError, match="CLINICBOT_SIMULATOR_PORT=…"):
        check_ports(settings, simulator=True)


@pytest.mark.parametrize("changes", [{"host": "no.such.host.invalid"}, {"port": 70_000}, {"port": -1}])
def test_an_address_that_cannot_be_used_names_the_variable(free: dict[str, int], changes: dict[str, object]) -> None:
    with pytest.raises(StartError, match="CLINICBOT_PORT=…"):
        check_ports(Settings(**free | changes))  # type: ignore[arg-type]


def test_nothing_is_started_or_written_while_a_port_is_taken(taken: Taken, tmp_path: Path) -> None:
    with pytest.raises(StartError):
        supervision.run(Settings(var=tmp_path / "var", port=taken()))
    assert not (tmp_path / "var").exists()


def test_a_database_that_can_not_be_opened_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "clinicbot.db").mkdir()
    with pytest.raises(StartError, match=r"CLINICBOT_DATABASE_URL=…") as error:
        make_tables(Settings(var=tmp_path))
    assert "\n" not in str(error.value)


def configuration(settings: Settings, *, simulator: bool = False) -> RawConfigParser:
    parser = RawConfigParser()
    parser.read(write_configuration(settings, simulator=simulator), encoding="utf-8")
    return parser


@pytest.mark.parametrize(("simulator", "more"), [(False, set()), (True, {"whatsapp-simulator"})])
def test_every_part_is_restarted_stopped_whole_and_logged(tmp_path: Path, simulator: bool, more: set[str]) -> None:
    parser = configuration(Settings(var=tmp_path), simulator=simulator)
    parts = {name.removeprefix("program:") for name in parser.sections() if name.startswith("program:")}
    assert parts == {"rasa", "actions", "console", "gateway"} | more
    for part in parts:
        section = parser[f"program:{part}"]
        assert section["autorestart"] == "true"
        assert section["stopasgroup"] == section["killasgroup"] == "true"
        assert section["stdout_logfile"] == str(tmp_path / "log" / f"{part}.log")
        assert section["stdout_logfile_maxbytes"]
    assert (tmp_path / "log").is_dir()
    assert parser["supervisord"]["directory"] == str(paths.ROOT)
    assert parser["supervisord"]["nodaemon"] == "true"


def test_rasas_telemetry_is_off(tmp_path: Path) -> None:
    assert 'RASA_TELEMETRY_ENABLED="false"' in configuration(Settings(var=tmp_path))["supervisord"]["environment"]


def read_by_supervisor(settings: Settings, *, simulator: bool = False) -> ServerOptions:
    options = ServerOptions()
    options.realize(args=["-n", "-c", str(write_configuration(settings, simulator=simulator))])
    return options


def commands(settings: Settings, *, simulator: bool = False) -> dict[str, list[str]]:
    """As supervisor understands them."""
    groups = read_by_supervisor(settings, simulator=simulator).process_group_configs
    return {program.name: shlex.split(program.command) for group in groups for program in group.process_configs}


def test_commands_are_those_of_the_parts(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, host="0.0.0.0", port=8123)
    assert commands(settings) == programs(settings)
    gateway = programs(settings)["gateway"]
    assert gateway[gateway.index("--host") + 1] == "0.0.0.0"
    assert gateway[gateway.index("--port") + 1] == "8123"


def test_the_simulator_is_a_part_on_loopback_beside_the_same_others(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, host="0.0.0.0", simulator_port=8124)
    demo = programs(settings, simulator=True)
    assert commands(settings, simulator=True) == demo
    simulator = demo.pop("whatsapp-simulator")
    assert demo == programs(settings)
    assert simulator[simulator.index("--host") + 1] == "127.0.0.1"
    assert simulator[simulator.index("--port") + 1] == "8124"
    assert "clinicbot.whatsapp_simulator.app:create_app" in simulator


def test_a_configuration_without_the_simulator_replaces_one_with_it(tmp_path: Path) -> None:
    settings = Settings(var=tmp_path)
    write_configuration(settings, simulator=True)
    assert commands(settings) == programs(settings)


def demo_of(environment: dict[str, str]) -> Settings:
    """The settings of a demonstration that is started with these variables."""
    return Settings.from_environment(environment | demo_environment(Settings.from_environment(environment)))


def test_a_demonstration_speaks_to_the_simulator_and_only_to_it(tmp_path: Path) -> None:
    demo = demo_of({"CLINICBOT_VAR": str(tmp_path), "CLINICBOT_SIMULATOR_PORT": "8124"})
    assert demo.whatsapp
    assert demo.whatsapp_graph_url.startswith("http://127.0.0.1:8124/v")


def test_every_demonstration_has_secrets_of_its_own() -> None:
    secrets: list[str] = []
    for _ in range(3):
        demo = demo_of({})
        secrets += [demo.whatsapp_app_secret, demo.whatsapp_verify_token, demo.whatsapp_access_token]
    assert len(set(secrets)) == 9
    assert min(len(secret) for secret in secrets) >= 32


def test_a_demonstration_stores_nothing_among_the_real_data(tmp_path: Path) -> None:
    real = Settings(var=tmp_path)
    demo = demo_of({"CLINICBOT_VAR": str(tmp_path)})
    assert demo.var.parent == real.var
    assert demo.database != real.database
    assert demo.database.startswith(f"sqlite:///{demo.var}/")


def test_a_demonstration_leaves_a_database_server_of_the_clinic_alone(tmp_path: Path) -> None:
    demo = demo_of({"CLINICBOT_VAR": str(tmp_path), "CLINICBOT_DATABASE_URL": "postgresql://host/clinic"})
    assert demo.database.startswith(f"sqlite:///{demo.var}/")


def test_in_a_demonstration_no_real_channel_is_on(tmp_path: Path) -> None:
    real = {
        "WHATSAPP_APP_SECRET": "a", "WHATSAPP_VERIFY_TOKEN": "b", "WHATSAPP_ACCESS_TOKEN": "c",
        "WHATSAPP_PHONE_NUMBER_ID": "d", "WHATSAPP_GRAPH_URL": "https://graph.facebook.com/v26.0",
        "TWILIO_AUTH_TOKEN": "e", "TWILIO_ACCOUNT_SID": "f", "TWILIO_FROM": "whatsapp:+447700900999",
    }  # fmt: skip
    demo = demo_of({"CLINICBOT_VAR": str(tmp_path), **real})
    assert "127.0.0.1" in demo.whatsapp_graph_url
    assert demo.whatsapp_access_token != real["WHATSAPP_ACCESS_TOKEN"]
    assert demo.whatsapp_phone_number_id != real["WHATSAPP_PHONE_NUMBER_ID"]
    assert not demo.twilio


def test_spaces_and_percent_signs_survive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/our clinic 100%/bin/python")
    settings = Settings(var=tmp_path, trusted_proxies="10.0.0.1, 10.0.0.2")
    assert commands(settings) == programs(settings)


def test_a_folder_with_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "our clinic"
    options = read_by_supervisor(Settings(var=folder))
    assert options.pidfile == str(folder / "supervisord.pid")
    logs = {program.stdout_logfile for group in options.process_group_configs for program in group.process_configs}
    assert logs == {str(folder / "log" / f"{name}.log") for name in ("rasa", "actions", "console", "gateway")}


def test_rasa_and_the_actions_listen_on_loopback_only() -> None:
    sources = (paths.ROOT / "clinicbot" / "cli.py").read_text(encoding="utf-8")
    assert '"--interface", "127.0.0.1"' in sources
    assert 'os.environ["SANIC_HOST"] = "127.0.0.1"' in sources


def test_rasas_endpoints_have_this_installations_ports_and_folder(tmp_path: Path) -> None:
    path = write_endpoints(Settings(var=tmp_path, actions_port=5999))
    endpoints = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert path == tmp_path / "endpoints.yml"
    assert endpoints["action_endpoint"]["url"] == "http://127.0.0.1:5999/webhook"
    assert endpoints["tracker_store"]["db"] == str(tmp_path / "rasa.db")
    committed = yaml.safe_load((paths.ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    assert endpoints.keys() == committed.keys()
    assert endpoints["tracker_store"].keys() == committed["tracker_store"].keys()


def test_another_tracker_store_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"action_endpoint": {"url": ""}, "tracker_store": {"type": "SQL", "dialect": "postgresql", "db": "rasa"}}
    (tmp_path / "endpoints.yml").write_text(yaml.safe_dump(own), encoding="utf-8")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    path = write_endpoints(Settings(var=tmp_path / "var"))
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["tracker_store"] == own["tracker_store"]


def test_missing_endpoints_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with pytest.raises(ContentError, match=r"endpoints\.yml"):
        write_endpoints(Settings(var=tmp_path))
