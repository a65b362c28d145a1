"""The audit log: read, filtered, checked, taken along. Nothing here changes it."""

import csv
import io
import json
from collections.abc import Iterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from wtforms import DateField, Form, SelectField
from wtforms.validators import Optional

from clinicbot.console.web import Role, allow, console_of, page
from clinicbot.csv_cells import harmless
from clinicbot.store.audit import AuditLog, Filter

SIZE = 50
COLUMNS = ("id", "at_utc", "person", "action", "subject", "outcome", "details", "digest")
OUTCOMES = [("", "common.all"), ("done", "audit.done"), ("refused", "audit.refused")]


class FilterForm(Form):
    person = SelectField("audit.person", [Optional()], validate_choice=False)
    action = SelectField("audit.action", [Optional()], validate_choice=False)
    outcome = SelectField("audit.outcome", [Optional()], choices=OUTCOMES, validate_choice=False)
    since = DateField("audit.since", [Optional()])
    until = DateField("audit.until", [Optional()])

    def wanted(self) -> Filter:
        """Without the days that can't be read."""
        self.validate()
        return Filter(
            person=self.person.data or "",
            action=self.action.data or "",
            outcome=self.outcome.data or "",
            since=self.since.data,
            until=self.until.data,
        )


@allow(Role.ADMINISTRATOR)
async def show_log(request: Request) -> Response:
    audit, form = console_of(request).audit, FilterForm(request.query_params)
    people, actions = await run_in_threadpool(audit.names)
    form.person.choices = [("", "common.all"), *((name, name) for name in people)]
    form.action.choices = [("", "common.all"), *((name, name) for name in actions)]
    wanted, asked = form.wanted(), request.query_params.get("page", "")
    number = max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1
    entries, total = await run_in_threadpool(audit.page, wanted, number=number, size=SIZE)
    query = {name: value for name, value in request.query_params.items() if name in form._fields and value}
    pages = -(-total // SIZE)
    return page(
        request, "audit/log.html", form=form, entries=entries, total=total, number=number, pages=pages, query=query
    )


@allow(Role.ADMINISTRATOR)
async def check_chain(request: Request) -> Response:
    audit = console_of(request).audit
    broken = await run_in_threadpool(audit.first_broken)
    last, total = await run_in_threadpool(audit.page, Filter(), number=1, size=1)
    return page(request, "audit/check.html", broken=broken, total=total, last=last[0] if last else None)


@allow(Role.ADMINISTRATOR)
async def export(request: Request) -> Response:
    wanted = FilterForm(request.query_params).wanted()
    headers = {"Content-Disposition": 'attachment; filename="audit-log.csv"'}
    return StreamingResponse(_rows(console_of(request).audit, wanted), headers=headers, media_type="text/csv")


def _rows(audit: AuditLog, wanted: Filter) -> Iterator[str]:
    """UTF-8 with a byte order mark: spreadsheets need it to read Turkish letters."""
    yield "\ufeff" + _line(COLUMNS)
    for entry in audit.all(wanted):
        details = json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
        texts = (entry.person, entry.action, entry.subject, entry.outcome, details, entry.digest)
        yield _line((str(entry.id), entry.at.isoformat(timespec="seconds"), *map(harmless, texts)))


def _line(values: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()


routes = [
    Route("/staff/audit", show_log),
    Route("/staff/audit/check", check_chain),
    Route("/staff/audit/export", export),
]
