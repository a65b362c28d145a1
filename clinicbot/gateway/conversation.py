"""The way of a message (design 5): inbox, safety gate, sanitise, Rasa, never silence. One at a time a conversation."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import NoResultFound, SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from clinicbot.callback import Standing, UnusableRequest, Wanted, Withdrawn
from clinicbot.clinic import Clinic
from clinicbot.gateway import metrics
from clinicbot.gateway.callback_form import WORDS_OF_A_LANGUAGE, outside_of_form, request_in, understood_in
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
from clinicbot.releases.live_content import LiveContent
from clinicbot.reply import Kind, Reply
from clinicbot.safety.red_flags import MESSAGES_READ_TOGETHER, RedFlag, find_red_flag
from clinicbot.store.callbacks import Callbacks
from clinicbot.store.conversations import Conversations, Said, Session, StoredMessage
from clinicbot.store.database import without_data
from clinicbot.store.figures import RED, WEB, Counted
from clinicbot.understood import Understood

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
    """An FAQ that sends to the phone line (side effects, who may have it) could play a reported symptom down; and
    somebody in an emergency isn't asked for a name."""
    return not answer.metadata.get("phone_line") and not answer.metadata.get("form")


def _count(replies: list[dict[str, Any]], began: float) -> None:
    metrics.REPLY_SECONDS.observe(time.monotonic() - began)
    metrics.MESSAGES.labels(kind=replies[0]["kind"], language=replies[0]["language"]).inc()


@dataclass(frozen=True)
class _Prepared:
    """Replies that are to be recorded. `payloads` is what their buttons stand for; `request` is stored with them, or
    they aren't said."""

    replies: Sequence[Reply]
    language: str
    payloads: dict[str, str] = field(default_factory=dict)
    understood: Understood | None = None
    request: Wanted | Withdrawn | None = None


@dataclass(frozen=True)
class _Received:
    """A message on its channel. `began` is since when somebody watches the clock (monotonic), None if nobody does."""

    message: StoredMessage
    channel: str = WEB
    began: float | None = None

    def counted(self, prepared: _Prepared) -> Counted:
        first, understood = prepared.replies[0], prepared.understood
        if first.kind is Kind.EMERGENCY:  # no model in its way: that it took no time is not worth the counting
            return Counted(self.channel, prepared.language, first.kind.value, RED)
        seconds = time.monotonic() - self.began if self.began is not None else None
        return Counted(
            self.channel, prepared.language, first.kind.value, understood.label if understood else "", seconds
        )


@dataclass(frozen=True)
class _Before:
    """What a message may go on from, and what the callback form has to know."""

    said: Sequence[Said]
    standing: Standing


