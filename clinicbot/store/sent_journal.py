"""What was just sent, in a file, until the database knows: writing a line takes microseconds, a transaction takes
milliseconds, and a process that is killed in between would send again what has arrived.

A line that was written survives the process, though not a power cut.
"""

import os
import re
from pathlib import Path

_LINE = re.compile(r"([0-9a-f]+) (\S+)")


class SentJournal:
    """Lines of tracker and the channel's message id, in `path`. Used from one thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, tracker: str, message_id: str) -> None:
        """Raises OSError, for example on a full disk."""
        os.write(self._file, f"{tracker} {message_id}\n".encode())

    def read(self) -> dict[str, str]:
        """Message ids by tracker. A line that was not written to its end, or is damaged, is left out."""
        lines = self._path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
        return {match[1]: match[2] for line in lines if (match := _LINE.fullmatch(line))}

    def clear(self) -> None:
        """Forget everything: the database knows it."""
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        os.close(self._file)
