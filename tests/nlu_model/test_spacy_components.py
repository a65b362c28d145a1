from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from clinicbot.nlu.spacy_entities import SpacyEntityExtractor
from clinicbot.nlu.spacy_tokenizer import SpacyBlankTokenizer
from clinicbot.nlu.vocabulary import read_vocabulary
from clinicbot.yaml_files import ContentError

VOCABULARY = """\
subject: [botox]
entities:
  body_area: ["~forehead", "crows feet", "goz*"]
  age: ["im <number>", "<number> years old"]
  time: ["<number> years"]
"""


@pytest.fixture
def extractor(tmp_path: Path, storage: LocalModelStorage, context: ExecutionContext) -> SpacyEntityExtractor:
    """Trained with a vocabulary file that is gone when the model is loaded."""
    path = tmp_path / "words.yml"
    path.write_text(VOCABULARY, encoding="utf-8")
    resource = Resource("entities")
    trained = SpacyEntityExtractor.create({"vocabulary": str(path)}, storage, resource, context)
    trained.train(TrainingData())
    path.unlink()
    return SpacyEntityExtractor.load({"vocabulary": str(path)}, storage, resource, context)


def found(extractor: SpacyEntityExtractor, text: str) -> list[tuple[str, str]]:
    entities = extractor.extract(text)
    return [(entity["entity"], text[entity["start"] : entity["end"]]) for entity in entities]


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("botox in my Forehead?", [("body_area", "Forehead")]),
        ("my forhead and crows feet", [("body_area", "forhead"), ("body_area", "crows feet")]),
        ("Göz çevresi", [("body_area", "Göz")]),
        ("I am 42 years old", [("age", "42 years old")]),  # the longest of what overlaps
        ("im 42", [("age", "im 42")]),
        ("nothing here", []),
    ],
)
def test_entities_stand_where_the_patient_wrote_them(
    extractor: SpacyEntityExtractor, text: str, entities: list[tuple[str, str]]
) -> None:
    assert found(extractor, text) == entities


def test_entities_are_added_to_those_of_others(extractor: SpacyEntityExtractor) -> None:
    other: dict[str, Any] = {"entity": "language", "value": "en"}
    (message,) = extractor.process([Message({TEXT: "my forehead", "entities": [other]})])
    first, second = message.get("entities")
    assert first == other
    assert (second["entity"], second["value"]) == ("body_area", "forehead")
    assert second["extractor"] == "SpacyEntityExtractor"


@pytest.mark.parametrize("text", ["", " ", "👩‍⚕️", "\u200b", "́"])
def test_odd_text_has_no_entities(extractor: SpacyEntityExtractor, text: str) -> None:
    assert extractor.extract(text) == []


def test_a_vocabulary_is_empty_where_none_is_configured_and_malformed_ones_are_refused(tmp_path: Path) -> None:
    assert read_vocabulary(None).subject == frozenset()
    path = tmp_path / "words.yml"
    path.write_text("- a list\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"words\.yml"):
        read_vocabulary(str(path))


def test_the_clinics_vocabulary_is_found_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert "botox" in read_vocabulary("data/vocabulary.yml").subject


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Can't I lie down?", ["Can't", "I", "lie", "down", "?"]),
        ("4-6 ay,  sürer", ["4", "6", "ay", "sürer"]),
        ("", []),
    ],
)
def test_tokens_are_words_with_their_places(text: str, tokens: list[str]) -> None:
    tokenizer = SpacyBlankTokenizer(SpacyBlankTokenizer.get_default_config())
    cut = tokenizer.tokenize(Message({TEXT: text}), TEXT)
    assert all(text[token.start : token.end] == token.text for token in cut)
    assert set(tokens) <= {token.text for token in cut}
