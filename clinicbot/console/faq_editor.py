"""Handlers: the page on which an FAQ is read, changed or made."""

import hashlib
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clinicbot.console.faq_editing import Editing, Findings, chosen_topic, open_faq, prepare, readable
from clinicbot.console.faq_findings import explain, language_name, put_beside_fields, titles_of
from clinicbot.console.faq_forms import (
    FaqForm,
    care_of,
    digest_of,
    faq_of,
    form_class,
    free_id,
    passages,
    prefilled,
    values_of,
    vanished,
)
from clinicbot.console.faq_listing import state_of, today_of
from clinicbot.console.faq_saving import (
    Alteration,
    EditedMeanwhile,
    alterations,
    record_refusal,
    save,
    with_phrasings,
)
from clinicbot.console.faq_suggesting import suggestions
from clinicbot.console.faq_taking import put_back, take, takeable
from clinicbot.console.faq_trying import AT_ONCE, of_a_list, try_out
from clinicbot.console.web import Role, allow, form_of, page, redirect
from clinicbot.faq import checking, linter, writer
from clinicbot.faq.linter import MIN_PHRASINGS, Finding
from clinicbot.faq.model import Faq
from clinicbot.faq.spreadsheet import field_changes
from clinicbot.releases.store import ReleaseError
from clinicbot.store.faq_care import FaqCare


@allow(Role.EDITOR, Role.APPROVER)
@readable
async def show(request: Request) -> Response:
    editing = await _opened(request)
    if editing.draft is None:
        return page(request, "faqs/gone.html", faq_id=editing.faq_id, live=editing.live)
    form = _form(request, editing, version=editing.version, **values_of(editing.draft, editing.care, editing.document))
    return _page(request, editing, form)


@allow(Role.EDITOR)
@readable
async def begin(request: Request) -> Response:
    """A new FAQ, perhaps with something in it already (`faq_forms.prefilled`)."""
    editing = await run_in_threadpool(open_faq, request, "")
    query = request.query_params
    form = _form(request, editing, **prefilled({name: query.getlist(name) for name in query}))
    return _page(request, editing, form)


@allow(Role.EDITOR)
@readable
async def send(request: Request) -> Response:
    """Any of the form's buttons: `do` is save, take (and save), check, suggest or search."""
    # an FAQ that somebody deleted meanwhile has to be shown as that, with what was typed
    editing = await run_in_threadpool(open_faq, request, _faq_id(request))
    form = _form(request, editing)
    form.validate()
    form.take_suggested()
    do = request.state.form.get("do", "save")
    if do in ("save", "take"):
        return await run_in_threadpool(_save, request, editing, form, do == "take")
    found = Findings(searched=str(request.state.form.get("passage_search", "")))
    if do == "check":
        await run_in_threadpool(_check, editing, form, found)
    elif do == "suggest":
        found.suggestions = await run_in_threadpool(suggestions, editing.console, _questions(editing, form))
    return _page(request, editing, form, found)


@allow(Role.EDITOR)
@readable
async def add_phrasings(request: Request) -> Response:
    """Adds every `phrasing` to the FAQ; what can't be added is shown in the form, with why."""
    editing = await _opened(request)
    if editing.draft is None:
        raise HTTPException(404)
    texts = [text for text in request.state.form.getlist("phrasing") if isinstance(text, str)]
    more = with_phrasings(editing.draft, texts)
    if more == editing.draft:
        return redirect(request, f"/staff/faqs/{editing.faq_id}", message="faqs.nothing_new")
    version, base = editing.version, digest_of(editing.draft)
    try:
        await run_in_threadpool(save, editing.console, editing.person, more, version=version, base=base)
    except writer.Refused as refused:
        values = values_of(more, editing.care, editing.document) | {"base": base, "version": version}
        form = form_class(editing.languages)(**values)
        await run_in_threadpool(_refuse, editing, form, refused.findings, more.id)
        prepare(form, editing)
        return _page(request, editing, form, status=422)
    except EditedMeanwhile:
        return redirect(request, f"/staff/faqs/{editing.faq_id}", message="faqs.try_again", kind="problem")
    count = len(more.phrasings) - len(editing.draft.phrasings)
    return redirect(request, f"/staff/faqs/{editing.faq_id}", message="faqs.phrasings_added", count=count)


def _faq_id(request: Request) -> str:
    """Of the address; empty for a new FAQ's."""
    return "{topic}/{name}".format(**request.path_params) if request.path_params else ""


async def _opened(request: Request) -> Editing:
    editing = await run_in_threadpool(open_faq, request, _faq_id(request))
    if editing.draft is None and editing.live is None:
        raise HTTPException(404)
    return editing


def _form(request: Request, editing: Editing, **values: Any) -> FaqForm:
    form = form_of(request, form_class(editing.languages), **values)
    prepare(form, editing)
    return form


def _page(
    request: Request, editing: Editing, form: FaqForm, found: Findings | None = None, status: int = 200
) -> Response:
    found = found or Findings()
    return page(
        request,
        "faqs/edit.html",
        status,
        form=form,
        found=found,
        faq_id=editing.faq_id,
        draft=editing.draft,
        can_edit=Role.EDITOR in editing.person.roles,
        state=state_of(editing.draft, editing.live).value if editing.faq_id else "new",
        differences=editing.differences(),
        topic_title=editing.topics.get(editing.topic, editing.topic),
        heading=titles_of({"": editing.draft}, editing.person.language)[""] if editing.draft else "",
        opened={"en", editing.person.language},
        languages={code: language_name(code, editing.words) for code in editing.languages},
        passages=passages(editing.document, form.source.data or (), found.searched),
        vanished=vanished(editing.draft, editing.document),
        minimum=MIN_PHRASINGS,
    )


