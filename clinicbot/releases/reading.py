"""What the live assistant would make of a text, outside of Rasa: for the staff, while they write."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from clinicbot.nlu.assembling import assemble, read_options
from clinicbot.nlu.encoder import Encoder, Vectors, default_encoder
from clinicbot.nlu.meaning import NOT_UNDERSTOOD
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.nlu.understanding import Understander
from clinicbot.releases.store import ReleaseError, Releases
from clinicbot.texts import DEFAULT_LANGUAGE
from clinicbot.training.errors import TrainingError
from clinicbot.training.packaging import load_model
from clinicbot.yaml_files import ContentError

RANKED = 5


@dataclass(frozen=True)
class Reading:
    """What one text means. `label` is an intent or `topic/name`; `confidence` how likely it is right, 0 to 1;
    `answered` False means that the assistant would say that it isn't sure. `ranking` has the likeliest labels with
    their shares, `nearest` those whose phrasings come nearest, with the cosine, best first."""

    label: str
    confidence: float
    answered: bool
    ranking: tuple[tuple[str, float], ...]
    nearest: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class _Loaded:
    stamp: int
    model: QuestionModel
    understander: Understander


class LiveReader:
    """Loads the live release's model at first use, and another when that has gone live. Safe among threads."""

    def __init__(self, releases: Releases, encoder: Encoder | None = None) -> None:
        self._releases = releases
        self._encoder = encoder
        self._loaded: _Loaded | None = None
        self._lock = Lock()

    def read(self, texts: Sequence[str], language: str = DEFAULT_LANGUAGE) -> list[Reading]:
        """Blocking, some milliseconds a text. Raises ReleaseError before the first release, or where it is damaged."""
        with self._lock:
            loaded = self._load()
            return [self._read(loaded, text, language) for text in texts]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Unit sentence vectors, shape (texts, encoder dimensions). Blocking."""
        with self._lock:
            return self._default().encode(list(texts))

    def _default(self) -> Encoder:
        if self._encoder is None:
            self._encoder = default_encoder()
        return self._encoder

    def _load(self) -> _Loaded:
        stamp = self._releases.stamp()
        if self._loaded is None or self._loaded.stamp != stamp:
            release = self._releases.live()
            if release is None:
                raise ReleaseError("nothing has been released yet; start the assistant with `clinicbot run` first")
            try:
                model, titles = load_model(release.model, self._default())
                options = read_options(release.content / "config.yml")
            except (TrainingError, ContentError) as error:
                raise ReleaseError(str(error)) from error
            self._loaded = _Loaded(stamp, model, assemble(model, titles, options))
        return self._loaded

    def _read(self, loaded: _Loaded, text: str, language: str) -> Reading:
        part = loaded.understander.understand(text, language).parts[0]
        ranking = tuple((label, share) for label, _, share in part.prediction.ranking[:RANKED])
        label = part.prediction.best if part.label == NOT_UNDERSTOOD else part.label
        nearest = tuple(loaded.model.nearest(text)[:RANKED])
        return Reading(label, part.prediction.confidence, part.label != NOT_UNDERSTOOD, ranking, nearest)
