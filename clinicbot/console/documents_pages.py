"""The clinic's text: how it is now, and a new one, sentence by sentence as somebody decides."""

from math import ceil
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form

from clinicbot.console import document_writing
from clinicbot.console.document_forms import DecisionForm, UploadForm, decision_of
from clinicbot.console.document_reviews import APART, Content, Review, review_of
from clinicbot.console.document_rows import Rows, Show, counts_of
from clinicbot.console.document_writing import NotReady
from clinicbot.console.explainer import Explainer
from clinicbot.console.faq_findings import titles_of
from clinicbot.console.services import Console
from clinicbot.console.sheet_rows import SHOWN_PROBLEMS
from clinicbot.console.uploaded import TooLarge, keep_upload
from clinicbot.console.web import Role, allow, console_of, form_of, page, person_of, redirect, t_of
from clinicbot.documents.decisions import Choice, Task
from clinicbot.documents.export import as_text, as_word
from clinicbot.documents.extract import MAX_BYTES, DocumentError
from clinicbot.documents.extraction import extract
from clinicbot.faq.document import Document, read_document
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import Finding
from clinicbot.faq.writer import Conflict, Refused
from clinicbot.paths import document_in
from clinicbot.store.uploads import DOCUMENT as KIND
from clinicbot.store.uploads import Upload, Uploads

PAGE_SIZE = 10
_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "text/plain; charset=utf-8",
}


def badge(console: Console) -> int:
    """Documents that wait for decisions."""
    return Uploads(console.engine).count(KIND)


@allow(Role.EDITOR, Role.APPROVER)
async def show_document(request: Request) -> Response:
    return await _document_page(request, form_of(request, UploadForm))


async def _document_page(request: Request, form: UploadForm, status: int = 200) -> Response:
    console = console_of(request)
    uploads = await run_in_threadpool(Uploads(console.engine).all, KIND)
    passages = await run_in_threadpool(_present, console, t_of(request).language)
    return page(request, "documents/list.html", status, form=form, uploads=uploads, passages=passages)


def _present(console: Console, language: str) -> list[tuple[str, list[tuple[str, str, list[tuple[str, str]]]]]]:
    """By passage: each sentence's number and text, and ids and titles of the FAQs that stand on it."""
    faqs, document = Drafts(console.root).faqs(), _document(console)
    titles = titles_of(faqs, language)
    standing: dict[str, dict[str, str]] = {}
    for faq in faqs.values():
        for reference in {reference for answer in faq.answers.values() for reference in answer.source}:
            for number in document.expand(reference):
                standing.setdefault(number, {})[faq.id] = titles[faq.id]
    passages: dict[str, list[tuple[str, str, list[tuple[str, str]]]]] = {}
    for number, text in document.sentences.items():
        sentence = (number, text, [*standing.get(number, {}).items()])
        passages.setdefault(number.partition(".")[0], []).append(sentence)
    return [*passages.items()]


def _document(console: Console) -> Document:
    return read_document(document_in(console.root))


@allow(Role.EDITOR, Role.APPROVER)
async def download(request: Request) -> Response:
    kind = request.path_params["kind"]
    if kind not in _TYPES:
        raise HTTPException(404)
    document = await run_in_threadpool(_document, console_of(request))
    content = await run_in_threadpool(as_word if kind == "docx" else as_text, document)
    headers = {"Content-Disposition": f'attachment; filename="clinic-text.{kind}"'}
    return Response(content, headers=headers, media_type=_TYPES[kind])


@allow(Role.EDITOR)
async def upload_document(request: Request) -> Response:
    form = form_of(request, UploadForm)
    file = form.file.data
    if not isinstance(file, UploadFile) or not file.filename:
        form.file.errors = ["documents.no_file"]
        return await _document_page(request, form, 422)
    try:
        upload_id = await keep_upload(request, file, KIND, "document.upload", MAX_BYTES, _content)
    except TooLarge:
        form.file.errors = ["documents.problem_size"]
        return await _document_page(request, form, 413)
    except DocumentError as error:
        form.file.errors = [f"documents.problem_{error.problem.value}"]
        return await _document_page(request, form, 422)
    return redirect(request, f"/staff/documents/{upload_id}", message="documents.uploaded")