def _questions(editing: Editing, form: FaqForm) -> list[str]:
    """What the FAQ is asked by so far."""
    titles = [str(form.title(language).data or "").strip() for language in editing.languages]
    return [title for title in titles if title] + form.lines()


def _check(editing: Editing, form: FaqForm, found: Findings) -> None:
    asked = of_a_list(form.lines(), editing.live)
    try:
        found.tried = try_out(editing.console, asked[:AT_ONCE], editing.faq_id, editing.person.language, editing.words)
    except ReleaseError:
        found.not_tried = editing.words("faqs.nothing_live")
    if len(asked) > AT_ONCE:
        found.not_tried = editing.words("faqs.tried_some", count=AT_ONCE)


def _save(request: Request, editing: Editing, form: FaqForm, takes: bool = False) -> Response:
    """`takes`: sentences that are known as unanswerable may be taken from there."""
    topic = editing.topic or chosen_topic(form, editing)
    if form.errors:
        return _page(request, editing, form, status=422)
    title = str(form.title("en").data or "")
    faq_id = editing.faq_id or free_id(topic, title, editing.faqs)
    faq = faq_of(form, faq_id, editing.draft, editing.document, today_of(editing.console))
    changed = alterations(editing.draft, editing.live, faq, editing.document)
    if changed and form.confirmed.data != _digest(changed):
        return _ask(request, editing, form, faq, changed)
    try:
        warnings = [] if faq == editing.draft else _write(editing, form, faq, takes)
    except writer.Refused as refused:
        _refuse(editing, form, refused.findings, faq_id)
        taken = takeable(refused.findings, faq)
        found = Findings(takeable=[phrasing for phrasings in taken.values() for phrasing in phrasings])
        return _page(request, editing, form, found, status=422)
    except EditedMeanwhile as error:
        return _show_both(request, editing, form, faq, error.theirs)
    nothing = faq == editing.draft and care_of(form) == editing.care
    if care_of(form) != editing.care:
        FaqCare(editing.console.engine).put(faq_id, care_of(form))
        editing.console.audit.record(editing.person.username, "faq.care", faq_id)
    hints = _hints(editing, warnings)
    message = "faqs.nothing_changed" if nothing else "faqs.saved_hints" if hints else "faqs.saved"
    return redirect(request, f"/staff/faqs/{faq_id}", message=message, hints=hints)


def _write(editing: Editing, form: FaqForm, faq: Faq, takes: bool) -> list[Finding]:
    console, person = editing.console, editing.person
    version = str(form.version.data or "") if editing.faq_id else writer.version_of(faq.topic, console.root)
    base = str(form.base.data or "")
    taken = takeable(linter.errors(checking.check({faq.id: faq}, console.root)), faq) if takes else {}
    if taken:
        take(console, person, taken, faq.id)
    try:
        return save(console, person, faq, version=version, base=base)
    except (writer.Refused, EditedMeanwhile):
        put_back(console, taken)
        raise


def _ask(request: Request, editing: Editing, form: FaqForm, faq: Faq, changed: list[Alteration]) -> Response:
    """Numbers or a "not" are others: shown before it is saved, unless it is refused anyway."""
    refusing = linter.errors(checking.check({faq.id: faq}, editing.console.root))
    if refusing:
        _refuse(editing, form, refusing, faq.id)
    else:
        form.confirmed.data = _digest(changed)
    found = Findings(alterations=changed, confirm="" if refusing else str(form.confirmed.data))
    return _page(request, editing, form, found, status=422 if refusing else 200)


def _digest(changed: list[Alteration]) -> str:
    texts = "\0".join(
        f"{each.language}\0{segment.fate.value}\0{segment.text}" for each in changed for segment in each.segments
    )
    return hashlib.sha256(texts.encode()).hexdigest()[:24]


def _refuse(editing: Editing, form: FaqForm, findings: list[Finding], faq_id: str) -> None:
    action = "faq.write" if editing.faq_id else "faq.add"
    record_refusal(editing.console, editing.person, action, faq_id, findings)
    titles = titles_of(editing.faqs, editing.person.language)
    words, document = editing.words, editing.document
    if any(each.code == "F011" and each.where.endswith("(en)") for each in findings):
        findings = [each for each in findings if each.code not in ("F012", "F013")]  # they follow from that one
    put_beside_fields(form, [(each, explain(each, words, titles, document, faq_id)) for each in findings])


def _show_both(request: Request, editing: Editing, form: FaqForm, mine: Faq, theirs: Faq | None) -> Response:
    """What was typed stays, beside what somebody else has saved meanwhile; saving again puts ours in its place."""
    conflict = list(field_changes(theirs or Faq(mine.id, ()), mine))
    form.version.data = writer.version_of(mine.topic, editing.console.root)
    form.base.data = digest_of(theirs)
    return _page(request, editing, form, Findings(conflict=conflict, theirs=theirs), status=409)


def _hints(editing: Editing, warnings: list[Finding]) -> str:
    """The warnings in a line or two; missing languages in one."""
    words = editing.words
    missing = [language_name(each.values["language"], words) for each in warnings if each.reason == "missing"]
    texts = [words("faqs.hint_missing", languages=", ".join(missing))] if missing else []
    few = next((each.values["count"] for each in warnings if each.code == "F004"), "")
    return " ".join([*texts, *([words("faqs.hint_few", count=few, minimum=MIN_PHRASINGS)] if few else [])])
