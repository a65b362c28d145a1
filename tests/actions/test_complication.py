import pytest

from actions.complication import ActionComplication
from clinicbot.clinic import load_clinic
from clinicbot.safety.emergency import load_emergency_text
from tests.actions.conftest import RunAction, payloads
from tests.conftest import PHONE, PHONE_URI, MakeClinic

LANGUAGES = load_clinic().languages
ICE = [("en", "ice"), ("tr", "buz"), ("de", "Eis"), ("ru", "ледян"), ("ar", "الثلج"), ("fr", "glace"), ("es", "hielo")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_amber_is_the_phone_line_now_with_the_red_list_under_it(
    use_clinic: MakeClinic, run_action: RunAction, language: str
) -> None:
    use_clinic()
    message = run_action(ActionComplication(), "report_amber", language)
    first, *rest = message["text"].splitlines()
    assert PHONE in first
    assert "\n".join(rest) == load_emergency_text(language).red_list
    assert payloads(message) == [PHONE_URI, "tel:112"]
    assert message["metadata"] == {"kind": "handover"}


@pytest.mark.parametrize(("language", "ice"), ICE)
def test_mild_is_what_the_document_says_and_the_phone_line(
    use_clinic: MakeClinic, run_action: RunAction, language: str, ice: str
) -> None:
    use_clinic()
    message = run_action(ActionComplication(), "report_mild", language)
    assert ice in message["text"]
    assert PHONE in message["text"]
    assert load_emergency_text(language).red_list not in message["text"]
    assert payloads(message) == [PHONE_URI]


@pytest.mark.parametrize("intent", ["report_amber", "report_mild"])
def test_no_complication_is_called_normal(use_clinic: MakeClinic, run_action: RunAction, intent: str) -> None:
    use_clinic()
    text = run_action(ActionComplication(), intent)["text"].lower()
    assert not any(word in text for word in ("normal", "nothing to worry", "don't worry", "harmless"))
