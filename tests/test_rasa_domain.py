"""A model's domain is read as Rasa itself reads it, whatever words stand in the answers."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.domain import Domain

from clinicbot import paths, rasa_domain, rasa_yaml
from clinicbot.rasa_domain import read_domain

# What one YAML or another takes for something else than a text.
WORDS = (
    *("yes", "No", "on", "OFF", "y", "n", "true", "False", "null", "~", "12:30", "12:30:45", "2026-05-31"),
    *("2026-05-31T10:00:00Z", "0777", "0o17", "0x1F", "1_000", "1e3", "1.5", ".5", "5.", ".inf", "+5", "-1", "<<", "="),
    *("a: b", "# no", "- p1", "«ğ»", "٤ أشهر", "line\nline", " ends ", "'", '"', "{slot}", "%", "@", "`", "😀"),
)


def domain_with(*words: str) -> Domain:
    answers = {
        f"utter_duration/{number}": [
            {"text": word, "metadata": {"title": word, "source": ["p1.1"], "reviewed_on": None, "phone_line": True}},
            {"text": word, "condition": [{"type": "slot", "name": "language", "value": "no"}]},
        ]
        for number, word in enumerate(words)
    }
    return Domain.from_dict(
        {
            "version": "3.1",
            "intents": [{"duration": {"is_retrieval_intent": True}}, "greet", "no"],
            "entities": ["language"],
            "slots": {"language": {"type": "text", "mappings": [{"type": "from_entity", "entity": "language"}]}},
            "responses": answers,
            "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
        }
    )


def read_both(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    return Domain.from_path(str(folder / "domain.yml")).as_dict(), read_domain(folder).as_dict()


def test_what_rasa_wrote_reads_the_same(tmp_path: Path) -> None:
    written = domain_with(*WORDS)
    written.persist(tmp_path / "domain.yml")
    by_rasa, by_us = read_both(tmp_path)
    assert by_us == by_rasa
    texts = [variations[0]["text"] for variations in by_us["responses"].values()]
    assert texts == list(WORDS)


def test_what_we_wrote_into_a_model_reads_the_same(tmp_path: Path) -> None:
    written = domain_with(*WORDS).as_dict()
    (tmp_path / "domain.yml").write_text(rasa_yaml.dump(written), encoding="utf-8")
    by_rasa, by_us = read_both(tmp_path)
    assert by_us == by_rasa == written


def test_this_assistants_domain_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text((paths.ROOT / "domain.yml").read_text(encoding="utf-8"), encoding="utf-8")
    by_rasa, by_us = read_both(tmp_path)
    assert by_us == by_rasa


def test_rasas_provider_reads_it_this_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DomainProvider, "load", DomainProvider.__dict__["load"])
    rasa_domain.install()
    storage, resource = LocalModelStorage(tmp_path), Resource("domain_provider")
    written = domain_with("no", "12:30")
    with storage.write_to(resource) as folder:
        written.persist(folder / "domain.yml")
    loaded = DomainProvider.load({}, storage, resource, ExecutionContext(GraphSchema({})))
    assert isinstance(loaded, DomainProvider)
    assert loaded.provide_inference().as_dict() == written.as_dict()


def test_a_damaged_domain_is_told(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text("intents: [", encoding="utf-8")
    with pytest.raises(yaml.YAMLError):
        read_domain(tmp_path)


def test_a_rasa_without_that_method_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(DomainProvider, "load")
    monkeypatch.setattr("rasa.engine.graph.GraphComponent.load", None, raising=False)
    monkeypatch.delattr("rasa.engine.graph.GraphComponent.load")
    with pytest.raises(AttributeError):
        rasa_domain.install()
