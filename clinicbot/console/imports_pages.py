"""Spreadsheets of FAQs: out as they are, in row by row as somebody decides."""

from math import ceil

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import FileField, Form

from clinicbot.console.explainer import Explainer
from clinicbot.console.faq_alarms import alarms
from clinicbot.console.services import Console
from clinicbot.console.sheet_previews import (
    Choice,
    Show,
    basis_of,
    decisions_of,
    is_settled,
    is_sound,
    preview_of,
    saw,
    shown,
)
from clinicbot.console.sheet_rows import SHOWN_PROBLEMS, counts_of, row_of
from clinicbot.console.uploaded import TooLarge, keep_upload
from clinicbot.console.web import Role, allow, console_of, form_of, page, person_of, redirect, t_of
from clinicbot.faq import spreadsheet
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import Finding
from clinicbot.faq.spreadsheet import Kind
from clinicbot.faq.workbook import MAX_BYTES, SpreadsheetError
from clinicbot.faq.writer import Conflict, Refused
from clinicbot.store.uploads import SPREADSHEET, Upload, Uploads

PAGE_SIZE = 25
LOGGED_IDS = 100
_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
}


class UploadForm(Form):
    file = FileField("imports.file", description="imports.file_help")


@allow(Role.EDITOR, Role.APPROVER)
async def list_imports(request: Request) -> Response:
    return await _list_page(request, form_of(request, UploadForm))


async def _list_page(request: Request, form: UploadForm, status: int = 200, problems: tuple[str, ...] = ()) -> Response:
    console = console_of(request)
    uploads = await run_in_threadpool(Uploads(console.engine).all, SPREADSHEET)
    topics = await run_in_threadpool(Drafts(console.root).topics)
    cut = {"problems": problems[:SHOWN_PROBLEMS], "more": max(0, len(problems) - SHOWN_PROBLEMS)}
    return page(request, "imports/list.html", status, form=form, uploads=uploads, topics=topics, **cut)


@allow(Role.EDITOR)
async def upload_import(request: Request) -> Response:
    form = form_of(request, UploadForm)
    file = form.file.data
    if not isinstance(file, UploadFile) or not file.filename:
        form.file.errors = ["imports.no_file"]
        return await _list_page(request, form, 422)
    try:
        upload_id = await keep_upload(request, file, SPREADSHEET, "import.upload", MAX_BYTES, _checked)
    except TooLarge:
        form.file.errors = ["imports.too_large"]
        return await _list_page(request, form, 413)
    except SpreadsheetError as error:
        form.file.errors = ["imports.unreadable"]
        return await _list_page(request, form, 422, error.problems)
    return redirect(request, f"/staff/imports/{upload_id}", message="imports.uploaded")


def _checked(content: bytes, suffix: str) -> bytes:
    """The sheet as it was sent, if it can be read."""
    spreadsheet.read(content, suffix)
    return content


@allow(Role.EDITOR, Role.APPROVER)
async def show_import(request: Request) -> Response:
    return await _preview_page(request, await _upload_of(request))


async def _preview_page(
    request: Request, upload: Upload, status: int = 200, refused: tuple[Finding, ...] = ()
) -> Response:
    console, words = console_of(request), t_of(request)
    show, number = _view_of(request)
    found = await run_in_threadpool(preview_of, upload, console.root)
    decisions = decisions_of(upload)
    listed = shown(found.changes, show, decisions)
    pages = max(1, ceil(len(listed) / PAGE_SIZE))
    number = min(number, pages)
    explainer = await run_in_threadpool(Explainer.of, console, words)
    begin = (number - 1) * PAGE_SIZE
    return page(
        request,
        "imports/preview.html",
        status,
        upload=upload,
        rows=[row_of(each, decisions.get(each.faq.id), explainer) for each in listed[begin : begin + PAGE_SIZE]],
        counts=counts_of(found, decisions),
        show=show,
        shows=list(Show),
        number=number,
        pages=pages,
        basis=found.basis,
        refused=explainer.lines(refused[:SHOWN_PROBLEMS]),
        more=max(0, len(refused) - SHOWN_PROBLEMS),
        choices=list(Choice),
    )


def _view_of(request: Request) -> tuple[Show, int]:
    show, number = request.query_params.get("show", ""), request.query_params.get("page", "1")
    known = show if show in {each.value for each in Show} else Show.DIFFERENT.value
    return Show(known), max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1


