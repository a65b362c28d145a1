"""Whether a webhook request comes from Twilio."""

from collections.abc import Mapping, Sequence

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it publishes no types


class _Parameters(dict[str, list[str]]):
    """A form in the shape in which the validator accepts a name that comes more than once."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def is_signed(
    auth_token: str, url: str, params: Sequence[tuple[str, str]] | Mapping[str, str], header: str | None
) -> bool:
    """Whether `X-Twilio-Signature` is right for the address as Twilio called it and the form's parameters.

    The address is the public one with its query, whose parameters are signed as a part of it and so don't belong into
    `params`. Every parameter of the form does, empty and unknown ones too. It is signed with the account's primary
    auth token (Twilio's "Webhooks security"), with or without the address's port.
    """
    if not auth_token or not header:
        return False
    form = _Parameters()
    for name, value in params.items() if isinstance(params, Mapping) else params:
        form.setdefault(name, []).append(value)
    try:
        return bool(RequestValidator(auth_token).validate(url, form, header))
    except ValueError:  # a port that is no number, or text that is no Unicode: Twilio signed neither
        return False
