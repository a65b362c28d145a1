import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import update

from clinicbot.callback import Wanted
from clinicbot.console.services import Console
from clinicbot.messages import Channel, Person
from clinicbot.store.audit import Filter
from clinicbot.store.callbacks import Callbacks, State
from clinicbot.store.contacts import contact_for
from clinicbot.store.conversations import Conversations, utc_now
from clinicbot.store.people import Role
from clinicbot.store.staff_tables import callback_requests
from clinicbot.store.staff_tasks import StaffTasks, add_task
from clinicbot.store.work import TASK, WorkList
from tests.console.conftest import Client, ClientOf

NAME, PHONE = "Zelda Quist", "+442079460123"


def want_call(console: Console, name: str = NAME) -> int:
    """A patient of the website wants to be called; the request's number."""
    session = Conversations(console.engine).start("en", {}, timedelta(hours=1))
    callbacks = Callbacks(console.engine)
    write = callbacks.writing(session.id, Wanted(name, PHONE, "any time"), "en")
    assert write is not None
    with console.engine.begin() as connection:
        write(connection)
    return callbacks.all()[-1].id


def fail_delivery(console: Console) -> int:
    """Something could not be delivered to somebody on WhatsApp; the task's number."""
    with console.engine.begin() as connection:
        contact = contact_for(connection, Channel.WHATSAPP, Person("u1", "442079460999"), "de")
        add_task(connection, "undelivered", contact, "The effect lasts 4 to 6 months.", "no account there")
    return StaffTasks(console.engine).open()[-1].id


def age(console: Console, days: int) -> None:
    with console.engine.begin() as connection:
        connection.execute(update(callback_requests).values(created_at=utc_now() - timedelta(days=days)))


def mark_in(text: str) -> str:
    found = re.search(r'name="mark" value="([^"]+)"', text)
    assert found, text
    return found[1]


@pytest.fixture
def nurse(client_of: ClientOf) -> Client:
    return client_of(Role.EDITOR, username="nurse")


@pytest.mark.parametrize("role", Role)
def test_every_role_sees_who_wants_to_be_called(console: Console, client_of: ClientOf, role: Role) -> None:
    want_call(console)
    text = client_of(role).get("/staff/tasks").text
    assert NAME in text
    assert f'href="tel:{PHONE}"' in text
    assert "+44 20 7946 0123" in text
    assert "any time" in text


def test_nobody_else_does(console: Console, nurse: Client) -> None:
    number = want_call(console)
    nurse.http.cookies.clear()
    for path in ("/staff/tasks", f"/staff/tasks/callback/{number}"):
        response = nurse.get(path)
        assert response.status_code == 303
        assert NAME not in response.text


def test_failed_deliveries_stand_in_the_same_list(console: Console, nurse: Client) -> None:
    want_call(console)
    task = fail_delivery(console)
    text = nurse.get("/staff/tasks").text
    assert NAME in text
    assert "tel:+442079460999" in text
    detail = nurse.get(f"/staff/tasks/task/{task}").text
    for said in ("The effect lasts 4 to 6 months.", "no account there", "German", "WhatsApp"):
        assert said in detail


def test_the_title_holds_neither_name_nor_number(console: Console, nurse: Client) -> None:
    number = want_call(console)
    for path in ("/staff/tasks", f"/staff/tasks/callback/{number}"):
        title = re.search(r"<title>(.*?)</title>", nurse.get(path).text, re.DOTALL)
        assert title
        assert not re.search(r"Zelda|7946", title[1])


def test_a_request_is_marked_as_called_with_a_note(console: Console, nurse: Client) -> None:
    number = want_call(console)
    path = f"/staff/tasks/callback/{number}"
    mark = mark_in(nurse.get(path).text)
    response = nurse.post(path, {"state": "called", "note": "no answer, again at five", "mark": mark})
    assert response.status_code == 303
    request = Callbacks(console.engine).get(number)
    assert request
    assert (request.state, request.note, request.changed_by) == (State.CALLED, "no answer, again at five", "nurse")
    text = nurse.get(path).text
    assert "Changed by nurse" in text
    assert "no answer, again at five" in text


