"""The one writer of what no FAQ may answer: the phrasings of `out_of_scope` and `not_in_document` in `data/dialogue`.

As `writer`, whose lock it takes: checked before anything is written, whole files, one writer at a time. Lines that
nobody touched stay as they are.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from clinicbot import paths
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.files import phrasings_of, read_intents
from clinicbot.faq.linter import MAX_PHRASING_LENGTH, MIN_OUT_OF_SCOPE, OUT_OF_SCOPE_INTENTS, Finding, fingerprint
from clinicbot.faq.safe_files import locked, replace_file
from clinicbot.faq.writer import Refused
from clinicbot.yaml_files import ContentError, parse_yaml

# Brackets and what else the linter takes for markup, and what YAML can't hold or takes for the end of a line.
_UNUSABLE = re.compile(r"[{}<>\[\]\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_EXAMPLE = re.compile(r"    - (.*)\n")


def usable(text: str) -> str:
    """A message as it may stand among phrasings: one line, without markup. Empty if nothing is left."""
    return " ".join(_UNUSABLE.sub(" ", text).split()).lstrip("/ ")


def add(intent: str, phrasings: Sequence[str], root: Path = paths.ROOT) -> list[str]:
    """Adds what the intent doesn't have yet, and returns that.

    Raises Refused for a phrasing that belongs elsewhere, is too long or can't be written, and ContentError for a file
    that is damaged or laid out otherwise. Cut off in the middle, the file is the old or the new one.
    """
    path = _path(intent, root)
    with locked(root / "data" / "faq", path):
        new = {fingerprint(text): text for text in phrasings if _owner(text, root) != intent}
        if findings := list(_lint(intent, list(new.values()), root)):
            raise Refused(findings)
        if new:
            begin, lines, end = _cut(path, intent)
            _replace(path, intent, begin + lines + [f"    - {text}\n" for text in new.values()] + end)
        return list(new.values())


def remove(intent: str, phrasings: Sequence[str], root: Path = paths.ROOT) -> int:
    """Takes phrasings out again; how many were there. Raises as `add`, and Refused if too few would be left."""
    path = _path(intent, root)
    gone = {fingerprint(text) for text in phrasings}
    with locked(root / "data" / "faq", path):
        begin, lines, end = _cut(path, intent)
        kept = [line for line in lines if fingerprint(line.removeprefix("    - ")) not in gone]
        removed = len(lines) - len(kept)
        if removed:
            left = _count(root) - removed
            if left < MIN_OUT_OF_SCOPE:
                message = f"{left} out-of-scope phrasings would be left; keep at least {MIN_OUT_OF_SCOPE}"
                raise Refused([Finding("F018", "dialogue", message)])
            _replace(path, intent, begin + kept + end)
        return removed


def _owner(text: str, root: Path) -> str | None:
    return Drafts(root).owner_of(text)


def _lint(intent: str, phrasings: Sequence[str], root: Path) -> Iterator[Finding]:
    for text in phrasings:
        if owner := _owner(text, root):
            message = f"{text!r} already belongs to {owner}; keep it in one place"
            yield Finding("F016", intent, message, values={"phrasing": text, "owner": owner})
        elif len(text) > MAX_PHRASING_LENGTH or usable(text) != text or not text:
            message = f"{text[:40]!r}: too long, with markup, or a leading slash"
            yield Finding("F017", intent, message, values={"phrasing": text[:40]})


def _count(root: Path) -> int:
    files = sorted((root / "data" / "dialogue").glob("*.yml"))
    intents = {name: texts for path in files for name, texts in read_intents(path).items()}
    return sum(len(intents.get(name, ())) for name in OUT_OF_SCOPE_INTENTS)


def _path(intent: str, root: Path) -> Path:
    """The file in which the intent's phrasings are. Raises ContentError if there is none."""
    if intent not in OUT_OF_SCOPE_INTENTS:
        raise ValueError(f"{intent} is none of {', '.join(OUT_OF_SCOPE_INTENTS)}")
    folder = root / "data" / "dialogue"
    for path in sorted(folder.glob("*.yml")):
        if intent in read_intents(path):
            return path
    raise ContentError(f"{folder}: no file has the intent {intent}; restore it from the repository")


def _cut(path: Path, intent: str) -> tuple[list[str], list[str], list[str]]:
    """The file's lines up to the intent's phrasings, these, and those behind. Raises ContentError."""
    lines = re.split(r"(?<=\n)", path.read_bytes().decode("utf-8"))
    head = [f"- intent: {intent}\n", "  examples: |\n"]
    begin = next((n + 2 for n in range(len(lines)) if lines[n : n + 2] == head), None)
    if begin is None:
        raise ContentError(f"{path}: the phrasings of {intent} must stand under `- intent: {intent}`, `  examples: |`")
    end = begin
    while _EXAMPLE.fullmatch(lines[end]):
        end += 1
    return lines[:begin], lines[begin:end], lines[end:]


def _replace(path: Path, intent: str, lines: Sequence[str]) -> None:
    """Writes the lines if they read back as what they were made of."""
    text = "".join(lines)
    expected = read_intents(path)
    expected[intent] = tuple(
        match[1].strip() for line in _examples(lines, intent) if (match := _EXAMPLE.fullmatch(line))
    )
    read = {block["intent"]: phrasings_of(block["examples"], str(path)) for block in parse_yaml(text).get("nlu", [])}
    if read != expected:
        raise ContentError(f"{path}: is not laid out as it was, so it can't be changed safely; restore its form first")
    replace_file(path, text)


def _examples(lines: Sequence[str], intent: str) -> Sequence[str]:
    begin = list(lines).index(f"- intent: {intent}\n") + 2
    end = next((n for n in range(begin, len(lines)) if not _EXAMPLE.fullmatch(lines[n])), len(lines))
    return lines[begin:end]
