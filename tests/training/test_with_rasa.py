"""With Rasa itself: what is put together is what Rasa makes, and Rasa answers with it, between two messages."""

import asyncio
import json
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.utils.io import read_yaml as read_by_rasa

from clinicbot.nlu.encoder import default_encoder
from clinicbot.rasa_channel import WholeMessages, _handle
from clinicbot.releases import serving
from clinicbot.releases.serving import LiveModel
from clinicbot.releases.store import STARTED_WITH, Releases
from clinicbot.training.candidate import Base, CandidateTrainer, train_all
from clinicbot.training.packaging import can_be_reassembled, load_model, package_with_rasa
from tests.faq.checkouts import TOPIC
from tests.releases.contents import ABOUT, edit
from tests.training.archives import members, write_checkout

pytestmark = pytest.mark.stack

NEW = """\
- intent: duration/telescopes
  examples: |
    - may i use a telescope
    - is a telescope allowed
    - telescopes after the treatment
    - looking through a telescope
"""
NEW_ANSWER = """\
  utter_duration/telescopes:
  - text: "No"
    metadata: {title: "Telescopes, 12:30?", source: [p1.1], reviewed_on: 2026-11-28}
rules:"""
DOMAIN = "components/domain_provider/domain.yml"


@dataclass
class Made:
    """The first content with Rasa's archive of it; another content, with the archive put together and Rasa's."""

    first: Path
    first_archive: Path
    second: Path
    put_together: Path
    by_rasa: Path


def _train(content: Path, folder: Path) -> Path:
    folder.mkdir()
    train_all(content, default_encoder()).save(folder)
    package_with_rasa(content, folder, folder / "model.tar.gz", folder / "train.log")
    return folder / "model.tar.gz"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("with-rasa")
    first = write_checkout(folder / "root")
    first_archive = _train(first, folder / "first")
    second = shutil.copytree(first, folder / "candidate" / "content")
    edit(second, "Additional doses may be given.", "Yes.")
    edit(second, "reviewed_on: 2026-05-31", "reviewed_on: 2026-11-27")
    edit(second, "responses:\n", NEW + "responses:\n")
    edit(second, "rules:", NEW_ANSWER)
    edit(second, TOPIC[TOPIC.index('  - text: "Ek doz verilebilir.') : TOPIC.index("rules:")], "")
    assert can_be_reassembled(first, second)
    trainer = CandidateTrainer(default_encoder(), folder / "train.log")
    candidate = trainer.train(second, Base(first, first_archive), second.parent, lambda _: None)
    assert candidate.rehearsal is not None or candidate.fitted
    return Made(first, first_archive, second, candidate.archive, _train(second, folder / "second"))


def test_its_domain_is_rasas(made: Made, tmp_path: Path) -> None:
    domains: list[dict[str, Any]] = []
    for number, archive in enumerate((made.put_together, made.by_rasa)):
        path = tmp_path / f"{number}.yml"
        path.write_bytes(members(archive)[DOMAIN])
        assert read_by_rasa(path.read_text(encoding="utf-8"))
        domains.append(Domain.from_path(str(path)).as_dict())
    assert domains[0] == domains[1]
    assert domains[0]["responses"]["utter_duration/telescopes"][0]["text"] == "No"
    in_metadata = [json.loads(members(path)["metadata.json"])["domain"] for path in (made.put_together, made.by_rasa)]
    assert Domain.from_dict(in_metadata[0]).as_dict() == Domain.from_dict(in_metadata[1]).as_dict()


