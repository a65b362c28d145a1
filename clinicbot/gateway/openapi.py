"""The chat API's contract, `openapi.yml` beside this file, as JSON; the tests hold the gateway to it."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clinicbot.yaml_files import read_yaml


@lru_cache(maxsize=1)
def load_contract() -> dict[str, Any]:
    contract: dict[str, Any] = read_yaml(Path(__file__).with_name("openapi.yml"))
    return contract


async def show(_request: Request) -> Response:
    return JSONResponse(load_contract())
