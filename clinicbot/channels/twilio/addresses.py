"""Addresses as Twilio writes them: `whatsapp:` and a telephone number, or the user id of somebody who hides theirs."""

import re

from clinicbot.channels.ids import LONGEST_USER_ID, usable_id
from clinicbot.messages import Person

_SCHEME = "whatsapp:"
_PHONE = re.compile(r"\+([0-9]{1,20})")


def address_of(person: Person) -> str:
    """Where to send to. Twilio takes the user id wherever it takes a number, but then without a plus sign."""
    return f"{_SCHEME}+{person.phone}" if person.phone else f"{_SCHEME}{person.user_id}"


def person_of(address: str, user_address: str = "") -> Person | None:
    """Who has an address; None if it isn't one of WhatsApp's.

    `user_address` has the user id also of somebody whose number is known: Twilio's `ExternalUserId`.
    """
    name, user_id = _name(address), _user_id(_name(user_address))
    if phone := _PHONE.fullmatch(name):
        return Person(user_id, phone.group(1))
    user_id = user_id or _user_id(name)
    return Person(user_id, None) if user_id else None


def clinic_address(number: str) -> str:
    """The setting `TWILIO_FROM` as Twilio writes it, also where spaces or `whatsapp:+` were left to taste."""
    return f"{_SCHEME}+{re.sub('[^0-9]', '', number)}"


def _name(address: str) -> str:
    return address.removeprefix(_SCHEME).strip() if address.startswith(_SCHEME) else ""


def _user_id(name: str) -> str | None:
    """A business-scoped user id begins with a country's two letters; whatever else has letters is taken for one too."""
    return usable_id(name, LONGEST_USER_ID) if name[:1].isalpha() else None
