import pytest

from clinicbot.safety.phrases import Phrases
from clinicbot.token_patterns import PatternError, build_matcher, compile_pattern, fold, spans, tokenizer


def matches(pattern: str, text: str, lists: dict[str, list[str]] | None = None) -> bool:
    """Whether both readers of the notation find it; they must agree."""
    words = fold(text).split()
    nlp = tokenizer()
    by_matcher = bool(spans(build_matcher(nlp, {"x": [pattern]}, lists or {}), nlp(" ".join(words))))
    by_phrases = bool(Phrases({"x": [pattern]}, lists or {}).find(words))
    assert by_matcher == by_phrases, "Matcher and Phrases disagree"
    return by_phrases


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("CAN'T", "cant"),
        ("can’t", "cant"),
        ("can;t breathe", "cant breathe"),
        ("Nefes alamıyorum", "nefes alamiyorum"),
        ("İSTANBUL", "istanbul"),
        ("göğüs ağrısı", "gogus agrisi"),
        ("heeeeelp", "heelp"),
        ("bre\u200bathe", "breathe"),
        ("ｃａｎｔ", "cant"),
        ("straße", "strasse"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("cant swallow", "i cant swallow now", "cant really swallow"),
        ("cant|cannot swallow", "cannot swallow", "can swallow"),
        ("breath*", "breathing", "wreath"),
        ("~swallow", "swalow", "swllw"),
        ("<number> days", "3 days", "three days"),
        ("cant ..2 swallow", "cant even properly swallow", "cant i said to my swallow"),
        ("cant ..2 swallow", "cant swallow", "cant . swallow"),
        ("very? weak", "weak", "very"),
    ],
)
def test_notation(pattern: str, yes: str, no: str) -> None:
    assert matches(pattern, yes)
    assert not matches(pattern, no)


def test_lists_stand_for_their_lines() -> None:
    lists = {"cannot": ["cant", "not able to"]}
    assert matches("@cannot swallow", "not able to swallow", lists)
    assert not matches("@cannot swallow", "able to swallow", lists)


@pytest.mark.parametrize(
    ("word", "typo", "meant"),
    [
        ("weak", "weka", True),  # two letters changed places
        ("throat", "thrta", False),
        ("throat", "thrat", True),
        ("swallowing", "swalowng", True),
        ("swallowing", "swlowng", False),
        ("throat", "hroat", False),  # the first letter is rarely wrong
    ],
)
def test_typos_by_length(word: str, typo: str, meant: bool) -> None:
    assert bool(Phrases({"x": [f"~{word}"]}, {}).find([typo])) is meant


def test_a_word_of_the_patterns_is_no_typo_of_another() -> None:
    assert Phrases({"x": ["~throat"]}, {}).find(["throats"])
    (found,) = Phrases({"x": ["~throat"], "y": ["throats"]}, {}).find(["throats"])
    assert found.label == "y"
    assert not Phrases({"x": ["~throat"]}, {}, not_typos=["throats"]).find(["throats"])


def test_stops_end_a_gap_and_end_means_the_end_of_a_clause() -> None:
    phrases = Phrases({"gap": ["cant ..3 swallow"], "end": ["help <edge>"]}, {}, stops=["but"])
    assert [found.label for found in phrases.find(["cant", "now", "swallow"])] == ["gap"]
    assert not phrases.find(["cant", "but", "swallow"])
    assert phrases.find(["help"])
    assert phrases.find(["help", ",", "please"])
    assert not phrases.find(["help", "yourself"])


def test_found_says_where() -> None:
    (found,) = Phrases({"breathing": ["cant breathe"]}, {}).find(["i", "cant", "breathe"])
    assert (found.start, found.end, found.label) == (1, 3, "breathing")


PARTICLES = ["و", "ال", "وال", "ب"]


@pytest.mark.parametrize("word", ["صدر", "الصدر", "والصدر", "وصدر", "بصدر"])
def test_particles_at_the_front_of_a_word_are_taken_off(word: str) -> None:
    (found,) = Phrases({"x": ["الم ..1 صدر"]}, {}, particles=PARTICLES).find(["عندي", "الم", word])
    assert (found.start, found.end) == (1, 3)
    assert bool(Phrases({"x": ["صدر"]}, {}).find([word])) is (word == "صدر")


@pytest.mark.parametrize("word", ["لصدر", "بوصدر", "صدرال"])
def test_only_one_particle_and_only_at_the_front(word: str) -> None:
    assert not Phrases({"x": ["صدر"]}, {}, particles=PARTICLES).find([word])


def test_a_word_of_the_patterns_that_begins_like_a_particle_stays_itself() -> None:
    phrases = Phrases({"face": ["وجهي"], "direction": ["جهه"]}, {}, particles=PARTICLES)
    assert [found.label for found in phrases.find(["وجهي"])] == ["face"]
    assert [found.label for found in phrases.find(["وجهه"])] == ["direction"]


def test_nothing_much_is_left_of_a_short_word() -> None:
    assert not Phrases({"x": ["ص"]}, {}, particles=PARTICLES).find(["وص"])
    assert Phrases({"x": ["صد"]}, {}, particles=PARTICLES).find(["وصد"])


def test_a_beginning_is_found_behind_a_particle() -> None:
    assert Phrases({"x": ["تنفس*"]}, {}, particles=PARTICLES).find(["والتنفسي"])


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("أَلَم", "الم"),
        ("إغماء", "اغماء"),
        ("مستشفى", "مستشفي"),
        ("صعوبة", "صعوبه"),
        ("٣ أيام؟", "3 ايام?"),
        ("ـمـا", "ما"),
    ],
)
def test_fold_arabic(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("pattern", ["~abc", "..x", "@unknown", "can't", "..3", "weak?"])
def test_unreadable_patterns_are_refused_with_their_label(pattern: str) -> None:
    with pytest.raises(PatternError, match="weakness"):
        Phrases({"weakness": [pattern]}, {})


@pytest.mark.parametrize("pattern", ["~abc", "..x", "@unknown", "can't"])
def test_unreadable_patterns_are_refused_by_the_matcher_too(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern, {})
