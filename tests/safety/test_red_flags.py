from pathlib import Path

import pytest
import yaml

from clinicbot import paths
from clinicbot.safety.red_flags import MAX_CHARACTERS, RedFlagDetector, find_red_flag, load_detectors
from clinicbot.yaml_files import ContentError

# A file of our own, so that the rules are tested apart from the patterns' wording; sections left out are empty.
SECTIONS: dict[str, object] = yaml.safe_load((paths.SAFETY / "red_flags.en.yml").read_text(encoding="utf-8"))
PATTERNS: dict[str, object] = {name: type(content)() for name, content in SECTIONS.items()} | {
    "lists": {"cannot": ["cant|cannot", "not able to"]},
    "symptoms": {"swallowing": ["@cannot ..1 swallow"], "weakness": ["my arms are ~weak"]},
    "named": {"vision": ["double vision"], "seizure": ["seizure"]},
    "together": {"eyelid.lid": ["droopy eyelid"], "eyelid.sign": ["headache"]},
    "always": {"self_harm": ["kill myself"]},
    "harmless": ["seizure of the engine", "cant swallow my pride"],
    "negated": ["no|not", "dont have"],
    "negated_name": ["without"],
    "negated_after": ["is gone"],
    "asked": ["can botox cause", "what if"],
    "asked_after": ["possible"],
    "asked_name": ["risk|risks"],
    "having": ["i have|got"],
    "now": ["since <number>|yesterday", "right now"],
    "mine": ["i have that too"],
    "rumour": ["my friend"],
    "rumour_question": ["is that common"],
    "own_case": ["can i get botox"],
    "longstanding": ["seizure"],
    "joints": ["but"],
    "stops": ["not"],
    "subjects": ["i", "my"],
    "first_person": ["i", "my"],
    "or": ["or"],
    "and": ["and"],
    "not_typos": ["week"],
}


def detector(folder: Path, **changes: object) -> RedFlagDetector:
    path = folder / "red_flags.en.yml"
    path.write_text(yaml.safe_dump({**PATTERNS, **changes}), encoding="utf-8")
    return RedFlagDetector(path)


@pytest.fixture
def patterns(tmp_path: Path) -> RedFlagDetector:
    return detector(tmp_path)


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("I can't swallow!", "swallowing"),
        ("not able to even swallow", "swallowing"),
        ("MY ARMS ARE WEEAK", "weakness"),
        ("i have double vision", "vision"),
        ("double vision", "vision"),
        ("double vision since 3 days, any risk?", "vision"),
        ("droopy eyelid and a headache", "eyelid"),
        ("can botox cause it? i want to kill myself", "self_harm"),
        ("no double vision but i cant swallow", "swallowing"),
        ("can botox cause double vision? i have that too", "vision"),
        ("what if i cant swallow", "swallowing"),  # a new subject: in doubt it is red
        ("can i get botox with double vision", "vision"),  # not one of the old conditions
    ],
)
def test_reported(patterns: RedFlagDetector, text: str, symptom: str) -> None:
    flag = patterns.find(text)
    assert flag is not None
    assert flag.symptom.partition(".")[0] == symptom
    assert flag.language == "en"


@pytest.mark.parametrize(
    "text",
    [
        "how long does it last",
        "my arms are week",
        "i cant swallow my pride",
        "no double vision",
        "without double vision",
        "my double vision is gone",
        "can botox cause double vision",
        "is double vision possible",
        "the risks are double vision and what else",
        "droopy eyelid",
        "headache",
        "my friend had double vision, is that common",
        "can i get botox after a seizure",
        "",
        "👍",
    ],
)
def test_not_reported(patterns: RedFlagDetector, text: str) -> None:
    assert patterns.find(text) is None


def test_the_words_that_matched_are_told(patterns: RedFlagDetector) -> None:
    flag = patterns.find("help, I can’t swallow")
    assert flag is not None
    assert flag.words == "cant swallow"


