import pytest

from actions.emergency import ActionEmergency
from clinicbot.clinic import load_clinic
from clinicbot.safety.emergency import load_emergency_text
from tests.actions.conftest import RunAction, payloads
from tests.conftest import PHONE, PHONE_URI, MakeClinic


@pytest.mark.parametrize("language", load_clinic().languages)
def test_the_locked_text_and_the_emergency_number_first(
    use_clinic: MakeClinic, run_action: RunAction, language: str
) -> None:
    use_clinic()
    message = run_action(ActionEmergency(), "report_red", language)
    assert message["text"] == load_emergency_text(language).text
    assert PHONE in message["text"]
    assert payloads(message) == ["tel:112", PHONE_URI]
    assert message["metadata"] == {"kind": "emergency"}
    assert all(button["title"] for button in message["buttons"])


def test_without_a_language_it_is_in_english(use_clinic: MakeClinic, run_action: RunAction) -> None:
    use_clinic()
    assert run_action(ActionEmergency(), "report_red", None)["text"].startswith("Call 112 now.")
