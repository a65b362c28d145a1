import pytest

from actions.fallback import ActionFallback
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts
from tests.actions.conftest import RunAction, offered, payloads
from tests.conftest import PHONE, PHONE_URI, MakeClinic

RANKING = [offered("duration/one", en="One?", tr="Bir?"), offered("uses/two", en="Two?")]


@pytest.mark.parametrize(("language", "titles"), [("en", ["One?", "Two?"]), ("tr", ["Bir?", "Two?"])])
def test_the_questions_on_offer_and_the_phone_line(
    use_clinic: MakeClinic, run_action: RunAction, language: str, titles: list[str]
) -> None:
    use_clinic()
    message = run_action(ActionFallback(), "nlu_fallback", language, RANKING)
    assert message["text"] == load_texts(language).get("fallback_suggestions", phone=PHONE)
    assert [button["title"] for button in message["buttons"][:-1]] == titles
    assert payloads(message) == ["faq:duration/one", "faq:uses/two", PHONE_URI]
    assert message["metadata"] == {"kind": "fallback"}


def test_with_nothing_on_offer_only_the_phone_line(use_clinic: MakeClinic, run_action: RunAction) -> None:
    use_clinic()
    message = run_action(ActionFallback(), "nlu_fallback")
    assert message["text"] == load_texts("en").get("fallback", phone=PHONE)
    assert payloads(message) == [PHONE_URI]


@pytest.mark.parametrize("language", load_clinic().languages)
@pytest.mark.parametrize(
    ("intent", "key"), [("decline_suggestions", "fallback_declined"), ("ask_repeat", "nothing_to_repeat")]
)
def test_a_no_to_what_was_offered_and_nothing_to_repeat_have_words_of_their_own(
    use_clinic: MakeClinic, run_action: RunAction, intent: str, key: str, language: str
) -> None:
    use_clinic()
    message = run_action(ActionFallback(), intent, language)
    assert message["text"] == load_texts(language).get(key, phone=PHONE)
    assert payloads(message) == [PHONE_URI]
    assert message["metadata"] == {"kind": "fallback"}
