"""Session tokens: a random session id, signed and dated by the server, so a guess or a change is refused."""

import os
import secrets
from pathlib import Path

from itsdangerous import BadSignature, URLSafeTimedSerializer

from clinicbot.settings import Settings


class Tokens:
    def __init__(self, secret: str, max_age_seconds: int) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="clinicbot.session")
        self._max_age = max_age_seconds

    def issue(self, session_id: str) -> str:
        return self._serializer.dumps(session_id)

    def session_id(self, token: str) -> str | None:
        """The session of a token that we signed and that hasn't expired, else None."""
        try:
            value = self._serializer.loads(token, max_age=self._max_age)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None


def signing_key(settings: Settings) -> str:
    """The configured key, or one made at the first start and kept readable by this user only."""
    if settings.secret:
        return settings.secret
    path = settings.var / "session.key"
    if not path.exists():
        _write_new(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _write_new(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    temporary.rename(path)
