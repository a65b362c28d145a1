import pytest

from actions.clarify import ActionClarify
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts
from tests.actions.conftest import RunAction, offered, payloads
from tests.conftest import PHONE_URI, MakeClinic

TITLES = {language: f"How long? ({language})" for language in load_clinic().languages}
RANKING = [offered("duration/how_long", **TITLES), offered("duration/onset", **TITLES)]


@pytest.mark.parametrize("intent", ["unclear_how_long", "unclear_when"])
@pytest.mark.parametrize("language", TITLES)
def test_asks_back_with_the_questions_it_may_mean_and_the_phone_line(
    use_clinic: MakeClinic, run_action: RunAction, language: str, intent: str
) -> None:
    use_clinic()
    message = run_action(ActionClarify(), intent, language, RANKING)
    assert message["text"].startswith(load_texts(language).get("clarify"))
    assert [button["title"] for button in message["buttons"][:-1]] == [TITLES[language]] * 2
    assert payloads(message) == ["faq:duration/how_long", "faq:duration/onset", PHONE_URI]
    assert message["metadata"] == {"kind": "fallback"}