def _content(content: bytes, suffix: str) -> bytes:
    return Content.of(extract(content, suffix)).to_bytes()


@allow(Role.EDITOR, Role.APPROVER)
async def show_review(request: Request) -> Response:
    upload = await _upload_of(request)
    return await _review_page(request, upload, await _review(request, upload))


async def _review_page(
    request: Request,
    upload: Upload,
    review: Review,
    status: int = 200,
    *,
    findings: list[Finding] | None = None,
    failed: tuple[Task, Form] | None = None,
) -> Response:
    """`findings`: what a check found; `failed`: a form that can't be taken, shown alone as it was sent."""
    rows = _rows(request, review)
    show, number, faq_id = _view_of(request)
    listed = [failed[0]] if failed else rows.shown(show, faq_id)
    pages = max(1, ceil(len(listed) / PAGE_SIZE))
    number = min(number, pages)
    begin = (number - 1) * PAGE_SIZE
    explainer = await run_in_threadpool(Explainer.of, console_of(request), t_of(request))
    errors = document_writing.refusing(findings or [])
    return page(
        request,
        "documents/review.html",
        status,
        upload=upload,
        content=review.compared.content,
        cards=[
            rows.card(task, failed[1] if failed and failed[0] is task else None)
            for task in listed[begin : begin + PAGE_SIZE]
        ],
        failed=failed[1] if failed else None,
        counts=counts_of(review),
        shows=rows.counts(),
        show=show.value,
        number=number,
        pages=pages,
        review=review,
        checked=findings is not None,
        faq_id=faq_id,
        faq_title=rows.title(faq_id),
        faults=explainer.by_faq(errors)[:SHOWN_PROBLEMS],
        more_faults=max(0, len(explainer.by_faq(errors)) - SHOWN_PROBLEMS),
        warnings=len(findings or []) - len(errors),
        changes=[(faq_id, rows.title(faq_id), faq is None) for faq_id, faq in review.plan.edits.items()],
    )


def _rows(request: Request, review: Review) -> Rows:
    words = t_of(request)
    return Rows(review, titles_of(review.faqs, words.language), console_of(request).clinic.languages, words)


def _view_of(request: Request) -> tuple[Show, int, str]:
    """Which sentences, which page of them, and the FAQ that they are about, "" for any."""
    show, number = request.query_params.get("show", ""), request.query_params.get("page", "1")
    known = show if show in {each.value for each in Show} else Show.ALL.value
    page_number = max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1
    return Show(known), page_number, request.query_params.get("faq", "")


@allow(Role.EDITOR)
async def decide(request: Request) -> Response:
    upload = await _upload_of(request)
    review = await _review(request, upload)
    task = review.task(request.path_params["key"])
    if task is None:  # decided on an old page: the drafts have changed, and so has what there is to decide
        return redirect(request, _address(upload), message="documents.changed_meanwhile", kind="problem")
    person, console = person_of(request), console_of(request)
    choice = _choice(request, task)
    form = _form(request, review, task, choice)
    if not form.validate():
        return await _review_page(request, upload, review, 422, failed=(task, form))
    decision = decision_of(form, choice, task, person.username, review)
    await run_in_threadpool(Uploads(console.engine).decide, upload.id, {task.key: decision.to_json()})
    query = f"?{request.url.query}" if request.url.query else ""
    return redirect(request, f"{_address(upload)}{query}#task-{task.key}", message="documents.decided")


def _choice(request: Request, task: Task) -> Choice:
    """The button's. Raises HTTPException 400 for one that this task doesn't offer."""
    given = str(request.state.form.get("choice", ""))
    if given not in {choice.value for choice in task.choices}:
        raise HTTPException(400)
    return Choice(given)


