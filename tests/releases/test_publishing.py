"""Publishing with a trainer and an assistant that do as told, over real releases: it goes live, or nothing happened."""

import asyncio
import multiprocessing
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from clinicbot.releases import publishing as publishing_module
from clinicbot.releases.confirming import CouldNotLoad, NotConfirmed
from clinicbot.releases.difference import content_digest
from clinicbot.releases.proof import Proof, Verdict
from clinicbot.releases.publish_state import AT_WORK, Phase, PublishError, PublishState
from clinicbot.releases.trainer import TrainerDied
from clinicbot.training.models import engine
from tests.console.publish_world import PASSED, REFUSED, WORSE
from tests.releases.contents import add, edit
from tests.releases.publishing_world import SECONDS, World

BUSY = "Somebody is publishing"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.trainer.go_on.set()
    await asyncio.wait_for(made.publishing.stop(), SECONDS)


async def publish(world: World, **options: Any) -> PublishState:
    await world.publishing.start("ayse", "shorter", **options)
    return await asyncio.wait_for(world.publishing.wait(), SECONDS)


async def begin(world: World, pause: str) -> None:
    """Is in the middle of it."""
    world.trainer.pause = pause
    await world.publishing.start("ayse", "shorter")
    await asyncio.wait_for(world.trainer.paused.wait(), SECONDS)


async def test_published_it_is_live_proved_confirmed_and_recorded(world: World) -> None:
    digest = content_digest(world.root)
    state = await publish(world, expected=world.seen(), approved_by=("mehmet",))
    assert (state.phase, state.progress, state.release, state.error) == (Phase.DONE, 1.0, 2, None)
    assert state.confirmed == (("How long?", True),)
    assert state.seconds >= 0
    assert world.live == 2
    release = world.releases.get(2)
    assert (release.about.by, release.about.reason, release.about.content) == ("ayse", "shorter", digest)
    assert release.about.approved_by == ("mehmet",)
    assert release.about.insisted is None
    assert release.proof is not None
    assert Proof.from_json(release.proof) == PASSED
    assert release.difference is not None
    assert release.difference["digest"] == digest
    assert "3 to 4 months" in world.answer(2)
    assert world.recorded == [("ayse", "publish.start"), ("ayse", "publish.done")]
    live = world.trainer.made_for[0]
    assert live is not None
    assert live.number == 1


async def test_whoever_looks_sees_each_state(world: World) -> None:
    seen: list[PublishState] = []

    async def watch() -> None:
        async for state in world.publishing.changes():
            seen.append(state)
            if state.phase is Phase.DONE:
                return

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await publish(world)
    await asyncio.wait_for(watching, SECONDS)
    phases = list(dict.fromkeys(state.phase for state in seen))
    assert phases == [Phase.IDLE, Phase.TRAINING, Phase.PROVING, Phase.GOING_LIVE, Phase.CONFIRMING, Phase.DONE]
    shares = [state.progress for state in seen]
    assert shares == sorted(shares)


async def test_a_state_is_the_same_after_json(world: World) -> None:
    for state in (PublishState(), await publish(world)):
        assert PublishState.from_json(state.to_json()) == state


async def test_without_a_change_there_is_nothing_to_publish(world: World) -> None:
    await publish(world)
    with pytest.raises(PublishError, match="Nothing differs"):
        await world.publishing.start("ayse", "again")
    assert world.publishing.state().phase is Phase.FAILED
    assert world.live == 2


async def test_what_was_changed_after_the_look_is_not_published(world: World) -> None:
    looked_at = world.seen()
    edit(world.root, "Additional doses", "More doses")
    with pytest.raises(PublishError, match="changed after you looked"):
        await world.publishing.start("ayse", "shorter", expected=looked_at)
    assert world.live == 1
    assert world.trainer.made_for == []


async def test_what_another_release_was_compared_with_is_looked_at_again(world: World) -> None:
    world.release("another", made_by=engine(world.root))
    edit(world.root, "Additional doses", "More doses")
    looked_at = world.seen()
    await world.publishing.roll_back(1, "mehmet", "the other one was wrong")
    with pytest.raises(PublishError, match="changed after you looked"):
        await world.publishing.start("ayse", "shorter", expected=looked_at)
    assert world.live == 1
    assert world.trainer.made_for == []


async def test_faults_in_the_content_are_named(world: World) -> None:
    edit(world.root, "source: [p1.2]", "source: [p9.9]")
    with pytest.raises(PublishError, match=r"faults that must be mended first: .*p9\.9"):
        await world.publishing.start("ayse", "shorter")
    assert world.live == 1


