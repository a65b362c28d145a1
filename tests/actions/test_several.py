import pytest
from rasa_sdk import Action

from actions.complication import ActionComplication
from actions.emergency import ActionEmergency
from actions.handover import ActionHandover
from actions.out_of_scope import ActionOutOfScope
from actions.several import NAMED_LETTERS
from clinicbot import paths
from clinicbot.clinic import load_clinic
from clinicbot.texts import load_texts
from clinicbot.yaml_files import read_yaml
from tests.actions.conftest import RunAction, RunSeveral, part, payloads
from tests.conftest import PHONE, PHONE_URI, MakeClinic

LANGUAGES = load_clinic().languages
(CLASSIFIER,) = (entry for entry in read_yaml(paths.ROOT / "config.yml")["pipeline"] if "asides" in entry)
# The intent stands for all parts together, or the parts are FAQs, or it doesn't count beside another part.
NEVER_A_PART = {"several_questions", "decline_suggestions", *CLASSIFIER["asides"]}
FAQ_TOPICS = {path.stem for path in paths.FAQ.glob("*.yml")}
PARTS = sorted(set(read_yaml(paths.ROOT / "domain.yml")["intents"]) - NEVER_A_PART - FAQ_TOPICS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("action", "intent"),
    [
        (ActionEmergency(), "report_red"),
        (ActionComplication(), "report_amber"),
        (ActionComplication(), "report_mild"),
        (ActionOutOfScope(), "out_of_scope"),
        (ActionHandover(), "ask_price"),
        (ActionHandover(), "not_in_document"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_part_is_answered_as_if_it_had_come_alone(
    use_clinic: MakeClinic,
    run_action: RunAction,
    run_several: RunSeveral,
    action: Action,
    intent: str,
    language: str,
) -> None:
    use_clinic()
    alone = run_action(action, intent, language)
    assert run_several(part(intent), language=language) == [alone]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", PARTS)
def test_whatever_may_be_a_part_has_an_answer_with_the_phone_line(
    use_clinic: MakeClinic, run_several: RunSeveral, intent: str, language: str
) -> None:
    use_clinic()
    (message,) = run_several(part(intent, "and the other thing"), language=language)
    assert PHONE in message["text"]
    assert PHONE_URI in payloads(message)
    assert message["metadata"]["kind"] in ("handover", "fallback", "emergency")


def test_an_faq_is_answered_by_its_own_response(run_several: RunSeveral) -> None:
    (message,) = run_several(part("duration", faq="duration/how_long"))
    assert message["response"] == "utter_duration/how_long"
    assert message["text"] is None


def test_the_answers_come_in_the_order_of_the_parts(use_clinic: MakeClinic, run_several: RunSeveral) -> None:
    use_clinic()
    texts = load_texts("en")
    messages = run_several(
        part("report_red"),
        part("uses", faq="uses/what_is_botox"),
        part("ask_price"),
        part("duration", faq="duration/onset"),
    )
    emergency, first, price, second = messages
    assert emergency["metadata"] == {"kind": "emergency"}
    assert first["response"] == "utter_uses/what_is_botox"
    assert price["text"] == texts.get("handover_ask_price", phone=PHONE)
    assert second["response"] == "utter_duration/onset"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("typed", "named"),
    [
        pytest.param("the blue form", "the blue form", id="as typed"),
        pytest.param(" and the blue form?! ", "and the blue form", id="without its marks"),
        pytest.param("$phone $emergency {phone}", "$phone $emergency {phone}", id="placeholders stay words"),
        pytest.param("x" * NAMED_LETTERS, "x" * NAMED_LETTERS, id="just short enough"),
        pytest.param("x" * (NAMED_LETTERS + 1), "x" * (NAMED_LETTERS - 1) + "…", id="too long"),
        pytest.param("x" * (NAMED_LETTERS - 2) + " yz", "x" * (NAMED_LETTERS - 2) + "…", id="cut at a space"),
    ],
)
def test_what_was_not_understood_is_named(
    use_clinic: MakeClinic, run_several: RunSeveral, typed: str, named: str, language: str
) -> None:
    use_clinic()
    (message,) = run_several(part("nlu_fallback", typed), language=language)
    assert message["text"] == load_texts(language).get("not_understood_part", part=named, phone=PHONE)
    assert named in message["text"]
    assert payloads(message) == [PHONE_URI]
    assert message["metadata"] == {"kind": "fallback"}
