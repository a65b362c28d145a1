"""Rate limits per address and per session, over a moving window (the `limits` library)."""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from clinicbot.gateway.problems import Problem
from clinicbot.networks import network_of
from clinicbot.settings import Settings, SettingsError


class RateLimits:
    """Raises SettingsError for a limit that isn't written like `60/minute`."""

    def __init__(self, settings: Settings) -> None:
        self._storage = MemoryStorage()  # the limiter itself keeps only a weak reference
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._per_session = _parse("CLINICBOT_RATE_SESSION", settings.rate_session)
        self._per_address = _parse("CLINICBOT_RATE_ADDRESS", settings.rate_address)

    def check_address(self, address: str) -> None:
        self._check(self._per_address, "address", network_of(address))

    def check_session(self, session_id: str) -> None:
        self._check(self._per_session, "session", session_id)

    def _check(self, limit: RateLimitItem, kind: str, key: str) -> None:
        """Raises Problem 429 with `Retry-After` in whole seconds."""
        if self._limiter.hit(limit, kind, key):
            return
        reset, _remaining = self._limiter.get_window_stats(limit, kind, key)
        seconds = max(1, math.ceil(reset - time.time()))
        raise Problem(
            429,
            "Too many messages",
            f"Too many messages from this {kind}; please wait {seconds} seconds.",
            {"Retry-After": str(seconds)},
        )


def _parse(variable: str, text: str) -> RateLimitItem:
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"{variable}={text!r}: write a limit as 60/minute") from error
