"""Errors as RFC 9457 problem documents. Each names the emergency number: somebody may be reading it in fright."""

import json
import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clinicbot.clinic import load_clinic
from clinicbot.gateway.metrics import PROBLEMS

logger = logging.getLogger(__name__)


class Problem(Exception):
    """Raised by a handler; `detail` says what was wrong and what to do."""

    def __init__(self, status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = headers or {}


def problem_response(problem: Problem) -> Response:
    PROBLEMS.labels(status=str(problem.status)).inc()
    clinic = load_clinic()
    document = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": f"{problem.detail} In an emergency call {clinic.emergency_number}.",
        "emergency": clinic.emergency_number,
        "phone": clinic.phone,
    }
    return Response(
        json.dumps(document, ensure_ascii=False),
        problem.status,
        headers=problem.headers,
        media_type="application/problem+json",
    )


async def on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


async def on_http_exception(_request: Request, error: Exception) -> Response:
    """Starlette's own errors, such as an unknown path or method."""
    assert isinstance(error, HTTPException)
    details = {404: "There is nothing at this address.", 405: "This method isn't allowed here."}
    detail = details.get(error.status_code, error.detail)
    return problem_response(Problem(error.status_code, error.detail, detail, dict(error.headers or {})))


async def on_error(_request: Request, error: Exception) -> Response:
    """Anything unforeseen: logged without the patient's words, answered with the numbers."""
    logger.error("unhandled error", exc_info=error)
    detail = "Something went wrong; please try again or call the clinic."
    return problem_response(Problem(500, "Internal error", detail))
