from dataclasses import replace

import httpx
import pytest

from clinicbot.console import publish_pages
from clinicbot.console.services import Console
from clinicbot.releases.difference import Difference
from clinicbot.releases.publish_state import Phase, PublishState
from clinicbot.store.audit import Filter
from clinicbot.store.console_settings import SECOND_PERSON, SecondPerson
from clinicbot.store.people import Role
from tests.console.conftest import Client, ClientOf
from tests.console.faq_world import go_live
from tests.console.publish_world import (
    REFUSED,
    WORSE,
    digest_of,
    edit,
    make_sensitive,
    use_publishing,
    working,
)

PATH = "/staff/publish"
REASON = "a clearer answer"


@pytest.fixture
def approver(client_of: ClientOf) -> Client:
    return client_of(Role.APPROVER, username="ayse")


def shown(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return response.text


def publish(client: Client, console: Console, **fields: str) -> httpx.Response:
    return client.post(PATH, {"content": digest_of(console), "reason": REASON, **fields})


def message_after(client: Client, response: httpx.Response) -> str:
    assert response.status_code == 303
    return client.get(response.headers["location"]).text


def test_without_changes_there_is_nothing_to_publish(approver: Client, console: Console) -> None:
    use_publishing(console)
    page = shown(approver.get(PATH))
    assert "Nothing has changed since the last release" in page
    assert "Publish now" not in page


def test_before_the_first_release_it_says_so(approver: Client) -> None:
    assert "Nothing has been released yet" in shown(approver.get(PATH))


def test_numbers_and_negations_stand_on_top_in_words(approver: Client, console: Console) -> None:
    use_publishing(console)
    edit(console.root, '"Additional doses may be given."', '"Further doses may be given."')
    edit(console.root, '"It is not permanent and lasts 4 to 6 months."', '"It is permanent and lasts 4 to 9 months."')
    page = shown(approver.get(PATH))
    assert "Numbers and negations that change" in page
    assert "2 FAQs changed" in page
    assert page.index("duration/how_long") < page.index("duration/more")
    assert '<del class="fact"><span class="visually-hidden">[gone: </span>6' in page
    assert '<ins class="fact"><span class="visually-hidden">[new: </span>9' in page
    assert "Number or negation gone</span> <strong>not · 6" in page


def test_what_came_and_went_is_escaped(approver: Client, console: Console) -> None:
    use_publishing(console)
    edit(console.root, "how does it last 0", "how <script>alert(1)</script> long")
    page = shown(approver.get(PATH))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_an_approver_publishes_what_was_seen(approver: Client, console: Console) -> None:
    publishing = use_publishing(console)
    edit(console.root, "how does it last 0", "how long is it good for")
    assert f'value="{digest_of(console)}"' in shown(approver.get(PATH))
    assert publish(approver, console).status_code == 303
    assert publishing.asked == [("start", "ayse", REASON, digest_of(console))]


def test_what_was_changed_meanwhile_is_looked_at_again(approver: Client, console: Console) -> None:
    publishing = use_publishing(console)
    edit(console.root, "how does it last 0", "how long is it good for")
    seen = digest_of(console)
    edit(console.root, "how does it last 5", "how long does it stay")
    text = message_after(approver, publish(approver, console, content=seen))
    assert "was changed after you opened this page" in text
    assert publishing.asked == []


def test_a_reason_is_needed(approver: Client, console: Console) -> None:
    publishing = use_publishing(console)
    edit(console.root, "how does it last 0", "how long is it good for")
    response = publish(approver, console, reason="  ")
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert publishing.asked == []


def test_an_editor_sees_the_difference_and_no_button(client_of: ClientOf, console: Console) -> None:
    publishing = use_publishing(console)
    edit(console.root, "how does it last 0", "how long is it good for")
    editor = client_of(Role.EDITOR)
    page = shown(editor.get(PATH))
    assert "how long is it good for" in page
    assert "An approver can publish this" in page
    assert "Publish now" not in page
    assert publish(editor, console).status_code == 403
    assert publishing.asked == []


def test_aftercare_needs_a_second_person(approver: Client, client_of: ClientOf, console: Console) -> None:
    other = client_of(Role.APPROVER, username="bob")
    make_sensitive(console)
    publishing = use_publishing(console)
    page = shown(approver.get(PATH))
    assert "A second person must approve" in page
    assert "Publish now" not in page
    assert "must approve this content first" in message_after(approver, publish(approver, console))
    assert publishing.asked == []
    refused, _ = console.audit.page(Filter(outcome="refused"), number=1, size=10)
    assert [entry.action for entry in refused] == ["publish.start"]
    other.post(f"{PATH}/approve", {"content": digest_of(console)})
    assert "Approved by Bob" in shown(approver.get(PATH))
    publish(approver, console)
    assert publishing.asked == [("start", "ayse", REASON, digest_of(console), "bob")]


def test_ones_own_approval_is_not_a_second_person(approver: Client, client_of: ClientOf, console: Console) -> None:
    client_of(Role.APPROVER)
    make_sensitive(console)
    publishing = use_publishing(console)
    approver.post(f"{PATH}/approve", {"content": digest_of(console)})
    assert "Now another approver can publish it" in shown(approver.get(PATH))
    publish(approver, console)
    assert publishing.asked == []


def test_a_later_edit_voids_the_approval(approver: Client, client_of: ClientOf, console: Console) -> None:
    other = client_of(Role.APPROVER)
    make_sensitive(console)
    publishing = use_publishing(console)
    other.post(f"{PATH}/approve", {"content": digest_of(console)})
    edit(console.root, "More doses", "Many doses", "data/faq/aftercare.yml")
    publish(approver, console)
    assert publishing.asked == []


def test_what_was_rolled_back_needs_its_approval_again(approver: Client, client_of: ClientOf, console: Console) -> None:
    other = client_of(Role.APPROVER)
    make_sensitive(console)
    other.post(f"{PATH}/approve", {"content": digest_of(console)})
    go_live(console)
    console.releases.go_live(1, "bob", "the new aftercare was wrong")
    publishing = use_publishing(console)
    assert "Publish now" not in shown(approver.get(PATH))
    publish(approver, console)
    assert publishing.asked == []


def test_a_page_of_before_a_rollback_does_not_publish(approver: Client, console: Console) -> None:
    use_publishing(console)
    edit(console.root, "lasts 4 to 6 months", "lasts 6 to 4 months")
    go_live(console)
    edit(console.root, "how does it last 0", "how long is it good for")
    looked_at = digest_of(console)  # one more phrasing
    console.releases.go_live(1, "bob", "the months were wrong")
    publishing = use_publishing(console)
    text = message_after(approver, publish(approver, console, content=looked_at))
    assert "was changed after you opened this page" in text
    assert publishing.asked == []


def test_only_what_was_seen_can_be_approved(approver: Client, client_of: ClientOf, console: Console) -> None:
    client_of(Role.APPROVER)
    make_sensitive(console)
    response = approver.post(f"{PATH}/approve", {"content": "0" * 64})
    assert "was changed after you opened" in message_after(approver, response)
    assert "Nobody has approved" in shown(approver.get(PATH))


def test_alone_one_may_publish_unless_the_clinic_decided_otherwise(approver: Client, console: Console) -> None:
    make_sensitive(console)
    publishing = use_publishing(console)
    console.preferences.set(SECOND_PERSON, SecondPerson.ALWAYS.value)
    publish(approver, console)
    assert publishing.asked == []
    console.preferences.set(SECOND_PERSON, SecondPerson.AUTO.value)
    publish(approver, console)
    assert len(publishing.asked) == 1


def test_the_work_is_shown_to_whoever_opens_the_page(client_of: ClientOf, console: Console) -> None:
    use_publishing(console, working(0.4))
    page = shown(client_of(Role.EDITOR).get(PATH))
    assert '<progress max="100" value="40" aria-labelledby="publishing-title">' in page
    assert 'role="status"' in page
    assert "The assistant learns" in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert f'action="{PATH}/cancel"' not in page


def test_an_approver_may_cancel(approver: Client, console: Console) -> None:
    publishing = use_publishing(console, working(0.4))
    assert f'action="{PATH}/cancel"' in shown(approver.get(PATH))
    approver.post(f"{PATH}/cancel")
    assert publishing.asked == [("cancel", "ayse")]


def test_what_goes_live_cannot_be_cancelled(approver: Client, console: Console) -> None:
    use_publishing(console, working(0.9, "going_live", Phase.GOING_LIVE))
    assert f'action="{PATH}/cancel"' not in shown(approver.get(PATH))


def test_events_tell_the_bar_each_step_once_and_the_end(approver: Client, console: Console) -> None:
    done = PublishState(Phase.DONE, 1.0, "confirming", release=2)
    use_publishing(console, working(0.1), working(0.5), working(0.7, "proving", Phase.PROVING), done)
    response = approver.get(f"{PATH}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")]
    assert events == ["bar", "step", "bar", "bar", "step", "finished"]
    assert 'value="70"' in response.text
    assert "data: Comparing with the live release" in response.text


