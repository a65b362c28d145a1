"""The FAQs: list, and the addresses of everything that is done with one.

`/staff/faqs/{topic}/{name}` takes any two words, so this module is looked at behind the other pages below /staff/faqs.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form, SelectField, StringField

from clinicbot.console import faq_deleting, faq_editor
from clinicbot.console.faq_editing import readable, topic_titles
from clinicbot.console.faq_findings import language_name, titles_of
from clinicbot.console.faq_listing import ORDERS, STATES, Wanted, count_due, rows
from clinicbot.console.faq_trying import try_phrasing
from clinicbot.console.services import Console
from clinicbot.console.web import Role, allow, console_of, page, person_of, t_of
from clinicbot.faq.drafts import Drafts
from clinicbot.store.faq_care import Deleted, DeletedFaqs

PAGE_SIZE = 50


class FilterForm(Form):
    q = StringField("faqs.search")
    topic = SelectField("faqs.topic", validate_choice=False)
    missing = SelectField("faqs.missing_language", validate_choice=False)
    state = SelectField("faqs.state", validate_choice=False)
    order = SelectField("faqs.order", validate_choice=False)

    def wanted(self) -> Wanted:
        """What isn't one of the choices is no filter."""
        names = ("topic", "missing", "state", "order")
        known = {name: self[name].data for name in names if self[name].data in dict(self[name].choices)}
        return Wanted(search=(self.q.data or "")[:200], **known)


@allow(Role.EDITOR, Role.APPROVER)
@readable
async def show_list(request: Request) -> Response:
    console, person = console_of(request), person_of(request)
    form = await run_in_threadpool(_filter, request)
    wanted = form.wanted()
    found = await run_in_threadpool(rows, console, wanted, person.language)
    number = _number(request.query_params.get("page", ""), len(found))
    return page(
        request,
        "faqs/list.html",
        form=form,
        rows=found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        total=len(found),
        number=number,
        pages=_pages(len(found)),
        query={name: field.data for name, field in form._fields.items()},
        topics=dict(form.topic.choices),
        languages={code: language_name(code, t_of(request)) for code in console.clinic.languages},
        owners={each.id: each.name for each in console.people.all()},
        deleted=await run_in_threadpool(_just_deleted, console, request.query_params.get("deleted", "")),
        deleted_title=lambda deleted: titles_of({"": deleted.faq}, person.language)[""],
        can_edit=Role.EDITOR in person.roles,
    )


def _filter(request: Request) -> FilterForm:
    console, words = console_of(request), t_of(request)
    form = FilterForm(request.query_params)
    titles = topic_titles(console, Drafts(console.root).topics(), person_of(request).language)
    form.topic.choices = [("", words("common.all")), *titles.items()]
    languages = [(code, language_name(code, words)) for code in console.clinic.languages]
    form.missing.choices = [("", words("faqs.any")), *languages]
    form.state.choices = [("", words("common.all")), *((state, words(f"faqs.state_{state}")) for state in STATES)]
    form.order.choices = [(order, words(f"faqs.order_{order}")) for order in ORDERS]
    return form


def _just_deleted(console: Console, number: str) -> Deleted | None:
    return DeletedFaqs(console.engine).get(int(number)) if number.isdecimal() and len(number) < 10 else None


def _pages(total: int) -> int:
    return max(1, -(-total // PAGE_SIZE))


def _number(text: str, total: int) -> int:
    number = int(text) if text.isdecimal() and len(text) < 6 else 1
    return min(max(number, 1), _pages(total))


def badge(console: Console) -> int:
    """FAQs that are due to be read again."""
    return count_due(console)


_ONE = "/staff/faqs/{topic}/{name}"
routes = [
    Route("/staff/faqs", show_list),
    Route("/staff/faqs/new", faq_editor.begin),
    Route("/staff/faqs/new", faq_editor.send, methods=["POST"]),
    Route("/staff/faqs/try", try_phrasing, methods=["POST"]),
    Route("/staff/faqs/deleted", faq_deleting.show_deleted),
    Route("/staff/faqs/deleted/{number:int}/restore", faq_deleting.restore, methods=["POST"]),
    Route(_ONE, faq_editor.show),
    Route(_ONE, faq_editor.send, methods=["POST"]),
    Route(f"{_ONE}/phrasings", faq_editor.add_phrasings, methods=["POST"]),
    Route(f"{_ONE}/delete", faq_deleting.ask_to_delete),
    Route(f"{_ONE}/delete", faq_deleting.delete, methods=["POST"]),
    Route(f"{_ONE}/discard", faq_deleting.discard, methods=["POST"]),
    Route(f"{_ONE}/history", faq_deleting.show_history),
]
