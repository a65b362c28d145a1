"""Whether the gateway is there and knows us: Meta's handshake first, then a look now and then."""

import asyncio
import secrets
from dataclasses import dataclass
from enum import Enum

import aiohttp

from clinicbot.whatsapp_simulator.webhooks import PATH, Timing


class Reach(str, Enum):
    UNKNOWN = "unknown"
    CONNECTED = "connected"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"  # it answers, but not as WhatsApp's webhook should


@dataclass(frozen=True)
class GatewayState:
    reach: Reach
    detail: str = ""


class GatewayWatch:
    """`state` is up to date as long as `run` runs."""

    def __init__(self, gateway_url: str, verify_token: str, timing: Timing) -> None:
        self.url = gateway_url.rstrip("/")
        self.state = GatewayState(Reach.UNKNOWN)
        self._verify_token = verify_token
        self._timing = timing

    async def run(self) -> None:
        """Until it is cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._timing.patience)) as http:
            while True:
                try:
                    self.state = await self._look(http)
                except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
                    self.state = GatewayState(Reach.UNREACHABLE, str(error) or type(error).__name__)
                await asyncio.sleep(self._timing.between_looks)

    async def _look(self, http: aiohttp.ClientSession) -> GatewayState:
        if self.state.reach is Reach.CONNECTED:
            async with http.get(f"{self.url}/health/live"):
                return self.state
        challenge = secrets.token_hex(8)
        query = {"hub.mode": "subscribe", "hub.verify_token": self._verify_token, "hub.challenge": challenge}
        async with http.get(self.url + PATH, params=query) as response:
            if response.status == 200 and await response.text(errors="replace") == challenge:
                return GatewayState(Reach.CONNECTED)
            return GatewayState(Reach.REFUSED, f"{PATH} answers WhatsApp's handshake with {response.status}")
