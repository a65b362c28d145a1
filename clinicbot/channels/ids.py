"""A channel's ids as they are kept here: the same id always in the same form."""

import hashlib
import re
from typing import Any

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_ID = 255
# Two letters, a full stop and up to 128 characters; a parent's has "ENT." before these.
LONGEST_USER_ID = 160


def usable_id(value: Any, longest: int = LONGEST_ID) -> str | None:
    """The id, or the SHA-256 (hex) of one that a database may refuse; None if it is no id at all.

    Too long, a control character and half a surrogate pair are refused. Meta's documents promise no length.
    """
    if not isinstance(value, str) or not value.strip():
        return None
    octets = value.encode("utf-8", "surrogatepass")
    if len(value) <= longest and not _CONTROL.search(value) and octets.decode("utf-8", "replace") == value:
        return value
    return hashlib.sha256(octets).hexdigest()
