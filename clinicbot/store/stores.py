"""The gateway's stores, all over one database."""

from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy.engine import Engine

from clinicbot.store.callbacks import Callbacks
from clinicbot.store.contacts import Contacts
from clinicbot.store.conversations import Conversations
from clinicbot.store.inbox import Inbox
from clinicbot.store.outbox import Outbox
from clinicbot.store.staff_tasks import StaffTasks


@dataclass(frozen=True)
class Stores:
    conversations: Conversations
    contacts: Contacts
    inbox: Inbox
    outbox: Outbox
    tasks: StaffTasks
    callbacks: Callbacks

    @classmethod
    def over(cls, engine: Engine, zone: tzinfo) -> "Stores":
        """`zone` is the clinic's, whose days the figures are of."""
        return cls(
            conversations=Conversations(engine, zone),
            contacts=Contacts(engine),
            inbox=Inbox(engine),
            outbox=Outbox(engine, zone),
            tasks=StaffTasks(engine),
            callbacks=Callbacks(engine),
        )