def test_one_press_in_the_list_keeps_the_note(console: Console, nurse: Client) -> None:
    number = want_call(console)
    path = f"/staff/tasks/callback/{number}"
    nurse.post(path, {"state": "called", "note": "a note", "mark": mark_in(nurse.get(path).text)})
    nurse.post(path, {"state": "closed", "mark": mark_in(nurse.get("/staff/tasks").text)})
    request = Callbacks(console.engine).get(number)
    assert request
    assert (request.state, request.note) == (State.CLOSED, "a note")


def test_the_second_of_two_sees_who_was_faster_and_loses_no_word(
    console: Console, nurse: Client, client_of: ClientOf
) -> None:
    number = want_call(console)
    path = f"/staff/tasks/callback/{number}"
    seen = mark_in(nurse.get(path).text)
    colleague = client_of(Role.APPROVER, username="colleague")
    colleague.post(path, {"state": "called", "note": "I talked to her", "mark": seen})
    response = nurse.post(path, {"state": "closed", "note": "my own words", "mark": seen})
    assert response.status_code == 409
    for said in ("Somebody else was faster", "colleague", "I talked to her", "my own words"):
        assert said in response.text
    request = Callbacks(console.engine).get(number)
    assert request
    assert request.note == "I talked to her"
    nurse.post(path, {"state": "closed", "note": "my own words", "mark": mark_in(response.text)})
    changed = Callbacks(console.engine).get(number)
    assert changed
    assert (changed.state, changed.note) == (State.CLOSED, "my own words")


def test_a_task_is_closed_and_opened_again(console: Console, nurse: Client) -> None:
    path = f"/staff/tasks/task/{fail_delivery(console)}"
    nurse.post(path, {"state": "closed", "note": "told him", "mark": mark_in(nurse.get(path).text)})
    assert StaffTasks(console.engine).open() == []
    assert "told him" in nurse.get(path).text
    nurse.post(path, {"state": "open", "note": "", "mark": mark_in(nurse.get(path).text)})
    assert len(StaffTasks(console.engine).open()) == 1


def test_a_task_that_was_closed_meanwhile_is_not_opened_by_a_page_of_before(console: Console, nurse: Client) -> None:
    task = fail_delivery(console)
    path = f"/staff/tasks/task/{task}"
    seen = mark_in(nurse.get(path).text)
    StaffTasks(console.engine).close(task)
    assert nurse.post(path, {"state": "called", "note": "", "mark": seen}).status_code == 409
    assert StaffTasks(console.engine).open() == []


def test_what_is_open_stands_first_and_the_oldest_on_top(console: Console) -> None:
    first, second = want_call(console, "First"), want_call(console, "Second")
    task = fail_delivery(console)
    callbacks = Callbacks(console.engine)
    closed = want_call(console, "Closed")
    assert callbacks.change(closed, 1, State.CLOSED, "", "nurse")
    assert callbacks.change(first, 1, State.CALLED, "", "nurse")
    works = WorkList(console.engine).all()
    assert [(work.source, work.id) for work in works] == [
        ("callback", second),
        ("task", task),
        ("callback", first),
        ("callback", closed),
    ]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Open", "Called"}),
        ("?state=open", {"Open"}),
        ("?state=called", {"Called"}),
        ("?state=closed", {"Closed"}),
        ("?state=all", {"Open", "Called", "Closed"}),
        ("?state=all&kind=undelivered", set()),
        ("?state=nonsense&page=x", set()),
    ],
)
def test_filters(console: Console, nurse: Client, query: str, shown: set[str]) -> None:
    callbacks = Callbacks(console.engine)
    want_call(console, "Open Patient")
    for state in (State.CALLED, State.CLOSED):
        callbacks.change(want_call(console, f"{state.name.title()} Patient"), 1, state, "", "nurse")
    text = nurse.get(f"/staff/tasks{query}").text
    assert {name for name in ("Open", "Called", "Closed") if f"{name} Patient" in text} == shown


