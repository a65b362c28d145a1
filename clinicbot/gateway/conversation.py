"""The way of a message (design 5): inbox, safety gate, sanitise, Rasa, never silence. One at a time a conversation."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import NoResultFound, SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from clinicbot.clinic import Clinic
from clinicbot.faq.document import Document
from clinicbot.gateway import metrics
from clinicbot.gateway.locks import ConversationLocks
from clinicbot.gateway.rasa_client import RasaClient, RasaUnavailable
from clinicbot.gateway.replies import (
    RasaMessage,
    UnusableMessage,
    emergency_reply,
    failure_reply,
    merged,
    other_language_reply,
    reply_from_rasa,
)
from clinicbot.gateway.sanitising import clean, for_rasa
from clinicbot.language import detect_language, foreign_language
from clinicbot.reply import Kind, Reply
from clinicbot.safety.red_flags import MESSAGES_READ_TOGETHER, RedFlag, find_red_flag
from clinicbot.store.conversations import Conversations, Said, Session, StoredMessage
from clinicbot.store.database import without_data

logger = logging.getLogger(__name__)

# Messages this close together are read together by the safety gate ("i cant" … "swallow").
READ_TOGETHER_WITHIN = timedelta(minutes=10)
# What a message may go on from ("and for migraines?").
CONTEXT_MESSAGES = 6
CONTEXT_WITHIN = timedelta(hours=1)
# What else an emergency message asks may not keep the emergency text waiting.
BESIDE_EMERGENCY_SECONDS = 0.7
# On a messaging channel: before Rasa, which was down or silent, is asked again.
ASK_AGAIN_SECONDS = 1.0
# Shorter than this, it asks nothing else.
BESIDE_EMERGENCY_WORDS = 6


def red_flag_in(text: str, earlier: Sequence[Said]) -> RedFlag | None:
    """A red flag in a message's text, or in what was typed just before and it together."""
    texts = [
        said.text for said in earlier if said.button is None and not said.emergency and said.ago < READ_TOGETHER_WITHIN
    ]
    return find_red_flag(text, texts[-(MESSAGES_READ_TOGETHER - 1) :])


def _stands_beside_emergency(answer: RasaMessage) -> bool:
    """An FAQ that sends to the phone line (side effects, who may have it) could play a reported symptom down."""
    return not answer.metadata.get("phone_line")


def _count(replies: list[dict[str, Any]], began: float) -> None:
    metrics.REPLY_SECONDS.observe(time.monotonic() - began)
    metrics.MESSAGES.labels(kind=replies[0]["kind"], language=replies[0]["language"]).inc()


