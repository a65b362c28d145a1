"""Files of staff that wait for a decision: what was uploaded, and what has been decided so far."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Engine, Row

from clinicbot.clock import utc_now
from clinicbot.store.locking import exclusively
from clinicbot.store.staff_tables import uploads

SPREADSHEET, DOCUMENT = "spreadsheet", "document"
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Upload:
    """`state` maps keys to what was decided of each (JSON); `content` is empty in a list."""

    id: str
    kind: str
    name: str
    state: dict[str, Any]
    uploaded_by: str
    uploaded_at: datetime
    content: bytes = b""


class Uploads:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, kind: str, name: str, content: bytes, by: str, now: datetime | None = None) -> str:
        """The new upload's id. Those that nobody finished within 30 days go."""
        at, upload_id = now or utc_now(), uuid.uuid4().hex
        with self._engine.begin() as connection:
            connection.execute(delete(uploads).where(uploads.c.uploaded_at < at - KEPT))
            values = {"id": upload_id, "kind": kind, "name": name, "content": content, "state": "{}"}
            connection.execute(insert(uploads).values(**values, uploaded_by=by, uploaded_at=at))
        return upload_id

    def get(self, kind: str, upload_id: str) -> Upload | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(uploads).where(uploads.c.id == upload_id, uploads.c.kind == kind)).first()
        return _upload(row, row.content) if row else None

    def all(self, kind: str) -> list[Upload]:
        """Newest first, without content."""
        columns = [column for column in uploads.c if column.name != "content"]
        newest = select(*columns).where(uploads.c.kind == kind).order_by(uploads.c.uploaded_at.desc(), uploads.c.id)
        with self._engine.connect() as connection:
            return [_upload(row) for row in connection.execute(newest)]

    def count(self, kind: str) -> int:
        with self._engine.connect() as connection:
            count = select(func.count()).select_from(uploads).where(uploads.c.kind == kind)
            return int(connection.execute(count).scalar_one())

    def decide(self, upload_id: str, decisions: Mapping[str, Any]) -> bool:
        """Puts these keys into the state and leaves the others, which somebody else may be deciding; None takes a key
        out. Whether there is such an upload."""
        with exclusively(self._engine, uploads) as connection:
            row = connection.execute(select(uploads.c.state).where(uploads.c.id == upload_id)).first()
            if row is None:
                return False
            state = {**json.loads(row.state), **decisions}
            kept = {key: value for key, value in state.items() if value is not None}
            text = json.dumps(kept, ensure_ascii=False)
            connection.execute(update(uploads).where(uploads.c.id == upload_id).values(state=text))
            return True

    def remove(self, upload_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(uploads).where(uploads.c.id == upload_id))


def _upload(row: Row, content: bytes = b"") -> Upload:
    state = json.loads(row.state)
    return Upload(row.id, row.kind, row.name, state, row.uploaded_by, row.uploaded_at, bytes(content))
