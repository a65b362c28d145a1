"""The callback form as the gateway sees it: whether it is waiting for an answer, and what it hands over.

What is typed into it are names, numbers and times. They are not what the conversation is about, so nothing said later
goes on from them, they are not in need of an FAQ, and a "yes" there accepts no suggestion.
"""

from collections.abc import Sequence

from clinicbot.callback import UnusableRequest, Wanted, Withdrawn, read_request
from clinicbot.gateway.replies import RasaMessage, UnusableMessage
from clinicbot.reply import Kind
from clinicbot.store.said import Said
from clinicbot.understood import Understood

INTENT = "request_callback"
# Of fewer words, an answer in the form says nothing of its language: a name is of any.
WORDS_OF_A_LANGUAGE = 4
# Replies that are not Rasa's, or that come with the form's question unless the form is over.
_LEAVE_IT_OPEN = (Kind.EMERGENCY.value, Kind.FALLBACK.value)


def outside_of_form(earlier: Sequence[Said]) -> tuple[bool, list[Said]]:
    """Whether the form waits for an answer after these messages, and those that weren't typed into it."""
    is_open = False
    outside = []
    for said in earlier:
        if said.emergency or not is_open:
            outside.append(said)
        if said.asks_in_form:
            is_open = True
        elif said.kind is not None and said.kind not in _LEAVE_IT_OPEN:
            is_open = False
    return is_open, outside


def request_in(answers: Sequence[RasaMessage]) -> Wanted | Withdrawn | None:
    """The request that is to be stored before these are said. Raises UnusableMessage."""
    documents = [answer.metadata["callback"] for answer in answers if "callback" in answer.metadata]
    try:
        return read_request(documents[0]) if documents else None
    except UnusableRequest as error:
        raise UnusableMessage(str(error)) from error


def understood_in(answers: Sequence[RasaMessage]) -> Understood | None:
    """What is recorded of a message: an answer to the form is that, whatever the classifier took the name for."""
    if answers[0].metadata.get("form"):
        return Understood((INTENT,), 1.0, (), answers[0].understood.release if answers[0].understood else None)
    return answers[0].understood
