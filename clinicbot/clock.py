"""The time, as the database keeps it."""

from datetime import datetime, timezone


def utc_now() -> datetime:
    """Naive UTC: SQLite keeps no time zones."""
    return datetime.now(timezone.utc).replace(tzinfo=None)
