from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from clinicbot.nlu import question_classifier
from clinicbot.nlu.question_classifier import QuestionClassifier
from clinicbot.nlu.question_model import QuestionModel
from tests.nlu_model.conftest import PHRASINGS, HashEncoder

RESPONSES = {
    "utter_duration/how_long": [
        {"text": "4 to 6 months", "metadata": {"title": "How long?"}},
        {
            "text": "4 ila 6 ay",
            "condition": [{"type": "slot", "name": "language", "value": "tr"}],
            "metadata": {"title": "Ne kadar?"},
        },
    ],
    "utter_greet": [{"text": "Hello"}],
}


def example(text: str, label: str) -> Message:
    fields = {TEXT: text, INTENT: label.partition("/")[0]}
    return Message(fields | ({INTENT_RESPONSE_KEY: label} if "/" in label else {}))


class Classifiers:
    """Trains once, loads with any options."""

    def __init__(self, storage: LocalModelStorage, context: ExecutionContext) -> None:
        self._storage, self._context, self._resource = storage, context, Resource("classifier")
        examples = [example(text, label) for label, phrasings in PHRASINGS.items() for text in phrasings]
        data = TrainingData(examples, responses=RESPONSES)
        config = QuestionClassifier.get_default_config()
        assert QuestionClassifier.create(config, storage, self._resource, context).train(data) == self._resource

    def load(self, **options: object) -> QuestionClassifier:
        config = QuestionClassifier.get_default_config() | {"languages": ["en", "tr"]} | options
        return QuestionClassifier.load(config, self._storage, self._resource, self._context)


@pytest.fixture
def classifiers(
    storage: LocalModelStorage, context: ExecutionContext, encoder: HashEncoder, monkeypatch: pytest.MonkeyPatch
) -> Classifiers:
    monkeypatch.setattr(question_classifier, "default_encoder", lambda: encoder)
    return Classifiers(storage, context)


def parse(classifier: QuestionClassifier, text: str, **fields: object) -> dict[str, Any]:
    (message,) = classifier.process([Message({TEXT: text, **fields}, output_properties={TEXT})])
    parsed: dict[str, Any] = message.as_dict(only_output_properties=True)
    return parsed


def test_an_faq_is_an_intent_and_a_response_key(classifiers: Classifiers) -> None:
    parsed = parse(classifiers.load(threshold=0.0), "how long does botox last")
    assert parsed["intent"]["name"] == "duration"
    selected = parsed["response_selector"]["duration"]["response"]
    assert selected["intent_response_key"] == "duration/how_long"
    assert selected["utter_action"] == "utter_duration/how_long"
    assert selected["confidence"] == parsed["intent"]["confidence"]
    assert parsed["response_selector"]["all_retrieval_intents"] == ["aftercare", "duration"]
    assert parsed["intent_ranking"][0] == parsed["intent"]
    names = [entry["name"] for entry in parsed["intent_ranking"]]
    assert len(set(names)) == len(names)


def test_a_plain_intent_selects_no_response(classifiers: Classifiers) -> None:
    parsed = parse(classifiers.load(threshold=0.0), "what is the price please")
    assert parsed["intent"]["name"] == "ask_price"
    assert set(parsed["response_selector"]) == {"all_retrieval_intents", "default"}


def test_under_the_threshold_it_falls_back_with_the_nearest_faqs(classifiers: Classifiers) -> None:
    parsed = parse(classifiers.load(threshold=1.1), "how long does botox last")
    assert parsed["intent"]["name"] == "nlu_fallback"
    assert "duration" not in parsed["response_selector"]
    ranking = parsed["response_selector"]["default"]["ranking"]
    assert ranking[0]["intent_response_key"] == "duration/how_long"
    assert ranking[0]["title"] == {"en": "How long?", "tr": "Ne kadar?"}
    assert len(ranking) == 3
    assert all("/" in entry["intent_response_key"] for entry in ranking)


def test_the_models_own_threshold_is_used_by_default(classifiers: Classifiers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuestionModel, "threshold", 1.1)
    classifier = classifiers.load(negatives=["ask_price"])
    assert parse(classifier, "how long does botox last")["intent"]["name"] == "nlu_fallback"
    monkeypatch.setattr(QuestionModel, "threshold", 0.0)
    classifier = classifiers.load(negatives=["ask_price"])
    assert parse(classifier, "how long does botox last")["intent"]["name"] == "duration"


def test_without_anything_that_isnt_answered_nothing_is_rejected(
    classifiers: Classifiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuestionModel, "threshold", 1.1)
    classifier = classifiers.load(negatives=["not_in_this_model"])
    assert parse(classifier, "how long does botox last")["intent"]["name"] == "duration"


