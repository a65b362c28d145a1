import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from clinicbot.faq import writer
from clinicbot.faq.files import read_faqs
from clinicbot.faq.model import Answer, Faq
from clinicbot.releases.difference import Difference, FileChange, IntentChange, Kind, content_digest, difference
from tests.conftest import WriteClinic
from tests.faq.checkouts import small_checkout

ENGLISH = Answer("en", "It is not permanent and lasts 4 to 6 months.", "How long?", ("p1.1",), None, phone_line=True)


@pytest.fixture
def old(tmp_path: Path, write_clinic: WriteClinic) -> Path:
    return small_checkout(tmp_path / "old", write_clinic())


@pytest.fixture
def new(tmp_path: Path, old: Path) -> Path:
    shutil.copytree(old, tmp_path / "new")
    return tmp_path / "new"


def read(root: Path) -> dict[str, Faq]:
    return {faq.id: faq for faq in read_faqs(root / "data" / "faq")}


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def put(root: Path, faq: Faq) -> None:
    writer.write({faq.id: faq}, {faq.topic: writer.version_of(faq.topic, root)}, root)


def test_the_same_content_has_no_difference(old: Path, new: Path) -> None:
    found = difference(old, new)
    assert found.is_empty
    assert not found.sensitive
    assert found.digest == content_digest(old) == content_digest(new)


def test_any_edit_gives_another_digest_and_a_writers_temporary_file_does_not(new: Path) -> None:
    before = content_digest(new)
    (new / "data" / "faq" / ".duration.yml.tmp").write_text("half", encoding="utf-8")
    assert content_digest(new) == before
    rewrite(new / "data" / "faq" / "duration.yml", "how does it last 0", "how does it last, 0")
    assert content_digest(new) != before


def test_an_faq_that_came_has_all_its_fields(old: Path, new: Path) -> None:
    faq = read(old)["duration/more"]
    answers = {code: replace(answer, title=f"{answer.title}!") for code, answer in faq.answers.items()}
    put(new, Faq("duration/again", tuple(f"once more {number}" for number in range(25)), answers))
    (change,) = difference(old, new).faqs
    assert (change.id, change.kind, change.title) == ("duration/again", Kind.ADDED, "More?!")
    assert {field.name for field in change.fields} >= {"title (en)", "answer (en)", "answer (tr)", "phrasings"}
    assert all(not field.old for field in change.fields if field.name.startswith(("answer", "phrasings")))


def test_an_faq_that_went_shows_what_went(old: Path, new: Path) -> None:
    path = new / "data" / "faq" / "duration.yml"
    path.unlink()
    changes = {change.id: change for change in difference(old, new).faqs}
    assert {change.kind for change in changes.values()} == {Kind.REMOVED}
    fields = {field.name: field for field in changes["duration/how_long"].fields}
    assert (fields["answer (en)"].old, fields["answer (en)"].new) == (ENGLISH.text, "")


def test_a_language_that_went_is_a_change(old: Path, new: Path) -> None:
    turkish = '  - text: "Ek doz verilebilir."\n    condition: [{type: slot, name: language, value: tr}]\n'
    rewrite(new / "data/faq/duration.yml", f'{turkish}    metadata: {{title: "Ek doz?", source: [p1.2]', "#")
    (change,) = difference(old, new).faqs
    assert {field.name for field in change.fields} == {"title (tr)", "answer (tr)", "source (tr)"}


@pytest.mark.parametrize(
    ("now", "alters"),
    [
        ("It is permanent and lasts 4 to 6 months.", True),
        ("It is not permanent and lasts 4 to 9 months.", True),
        ("It isn't permanent and doesn't hurt: 4 to 6 months.", True),  # negated before and after
        ("It is not permanent and holds 4 to 6 months.", False),
    ],
)
def test_numbers_and_negations_that_changed_stand_out(old: Path, new: Path, now: str, alters: bool) -> None:
    rewrite(new / "data/faq/duration.yml", f'"{ENGLISH.text}"', f'"{now}"')
    found = difference(old, new)
    (change,) = found.faqs
    assert change.kind is Kind.CHANGED
    assert (change.alters_facts, found.alters_facts) == (alters, alters)


def test_phrasings_that_came_and_went(old: Path, new: Path) -> None:
    rewrite(new / "data/faq/duration.yml", "how does it last 0", "how long is it good for")
    ((field,),) = (change.fields for change in difference(old, new).faqs)
    assert (field.name, field.old, field.new) == ("phrasings", "how does it last 0", "how long is it good for")


