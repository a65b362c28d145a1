"""How many questions were asked, and how they were answered: in numbers, without anybody's words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import DateField, Form, ValidationError
from wtforms.validators import Optional

from clinicbot.console.faq_findings import titles_of
from clinicbot.console.faq_trying import live_faqs
from clinicbot.console.overview_export import to_csv
from clinicbot.console.overview_rows import TOP, Overview, duration, overview_of
from clinicbot.console.services import Console
from clinicbot.console.texts import Words
from clinicbot.console.web import Role, allow, console_of, page, person_of, t_of
from clinicbot.faq.drafts import Drafts
from clinicbot.store.overview import Period, count_waiting, read_figures

PERIODS = (7, 30, 90)
USUAL_DAYS = 30
MAX_DAYS = 731  # two years, to see one beside the other
EARLIEST = date(2020, 1, 1)


class PeriodForm(Form):
    """Own dates, both included; one that is missing follows from the other."""

    since = DateField("overview.since", [Optional()])
    until = DateField("overview.until", [Optional()])

    def validate_since(self, field: DateField) -> None:
        if field.data and field.data < EARLIEST:
            raise ValidationError("overview.too_early")

    def validate_until(self, field: DateField) -> None:
        since = self.since.data
        if field.data and field.data < (since or EARLIEST):
            raise ValidationError("overview.ends_first" if since else "overview.too_early")
        if field.data and since and (field.data - since).days >= MAX_DAYS:
            raise ValidationError("overview.too_long")


@dataclass(frozen=True)
class Chosen:
    """The period that was asked for, or the usual one where that can't be read. `days` is None for own dates."""

    period: Period
    days: int | None
    form: PeriodForm

    @property
    def query(self) -> dict[str, str]:
        if self.days:
            return {"days": str(self.days)}
        return {"since": self.period.first.isoformat(), "until": self.period.last.isoformat()}


def choose(query: QueryParams, today: date, language: str) -> Chosen:
    form = PeriodForm(query, meta={"locales": [language]})
    valid = form.validate()
    if valid and (form.since.data or form.until.data):
        last = min(form.until.data or today, today)
        first = form.since.data or last - timedelta(days=USUAL_DAYS - 1)
        first = max(min(first, last), last - timedelta(days=MAX_DAYS - 1))
        return Chosen(Period(first, last), None, form)
    asked = query.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else USUAL_DAYS
    return Chosen(Period(today - timedelta(days=days - 1), today), days, form)


@allow()
async def show_overview(request: Request) -> Response:
    console, words = console_of(request), t_of(request)
    chosen = _chosen(request)
    overview = await run_in_threadpool(_read, console, chosen.period, words)
    may_edit = bool(person_of(request).roles & {Role.EDITOR, Role.APPROVER})
    drafts = await run_in_threadpool(Drafts(console.root).faqs)
    waiting = await run_in_threadpool(count_waiting, console.engine)
    quickest = {share: overview.now.quickest(share / 100) for share in (50, 95)}
    return page(
        request,
        "overview/overview.html",
        chosen=chosen,
        periods=PERIODS,
        overview=overview,
        waiting=waiting,
        top=TOP,
        quickest={share: duration(ms, words) for share, ms in quickest.items() if ms is not None},
        may_edit=may_edit,
        # who can't open the editor needs no way to it, and an FAQ that is gone has none
        editor={faq: f"/staff/faqs/{faq}" for faq in drafts} if may_edit else {},
        percent=lambda share: words("overview.percent", number=round(100 * share)),
    )


@allow()
async def export(request: Request) -> Response:
    console, words = console_of(request), t_of(request)
    chosen = _chosen(request)
    overview = await run_in_threadpool(_read, console, chosen.period, words)
    name = f"figures-{chosen.period.first}-{chosen.period.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(to_csv(overview, chosen.period, words), headers=headers, media_type="text/csv")


def _chosen(request: Request) -> Chosen:
    today = datetime.now(console_of(request).clinic.time_zone).date()
    return choose(request.query_params, today, t_of(request).language)


def _read(console: Console, period: Period, words: Words) -> Overview:
    titles = titles_of({**Drafts(console.root).faqs(), **live_faqs(console)}, words.language)
    zone = console.clinic.time_zone
    now = read_figures(console.engine, period, zone)
    return overview_of(now, read_figures(console.engine, period.before, zone), titles, words)


routes = [Route("/staff/overview", show_overview), Route("/staff/overview/export", export)]
