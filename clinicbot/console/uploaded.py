"""A file that somebody sent with a form."""

from collections.abc import Callable
from pathlib import PurePath

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from clinicbot.console.web import console_of, person_of
from clinicbot.store.uploads import Uploads
from clinicbot.yaml_files import ContentError

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


async def keep_upload(
    request: Request, file: UploadFile, kind: str, action: str, max_bytes: int, read: Callable[[bytes, str], bytes]
) -> str:
    """Store what `read` makes of the content and its suffix, and return the upload's id; `action` is what the log has,
    either way.

    Raises TooLarge, or the ContentError of `read`.
    """
    console, person, name = console_of(request), person_of(request), name_of(file)
    try:
        content = await content_of(file, max_bytes)
        kept = await run_in_threadpool(read, content, suffix_of(name))
    except (TooLarge, ContentError):
        await run_in_threadpool(console.audit.record, person.username, action, name, outcome="refused")
        raise
    upload_id = await run_in_threadpool(Uploads(console.engine).add, kind, name, kept, person.username)
    await run_in_threadpool(console.audit.record, person.username, action, name, {"bytes": len(content)})
    return upload_id


def suffix_of(name: str) -> str:
    return PurePath(name).suffix.lower()