def test_several_questions_are_an_intent_with_a_part_for_each(classifiers: Classifiers) -> None:
    parsed = parse(classifiers.load(), "How long does botox last? What does it cost?")
    assert parsed["intent"]["name"] == "several_questions"
    assert parsed["parts"] == [
        {"text": "How long does botox last", "intent": "duration", "utter_action": "utter_duration/how_long"},
        {"text": "What does it cost?", "intent": "ask_price", "utter_action": None},
    ]


def test_one_question_has_no_parts(classifiers: Classifiers) -> None:
    assert "parts" not in parse(classifiers.load(), "how long does botox last")


def test_what_was_said_before_comes_with_the_message(classifiers: Classifiers) -> None:
    classifier = classifiers.load(clarify={"out_of_scope": ["duration/onset", "aftercare/make_up"]})
    said = {"text": "order a pizza", "language": "en", "seconds_ago": 20.0}
    parsed = parse(classifier, "2", metadata={"language": "en", "earlier": [said]})
    assert parsed["response_selector"]["aftercare"]["response"]["intent_response_key"] == "aftercare/make_up"
    alone = parse(classifier, "2", metadata={"language": "en"})
    assert "aftercare" not in alone["response_selector"]


def test_what_is_offered_stands_in_the_default_ranking(classifiers: Classifiers) -> None:
    options = ["duration/onset", "duration/how_long"]
    parsed = parse(classifiers.load(clarify={"out_of_scope": options}), "order a pizza")
    ranking = parsed["response_selector"]["default"]["ranking"]
    assert [entry["intent_response_key"] for entry in ranking] == options
    assert ranking[1]["title"] == {"en": "How long?", "tr": "Ne kadar?"}


def test_a_title_is_one_more_way_to_ask(classifiers: Classifiers) -> None:
    parsed = parse(classifiers.load(threshold=0.0), "Ne kadar?")
    assert parsed["response_selector"]["duration"]["response"]["intent_response_key"] == "duration/how_long"


def test_a_negative_intent_needs_no_confidence(classifiers: Classifiers) -> None:
    classifier = classifiers.load(threshold=1.1, negatives=["out_of_scope"])
    assert parse(classifier, "order a pizza")["intent"]["name"] == "out_of_scope"
    assert parse(classifier, "what is the price please")["intent"]["name"] == "nlu_fallback"


def test_an_urgent_intent_goes_before_a_likelier_one_from_its_margin_on(classifiers: Classifiers) -> None:
    assert parse(classifiers.load(urgent={"ask_price": -99.0}), "order a pizza")["intent"]["name"] == "ask_price"
    unmoved = parse(classifiers.load(urgent={"ask_price": 99.0}, negatives=["out_of_scope"]), "order a pizza")
    assert unmoved["intent"]["name"] == "out_of_scope"


def test_a_pressed_suggestion_is_the_faq_itself(classifiers: Classifiers) -> None:
    parsed = parse(classifiers.load(threshold=1.1), "faq:aftercare/make_up")
    assert parsed["intent"] == {"name": "aftercare", "confidence": 1.0}
    selected = parsed["response_selector"]["aftercare"]["response"]
    assert selected["intent_response_key"] == "aftercare/make_up"


@pytest.mark.parametrize("text", ["faq:nothing/here", "faq:ask_price", "say faq:aftercare/make_up", "faq:aftercare"])
def test_a_payload_of_an_unknown_faq_is_only_text(classifiers: Classifiers, text: str) -> None:
    assert parse(classifiers.load(threshold=1.1), text)["intent"]["name"] == "nlu_fallback"


def test_the_language_is_the_gateways_or_else_detected(classifiers: Classifiers) -> None:
    classifier = classifiers.load()

    def language(text: str, **fields: object) -> object:
        (entity,) = parse(classifier, text, **fields)["entities"]
        assert entity["entity"] == "language"
        return entity["value"]

    assert language("price?", metadata={"language": "tr"}) == "tr"
    assert language("Botoksun etkisi ne kadar sürer?") == "tr"
    assert language("how long does the effect last") == "en"


def test_entities_of_other_components_are_kept(classifiers: Classifiers) -> None:
    area = {"entity": "body_area", "value": "lips", "start": 0, "end": 4}
    entities = parse(classifiers.load(), "lips price", entities=[area])["entities"]
    assert [entity["entity"] for entity in entities] == ["body_area", "language"]


def test_without_text_or_model_nothing_is_set(
    classifiers: Classifiers, storage: LocalModelStorage, context: ExecutionContext
) -> None:
    untrained = QuestionClassifier.create(QuestionClassifier.get_default_config(), storage, Resource("new"), context)
    assert "intent" not in parse(untrained, "how long")
    assert "intent" not in parse(classifiers.load(), "")
