"""Rasa intent classifier that predicts the FAQ itself and does a response selector's work at the same time.

It sets `intent` (the topic or a plain intent), `intent_ranking`, the `language` entity and `response_selector`, so
that `utter_<topic>` and `rasa test nlu` work as with Rasa's own selector. What scores under the model's own
threshold becomes `nlu_fallback`, with the nearest FAQs under `response_selector.default.ranking`.
"""

import json
import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from clinicbot.language import detect_language
from clinicbot.nlu.encoder import default_encoder
from clinicbot.nlu.question_model import Prediction, QuestionModel
from clinicbot.nlu.question_training import train
from clinicbot.nlu.vocabulary import read_vocabulary
from clinicbot.texts import DEFAULT_LANGUAGE

RANKED = 10
SUGGESTED = 3
# What a pressed suggestion sends: the FAQ itself, so that it can't be misunderstood.
_DIRECT = re.compile(r"^faq:([\w-]+/[\w-]+)$")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class QuestionClassifier(GraphComponent, IntentClassifier):
    """Options: `vocabulary` (file with the subject's words), `languages`, `negatives` (intents not to be answered),
    `urgent` (intents that go before a likelier one from this margin on; zero is where the model would say yes)."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"vocabulary": None, "languages": [DEFAULT_LANGUAGE], "negatives": [], "urgent": {}, "threshold": None}

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
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        self._model = train(
            [example.get(TEXT) for example in examples],
            [example.get(INTENT_RESPONSE_KEY) or example.get(INTENT) for example in examples],
            encoder=default_encoder(),
            subject=read_vocabulary(self._config["vocabulary"]).subject,
        )
        self._titles = _titles(training_data)
        self._persist()
        return self._resource

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
            if text and self._model:
                self._classify(message, text)
        return messages

    def _classify(self, message: Message, text: str) -> None:
        direct = _DIRECT.match(text)
        if direct and self._model and direct[1] in self._model.labels:
            prediction = Prediction([(direct[1], 1.0, 1.0)], 1.0)
        else:
            prediction = self._decide(text)
        label = prediction.best
        topic = label.partition("/")[0]
        intent = {"name": topic, "confidence": prediction.confidence}
        message.set(INTENT, intent, add_to_output=True)
        message.set("intent_ranking", _intent_ranking(prediction), add_to_output=True)
        message.set("response_selector", self._selector(prediction), add_to_output=True)
        language = (message.get("metadata") or {}).get("language") or self._detect(text)
        entity = {"entity": "language", "value": language, "start": 0, "end": len(text), "extractor": "language"}
        message.set(ENTITIES, [*message.get(ENTITIES, []), entity], add_to_output=True)

    def _decide(self, text: str) -> Prediction:
        assert self._model is not None
        prediction = self._model.predict(text)
        for intent, margin in self._config["urgent"].items():
            if prediction.margin_of(intent) >= margin:
                return prediction.with_best(intent)
        threshold = self._config["threshold"]
        if threshold is None:
            threshold = self._model.threshold
        if prediction.confidence < threshold and prediction.best not in self._config["negatives"]:
            return Prediction(
                [(DEFAULT_NLU_FALLBACK_INTENT_NAME, 0.0, 1.0), *prediction.ranking], prediction.confidence
            )
        return prediction

    def _detect(self, text: str) -> str:
        return detect_language(text, tuple(self._config["languages"]))

    def _selector(self, prediction: Prediction) -> dict[str, Any]:
        faqs = [(label, share) for label, _, share in prediction.ranking if "/" in label]
        selector: dict[str, Any] = {
            "all_retrieval_intents": self._topics,
            "default": {"ranking": [self._ranked(label, share) for label, share in faqs[:SUGGESTED]]},
        }
        label = prediction.best
        if "/" in label:
            selector[label.partition("/")[0]] = {
                "response": {
                    "responses": [],
                    "confidence": prediction.confidence,
                    "intent_response_key": label,
                    "utter_action": f"utter_{label}",
                },
                "ranking": [self._ranked(label, prediction.confidence)],
            }
        return selector

    def _ranked(self, label: str, share: float) -> dict[str, Any]:
        return {"intent_response_key": label, "confidence": share, "title": self._titles.get(label, {})}


def _intent_ranking(prediction: Prediction) -> list[dict[str, Any]]:
    """The best share of each intent; the winner carries the calibrated confidence."""
    shares: dict[str, float] = {}
    for label, _, share in prediction.ranking:
        shares.setdefault(label.partition("/")[0], share)
    winner = prediction.best.partition("/")[0]
    ranking = [{"name": name, "confidence": share} for name, share in list(shares.items())[:RANKED]]
    return [{"name": winner, "confidence": prediction.confidence}, *(r for r in ranking if r["name"] != winner)]


def _titles(training_data: TrainingData) -> dict[str, dict[str, str]]:
    """FAQ titles by language, from the answers' metadata."""
    titles: dict[str, dict[str, str]] = {}
    for action, variations in training_data.responses.items():
        for variation in variations:
            title = (variation.get("metadata") or {}).get("title")
            conditions = variation.get("condition") or []
            language = next((c["value"] for c in conditions if c.get("name") == "language"), DEFAULT_LANGUAGE)
            if title:
                titles.setdefault(action.removeprefix("utter_"), {})[language] = title
    return titles
