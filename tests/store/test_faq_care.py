from datetime import date, timedelta

from sqlalchemy import delete, update
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.faq.model import Answer, Faq
from clinicbot.store.faq_care import Care, DeletedFaqs, FaqCare, faq_from_json, faq_to_json
from clinicbot.store.people import People, Role
from clinicbot.store.staff_tables import deleted_faqs, people

FAQ = Faq(
    "uses/lips",
    ("lips?", "dudak mı?", '"quoted"'),
    {
        "en": Answer("en", "Yes,\nlips.", "Lips?", ("p1.1", "p2"), date(2026, 5, 31), True),
        "tr": Answer("tr", "Dudaklar için.", "Dudak?", ("p1.1", "p2"), None, True),
    },
)


def test_care_is_kept_changed_and_taken_back(engine: Engine) -> None:
    care = FaqCare(engine)
    owner = People(engine).add("ayse", "Ayşe", [Role.EDITOR], "tr")
    assert care.get("uses/lips") == Care()
    care.put("uses/lips", Care(owner.id, date(2027, 1, 1)))
    care.put("uses/eyes", Care(None, date(2027, 2, 1)))
    assert care.all() == {"uses/lips": Care(owner.id, date(2027, 1, 1)), "uses/eyes": Care(None, date(2027, 2, 1))}
    care.put("uses/lips", Care(owner.id, None))
    assert care.get("uses/lips") == Care(owner.id, None)
    care.put("uses/lips", Care())
    assert "uses/lips" not in care.all()


def test_care_outlives_its_owner(engine: Engine) -> None:
    owner = People(engine).add("ayse", "Ayşe", [Role.EDITOR], "tr")
    FaqCare(engine).put("uses/lips", Care(owner.id, date(2027, 1, 1)))
    with engine.begin() as connection:
        connection.execute(delete(people).where(people.c.id == owner.id))
    assert FaqCare(engine).get("uses/lips") == Care(None, date(2027, 1, 1))


def test_a_review_is_due_from_its_day_on(engine: Engine) -> None:
    care = FaqCare(engine)
    for faq_id, day in (("a/past", 1), ("a/today", 2), ("a/coming", 3)):
        care.put(faq_id, Care(None, date(2027, 1, day)))
    care.put("a/never", Care(None, None))
    assert care.due(date(2027, 1, 2)) == {"a/past", "a/today"}


def test_an_faq_comes_back_from_json_as_it_was() -> None:
    assert faq_from_json(faq_to_json(FAQ)) == FAQ


def test_deleted_faqs_are_listed_newest_first_until_they_are_restored(engine: Engine) -> None:
    deleted = DeletedFaqs(engine)
    first = deleted.add(FAQ, "ayse")
    second = deleted.add(Faq("uses/eyes", ("eyes?",)), "can")
    assert [(each.id, each.faq.id, each.deleted_by) for each in deleted.all()] == [
        (second, "uses/eyes", "can"),
        (first, "uses/lips", "ayse"),
    ]
    found = deleted.get(first)
    assert found is not None
    assert found.faq == FAQ
    deleted.mark_restored(first)
    assert deleted.get(first) is None
    deleted.forget(second)
    assert deleted.all() == []


def test_after_30_days_a_deletion_is_final_and_then_forgotten(engine: Engine) -> None:
    deleted = DeletedFaqs(engine)
    number = deleted.add(FAQ, "ayse")
    with engine.begin() as connection:
        connection.execute(update(deleted_faqs).values(deleted_at=utc_now() - timedelta(days=30, minutes=1)))
    assert deleted.get(number) is None
    assert deleted.all() == []
    deleted.add(Faq("uses/eyes", ("eyes?",)), "can")
    with engine.connect() as connection:
        assert [row.faq for row in connection.execute(deleted_faqs.select())] == ["uses/eyes"]
