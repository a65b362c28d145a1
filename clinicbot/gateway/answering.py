"""Answering a turn: the conversation's replies, as the channel's messages, into the outbox."""

import logging
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from clinicbot.clinic import Clinic
from clinicbot.clock import utc_now
from clinicbot.gateway import metrics
from clinicbot.gateway.composing import compose, compose_plainly
from clinicbot.gateway.conversation import ConversationService
from clinicbot.gateway.intake import Look
from clinicbot.gateway.messaging import Channels
from clinicbot.gateway.replies import emergency_reply, failure_reply, too_long_reply, unreadable_reply
from clinicbot.gateway.turns import MAX_CHARACTERS
from clinicbot.language import detect_language
from clinicbot.messages import Channel, Person, SendError
from clinicbot.reply import Kind, Reply
from clinicbot.store.contacts import Contact
from clinicbot.store.conversations import Session
from clinicbot.store.inbox import Turn
from clinicbot.store.stores import Stores

logger = logging.getLogger(__name__)

# While Rasa is being restarted (10 to 18 s) a turn waits this long for it, as long as a typing indicator is shown.
PATIENCE = 25.0


class Answering:
    def __init__(
        self,
        *,
        stores: Stores,
        conversation: ConversationService,
        channels: Channels,
        clinic: Clinic,
    ) -> None:
        self._outbox = stores.outbox
        self._contacts = stores.contacts
        self._conversations = stores.conversations
        self._conversation = conversation
        self._channels = channels
        self._clinic = clinic
        self._began = utc_now()

    async def answer(self, contact: Contact, turn: Turn, look: Look) -> None:
        """Queue what the turn is answered with and close it. Raises SQLAlchemyError: then it can be done again."""
        channel = self._channels.get(contact.channel)
        if channel is None:
            logger.error("%s is not configured any more; its messages stay where they are", contact.channel.value)
            return
        replies = await self._replies(contact, turn, look)
        composed = compose(replies, contact, channel, self._clinic)
        await run_in_threadpool(
            partial(
                self._outbox.finish_turn,
                turn.message.id,
                contact.id,
                composed.outgoing,
                language=replies[-1].language,
                urgent=replies[0].kind is Kind.EMERGENCY,
                noticed=composed.noticed,
                card=composed.card,
            )
        )

    async def _replies(self, contact: Contact, turn: Turn, look: Look) -> list[Reply]:
        """At least one. Raises SQLAlchemyError."""
        session = await run_in_threadpool(partial(self._conversations.find, turn.message.session_id, even_expired=True))
        if session is None or look.is_unread:
            return [failure_reply(self._clinic, contact.language)]
        # those who had to wait for a place have waited for Rasa as well, though not before this process began
        waited = (utc_now() - max(turn.message.received_at, self._began)).total_seconds()
        try:
            documents = await self._conversation.answer_turn(
                session,
                turn.message,
                flag=look.flag,
                first=self._first(turn, look, session),
                patience=PATIENCE - waited,
                channel=contact.channel.value,
            )
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001  a fault of ours must not be silence
            logger.error("a turn could not be answered, by an error of ours: %s", type(error).__name__)
            alarming = look.flag is not None or turn.message.emergency
            return [(emergency_reply if alarming else failure_reply)(self._clinic, contact.language)]
        return [Reply.from_json(document) for document in documents]

    def _first(self, turn: Turn, look: Look, session: Session) -> list[Reply]:
        """What is said of a turn before it is answered: that something in it can't be read."""
        text = turn.message.text
        language = detect_language(text, self._clinic.languages, current=session.language) if text else session.language
        first = [unreadable_reply(self._clinic, language)] if turn.unreadable else []
        # a turn without any text that isn't unreadable was too long, also after a restart
        if look.too_long or (not text and not turn.unreadable):
            first.append(too_long_reply(self._clinic, language, MAX_CHARACTERS))
        return first

    async def show_reading(self, contact_id: int, message_id: str) -> None:
        """Read mark and typing indicator; nothing depends on them, so they are tried once."""
        try:
            contact = await run_in_threadpool(self._contacts.get, contact_id)
            if contact is not None and contact.channel in self._channels:
                await self._channels[contact.channel].client.show_reading(message_id)
        except (SendError, SQLAlchemyError) as error:
            logger.info("no read mark was shown: %s", type(error).__name__)

    async def send_emergency(self, name: Channel, person: Person, language: str) -> bool:
        """The emergency text, directly, since what it takes to store it is broken; whether it was sent."""
        channel = self._channels[name]
        replies = [emergency_reply(self._clinic, language)]
        for message in compose_plainly(replies, channel, self._clinic, with_card=True):
            try:
                await channel.client.send(person, message.body, "")
            except SendError as error:
                logger.error("an emergency text could neither be stored nor sent: %s", error)
                return False
        metrics.SENDS.labels(channel=name.value, outcome="sent").inc()
        return True
