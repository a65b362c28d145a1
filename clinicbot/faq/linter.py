"""The content linter: `clinicbot faq lint`. Every finding has a number that can be searched for.

It guards what a reviewer cannot see at a glance: that each sentence of the document is answered, that each number
and negation of an answer stands in its passage and in its translations, and that no question belongs to two FAQs.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from clinicbot import paths
from clinicbot.clinic import Clinic, read_clinic
from clinicbot.faq.document import Document, read_document
from clinicbot.faq.facts import LANGUAGES, is_negated, numbers
from clinicbot.faq.files import faqs_of, read_intents
from clinicbot.faq.model import Answer, Faq
from clinicbot.texts import DEFAULT_LANGUAGE, read_texts
from clinicbot.yaml_files import ContentError, read_yaml

MIN_PHRASINGS = 25
FEW_PHRASINGS = 3  # fewer teach the classifier nothing
MIN_OUT_OF_SCOPE = 400
MAX_SENTENCES = 3
MAX_PHRASING_LENGTH = 200
OUT_OF_SCOPE_INTENTS = ("out_of_scope", "not_in_document")

_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_MARKUP = re.compile(r"[{}<>\[\]]|\\|[\x00-\x08\x0b-\x1f]")
_PUNCTUATION = re.compile(r"[^\w\s]", re.UNICODE)


@dataclass(frozen=True)
class Finding:
    """One fault: its number, where it is, and what to do.

    `reason` tells apart the faults of one number, and `values` has what the message names, for whoever says it in other
    words. A warning is of content that is only unfinished: staff may write and publish it. `clinicbot faq lint` counts
    it as any other, and the writer refuses an edit that makes finished content unfinished.
    """

    code: str
    where: str
    message: str
    reason: str = ""
    values: Mapping[str, str] = field(default_factory=dict, compare=False)
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.code} {self.where}: {self.message}"


@lru_cache(maxsize=100_000)  # each check looks at all phrasings twice, and hardly any of them change
def fingerprint(phrasing: str) -> str:
    """What makes two phrasings the same: letters and digits, without case, punctuation and spacing.

    A phrasing without any is itself ("👍", "???").
    """
    folded = unicodedata.normalize("NFKC", phrasing).casefold()
    return " ".join(_PUNCTUATION.sub("", folded).split()) or folded.strip()


def lint(root: Path = paths.ROOT) -> list[Finding]:
    """All findings over a checkout's `data/`. An unreadable file is finding F001 and hides what is in it."""
    data = root / "data"
    try:
        clinic = read_clinic(data / "clinic.yml")
        document = read_document(paths.document_in(root))
        intents = {
            name: phrasings
            for path in sorted((data / "dialogue").glob("*.yml"))
            for name, phrasings in read_intents(path).items()
        }
    except (ContentError, OSError) as error:
        return [Finding("F001", "data", str(error))]
    findings: list[Finding] = []
    faqs: list[Faq] = []
    for path in sorted((data / "faq").glob("*.yml")):
        try:
            raw = read_yaml(path)
            topic = faqs_of(raw, path)
        except ContentError as error:
            findings.append(Finding("F001", path.name, str(error)))
            continue
        faqs += topic
        findings += _lint_topic_file(path, topic, raw.get("rules") or [])
    for faq in faqs:
        findings += _lint_faq(faq, document, clinic)
    findings += _lint_coverage(faqs, document)
    findings += _lint_phrasings(faqs, intents)
    findings += _lint_titles(faqs)
    findings += _lint_texts(data / "texts", clinic)
    return findings


def _lint_topic_file(path: Path, faqs: list[Faq], rules: list[dict[str, Any]]) -> Iterator[Finding]:
    for faq in faqs:
        if faq.topic != path.stem:
            yield Finding("F002", faq.id, f"stands in {path.name}; move it to {faq.topic}.yml")
    expected = [{"intent": path.stem}, {"action": f"utter_{path.stem}"}]
    if not any(rule.get("steps") == expected for rule in rules):
        yield Finding("F003", path.name, f"needs a rule with the steps intent {path.stem}, action utter_{path.stem}")


def _lint_faq(faq: Faq, document: Document, clinic: Clinic) -> Iterator[Finding]:
    if len(faq.phrasings) < MIN_PHRASINGS:
        count = str(len(faq.phrasings))
        message = f"has {count} phrasings; write at least {MIN_PHRASINGS}"
        yield Finding("F004", faq.id, message, values={"count": count}, is_warning=len(faq.phrasings) >= FEW_PHRASINGS)
    for language in dict.fromkeys((*clinic.languages, *faq.answers)):
        if language not in faq.answers:
            # Rasa then gives the English one
            values, is_warning = {"language": language}, language != DEFAULT_LANGUAGE
            yield Finding("F005", faq.id, f"has no answer in {language!r}", "missing", values, is_warning)
        elif not faq.answers[language].text:
            yield Finding("F005", f"{faq.id} ({language})", "the answer is empty", "blank")
    for answer in faq.answers.values():
        yield from _lint_answer(faq, answer, document, clinic)
    english = faq.answers.get(DEFAULT_LANGUAGE)
    for answer in faq.answers.values():
        if english is None or answer is english:
            continue
        ours, theirs = sorted(numbers(answer.text)), sorted(numbers(english.text))
        if ours != theirs:
            values = {"numbers": ", ".join(ours), "english": ", ".join(theirs)}
            message = f"numbers {ours} differ from English {theirs}"
            yield Finding("F012", f"{faq.id} ({answer.language})", message, values=values)
        if answer.language not in LANGUAGES:
            yield Finding("F021", f"{faq.id} ({answer.language})", "no rule for this language's “not” in faq/facts.py")
        elif is_negated(answer.text, answer.language) != is_negated(english.text, DEFAULT_LANGUAGE):
            yield Finding("F013", f"{faq.id} ({answer.language})", "negated in one language only; compare with English")
        if answer.source != english.source or answer.phone_line != english.phone_line:
            yield Finding("F014", f"{faq.id} ({answer.language})", "source and phone_line must equal the English ones")


