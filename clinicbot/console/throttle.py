"""How often somebody may try to log in (the `limits` library, moving windows, in memory)."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from clinicbot.networks import network_of

MINUTES = 5
PER_PAIR = RateLimitItemPerMinute(5, MINUTES)  # of one address for one name
PER_ADDRESS = RateLimitItemPerMinute(30, MINUTES)  # a clinic's staff share one
PER_NAME = RateLimitItemPerMinute(30, MINUTES)  # guesses from many addresses


class LoginThrottle:
    """Counts what failed. An address from which a person has logged in isn't held up by what others try on the name."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()  # the limiter itself keeps only a weak reference
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._known: set[tuple[str, str]] = set()

    def try_login(self, username: str, address: str) -> int:
        """Counts an attempt, until it is known to have succeeded; the seconds to wait, 0 if it may be made."""
        network = network_of(address)
        checks = [(PER_PAIR, ("pair", username, network)), (PER_ADDRESS, ("address", network))]
        if (username, network) not in self._known:
            checks.append((PER_NAME, ("name", username)))
        for limit, key in checks:
            if not self._limiter.test(limit, *key):
                reset, _remaining = self._limiter.get_window_stats(limit, *key)
                return max(1, math.ceil(reset - time.time()))
        for limit, key in checks:
            self._limiter.hit(limit, *key)
        return 0

    def succeeded(self, username: str, address: str) -> None:
        network = network_of(address)
        self._known.add((username, network))
        self._limiter.clear(PER_PAIR, "pair", username, network)
