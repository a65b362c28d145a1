"""Rasa intent classifier that predicts the FAQ itself and does a response selector's work at the same time.

It sets `intent` (the topic or a plain intent), `intent_ranking`, the `language` entity and `response_selector`, so
that `utter_<topic>` and `rasa test nlu` work as with Rasa's own selector. Several things in one message become
`several_questions`, with each of them under `parts`; what isn't understood becomes `nlu_fallback`. The FAQs to offer
in either case stand under `response_selector.default.ranking`. What was said before comes with the message, as
`metadata.earlier` (docs/decisions/0006); `metadata.urgent` tells that the safety gate has raised the alarm.
"""

import json
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from clinicbot.language import detect_language
from clinicbot.nlu.assembling import assemble, default_options, titles_in
from clinicbot.nlu.encoder import default_encoder
from clinicbot.nlu.meaning import Earlier, Part, Understanding
from clinicbot.nlu.question_model import Prediction, QuestionModel
from clinicbot.nlu.question_training import train
from clinicbot.nlu.understanding import Understander
from clinicbot.nlu.vocabulary import read_vocabulary

RANKED = 10
SEVERAL = "several_questions"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class QuestionClassifier(GraphComponent, IntentClassifier):
    """Options: `vocabulary` (file with the subject's words), `languages`, `negatives` (intents not to be answered),
    `urgent` (intents that go before a likelier one from this margin on; zero is where the model would say yes), and
    the small acts of dialogue `asides`, `repeat`, `accept`, `decline`, `once`, `clarify` (`understanding.Acts`);
    `trained`, a folder with a model that was trained outside of Rasa, which then trains none itself."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return default_options()

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: QuestionModel | None = None,
        titles: dict[str, dict[str, str]] | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model
        self._titles = titles or {}
        self._topics = sorted({label.partition("/")[0] for label in (model.labels if model else []) if "/" in label})
        self._understander = assemble(model, self._titles, config) if model else None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "QuestionClassifier":
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        self._titles = titles_in(training_data.responses)
        self._model = self._trained() or self._fit(training_data)
        self._understander = assemble(self._model, self._titles, self._config)
        self._persist()
        return self._resource

    def _trained(self) -> QuestionModel | None:
        """The model that was trained outside of Rasa, which would need a minute to look at so many phrasings."""
        folder = self._config["trained"]
        return QuestionModel.load(Path(folder), default_encoder()) if folder else None

    def _fit(self, training_data: TrainingData) -> QuestionModel:
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        phrasings = [
            (example.get(TEXT), example.get(INTENT_RESPONSE_KEY) or example.get(INTENT)) for example in examples
        ]
        # an FAQ's title is the plainest way to ask it
        phrasings += [(title, faq) for faq, titles in self._titles.items() for title in titles.values()]
        return train(
            [text for text, _ in phrasings],
            [label for _, label in phrasings],
            encoder=default_encoder(),
            subject=read_vocabulary(self._config["vocabulary"]).subject,
        )

    def _persist(self) -> None:
        assert self._model is not None
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
            titles = json.dumps(self._titles, ensure_ascii=False)
            (folder / "titles.json").write_text(titles, encoding="utf-8")

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "QuestionClassifier":
        with model_storage.read_from(resource) as folder:
            model = QuestionModel.load(folder, default_encoder())
            titles = json.loads((folder / "titles.json").read_text(encoding="utf-8"))
        model.predict("hello")  # the first patient should not wait for what is loaded on first use
        return cls(config, model_storage, resource, model, titles)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text and self._understander:
                self._classify(message, text, self._understander)
        return messages

    def _classify(self, message: Message, text: str, understander: Understander) -> None:
        metadata = message.get("metadata") or {}
        language = metadata.get("language") or self._detect(text)
        earlier = [Earlier(**said) for said in metadata.get("earlier") or ()]
        understanding = understander.understand(text, language, earlier, urgent=bool(metadata.get("urgent")))
        first = understanding.parts[0]
        several = len(understanding.parts) > 1
        intent = {
            "name": SEVERAL if several else first.label.partition("/")[0],
            "confidence": first.prediction.confidence,
        }
        message.set(INTENT, intent, add_to_output=True)
        message.set("intent_ranking", _intent_ranking(intent, first.prediction), add_to_output=True)
        message.set("response_selector", self._selector(understanding), add_to_output=True)
        if several:
            message.set("parts", [_part(part) for part in understanding.parts], add_to_output=True)
        entity = {"entity": "language", "value": language, "start": 0, "end": len(text), "extractor": "language"}
        message.set(ENTITIES, [*message.get(ENTITIES, []), entity], add_to_output=True)

    def _detect(self, text: str) -> str:
        return detect_language(text, tuple(self._config["languages"]))

    def _selector(self, understanding: Understanding) -> dict[str, Any]:
        first = understanding.parts[0]
        shares = {label: share for label, _, share in first.prediction.ranking}
        offered = [self._ranked(label, shares.get(label, 0.0)) for label in understanding.offered]
        selector: dict[str, Any] = {"all_retrieval_intents": self._topics, "default": {"ranking": offered}}
        if "/" in first.label:
            selector[first.label.partition("/")[0]] = {
                "response": {
                    "responses": [],
                    "confidence": first.prediction.confidence,
                    "intent_response_key": first.label,
                    "utter_action": f"utter_{first.label}",
                },
                "ranking": [self._ranked(first.label, first.prediction.confidence)],
            }
        return selector

    def _ranked(self, label: str, share: float) -> dict[str, Any]:
        return {"intent_response_key": label, "confidence": share, "title": self._titles.get(label, {})}


def _part(part: Part) -> dict[str, Any]:
    """A part as the actions read it: what was typed, its intent, and the answer's name if it is an FAQ."""
    return {
        "text": part.text,
        "intent": part.label.partition("/")[0],
        "utter_action": f"utter_{part.label}" if "/" in part.label else None,
    }


def _intent_ranking(intent: dict[str, Any], prediction: Prediction) -> list[dict[str, Any]]:
    """The best share of each intent; the winner carries the calibrated confidence."""
    shares: dict[str, float] = {}
    for label, _, share in prediction.ranking:
        shares.setdefault(label.partition("/")[0], share)
    others = [{"name": name, "confidence": share} for name, share in shares.items() if name != intent["name"]]
    return [intent, *others[: RANKED - 1]]
