"""A candidate for the next release: trained from a content folder, as an archive that Rasa can pull.

After a small change to the live release's content only what changed is trained; else everything is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clinicbot.nlu.assembling import read_options
from clinicbot.nlu.encoder import Encoder
from clinicbot.nlu.question_increment import Incrementer, Pair
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.nlu.question_training import train
from clinicbot.nlu.vocabulary import read_vocabulary
from clinicbot.training.corpus import read_corpus
from clinicbot.training.packaging import Shell, can_be_reassembled, load_model, package_with_rasa, reassemble


@dataclass(frozen=True)
class Candidate:
    """`rehearsal` has not seen `held_back`; both are empty where everything was trained anew.

    `fitted` names the classes that were trained, empty for all.
    """

    archive: Path
    model: QuestionModel
    fitted: tuple[str, ...] = ()
    held_back: tuple[Pair, ...] = ()
    rehearsal: QuestionModel | None = None


@dataclass(frozen=True)
class Base:
    """What a candidate may go on from: the live release's content folder and archive."""

    content: Path
    archive: Path


class CandidateTrainer:
    """Stays warm for one base: `prepare` takes seconds, after it a small change does not."""

    def __init__(self, encoder: Encoder, log: Path) -> None:
        self._encoder = encoder
        self._log = log
        self._base: Base | None = None
        self._incrementer: Incrementer | None = None
        self._shell: Shell | None = None

    @property
    def base_model(self) -> QuestionModel | None:
        """The base's own model, once it is prepared."""
        return self._incrementer.base if self._incrementer else None

    def prepare(self, base: Base | None) -> None:
        """Read the base's model and phrasings. Raises TrainingError or ContentError."""
        if base is None or base == self._base:
            return
        model, _ = load_model(base.archive, self._encoder)
        pairs, subject = read_corpus(base.content).pairs, _subject(base.content)
        incrementer = Incrementer(model, pairs, encoder=self._encoder, subject=subject)
        self._base, self._shell, self._incrementer = base, Shell.of(base.archive), incrementer

    def train(self, content: Path, base: Base | None, folder: Path, progress: Callable[[float], None]) -> Candidate:
        """Writes `model.tar.gz` and the classifier's files into `folder`. Raises TrainingError, ContentError."""
        self.prepare(base)
        pairs = read_corpus(content).pairs
        archive = folder / "model.tar.gz"
        incrementer = self._incrementer if base and _subject(base.content) == _subject(content) else None
        if base is None or incrementer is None or not incrementer.suits(pairs):
            model = train_all(content, self._encoder)
            model.save(folder)
            progress(0.8)
            package_with_rasa(content, folder, archive, self._log)
            return Candidate(archive, model)
        increment = incrementer.change(pairs, lambda share: progress(0.8 * share))
        increment.model.save(folder)
        if self._shell is not None and can_be_reassembled(base.content, content):
            reassemble(self._shell, content, folder, archive)
        else:
            package_with_rasa(content, folder, archive, self._log)
        return Candidate(archive, increment.model, increment.fitted, increment.held_back, increment.rehearsal)


def train_all(content: Path, encoder: Encoder) -> QuestionModel:
    """The classifier's model of a content folder, from all its phrasings."""
    corpus = read_corpus(content)
    return train(corpus.texts, corpus.labels, encoder=encoder, subject=_subject(content))


def _subject(content: Path) -> frozenset[str]:
    vocabulary = read_options(content / "config.yml")["vocabulary"]
    return read_vocabulary(str(content / vocabulary) if vocabulary else None).subject
