"""What is asked of the assistant that patients ask, with one on a free port that does as told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from clinicbot.releases import confirming
from clinicbot.releases.confirming import CouldNotLoad, LiveAssistant, NotConfirmed
from clinicbot.releases.difference import Difference, FaqChange, Kind
from clinicbot.releases.store import Releases
from tests.releases.contents import add, write_root

Json = dict[str, Any]


@dataclass
class FakeRasa:
    """`states` are what it says of itself, the last one for ever; None is no answer."""

    states: list[Json | None] = field(default_factory=lambda: [{"release": 1, "refused": None}])
    answers: dict[str, list[str]] = field(default_factory=dict)
    asked: list[Json] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    async def ready(self, _request: web.Request) -> web.Response:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return web.json_response(state or {}, status=503 if state is None else 200)

    async def webhook(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body)
        return web.json_response([{"text": text} for text in self.answers.get(body["message"], [])])

    async def forget(self, request: web.Request) -> web.Response:
        self.forgotten.append(request.match_info["sender"])
        return web.Response(status=204)


@pytest.fixture
def rasa() -> FakeRasa:
    return FakeRasa()


@pytest.fixture
async def assistant(rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveAssistant]:
    monkeypatch.setattr(confirming, "LOOK_EVERY_SECONDS", 0.0)
    app = web.Application()
    app.router.add_get("/webhooks/gateway/ready", rasa.ready)
    app.router.add_post("/webhooks/gateway/webhook", rasa.webhook)
    app.router.add_delete("/webhooks/gateway/conversations/{sender}", rasa.forget)
    async with TestServer(app) as server:
        yield LiveAssistant(str(server.make_url("")))


@pytest.fixture
def nobody() -> LiveAssistant:
    return LiveAssistant("http://127.0.0.1:9")


async def test_an_assistant_that_answers_is_checked(assistant: LiveAssistant) -> None:
    await assistant.check()


async def test_nobody_there_is_told_in_words(nobody: LiveAssistant) -> None:
    with pytest.raises(NotConfirmed, match="Wait a minute and try again"):
        await nobody.check()


async def test_rasa_without_a_model_is_told_in_words(assistant: LiveAssistant, rasa: FakeRasa) -> None:
    rasa.states = [None]
    with pytest.raises(NotConfirmed, match="Wait a minute"):
        await assistant.check()


async def test_rasa_that_watches_no_releases_is_told_in_words(assistant: LiveAssistant, rasa: FakeRasa) -> None:
    rasa.states = [{}]
    with pytest.raises(NotConfirmed, match="clinicbot run"):
        await assistant.check()


def state(release: int, refused: int | None = None) -> Json:
    return {"release": release, "refused": "x: y" if refused else None, "refused_release": refused}


async def test_it_waits_until_the_release_answers(assistant: LiveAssistant, rasa: FakeRasa) -> None:
    rasa.states = [state(1), state(1), state(2)]
    await assistant.wait_for(2)
    assert rasa.states == [state(2)]


async def test_a_moment_without_an_answer_is_no_failure(assistant: LiveAssistant, rasa: FakeRasa) -> None:
    rasa.states = [None, state(1), None, None, state(2)]
    await assistant.wait_for(2)


async def test_a_release_that_could_not_be_loaded_is_told_at_once(assistant: LiveAssistant, rasa: FakeRasa) -> None:
    rasa.states = [state(1), state(1, refused=2)]
    with pytest.raises(CouldNotLoad, match="could not load release 2: x: y"):
        await assistant.wait_for(2)


async def test_what_was_refused_before_is_of_no_matter(assistant: LiveAssistant, rasa: FakeRasa) -> None:
    rasa.states = [state(1, refused=2), state(1), state(3)]
    await assistant.wait_for(3)
    rasa.states = [state(1, refused=2)]
    await assistant.wait_for(1)


@pytest.mark.parametrize("told", [state(1), None])
async def test_it_does_not_wait_for_ever(
    assistant: LiveAssistant, rasa: FakeRasa, told: Json | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "PULLED_WITHIN_SECONDS", 0.2)
    rasa.states = [told]
    with pytest.raises(NotConfirmed, match="did not take up release 2") as caught:
        await assistant.wait_for(2)
    assert not isinstance(caught.value, CouldNotLoad)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_root(tmp_path / "root")


Confirm = Callable[..., Any]


@pytest.fixture
def confirm(assistant: LiveAssistant, root: Path, tmp_path: Path) -> Confirm:
    """Asks about the changes, by FAQ."""

    async def confirm(**kinds: Kind) -> tuple[tuple[str, bool], ...]:
        release = add(Releases(tmp_path / "var"), root)
        changes = tuple(FaqChange(f"duration/{name}", kind, name, ()) for name, kind in kinds.items())
        return await asyncio.wait_for(assistant.confirm(release, Difference("x", changes)), 20)

    return confirm


async def test_what_was_published_is_asked_and_its_answer_compared(confirm: Confirm, rasa: FakeRasa) -> None:
    rasa.answers = {
        "How long?": ["It is not permanent and lasts 4 to 6 months."],
        "More?": ["I am not sure what you mean."],
    }
    asked = await confirm(how_long=Kind.CHANGED, more=Kind.ADDED)
    assert asked == (("How long?", True), ("More?", False))


async def test_nobody_is_left_of_having_asked(confirm: Confirm, rasa: FakeRasa) -> None:
    rasa.answers = {"How long?": ["x"], "More?": ["y"]}
    await confirm(how_long=Kind.CHANGED, more=Kind.ADDED)
    senders = [body["sender"] for body in rasa.asked]
    assert rasa.forgotten == senders
    assert len(set(senders)) == 2
    assert all(body["metadata"] == {"language": "en", "earlier": [], "urgent": False} for body in rasa.asked)


async def test_what_was_removed_is_not_asked(confirm: Confirm, rasa: FakeRasa) -> None:
    assert await confirm(gone=Kind.REMOVED, more=Kind.REMOVED) == ()
    assert rasa.asked == []


async def test_silence_is_no_confirmation(confirm: Confirm, rasa: FakeRasa) -> None:
    with pytest.raises(NotConfirmed, match=r"silent when asked “How long\?”"):
        await confirm(how_long=Kind.CHANGED)
    assert len(rasa.forgotten) == 1


async def test_without_english_it_is_asked_in_the_language_there_is(
    confirm: Confirm, rasa: FakeRasa, root: Path
) -> None:
    path = root / "data" / "faq" / "duration.yml"
    text = path.read_text(encoding="utf-8")
    begin = text.index('  - text: "Additional doses')
    path.write_text(text[:begin] + text[text.index('  - text: "Ek doz') :], encoding="utf-8")
    rasa.answers = {"Ek doz?": ["Ek doz verilebilir."]}
    assert await confirm(more=Kind.CHANGED) == (("Ek doz?", True),)
    assert rasa.asked[0]["metadata"]["language"] == "tr"


async def test_only_some_are_asked(confirm: Confirm, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "ASKED_AT_MOST", 1)
    rasa.answers = {"How long?": ["x"], "More?": ["y"]}
    assert len(await confirm(how_long=Kind.CHANGED, more=Kind.ADDED)) == 1


async def test_nobody_there_is_no_confirmation(nobody: LiveAssistant, root: Path, tmp_path: Path) -> None:
    release = add(Releases(tmp_path / "var"), root)
    changes = Difference("x", (FaqChange("duration/more", Kind.ADDED, "More?", ()),))
    with pytest.raises(NotConfirmed, match="doesn't answer"):
        await nobody.confirm(release, changes)
    assert await nobody.confirm(release, None) == ()
