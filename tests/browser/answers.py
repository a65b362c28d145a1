"""What the fake Rasa answers, by text, in the form of Rasa's own channel. Sources are numbers of the real document."""

from typing import Any

from clinicbot.clinic import load_clinic
from clinicbot.safety.emergency import load_emergency_text

CLINIC = load_clinic()

HOW_LONG = "how long does botox last?"
HOW_LONG_ANSWER = "The effect lasts 4 to 6 months, depending on the condition of the patient."
SIDE_EFFECTS = "what are the side effects?"
APPOINTMENT = "i want to book for tuesday"
UNCLEAR = "how long"
SUGGESTION = "How long does botox last?"
CLASSIFIED = "my gullet refuses every morsel"  # no token pattern knows it; the trained classifier may
EMERGENCY = "cant swallow since the injections"
SILENCE = "answer nothing"
MARKUP = """<img src="/nowhere.png" onerror="document.title='hacked'"><b>bold</b> &amp; {{7*7}}"""
MARKUP_ANSWER = f"You wrote {MARKUP}"
TURKISH = "Botoksun etkisi ne kadar sürüyor?"
TURKISH_ANSWER = "Etkisi kişiye göre 4 ila 6 ay sürer."


def _faq(text: str, title: str, *source: str, phone_line: bool = False) -> dict[str, Any]:
    metadata = {"title": title, "source": list(source), "reviewed_on": None, "phone_line": phone_line}
    return {"text": text, "buttons": None, "metadata": metadata, "recipient_id": "x"}


def _said(kind: str, text: str, *buttons: tuple[str, str]) -> dict[str, Any]:
    listed = [{"title": title, "payload": payload} for title, payload in buttons]
    return {"text": text, "buttons": listed, "metadata": {"kind": kind}, "recipient_id": "x"}


_CALL_CLINIC = (f"Call {CLINIC.name}", CLINIC.phone_uri)
_CALL_EMERGENCY = (f"Call {CLINIC.emergency_number}", CLINIC.emergency_uri)
_HOW_LONG = [_faq(HOW_LONG_ANSWER, SUGGESTION, "p5.2")]

ANSWERS = {
    HOW_LONG: _HOW_LONG,
    "How long does botox last?": _HOW_LONG,  # the topic button's question
    "faq:duration/how_long": _HOW_LONG,
    SIDE_EFFECTS: [_faq("Temporary swelling, redness and bruising.", "Side effects", "p8.2", phone_line=True)],
    APPOINTMENT: [_said("handover", f"Please call the clinic: {CLINIC.phone}.", _CALL_CLINIC)],
    UNCLEAR: [_said("fallback", "Did you mean one of these?", (SUGGESTION, "faq:duration/how_long"), _CALL_CLINIC)],
    # the wrong order on purpose: the widget has to put the emergency number first
    CLASSIFIED: [_said("emergency", load_emergency_text("en").text, _CALL_CLINIC, _CALL_EMERGENCY)],
    SILENCE: [],
    MARKUP.replace("{", "(").replace("}", ")"): [_said("smalltalk", MARKUP_ANSWER)],
    TURKISH: [_faq(TURKISH_ANSWER, "Ne kadar sürer?", "p5.2")],
}
DEFAULT = [_said("handover", f"The clinic's information says nothing about that: {CLINIC.phone}.", _CALL_CLINIC)]
