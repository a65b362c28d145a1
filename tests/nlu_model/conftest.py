"""A fake encoder and a handful of phrasings: behaviour of the model without 120 MB of weights."""

from collections.abc import Mapping, Sequence
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

# A whole assistant of another domain, small acts of dialogue included: nothing of understanding may know of botox.
LIBRARY = {
    "cards/adults": [
        "how do adults get a library card",
        "where do adults sign up for a card",
        "library card for adults",
        "how can adults join the library",
        "can adults get a card online",
        "sign up adults for a card",
    ],
    "cards/children": [
        "how do children get a library card",
        "where do children sign up for a card",
        "library card for children",
        "how can children join the library",
        "can children get a card online",
        "sign up children for a card",
    ],
    "readings/adults": [
        "is there an evening reading for adults",
        "when do poets read for adults",
        "evening reading for adults",
        "do you have a poetry reading for adults",
        "which evening is the poetry reading for adults",
        "poets evening adults",
    ],
    "readings/children": [
        "is there an evening reading for children",
        "when do poets read for children",
        "evening reading for children",
        "do you have a poetry reading for children",
        "which evening is the poetry reading for children",
        "poets evening children",
    ],
    "loans/how_long": [
        "how long can i keep a book",
        "how many weeks may i borrow a book",
        "for how long is a loan",
        "how long does a loan last",
        "when must i return a book",
        "how many weeks until i return a book",
    ],
    "loans/renew": [
        "can i renew a loan",
        "how do i renew my books",
        "may i extend my loan",
        "is it possible to renew online",
        "can a loan be renewed twice",
        "extend my books please",
    ],
    "rooms/parking": [
        "where can i park my bicycle",
        "is there parking for bicycles",
        "are there bicycle racks outside",
        "can i lock my bicycle outside",
        "bicycle parking near the door",
        "is there a place to park",
    ],
    "ask_address": [
        "what is your address",
        "where is the building",
        "which street are you on",
        "address please",
        "how do i find the building",
        "which bus stops near the building",
    ],
    "out_of_scope": [
        "order a pizza",
        "what is the weather in london",
        "tell me a joke please",
        "who won the football match",
        "book a table for dinner",
        "play some music",
    ],
    "report_fire": [
        "there is a fire",
        "the shelves are burning",
        "i smell smoke",
        "fire in the reading room",
        "smoke everywhere help",
        "something is burning",
    ],
    "greet": ["hello", "hi", "good morning", "hello there", "hi there", "good evening"],
    "thank": ["thanks", "thank you", "thanks a lot", "thank you very much", "many thanks", "thanks so much"],
    "affirm": ["yes", "yes please", "yeah", "yep", "yes exactly", "yeah sure"],
    "deny": ["no", "nope", "no thanks", "nah", "no not really", "no none of them"],
    "ask_repeat": [
        "what did you say",
        "say that again",
        "repeat that",
        "can you repeat that",
        "say again",
        "could you repeat what you said",
    ],
    "abuse": ["you are stupid", "stupid machine", "you idiot", "shut up", "what an idiot you are", "shut up stupid"],
    "unclear_how_long": ["how long", "how long?", "how many weeks", "how many weeks?", "for how long", "until when"],
}
LIBRARY_TITLES = {
    "cards/adults": {"en": "How do adults get a library card?"},
    "cards/children": {"en": "How do children get a library card?"},
    "readings/adults": {"en": "Is there an evening reading for adults?"},
    "readings/children": {"en": "Is there an evening reading for children?"},
    "loans/how_long": {"en": "How long can I keep a book?"},
    "loans/renew": {"en": "Can I renew a loan?"},
    "rooms/parking": {"en": "Where can I park my bicycle?"},
}


@pytest.fixture(scope="session")
def encoder() -> HashEncoder:
    return HashEncoder()


def train_on(phrasings: Mapping[str, Sequence[str]], subject: frozenset[str] = frozenset()) -> QuestionModel:
    texts = [text for texts in phrasings.values() for text in texts]
    labels = [label for label, texts in phrasings.items() for _ in texts]
    return train(texts, labels, encoder=HashEncoder(), subject=subject)


@pytest.fixture(scope="session")
def model() -> QuestionModel:
    return train_on(PHRASINGS, SUBJECT)


@pytest.fixture(scope="session")
def library() -> QuestionModel:
    return train_on(LIBRARY)


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    return LocalModelStorage(tmp_path)


@pytest.fixture
def context() -> ExecutionContext:
    return ExecutionContext(GraphSchema({}))