@pytest.mark.parametrize(
    ("earlier", "text", "red"),
    [
        ("i cant", "swallow", True),
        ("droopy eyelid", "and a headache", True),
        ("i cant swallow", "hello?", False),  # was found, and answered, when it came
        ("hello", "thank you", False),
        ("i cant find you", "swallow road?", False),
    ],
)
def test_with_earlier_messages_only_what_the_new_one_completes(
    patterns: RedFlagDetector, earlier: str, text: str, red: bool
) -> None:
    assert (patterns.find(text, earlier) is not None) is red


@pytest.mark.parametrize("text", ["no seizure or double vision", "no seizure, double vision or seizure"])
def test_a_negation_reaches_over_a_list_joined_by_an_or_word(tmp_path: Path, text: str) -> None:
    assert detector(tmp_path).find(text) is None
    assert detector(tmp_path, **{"or": ["oder"]}).find(text) is not None
    assert detector(tmp_path, **{"or": ["oder"]}).find(text.replace(" or ", " oder ")) is None


def test_a_negation_reaches_over_no_list_joined_by_an_and_word(patterns: RedFlagDetector) -> None:
    """No seizure and double vision: in doubt it is red."""
    flag = patterns.find("no seizure and double vision")
    assert flag is not None
    assert flag.symptom == "vision"


@pytest.mark.parametrize("word", ["or", "and"])
def test_a_question_reaches_over_a_list_joined_by_either_word(tmp_path: Path, word: str) -> None:
    text = f"can botox cause a seizure, double vision {word} seizure"
    assert detector(tmp_path).find(text) is None
    assert detector(tmp_path, **{"or": ["oder"], "and": ["und"]}).find(text) is not None


@pytest.mark.parametrize("section", ["or", "and"])
def test_words_that_join_a_list_are_required(tmp_path: Path, section: str) -> None:
    path = tmp_path / "red_flags.en.yml"
    path.write_text(yaml.safe_dump({key: value for key, value in PATTERNS.items() if key != section}))
    with pytest.raises(ContentError, match=f"'{section}'"):
        RedFlagDetector(path)


def test_particles_are_a_matter_of_the_language(tmp_path: Path) -> None:
    arabic: dict[str, object] = {"named": {"chest": ["الم ..1 صدر"]}}
    assert detector(tmp_path, **arabic).find("عندي الم بالصدر") is None
    flag = detector(tmp_path, **arabic, particles=["ال", "بال"]).find("عندي ألمٌ بالصدر")
    assert flag is not None
    assert flag.symptom == "chest"


RUSSIAN: dict[str, object] = PATTERNS | {
    "lists": {"cannot": ["не могу", "тяжело|трудно"]},
    "symptoms": {"breathing": ["@cannot ..1 дышать|дышат"], "swallowing": ["@cannot глот*"]},
    "named": {"vision": ["двоится ..2 глазах"]},
    "always": {},
    "together": {},
    "harmless": ["не могу дышать без тебя"],
    "negated": ["не"],
    "negated_name": ["без"],
    "asked": ["может ли|если"],
    "joints": ["но"],
    "stops": ["ли"],
    "subjects": ["я"],
    "first_person": ["я"],
    "or": ["или"],
    "and": ["и"],
}


def russian(folder: Path, *, romanised: bool) -> RedFlagDetector:
    path = folder / "red_flags.ru.yml"
    path.write_text(yaml.safe_dump(RUSSIAN, allow_unicode=True), encoding="utf-8")
    return RedFlagDetector(path, romanised=romanised)


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("ne mogu dyshat", "breathing"),
        ("ne mogu dishat'", "breathing"),
        ("NE MOGU DY6AT!!", "breathing"),
        ("ya ne mogu glotat", "swallowing"),
        ("tyazhelo dyshat", "breathing"),
        ("dvoitsya v glazah", "vision"),
        ("dvoitsia v glazakh 2 dnya", "vision"),
    ],
)
def test_russian_in_latin_letters_is_read_with_the_russian_patterns(tmp_path: Path, text: str, symptom: str) -> None:
    flag = russian(tmp_path, romanised=True).find(text)
    assert flag is not None
    assert (flag.symptom, flag.language) == (symptom, "ru")
    assert russian(tmp_path, romanised=False).find(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "skolko derzhitsya",
        "ne mogu dyshat bez tebya",
        "ne dvoitsya v glazah",
        "mozhet li dvoitsya v glazah",
        "can i breathe in the mogul of dishes",
        "",
    ],
)
def test_the_rules_hold_for_latin_letters_too(tmp_path: Path, text: str) -> None:
    assert russian(tmp_path, romanised=True).find(text) is None


