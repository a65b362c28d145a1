"""Settings by environment variable, each with an embedded default. The README's table is checked against this file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from clinicbot import paths


class SettingsError(Exception):
    """A setting that can't be used; the message names the variable and says what it takes."""


def _setting(variable: str, default: Any, meaning: str, *, secret: bool = False) -> Any:
    """`secret` keeps a value out of the representation, and so out of logs."""
    return field(default=default, repr=not secret, metadata={"variable": variable, "meaning": meaning})


# What a channel can't do without; none of them set: it is off.
CHANNEL_VARIABLES = {
    "WhatsApp Cloud API": (
        "WHATSAPP_APP_SECRET",
        "WHATSAPP_VERIFY_TOKEN",
        "WHATSAPP_ACCESS_TOKEN",
        "WHATSAPP_PHONE_NUMBER_ID",
    ),
    "WhatsApp by Twilio": ("TWILIO_AUTH_TOKEN", "TWILIO_ACCOUNT_SID", "TWILIO_FROM"),
}


@dataclass(frozen=True)
class Settings:
    host: str = _setting("CLINICBOT_HOST", "127.0.0.1", "address the gateway listens on")
    port: int = _setting("CLINICBOT_PORT", 8000, "port of the gateway, the only public one")
    rasa_port: int = _setting("CLINICBOT_RASA_PORT", 5005, "loopback port of Rasa")
    actions_port: int = _setting("CLINICBOT_ACTIONS_PORT", 5055, "loopback port of the action server")
    console_port: int = _setting("CLINICBOT_CONSOLE_PORT", 5056, "loopback port of the staff's console")
    rasa_timeout: float = _setting("CLINICBOT_RASA_TIMEOUT", 5.0, "seconds a patient's message may wait for Rasa")
    var: Path = _setting("CLINICBOT_VAR", paths.VAR, "folder of databases, logs and the signing key")
    database_url: str = _setting(
        "CLINICBOT_DATABASE_URL", "", "gateway's database; empty: SQLite in the folder above", secret=True
    )
    secret: str = _setting(
        "CLINICBOT_SECRET", "", "key that signs session tokens; empty: made once and kept in var", secret=True
    )
    session_hours: int = _setting("CLINICBOT_SESSION_HOURS", 24, "hours after which a web session expires")
    allowed_origins: str = _setting(
        "CLINICBOT_ALLOWED_ORIGINS", "*", "sites whose pages may use the chat API, separated by commas"
    )
    trusted_proxies: str = _setting(
        "CLINICBOT_TRUSTED_PROXIES", "127.0.0.1", "proxies whose X-Forwarded-For header counts"
    )
    rate_session: str = _setting("CLINICBOT_RATE_SESSION", "60/minute", "messages a session may send")
    rate_address: str = _setting("CLINICBOT_RATE_ADDRESS", "3000/minute", "requests an address may make")

    simulator_port: int = _setting("CLINICBOT_SIMULATOR_PORT", 8001, "loopback port of the WhatsApp simulator")
    public_url: str = _setting(
        "CLINICBOT_PUBLIC_URL",
        "",
        "address of the gateway as Twilio and the staff call it; empty: as each request says",
    )
    pause: float = _setting(
        "CLINICBOT_PAUSE", 1.5, "seconds to wait on WhatsApp for the rest of what somebody is typing"
    )
    whatsapp_app_secret: str = _setting(
        "WHATSAPP_APP_SECRET", "", "the Meta app's secret, which signs webhooks", secret=True
    )
    whatsapp_verify_token: str = _setting(
        "WHATSAPP_VERIFY_TOKEN", "", "word of your choice for Meta's handshake", secret=True
    )
    whatsapp_access_token: str = _setting("WHATSAPP_ACCESS_TOKEN", "", "token to send messages with", secret=True)
    whatsapp_phone_number_id: str = _setting("WHATSAPP_PHONE_NUMBER_ID", "", "Meta's id of the clinic's number")
    whatsapp_graph_url: str = _setting(
        "WHATSAPP_GRAPH_URL", "https://graph.facebook.com/v26.0", "Meta's Graph API, with its version"
    )
    twilio_auth_token: str = _setting("TWILIO_AUTH_TOKEN", "", "Twilio's token, which signs webhooks", secret=True)
    twilio_account_sid: str = _setting("TWILIO_ACCOUNT_SID", "", "Twilio's account")
    twilio_from: str = _setting("TWILIO_FROM", "", "the clinic's number at Twilio, as `whatsapp:+…`")
    twilio_api_url: str = _setting("TWILIO_API_URL", "https://api.twilio.com", "Twilio's REST API")

    def __post_init__(self) -> None:
        """Raises SettingsError for a channel that is configured by half: better at start than at night."""
        for channel, variables in CHANNEL_VARIABLES.items():
            values = {
                option.metadata["variable"]: getattr(self, option.name)
                for option in fields(self)
                if option.metadata["variable"] in variables
            }
            missing = [variable for variable, value in values.items() if not value]
            if missing and len(missing) < len(values):
                raise SettingsError(f"{channel} is configured by half: set {', '.join(missing)} too, or none of them")

    def describe_channels(self) -> list[str]:
        """One line a messaging channel for the start: whether it is on, and how it is switched on."""
        states = {"WhatsApp Cloud API": self.whatsapp, "WhatsApp by Twilio": self.twilio}
        lines = [
            f"{channel}: on" if on else f"{channel}: off, {CHANNEL_VARIABLES[channel][0]} is not set (docs/whatsapp.md)"
            for channel, on in states.items()
        ]
        if self.twilio and not self.public_url:
            lines[-1] += ", but failures that Twilio reports later stay unknown without CLINICBOT_PUBLIC_URL"
        return lines

    @property
    def whatsapp(self) -> bool:
        """Whether the WhatsApp Cloud API is configured."""
        return bool(self.whatsapp_app_secret)

    @property
    def twilio(self) -> bool:
        """Whether Twilio is configured."""
        return bool(self.twilio_auth_token)

    @property
    def rasa_url(self) -> str:
        return f"http://127.0.0.1:{self.rasa_port}"

    @property
    def console_url(self) -> str:
        return f"http://127.0.0.1:{self.console_port}"

    @property
    def gateway_url(self) -> str:
        """As people are told it: the public address, else that of this machine."""
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return self.public_url.rstrip("/") or f"http://{shown}:{self.port}"

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