class ConversationService:
    """Answers messages of any channel; always returns at least one reply."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        callbacks: Callbacks,
        rasa: RasaClient,
        clinic: Clinic,
        content: LiveContent,
        timeout: float,
    ) -> None:
        self._conversations = conversations
        self._callbacks = callbacks
        self._rasa = rasa
        self._clinic = clinic
        self._content = content
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
        channel: str,
    ) -> list[dict[str, Any]]:
        """Replies to a turn on a messaging channel, the same ones again if it was answered already.

        `flag` is a red flag that was found in it. `first` stand before an answer, not before an emergency's. Nobody
        watches a clock there, so Rasa may be asked again for `patience` seconds while it is being restarted. Raises
        SQLAlchemyError: the turn stays to be done.
        """
        if message.replies is not None:
            return message.replies
        began = time.monotonic()
        received = _Received(message, channel)
        replies = await self._answer(session, received, flag=flag, first=first, until=began + patience)
        _count(replies, began)
        return replies

    async def finish_unanswered(self) -> None:
        """Answer what a killed process had stored but not answered, so that the history is complete."""
        try:
            for message in await run_in_threadpool(self._conversations.unanswered):
                session = await run_in_threadpool(self._conversations.find, message.session_id)
                if session is not None:
                    await self._answer(session, _Received(message))
        except SQLAlchemyError as error:
            logger.error("messages of before the start stay unanswered until the next one: %s", without_data(error))

    async def _receive(self, session: Session, client_id: str, text: str, payload: str | None) -> list[dict[str, Any]]:
        began = time.monotonic()
        try:
            message = await run_in_threadpool(self._conversations.receive, session.id, client_id, text, payload)
            replies = message.replies or await self._answer(session, _Received(message, began=began))
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
        received: _Received,
        *,
        flag: RedFlag | None = None,
        first: Sequence[Reply] = (),
        until: float = 0.0,
    ) -> list[dict[str, Any]]:
        """`until` is the monotonic time to which Rasa is asked again; it is asked once at least."""
        message = received.message
        typed = message.button is None
        deadline = time.monotonic() + self._timeout
        earlier = await run_in_threadpool(self._conversations.before, message, CONTEXT_MESSAGES, CONTEXT_WITHIN)
        in_form, outside = outside_of_form(earlier)
        language = session.language
        if typed:
            languages = self._clinic.languages
            flag = flag or red_flag_in(message.text, await self._typed_before(message, earlier))
            alarming = flag is not None or message.emergency
            foreign = None if earlier else foreign_language(message.text, languages)
            if alarming or not in_form or len(message.text.split()) >= WORDS_OF_A_LANGUAGE:
                language = detect_language(message.text, languages, current=language, started=bool(earlier))
            if alarming:
                metrics.RED_FLAGS.labels(symptom=flag.symptom if flag else "split").inc()
                language = flag.language if flag and flag.romanised else language
                beside = await self._asked_beside(session, message, language)
                alarm = emergency_reply(self._clinic, language)
                return await self._record(received, _Prepared([alarm, *beside], language))
            if foreign:
                reply = other_language_reply(self._clinic, foreign)
                return await self._record(received, _Prepared([*first, reply], session.language))
        if first and not message.text:  # that nothing in it can be read is all there is to say
            return await self._record(received, _Prepared(first, language))
        async with self._locks.hold(session.id, self._timeout) as held:
            if held:
                stored = await run_in_threadpool(self._conversations.get, message.id)
                if stored.replies is not None:  # the same id, sent twice at once
                    return stored.replies
                standing = await run_in_threadpool(self._callbacks.standing, session.id)
                standing = replace(standing, is_alarmed=bool(earlier) and earlier[-1].emergency)
                before = _Before([] if in_form else outside, standing)
                prepared = await self._ask_rasa(session, message, language, before, deadline, until)
                if prepared.replies[0].kind is not Kind.EMERGENCY:
                    prepared = replace(prepared, replies=[*first, *prepared.replies])
                return await self._record(received, prepared)
        return await self._record(received, _Prepared([*first, failure_reply(self._clinic, language)], language))

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
        return reply_from_rasa(answer, language, self._clinic, self._content.document)

    async def _ask_rasa(
        self,
        session: Session,
        message: StoredMessage,
        language: str,
        before: _Before,
        deadline: float,
        until: float,
    ) -> _Prepared:
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
                    session.id, text or "?", language, remaining, earlier=context, standing=before.standing
                )
                understood, request = understood_in(answers), request_in(answers)
                if any(answer.metadata.get("kind") == Kind.EMERGENCY.value for answer in answers):
                    answers = [answer for answer in answers if _stands_beside_emergency(answer)]
                parts = [self._reply(answer, language) for answer in answers]
            except (RasaUnavailable, UnusableMessage) as error:
                metrics.RASA_FAILURES.inc()
                logger.warning("Rasa gave no usable answer: %s", error)
                if time.monotonic() + ASK_AGAIN_SECONDS > until:
                    return _Prepared([failure_reply(self._clinic, language)], language)
                await asyncio.sleep(ASK_AGAIN_SECONDS)
                deadline = min(until, time.monotonic() + self._timeout)
            else:
                break
        payloads = {button: payload for _, offered in parts for button, payload in offered.items()}
        return _Prepared(merged([reply for reply, _ in parts]), language, payloads, understood, request)

    async def _record(self, received: _Received, prepared: _Prepared) -> list[dict[str, Any]]:
        message, replies = received.message, prepared.replies
        documents = [reply.to_json() for reply in replies]
        store: Callable[[], bool] = lambda: self._conversations.answer(  # noqa: E731
            message,
            documents,
            language=prepared.language,
            emergency=replies[0].kind.value == "emergency",
            payloads=prepared.payloads,
            understood=prepared.understood,
            counted=received.counted(prepared),
            beside=self._callbacks.writing(message.session_id, prepared.request, prepared.language),
        )
        try:
            if not await run_in_threadpool(store):  # the same id was answered meanwhile, or the session erased
                stored = await run_in_threadpool(self._conversations.get, message.id)
                return stored.replies or documents
            return documents
        except NoResultFound:
            logger.info("a conversation was erased while it was answered")
        except UnusableRequest as error:
            logger.error("a callback request could not be stored: %s", error)
            failure = failure_reply(self._clinic, prepared.language)
            return await self._record(received, _Prepared([failure], prepared.language))
        except SQLAlchemyError as error:
            # it stays unanswered in the inbox and is answered again at the next start; the patient sees it now
            logger.error("the replies could not be stored: %s", without_data(error))
        if prepared.request is not None:  # nothing is confirmed that isn't kept
            return [failure_reply(self._clinic, prepared.language).to_json()]
        return documents
