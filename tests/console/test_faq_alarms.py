"""What raises the alarm doesn't become a phrasing; what is there already stays, so that everything can be undone."""

from dataclasses import replace

import pytest

from clinicbot.console.faq_alarms import alarms
from clinicbot.console.services import Console
from clinicbot.faq import writer
from clinicbot.faq.checking import MAX_PHRASINGS
from clinicbot.faq.model import Faq
from tests.console.faq_world import HOW_LONG, draft, go_live

ALARMING = "i cant breathe since this morning"


def with_phrasing(faq: Faq, *phrasings: str) -> Faq:
    return replace(faq, phrasings=(*faq.phrasings, *phrasings))


@pytest.fixture
def alarming(console: Console) -> Faq:
    return with_phrasing(draft(console, HOW_LONG), ALARMING)


def test_a_new_one_is_found(console: Console, alarming: Faq) -> None:
    (finding,) = alarms(console, {HOW_LONG: alarming})
    assert (finding.code, finding.where, finding.values["phrasing"]) == ("F026", HOW_LONG, ALARMING)
    assert alarms(console, {HOW_LONG: with_phrasing(draft(console, HOW_LONG), "how long is it good for")}) == []


def test_what_is_there_already_is_no_finding(console: Console, alarming: Faq) -> None:
    before = draft(console, HOW_LONG)
    writer.write({HOW_LONG: alarming}, {"duration": writer.version_of("duration", console.root)}, console.root)
    assert alarms(console, {HOW_LONG: with_phrasing(alarming, "how long is it good for")}) == []
    go_live(console)
    writer.write({HOW_LONG: before}, {"duration": writer.version_of("duration", console.root)}, console.root)
    assert alarms(console, {HOW_LONG: alarming}) == []


def test_what_is_refused_anyway_costs_no_time(console: Console, alarming: Faq) -> None:
    assert alarms(console, {HOW_LONG: with_phrasing(alarming, *map(str, range(MAX_PHRASINGS)))}) == []
    assert alarms(console, {HOW_LONG: with_phrasing(draft(console, HOW_LONG), f"{ALARMING} " * 20)}) == []
    assert alarms(console, {HOW_LONG: None}) == []
