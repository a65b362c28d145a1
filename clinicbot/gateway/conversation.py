"""The way of a message (design 5): inbox, safety gate, sanitise, Rasa, never silence. One at a time a conversation."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import NoResultFound, SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from clinicbot.callback import Standing, UnusableRequest
from clinicbot.clinic import Clinic
from clinicbot.gateway import metrics
from clinicbot.gateway.asking import Asking
from clinicbot.gateway.callback_form import WORDS_OF_A_LANGUAGE, outside_of_form
from clinicbot.gateway.locks import ConversationLocks
from clinicbot.gateway.prepared import Before, Prepared, Received
from clinicbot.gateway.replies import emergency_reply, failure_reply, other_language_reply
from clinicbot.gateway.sanitising import clean
from clinicbot.language import detect_language, foreign_language
from clinicbot.reply import Kind, Reply
from clinicbot.safety.red_flags import MESSAGES_READ_TOGETHER, RedFlag, find_red_flag
from clinicbot.store.callbacks import Callbacks
from clinicbot.store.conversations import Conversations, Session, StoredMessage
from clinicbot.store.database import without_data
from clinicbot.store.said import Said

logger = logging.getLogger(__name__)

# Messages this close together are read together by the safety gate ("i cant" … "swallow").
READ_TOGETHER_WITHIN = timedelta(minutes=10)
# What a message may go on from ("and for migraines?").
CONTEXT_MESSAGES = 6
CONTEXT_WITHIN = timedelta(hours=1)


def red_flag_in(text: str, earlier: Sequence[Said]) -> RedFlag | None:
    """A red flag in a message's text, or in what was typed just before and it together."""
    texts = [
        said.text for said in earlier if said.button is None and not said.emergency and said.ago < READ_TOGETHER_WITHIN
    ]
    return find_red_flag(text, texts[-(MESSAGES_READ_TOGETHER - 1) :])


def _count(replies: list[dict[str, Any]], began: float) -> None:
    metrics.REPLY_SECONDS.observe(time.monotonic() - began)
    metrics.MESSAGES.labels(kind=replies[0]["kind"], language=replies[0]["language"]).inc()


class ConversationService:
    """Answers messages of any channel; always returns at least one reply."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        callbacks: Callbacks,
        asking: Asking,
        clinic: Clinic,
        timeout: float,
    ) -> None:
        self._conversations = conversations
        self._callbacks = callbacks
        self._asking = asking
        self._clinic = clinic
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
        received = Received(message, channel)
        replies = await self._answer(session, received, flag=flag, first=first, until=began + patience)
        _count(replies, began)
        return replies

    async def finish_unanswered(self) -> None:
        """Answer what a killed process had stored but not answered, so that the history is complete."""
        try:
            for message in await run_in_threadpool(self._conversations.unanswered):
                session = await run_in_threadpool(self._conversations.find, message.session_id)
                if session is not None:
                    await self._answer(session, Received(message))
        except SQLAlchemyError as error:
            logger.error("messages of before the start stay unanswered until the next one: %s", without_data(error))

    async def _receive(self, session: Session, client_id: str, text: str, payload: str | None) -> list[dict[str, Any]]:
        began = time.monotonic()
        try:
            message = await run_in_threadpool(self._conversations.receive, session.id, client_id, text, payload)
            replies = message.replies or await self._answer(session, Received(message, began=began))
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
        received: Received,
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
                beside = await self._asking.ask_beside(message, language)
                alarm = emergency_reply(self._clinic, language)
                return await self._record(received, Prepared([alarm, *beside], language))
            if foreign:
                reply = other_language_reply(self._clinic, foreign)
                return await self._record(received, Prepared([*first, reply], session.language))
        if first and not message.text:  # that nothing in it can be read is all there is to say
            return await self._record(received, Prepared(first, language))
        async with self._locks.hold(session.id, self._timeout) as held:
            if held:
                stored, standing = await run_in_threadpool(self._stored_and_standing, message)
                if stored.replies is not None:  # the same id, sent twice at once
                    return stored.replies
                standing = replace(standing, is_alarmed=bool(earlier) and earlier[-1].emergency)
                before = Before([] if in_form else outside, standing)
                prepared = await self._asking.ask(message, language, before, deadline, until)
                if prepared.replies[0].kind is not Kind.EMERGENCY:
                    prepared = replace(prepared, replies=[*first, *prepared.replies])
                return await self._record(received, prepared)
        return await self._record(received, Prepared([*first, failure_reply(self._clinic, language)], language))

    def _stored_and_standing(self, message: StoredMessage) -> tuple[StoredMessage, Standing]:
        """Both in one visit to a thread, since every message needs them."""
        return self._conversations.get(message.id), self._callbacks.standing(message.session_id)

    async def _typed_before(self, message: StoredMessage, earlier: Sequence[Said]) -> Sequence[Said]:
        """What was typed before, however many buttons were pressed since."""
        if len(earlier) < CONTEXT_MESSAGES or all(said.button is None for said in earlier):
            return earlier
        return await run_in_threadpool(
            self._conversations.typed_before, message, MESSAGES_READ_TOGETHER, READ_TOGETHER_WITHIN
        )

    async def _record(self, received: Received, prepared: Prepared) -> list[dict[str, Any]]:
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
            return await self._record(received, Prepared([failure], prepared.language))
        except SQLAlchemyError as error:
            # it stays unanswered in the inbox and is answered again at the next start; the patient sees it now
            logger.error("the replies could not be stored: %s", without_data(error))
        if prepared.request is not None:  # nothing is confirmed that isn't kept
            return [failure_reply(self._clinic, prepared.language).to_json()]
        return documents
