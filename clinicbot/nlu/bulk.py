"""The question model over thousands of texts at once, for proving a release: what `QuestionModel.read` does text by
text, as a few products of matrices. Each word is looked at once, however many texts have it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from clinicbot.nlu.encoder import Encoder, Vectors
from clinicbot.nlu.features import NGRAM_WEIGHT, NGRAMS, CharacterNgrams, Floats
from clinicbot.nlu.question_model import NEAREST_PHRASINGS, RIVALS, Phrasings, QuestionModel

# Rows that are held as dense numbers at once: bounds the memory, not the result.
ROWS = 4096


@dataclass(frozen=True)
class BulkReadings:
    """`margins` has shape (texts, labels), `confidences` (texts,): those of the surer of a text's two readings."""

    labels: tuple[str, ...]
    margins: Floats
    confidences: Floats

    @property
    def best(self) -> npt.NDArray[np.int64]:
        """Each text's class by its number in `labels`."""
        return np.asarray(self.margins.argmax(axis=1))

    def column(self, label: str) -> Floats:
        """One class's margins, minus infinity for a class that the model doesn't have."""
        if label not in self.labels:
            return np.full(len(self.margins), -np.inf)
        return np.asarray(self.margins[:, self.labels.index(label)])


def read_bulk(model: QuestionModel, encoder: Encoder, plain: Sequence[str]) -> BulkReadings:
    """Of normalised texts, with the model's own encoder or one that remembers its vectors."""
    corrected = model.spelling.corrected_all(plain)
    other = [row for row, text in enumerate(plain) if corrected[row] != text]
    texts = list(dict.fromkeys([*plain, *(corrected[row] for row in other)]))
    numbers = {text: number for number, text in enumerate(texts)}
    margins, confidences = _read(model, encoder, texts)
    chosen = np.array([numbers[text] for text in plain], dtype=np.int64)
    for row in other:
        as_corrected = numbers[corrected[row]]
        if confidences[as_corrected] > confidences[chosen[row]]:
            chosen[row] = as_corrected
    return BulkReadings(tuple(model.labels), margins[chosen], confidences[chosen])


def transform_all(ngrams: CharacterNgrams, texts: Sequence[str]) -> sparse.csr_matrix:
    """What `ngrams.transform` makes of the texts, shape (texts, n-grams): n-grams end at the words' borders, so a
    text's are the sum of its words'."""
    words: dict[str, int] = {}
    split = [text.lower().split() for text in texts]
    columns = [words.setdefault(word, len(words)) for found in split for word in found]
    of_texts = _counts(columns, [len(found) for found in split], len(words))
    vocabulary = ngrams.vocabulary
    grams = [_ngrams_of(word, vocabulary) for word in words]
    of_words = _counts([gram for found in grams for gram in found], [len(found) for found in grams], len(vocabulary))
    matrix = (of_texts @ of_words).tocsr()
    matrix.sort_indices()
    matrix.data = (np.log(matrix.data) + 1.0) * ngrams.idf[matrix.indices]
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0.0] = 1.0
    return sparse.diags(NGRAM_WEIGHT / lengths) @ matrix


def _counts(columns: Sequence[int], lengths: Sequence[int], width: int) -> sparse.csr_matrix:
    """How often each column stands in each row, of all rows' columns one after the other."""
    ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    matrix = sparse.csr_matrix((np.ones(len(columns)), np.array(columns, dtype=np.int64), ends), (len(lengths), width))
    matrix.sum_duplicates()
    return matrix


def _ngrams_of(word: str, vocabulary: dict[str, int]) -> list[int]:
    """As scikit-learn's analyser `char_wb`: of the word between two spaces; a shorter one once, as a whole."""
    padded = f" {word} "
    grams = []
    for size in range(NGRAMS[0], NGRAMS[1] + 1):
        grams += [padded[at : at + size] for at in range(max(1, len(padded) - size + 1))]
        if size >= len(padded):
            break
    return [vocabulary[gram] for gram in grams if gram in vocabulary]


def margins_bulk(model: QuestionModel, encoder: Encoder, plain: Sequence[str]) -> Floats:
    """One margin a text and class, shape (texts, classes), of normalised texts as they are."""
    return _margins(model, encoder, plain)[0]


def _read(model: QuestionModel, encoder: Encoder, texts: Sequence[str]) -> tuple[Floats, Floats]:
    """Margins, shape (texts, classes), and confidences of texts read once, as they are."""
    margins, vectors = _margins(model, encoder, texts)
    features = _confidence_features(margins, vectors, model.linear.phrasings)
    return margins, np.asarray(model.calibration.confidence(features))


def _margins(model: QuestionModel, encoder: Encoder, texts: Sequence[str]) -> tuple[Floats, Vectors]:
    linear = model.linear
    vectors = encoder.encode(texts) @ linear.directions
    size = linear.directions.shape[1]
    from_vectors = vectors @ np.ascontiguousarray(linear.weights[:, :size].T)
    from_grams = transform_all(linear.ngrams, texts) @ np.ascontiguousarray(linear.weights[:, size:].T)
    return np.asarray(from_vectors + from_grams + linear.bias, dtype=np.float64), vectors


def _confidence_features(margins: Floats, vectors: Vectors, phrasings: Phrasings) -> Floats:
    """`LinearModel.confidence_features` of each text, shape (texts, 4): class after class, since a product with all
    phrasings of all classes would be fifteen times the work."""
    rows = np.arange(len(margins))
    order = np.argsort(-margins, axis=1)[:, : RIVALS + 1]
    own = np.zeros(len(margins))
    rivals = np.full(len(margins), -np.inf)
    for number in range(margins.shape[1]):
        mine = phrasings.vectors[phrasings.starts[number] : phrasings.starts[number + 1]]
        for begin in range(0, len(rows), ROWS):
            part = slice(begin, begin + ROWS)
            winner = rows[part][order[part, 0] == number]
            rival = rows[part][(order[part, 1:] == number).any(axis=1)]
            if len(winner):
                own[winner] = _mean_of_nearest(vectors[winner] @ mine.T)
            if len(rival):
                rivals[rival] = np.maximum(rivals[rival], (vectors[rival] @ mine.T).max(axis=1))
    first = margins[rows, order[:, 0]]
    return np.stack([first, first - margins[rows, order[:, 1]], own, rivals], axis=1)


def _mean_of_nearest(cosines: Vectors) -> Vectors:
    count = min(NEAREST_PHRASINGS, cosines.shape[1])
    return np.asarray(np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1))
