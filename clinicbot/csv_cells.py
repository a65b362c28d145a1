"""Cells of a CSV file: a text that a spreadsheet would take for a formula gets an apostrophe before it.

What was guarded reads back as it was, also a text that began with an apostrophe itself. (OWASP, "CSV injection".)
"""

import re

_FORMULA = re.compile(r"'* *[=+\-@\t\r＝＋－＠]")


def harmless(text: str) -> str:
    """As it is written."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_typed(cell: str) -> str:
    """As it was before `harmless`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
