"""Markdown tables, and putting them between a page's markers."""

from collections.abc import Sequence
from pathlib import Path


class MarkerError(Exception):
    """A page lacks its markers; the message names both."""


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Padded, so that it can be read in a terminal too; the first column is left-aligned, the others right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        return (
            "| " + " | ".join([first, *(cell.rjust(w) for cell, w in zip(cells[1:], widths[1:], strict=True))]) + " |"
        )

    rule = "| " + " | ".join(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]) + " |"
    return "\n".join([line(header), rule, *map(line, rows)])


def write_between(page: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- name:begin -->` and `<!-- name:end -->`. Raises MarkerError."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found_begin, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise MarkerError(f"{page}: expected the markers {begin} and {end}, in this order")
    page.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
