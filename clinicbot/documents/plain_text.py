"""The text of .txt and .md files."""

import re

from clinicbot.documents.extract import DocumentError, Extract, Paragraph, Problem
from clinicbot.documents.lines import Assembly, clean
from clinicbot.documents.wrapping import unwrap

_NUMBERED = re.compile(r"^- p(\d+)\.\d+ (.+)$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)[\s#]*$")
_UNDERLINE = re.compile(r"^ {0,3}(?:=+|-{3,})\s*$")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")


def decode(content: bytes) -> str:
    """Raises DocumentError: a code page isn't guessed, since a wrong guess would change letters without a sign."""
    try:
        encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(Problem.ENCODING) from error
    if "\x00" in text:
        raise DocumentError(Problem.BROKEN)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(content: bytes, *, markdown: bool) -> Extract:
    text = decode(content)
    if _NUMBERED.search(text):
        return _numbered(text)
    assembly = Assembly()
    lines = text.split("\n")
    for piece in unwrap(_marked_headings(lines) if markdown else lines):
        text = piece.text
        if markdown and (heading := _HEADING.match(text)):
            assembly.heading(_plain(heading[1]))
        elif markdown and text.startswith("|"):
            if not _TABLE_RULE.match(text):
                assembly.row(_plain(cell) for cell in text.strip("|").split("|"))
        elif piece.is_item:
            assembly.item(_plain(text) if markdown else text)
        else:
            assembly.paragraph(_plain(text.lstrip("> ")) if markdown else text)
    return Extract(assembly.paragraphs(), tuple(assembly.headings))


def _numbered(text: str) -> Extract:
    """Our own format, downloaded and edited: the numbered lines are the text, whatever stands around them."""
    paragraphs: dict[str, list[str]] = {}
    for match in _NUMBERED.finditer(text):
        paragraphs.setdefault(match[1], []).append(clean(match[2]))
    return Extract(tuple(Paragraph(tuple(lines)) for lines in paragraphs.values()))


def _marked_headings(lines: list[str]) -> list[str]:
    """Headings and table rows get empty lines around them, so that nothing is joined to them."""
    result: list[str] = []
    for line in lines:
        if _UNDERLINE.match(line):
            if result and result[-1].strip():
                result[-1] = f"# {result[-1]}"
            result.append("")
        elif _HEADING.match(line) or line.lstrip().startswith("|"):
            result += ["", line, ""]
        else:
            result.append(line)
    return result


def _plain(text: str) -> str:
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))
