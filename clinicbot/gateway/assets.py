"""Bodies that stay the same until a restart: served from memory, compressed once, with an entity tag."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from clinicbot.negotiation import accepted


@dataclass(frozen=True)
class Asset:
    body: bytes
    media_type: str
    compressed: bytes = field(init=False, repr=False)
    tag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compressed", gzip.compress(self.body, mtime=0))
        object.__setattr__(self, "tag", sha256(self.body).hexdigest()[:16])

    @classmethod
    def read(cls, path: Path, media_type: str) -> "Asset":
        return cls(path.read_bytes(), media_type)

    def respond(self, request: Request, headers: Mapping[str, str]) -> Response:
        """200, compressed where the browser takes it, or 304 where it has this body already."""
        vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
        # weak: the same tag stands for the plain and the compressed body
        headers = {**headers, "ETag": f'W/"{self.tag}"', "Vary": vary, "X-Content-Type-Options": "nosniff"}
        if f'"{self.tag}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" in accepted(request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"] = "gzip"
            return Response(self.compressed, headers=headers, media_type=self.media_type)
        return Response(self.body, headers=headers, media_type=self.media_type)