def test_events_without_work_end_at_once(approver: Client, console: Console) -> None:
    use_publishing(console)
    assert approver.get(f"{PATH}/events").text.split() == ["event:", "finished", "data:", "finished"]


def test_worse_shows_who_collides_and_the_sentences_to_move(approver: Client, console: Console) -> None:
    publishing = use_publishing(console, PublishState(Phase.WAITING, 0.9, "", "ayse", REASON, proof=WORSE))
    page = shown(approver.get(PATH))
    assert "“How long?” takes questions of “More?”" in page
    assert "when again" in page
    assert "when shall i come again" in page
    assert 'href="/staff/faqs/duration/how_long"' in page
    assert "9 of 10 → 4 of 10" in page
    assert approver.post(f"{PATH}/go-on", {"why": " "}).status_code == 422
    approver.post(f"{PATH}/go-on", {"why": "they are about the same"})
    approver.post(f"{PATH}/give-up")
    assert publishing.asked == [("go_on", "ayse", "they are about the same"), ("give_up", "ayse")]


def test_an_editor_cannot_decide(client_of: ClientOf, console: Console) -> None:
    use_publishing(console, PublishState(Phase.WAITING, proof=WORSE))
    editor = client_of(Role.EDITOR)
    assert "An approver decides" in shown(editor.get(PATH))
    assert editor.post(f"{PATH}/go-on", {"why": "because"}).status_code == 403