def test_its_other_parts_are_rasas(made: Made) -> None:
    ours, rasas = members(made.put_together), members(made.by_rasa)
    assert set(ours) == set(rasas)
    apart = {Path(name).name for name in ours if ours[name] != rasas[name]}
    looked_at = {"metadata.json", "domain.yml", "model.npz", "model.json", "rule_policy.json"}
    assert apart <= looked_at | {"fingerprints-for-validation.json"}  # of fine-tuning, which nobody does
    rules = [json.loads(parts["components/train_RulePolicy0/rule_policy.json"]) for parts in (ours, rasas)]
    for each in rules:  # Rasa's order is another one each time
        each["lookup"]["rules_not_in_stories"].sort()
    assert rules[0] == rules[1]
    titles = next(name for name in ours if name.endswith("titles.json"))
    assert json.loads(ours[titles]) == json.loads(rasas[titles])
    metadata = [json.loads(parts["metadata.json"]) for parts in (ours, rasas)]
    assert metadata[0].keys() == metadata[1].keys()
    # what names the training itself, and what no part of the answering reads
    own = {"model_id", "trained_at", "domain", "project_fingerprint", "train_schema", "predict_schema"}
    assert {key: metadata[0][key] for key in metadata[0].keys() - own} == {
        key: metadata[1][key] for key in metadata[1].keys() - own
    }


def test_its_model_is_as_one_trained_anew(made: Made) -> None:
    models = [load_model(archive, default_encoder())[0] for archive in (made.put_together, made.by_rasa)]
    assert models[0].labels == models[1].labels
    for text in ("may i use a telescope", "how does it last 5", "hello", "why the weather 3"):
        assert models[0].predict(text).best == models[1].predict(text).best


async def ask(agent: Agent, model: LiveModel, text: str) -> tuple[int | None, list[str]]:
    await asyncio.sleep(0)  # nothing that is asked here waits by itself
    collector = WholeMessages()
    message = UserMessage(text, collector, uuid.uuid4().hex, input_channel="gateway", metadata={"language": "en"})
    understood = await _handle(agent, message, model.number)
    assert understood is not None
    return understood.release, [str(answer["text"]) for answer in collector.messages]


@pytest.fixture
def releases(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releases:
    monkeypatch.setenv(STARTED_WITH, "1")
    monkeypatch.setattr(serving, "LOOK_EVERY_SECONDS", 0.01)
    releases = Releases(tmp_path / "var")
    for content, archive in ((made.first, made.first_archive), (made.second, made.put_together)):
        releases.add(content, archive, ABOUT)
    releases.go_live(1, "ayse", "x")
    return releases


async def test_rasa_takes_it_up_refuses_what_is_corrupt_and_takes_up_a_later_one(releases: Releases) -> None:
    live = releases.live()
    assert live is not None
    agent = Agent.load(live.model)
    model = LiveModel(lambda: agent, releases)
    watching = asyncio.create_task(model.watch())

    async def until_it_is(number: int) -> None:
        """Asks all the while, and each message is answered as a whole."""
        answers = {1: ["Additional doses may be given."], 2: ["Yes."]}
        while model.number != number:
            release, texts = await ask(agent, model, "how another dose 0")
            assert texts == answers[release or 0]
        assert await ask(agent, model, "how another dose 0") == (number, answers[number])

    await until_it_is(1)
    releases.go_live(2, "ayse", "x")
    await asyncio.wait_for(until_it_is(2), 60)
    assert agent.domain is not None
    assert agent.domain.responses["utter_duration/telescopes"][0]["text"] == "No"
    corrupt = releases.add(releases.get(1).content, releases.get(1).model, ABOUT)
    corrupt.model.unlink()
    corrupt.model.write_bytes(b"no model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clinicbot.releases.store.is_whole", lambda _: True)  # damaged after it went live
        releases.go_live(corrupt.number, "ayse", "x")

    async def refused() -> None:
        while model.refused is None:
            assert await ask(agent, model, "how another dose 0") == (2, ["Yes."])

    await asyncio.wait_for(refused(), 60)
    assert model.refused_number == corrupt.number
    releases.go_live(1, "ayse", "back")
    await asyncio.wait_for(until_it_is(1), 60)
    assert model.refused is None
    assert not watching.done()
    watching.cancel()
