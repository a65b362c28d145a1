"""What a model is trained from, as Rasa itself reads it."""

from pathlib import Path

import pytest
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT

from clinicbot.training.corpus import read_corpus
from clinicbot.yaml_files import ContentError
from tests.releases.contents import edit, write_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_root(tmp_path / "root")


def test_phrasings_with_their_labels_and_titles(root: Path) -> None:
    corpus = read_corpus(root)
    assert len(corpus.texts) == len(corpus.labels) == 25 + 25 + 1 + 400 + 4
    assert ("how does it last 0", "duration/how_long") in corpus.pairs
    assert ("hello", "greet") in corpus.pairs
    assert corpus.titles == {
        "duration/how_long": {"en": "How long?", "tr": "Ne kadar?"},
        "duration/more": {"en": "More?", "tr": "Ek doz?"},
    }
    assert ("Ek doz?", "duration/more") in corpus.pairs  # a title is the plainest way to ask


def test_a_phrasing_counts_once(root: Path) -> None:
    edit(root, "    - how does it last 0\n", "    - how does it last 0\n    - how does it last 0\n    - How long?\n")
    assert len(read_corpus(root).texts) == 25 + 25 + 1 + 400 + 4


def test_it_is_what_rasa_reads(root: Path) -> None:
    importer = TrainingDataImporter.load_from_dict(
        {"importers": [], "language": "en", "pipeline": [], "policies": []},
        None,
        str(root / "domain.yml"),
        [str(root / "data" / "faq"), str(root / "data" / "dialogue")],
    )
    examples = importer.get_nlu_data().intent_examples
    by_rasa = {(each.get(TEXT), each.get(INTENT_RESPONSE_KEY) or each.get(INTENT)) for each in examples}
    corpus = read_corpus(root)
    titles = {(title, faq) for faq, titles in corpus.titles.items() for title in titles.values()}
    assert corpus.pairs == by_rasa | titles


def test_a_damaged_file_is_told(root: Path) -> None:
    (root / "data" / "dialogue" / "out_of_scope.yml").write_text("nlu: [", encoding="utf-8")
    with pytest.raises(ContentError, match="out_of_scope"):
        read_corpus(root)
