from typing import Any

import pytest

from clinicbot.understood import Understood

RANKING = [{"intent_response_key": "duration/how_long", "confidence": 0.6, "title": {}}]
FAQ = Understood(("duration/how_long",), 0.93, ("duration/how_long",), 7)


def parse_data(name: str | None, confidence: float, **more: Any) -> dict[str, Any]:
    return {"text": "?", "intent": {"name": name, "confidence": confidence}, "entities": []} | more


def test_an_faq_is_named_in_full() -> None:
    chosen = {"response": {"intent_response_key": "duration/how_long", "confidence": 0.93}, "ranking": []}
    selector = {"all_retrieval_intents": ["duration"], "default": {"ranking": RANKING}, "duration": chosen}
    assert Understood.from_parse_data(parse_data("duration", 0.93, response_selector=selector), 7) == FAQ


def test_a_plain_intent_is_its_own_label() -> None:
    selector = {"all_retrieval_intents": ["duration"], "default": {"ranking": []}}
    understood = Understood.from_parse_data(parse_data("ask_price", 0.8, response_selector=selector))
    assert understood == Understood(("ask_price",), 0.8, ())


def test_several_questions_are_named_one_by_one() -> None:
    parts = [
        {"text": "how long", "intent": "duration", "utter_action": "utter_duration/how_long"},
        {"text": "how much", "intent": "ask_price", "utter_action": None},
    ]
    understood = Understood.from_parse_data(parse_data("several_questions", 0.7, parts=parts))
    assert understood.labels == ("duration/how_long", "ask_price")
    assert understood.label == "duration/how_long"


def test_it_travels_as_json() -> None:
    assert Understood.from_json(FAQ.to_json()) == FAQ
    assert Understood.from_json(Understood(("greet",), 1.0, ()).to_json()) == Understood(("greet",), 1.0, ())


@pytest.mark.parametrize(
    "change",
    [
        {"labels": []},
        {"labels": "duration/how_long"},
        {"labels": [""]},
        {"labels": [None]},
        {"labels": ["x" * 141]},
        {"labels": ["duration/\0"]},
        {"nearest": None},
        {"confidence": None},
        {"confidence": float("nan")},
    ],
)
def test_anything_else_counts_as_not_told(change: dict[str, Any]) -> None:
    assert Understood.from_json(FAQ.to_json() | change) is None


@pytest.mark.parametrize("document", [None, [], "greet", {}])
def test_an_answer_without_it_is_nothing_special(document: Any) -> None:
    assert Understood.from_json(document) is None


def test_a_text_that_never_reached_the_classifier_has_no_label_to_record() -> None:
    assert Understood.from_json(Understood.from_parse_data(parse_data(None, 0.0)).to_json()) is None
