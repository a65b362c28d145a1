"""What the live release says, for whoever shows it beside Rasa: the public page and the passages under answers."""

import logging
from pathlib import Path
from threading import Lock

from clinicbot import paths
from clinicbot.faq.document import Document, read_document
from clinicbot.faq.files import read_faqs
from clinicbot.faq.model import Faq
from clinicbot.releases.store import ReleaseError, Releases
from clinicbot.yaml_files import ContentError

logger = logging.getLogger(__name__)

_UNREADABLE = (ContentError, ReleaseError, OSError)


class LiveContent:
    """Read again when another release has gone live; before the first one it is the checkout's. Safe among threads.

    What can't be read leaves what was there before: no answer may fail because of it.
    """

    def __init__(self, releases: Releases, root: Path = paths.ROOT) -> None:
        """Raises ContentError where neither the live release's nor the checkout's document can be read."""
        self._releases = releases
        self._root = root
        # two locks: an answer that quotes the document must not wait until the page's FAQs have been read
        self._document_lock, self._faqs_lock = Lock(), Lock()
        self._document_stamp = releases.stamp()
        try:
            self._document = read_document(paths.document_in(self._live_root()))
        except _UNREADABLE as error:
            logger.error("the live release's document can't be read, so the installed one is quoted: %s", error)
            self._document = read_document(paths.document_in(root))
        self._documents: dict[int, Document] = {}
        self._faqs: tuple[Faq, ...] = ()
        self._faqs_stamp: int | None = None

    def stamp(self) -> int:
        """Another number whenever there is something else to show."""
        return self._releases.stamp()

    @property
    def document(self) -> Document:
        """A few milliseconds after a change, else at once."""
        stamp = self._releases.stamp()
        with self._document_lock:
            if stamp != self._document_stamp:
                self._document_stamp = stamp
                try:
                    self._document = read_document(paths.document_in(self._live_root()))
                except _UNREADABLE as error:
                    logger.error("the live release's document can't be read, so the one before is quoted: %s", error)
            return self._document

    def document_of(self, release: int | None) -> Document:
        """The one that this release's answers stand on; the live one's where nobody knows which release answered.

        While another release goes live, the one before still answers for a moment, and numbers of sentences may stand
        for others in the new document.
        """
        if release is None:
            return self.document
        with self._document_lock:
            known = self._documents.get(release)
            if known is None:
                try:
                    known = read_document(paths.document_in(self._releases.get(release).content))
                except _UNREADABLE as error:
                    logger.error("the document of release %d can't be read: %s", release, error)
        if known is None:
            return self.document
        self._documents = {**dict([*self._documents.items()][-1:]), release: known}  # and the one before
        return known

    @property
    def faqs(self) -> tuple[Faq, ...]:
        """Blocking: some hundred milliseconds after a change."""
        stamp = self._releases.stamp()
        with self._faqs_lock:
            if stamp != self._faqs_stamp:
                self._faqs_stamp = stamp
                try:
                    self._faqs = tuple(read_faqs(self._live_root() / "data" / "faq"))
                except _UNREADABLE as error:
                    logger.error("the live release's FAQs can't be read, so those before are shown: %s", error)
            return self._faqs

    def _live_root(self) -> Path:
        live = self._releases.live()
        return live.content if live else self._root