async def test_a_file_that_can_not_be_read_is_told(world: World) -> None:
    (world.root / "data" / "faq" / "duration.yml").write_text("nlu: [", encoding="utf-8")
    with pytest.raises(PublishError):
        await world.publishing.start("ayse", "shorter")
    assert world.publishing.state().phase is Phase.FAILED
    assert world.live == 1


async def test_nothing_begins_while_the_assistant_is_down(world: World) -> None:
    world.assistant.down = "The assistant doesn't answer."
    with pytest.raises(PublishError, match="doesn't answer"):
        await world.publishing.start("ayse", "shorter")
    assert world.trainer.made_for == []
    world.assistant.down = ""
    assert (await publish(world)).phase is Phase.DONE


async def test_a_draft_that_is_changed_meanwhile_is_not_in_the_release(world: World) -> None:
    before = content_digest(world.root)
    world.trainer.meanwhile = lambda: edit(world.root, "3 to 4 months", "9 to 10 months")
    assert (await publish(world)).phase is Phase.DONE
    assert "9 to 10 months" not in world.answer(2)
    assert "3 to 4 months" in world.answer(2)
    assert world.releases.get(2).about.content == content_digest(world.releases.get(2).content) == before


@pytest.mark.parametrize("pause", ["training", "proving", "made"])
async def test_cancelled_nothing_has_happened_and_it_can_be_begun_again(world: World, pause: str) -> None:
    await begin(world, pause)
    await asyncio.wait_for(world.publishing.cancel("mehmet"), SECONDS)
    assert world.publishing.state().phase is Phase.CANCELLED
    assert world.open().state().phase is Phase.CANCELLED
    assert world.live == 1
    assert [release.number for release in world.releases.all()] == [1]
    assert not world.trainer.is_busy
    assert world.recorded == [("ayse", "publish.start"), ("mehmet", "publish.cancel")]
    world.trainer.pause = ""
    assert (await publish(world)).phase is Phase.DONE


async def test_what_was_made_in_the_moment_of_cancelling_is_not_published(world: World) -> None:
    await begin(world, "made")
    world.trainer.go_on.set()
    await world.publishing.cancel("mehmet")
    assert (await world.publishing.wait()).phase is Phase.CANCELLED
    assert world.live == 1


async def test_begun_again_while_it_is_being_cancelled(world: World) -> None:
    await begin(world, "proving")
    cancelling = asyncio.create_task(world.publishing.cancel("mehmet"))
    await asyncio.sleep(0)
    world.trainer.pause = ""
    with pytest.raises(PublishError, match=BUSY):
        await publish(world)
    await cancelling
    assert (await publish(world)).phase is Phase.DONE


async def test_there_is_nothing_to_cancel_before_and_after(world: World) -> None:
    with pytest.raises(PublishError, match="nothing to cancel"):
        await world.publishing.cancel("mehmet")
    await publish(world)
    with pytest.raises(PublishError, match="nothing to cancel"):
        await world.publishing.cancel("mehmet")
    assert world.publishing.state().phase is Phase.DONE


async def test_a_trainer_that_dies_changes_nothing(world: World) -> None:
    world.trainer.dies = TrainerDied("the trainer ended before it was done; see trainer.log")
    state = await publish(world)
    assert (state.phase, state.error) == (Phase.FAILED, str(world.trainer.dies))
    assert world.live == 1
    assert world.recorded[-1] == ("ayse", "publish.failed")
    world.trainer.dies = None
    assert (await publish(world)).phase is Phase.DONE


async def test_an_error_of_the_training_is_shown(world: World) -> None:
    world.trainer.error = "Rasa could not package the model"
    state = await publish(world)
    assert (state.phase, state.error) == (Phase.FAILED, "Rasa could not package the model")
    assert world.live == 1
    assert not world.trainer.is_busy


async def test_a_fault_of_the_program_does_not_leave_it_at_work(world: World) -> None:
    world.trainer.dies = ZeroDivisionError("a fault")
    state = await publish(world)
    assert (state.phase, state.error) == (Phase.FAILED, "interrupted")
    world.trainer.dies = None
    assert (await publish(world)).phase is Phase.DONE


