"""One FAQ in front of somebody: what is needed to show and to save it, read once a request."""

import logging
from dataclasses import dataclass, field
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from clinicbot import paths
from clinicbot.console.faq_forms import NEW_TOPIC, FaqForm, identifier, languages_of
from clinicbot.console.faq_saving import Alteration
from clinicbot.console.faq_trying import Tried, live_faqs
from clinicbot.console.services import Console
from clinicbot.console.texts import Words
from clinicbot.console.web import Handler, console_of, page, person_of, t_of
from clinicbot.faq import writer
from clinicbot.faq.document import Document, read_document
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.model import Faq
from clinicbot.faq.spreadsheet import FieldChange, field_changes
from clinicbot.releases.store import ReleaseError
from clinicbot.store.faq_care import Care, FaqCare
from clinicbot.store.people import Person
from clinicbot.texts import DEFAULT_LANGUAGE, Texts, read_texts, topic_title
from clinicbot.yaml_files import ContentError

logger = logging.getLogger(__name__)

MAX_TOPIC = 50  # characters of a topic's identifier, as the writer takes it


@dataclass(frozen=True)
class Editing:
    """`faq_id` is empty for a new FAQ; `draft` is None for a new one and one that was deleted; `live` is what patients
    get, None where they don't have it yet."""

    console: Console
    person: Person
    words: Words
    faq_id: str
    draft: Faq | None
    live: Faq | None
    faqs: dict[str, Faq]
    topics: dict[str, str]
    version: str
    care: Care
    document: Document
    languages: tuple[str, ...]

    @property
    def topic(self) -> str:
        return self.faq_id.partition("/")[0]

    def differences(self) -> list[FieldChange]:
        """What the draft changes of what patients get."""
        return list(field_changes(self.live, self.draft)) if self.live and self.draft else []


@dataclass
class Findings:
    """What a form's page says beside the form, after one of its buttons was pressed."""

    tried: list[Tried] | None = None
    not_tried: str = ""
    suggestions: list[str] | None = None
    takeable: list[str] = field(default_factory=list)
    alterations: list[Alteration] = field(default_factory=list)
    confirm: str = ""
    conflict: list[FieldChange] | None = None
    theirs: Faq | None = None
    searched: str = ""


def readable(handler: Handler) -> Handler:
    """Below `allow`: a file that can't be read, or that others write all the time, is told in words."""

    @wraps(handler)
    async def told(request: Request) -> Response:
        try:
            return await handler(request)
        except (ContentError, ReleaseError) as error:
            logger.error("FAQs can't be shown or written: %s", type(error).__name__)  # its text may quote patients
            return page(request, "faqs/unreadable.html", 500, message=str(error))

    return told


def open_faq(request: Request, faq_id: str) -> Editing:
    """Blocking. Raises ContentError for a damaged file."""
    console, person = console_of(request), person_of(request)
    drafts = Drafts(console.root)
    topic = faq_id.partition("/")[0]
    version = writer.version_of(topic, console.root) if faq_id else ""  # before the FAQ is read
    faqs = drafts.faqs()
    draft = faqs.get(faq_id)
    return Editing(
        console=console,
        person=person,
        words=t_of(request),
        faq_id=faq_id,
        draft=draft,
        live=live_faqs(console).get(faq_id),
        faqs=faqs,
        topics=topic_titles(console, drafts.topics(), person.language),
        version=version,
        care=FaqCare(console.engine).get(faq_id),
        document=read_document(paths.document_in(console.root)),
        languages=languages_of(console.clinic.languages, draft, person.language),
    )


def topic_titles(console: Console, topics: list[str], language: str) -> dict[str, str]:
    texts = _texts(console, language)
    return {topic: topic_title(topic, texts) for topic in topics}


def _texts(console: Console, language: str) -> Texts:
    path = console.root / "data" / "texts" / f"{language}.yml"
    return read_texts(path if path.exists() else path.with_name(f"{DEFAULT_LANGUAGE}.yml"))


def prepare(form: FaqForm, editing: Editing) -> None:
    """The choices that depend on what is there."""
    words = editing.words
    form.topic.choices = [*editing.topics.items(), (NEW_TOPIC, words("faqs.another_topic"))]
    people = [person for person in editing.console.people.all() if person.is_active]
    form.owner.choices = [(0, words("faqs.nobody")), *((person.id, person.name) for person in people)]
    if editing.faq_id:
        del form.topic, form.new_topic


def chosen_topic(form: FaqForm, editing: Editing) -> str:
    """The topic of a new FAQ; empty, with an error beside the field, where there is none."""
    if form.topic.data in editing.topics:
        return str(form.topic.data)
    if form.topic.data != NEW_TOPIC:
        form.topic.errors = ["faqs.topic_needed"]
        return ""
    topic = identifier(form.new_topic.data or "", MAX_TOPIC)
    if not topic or not topic[0].isalpha():
        form.new_topic.errors = ["faqs.new_topic_needed"]
        return ""
    return topic
