"""A decided document written to the drafts, with the FAQs that change with it, in one act."""

from clinicbot.console.document_reviews import Review, review_of
from clinicbot.console.faq_alarms import alarms
from clinicbot.console.services import Console
from clinicbot.faq import checking, linter, writer
from clinicbot.faq.linter import Finding
from clinicbot.faq.writer import Conflict, NewDocument, Refused
from clinicbot.store.faq_care import DeletedFaqs
from clinicbot.store.people import Person
from clinicbot.store.uploads import Upload

LOGGED = 100  # numbers and ids in one row of the log


class NotReady(Exception):
    """Something isn't decided yet, or has been overtaken by somebody's edit."""


def check(console: Console, review: Review) -> list[Finding]:
    """What would be refused, and what would be unfinished, if it were written now."""
    return checking.check(review.plan.edits, console.root, review.plan.text)


def write(console: Console, person: Person, upload: Upload, basis: str) -> list[str]:
    """The ids of the FAQs that changed. `basis` is the one of the page that the person saw.

    Raises NotReady, Refused, or Conflict where the drafts are others than on that page.
    """
    review = review_of(upload, console)
    if review.basis != basis:
        raise Conflict("")
    if not review.plan.is_ready:
        raise NotReady
    edits = review.plan.edits
    if findings := alarms(console, edits):
        raise Refused(findings)
    topics = {faq_id.partition("/")[0] for faq_id in edits}
    versions = {topic: review.versions.get(topic, "") for topic in topics}
    deleted = DeletedFaqs(console.engine)
    # before they go: cut off between the two, nothing is lost
    numbers = [deleted.add(review.faqs[faq_id], person.username) for faq_id, faq in edits.items() if faq is None]
    try:
        writer.write(edits, versions, console.root, NewDocument(review.plan.text, review.document_version))
    except (Refused, Conflict):
        for number in numbers:
            deleted.forget(number)
        raise
    console.audit.record(person.username, "document.write", upload.name, _details(review))
    return [*edits]


def refusing(findings: list[Finding]) -> list[Finding]:
    return linter.errors(findings)


def _details(review: Review) -> dict[str, object]:
    comparison, edits = review.compared.comparison, review.plan.edits
    numbers = {
        kind: [sentence.number for sentence in comparison.sentences if sentence.kind.value == kind][:LOGGED]
        for kind in ("changed", "new")
    }
    return {
        **numbers,
        "vanished": [*comparison.vanished][:LOGGED],
        "faqs_written": [faq_id for faq_id, faq in edits.items() if faq is not None][:LOGGED],
        "faqs_deleted": [faq_id for faq_id, faq in edits.items() if faq is None][:LOGGED],
    }