@allow(Role.EDITOR)
async def decide(request: Request) -> Response:
    """Keeps what differs from what the page showed, so that nobody's newer decision is overwritten by an old page."""
    upload = await _upload_of(request)
    form, person, console = request.state.form, person_of(request), console_of(request)
    found = await run_in_threadpool(preview_of, upload, console.root)
    by_id = {change.faq.id: change for change in found.changes if change.kind is not Kind.SAME}
    chosen: dict[str, str] = {}
    for position, faq_id in enumerate(form.getlist("id")):
        choice = str(form.get(f"choice-{position}", ""))
        if faq_id in by_id and choice and choice != form.get(f"was-{position}"):
            chosen[faq_id] = choice
    if (rest := str(form.get("rest", ""))) in {choice.value for choice in Choice}:
        undecided = [each for faq_id, each in by_id.items() if faq_id not in {**upload.state, **chosen}]
        may = [each for each in undecided if rest == Choice.REJECT.value or is_sound(each)]
        chosen.update({change.faq.id: rest for change in may})
    known = {choice.value for choice in Choice}
    kept = {
        faq_id: {"choice": choice, "by": person.username, "saw": saw(by_id[faq_id])}
        for faq_id, choice in chosen.items()
        if choice in known
    }
    await run_in_threadpool(Uploads(console.engine).decide, upload.id, kept)
    if form.get("then") == "write":
        return await _write(request, upload.id, str(form.get("basis", "")))
    query = f"?{request.url.query}" if request.url.query else ""
    return redirect(request, f"/staff/imports/{upload.id}{query}", message="imports.decided", count=len(kept))


async def _write(request: Request, upload_id: str, basis: str) -> Response:
    console, person = console_of(request), person_of(request)
    address = f"/staff/imports/{upload_id}"
    upload = await run_in_threadpool(Uploads(console.engine).get, SPREADSHEET, upload_id)
    if upload is None:
        raise HTTPException(404)
    try:
        written = await run_in_threadpool(_write_accepted, console, upload, basis)
    except Conflict:
        return redirect(request, address, message="imports.changed_meanwhile", kind="problem")
    except Refused as error:
        codes = sorted({finding.code for finding in error.findings})
        details = {"findings": len(error.findings), "codes": codes}
        await run_in_threadpool(console.audit.record, person.username, "import.write", upload.name, details, "refused")
        return await _preview_page(request, upload, 422, tuple(error.findings))
    if not written:
        return redirect(request, address, message="imports.nothing_chosen", kind="problem")
    details = {"count": len(written), "faqs": written[:LOGGED_IDS]}
    await run_in_threadpool(console.audit.record, person.username, "import.write", upload.name, details)
    if await run_in_threadpool(_is_finished, console, upload):
        await run_in_threadpool(Uploads(console.engine).remove, upload.id)
        return redirect(request, "/staff/imports", message="imports.written", count=len(written))
    return redirect(request, address, message="imports.written_rest", count=len(written))


def _write_accepted(console: Console, upload: Upload, basis: str) -> list[str]:
    """Checks those that are accepted without the others, and writes them. Raises Refused and Conflict."""
    if basis != basis_of(console.root):
        raise Conflict("")
    found = preview_of(upload, console.root)
    different = {change.faq.id for change in found.changes if change.kind is not Kind.SAME}
    decisions = {faq_id: each for faq_id, each in decisions_of(upload).items() if faq_id in different}
    accepted = {faq_id for faq_id, each in decisions.items() if each.choice is not Choice.REJECT}
    merged = {faq_id for faq_id, each in decisions.items() if each.choice is Choice.MERGE}
    rows = [row for row in found.rows if row.id in accepted]
    changes = spreadsheet.preview(rows, console.root, merged) if rows else []
    if findings := alarms(console, {change.faq.id: change.faq for change in changes}):
        raise Refused(findings)
    return spreadsheet.apply(changes, accepted, console.root)


def _is_finished(console: Console, upload: Upload) -> bool:
    decisions = decisions_of(upload)
    return all(is_settled(change, decisions.get(change.faq.id)) for change in preview_of(upload, console.root).changes)


@allow(Role.EDITOR)
async def remove_import(request: Request) -> Response:
    upload, console, person = await _upload_of(request), console_of(request), person_of(request)
    await run_in_threadpool(Uploads(console.engine).remove, upload.id)
    await run_in_threadpool(console.audit.record, person.username, "import.remove", upload.name)
    return redirect(request, "/staff/imports", message="imports.removed")


@allow(Role.EDITOR, Role.APPROVER)
async def export(request: Request) -> Response:
    console, topic = console_of(request), request.query_params.get("topic", "")
    suffix = f".{request.path_params['kind']}"
    faqs = (await run_in_threadpool(Drafts(console.root).faqs)).values()
    chosen = [faq for faq in faqs if topic in ("", faq.topic)]
    if suffix not in _TYPES or (topic and not chosen):
        raise HTTPException(404)
    content = await run_in_threadpool(spreadsheet.export, chosen, suffix)
    name = f"faqs{f'-{topic}' if topic else ''}{suffix}"
    return Response(
        content, headers={"Content-Disposition": f'attachment; filename="{name}"'}, media_type=_TYPES[suffix]
    )


async def _upload_of(request: Request) -> Upload:
    uploads = Uploads(console_of(request).engine)
    upload = await run_in_threadpool(uploads.get, SPREADSHEET, request.path_params["upload"])
    if upload is None:
        raise HTTPException(404)
    return upload


routes = [
    Route("/staff/imports", list_imports),
    Route("/staff/imports", upload_import, methods=["POST"]),
    Route("/staff/imports/{upload}", show_import),
    Route("/staff/imports/{upload}", decide, methods=["POST"]),
    Route("/staff/imports/{upload}/remove", remove_import, methods=["POST"]),
    Route("/staff/faqs/export.{kind}", export),
]
