"""Passwords: what is good enough, and how it is kept (argon2id)."""

import unicodedata
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200  # characters
# Read without digits and marks, so that Password-2026! is found out, too
OBVIOUS = frozenset(
    {"password", "passwort", "passw", "parola", "sifre", "sifrem", "qwerty", "qwertyuiop", "asdfghjkl", "asdfgh"}
    | {"letmein", "iloveyou", "welcome", "hosgeldiniz", "admin", "administrator", "yonetici", "changeme", "secret"}
    | {"clinic", "klinik", "apexclinic", "apexklinik", "apexclinicbotox", "botox", "botoks"}
)
AT_ONCE = 2  # each takes 64 MB for a moment

Result = TypeVar("Result")


class Passwords:
    """Its methods may be awaited by anybody: they work in threads, few at once."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobodys = self._hasher.hash("nobody's password")
        self._limiter: CapacityLimiter | None = None

    async def hash(self, password: str) -> str:
        return await self._run(partial(self._hasher.hash, _normal(password)))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """None, for somebody who isn't known or has no password yet, takes just as long and never matches."""
        matches = await self._run(partial(self._verify, password_hash or self._nobodys, password))
        return matches and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        self._limiter = self._limiter or CapacityLimiter(AT_ONCE)
        return await to_thread.run_sync(work, limiter=self._limiter)


def weakness(password: str, username: str) -> str | None:
    """Why a password isn't good enough, as a text's key; None for one that is."""
    if len(password) < SHORTEST:
        return "common.password_short"
    if len(password) > LONGEST:
        return "common.password_long"
    folded = _normal(password).casefold()
    if len(username) > 3 and username in folded:
        return "common.password_username"
    letters = "".join(filter(str.isalpha, folded))
    if letters in OBVIOUS or len(set(folded)) < 5 or _is_run(folded):
        return "common.password_obvious"
    return None


def _is_run(text: str) -> bool:
    """123456789012, or half of it and something: most steps from letter to letter are the same."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return any(steps.count(step) > 0.7 * len(steps) for step in (-1, 0, 1))


def _normal(password: str) -> str:
    """The same letters from any keyboard (NFKC, as RFC 8265 says for passwords)."""
    return unicodedata.normalize("NFKC", password)
