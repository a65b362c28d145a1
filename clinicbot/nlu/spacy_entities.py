"""Rasa entity extractor over spaCy token patterns: body area, age, time since the treatment, or whatever the
vocabulary lists."""

import json
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.tokens import Doc
from spacy.util import filter_spans

from clinicbot.nlu.vocabulary import Vocabulary, read_vocabulary
from clinicbot.token_patterns import build_matcher, fold, spans, tokenizer


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class SpacyEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Option `vocabulary`: the file with the patterns, read at training time and kept in the model."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"vocabulary": None}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, vocabulary: Vocabulary
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._vocabulary = vocabulary
        self._nlp = tokenizer()
        self._matcher = build_matcher(self._nlp, vocabulary.entities, {})

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SpacyEntityExtractor":
        return cls(config, model_storage, resource, read_vocabulary(config["vocabulary"]))

    def train(self, training_data: TrainingData) -> Resource:
        with self._storage.write_to(self._resource) as folder:
            text = json.dumps(self._vocabulary.to_json(), ensure_ascii=False)
            (folder / "vocabulary.json").write_text(text, encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SpacyEntityExtractor":
        with model_storage.read_from(resource) as folder:
            raw = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, Vocabulary.from_json(raw))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = self.add_extractor_name(self.extract(text))
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    def extract(self, text: str) -> list[dict[str, Any]]:
        """Entities with their places in the text; of overlapping ones the longest."""
        words = self._nlp.make_doc(text)
        folded = spaced_like(words)
        matches = filter_spans([folded[start:end] for _, start, end in spans(self._matcher, folded)])
        labels = {(start, end): label for label, start, end in spans(self._matcher, folded)}
        return [
            {
                "entity": labels[(match.start, match.end)],
                "value": match.text,
                "start": words[match.start].idx,
                "end": words[match.end - 1].idx + len(words[match.end - 1]),
            }
            for match in matches
        ]


def spaced_like(words: Doc) -> Doc:
    """The same tokens, folded, so that a match's token numbers are places in the original text."""
    return Doc(words.vocab, words=[fold(word.text) or "_" for word in words])
