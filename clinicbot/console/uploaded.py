"""A file that somebody sent with a form."""

from pathlib import PurePath

from starlette.datastructures import UploadFile

CHUNK = 64 * 1024
LONGEST_NAME = 200


class TooLarge(Exception):
    """The file has more bytes than it may."""


async def content_of(file: UploadFile, max_bytes: int) -> bytes:
    """Raises TooLarge as soon as that is known."""
    parts, size = [], 0
    while chunk := await file.read(CHUNK):
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge
        parts.append(chunk)
    return b"".join(parts)


def name_of(file: UploadFile) -> str:
    """Without folders, which some browsers send, and what can't be shown."""
    name = PurePath((file.filename or "").replace("\\", "/")).name
    return "".join(character for character in name if character.isprintable())[-LONGEST_NAME:]


def suffix_of(name: str) -> str:
    return PurePath(name).suffix.lower()