def test_what_waits_for_long_is_marked(console: Console, nurse: Client) -> None:
    want_call(console)
    assert "waiting for over a day" not in nurse.get("/staff/tasks").text
    age(console, 2)
    assert "waiting for over a day" in nurse.get("/staff/tasks").text
    age(console, 31)
    assert "older than messages are kept" in nurse.get("/staff/tasks").text


def test_the_menu_counts_what_nobody_has_begun_with(console: Console, nurse: Client) -> None:
    number, _ = want_call(console), fail_delivery(console)
    assert WorkList(console.engine).count_open() == 2
    assert re.search(r'href="/staff/tasks"[^>]*>[^<]*<span class="badge">2</span>', nurse.get("/staff/tasks").text)
    Callbacks(console.engine).change(number, 1, State.CALLED, "", "nurse")
    assert WorkList(console.engine).count_open() == 1
    (work,) = [work for work in WorkList(console.engine).all() if work.source == TASK]
    assert WorkList(console.engine).change(work, work.mark, State.CALLED, "", "nurse")
    assert WorkList(console.engine).count_open() == 0


def test_the_log_says_who_did_it_and_nothing_of_the_patient(console: Console, nurse: Client) -> None:
    number = want_call(console)
    path = f"/staff/tasks/callback/{number}"
    nurse.post(path, {"state": "called", "note": f"{NAME} talked", "mark": mark_in(nurse.get(path).text)})
    (entry,) = [entry for entry in console.audit.all(Filter()) if entry.action == "task.change"]
    assert (entry.person, entry.subject) == ("nurse", f"callback/{number}")
    assert entry.details == {"state": "called", "before": "open", "note_changed": True}


@pytest.mark.parametrize("path", ["callback/99", "task/99", "nonsense/1", f"callback/{2**40}"])
def test_what_has_gone_is_not_found(nurse: Client, path: str) -> None:
    assert nurse.get(f"/staff/tasks/{path}").status_code == 404
    assert nurse.post(f"/staff/tasks/{path}", {"state": "open", "mark": "1-open"}).status_code == 404


@pytest.mark.parametrize(
    "fields", [{"state": "burnt"}, {"state": ""}, {"state": "called", "note": "x" * 2_001}, {"mark": ""}]
)
def test_a_form_that_makes_no_sense_changes_nothing(console: Console, nurse: Client, fields: dict[str, str]) -> None:
    number = want_call(console)
    path = f"/staff/tasks/callback/{number}"
    data = {"state": "called", "note": "", "mark": mark_in(nurse.get(path).text)} | fields
    assert nurse.post(path, data).status_code == 422
    request = Callbacks(console.engine).get(number)
    assert request
    assert request.version == 1


def test_without_the_token_nothing_is_changed(console: Console, nurse: Client) -> None:
    number = want_call(console)
    data = {"state": "called", "mark": "1-open", "csrf": "wrong"}
    assert nurse.post(f"/staff/tasks/callback/{number}", data).status_code == 403


def test_what_patients_type_is_shown_and_not_run(console: Console, nurse: Client) -> None:
    want_call(console, "<script>alert(1)</script>")
    text = nurse.get("/staff/tasks").text
    assert "<script>alert" not in text
    assert "<script>alert(1)</script>" in unescape(text)


def test_a_task_without_a_person_is_shown(console: Console, nurse: Client) -> None:
    with console.engine.begin() as connection:
        add_task(connection, "window_closed", None, "Hello.", "too late")
    assert "number not known" in nurse.get("/staff/tasks").text


def test_in_turkish(console: Console, client_of: ClientOf) -> None:
    number = want_call(console)
    turkish = client_of(Role.EDITOR, language="tr")
    assert "Aramalar ve görevler" in turkish.get("/staff/tasks").text
    assert "Geri arama" in turkish.get(f"/staff/tasks/callback/{number}").text
