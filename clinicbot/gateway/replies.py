"""How Rasa's messages and the fixed texts become a Reply."""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clinicbot.clinic import Clinic
from clinicbot.faq.document import Document
from clinicbot.reply import Button, Kind, Reply, Source
from clinicbot.safety.emergency import load_emergency_text
from clinicbot.texts import DEFAULT_LANGUAGE, fill, load_texts, other_languages
from clinicbot.token_patterns import fold
from clinicbot.understood import Understood

# A sentence with the space behind it; a full stop inside a number ends none.
_SENTENCE = re.compile(r".+?(?:[.!?…؟]+(?:\s+|$)|$)", re.DOTALL)


def dump_replies(replies: Sequence[Reply]) -> str:
    return json.dumps([reply.to_json() for reply in replies], ensure_ascii=False)


def call_buttons(clinic: Clinic, language: str, *, emergency: bool = False) -> tuple[Button, ...]:
    """The clinic's call button, after the emergency number's where asked."""
    texts = load_texts(language)
    values = {"clinic": clinic.name, "emergency": clinic.emergency_number}
    call_clinic = Button(texts.get("call_clinic", **values), "call", clinic.phone_uri)
    if not emergency:
        return (call_clinic,)
    return (Button(texts.get("call_emergency", **values), "call", clinic.emergency_uri), call_clinic)


def emergency_reply(clinic: Clinic, language: str) -> Reply:
    """The locked text; the emergency number's button stands first."""
    return Reply(
        Kind.EMERGENCY, language, load_emergency_text(language).text, call_buttons(clinic, language, emergency=True)
    )


def failure_reply(clinic: Clinic, language: str) -> Reply:
    """What is said when Rasa, its model or the action server gives nothing: never silence (design 5.6)."""
    text = load_texts(language).get("failure", phone=clinic.phone, emergency=clinic.emergency_number)
    return Reply(Kind.FALLBACK, language, text, call_buttons(clinic, language, emergency=True))


def other_language_reply(clinic: Clinic, foreign: str) -> Reply:
    """For a language that the assistant doesn't speak: both numbers, in English and in that language if it is known."""
    values = {"phone": clinic.phone, "emergency": clinic.emergency_number}
    texts = load_texts(DEFAULT_LANGUAGE)
    lines = [texts.get("other_language", **values)]
    if template := other_languages().get(foreign):
        lines.append(fill(template, foreign, **values))
    buttons = call_buttons(clinic, DEFAULT_LANGUAGE, emergency=True)
    return Reply(Kind.HANDOVER, DEFAULT_LANGUAGE, "\n".join(lines), buttons)


def greeting_reply(clinic: Clinic, language: str) -> Reply:
    text = load_texts(language).get("greeting", clinic=clinic.name, emergency=clinic.emergency_number)
    return Reply(Kind.SMALLTALK, language, text)


def unreadable_reply(clinic: Clinic, language: str) -> Reply:
    """For a photo, a voice note and whatever else isn't text: it may show a symptom, so what is red stands under it."""
    return _with_red_list(clinic, language, "unreadable", phone=clinic.phone)


def too_long_reply(clinic: Clinic, language: str, characters: int) -> Reply:
    """For a message of more than `characters` characters, which was read for red flags only."""
    return _with_red_list(clinic, language, "too_long", phone=clinic.phone, characters=str(characters))


def _with_red_list(clinic: Clinic, language: str, key: str, **values: str) -> Reply:
    text = f"{load_texts(language).get(key, **values)}\n{load_emergency_text(language).red_list}"
    return Reply(Kind.FALLBACK, language, text, call_buttons(clinic, language, emergency=True))


def notice_reply(clinic: Clinic, language: str) -> Reply:
    """Who answers, what is stored and how it is erased: said once to everybody on a messaging channel."""
    texts = load_texts(language)
    values = {"clinic": clinic.name, "emergency": clinic.emergency_number, "days": str(clinic.retention_days)}
    return Reply(Kind.SMALLTALK, language, texts.get("messaging_notice", word=texts.get("erase_word"), **values))


def erased_reply(language: str) -> Reply:
    return Reply(Kind.SMALLTALK, language, load_texts(language).get("erased"))


def asks_for_erasure(text: str, languages: Sequence[str]) -> bool:
    """Whether a message is nothing but the erase word of one of the languages."""
    words = {fold(load_texts(language).get("erase_word")) for language in languages}
    return fold(text).strip(" .!\"'“”«»") in words


