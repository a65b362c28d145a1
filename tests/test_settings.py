from dataclasses import fields
from pathlib import Path

import pytest

from clinicbot.settings import Settings, SettingsError


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
    assert all(variable.startswith("CLINICBOT_") for variable in variables)
    assert all(option.metadata["meaning"] for option in fields(Settings))