def _lint_answer(faq: Faq, answer: Answer, document: Document, clinic: Clinic) -> Iterator[Finding]:
    where = f"{faq.id} ({answer.language})"
    if len(_SENTENCE_END.findall(answer.text)) > MAX_SENTENCES:
        yield Finding("F006", where, f"more than {MAX_SENTENCES} sentences; shorten it")
    if _MARKUP.search(answer.text) or _MARKUP.search(answer.title):
        yield Finding("F007", where, "has a brace, bracket, tag, backslash or control character; write plain text")
    if not answer.title:
        yield Finding("F008", where, "has no title")
    digits = re.sub(r"\D", "", clinic.phone)[-7:]
    if digits in re.sub(r"\D", "", answer.text):
        yield Finding("F009", where, "holds the phone number; set `phone_line: true` instead")
    unknown = [reference for reference in answer.source if not document.passage(reference)]
    if unknown or not answer.source:
        message = f"source {unknown or 'is empty'}: name sentences of the document such as p5.2"
        yield Finding("F010", where, message, "unknown" if unknown else "", {"references": ", ".join(unknown)})
        return
    passage = document.quote(answer.source)
    invented = numbers(answer.text) - numbers(passage)
    if invented:
        values = {"numbers": ", ".join(sorted(invented))}
        yield Finding("F011", where, f"says {sorted(invented)}, which its passage does not", "numbers", values)
    negated = answer.language in LANGUAGES and is_negated(answer.text, answer.language)
    if negated and not is_negated(passage, DEFAULT_LANGUAGE):
        yield Finding("F011", where, "says “not”, which its passage does not", "not")


def _lint_coverage(faqs: list[Faq], document: Document) -> Iterator[Finding]:
    answered = {
        sentence
        for faq in faqs
        for answer in faq.answers.values()
        for reference in answer.source
        for sentence in document.expand(reference)
    }
    for sentence, text in document.sentences.items():
        if sentence not in answered:
            message = "this sentence of the document is answered by no FAQ"
            yield Finding("F015", sentence, message, values={"sentence": text}, is_warning=True)


def _lint_phrasings(faqs: list[Faq], intents: dict[str, tuple[str, ...]]) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    everything = [(faq.id, faq.phrasings) for faq in faqs] + list(intents.items())
    for owner, phrasings in everything:
        for phrasing in phrasings:
            key = fingerprint(phrasing)
            if key in owners:
                values = {"phrasing": phrasing, "owner": owners[key]}
                message = f"{phrasing!r} already belongs to {owners[key]}; keep it in one place"
                yield Finding("F016", owner, message, "same" if owners[key] == owner else "", values)
            owners.setdefault(key, owner)
            if len(phrasing) > MAX_PHRASING_LENGTH or _MARKUP.search(phrasing) or phrasing.startswith("/"):
                message = f"{phrasing[:40]!r}: too long, with markup, or a leading slash"
                yield Finding("F017", owner, message, values={"phrasing": phrasing[:40]})
    out_of_scope = sum(len(intents.get(name, ())) for name in OUT_OF_SCOPE_INTENTS)
    if out_of_scope < MIN_OUT_OF_SCOPE:
        yield Finding("F018", "dialogue", f"{out_of_scope} out-of-scope phrasings; write at least {MIN_OUT_OF_SCOPE}")


def _lint_titles(faqs: list[Faq]) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for faq in faqs:
        for answer in faq.answers.values():
            key = (answer.language, answer.title.casefold())
            if key in seen:
                values = {"title": answer.title, "owner": seen[key], "language": answer.language}
                message = f"title {answer.title!r} is also the title of {seen[key]}"
                yield Finding("F019", faq.id, message, values=values)
            seen.setdefault(key, faq.id)


def _lint_texts(folder: Path, clinic: Clinic) -> Iterator[Finding]:
    try:
        complete = read_texts(folder / f"{DEFAULT_LANGUAGE}.yml").keys()
        for language in clinic.languages:
            missing = complete ^ read_texts(folder / f"{language}.yml").keys()
            if missing:
                yield Finding("F020", f"texts/{language}.yml", f"keys differ from English: {sorted(missing)}")
    except ContentError as error:
        yield Finding("F001", "texts", str(error))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that refuse a change."""
    return [finding for finding in findings if not finding.is_warning]


def report(findings: Iterable[Finding]) -> str:
    return "\n".join(str(finding) for finding in findings)
