"""Reading a person's waiting messages: is one an alarm, is a turn complete, does one want no answer at all?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.concurrency import run_in_threadpool

from clinicbot.clinic import Clinic
from clinicbot.clock import utc_now
from clinicbot.gateway import metrics
from clinicbot.gateway.composing import compose_plainly
from clinicbot.gateway.conversation import READ_TOGETHER_WITHIN, red_flag_in
from clinicbot.gateway.messaging import Channels
from clinicbot.gateway.replies import asks_for_erasure, erased_reply, greeting_reply
from clinicbot.gateway.sanitising import clean
from clinicbot.gateway.turns import MAX_CHARACTERS, NextTurn, next_turn
from clinicbot.messages import Content
from clinicbot.safety.red_flags import MESSAGES_READ_TOGETHER, RedFlag, find_red_flag
from clinicbot.store.contacts import Contact
from clinicbot.store.conversations import Session
from clinicbot.store.inbox import Turn, Waiting
from clinicbot.store.said import Said
from clinicbot.store.stores import Stores

# Reactions to an answer that say whether it helped.
HELPFUL = frozenset("👍❤🙏👌😊💯✅")
NOT_HELPFUL = frozenset("👎😡😠❌😕🙁☹")


@dataclass(frozen=True)
class Look:
    """What is to be done next: a turn to answer, or so many seconds to wait for more; neither: nothing is there.

    `last_message_id` is the channel's id of the newest message that was seen.
    """

    turn: Turn | None = None
    flag: RedFlag | None = None
    too_long: bool = False
    is_unread: bool = False
    seconds: float | None = None
    last_message_id: str = ""


LOOK_AGAIN = Look(seconds=0.0)


class Intake:
    """Every method may raise SQLAlchemyError: then nothing is lost, and looking again does the same."""

    def __init__(
        self,
        *,
        stores: Stores,
        channels: Channels,
        clinic: Clinic,
        pause: float,
        session_lifetime: timedelta,
        on_erased: Callable[[], None],
    ) -> None:
        """`pause` is in seconds; `on_erased` is called when conversations were erased at a patient's wish."""
        self._inbox = stores.inbox
        self._outbox = stores.outbox
        self._contacts = stores.contacts
        self._conversations = stores.conversations
        self._channels = channels
        self._clinic = clinic
        self._pause = pause
        self._session_lifetime = session_lifetime
        self._on_erased = on_erased

    async def look(self, contact_id: int, harmless: set[int], *, alarms_only: bool = False) -> Look:
        """Take the next turn if it is complete, an alarm always. One call a person at a time.

        `harmless` is this person's, empty at first: the ids of waiting messages that were read and raise no alarm.
        """
        contact = await run_in_threadpool(self._contacts.get, contact_id)
        rows = await run_in_threadpool(self._inbox.waiting, contact_id) if contact else []
        if contact is None or not rows:
            return Look()
        rows = await self._without_silent_ones(contact, rows)
        if not rows:
            return Look()
        greeting = greeting_reply(self._clinic, contact.language).to_json()
        session = await run_in_threadpool(self._contacts.session, contact, greeting, self._session_lifetime)
        earlier = await run_in_threadpool(
            self._conversations.typed_lately, session.id, MESSAGES_READ_TOGETHER, READ_TOGETHER_WITHIN
        )
        if alarm := find_alarm(rows, earlier, harmless):
            alarming, flag = alarm
            turn = await run_in_threadpool(self._inbox.take, session.id, alarming, _words(alarming), None, True)
            return Look(turn, flag) if turn else LOOK_AGAIN
        if alarms_only:
            return Look()
        if (upto := _erasure_asked_for(rows, self._clinic.languages)) is not None:
            await self._erase(contact, rows[: upto + 1])
            return LOOK_AGAIN
        coming = next_turn(rows, utc_now(), self._pause)
        if coming.seconds:
            return Look(seconds=coming.seconds, last_message_id=rows[-1].message_id)
        return await self._take(session, coming)

    async def _take(self, session: Session, coming: NextTurn) -> Look:
        text, payload = clean(coming.text), None
        button_id = coming.rows[0].button
        if button_id:
            # one that was never offered, or in a conversation that has ended, counts as its title typed
            button = await run_in_threadpool(self._conversations.button, session.id, button_id)
            text, payload = button or (text, None)
        elif coming.is_too_long:
            text = ""  # it was read for red flags only
        turn = await run_in_threadpool(self._inbox.take, session.id, coming.rows, text, payload)
        if turn is None:
            return LOOK_AGAIN
        return Look(turn, too_long=coming.is_too_long, last_message_id=coming.rows[-1].message_id)

    async def take_unread(self, contact_id: int) -> Look:
        """Take all that waits without reading it, where reading it fails: it is answered with the phone line."""
        contact = await run_in_threadpool(self._contacts.get, contact_id)
        rows = await run_in_threadpool(self._inbox.waiting, contact_id) if contact else []
        if contact is None or not rows:
            return Look()
        greeting = greeting_reply(self._clinic, contact.language).to_json()
        session = await run_in_threadpool(self._contacts.session, contact, greeting, self._session_lifetime)
        turn = await run_in_threadpool(self._inbox.take, session.id, rows, _words(rows), None)
        return Look(turn, is_unread=True) if turn else LOOK_AGAIN

    async def _without_silent_ones(self, contact: Contact, rows: Sequence[Waiting]) -> list[Waiting]:
        """A thumb is feedback on the answer it is put on; other reactions and events want nothing."""
        silent = [row for row in rows if row.content in (Content.REACTION, Content.EVENT)]
        for row in silent:
            helpful = opinion(row.text)
            if helpful is None or not row.refers_to:
                continue
            sent = await run_in_threadpool(self._outbox.replies_of, contact.channel, row.refers_to)
            if sent is None:
                continue
            for reply_id in sent.reply_ids:
                await run_in_threadpool(self._conversations.rate, sent.session_id, reply_id, helpful)
                metrics.FEEDBACK.labels(helpful=str(helpful).lower()).inc()
        if silent:
            await run_in_threadpool(self._inbox.dismiss, silent)
        return [row for row in rows if row not in silent]

    async def _erase(self, contact: Contact, rows: Sequence[Waiting]) -> None:
        """Erase what is kept of a person's conversations; the contact itself goes once the confirmation is sent."""
        for session_id in await run_in_threadpool(self._contacts.sessions_of, contact.id):
            await run_in_threadpool(self._conversations.erase, session_id)
        channel = self._channels.get(contact.channel)
        outgoing = compose_plainly([erased_reply(contact.language)], channel, self._clinic) if channel else ()
        ids = [row.id for row in rows]
        await run_in_threadpool(self._outbox.finish_erasure, contact.id, outgoing, ids)
        await run_in_threadpool(self._inbox.disguise_ids, contact.id)
        self._on_erased()


