import pytest

from clinicbot.console.services import Console
from clinicbot.releases.difference import difference
from clinicbot.releases.store import About
from clinicbot.store.people import Role
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import go_live
from tests.console.publish_world import WORSE, edit, use_publishing

PATH = "/staff/releases"


@pytest.fixture
def approver(client_of: ClientOf) -> Client:
    return client_of(Role.APPROVER, username="ayse", name="Ayşe")


def release_a_change(console: Console) -> None:
    """Release 2: a changed number, published although an FAQ got worse."""
    go_live(console)
    live = console.releases.live()
    assert live is not None
    edit(
        console.root, '"It is not permanent and lasts 4 to 6 months."', '"It is not permanent and lasts 4 to 9 months."'
    )
    changes = difference(live.content, console.root)
    about = About(
        "ayse",
        "the doctor said so",
        "2026-07-20T10:00:00+00:00",
        "engine",
        changes.digest,
        "ayse: it must",
        ("bob",),
        9.4,
    )
    added = console.releases.add(console.root, live.model, about, difference=changes.to_json(), proof=WORSE.to_json())
    console.releases.go_live(added.number, "ayse", about.reason)


def test_before_the_first_release_the_list_is_empty(approver: Client) -> None:
    assert "Nothing has been released yet" in approver.get(PATH).text


def test_the_list_says_who_when_why_what_and_how_it_was_proved(approver: Client, console: Console) -> None:
    release_a_change(console)
    page = approver.get(PATH).text
    for words in ("Ayşe", "the doctor said so", "20 Jul 2026", "1 FAQ changed", "worse on an FAQ", "Release 2 is live"):
        assert words in page
    assert page.index("Release 2</a>") < page.index("Release 1</a>")


def test_a_release_has_its_difference_and_its_report(approver: Client, console: Console) -> None:
    release_a_change(console)
    page = approver.get(f"{PATH}/2").text
    for words in ("ayse: it must", "bob", "Numbers and negations that change", "when again", "9 of 10 → 4 of 10"):
        assert words in page


def test_the_first_release_has_neither(approver: Client, console: Console) -> None:
    go_live(console)
    assert "Made when the assistant was started" in approver.get(f"{PATH}/1").text


def test_there_is_no_release_nine(approver: Client, console: Console) -> None:
    go_live(console)
    assert approver.get(f"{PATH}/9").status_code == 404


def test_a_damaged_record_hides_no_release(approver: Client, console: Console) -> None:
    release_a_change(console)
    (console.releases.get(2).folder / "proof.json").write_text("{", encoding="utf-8")
    assert "the doctor said so" in approver.get(PATH).text
    assert approver.get(f"{PATH}/2").status_code == 200


def test_one_press_goes_back_and_one_more_forward_again(approver: Client, console: Console) -> None:
    release_a_change(console)
    publishing = use_publishing(console)
    assert f'action="{PATH}/1/rollback"' in approver.get(PATH).text
    response = approver.post(f"{PATH}/1/rollback")
    assert publishing.asked == [("roll_back", "1", "ayse", "Back to release 1")]
    console.releases.go_live(1, "ayse", "Back to release 1")
    page = approver.get(response.headers["location"]).text
    assert "Release 1 is live again" in page
    assert f'action="{PATH}/2/rollback"' in page


def test_a_rollback_that_fails_is_told(approver: Client, console: Console) -> None:
    release_a_change(console)
    use_publishing(console).refusal = "Rasa did not take up release 1."
    response = approver.post(f"{PATH}/1/rollback")
    assert "Rasa did not take up release 1." in approver.get(response.headers["location"]).text


def test_an_editor_sees_releases_and_cannot_go_back(client_of: ClientOf, console: Console) -> None:
    release_a_change(console)
    publishing = use_publishing(console)
    editor = client_of(Role.EDITOR)
    assert "rollback" not in editor.get(PATH).text
    assert "rollback" not in editor.get(f"{PATH}/1").text
    assert editor.post(f"{PATH}/1/rollback").status_code == 403
    assert publishing.asked == []


def test_times_are_the_clinics(approver: Client, console: Console) -> None:
    release_a_change(console)
    assert "20 Jul 2026, 11:00" in approver.get(f"{PATH}/2").text  # London's summer
