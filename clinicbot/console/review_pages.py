"""The review queue: what the assistant did not answer well, in groups, and one click for each way to deal with one."""

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form, SelectField

from clinicbot import paths
from clinicbot.console import faq_editor
from clinicbot.console.faq_editing import readable, topic_titles
from clinicbot.console.faq_findings import explain, language_name, titles_in
from clinicbot.console.rendering import make_url
from clinicbot.console.review_deciding import Done, add_to_faq, dismiss, phrasings_in, put_outside, undo
from clinicbot.console.review_listing import Wanted, count_waiting, listing, still_waiting
from clinicbot.console.services import Console
from clinicbot.console.web import Role, allow, console_of, page, person_of, redirect, t_of
from clinicbot.faq import writer
from clinicbot.faq.document import read_document
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import Finding
from clinicbot.review.queue import Reason, Waiting
from clinicbot.store.people import Person
from clinicbot.store.reviews import Decision, Reviews

_PATH = "/staff/review"
_ADD = "add:"  # a suggested FAQ's button has its id behind it


class FilterForm(Form):
    language = SelectField("review.language", validate_choice=False)
    reason = SelectField("review.reason", validate_choice=False)


@allow(Role.EDITOR, Role.APPROVER)
@readable
async def show(request: Request) -> Response:
    query = request.query_params
    return await _page(request, query.get("language", ""), query.get("reason", ""), query.get("page", ""))


async def _page(
    request: Request, language: str, reason: str, number: str, errors: Sequence[str] = (), status: int = 200
) -> Response:
    console, person, words = console_of(request), person_of(request), t_of(request)
    wanted = Wanted(language, reason if reason in {each.value for each in Reason} else "")
    found = await run_in_threadpool(
        listing, console, wanted, int(number) if number.isdecimal() and len(number) < 6 else 1, person.language
    )
    names = {code: language_name(code, words) for code in found.languages}
    form = FilterForm(data={"language": wanted.language, "reason": wanted.reason})
    form.language.choices = [("", words("common.all")), *names.items()]
    form.reason.choices = [("", words("common.all")), *((r.value, words(f"review.reason_{r.value}")) for r in Reason)]
    last = await run_in_threadpool(Reviews(console.engine).last, person.username)
    titles = await run_in_threadpool(titles_in, console.root, person.language)
    return page(
        request,
        "review/list.html",
        status,
        found=found,
        form=form,
        wanted=wanted,
        names=names,
        errors=errors,
        last=last,
        last_faq=titles.get(last.faq, last.faq) if last and last.faq else "",
        topics=await run_in_threadpool(_by_topic, console, titles, person.language),
        can_edit=Role.EDITOR in person.roles,
    )


def _by_topic(console: Console, titles: dict[str, str], language: str) -> dict[str, dict[str, str]]:
    """By the topics' names, the FAQs' titles by id."""
    names = topic_titles(console, Drafts(console.root).topics(), language)
    return {
        name: {faq: title for faq, title in titles.items() if faq.startswith(f"{topic}/")}
        for topic, name in names.items()
    }


@allow(Role.EDITOR)
@readable
async def decide(request: Request) -> Response:
    """`message`: the ids of those that are ticked; `do`: dismiss, new, an intent, add (to `faq`), or add:<FAQ>."""
    console, person, form = console_of(request), person_of(request), request.state.form
    numbers = [int(text) for value in form.getlist("message") for text in str(value).split(",") if text.isdecimal()]
    waiting = {message.message_id: message for message in await run_in_threadpool(still_waiting, console)}
    chosen = [waiting[number] for number in dict.fromkeys(numbers) if number in waiting]
    if not chosen:
        return _back(request, "review.gone" if numbers else "review.none_chosen", kind="problem")
    do = str(form.get("do", ""))
    faq_id = str(form.get("faq", "")) if do == "add" else do.removeprefix(_ADD) if do.startswith(_ADD) else ""
    if do == "dismiss":
        return _done(request, await run_in_threadpool(dismiss, console, person, chosen), "review.dismissed")
    if not await run_in_threadpool(phrasings_in, chosen):
        return _back(request, "review.nothing_usable", kind="problem")
    if do == "new":
        return await _begin_faq(request, chosen)
    try:
        return await run_in_threadpool(_teach, request, console, person, do, faq_id, chosen)
    except writer.Refused as refused:
        return await _refused(request, refused.findings)
    except LookupError:
        return _back(request, "review.choose_faq", kind="problem")


def _teach(
    request: Request, console: Console, person: Person, do: str, faq_id: str, chosen: Sequence[Waiting]
) -> Response:
    """Raises LookupError for what is neither an FAQ nor an intent."""
    if faq_id:
        done = add_to_faq(console, person, faq_id, chosen)
        return _done(request, done, "review.added", faq=titles_in(console.root, person.language)[faq_id])
    intent = {each.value: each for each in (Decision.OUT_OF_SCOPE, Decision.NOT_IN_DOCUMENT)}[do]
    return _done(request, put_outside(console, person, intent, chosen), f"review.done_{intent.value}")


async def _begin_faq(request: Request, chosen: Sequence[Waiting]) -> Response:
    """The form of a new FAQ with the phrasings in it. Not by a redirect: patients' words don't belong in an address.

    The messages wait until an FAQ with their words is saved.
    """
    phrasings = await run_in_threadpool(phrasings_in, chosen)
    query = urlencode([("phrasing", text) for text in dict.fromkeys(phrasings.values())])
    scope = {
        **request.scope,
        "method": "GET",
        "path": "/staff/faqs/new",
        "raw_path": b"/staff/faqs/new",
        "query_string": query.encode(),
        "path_params": {},
    }
    return await faq_editor.begin(Request(scope, request.receive))


async def _refused(request: Request, findings: Sequence[Finding]) -> Response:
    console, words, form = console_of(request), t_of(request), request.state.form

    def texts() -> list[str]:
        document = read_document(paths.document_in(console.root))
        titles = titles_in(console.root, person_of(request).language)
        return [explain(finding, words, titles, document) for finding in findings]

    errors = list(dict.fromkeys(await run_in_threadpool(texts)))
    language, reason, number = (str(form.get(name, "")) for name in ("language", "reason", "page"))
    return await _page(request, language, reason, number, errors, 422)


@allow(Role.EDITOR)
@readable
async def take_back(request: Request) -> Response:
    try:
        act = await run_in_threadpool(undo, console_of(request), person_of(request))
    except writer.Refused as refused:
        return await _refused(request, refused.findings)
    if act is None:
        return _back(request, "review.nothing_to_undo", kind="problem")
    return _back(request, "review.undone", act.count)


def _done(request: Request, done: Done, message: str, **values: str) -> Response:
    if done.left:
        left = t_of(request).count("review.left", done.left)
        return _back(
            request, "review.done_and_left", text=t_of(request).count(message, done.count, **values), left=left
        )
    return _back(request, message, done.count, **values)


def _back(request: Request, message: str, count: int | None = None, *, kind: str = "done", **values: str) -> Response:
    """To the page where the button was."""
    form = request.state.form
    given = {name: str(form.get(name, "")) for name in ("language", "reason", "page")}
    if count == 1 and f"{message}_one" in t_of(request).entries:
        message = f"{message}_one"
    more = {} if count is None else {"count": count}
    return redirect(request, make_url(_PATH, **given), message=message, kind=kind, **more, **values)


def badge(console: Console) -> int:
    return count_waiting(console)


routes = [
    Route(_PATH, show),
    Route(f"{_PATH}/decide", decide, methods=["POST"]),
    Route(f"{_PATH}/undo", take_back, methods=["POST"]),
]
