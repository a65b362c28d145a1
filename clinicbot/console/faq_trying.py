"""What the live assistant makes of a phrasing, and what comes too near to it: while somebody types, and for a list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from clinicbot.console.faq_findings import label_in_words, titles_of
from clinicbot.console.services import Console
from clinicbot.console.texts import Words
from clinicbot.console.web import Role, allow, console_of, is_htmx, page, person_of, t_of
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.linter import MAX_PHRASING_LENGTH, fingerprint
from clinicbot.faq.model import Faq
from clinicbot.faq.nearness import rival
from clinicbot.releases.reading import Reading
from clinicbot.releases.store import ReleaseError

WHILE_TYPING = 3  # of several new lines the last ones
AT_ONCE = 60  # a reading takes up to 0.1 s


@dataclass(frozen=True)
class Tried:
    """One phrasing. `answer` is what the live assistant would say in words, `percent` how sure it is; `near` another
    FAQ that it comes too near to, `owner` one whose draft has this phrasing already, both in words or empty."""

    phrasing: str
    answer: str
    percent: int
    answered: bool
    is_own: bool
    near: str
    owner: str

    @property
    def needs_a_look(self) -> bool:
        return bool(self.near or self.owner)


def live_faqs(console: Console) -> dict[str, Faq]:
    """What patients get; nothing before the first release."""
    release = console.releases.live()
    return Drafts(release.content).faqs() if release else {}


def try_out(console: Console, texts: Sequence[str], own: str, language: str, words: Words) -> list[Tried]:
    """Blocking. Raises ReleaseError before the first release."""
    texts = [text[:MAX_PHRASING_LENGTH] for text in texts]
    drafts = Drafts(console.root)
    titles = titles_of({**live_faqs(console), **drafts.faqs()}, language)
    readings = console.reader.read(texts)
    return [
        _tried(text, reading, drafts.owner_of(text), own, titles, words)
        for text, reading in zip(texts, readings, strict=True)
    ]


def _tried(text: str, reading: Reading, owner: str | None, own: str, titles: dict[str, str], words: Words) -> Tried:
    def name(label: str) -> str:
        return titles.get(label) or label_in_words(label, words)

    near = rival(reading.nearest, own or reading.label)
    return Tried(
        phrasing=text,
        answer=name(reading.label),
        percent=round(100 * reading.confidence),
        answered=reading.answered,
        is_own=reading.label == own,
        near=name(near.label) if near else "",
        owner=name(owner) if owner and owner != own else "",
    )


def new_lines(lines: Sequence[str], faq: Faq | None) -> list[str]:
    """Those that the FAQ doesn't have yet."""
    known = {fingerprint(phrasing) for phrasing in faq.phrasings} if faq else set()
    return [line for line in lines if fingerprint(line) not in known]


def of_a_list(lines: Sequence[str], live: Faq | None) -> list[str]:
    """The ones to try out of a whole list: those that the live assistant hasn't learned as this FAQ's."""
    return list(dict.fromkeys(new_lines(lines, live)))


def _asked(form: dict[str, str], faq: Faq | None) -> Iterator[str]:
    if text := " ".join(form.get("phrasing", "").split()):
        yield text
    lines = [line.strip() for line in form.get("phrasings", "").splitlines() if line.strip()]
    yield from new_lines(lines, faq)[-WHILE_TYPING:]


@allow(Role.EDITOR, Role.APPROVER)
async def try_phrasing(request: Request) -> Response:
    """`phrasing`: one text; or `phrasings`, one a line, of which those are tried that `faq` hasn't yet."""
    console, person = console_of(request), person_of(request)
    form = {name: value for name, value in request.state.form.items() if isinstance(value, str)}
    own = form.get("faq", "")

    def read() -> list[Tried] | None:
        texts = list(_asked(form, Drafts(console.root).get(own)))
        try:
            return try_out(console, texts, own, person.language, t_of(request)) if texts else []
        except ReleaseError:
            return None

    tried = await run_in_threadpool(read)
    template = "faqs/_tried.html" if is_htmx(request) else "faqs/try.html"
    return page(request, template, tried=tried, own=own, phrasing=form.get("phrasing", ""))
