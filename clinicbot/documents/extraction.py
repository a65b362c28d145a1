"""Reading a document's file in a process of its own, which the system ends if it takes too much time or memory.

Parsers of foreign files must neither hang nor kill the console. `python -m clinicbot.documents.extraction .pdf` is that
process: the file comes in on its standard input, the text goes out as JSON.
"""

import json
import resource
import signal
import subprocess
import sys
from dataclasses import asdict
from threading import BoundedSemaphore
from typing import Any

from clinicbot import paths
from clinicbot.documents.extract import (
    MAX_BYTES,
    MAX_CHARACTERS,
    SUFFIXES,
    DocumentError,
    Extract,
    Paragraph,
    Problem,
)

CPU_SECONDS = 20
SECONDS = 40  # by the clock, on a busy machine
MEMORY = 768 * 1024 * 1024  # bytes of address space

_ONE_AT_A_TIME = BoundedSemaphore()


def extract(content: bytes, suffix: str, *, cpu_seconds: int = CPU_SECONDS, memory: int = MEMORY) -> Extract:
    """The text of a file's content; `suffix` is one of SUFFIXES. Blocking, up to SECONDS. Raises DocumentError."""
    if suffix not in SUFFIXES:
        raise DocumentError(Problem.KIND)
    if len(content) > MAX_BYTES:
        raise DocumentError(Problem.SIZE)
    command = [sys.executable, "-B", "-m", __name__, suffix, str(cpu_seconds), str(memory)]
    with _ONE_AT_A_TIME:
        try:
            child = subprocess.run(
                command,
                input=content,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                cwd=paths.ROOT,
            )
        except subprocess.TimeoutExpired as error:
            raise DocumentError(Problem.SLOW) from error
    if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL, OUT_OF_MEMORY):
        raise DocumentError(Problem.SLOW)
    if child.returncode != 0:
        raise DocumentError(Problem.BROKEN)
    return _extract_of(json.loads(child.stdout))


def _extract_of(answer: dict[str, Any]) -> Extract:
    if "problem" in answer:
        raise DocumentError(Problem(answer["problem"]))
    paragraphs = tuple(Paragraph(tuple(paragraph["lines"])) for paragraph in answer.pop("paragraphs"))
    return Extract(paragraphs, **{name: tuple(values) for name, values in answer.items()})


OUT_OF_MEMORY = 3  # the child's exit code


def parse(content: bytes, suffix: str) -> Extract:
    """What the child does. Raises DocumentError, and whatever a parser raises over a damaged file."""
    # imported here, so that the console itself never holds these parsers
    if suffix == ".docx":
        from clinicbot.documents.word import read_word

        found = read_word(content)
    elif suffix == ".pdf":
        from clinicbot.documents.pdf import read_pdf

        found = read_pdf(content)
    else:
        from clinicbot.documents.plain_text import read_text

        found = read_text(content, markdown=suffix == ".md")
    lines = [line for paragraph in found.paragraphs for line in paragraph.lines]
    if not lines:
        raise DocumentError(Problem.EMPTY)
    characters = sum(map(len, [*lines, *found.headings, *found.repeated]))
    if characters > MAX_CHARACTERS:
        raise DocumentError(Problem.LENGTH)
    return found


def main(suffix: str, cpu_seconds: int, memory: int) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it has no file to write
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = asdict(parse(sys.stdin.buffer.read(), suffix))
    except DocumentError as error:
        answer = {"problem": error.problem.value}
    except MemoryError:
        return OUT_OF_MEMORY
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
