"""What a patient's wish to be called consists of, and how it crosses from the action server to the gateway.

The gateway alone stores it: what the action server says of it stands under `callback` in a bot message's metadata.
"""

import re
from dataclasses import dataclass
from typing import Any

import phonenumbers
from phonenumbers import Leniency, NumberParseException, PhoneNumberFormat, PhoneNumberMatcher

# What the form's buttons stand for.
START = "callback:start"
CHANGE = "callback:change"
WITHDRAW = "callback:withdraw"
KEEP = "callback:keep"
OWN_NUMBER = "callback:own_number"
CONSENT = "callback:yes"
REFUSE = "callback:no"
CANCEL = "callback:cancel"

# As long as the table takes.
MAX_NAME_CHARACTERS = 120
MAX_TIME_CHARACTERS = 200
# Digits that no telephone number falls short of.
FEWEST_DIGITS = 5
# From so many on, digits without a plus sign may begin with a country's code.
DIGITS_WITH_COUNTRY = 11
_NUMBER_ONLY = re.compile(r"[\s\d+()\-–./]+")


class UnusableRequest(ValueError):
    """A request that can't be stored. The message says what is wrong with it, without a word of it."""


@dataclass(frozen=True)
class Wanted:
    """A call that a patient wants and has agreed to. `phone` is E.164, None for the number that they write from."""

    name: str
    phone: str | None
    preferred_time: str

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "phone": self.phone, "preferred_time": self.preferred_time}


@dataclass(frozen=True)
class Withdrawn:
    """A patient doesn't want to be called any more."""

    def to_json(self) -> dict[str, Any]:
        return {"withdraw": True}


@dataclass(frozen=True)
class Standing:
    """What the form has to know of a conversation: whether somebody keeps what it asks for, whether a request is open
    already, whether it is on a messaging channel, and there the last digits of the number that the patient writes from,
    where the channel tells it; whether the message before has raised the alarm."""

    has_keeper: bool = False
    is_open: bool = False
    is_messaging: bool = False
    own_digits: str | None = None
    is_alarmed: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "open": self.is_open,
            "messaging": self.is_messaging,
            "own_digits": self.own_digits,
            "alarmed": self.is_alarmed,
        }

    @classmethod
    def from_json(cls, document: Any) -> "Standing":
        """What `to_json` wrote; without a keeper where there is nothing, as in `rasa shell`."""
        if not isinstance(document, dict):
            return cls()
        own = document.get("own_digits")
        return cls(
            has_keeper=True,
            is_open=bool(document.get("open")),
            is_messaging=bool(document.get("messaging")),
            own_digits=str(own) if own else None,
            is_alarmed=bool(document.get("alarmed")),
        )


def read_request(document: Any) -> Wanted | Withdrawn:
    """What `to_json` wrote. Raises UnusableRequest for anything else and for a number that isn't one."""
    if not isinstance(document, dict):
        raise UnusableRequest("a callback request is no object")
    if document == Withdrawn().to_json():
        return Withdrawn()
    name, phone, time = document.get("name"), document.get("phone"), document.get("preferred_time")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise UnusableRequest("a callback request without a name of usable length")
    if not isinstance(time, str) or not 0 < len(time) <= MAX_TIME_CHARACTERS:
        raise UnusableRequest("a callback request without a preferred time of usable length")
    if phone is not None and not (isinstance(phone, str) and _is_e164(phone)):
        raise UnusableRequest("a callback request without a valid telephone number")
    return Wanted(name, phone, time)


def find_phone(text: str, country: str) -> str | None:
    """The first valid telephone number in a text, as E.164; without its country's code it is read in `country`.

    Digits may be those of any script.
    """
    if _NUMBER_ONLY.fullmatch(text):
        return _read_alone(text, country)
    for match in PhoneNumberMatcher(text, country, leniency=Leniency.VALID):
        return phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
    return None


def without_phone(text: str, country: str) -> str:
    """The text without the first telephone number in it."""
    for match in PhoneNumberMatcher(text, country, leniency=Leniency.VALID):
        return f"{text[: match.start]} {text[match.end :]}".strip(" ,;:.-–\n")
    return text


def looks_like_phone(text: str) -> bool:
    """Whether somebody has typed something that should be a telephone number."""
    return sum(character.isdigit() for character in text) >= FEWEST_DIGITS


def international(phone: str) -> str:
    """`+44 20 7946 0123` of an E.164 number."""
    return phonenumbers.format_number(phonenumbers.parse(phone, None), PhoneNumberFormat.INTERNATIONAL)


def from_digits(digits: str) -> str | None:
    """E.164 of a number that a messaging channel names, which exists even where no list knows its range."""
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except NumberParseException:
        return None
    return (
        phonenumbers.format_number(number, PhoneNumberFormat.E164) if phonenumbers.is_possible_number(number) else None
    )


def _read_alone(text: str, country: str) -> str | None:
    digits = sum(character.isdigit() for character in text)
    for candidate in (text, f"+{text.strip()}" if digits >= DIGITS_WITH_COUNTRY else text):
        try:
            number = phonenumbers.parse(candidate, country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return None


def _is_e164(phone: str) -> bool:
    try:
        number = phonenumbers.parse(phone, None)
    except NumberParseException:
        return False
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return phonenumbers.is_valid_number(number) and e164 == phone
