"""What the clinic keeps about an FAQ besides its text: who looks after it, when it is read again, and deleted ones."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Engine, Row

from clinicbot.clock import utc_now
from clinicbot.faq.model import Answer, Faq
from clinicbot.store.staff_tables import deleted_faqs, faq_care

KEPT = timedelta(days=30)  # how long a deletion can be undone


@dataclass(frozen=True)
class Care:
    """`owner_id` is a person's; `review_due` the day by which somebody reads the answers again."""

    owner_id: int | None = None
    review_due: date | None = None


@dataclass(frozen=True)
class Deleted:
    """`deleted_at` is naive UTC."""

    id: int
    faq: Faq
    deleted_by: str
    deleted_at: datetime


class FaqCare:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, Care]:
        """By FAQ id; one that nobody has said anything about is missing."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(faq_care)).all()
        return {row.faq: Care(row.owner_id, row.review_due) for row in rows}

    def get(self, faq_id: str) -> Care:
        with self._engine.connect() as connection:
            row = connection.execute(select(faq_care).where(faq_care.c.faq == faq_id)).first()
        return Care(row.owner_id, row.review_due) if row else Care()

    def put(self, faq_id: str, care: Care) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(faq_care).where(faq_care.c.faq == faq_id))
            if care != Care():
                connection.execute(insert(faq_care).values(faq=faq_id, **asdict(care)))

    def due(self, today: date) -> set[str]:
        """The FAQs whose day has come."""
        with self._engine.connect() as connection:
            return set(connection.execute(select(faq_care.c.faq).where(faq_care.c.review_due <= today)).scalars())


class DeletedFaqs:
    """Kept for 30 days, so that a deletion can be undone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, faq: Faq, person: str) -> int:
        """The number by which it can be restored. Those that are older than 30 days are forgotten."""
        now = utc_now()
        values = {"faq": faq.id, "content": faq_to_json(faq), "deleted_by": person, "deleted_at": now}
        with self._engine.begin() as connection:
            connection.execute(delete(deleted_faqs).where(deleted_faqs.c.deleted_at < now - KEPT))
            return int(connection.execute(insert(deleted_faqs).values(**values)).inserted_primary_key[0])

    def forget(self, number: int) -> None:
        """For a deletion that was refused."""
        with self._engine.begin() as connection:
            connection.execute(delete(deleted_faqs).where(deleted_faqs.c.id == number))

    def all(self) -> list[Deleted]:
        """Those that can still be restored, newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(self._restorable().order_by(deleted_faqs.c.id.desc())).all()
        return [_deleted(row) for row in rows]

    def get(self, number: int) -> Deleted | None:
        with self._engine.connect() as connection:
            row = connection.execute(self._restorable().where(deleted_faqs.c.id == number)).first()
        return _deleted(row) if row else None

    def mark_restored(self, number: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(deleted_faqs).where(deleted_faqs.c.id == number).values(restored_at=utc_now()))

    @staticmethod
    def _restorable() -> Any:
        is_young = deleted_faqs.c.deleted_at >= utc_now() - KEPT
        return select(deleted_faqs).where(deleted_faqs.c.restored_at.is_(None), is_young)


def faq_to_json(faq: Faq) -> str:
    return json.dumps(asdict(faq), default=date.isoformat, ensure_ascii=False, sort_keys=True)


def faq_from_json(text: str) -> Faq:
    raw = json.loads(text)
    answers = {language: _answer(each) for language, each in raw["answers"].items()}
    return Faq(raw["id"], tuple(raw["phrasings"]), answers)


def _answer(raw: dict[str, Any]) -> Answer:
    reviewed_on = date.fromisoformat(raw["reviewed_on"]) if raw["reviewed_on"] else None
    return Answer(**{**raw, "source": tuple(raw["source"]), "reviewed_on": reviewed_on})


def _deleted(row: Row) -> Deleted:
    return Deleted(row.id, faq_from_json(row.content), row.deleted_by, row.deleted_at)