class ConversationService:
    """Answers messages of any channel; always returns at least one reply."""

    def __init__(
        self, *, conversations: Conversations, rasa: RasaClient, clinic: Clinic, document: Document, timeout: float
    ) -> None:
        self._conversations = conversations
        self._rasa = rasa
        self._clinic = clinic
        self._document = document
        self._timeout = timeout
        self._locks = ConversationLocks()

    async def answer_text(self, session: Session, client_id: str, text: str) -> list[dict[str, Any]]:
        """Replies to a typed message; the same ones again for an id that was answered already."""
        return await self._receive(session, client_id, clean(text), None)

    async def answer_button(self, session: Session, client_id: str, button_id: str) -> list[dict[str, Any]] | None:
        """Replies to a pressed button; None if this session was never offered it."""
        try:
            button = await run_in_threadpool(self._conversations.button, session.id, button_id)
        except SQLAlchemyError as error:
            logger.error("the button could not be looked up: %s", without_data(error))
            return [failure_reply(self._clinic, session.language).to_json()]
        if button is None:
            return None
        title, payload = button
        return await self._receive(session, client_id, title, payload)

    async def answer_turn(
        self,
        session: Session,
        message: StoredMessage,
        *,
        flag: RedFlag | None,
        first: Sequence[Reply],
        patience: float,
    ) -> list[dict[str, Any]]:
        """Replies to a turn on a messaging channel, the same ones again if it was answered already.

        `flag` is a red flag that was found in it. `first` stand before an answer, not before an emergency's. Nobody
        watches a clock there, so Rasa may be asked again for `patience` seconds while it is being restarted. Raises
        SQLAlchemyError: the turn stays to be done.
        """
        if message.replies is not None:
            return message.replies
        began = time.monotonic()
        replies = await self._answer(session, message, flag=flag, first=first, until=began + patience)
        _count(replies, began)
        return replies

    async def finish_unanswered(self) -> None:
        """Answer what a killed process had stored but not answered, so that the history is complete."""
        try:
            for message in await run_in_threadpool(self._conversations.unanswered):
                session = await run_in_threadpool(self._conversations.find, message.session_id)
                if session is not None:
                    await self._answer(session, message)
        except SQLAlchemyError as error:
            logger.error("messages of before the start stay unanswered until the next one: %s", without_data(error))

    async def _receive(self, session: Session, client_id: str, text: str, payload: str | None) -> list[dict[str, Any]]:
        began = time.monotonic()
        try:
            message = await run_in_threadpool(self._conversations.receive, session.id, client_id, text, payload)
            replies = message.replies or await self._answer(session, message)
        except SQLAlchemyError as error:
            # a database that is locked, full or gone must not stand between a patient and the emergency number
            logger.error("the message could not be stored: %s", without_data(error))
            flag = None if payload else find_red_flag(text)
            make_reply = emergency_reply if flag else failure_reply
            language = session.language
            if not payload:
                language = detect_language(text, self._clinic.languages, current=language)
            replies = [make_reply(self._clinic, language).to_json()]
        _count(replies, began)
        return replies

    async def _answer(
        self,
        session: Session,
        message: StoredMessage,
        *,
        flag: RedFlag | None = None,
        first: Sequence[Reply] = (),
        until: float = 0.0,
    ) -> list[dict[str, Any]]:
        """`until` is the monotonic time to which Rasa is asked again; it is asked once at least."""
        typed = message.button is None
        deadline = time.monotonic() + self._timeout
        earlier = await run_in_threadpool(self._conversations.before, message, CONTEXT_MESSAGES, CONTEXT_WITHIN)
        language = session.language
        if typed:
            languages = self._clinic.languages
            flag = flag or red_flag_in(message.text, await self._typed_before(message, earlier))
            alarming = flag is not None or message.emergency
            foreign = None if earlier else foreign_language(message.text, languages)
            language = detect_language(message.text, languages, current=language, started=bool(earlier))
            if alarming:
                metrics.RED_FLAGS.labels(symptom=flag.symptom if flag else "split").inc()
                language = flag.language if flag and flag.romanised else language
                beside = await self._asked_beside(session, message, language)
                return await self._record(message, [emergency_reply(self._clinic, language), *beside], language)
            if foreign:
                reply = other_language_reply(self._clinic, foreign)
                return await self._record(message, [*first, reply], session.language)
        if first and not message.text:  # that nothing in it can be read is all there is to say
            return await self._record(message, list(first), language)
        async with self._locks.hold(session.id, self._timeout) as held:
            if held:
                stored = await run_in_threadpool(self._conversations.get, message.id)
                if stored.replies is not None:  # the same id, sent twice at once
                    return stored.replies
                replies, payloads = await self._ask_rasa(session, message, language, earlier, deadline, until)
                if replies[0].kind is not Kind.EMERGENCY:
                    replies = [*first, *replies]
                return await self._record(message, replies, language, payloads)
        return await self._record(message, [*first, failure_reply(self._clinic, language)], language)

    async def _typed_before(self, message: StoredMessage, earlier: Sequence[Said]) -> Sequence[Said]:
        """What was typed before, however many buttons were pressed since."""
        if len(earlier) < CONTEXT_MESSAGES or all(said.button is None for said in earlier):
            return earlier
        return await run_in_threadpool(
            self._conversations.typed_before, message, MESSAGES_READ_TOGETHER, READ_TOGETHER_WITHIN
        )

    async def _asked_beside(self, session: Session, message: StoredMessage, language: str) -> list[Reply]:
        """Answers to what an emergency message asks besides; none if Rasa doesn't give them at once."""
        if len(message.text.split()) < BESIDE_EMERGENCY_WORDS:
            return []
        try:
            text = for_rasa(message.text)
            answers = await self._rasa.ask(session.id, text, language, BESIDE_EMERGENCY_SECONDS, urgent=True)
            beside = [self._reply(answer, language)[0] for answer in answers if _stands_beside_emergency(answer)]
        except (RasaUnavailable, UnusableMessage) as error:
            logger.info("only the emergency text, since Rasa gave no answer in time: %s", error)
            return []
        return merged([reply for reply in beside if reply.kind is Kind.ANSWER])

    def _reply(self, answer: RasaMessage, language: str) -> tuple[Reply, dict[str, str]]:
        return reply_from_rasa(answer, language, self._clinic, self._document)

    async def _ask_rasa(
        self,
        session: Session,
        message: StoredMessage,
        language: str,
        earlier: Sequence[Said],
        deadline: float,
        until: float,
    ) -> tuple[list[Reply], dict[str, str]]:
        text = message.button or for_rasa(message.text)
        context = [
            {
                "text": said.button or for_rasa(said.text) or "?",
                "language": said.language or language,
                "seconds_ago": said.ago.total_seconds(),
                "urgent": said.emergency,
            }
            for said in earlier
        ]
        while True:
            try:
                remaining = max(0.1, deadline - time.monotonic())
                answers = await self._rasa.ask(session.id, text or "?", language, remaining, earlier=context)
                if any(answer.metadata.get("kind") == Kind.EMERGENCY.value for answer in answers):
                    answers = [answer for answer in answers if _stands_beside_emergency(answer)]
                parts = [self._reply(answer, language) for answer in answers]
            except (RasaUnavailable, UnusableMessage) as error:
                metrics.RASA_FAILURES.inc()
                logger.warning("Rasa gave no usable answer: %s", error)
                if time.monotonic() + ASK_AGAIN_SECONDS > until:
                    return [failure_reply(self._clinic, language)], {}
                await asyncio.sleep(ASK_AGAIN_SECONDS)
                deadline = min(until, time.monotonic() + self._timeout)
            else:
                break
        payloads = {button: payload for _, offered in parts for button, payload in offered.items()}
        return merged([reply for reply, _ in parts]), payloads

    async def _record(
        self, message: StoredMessage, replies: list[Reply], language: str, payloads: dict[str, str] | None = None
    ) -> list[dict[str, Any]]:
        documents = [reply.to_json() for reply in replies]
        store: Callable[[], bool] = lambda: self._conversations.answer(  # noqa: E731
            message,
            documents,
            language=language,
            emergency=replies[0].kind.value == "emergency",
            payloads=payloads or {},
        )
        try:
            if not await run_in_threadpool(store):  # the same id was answered meanwhile, or the session erased
                stored = await run_in_threadpool(self._conversations.get, message.id)
                return stored.replies or documents
        except NoResultFound:
            logger.info("a conversation was erased while it was answered")
        except SQLAlchemyError as error:
            # it stays unanswered in the inbox and is answered again at the next start; the patient sees it now
            logger.error("the replies could not be stored: %s", without_data(error))
        return documents
