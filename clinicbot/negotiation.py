"""What a browser asks for in its Accept-Language and Accept-Encoding headers (RFC 9110, 12.5)."""

import re
from collections.abc import Collection

_PREFERENCE = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")


def accepted(header: str) -> list[str]:
    """Values of an Accept-Language or Accept-Encoding header, lower case, most wanted first; without refused ones."""
    found = [match for match in map(_PREFERENCE.fullmatch, header.split(",")) if match]
    weighted = [(float(match[2] or 1), match[1].lower()) for match in found]
    return [value for weight, value in sorted(weighted, key=lambda item: -item[0]) if weight > 0]


def first_language(accept_language: str, languages: Collection[str]) -> str | None:
    """The most wanted of these languages; None if none of them is wanted."""
    codes = (tag.partition("-")[0] for tag in accepted(accept_language))
    return next((code for code in codes if code in languages), None)
