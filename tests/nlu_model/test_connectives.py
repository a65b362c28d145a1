from collections.abc import Iterator
from pathlib import Path

import pytest

from clinicbot.clinic import load_clinic
from clinicbot.nlu import connectives
from clinicbot.nlu.connectives import Connectives, WordSequences, load_connectives, words_of
from clinicbot.yaml_files import ContentError

LISTS = ("joiners", "openers", "follow_up", "corrections", "pointing", "back")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where languages are read from until the test ends."""
    monkeypatch.setattr(connectives, "FOLDER", tmp_path)
    load_connectives.cache_clear()
    yield tmp_path
    load_connectives.cache_clear()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("How LONG, exactly?", ["how", "long", "exactly"]),
        ("what’s that & why", ["what's", "that", "&", "why"]),
        ("كم المدة؟", ["كم", "المدة"]),
        ("?! …", []),
        ("", []),
    ],
)
def test_words_are_lower_case_without_punctuation(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("and then what", 0, 2),  # the longest one
        ("and what", 0, 1),
        ("so and then", 1, 2),
        ("then and", 0, 0),
        ("as well", 0, 0),  # a phrase that isn't finished
        ("and", 1, 0),  # behind the last word
    ],
)
def test_the_longest_phrase_at_a_place_counts(text: str, start: int, length: int) -> None:
    phrases = WordSequences(["and", "And then", "as well as"])
    assert phrases.length_at(words_of(text), start) == length


def test_a_single_word_is_in_a_list_and_a_phrase_is_none() -> None:
    phrases = WordSequences(["what's", "how long"])
    assert "what's" in phrases
    assert "how" not in phrases


def test_a_language_without_a_file_joins_nothing() -> None:
    nothing = load_connectives("xx")
    assert nothing.prefixes == ()
    assert not any(getattr(nothing, name).phrases for name in LISTS)


@pytest.mark.parametrize("content", ["joiners: [and]\n", "- and\n", "and\n", ""])
def test_malformed_files_are_named(folder: Path, content: str) -> None:
    (folder / "en.yml").write_text(content, encoding="utf-8")
    with pytest.raises(ContentError, match=r"en\.yml"):
        load_connectives("en")


def test_words_that_yaml_takes_for_truth_values_are_refused(folder: Path) -> None:
    lists = "".join(f"{name}: [and, no]\n" for name in LISTS)
    (folder / "en.yml").write_text(lists, encoding="utf-8")
    with pytest.raises(ContentError, match=r"en\.yml"):
        load_connectives("en")


def test_joiners_at_the_front_of_a_word_are_optional() -> None:
    raw = {name: ["a"] for name in LISTS}
    assert Connectives.from_yaml(raw).prefixes == ()
    assert Connectives.from_yaml({**raw, "joiner_prefixes": ["و"]}).prefixes == ("و",)


@pytest.mark.parametrize("language", load_clinic().languages)
def test_every_phrase_of_the_clinics_languages_can_be_found(language: str) -> None:
    loaded = load_connectives(language)
    for name in LISTS:
        sequences: WordSequences = getattr(loaded, name)
        lost = [text for text in sequences.phrases if sequences.length_at(words_of(text), 0) != len(words_of(text))]
        assert sequences.phrases, name
        assert lost == [], name