class UnusableMessage(ValueError):
    """A bot message that isn't what Rasa's channel sends. The message says what is wrong with it."""


@dataclass(frozen=True)
class RasaMessage:
    """One bot message as Rasa's channel hands it over. `metadata` is the answer's or the action's own; `understood`
    comes with the first one and is what the answer is to, None if Rasa doesn't tell."""

    text: str
    buttons: tuple[tuple[str, str], ...]
    metadata: dict[str, Any]
    understood: Understood | None = None

    @classmethod
    def parse(cls, raw: Any) -> "RasaMessage":
        """Raises UnusableMessage."""
        if not isinstance(raw, dict) or not isinstance(raw.get("metadata") or {}, dict):
            raise UnusableMessage("a bot message or its metadata is no object")
        try:
            buttons = tuple((str(button["title"]), str(button["payload"])) for button in raw.get("buttons") or ())
        except (KeyError, TypeError) as error:
            raise UnusableMessage("a button without title or payload") from error
        understood = Understood.from_json(raw.get("understood"))
        return cls(str(raw.get("text") or "").strip(), buttons, raw.get("metadata") or {}, understood)


def release_in(answers: Sequence[RasaMessage]) -> int | None:
    """The number of the release that gave these answers, where Rasa tells it."""
    return next((answer.understood.release for answer in answers if answer.understood), None)


def reply_from_rasa(
    message: RasaMessage, language: str, clinic: Clinic, document: Document
) -> tuple[Reply, dict[str, str]]:
    """A Reply, and the payloads that its opaque button ids stand for (id → payload). Raises UnusableMessage."""
    payloads: dict[str, str] = {}
    buttons: list[Button] = []
    for title, payload in message.buttons:
        if payload.startswith("tel:"):
            buttons.append(Button(title, "call", payload))
        elif payload.startswith("https:"):
            buttons.append(Button(title, "link", payload))
        else:
            button_id = secrets.token_urlsafe(12)
            payloads[button_id] = payload
            buttons.append(Button(title, "reply", button_id))
    metadata = message.metadata
    text = message.text
    if metadata.get("phone_line"):
        text += "\n" + load_texts(language).get("phone_line", phone=clinic.phone)
        buttons.extend(call_buttons(clinic, language))
    source = None
    try:
        if "source" in metadata:
            source = Source(str(metadata["title"]), document.quote(tuple(metadata["source"])))
        kind = Kind.ANSWER if source else Kind(metadata.get("kind", Kind.HANDOVER.value))
    except (KeyError, TypeError, ValueError) as error:
        # never what stands in it: it goes to the log
        raise UnusableMessage(f"metadata with {', '.join(sorted(map(str, metadata)))}") from error
    return Reply(kind, language, text, tuple(buttons), source), payloads


def merged(replies: Sequence[Reply]) -> list[Reply]:
    """One readable reply of several, saying nothing twice; an emergency stays a reply of its own, and the first one."""
    emergencies = [reply for reply in replies if reply.kind is Kind.EMERGENCY][:1]
    others = [reply for reply in replies if reply.kind is not Kind.EMERGENCY]
    if len(others) < 2:
        return emergencies + others
    sources = list(dict.fromkeys(reply.source for reply in others if reply.source))
    source = Source(" · ".join(s.title for s in sources), " ".join(s.passage for s in sources)) if sources else None
    buttons = {(button.kind, button.value): button for reply in others for button in reply.buttons}
    # calls come last, as in a single reply
    ordered = sorted(buttons.values(), key=lambda button: button.kind == "call")
    kind = Kind.ANSWER if sources else others[0].kind
    text = _without_repetition([reply.text for reply in others])
    return [*emergencies, Reply(kind, others[0].language, text, tuple(ordered), source)]


def _without_repetition(texts: Sequence[str]) -> str:
    """The texts as paragraphs, each sentence once; what is said of the phone line in a line of its own comes last."""
    said: set[str] = set()
    paragraphs: list[str] = []
    phone_lines: list[str] = []
    for text in texts:
        first, *lines = text.split("\n")
        for target, line in [(paragraphs, first), *((phone_lines, line) for line in lines)]:
            fresh = [sentence for sentence in _SENTENCE.findall(line) if sentence.strip() not in said]
            said.update(sentence.strip() for sentence in fresh)
            if fresh:
                target.append("".join(fresh).strip())
    return "\n".join([*paragraphs, *phone_lines])
