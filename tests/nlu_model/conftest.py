"""A fake encoder and a handful of phrasings: behaviour of the model without 120 MB of weights."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage

from clinicbot.nlu.encoder import Vectors
from clinicbot.nlu.question_model import QuestionModel
from clinicbot.nlu.question_training import train


class HashEncoder:
    """Each word has a direction of its own; a text is the sum of its words'. The same on every machine."""

    name = "hash-test"
    dimensions = 64

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                seed = int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "big")
                row += np.random.default_rng(seed).standard_normal(self.dimensions)
            row /= np.linalg.norm(row) or 1.0
        return rows


PHRASINGS = {
    "duration/how_long": [
        "how long does botox last",
        "how long does the effect last",
        "how many months does it last",
        "when does it wear off",
        "how long will it last",
        "how long until it wears off",
    ],
    "duration/onset": [
        "when will i see the result",
        "when is the result visible",
        "how soon do results show",
        "when do i see results",
        "how soon is the effect visible",
        "when does it start to show",
    ],
    "aftercare/make_up": [
        "can i wear make-up after botox",
        "is make-up allowed afterwards",
        "may i put foundation on my face",
        "can i use make-up today",
        "is foundation allowed",
        "may i wear mascara and make-up",
    ],
    "ask_price": [
        "what does it cost",
        "how much is botox",
        "price please",
        "what is the price",
        "how much do you charge",
        "cost of the treatment please",
    ],
    "out_of_scope": [
        "order a pizza",
        "what is the weather in london",
        "tell me a joke please",
        "who won the football match",
        "book a table for dinner",
        "play some music",
    ],
}
SUBJECT = frozenset({"botox"})


@pytest.fixture(scope="session")
def encoder() -> HashEncoder:
    return HashEncoder()


@pytest.fixture(scope="session")
def model(encoder: HashEncoder) -> QuestionModel:
    texts = [text for phrasings in PHRASINGS.values() for text in phrasings]
    labels = [label for label, phrasings in PHRASINGS.items() for _ in phrasings]
    return train(texts, labels, encoder=encoder, subject=SUBJECT)


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    return LocalModelStorage(tmp_path)


@pytest.fixture
def context() -> ExecutionContext:
    return ExecutionContext(GraphSchema({}))
