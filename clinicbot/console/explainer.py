"""What the writer found, as lines in a person's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clinicbot.console.faq_findings import explain, titles_in
from clinicbot.console.services import Console
from clinicbot.console.texts import Words
from clinicbot.faq.document import Document, read_document
from clinicbot.faq.linter import Finding
from clinicbot.paths import document_in


@dataclass(frozen=True)
class Fault:
    """`where` is an FAQ's id, or what else of the content the finding is about."""

    where: str
    title: str
    text: str
    more: int


@dataclass(frozen=True)
class Explainer:
    """Findings in the person's words."""

    words: Words
    titles: Mapping[str, str]
    document: Document

    @classmethod
    def of(cls, console: Console, words: Words) -> "Explainer":
        titles = titles_in(console.root, words.language)
        return cls(words, titles, read_document(document_in(console.root)))

    def by_faq(self, findings: Iterable[Finding]) -> list[Fault]:
        """What stands in the way, one line an FAQ: the first of its findings, and how many more there are."""
        grouped: dict[str, list[Finding]] = {}
        for finding in findings:
            grouped.setdefault(finding.where.partition(" ")[0], []).append(finding)
        return [
            Fault(where, self.titles.get(where, where), self._explained(found[0]), len(found) - 1)
            for where, found in grouped.items()
        ]

    def _explained(self, finding: Finding) -> str:
        return explain(finding, self.words, self.titles, self.document)

    def lines(self, findings: Iterable[Finding], own: str = "") -> list[str]:
        """Where, and what is wrong there; where it is the FAQ `own` itself, that goes without saying."""
        return [
            explained if each.where.partition(" ")[0] == own else f"{each.where}: {explained}"
            for each in findings
            for explained in [self._explained(each)]
        ]