def _form(request: Request, review: Review, task: Task, choice: Choice) -> DecisionForm:
    rows, given = _rows(request, review), request.state.form
    meta: dict[str, Any] = {"meta": {"locales": [t_of(request).language]}}
    decision = review.decisions.get(task.key)
    if choice is Choice.NEW_FAQ:
        return rows.new_faq(task, decision, given, **meta)
    words_given = any(name.startswith(f"{task.key}-text_") for name in given)
    faq_id = task.faq or (decision.faq if decision and decision.choice is Choice.ADD_TO else "")
    if choice is Choice.EDIT or (choice is Choice.ADD_TO and words_given):
        if faq_id not in review.faqs:
            raise HTTPException(400)
        return rows.wording(task, review.faqs[faq_id], given, **meta)
    if choice is Choice.ADD_TO:
        return rows.add(task, decision, given, **meta)
    return form_of(request, DecisionForm)


@allow(Role.EDITOR)
async def set_apart(request: Request) -> Response:
    """A sentence that was taken for a changed one is another: the old one has vanished, the new one is new."""
    upload = await _upload_of(request)
    task = (await _review(request, upload)).task(request.path_params["key"])
    if task is None or not task.old or not task.new:
        raise HTTPException(400)
    pairs = [*upload.state.get(APART, []), [task.number, task.new]]
    await run_in_threadpool(Uploads(console_of(request).engine).decide, upload.id, {APART: pairs})
    return redirect(request, _address(upload), message="documents.set_apart", number=task.number)


@allow(Role.EDITOR)
async def write(request: Request) -> Response:
    upload, console, person = await _upload_of(request), console_of(request), person_of(request)
    if request.state.form.get("then") == "check":
        review = await _review(request, upload)
        findings = await run_in_threadpool(document_writing.check, console, review)
        return await _review_page(request, upload, review, findings=findings)
    basis = str(request.state.form.get("basis", ""))
    try:
        changed = await run_in_threadpool(document_writing.write, console, person, upload, basis)
    except NotReady:
        address = f"{_address(upload)}?show=open"
        return redirect(request, address, message="documents.not_ready", kind="problem")
    except Conflict:
        return redirect(request, _address(upload), message="documents.changed_meanwhile", kind="problem")
    except Refused as error:
        details = {"codes": sorted({finding.code for finding in error.findings}), "findings": len(error.findings)}
        await run_in_threadpool(
            console.audit.record, person.username, "document.write", upload.name, details, "refused"
        )
        return await _review_page(request, upload, await _review(request, upload), 422, findings=error.findings)
    await run_in_threadpool(Uploads(console.engine).remove, upload.id)
    return redirect(request, "/staff/documents", message="documents.written", count=len(changed))


@allow(Role.EDITOR)
async def remove_document(request: Request) -> Response:
    upload, console, person = await _upload_of(request), console_of(request), person_of(request)
    await run_in_threadpool(Uploads(console.engine).remove, upload.id)
    await run_in_threadpool(console.audit.record, person.username, "document.remove", upload.name)
    return redirect(request, "/staff/documents", message="documents.removed")


async def _upload_of(request: Request) -> Upload:
    uploads = Uploads(console_of(request).engine)
    upload = await run_in_threadpool(uploads.get, KIND, request.path_params["upload"])
    if upload is None:
        raise HTTPException(404)
    return upload


async def _review(request: Request, upload: Upload) -> Review:
    return await run_in_threadpool(review_of, upload, console_of(request))


def _address(upload: Upload) -> str:
    return f"/staff/documents/{upload.id}"


routes = [
    Route("/staff/documents", show_document),
    Route("/staff/documents", upload_document, methods=["POST"]),
    Route("/staff/documents/present.{kind}", download),
    Route("/staff/documents/{upload}", show_review),
    Route("/staff/documents/{upload}/write", write, methods=["POST"]),
    Route("/staff/documents/{upload}/remove", remove_document, methods=["POST"]),
    Route("/staff/documents/{upload}/{key}", decide, methods=["POST"]),
    Route("/staff/documents/{upload}/{key}/apart", set_apart, methods=["POST"]),
]
