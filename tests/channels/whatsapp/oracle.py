"""pywa, a client library that shares no code with ours, as a reader of webhooks and a sender of messages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from pywa import WhatsApp, handlers
from pywa.types import Button, Contact, Section, SectionList, SectionRow, User
from pywa.utils import UserIdentifier

from clinicbot.settings import Settings
from tests.channels.fixtures import PHONE_NUMBER_ID, Json, body_of

GRAPH_VERSION = Settings().whatsapp_graph_url.rpartition("/v")[2]
ACCESS_TOKEN = "an-access-token"
APP_SECRET = "an-app-secret"
HANDLERS = (
    handlers.MessageHandler,
    handlers.EditedMessageHandler,
    handlers.DeletedMessageHandler,
    handlers.CallbackButtonHandler,
    handlers.CallbackSelectionHandler,
    handlers.FlowCompletionHandler,
    handlers.PhoneNumberChangeHandler,
    handlers.IdentityChangeHandler,
    handlers.MessageStatusHandler,
    handlers.GroupMessageStatusesHandler,
)


Choices = list[Button] | SectionList | None


@dataclass(frozen=True)
class Request:
    """A request to the Graph API; `path` with the API's version."""

    method: str
    path: str
    authorization: str
    content_type: str
    body: Json


class Oracle:
    """A pywa client whose requests never leave the process."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._updates: list[Any] = []
        self._http = httpx.Client(transport=httpx.MockTransport(self._record))
        self._client = WhatsApp(
            PHONE_NUMBER_ID,
            ACCESS_TOKEN,
            session=self._http,
            app_secret=APP_SECRET,
            api_version=GRAPH_VERSION,
            skip_duplicate_updates=False,
            # Meta prefers the number itself where a request names both
            user_identifier_priority=(UserIdentifier.WA_ID, UserIdentifier.BSUID, UserIdentifier.PARENT_BSUID),
        )
        self._client.add_handlers(*(handler(self._keep) for handler in HANDLERS))

    @property
    def graph_url(self) -> str:
        return str(self._http.base_url).rstrip("/")

    def reads(self, document: Json) -> list[Any]:
        """Its updates, one a message or status; it leaves out what it can't read."""
        self._updates = []
        for item in items_of(document):
            self._client.webhook_update_handler(body_of(item))
        return self._updates

    def accepts(self, body: bytes, signature: str | None) -> bool:
        return self._client.webhook_update_validator(body, signature) is None

    def sends(self, body: Json, to: str, tracker: str) -> Request:
        """Its request for the message that `body`, of a type and its content, stands for."""
        content = body[body["type"]]
        if body["type"] == "text":
            return self.sends_text(to, content["body"], None, tracker)
        if body["type"] == "interactive":
            return self.sends_text(to, content["body"]["text"], _choices(content), tracker)
        assert body["type"] == "contacts"
        self._client.send_contact(to, [Contact.from_dict(contact) for contact in content], tracker=tracker)
        return self.requests[-1]

    def sends_text(self, to: str, text: str, choices: Choices, tracker: str) -> Request:
        self._client.send_message(to, text, buttons=choices, tracker=tracker)
        return self.requests[-1]

    def prefers(self, user_id: str | None, phone: str | None) -> str:
        """Which of the two it writes to."""
        user = User(self._client, user_id, phone, None, None, None, None)  # type: ignore[arg-type]
        return user.preferred_id

    def shows_typing(self, message_id: str) -> Request:
        self._client.indicate_typing(message_id)
        return self.requests[-1]

    def _keep(self, _client: WhatsApp, update: Any) -> None:
        self._updates.append(update)

    def _record(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(
            Request(
                request.method,
                request.url.path,
                request.headers["authorization"],
                request.headers["content-type"],
                _without_empty(json.loads(request.content)),
            )
        )
        return httpx.Response(200, json=graph_answer(self.requests[-1].body))


def graph_answer(request: Json) -> Json:
    """What the Graph API says to a request that it accepts."""
    if request.get("status") == "read":
        return {"success": True}
    recipient = request.get("to") or request["recipient"]
    contact = {"input": recipient, "wa_id" if "to" in request else "user_id": recipient}
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": "wamid.of-ours"}]}


def items_of(document: Json) -> Iterator[Json]:
    """A request for each message and each status in it, for pywa reads the first of a request only."""
    for entry in document["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            contacts = value.get("contacts", [])
            for kind in ("messages", "statuses"):
                for item in value.get(kind, ()):
                    alone = {key: value[key] for key in value if key not in ("messages", "statuses", "contacts")}
                    alone |= {kind: [item]}
                    own = [contact for contact in contacts if _is_of(contact, item)]
                    alone |= {"contacts": own} if own else {}
                    yield {**document, "entry": [{**entry, "changes": [{**change, "value": alone}]}]}


def _is_of(contact: Json, item: Json) -> bool:
    """Whether a message or status is from or to this contact."""
    names = ("from", "from_user_id", "recipient_id", "recipient_user_id", "recipient_participant_user_id")
    return bool({item[name] for name in names if name in item} & {contact.get("wa_id"), contact.get("user_id")})


def _choices(interactive: Json) -> list[Button] | SectionList:
    action = interactive["action"]
    if interactive["type"] == "button":
        return [Button(button["reply"]["title"], button["reply"]["id"]) for button in action["buttons"]]
    sections = [
        Section(
            section.get("title", ""),
            [SectionRow(row["title"], row["id"], row.get("description")) for row in section["rows"]],
        )
        for section in action["sections"]
    ]
    return SectionList(action["button"], sections)


def _without_empty(value: Any) -> Any:
    """pywa writes what isn't given as null, an empty text or list; the Graph API takes that as not given."""
    if isinstance(value, dict):
        kept = {key: _without_empty(entry) for key, entry in value.items()}
        return {key: entry for key, entry in kept.items() if entry not in (None, "", [], {})}
    if isinstance(value, list):
        return [_without_empty(entry) for entry in value]
    return value
