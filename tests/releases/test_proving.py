"""Proofs with toy models. That they hold on the real one too is measured in docs/decisions/0011."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from clinicbot.nlu.question_model import QuestionModel
from clinicbot.releases import remembered
from clinicbot.releases.proof import Complaint, Fault, Proof, Score, Source, Verdict
from clinicbot.releases.proving import prepare, prove
from clinicbot.safety.red_flags import RedFlag
from clinicbot.training.corpus import read_corpus
from clinicbot.yaml_files import ContentError
from tests.nlu_model.conftest import HashEncoder, train_on
from tests.releases.assistants import FROZEN, PHRASINGS, Phrasings, write_content, write_frozen


@dataclass
class Bench:
    """The live assistant, and proofs of candidates against it."""

    folder: Path
    encoder: HashEncoder
    live: QuestionModel
    frozen: Path

    @property
    def live_content(self) -> Path:
        return self.folder / "live"

    def prove(
        self,
        candidate: QuestionModel,
        phrasings: Phrasings = PHRASINGS,
        held_back: Sequence[tuple[str, str]] = (),
        rehearsal: QuestionModel | None = None,
        **options: object,
    ) -> Proof:
        content = write_content(self.folder / "candidate", phrasings)
        arguments = {"live_content": self.live_content, "memory": self.folder / "memory", "frozen": self.frozen}
        return prove(
            candidate,
            self.live,
            rehearsal,
            content,
            encoder=self.encoder,
            held_back=held_back,
            **{**arguments, **options},  # type: ignore[arg-type]
        )


@pytest.fixture(scope="module")
def live_model(tmp_path_factory: pytest.TempPathFactory) -> QuestionModel:
    return trained(PHRASINGS, tmp_path_factory.mktemp("content"))


@pytest.fixture
def bench(tmp_path: Path, encoder: HashEncoder, live_model: QuestionModel) -> Bench:
    write_content(tmp_path / "live")
    return Bench(tmp_path, encoder, live_model, write_frozen(tmp_path / "frozen"))


def trained(phrasings: Phrasings, folder: Path) -> QuestionModel:
    """On the content as a release is: with the titles."""
    corpus = read_corpus(write_content(folder, phrasings))
    by_label: dict[str, list[str]] = {}
    for text, label in zip(corpus.texts, corpus.labels, strict=True):
        by_label.setdefault(label, []).append(text)
    return train_on(by_label)


def biased(model: QuestionModel, **changes: float) -> QuestionModel:
    """The model with some classes likelier or less likely everywhere."""
    bias = model.linear.bias.copy()
    for label, change in changes.items():
        bias[model.labels.index(label.replace("__", "/"))] += change
    return model.with_linear(replace(model.linear, bias=bias), model.spelling)


def silent(monkeypatch: pytest.MonkeyPatch, found: Mapping[str, bool] | None = None) -> None:
    """The patterns know only these texts."""

    def find(text: str) -> RedFlag | None:
        return RedFlag("fire", text, "en") if (found or {}).get(text) else None

    monkeypatch.setattr(remembered, "find_red_flag", find)


def test_the_live_model_is_no_worse_than_itself(bench: Bench) -> None:
    proof = bench.prove(bench.live)
    assert proof.verdict is Verdict.PASSED
    assert proof.worse == proof.collisions == proof.faults == ()
    assert all(label.own == label.own_before and label.frozen == label.frozen_before for label in proof.labels)
    assert not any(label.lines for label in proof.labels)
    before, after = proof.frozen()
    assert before == after.right > 12


def test_every_label_is_counted(bench: Bench) -> None:
    labels = {label.label: label for label in bench.prove(bench.live).labels}
    assert labels["loans/renew"].own == Score(7, 7)  # with its title
    assert labels["loans/renew"].frozen == Score(6, 6)
    assert labels["cards/adults"].frozen is None
    assert labels["greet"].own is None
    assert "report_red" not in labels


def test_an_faq_that_draws_anothers_questions_is_shown_with_the_sentences_to_move(bench: Bench, tmp_path: Path) -> None:
    stolen = ["renew a loan", "renew my books", "extend my loan", "extend a loan online", "is it possible to renew"]
    moved = [*stolen, *FROZEN["questions_en"]["loans/renew"]]
    phrasings = {**PHRASINGS, "rooms/parking": [*PHRASINGS["rooms/parking"], *moved]}
    proof = bench.prove(trained(phrasings, tmp_path / "training"), phrasings)
    assert proof.verdict is Verdict.WORSE_ON_FAQ
    (worse,) = proof.worse
    assert worse.label == "loans/renew"
    assert Complaint.LOST_FROZEN in worse.complaints
    assert worse.frozen is not None
    assert worse.frozen_before == Score(6, 6)
    lost = [line for line in worse.lines if line.source is Source.FROZEN]
    assert any("rooms/parking" in line.after for line in lost)
    assert all(line.was_right and not line.is_right for line in lost)
    collision = proof.collisions[0]
    assert (collision.loser, collision.winner) == ("loans/renew", "rooms/parking")
    assert set(collision.lines) >= {line.text for line in lost if "rooms/parking" in line.after}
    assert {sentence.text for sentence in collision.sentences} <= set(moved)
    assert all(sentence.fresh for sentence in collision.sentences)


def test_a_single_red_flag_that_is_no_longer_found_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    silent(monkeypatch)
    deaf = biased(bench.live, report_red=-0.9)
    proof = bench.prove(deaf)
    assert proof.verdict is Verdict.REFUSED
    (finding,) = proof.faults
    assert finding.fault is Fault.MISSED_RED_FLAG
    assert set(finding.items) <= set(FROZEN["emergencies_en"]["report_red"])
    assert proof.red_flags.before is not None
    assert proof.red_flags.before.right - proof.red_flags.after.right == len(finding.items) >= 1


def test_a_red_flag_that_the_patterns_find_needs_no_classifier(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    silent(monkeypatch, dict.fromkeys(FROZEN["emergencies_en"]["report_red"], True))
    proof = bench.prove(biased(bench.live, report_red=-9.0))
    assert not proof.red_flags.is_worse
    assert proof.red_flags.after == Score(3, 3)


@pytest.mark.parametrize("label", ["rooms/parking", "out_of_scope"])
def test_a_new_phrasing_that_was_an_emergency_is_for_a_person_to_decide(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    silent(monkeypatch)
    text = "smoke is coming out of the heating"  # no frozen line
    phrasings = {**PHRASINGS, label: [*PHRASINGS[label], text, "is a place for my bicycle free"]}
    proof = bench.prove(trained(phrasings, tmp_path / "taught"), phrasings)
    assert proof.faults == ()
    assert proof.verdict is Verdict.WORSE_ON_FAQ
    assert proof.collisions == ()
    worse = next(each for each in proof.worse if each.label == label)
    assert Complaint.WERE_EMERGENCIES in worse.complaints
    assert [(line.text, line.before) for line in worse.lines if line.before == ("report_red",)] == [
        (text, ("report_red",))
    ]


def test_red_flags_that_nothing_has_ever_found_are_named_and_not_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent(monkeypatch)
    bench.live = biased(bench.live, report_red=-9.0)
    proof = bench.prove(bench.live)
    assert proof.verdict is Verdict.PASSED
    assert set(proof.missed) == set(FROZEN["emergencies_en"]["report_red"])


def test_a_frightened_candidate_is_refused(bench: Bench) -> None:
    lines = [f"{text} {end}" for text in PHRASINGS["rooms/parking"] for end in ("please", "today")]
    write_frozen(bench.frozen, {"general_side_effects": {"rooms/parking": lines}})
    proof = bench.prove(biased(bench.live, report_red=+1.5))
    assert proof.verdict is Verdict.REFUSED
    assert Fault.NEEDLESS_EMERGENCY in {finding.fault for finding in proof.faults}
    assert proof.general.is_worse


@pytest.mark.parametrize("name", ["emergency.yml", "red_flags.en.yml"])
def test_a_safety_file_that_differs_is_refused(bench: Bench, name: str) -> None:
    path = bench.live_content / "data" / "safety" / name
    path.write_text("en: Call somebody.\n", encoding="utf-8")
    proof = bench.prove(bench.live)
    assert proof.verdict is Verdict.REFUSED
    assert [(each.fault, each.items) for each in proof.faults] == [(Fault.SAFETY_FILE, (f"data/safety/{name}",))]


def test_what_is_newly_answered_by_an_faq_is_a_leak(bench: Bench) -> None:
    weather = [f"what is the weather in {town}" for town in ("rome", "oslo", "cairo", "lima", "delhi", "bonn")]
    write_frozen(bench.frozen, {"out_of_scope": {"out_of_scope": weather}})
    assert bench.prove(bench.live).outside.after.right == len(weather)
    proof = bench.prove(biased(bench.live, out_of_scope=-3.0, rooms__parking=+3.0))
    assert proof.outside.is_worse
    assert proof.verdict is Verdict.WORSE_ON_FAQ
    assert ("out_of_scope", "rooms/parking") in {(each.loser, each.winner) for each in proof.collisions}


def test_a_new_faq_whose_unseen_phrasings_are_not_understood_is_bad(bench: Bench, tmp_path: Path) -> None:
    new = ["where can i drink coffee", "is there coffee", "coffee please", "do you sell coffee", "hot coffee"]
    phrasings = {**PHRASINGS, "rooms/coffee": new}
    candidate = trained(phrasings, tmp_path / "training")
    held_back = [
        ("how do i renew my books", "rooms/coffee"),
        ("hello there", "rooms/coffee"),
        ("smoke", "rooms/coffee"),
    ]
    proof = bench.prove(candidate, phrasings, held_back, rehearsal=candidate)
    labels = {label.label: label for label in proof.labels}
    assert labels["rooms/coffee"].held_back == Score(0, 3)
    assert labels["rooms/coffee"].own_before is None
    assert labels["rooms/coffee"].complaints == (Complaint.NOT_LEARNT,)
    understood = bench.prove(candidate, phrasings, [("is there hot coffee", "rooms/coffee")], rehearsal=candidate)
    assert understood.verdict is Verdict.PASSED


def test_an_faq_that_was_removed_has_nothing_to_prove(bench: Bench, tmp_path: Path) -> None:
    phrasings = {label: texts for label, texts in PHRASINGS.items() if label != "loans/renew"}
    proof = bench.prove(trained(phrasings, tmp_path / "training"), phrasings)
    assert "loans/renew" not in {label.label for label in proof.labels}
    assert proof.verdict is Verdict.PASSED


def test_without_a_live_release_nothing_is_worse(bench: Bench, encoder: HashEncoder) -> None:
    content = write_content(bench.folder / "first")
    proof = prove(bench.live, None, None, content, encoder=encoder, frozen=bench.frozen)
    assert proof.verdict is Verdict.PASSED
    assert proof.red_flags.before is None
    assert all(label.own_before is None and label.frozen_before is None for label in proof.labels)


def test_without_frozen_questions_there_is_no_proof(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="frozen questions are missing"):
        bench.prove(bench.live, frozen=tmp_path / "nothing")


def test_the_same_again_gives_the_same_and_comes_back_from_json(bench: Bench) -> None:
    candidate = biased(bench.live, rooms__parking=+1.0)
    proof = bench.prove(candidate)
    assert bench.prove(candidate) == proof  # remembered
    assert bench.prove(candidate, memory=None) == proof
    assert Proof.from_json(json.loads(json.dumps(proof.to_json()))) == proof


def test_a_model_is_asked_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(
        bench.live,
        bench.live_content,
        encoder=bench.encoder,
        memory=bench.folder / "memory",
        frozen=bench.frozen,
    )
    expected = bench.prove(bench.live)
    monkeypatch.setattr("clinicbot.releases.deciding.Assistant.decide", _not_again)
    assert bench.prove(bench.live) == expected


def _not_again(*_: object) -> list[str]:
    raise AssertionError("it was asked already")


def test_another_model_is_another_one(bench: Bench) -> None:
    bench.prove(bench.live)
    changed = bench.live.linear.weights.copy()
    changed[bench.live.labels.index("loans/renew")] = np.float32(-1.0)
    deaf = bench.live.with_linear(replace(bench.live.linear, weights=changed), bench.live.spelling)
    assert bench.prove(deaf).verdict is Verdict.WORSE_ON_FAQ


def test_progress_goes_from_nothing_to_everything(bench: Bench) -> None:
    told: list[float] = []
    progress: Callable[[float, str], None] = lambda share, _step: told.append(share)  # noqa: E731
    bench.prove(bench.live, progress=progress)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_the_summary_names_what_is_worse(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    silent(monkeypatch)
    text = bench.prove(biased(bench.live, report_red=-9.0)).summary()
    assert "verdict: refused" in text
    assert "there is smoke" in text