async def test_what_can_not_be_recorded_is_not_begun(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def record(*_: Any) -> None:
        raise ZeroDivisionError("no database")

    monkeypatch.setattr(world.publishing, "_record", record)
    with pytest.raises(ZeroDivisionError):
        await world.publishing.start("ayse", "shorter")
    assert world.publishing.state().phase is Phase.FAILED
    assert world.trainer.made_for == []
    monkeypatch.undo()
    assert (await publish(world)).phase is Phase.DONE


async def test_a_full_disk_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(publishing_module, "replace_file", full)
        with pytest.raises(PublishError, match="no space left"):
            await world.publishing.start("ayse", "shorter")
    assert world.publishing.state().phase is Phase.FAILED
    assert (await publish(world)).phase is Phase.DONE


async def wait_for_decision(world: World) -> None:
    world.trainer.proof = WORSE
    state = await publish(world)
    assert state.phase is Phase.WAITING
    assert state.proof == WORSE
    assert world.live == 1
    assert world.recorded[-1] == ("ayse", "publish.worse")


async def test_worse_waits_and_goes_on_with_a_reason(world: World) -> None:
    await wait_for_decision(world)
    with pytest.raises(PublishError, match="Say why"):
        await world.publishing.go_on("mehmet", "  ")
    await world.publishing.go_on("mehmet", "it is rarely asked")
    state = await asyncio.wait_for(world.publishing.wait(), SECONDS)
    assert (state.phase, state.release) == (Phase.DONE, 2)
    assert world.live == 2
    assert world.releases.get(2).about.insisted == "mehmet: it is rarely asked"
    assert world.recorded[-2:] == [("mehmet", "publish.insist"), ("ayse", "publish.done")]


async def test_a_decision_can_be_made_after_a_restart(world: World) -> None:
    await wait_for_decision(world)
    restarted = world.open()
    assert restarted.state() == world.publishing.state()
    await restarted.go_on("mehmet", "it is rarely asked")
    assert (await asyncio.wait_for(restarted.wait(), SECONDS)).phase is Phase.DONE
    assert world.live == 2
    await restarted.stop()


async def test_given_up_nothing_has_happened(world: World) -> None:
    await wait_for_decision(world)
    await world.publishing.give_up("mehmet")
    assert world.publishing.state().phase is Phase.CANCELLED
    assert world.open().state().phase is Phase.CANCELLED
    assert world.recorded[-1] == ("mehmet", "publish.give_up")
    for again in (world.publishing.give_up("mehmet"), world.publishing.go_on("mehmet", "x")):
        with pytest.raises(PublishError, match="Nothing waits"):
            await again
    assert world.live == 1


async def test_a_candidate_that_another_place_has_replaced_does_not_go_live(world: World) -> None:
    await wait_for_decision(world)
    other = world.open()
    world.trainer.proof = PASSED
    edit(world.root, "Additional doses", "More doses")
    edit(world.root, "Additional doses", "More doses", "data/document/apex-clinic-botox.md")
    await other.start("clinic (command line)", "another one")
    await other.wait()
    assert world.live == 2
    with pytest.raises(PublishError, match="meanwhile"):
        await world.publishing.go_on("mehmet", "it is rarely asked")
    assert world.live == 2
    assert [release.number for release in world.releases.all()] == [2, 1]
    await other.stop()


async def test_a_candidate_was_compared_with_what_is_live_or_does_not_go_live(world: World) -> None:
    world.release("second")
    edit(world.root, "3 to 4 months", "2 to 4 months")
    edit(world.root, "3 to 4 months", "2 to 4 months", "data/document/apex-clinic-botox.md")
    edit(world.root, "3 ila 4 ay", "2 ila 4 ay")
    world.trainer.proof = WORSE
    assert (await publish(world)).phase is Phase.WAITING
    await world.open().roll_back(1, "clinic (command line)", "in another place")
    with pytest.raises(PublishError, match="rolled back meanwhile"):
        await world.publishing.go_on("mehmet", "it is rarely asked")
    assert world.live == 1


async def test_decided_twice_it_goes_live_once(world: World) -> None:
    await wait_for_decision(world)
    results = await asyncio.gather(
        world.publishing.go_on("mehmet", "one"), world.publishing.go_on("ayse", "two"), return_exceptions=True
    )
    await asyncio.wait_for(world.publishing.wait(), SECONDS)
    assert [type(result) for result in results] == [type(None), PublishError]
    assert [release.number for release in world.releases.all()] == [2, 1]


async def test_refused_for_safety_nobody_may_go_on(world: World) -> None:
    world.trainer.proof = REFUSED
    state = await publish(world)
    assert (state.phase, state.error) == (Phase.FAILED, "refused")
    assert state.proof is not None
    assert state.proof.verdict is Verdict.REFUSED
    with pytest.raises(PublishError, match="Nothing waits"):
        await world.publishing.go_on("mehmet", "i insist")
    assert world.live == 1
    assert [release.number for release in world.releases.all()] == [1]


@pytest.mark.parametrize("error", [NotConfirmed("Rasa is down."), CouldNotLoad("no domain."), ZeroDivisionError("x")])
@pytest.mark.parametrize("when", ["refuses", "unconfirmed"])
async def test_what_the_assistant_does_not_take_up_is_taken_back(world: World, when: str, error: Exception) -> None:
    setattr(world.assistant, when, error)
    state = await publish(world)
    assert state.phase is Phase.FAILED
    assert world.assistant.waited_for == [2]
    live = world.releases.live_state()
    assert live is not None
    assert (live.number, live.before) == (1, None)  # so that nobody goes back to what was not confirmed
    setattr(world.assistant, when, None)
    assert (await publish(world)).release == 3


async def test_a_model_that_was_damaged_on_its_way_does_not_go_live(world: World) -> None:
    def cut_short() -> None:
        model = world.releases.var / "publishing" / "candidate" / "model.tar.gz"
        model.write_bytes(model.read_bytes()[:-4])

    world.trainer.at_the_end = cut_short
    state = await publish(world)
    assert state.phase is Phase.FAILED
    assert state.error is not None
    assert "damaged" in state.error
    assert world.live == 1


async def test_two_at_once_in_one_process(world: World) -> None:
    results = await asyncio.gather(
        world.publishing.start("ayse", "one"), world.publishing.start("mehmet", "two"), return_exceptions=True
    )
    assert results[0] is None
    assert isinstance(results[1], PublishError)
    assert BUSY in str(results[1])
    assert (await world.publishing.wait()).started_by == "ayse"
    assert world.live == 2


async def test_two_at_once_in_two_places(world: World) -> None:
    await begin(world, "training")
    other = world.open()
    for act in (other.start("clinic", "x"), other.roll_back(1, "clinic", "x")):
        with pytest.raises(PublishError, match=BUSY):
            await act
    assert other.state().error == "interrupted"  # what it would be if the other place died now
    world.trainer.go_on.set()
    assert (await world.publishing.wait()).phase is Phase.DONE
    await other.roll_back(1, "clinic", "now it may")
    assert world.live == 1


def _publish_and_die(world: World, at: str) -> None:
    """Killed without any clean-up."""

    def die(*_: Any) -> Any:
        os._exit(9)

    async def run() -> None:
        if at == "proving":
            world.trainer.meanwhile = die
        else:
            world.assistant.confirm = world.assistant.wait_for = die  # type: ignore[method-assign,assignment]
        await publish(world)

    asyncio.run(run())


@pytest.mark.parametrize(("at", "live"), [("proving", 1), ("going_live", 2)])
async def test_killed_in_the_middle_what_is_live_is_whole(world: World, at: str, live: int) -> None:
    """Once it has been proved and named, it is live: nobody is left who could take it back."""
    process = multiprocessing.get_context("fork").Process(target=_publish_and_die, args=(world, at))
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == 9
    assert world.live == live
    edit(world.root, "Additional doses", "More doses")
    edit(world.root, "Additional doses", "More doses", "data/document/apex-clinic-botox.md")
    restarted = world.open()
    assert (restarted.state().phase, restarted.state().error) == (Phase.FAILED, "interrupted")
    await restarted.start("ayse", "once more")  # its lock is gone with it
    assert (await restarted.wait()).phase is Phase.DONE
    await restarted.stop()


async def test_stopped_a_training_is_given_up(world: World) -> None:
    await begin(world, "proving")
    await asyncio.wait_for(world.publishing.stop(), SECONDS)
    state = world.open().state()
    assert (state.phase, state.error) == (Phase.FAILED, "interrupted")
    assert world.live == 1


async def test_stopped_what_waits_for_a_decision_waits(world: World) -> None:
    await wait_for_decision(world)
    await world.publishing.stop()
    assert world.open().state().phase is Phase.WAITING


@pytest.mark.parametrize("text", ["", "{", "[]", '{"phase": "flying"}', '{"phase": "done"}'])
def test_a_damaged_state_is_none(world: World, text: str) -> None:
    world.releases.var.joinpath("publishing").mkdir(exist_ok=True)
    world.releases.var.joinpath("publishing", "state.json").write_text(text, encoding="utf-8")
    assert world.open().state() == PublishState()


async def test_rolled_back_it_is_live_and_recorded(world: World) -> None:
    await publish(world)
    await world.publishing.roll_back(1, "mehmet", "complaints")
    live = world.releases.live_state()
    assert live is not None
    assert (live.number, live.by, live.reason, live.before) == (1, "mehmet", "complaints", 2)
    assert world.assistant.waited_for == [2, 1]
    person, action, subject, details = world.audit[-1]
    assert (person, action, subject) == ("mehmet", "release.roll_back", "1")
    assert details == {"from": 2, "reason": "complaints"}


async def test_what_can_not_be_gone_back_to(world: World) -> None:
    other_engine = world.release("of old", made_by="000000000000").number
    damaged = world.release("second")
    damaged.model.write_bytes(b"")
    world.releases.go_live(1, "ayse", "x")
    for number, message in ((other_engine, "another version"), (damaged.number, "damaged"), (77, "no release 77")):
        with pytest.raises(PublishError, match=message):
            await world.publishing.roll_back(number, "mehmet", "x")
    assert world.live == 1
    assert world.recorded == []


async def test_what_rasa_can_not_load_is_not_live_afterwards(world: World) -> None:
    await publish(world)
    world.assistant.refuses = CouldNotLoad("Rasa could not load release 1: no domain.")
    with pytest.raises(PublishError, match="What was live before is live again"):
        await world.publishing.roll_back(1, "mehmet", "complaints")
    live = world.releases.live_state()
    assert live is not None
    assert (live.number, live.before) == (2, 1)
    assert [action for _, action in world.recorded[-2:]] == ["release.roll_back", "release.roll_back_failed"]


async def test_a_release_that_rasa_dies_of_can_be_left(world: World) -> None:
    await publish(world)
    world.assistant.refuses = NotConfirmed("Rasa did not take up release 1 within 20 s.")
    with pytest.raises(PublishError, match="did not take up"):
        await world.publishing.roll_back(1, "mehmet", "Rasa does not start")
    assert world.live == 1
    world.assistant.refuses = None
    assert (await publish(world)).phase is Phase.DONE  # and nobody is left at work


async def test_a_damaged_pointer_is_mended_by_rolling_back(world: World) -> None:
    await publish(world)
    (world.releases.folder / "live").write_text("", encoding="utf-8")
    await world.publishing.roll_back(1, "mehmet", "a power cut")
    assert world.live == 1


async def test_nothing_else_begins_during_a_rollback(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    second = add(world.releases, world.root, engine=world.releases.get(1).about.engine).number
    has_begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait_for(_: int) -> None:
        has_begun.set()
        await go_on.wait()

    monkeypatch.setattr(world.assistant, "wait_for", wait_for)
    rolling = asyncio.create_task(world.publishing.roll_back(second, "mehmet", "x"))
    await asyncio.wait_for(has_begun.wait(), SECONDS)
    for act in (world.publishing.start("ayse", "x"), world.publishing.roll_back(1, "ayse", "x")):
        with pytest.raises(PublishError, match=BUSY):
            await act
    go_on.set()
    await asyncio.wait_for(rolling, SECONDS)
    assert world.publishing.state().phase not in AT_WORK


async def test_woken_the_trainer_reads_what_is_live(world: World) -> None:
    world.publishing.wake()
    world.publishing.wake()  # while it is at it
    await world.publishing.warmed_up()
    assert world.trainer.prepared == [1]
    await publish(world)
    await world.publishing.warmed_up()
    assert world.trainer.prepared == [1, 2]  # by itself, after going live


async def test_a_trainer_that_can_not_be_warmed_up_is_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def prepare(_: Any) -> None:
        raise TrainerDied("out of memory")

    monkeypatch.setattr(world.trainer, "prepare", prepare)
    world.publishing.wake()
    await world.publishing.warmed_up()
    assert "out of memory" in caplog.text


async def test_the_seconds_are_those_of_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)

    def train() -> None:
        nonlocal clock
        clock += 7.0

    world.trainer.meanwhile = train
    world.trainer.proof = WORSE
    assert (await publish(world)).seconds == 7.0
    clock += 86_400.0
    await world.publishing.go_on("mehmet", "it is rarely asked")
    assert (await asyncio.wait_for(world.publishing.wait(), SECONDS)).seconds == 7.0