def test_cyrillic_and_latin_letters_are_both_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    russian(tmp_path, romanised=False)
    detector(tmp_path)
    monkeypatch.setattr(paths, "SAFETY", tmp_path)
    load_detectors.cache_clear()
    try:
        for text in ("не могу дышать", "ne mogu dyshat"):
            flag = find_red_flag(text)
            assert flag is not None
            assert flag.language == "ru"
        assert find_red_flag("dyshat", ["ne mogu"]) is not None
        english = find_red_flag("i cant swallow")
        assert english is not None
        assert english.language == "en"
    finally:
        load_detectors.cache_clear()


def test_a_missing_section_is_named(tmp_path: Path) -> None:
    path = tmp_path / "red_flags.en.yml"
    path.write_text(yaml.safe_dump({key: value for key, value in PATTERNS.items() if key != "negated"}))
    with pytest.raises(ContentError, match="negated"):
        RedFlagDetector(path)


def test_an_unreadable_pattern_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"red_flags\.en\.yml.*can't"):
        detector(tmp_path, named={"vision": ["can't see"]})


def test_no_pattern_file_at_all_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "SAFETY", tmp_path)
    load_detectors.cache_clear()
    try:
        with pytest.raises(ContentError, match="restore them"):
            load_detectors()
    finally:
        load_detectors.cache_clear()


@pytest.mark.parametrize(
    "text",
    [
        "I can't breathe",
        "cant breath help",
        "I have trouble swallowing since this morning",
        "my speech is slurred",
        "I'm seeing double since yesterday",
        "my throat is swelling up",
        "I have chest pain",
        "she fainted an hour ago",
        "i want to kill myself",
        "i lost control of my bladder",
        "one side of my face is drooping and my arm is weak",
        "nefes alamıyorum",
        "nefes alamiyorum yardim edin",
        "dünden beri yutkunamıyorum",
        "çift görüyorum",
        "boğazım şişti",
        "göğsüm ağrıyor",
    ],
)
def test_real_patterns_find_obvious_emergencies(text: str) -> None:
    assert find_red_flag(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "How long does botox last?",
        "Can botox cause double vision?",
        "What are the side effects?",
        "Can I wash my face after the procedure?",
        "I have no trouble breathing",
        "How much does it cost?",
        "Botoksun etkisi ne kadar sürer?",
        "Botoks çift görmeye neden olur mu?",
        "Yan etkileri nelerdir?",
        "Randevu almak istiyorum",
    ],
)
def test_real_patterns_leave_everyday_questions_alone(text: str) -> None:
    assert find_red_flag(text) is None


@pytest.mark.parametrize(
    ("earlier", "text"),
    [(["i cant"], "swallow"), (["hello", "i cant"], "breathe"), (["i", "cant"], "breathe")],
)
def test_real_patterns_find_what_is_split_over_messages(earlier: list[str], text: str) -> None:
    assert find_red_flag(text) is None
    assert find_red_flag(text, earlier) is not None


def test_only_the_last_messages_are_read_together() -> None:
    assert find_red_flag("swallow", ["i cant", "thank you.", "bye."]) is None


def test_a_red_flag_far_behind_in_a_very_long_text() -> None:
    filler = "it was a nice day and we went for a walk. " * 250
    assert len(filler) > MAX_CHARACTERS
    assert find_red_flag(filler + "i cant breathe") is not None
    assert find_red_flag(filler) is None
