from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from clinicbot.clock import utc_now
from clinicbot.store.uploads import DOCUMENT, KEPT, SPREADSHEET, Uploads


@pytest.fixture
def uploads(engine: Engine) -> Uploads:
    return Uploads(engine)


def test_an_upload_is_kept_as_it_came(uploads: Uploads) -> None:
    upload_id = uploads.add(SPREADSHEET, "Sorular.xlsx", b"\x00PK\xff", "ayse")
    upload = uploads.get(SPREADSHEET, upload_id)
    assert upload is not None
    assert (upload.name, upload.content, upload.state, upload.uploaded_by) == (
        "Sorular.xlsx",
        b"\x00PK\xff",
        {},
        "ayse",
    )
    assert uploads.get(DOCUMENT, upload_id) is None
    assert uploads.get(SPREADSHEET, "none") is None


def test_they_are_listed_newest_first_without_content(uploads: Uploads) -> None:
    now = utc_now()
    first = uploads.add(DOCUMENT, "1", b"x", "ayse", now - timedelta(minutes=1))
    second = uploads.add(DOCUMENT, "2", b"x", "ayse", now)
    uploads.add(SPREADSHEET, "3", b"x", "ayse", now)
    assert [(upload.id, upload.content) for upload in uploads.all(DOCUMENT)] == [(second, b""), (first, b"")]
    assert uploads.count(DOCUMENT) == 2
    uploads.remove(first)
    assert uploads.count(DOCUMENT) == 1


def test_a_decision_leaves_the_others_and_none_takes_one_back(uploads: Uploads) -> None:
    upload_id = uploads.add(DOCUMENT, "x", b"", "ayse")
    assert uploads.decide(upload_id, {"a": {"choice": "ğ"}, "b": 1})
    assert uploads.decide(upload_id, {"b": None, "c": [2]})
    upload = uploads.get(DOCUMENT, upload_id)
    assert upload is not None
    assert upload.state == {"a": {"choice": "ğ"}, "c": [2]}
    assert not uploads.decide("none", {"a": 1})


def test_one_that_nobody_finished_goes_after_a_month(uploads: Uploads) -> None:
    now = utc_now()
    uploads.add(DOCUMENT, "old", b"", "ayse", now - KEPT - timedelta(days=1))
    uploads.add(DOCUMENT, "young", b"", "ayse", now - KEPT + timedelta(days=1))
    assert uploads.count(DOCUMENT) == 2
    uploads.add(SPREADSHEET, "x", b"", "ayse", now)
    assert [upload.name for upload in uploads.all(DOCUMENT)] == ["young"]
