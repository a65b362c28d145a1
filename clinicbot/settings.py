"""Settings by environment variable, each with an embedded default. The README's table is checked against this file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from clinicbot import paths


class SettingsError(Exception):
    """A setting that can't be used; the message names the variable and says what it takes."""


def _setting(variable: str, default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"variable": variable, "meaning": meaning})


@dataclass(frozen=True)
class Settings:
    host: str = _setting("CLINICBOT_HOST", "127.0.0.1", "address the gateway listens on")
    port: int = _setting("CLINICBOT_PORT", 8000, "port of the gateway, the only public one")
    rasa_port: int = _setting("CLINICBOT_RASA_PORT", 5005, "loopback port of Rasa")
    actions_port: int = _setting("CLINICBOT_ACTIONS_PORT", 5055, "loopback port of the action server")
    rasa_timeout: float = _setting("CLINICBOT_RASA_TIMEOUT", 5.0, "seconds a patient's message may wait for Rasa")
    var: Path = _setting("CLINICBOT_VAR", paths.VAR, "folder of databases, logs and the signing key")
    database_url: str = _setting("CLINICBOT_DATABASE_URL", "", "gateway's database; empty: SQLite in the folder above")
    secret: str = _setting("CLINICBOT_SECRET", "", "key that signs session tokens; empty: made once and kept in var")
    session_hours: int = _setting("CLINICBOT_SESSION_HOURS", 24, "hours after which a web session expires")
    allowed_origins: str = _setting(
        "CLINICBOT_ALLOWED_ORIGINS", "*", "sites whose pages may use the chat API, separated by commas"
    )
    trusted_proxies: str = _setting(
        "CLINICBOT_TRUSTED_PROXIES", "127.0.0.1", "proxies whose X-Forwarded-For header counts"
    )
    rate_session: str = _setting("CLINICBOT_RATE_SESSION", "60/minute", "messages a session may send")
    rate_address: str = _setting("CLINICBOT_RATE_ADDRESS", "3000/minute", "requests an address may make")

    @property
    def rasa_url(self) -> str:
        return f"http://127.0.0.1:{self.rasa_port}"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.var / 'clinicbot.db'}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises SettingsError for a value of the wrong kind."""
        values: dict[str, Any] = {}
        for option in fields(cls):
            variable = option.metadata["variable"]
            text = environment.get(variable, "").strip()
            if not text:
                continue
            kind: Any = Path if isinstance(option.default, Path) else type(option.default)
            try:
                values[option.name] = kind(text)
            except ValueError as error:
                raise SettingsError(f"{variable}={text!r}: expected {kind.__name__}") from error
        return cls(**values)
