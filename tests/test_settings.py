from dataclasses import fields, replace
from itertools import combinations
from pathlib import Path

import pytest

from clinicbot import paths
from clinicbot.settings import CHANNEL_VARIABLES, Settings, SettingsError

WHATSAPP = {
    "WHATSAPP_APP_SECRET": "an-app-secret",
    "WHATSAPP_VERIFY_TOKEN": "a-verify-token",
    "WHATSAPP_ACCESS_TOKEN": "an-access-token",
    "WHATSAPP_PHONE_NUMBER_ID": "100000000000001",
}
TWILIO = {
    "TWILIO_AUTH_TOKEN": "an-auth-token",
    "TWILIO_ACCOUNT_SID": "AC000000000000000000000000000000a1",
    "TWILIO_FROM": "whatsapp:+447700900999",
}
CHANNELS = {"WhatsApp Cloud API": WHATSAPP, "WhatsApp by Twilio": TWILIO}


def parts_of(channel: dict[str, str]) -> list[dict[str, str]]:
    """A channel's variables with one or more of them left out, but never all."""
    return [dict(some) for count in range(1, len(channel)) for some in combinations(channel.items(), count)]


def test_defaults_without_any_variable() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.rasa_url == "http://127.0.0.1:5005"


def test_values_have_the_kind_of_their_default(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "CLINICBOT_PORT": " 9000 ",
            "CLINICBOT_RASA_TIMEOUT": "0.5",
            "CLINICBOT_VAR": str(tmp_path),
            "CLINICBOT_ALLOWED_ORIGINS": "https://clinic.example",
        }
    )
    assert settings.port == 9000
    assert settings.rasa_timeout == 0.5
    assert settings.var == tmp_path
    assert settings.allowed_origins == "https://clinic.example"


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    assert Settings.from_environment({"CLINICBOT_PORT": ""}).port == 8000


@pytest.mark.parametrize(("variable", "kind"), [("CLINICBOT_PORT", "int"), ("CLINICBOT_RASA_TIMEOUT", "float")])
def test_a_wrong_value_is_named_with_what_is_expected(variable: str, kind: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}='eighty': expected {kind}"):
        Settings.from_environment({variable: "eighty"})


def test_database_is_in_the_folder_unless_another_is_named(tmp_path: Path) -> None:
    assert Settings(var=tmp_path).database == f"sqlite:///{tmp_path / 'clinicbot.db'}"
    assert Settings(database_url="postgresql://host/db").database == "postgresql://host/db"


def test_every_setting_says_its_variable_and_meaning() -> None:
    variables = [option.metadata["variable"] for option in fields(Settings)]
    assert len(set(variables)) == len(variables)
    assert {variable.partition("_")[0] for variable in variables} == {"CLINICBOT", "WHATSAPP", "TWILIO"}
    assert all(option.metadata["meaning"] for option in fields(Settings))


def test_messaging_channels_are_off_unless_they_are_configured() -> None:
    settings = Settings.from_environment({})
    assert (settings.whatsapp, settings.twilio) == (False, False)
    assert settings.whatsapp_graph_url.startswith("https://graph.facebook.com/v")
    assert settings.twilio_api_url == "https://api.twilio.com"


@pytest.mark.parametrize(
    ("environment", "expected"), [(WHATSAPP, (True, False)), (TWILIO, (False, True)), (WHATSAPP | TWILIO, (True, True))]
)
def test_a_channel_with_all_it_needs_is_on(environment: dict[str, str], expected: tuple[bool, bool]) -> None:
    settings = Settings.from_environment(environment)
    assert (settings.whatsapp, settings.twilio) == expected
    assert settings.whatsapp_access_token == environment.get("WHATSAPP_ACCESS_TOKEN", "")
    assert settings.twilio_from == environment.get("TWILIO_FROM", "")


def test_a_channel_needs_what_these_tests_say() -> None:
    assert {channel: set(variables) for channel, variables in CHANNELS.items()} == {
        channel: set(variables) for channel, variables in CHANNEL_VARIABLES.items()
    }


@pytest.mark.parametrize(
    ("channel", "given"),
    [(channel, part) for channel, variables in CHANNELS.items() for part in parts_of(variables)],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_a_channel_that_is_configured_by_half_names_what_is_missing(channel: str, given: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_environment(given)
    message = str(error.value)
    assert message.startswith(channel)
    assert {variable for variable in WHATSAPP | TWILIO if variable in message} == CHANNELS[channel].keys() - given
    assert not any(value in message for value in given.values())


def test_a_variable_of_white_space_is_missing_too() -> None:
    with pytest.raises(SettingsError, match="WHATSAPP_ACCESS_TOKEN"):
        Settings.from_environment(WHATSAPP | {"WHATSAPP_ACCESS_TOKEN": " \n"})


def test_one_channel_by_half_is_refused_also_beside_a_whole_one() -> None:
    with pytest.raises(SettingsError, match="WhatsApp by Twilio"):
        Settings.from_environment(WHATSAPP | {"TWILIO_FROM": TWILIO["TWILIO_FROM"]})


@pytest.mark.parametrize("addresses", [{"WHATSAPP_GRAPH_URL": "http://127.0.0.1:1/v26.0"}, {"CLINICBOT_PAUSE": "2"}])
def test_what_a_channel_may_have_switches_none_on(addresses: dict[str, str]) -> None:
    settings = Settings.from_environment(addresses)
    assert (settings.whatsapp, settings.twilio) == (False, False)


def test_the_start_says_which_channels_are_on_and_how_the_others_are_switched_on() -> None:
    whatsapp, twilio = Settings.from_environment(WHATSAPP).describe_channels()
    assert whatsapp == "WhatsApp Cloud API: on"
    assert twilio.startswith("WhatsApp by Twilio: off")
    assert "TWILIO_AUTH_TOKEN" in twilio
    assert (paths.ROOT / "docs" / "whatsapp.md").exists()
    assert "docs/whatsapp.md" in twilio
    both = "\n".join(Settings.from_environment(WHATSAPP | TWILIO).describe_channels())
    assert not any(value in both for value in (WHATSAPP | TWILIO).values())


def test_secrets_are_not_in_what_is_printed_of_the_settings() -> None:
    secrets = {
        option.name: f"hidden-{option.name}"
        for option in fields(Settings)
        if any(word in option.name for word in ("secret", "token", "database_url"))
    }
    assert len(secrets) == 6
    settings = replace(Settings.from_environment(WHATSAPP | TWILIO), **secrets)  # type: ignore[arg-type]
    assert "hidden-" not in repr(settings)
    assert "hidden-" not in f"{settings}"
    assert "port=8000" in repr(settings)