def test_refused_names_the_lines_and_offers_no_way_on(approver: Client, console: Console) -> None:
    use_publishing(console, PublishState(Phase.FAILED, error="refused", proof=REFUSED))
    page = shown(approver.get(PATH))
    assert "An emergency would no longer be recognised" in page
    assert "i can&#39;t breathe since yesterday" in page
    assert "go-on" not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PublishState(Phase.FAILED, error="Rasa did not answer."), "Rasa did not answer."),
        (PublishState(Phase.FAILED, error="interrupted"), "probably by a restart"),
        (PublishState(Phase.CANCELLED), "Publishing was cancelled"),
        (PublishState(Phase.DONE, release=1, confirmed=(("How long?", True),)), "Release 1 is live"),
    ],
)
def test_how_it_ended_is_told(approver: Client, console: Console, state: PublishState, words: str) -> None:
    use_publishing(console, state)
    assert words in shown(approver.get(PATH))


def test_a_release_that_was_taken_back_is_not_called_live(approver: Client, console: Console) -> None:
    use_publishing(console, PublishState(Phase.DONE, release=7))
    assert "Release 7 is live" not in shown(approver.get(PATH))


def test_what_cannot_be_done_now_is_told(approver: Client, console: Console) -> None:
    publishing = use_publishing(console)
    edit(console.root, "how does it last 0", "how long is it good for")
    publishing.refusal = "Somebody is publishing already."
    assert "Somebody is publishing already." in message_after(approver, publish(approver, console))
    assert "Somebody is publishing already." in message_after(approver, approver.post(f"{PATH}/cancel"))


def test_without_a_publisher_nothing_breaks(approver: Client, console: Console) -> None:
    go_live(console)
    edit(console.root, "how does it last 0", "how long is it good for")
    assert "Publish now" in shown(approver.get(PATH))
    assert "not available at the moment" in message_after(approver, publish(approver, console))
    assert "not available at the moment" in message_after(approver, approver.post(f"{PATH}/cancel"))


def test_content_that_cannot_be_read_is_told_and_breaks_no_other_page(approver: Client, console: Console) -> None:
    use_publishing(console)
    (console.root / "data/faq/duration.yml").write_text("nlu: [\n", encoding="utf-8")
    response = approver.get(PATH)
    assert response.status_code == 500
    assert "can&#39;t be read" in response.text
    assert approver.get("/staff").status_code == 200


def test_the_badge_counts_changes(console: Console) -> None:
    assert publish_pages.badge(console) == 0
    use_publishing(console)
    assert publish_pages.badge(console) == 0
    edit(console.root, "how does it last 0", "how long is it good for")
    edit(console.root, "    - hello\n", "    - good day\n", "data/dialogue/out_of_scope.yml")
    assert publish_pages.badge(console) == 2


def test_it_speaks_turkish(client_of: ClientOf, console: Console) -> None:
    use_publishing(console, PublishState(Phase.WAITING, proof=WORSE))
    page = shown(client_of(Role.APPROVER, language="tr").get(PATH))
    assert "Karar gerekiyor" in page


def test_everything_that_may_change_has_words(approver: Client, console: Console) -> None:
    """Every kind of difference at once, and no key of a text that isn't there."""
    use_publishing(console)
    edit(console.root, "phone_line: true", "phone_line: false")
    edit(console.root, "reviewed_on: null, phone_line", "reviewed_on: 2026-06-01, phone_line")
    edit(console.root, "may be given", "may be applied", "data/document/apex-clinic-botox.md")
    edit(console.root, "60", "61", "domain.yml")
    page = shown(approver.get(PATH))
    for words in ("Offers the telephone line (Turkish)", "Reviewed on (Turkish)", "Sentence p1.2", "domain.yml"):
        assert words in page


def test_a_difference_of_a_running_publication_is_shown_below_it(approver: Client, console: Console) -> None:
    use_publishing(console)
    live = console.releases.live()
    assert live is not None
    edit(console.root, "how does it last 0", "how long is it good for")
    changes = publish_pages.difference_of(live.content, console.root, "any", 0)
    assert isinstance(changes, Difference)
    use_publishing(console, replace(working(0.3), difference=changes))
    assert "how long is it good for" in shown(approver.get(PATH))