def sensitive_pair(old: Path, new: Path, topic: str) -> Path:
    """Both have the FAQs under another topic; the path of the new one's file."""
    for root in (old, new):
        text = (root / "data/faq/duration.yml").read_text(encoding="utf-8").replace("duration", topic)
        (root / "data/faq/duration.yml").unlink()
        (root / f"data/faq/{topic}.yml").write_text(text, encoding="utf-8")
    return new / f"data/faq/{topic}.yml"


@pytest.mark.parametrize("topic", ["aftercare", "eligibility"])
@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('text: "Additional doses may be given."', 'text: "More doses may be given."'),
        ('title: "More?"', 'title: "Still more?"'),
        ("source: [p1.2]", "source: [p1]"),
        ("source: [p1.2], reviewed_on: null}", "source: [p1.2], reviewed_on: null, phone_line: true}"),
    ],
)
def test_answers_titles_and_sources_of_aftercare_and_eligibility_are_sensitive(
    old: Path, new: Path, topic: str, was: str, now: str
) -> None:
    rewrite(sensitive_pair(old, new, topic), was, now)
    assert difference(old, new).sensitive


def test_their_phrasings_are_not_nor_are_other_topics(old: Path, new: Path) -> None:
    rewrite(new / "data/faq/duration.yml", 'text: "Additional doses may be given."', 'text: "More may be given."')
    assert not difference(old, new).sensitive
    shutil.copy(old / "data/faq/duration.yml", new / "data/faq/duration.yml")
    path = sensitive_pair(old, new, "aftercare")
    rewrite(path, "how does it last 0", "how long is it good for")
    rewrite(path, "source: [p1.2], reviewed_on: null", "source: [p1.2], reviewed_on: 2026-01-01")
    assert not difference(old, new).sensitive


def test_the_removal_of_an_aftercare_answer_is_sensitive(old: Path, new: Path) -> None:
    sensitive_pair(old, new, "aftercare").unlink()
    assert difference(old, new).sensitive


def test_a_sentence_that_changed_names_the_answers_that_stand_on_it(old: Path, new: Path) -> None:
    rewrite(new / "data/document/apex-clinic-botox.md", "4 to 6 months", "4 to 9 months")
    found = difference(old, new)
    (sentence,) = found.sentences
    assert (sentence.number, sentence.answers, sentence.alters_facts) == ("p1.1", ("duration/how_long",), True)
    assert not found.sensitive
    assert found.files == ()


def test_a_sentence_that_aftercare_stands_on_is_sensitive(old: Path, new: Path) -> None:
    sensitive_pair(old, new, "aftercare")
    rewrite(new / "data/document/apex-clinic-botox.md", "may be given", "may be applied")
    assert difference(old, new).sensitive


def test_what_the_review_queue_put_out_of_scope_is_listed(old: Path, new: Path) -> None:
    rewrite(new / "data/dialogue/out_of_scope.yml", "    - hello\n", "    - hello\n    - hello there\n")
    found = difference(old, new)
    assert found.intents == (IntentChange("greet", ("hello there",), ()),)
    assert found.files == ()


def test_other_files_are_named(old: Path, new: Path) -> None:
    rewrite(new / "domain.yml", "60", "61")
    (new / "data/texts/tr.yml").unlink()
    (new / "data/dialogue/rules.yml").write_text("rules: []\n", encoding="utf-8")
    assert set(difference(old, new).files) == {
        FileChange("domain.yml", Kind.CHANGED),
        FileChange("data/texts/tr.yml", Kind.REMOVED),
        FileChange("data/dialogue/rules.yml", Kind.ADDED),
    }


def test_it_comes_back_from_json(old: Path, new: Path) -> None:
    rewrite(new / "data/faq/duration.yml", f'"{ENGLISH.text}"', '"It lasts 4 to 6 months."')
    rewrite(new / "data/document/apex-clinic-botox.md", "may be given", "may be applied")
    rewrite(new / "data/dialogue/out_of_scope.yml", "    - hello\n", "    - good day\n")
    rewrite(new / "domain.yml", "60", "61")
    found = difference(old, new)
    assert found.faqs
    assert found.sentences
    assert found.intents
    assert found.files
    assert Difference.from_json(json.loads(json.dumps(found.to_json()))) == found
