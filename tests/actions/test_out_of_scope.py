import pytest

from actions.out_of_scope import ActionOutOfScope
from clinicbot.clinic import load_clinic
from tests.actions.conftest import RunAction, payloads
from tests.conftest import PHONE, PHONE_URI, MakeClinic


@pytest.mark.parametrize("language", load_clinic().languages)
def test_what_it_is_for_and_both_numbers(use_clinic: MakeClinic, run_action: RunAction, language: str) -> None:
    use_clinic()
    message = run_action(ActionOutOfScope(), "out_of_scope", language)
    assert all(part in message["text"] for part in ("Test Clinic", PHONE, "112"))
    assert payloads(message) == [PHONE_URI]
    assert message["metadata"] == {"kind": "fallback"}
