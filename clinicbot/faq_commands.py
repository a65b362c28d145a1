"""`clinicbot faq list|export|import`: what the staff's console does with FAQs, on the command line."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from clinicbot import paths
from clinicbot.faq import spreadsheet
from clinicbot.faq.files import read_faqs
from clinicbot.faq.model import Faq
from clinicbot.faq.spreadsheet import Change, Kind
from clinicbot.faq.workbook import MAX_BYTES, SpreadsheetError
from clinicbot.texts import DEFAULT_LANGUAGE

SHOWN = 200  # characters of a text in the preview


@click.command(name="list")
@click.option("--topic", help="Only this topic, such as duration.")
@click.option("--language", default=DEFAULT_LANGUAGE, show_default=True, help="Language of the titles and answers.")
@click.option("--search", help="Only FAQs with this in the id, a title, an answer or a phrasing.")
def list_faqs(topic: str | None, language: str, search: str | None) -> None:
    """Show the FAQs: id, number of phrasings, title and answer."""
    faqs = [faq for faq in read_faqs(paths.ROOT / "data" / "faq") if topic in (None, faq.topic)]
    found = [faq for faq in faqs if search is None or _holds(faq, search.casefold())]
    for faq in found:
        answer = faq.answers.get(language)
        click.echo(f"{faq.id}  {len(faq.phrasings)} phrasings  {answer.title if answer else ''}".rstrip())
        click.echo("    " + (answer.text.replace("\n", "\n    ") if answer else f"no answer in {language!r}"))
    click.echo(f"{len(found)} FAQs")


def _holds(faq: Faq, word: str) -> bool:
    answers = (text for answer in faq.answers.values() for text in (answer.title, answer.text))
    return any(word in text.casefold() for text in (faq.id, *answers, *faq.phrasings))


@click.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace a file of that name.")
def export_faqs(file: Path, overwrite: bool) -> None:
    """Write all FAQs to FILE, .xlsx or .csv, as `import` reads it."""
    faqs = read_faqs(paths.ROOT / "data" / "faq")
    content = spreadsheet.export(faqs, file.suffix.lower())
    try:
        with file.open("wb" if overwrite else "xb") as stream:
            stream.write(content)
    except FileExistsError as error:
        raise click.ClickException(f"{file} exists; choose another name or add --overwrite") from error
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}") from error
    click.echo(f"Wrote {len(faqs)} FAQs to {file}")


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--accept", "accepted", multiple=True, metavar="ID", help="Write this FAQ. May be repeated.")
@click.option("--accept-all", is_flag=True, help="Write all, or nothing if one is refused.")
def import_faqs(file: Path, accepted: tuple[str, ...], accept_all: bool) -> None:
    """Show what FILE, .xlsx or .csv, would change; write what is accepted."""
    if file.stat().st_size > MAX_BYTES:
        raise SpreadsheetError(f"{file} has more than {MAX_BYTES // 1_000_000} MB; split it")
    changes = spreadsheet.preview(spreadsheet.read(file.read_bytes(), file.suffix.lower()), paths.ROOT)
    for line in _report(changes):
        click.echo(line)
    refused = [change for change in changes if change.kind is Kind.REFUSED]
    if accept_all and not refused:
        accepted = tuple(change.faq.id for change in changes)
    if accepted:
        written = spreadsheet.apply(changes, accepted, paths.ROOT)
        click.echo(f"Wrote {len(written)} FAQs")
        return
    click.echo("Nothing was written" + ("" if accept_all else "; --accept ID or --accept-all writes"))
    if refused:
        sys.exit(1)


def _report(changes: list[Change]) -> Iterator[str]:
    for change in changes:
        if change.kind is Kind.SAME:
            continue
        rows = ", ".join(str(number) for number in change.rows)
        yield f"{change.kind.value}  {change.faq.id}  (rows {rows})"
        for field in change.fields:
            yield f"    {field.name}{'  !! numbers or “not” differ' if field.alters_facts else ''}"
            yield from (f"      {sign} {_short(text)}" for sign, text in (("-", field.old), ("+", field.new)) if text)
        yield from (f"    {finding}" for finding in change.findings)
    counts = (f"{sum(change.kind is kind for change in changes)} {kind.value}" for kind in Kind)
    yield ", ".join(counts)


def _short(text: str) -> str:
    line = " | ".join(text.split("\n"))
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"


COMMANDS = (list_faqs, export_faqs, import_faqs)
