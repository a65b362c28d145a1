"""What is taken out of a document's file, and what can be wrong with one."""

from dataclasses import dataclass
from enum import Enum

from clinicbot.yaml_files import ContentError

SUFFIXES = (".txt", ".md", ".docx", ".pdf")
MAX_BYTES = 10_000_000
MAX_PAGES = 100
MAX_CHARACTERS = 150_000  # some fifty pages of text
MAX_UNPACKED_BYTES = 60_000_000
MAX_RATIO = 100  # unpacked to packed; a Word file of text stays under 20
MAX_PARTS = 1_000


class Problem(str, Enum):
    """Why a file can't be used; the console says each in words."""

    KIND = "kind"
    SIZE = "size"
    EMPTY = "empty"
    ENCODING = "encoding"
    BROKEN = "broken"
    BOMB = "bomb"
    ENCRYPTED = "encrypted"
    SCANNED = "scanned"
    PAGES = "pages"
    LENGTH = "length"
    TRACKED = "tracked"
    SLOW = "slow"


_MESSAGES = {
    Problem.KIND: "use .txt, .md, .docx or .pdf",
    Problem.SIZE: f"the file has more than {MAX_BYTES // 1_000_000} MB; take out its pictures",
    Problem.EMPTY: "there is no text in the file",
    Problem.ENCODING: "the text isn't UTF-8; save it again as UTF-8",
    Problem.BROKEN: "the file is damaged or of another kind than its name says; save it again",
    Problem.BOMB: "the file unpacks to far more than it should; copy the text into a new one",
    Problem.ENCRYPTED: "the PDF is locked with a password; save it without one",
    Problem.SCANNED: "the PDF holds pictures of text only; upload the text it was printed from",
    Problem.PAGES: f"the PDF has more than {MAX_PAGES} pages; split it",
    Problem.LENGTH: f"the text has more than {MAX_CHARACTERS} characters; shorten it",
    Problem.TRACKED: "the Word file has tracked changes; accept or reject them all, then save it again",
    Problem.SLOW: "the file takes too much time or memory to read; copy the text into a new one",
}


class DocumentError(ContentError):
    """The file can't be used; `problem` says why. Nothing was written."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(_MESSAGES[problem])
        self.problem = problem


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together; each is a sentence or several, none goes on in the next."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Extract:
    """A file's text in reading order, and what a person should know was left out of it.

    `headings` are titles, which state nothing; `repeated` stood at the top or foot of most pages; `empty_pages` are
    numbers of PDF pages without any text, perhaps pictures of it.
    """

    paragraphs: tuple[Paragraph, ...]
    headings: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    empty_pages: tuple[int, ...] = ()
