"""Reading a request's body, no further than it may be long."""

from starlette.requests import Request

from clinicbot.gateway.problems import Problem


async def read_body(request: Request, limit: int) -> bytes:
    """The raw body. Raises Problem 413 for one of more than `limit` bytes, without reading the rest."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Problem(413, "Body too large", f"The body may have {limit} bytes; send a shorter message.")
    return bytes(body)