def find_alarm(
    rows: Sequence[Waiting], earlier: Sequence[Said], harmless: set[int]
) -> tuple[list[Waiting], RedFlag] | None:
    """The first red flag among waiting messages, each read with those before it, and the messages that make it up.

    The others keep waiting for their turn: what else somebody asked is answered after the alarm. What is `harmless`
    isn't read again, unless a message came in before it.
    """
    written = [row for row in rows if row.content is not Content.BUTTON]
    before = list(earlier)
    is_known = True
    for number, row in enumerate(written):
        is_known = is_known and row.id in harmless
        if not is_known and (flag := red_flag_in(row.text, before)):
            needed = 1 if find_red_flag(row.text) else MESSAGES_READ_TOGETHER
            return written[max(0, number + 1 - needed) : number + 1], flag
        before.append(Said(row.text, None, None, emergency=False, ago=timedelta(0)))
    harmless.clear()
    harmless.update(row.id for row in written)
    return None


def _words(rows: Sequence[Waiting]) -> str:
    """What is kept of messages whose answer doesn't depend on all of them."""
    return clean("\n\n".join(row.text for row in rows if row.text))[:MAX_CHARACTERS]


def _erasure_asked_for(rows: Sequence[Waiting], languages: Sequence[str]) -> int | None:
    """The place of the first message that is nothing but the erase word."""
    words = (n for n, row in enumerate(rows) if row.content is Content.TEXT and asks_for_erasure(row.text, languages))
    return next(words, None)


def opinion(emoji: str) -> bool | None:
    """Whether a reaction says that the answer helped; None if it says neither. Skin tones make no difference."""
    first = emoji[:1]
    return True if first in HELPFUL else False if first in NOT_HELPFUL else None
