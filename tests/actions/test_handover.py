import pytest

from actions.handover import ActionHandover
from clinicbot import paths
from clinicbot.callback import START
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts
from clinicbot.yaml_files import read_yaml
from tests.actions.conftest import RunAction, payloads
from tests.conftest import PHONE, PHONE_URI, MakeClinic

RULES = read_yaml(paths.DIALOGUE / "rules.yml")["rules"]
INTENTS = [rule["steps"][0]["intent"] for rule in RULES if rule["steps"][1] == {"action": "action_handover"}]


@pytest.mark.parametrize("language", load_clinic().languages)
@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_that_is_handed_over_gets_the_number(
    use_clinic: MakeClinic, run_action: RunAction, intent: str, language: str
) -> None:
    use_clinic()
    message = run_action(ActionHandover(), intent, language)
    assert message["text"] == load_texts(language).get(f"handover_{intent}", phone=PHONE)
    assert PHONE in message["text"]
    assert payloads(message) == [START, PHONE_URI]
    assert message["metadata"] == {"kind": "handover"}


def test_opening_hours_are_said_where_configured(use_clinic: MakeClinic, run_action: RunAction) -> None:
    use_clinic(exceptions={"2001-01-01": ["09:00-10:00"]})
    message = run_action(ActionHandover(), "ask_price")
    assert message["text"].endswith(f" {load_texts('en').get('closed')}")
