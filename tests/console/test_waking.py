"""Whoever works on the content wakes the trainer, from whichever thread the page is made in."""

import asyncio
from dataclasses import dataclass

import pytest

from clinicbot.console.services import Console
from clinicbot.store.people import Role
from tests.console.conftest import ClientOf
from tests.console.faq_world import HOW_LONG, go_live, open_form, send
from tests.console.publish_world import ToldPublishing


@dataclass
class Sleeping(ToldPublishing):
    """Woken as the real one is: by a task, which needs an event loop."""

    woken: int = 0

    def wake(self) -> None:
        asyncio.get_running_loop()
        self.woken += 1


@pytest.fixture
def publishing(console: Console) -> Sleeping:
    go_live(console)
    sleeping = Sleeping()
    console.publishing = sleeping  # type: ignore[assignment]
    return sleeping


def test_an_edit_that_is_refused_wakes_the_trainer_like_every_page(publishing: Sleeping, client_of: ClientOf) -> None:
    editor = client_of(Role.EDITOR)
    fields = open_form(editor, HOW_LONG)
    assert publishing.woken == 1
    assert send(editor, fields, HOW_LONG, text_en="").status_code == 422
    assert publishing.woken == 2


def test_who_only_manages_people_wakes_nobody(publishing: Sleeping, client_of: ClientOf) -> None:
    assert client_of(Role.ADMINISTRATOR).get("/staff/people").status_code == 200
    assert publishing.woken == 0
