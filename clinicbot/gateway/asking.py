"""Asking Rasa, which may be slow, silent or gone: within a time limit, and an answer that can't be used is none."""

import asyncio
import logging
import time

from clinicbot.clinic import Clinic
from clinicbot.gateway import metrics
from clinicbot.gateway.callback_form import request_in, understood_in
from clinicbot.gateway.prepared import Before, Prepared
from clinicbot.gateway.rasa_client import RasaClient, RasaUnavailable
from clinicbot.gateway.replies import RasaMessage, UnusableMessage, failure_reply, merged, release_in, reply_from_rasa
from clinicbot.gateway.sanitising import for_rasa
from clinicbot.releases.live_content import LiveContent
from clinicbot.reply import Kind, Reply
from clinicbot.store.conversations import StoredMessage

logger = logging.getLogger(__name__)

# What else an emergency message asks may not keep the emergency text waiting.
BESIDE_EMERGENCY_SECONDS = 0.7
# On a messaging channel: before Rasa, which was down or silent, is asked again.
ASK_AGAIN_SECONDS = 1.0
# Shorter than this, it asks nothing else.
BESIDE_EMERGENCY_WORDS = 6


class Asking:
    """`timeout` is in seconds, of one question."""

    def __init__(self, *, rasa: RasaClient, clinic: Clinic, content: LiveContent, timeout: float) -> None:
        self._rasa = rasa
        self._clinic = clinic
        self._content = content
        self._timeout = timeout

    async def ask(
        self, message: StoredMessage, language: str, before: Before, deadline: float, until: float
    ) -> Prepared:
        """Rasa's replies by `deadline`, or the failure text; both times are monotonic. Where Rasa is down or silent it
        is asked again until `until`."""
        text = message.button or for_rasa(message.text)
        context = [
            {
                "text": said.button or for_rasa(said.text) or "?",
                "language": said.language or language,
                "seconds_ago": said.ago.total_seconds(),
                "urgent": said.emergency,
            }
            for said in before.said
        ]
        while True:
            try:
                remaining = max(0.1, deadline - time.monotonic())
                answers = await self._rasa.ask(
                    message.session_id, text or "?", language, remaining, earlier=context, standing=before.standing
                )
                understood, request = understood_in(answers), request_in(answers)
                release = release_in(answers)
                if any(answer.metadata.get("kind") == Kind.EMERGENCY.value for answer in answers):
                    answers = [answer for answer in answers if _stands_beside_emergency(answer)]
                parts = [self._reply(answer, language, release) for answer in answers]
            except (RasaUnavailable, UnusableMessage) as error:
                metrics.RASA_FAILURES.inc()
                logger.warning("Rasa gave no usable answer: %s", error)
                if time.monotonic() + ASK_AGAIN_SECONDS > until:
                    return Prepared([failure_reply(self._clinic, language)], language)
                await asyncio.sleep(ASK_AGAIN_SECONDS)
                deadline = min(until, time.monotonic() + self._timeout)
            else:
                break
        payloads = {button: payload for _, offered in parts for button, payload in offered.items()}
        return Prepared(merged([reply for reply, _ in parts]), language, payloads, understood, request)

    async def ask_beside(self, message: StoredMessage, language: str) -> list[Reply]:
        """Answers to what an emergency message asks besides; none if Rasa doesn't give them at once."""
        if len(message.text.split()) < BESIDE_EMERGENCY_WORDS:
            return []
        try:
            text = for_rasa(message.text)
            answers = await self._rasa.ask(message.session_id, text, language, BESIDE_EMERGENCY_SECONDS, urgent=True)
            release = release_in(answers)
            beside = [
                self._reply(answer, language, release)[0] for answer in answers if _stands_beside_emergency(answer)
            ]
        except (RasaUnavailable, UnusableMessage) as error:
            logger.info("only the emergency text, since Rasa gave no answer in time: %s", error)
            return []
        return merged([reply for reply in beside if reply.kind is Kind.ANSWER])

    def _reply(self, answer: RasaMessage, language: str, release: int | None) -> tuple[Reply, dict[str, str]]:
        return reply_from_rasa(answer, language, self._clinic, self._content.document_of(release))


def _stands_beside_emergency(answer: RasaMessage) -> bool:
    """An FAQ that sends to the phone line (side effects, who may have it) could play a reported symptom down; and
    somebody in an emergency isn't asked for a name."""
    return not answer.metadata.get("phone_line") and not answer.metadata.get("form")
