"""An ordinary Rasa 3.6 project with the same content: `rasa init`'s pipeline, plain intents, one rule each.

Same phrasings and same answers as this checkout's data/; in English only, as a project without language detection is.
Fixed texts that our actions put together stand here as `utter_` responses with the same words.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.projects import examples, few, write_yaml
from clinicbot import paths
from clinicbot.clinic import load_clinic
from clinicbot.faq.files import load_faqs, read_intents
from clinicbot.faq.model import Faq
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.texts import DEFAULT_LANGUAGE, load_texts
from clinicbot.yaml_files import read_yaml

# what `rasa train` uses, and writes into the file, where `rasa init`'s config.yml says nothing
RASA_DEFAULTS = Path("engine/recipes/config_files/default_config.yml")
POLICIES = ("MemoizationPolicy", "RulePolicy")
FALLBACK_INTENT = "nlu_fallback"


def write_stock_project(folder: Path, limit: int | None) -> None:
    """Write config, domain, data, endpoints and credentials into `folder`; what stood in its `data/` goes.

    `limit` is the most phrasings that an intent gets; None is all.
    """
    intents = {_intent_of(faq): few(faq.id, faq.phrasings, limit) for faq in load_faqs().values()}
    for path in sorted(paths.DIALOGUE.glob("*.yml")):
        intents |= {intent: few(intent, phrasings, limit) for intent, phrasings in read_intents(path).items()}
    texts = _faq_texts() | _dialogue_texts()
    asked = [*intents, FALLBACK_INTENT]
    missing = sorted(set(asked) - set(texts))
    if missing:
        raise KeyError(f"no fixed text for {', '.join(missing)}; add it to bench/stock_project.py")
    shutil.rmtree(folder / "data", ignore_errors=True)
    nlu = [{"intent": intent, "examples": examples(phrasings)} for intent, phrasings in intents.items()]
    write_yaml(folder / "config.yml", _configuration())
    write_yaml(folder / "domain.yml", _domain(asked, texts))
    write_yaml(folder / "data" / "nlu.yml", {"version": "3.1", "nlu": nlu})
    rules = [
        {"rule": f"answer {intent}", "steps": [{"intent": intent}, {"action": f"utter_{intent}"}]} for intent in asked
    ]
    write_yaml(folder / "data" / "rules.yml", {"version": "3.1", "rules": rules})
    write_yaml(folder / "endpoints.yml", {"tracker_store": {"type": "SQL", "dialect": "sqlite", "db": "rasa.db"}})
    write_yaml(folder / "credentials.yml", {"rest": None})


def _intent_of(faq: Faq) -> str:
    return "faq_" + faq.id.replace("/", "_")


def _configuration() -> dict[str, Any]:
    spec = find_spec("rasa")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("rasa is not installed in this environment")
    configuration: dict[str, Any] = read_yaml(Path(spec.submodule_search_locations[0]) / RASA_DEFAULTS)
    policies = [policy for policy in configuration["policies"] if policy["name"] in POLICIES]
    return configuration | {"assistant_id": "stock", "policies": policies}


def _domain(intents: list[str], texts: dict[str, str]) -> dict[str, Any]:
    # a lone brace would be a slot's placeholder
    if any("{" in text for text in texts.values()):
        raise ValueError("an answer has a brace; stock Rasa takes it for a slot")
    responses = {f"utter_{intent}": [{"text": texts[intent]}] for intent in intents}
    responses["utter_default"] = [{"text": texts[FALLBACK_INTENT]}]
    return {
        "version": "3.1",
        "intents": [intent for intent in intents if intent != FALLBACK_INTENT],
        "responses": responses,
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }


def _faq_texts() -> dict[str, str]:
    phone_line = load_texts(DEFAULT_LANGUAGE).get("phone_line", phone=load_clinic().phone)
    texts = {}
    for faq in load_faqs().values():
        answer = faq.answers[DEFAULT_LANGUAGE]
        texts[_intent_of(faq)] = f"{answer.text}\n{phone_line}" if answer.phone_line else answer.text
    return texts


def _dialogue_texts() -> dict[str, str]:
    clinic, texts = load_clinic(), load_texts(DEFAULT_LANGUAGE)
    emergency = load_emergency_text(DEFAULT_LANGUAGE)
    handovers = [key.removeprefix("handover_") for key in sorted(texts.keys()) if key.startswith("handover_")]
    small_talk = read_yaml(paths.DIALOGUE / "rules.yml")["responses"]
    return {
        **{intent: texts.get(f"handover_{intent}", phone=clinic.phone) for intent in handovers},
        **{action.removeprefix("utter_"): variations[0]["text"] for action, variations in small_talk.items()},
        "report_red": emergency.text,
        "report_amber": f"{texts.get('complication_amber', phone=clinic.phone)}\n{emergency.red_list}",
        "report_mild": texts.get("complication_mild", phone=clinic.phone),
        "out_of_scope": texts.get(
            "out_of_scope", clinic=clinic.name, phone=clinic.phone, emergency=clinic.emergency_number
        ),
        FALLBACK_INTENT: texts.get("fallback", phone=clinic.phone),
    }
