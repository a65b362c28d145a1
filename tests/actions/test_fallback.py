from typing import Any

import pytest

from actions.fallback import ActionFallback
from clinicbot.texts import load_texts
from tests.actions.conftest import RunAction, payloads
from tests.conftest import PHONE, PHONE_URI, MakeClinic


def faq(name: str, **titles: str) -> dict[str, Any]:
    return {"intent_response_key": f"duration/{name}", "confidence": 0.2, "title": titles}


RANKING = [faq("one", en="One?", tr="Bir?"), faq("two", en="Two?"), faq("three", en="Three?"), faq("four", en="Four?")]


@pytest.mark.parametrize(
    ("language", "titles"), [("en", ["One?", "Two?", "Three?"]), ("tr", ["Bir?", "Two?", "Three?"])]
)
def test_the_three_nearest_questions_and_the_phone_line(
    use_clinic: MakeClinic, run_action: RunAction, language: str, titles: list[str]
) -> None:
    use_clinic()
    message = run_action(ActionFallback(), "nlu_fallback", language, RANKING)
    assert message["text"] == load_texts(language).get("fallback_suggestions", phone=PHONE)
    assert [button["title"] for button in message["buttons"][:-1]] == titles
    assert payloads(message) == ["faq:duration/one", "faq:duration/two", "faq:duration/three", PHONE_URI]
    assert message["metadata"] == {"kind": "fallback"}


def test_without_a_ranking_only_the_phone_line(use_clinic: MakeClinic, run_action: RunAction) -> None:
    use_clinic()
    message = run_action(ActionFallback(), "nlu_fallback")
    assert message["text"] == load_texts("en").get("fallback", phone=PHONE)
    assert payloads(message) == [PHONE_URI]
