"""Handlers: deleting an FAQ, undoing that, going back to what patients get, and who changed what."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from clinicbot.console.faq_editing import Editing, open_faq, readable
from clinicbot.console.faq_findings import explain, titles_of
from clinicbot.console.faq_forms import digest_of
from clinicbot.console.faq_saving import EditedMeanwhile, put_back, record_refusal, remove
from clinicbot.console.web import Role, allow, console_of, page, person_of, redirect
from clinicbot.faq import checking, writer
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import Finding
from clinicbot.store.audit import Entry, Filter
from clinicbot.store.faq_care import DeletedFaqs

SHOWN = 200  # entries of a history


@allow(Role.EDITOR)
@readable
async def ask_to_delete(request: Request) -> Response:
    return await _confirm(request, await _draft(request))


@allow(Role.EDITOR)
@readable
async def delete(request: Request) -> Response:
    editing = await _draft(request)
    base = str(request.state.form.get("base", ""))
    try:
        number = await run_in_threadpool(remove, editing.console, editing.person, editing.faq_id, base)
    except writer.Refused as refused:
        await _record(editing, "faq.delete", refused)
        return await _confirm(request, editing, status=409)
    except EditedMeanwhile:
        return await _confirm(request, editing, status=409)
    return redirect(request, f"/staff/faqs?deleted={number}", message="faqs.deleted", title=_title(editing))


async def _confirm(request: Request, editing: Editing, status: int = 200) -> Response:
    findings = await run_in_threadpool(checking.check, {editing.faq_id: None}, editing.console.root)
    unanswered = [finding.where for finding in findings if finding.code == "F015"]
    others = [finding for finding in findings if finding.code != "F015"]
    return page(
        request,
        "faqs/delete.html",
        status,
        faq_id=editing.faq_id,
        heading=_title(editing),
        base=digest_of(editing.draft),
        changed=status == 409 and not findings,
        unanswered=[(number, editing.document.sentences[number]) for number in unanswered],
        reasons=_explained(editing, others),
        is_live=editing.live is not None,
        goes_with_topic=sum(faq.topic == editing.topic for faq in editing.faqs.values()) == 1,
        topic_title=editing.topics[editing.topic],
    )


@allow(Role.EDITOR, Role.APPROVER)
@readable
async def show_deleted(request: Request) -> Response:
    console, person = console_of(request), person_of(request)
    deleted = await run_in_threadpool(DeletedFaqs(console.engine).all)
    faqs = await run_in_threadpool(Drafts(console.root).faqs)
    titles = {each.id: titles_of({"": each.faq}, person.language)[""] for each in deleted}
    return page(
        request,
        "faqs/deleted.html",
        deleted=[each for each in deleted if each.faq.id not in faqs],
        titles=titles,
        can_edit=Role.EDITOR in person.roles,
    )


@allow(Role.EDITOR)
@readable
async def restore(request: Request) -> Response:
    """Undoes a deletion."""
    console, person = console_of(request), person_of(request)
    store = DeletedFaqs(console.engine)
    deleted = await run_in_threadpool(store.get, request.path_params["number"])
    if deleted is None:
        raise HTTPException(404)
    try:
        await run_in_threadpool(put_back, console, person, deleted.faq, "faq.restore")
    except writer.Refused as refused:
        editing = await run_in_threadpool(open_faq, request, deleted.faq.id)
        await _record(editing, "faq.restore", refused)
        return _refused(request, editing, refused.findings)
    except EditedMeanwhile:
        return redirect(request, "/staff/faqs/deleted", message="faqs.try_again", kind="problem")
    await run_in_threadpool(store.mark_restored, deleted.id)
    return redirect(request, f"/staff/faqs/{deleted.faq.id}", message="faqs.restored")


@allow(Role.EDITOR)
@readable
async def discard(request: Request) -> Response:
    """Puts the FAQ back as patients get it."""
    editing = await run_in_threadpool(open_faq, request, "{topic}/{name}".format(**request.path_params))
    if editing.live is None:
        raise HTTPException(404)
    try:
        await run_in_threadpool(put_back, editing.console, editing.person, editing.live, "faq.discard")
    except writer.Refused as refused:
        await _record(editing, "faq.discard", refused)
        return _refused(request, editing, refused.findings)
    except EditedMeanwhile:
        return redirect(request, f"/staff/faqs/{editing.faq_id}", message="faqs.try_again", kind="problem")
    return redirect(request, f"/staff/faqs/{editing.faq_id}", message="faqs.discarded")


@allow(Role.EDITOR, Role.APPROVER)
@readable
async def show_history(request: Request) -> Response:
    editing = await run_in_threadpool(open_faq, request, "{topic}/{name}".format(**request.path_params))
    entries = await run_in_threadpool(_entries, editing)
    if not entries and editing.draft is None and editing.live is None:
        raise HTTPException(404)
    names = {person.username: person.name for person in editing.console.people.all()}
    return page(request, "faqs/history.html", faq_id=editing.faq_id, entries=entries, names=names)


def _entries(editing: Editing) -> list[Entry]:
    """Newest first."""
    found, _total = editing.console.audit.page(Filter(subject=editing.faq_id, outcome="done"), number=1, size=SHOWN)
    return [entry for entry in found if entry.action.startswith("faq.")]


async def _draft(request: Request) -> Editing:
    editing = await run_in_threadpool(open_faq, request, "{topic}/{name}".format(**request.path_params))
    if editing.draft is None:
        raise HTTPException(404)
    return editing


async def _record(editing: Editing, action: str, refused: writer.Refused) -> None:
    await run_in_threadpool(record_refusal, editing.console, editing.person, action, editing.faq_id, refused.findings)


def _refused(request: Request, editing: Editing, findings: list[Finding]) -> Response:
    reasons = _explained(editing, findings)
    return page(request, "faqs/refused.html", 422, faq_id=editing.faq_id, draft=editing.draft, reasons=reasons)


def _explained(editing: Editing, findings: list[Finding]) -> list[str]:
    titles = titles_of(editing.faqs, editing.person.language)
    return [explain(finding, editing.words, titles, editing.document, editing.faq_id) for finding in findings]


def _title(editing: Editing) -> str:
    return titles_of({"": editing.draft}, editing.person.language)[""] if editing.draft else editing.faq_id
