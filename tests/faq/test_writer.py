import difflib
import fcntl
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinicbot import paths
from clinicbot.faq.checking import MAX_PHRASINGS, check
from clinicbot.faq.edits import Edits
from clinicbot.faq.files import read_faqs, read_topic
from clinicbot.faq.linter import errors, fingerprint, lint
from clinicbot.faq.model import Answer, Faq
from clinicbot.faq.topic_text import cut, new_topic, tidy
from clinicbot.faq.writer import Conflict, Refused, add, version_of, write
from clinicbot.yaml_files import ContentError, read_yaml
from tests.conftest import PHONE, WriteClinic
from tests.faq.checkouts import DOMAIN, TOPIC, contents, copy_of_this_checkout, small_checkout

HOW_LONG, MORE = "duration/how_long", "duration/more"
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def root(tmp_path: Path, write_clinic: WriteClinic) -> Path:
    return small_checkout(tmp_path / "checkout", write_clinic())


def faq(root: Path, faq_id: str) -> Faq:
    return next(faq for faq in read_faqs(root / "data" / "faq") if faq.id == faq_id)


def with_answer(old: Faq, language: str, **changes: object) -> Faq:
    return replace(old, answers={**old.answers, language: replace(old.answers[language], **changes)})  # type: ignore[arg-type]


def new_faq(faq_id: str = "cost/how_much", about: str = "the effect") -> Faq:
    return Faq(
        faq_id,
        tuple(f"{about} question {number}" for number in range(25)),
        {
            "en": Answer("en", 'Additional doses "may" be given.', f"About {about}?", ("p1.2",), date(2026, 5, 31)),
            "tr": Answer("tr", "Ek doz\n\tverilebilir.", f"{about} hakkında?", ("p1.2",), None),
        },
    )


def save(root: Path, *edits: Faq, remove: tuple[str, ...] = ()) -> None:
    changes: Edits = {**{faq.id: faq for faq in edits}, **dict.fromkeys(remove)}
    write(changes, {faq_id.partition("/")[0]: version_of(faq_id.partition("/")[0], root) for faq_id in changes}, root)


def topic_text(root: Path, topic: str = "duration") -> str:
    return (root / "data" / "faq" / f"{topic}.yml").read_text(encoding="utf-8")


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


# the form


@pytest.mark.parametrize("path", sorted(paths.FAQ.glob("*.yml")), ids=lambda path: path.stem)
def test_the_committed_files_stand_exactly_as_the_writer_writes_them(path: Path) -> None:
    text = new_topic(path.stem)
    for faq in read_topic(path):
        text.put(faq)
    assert str(text).encode() == path.read_bytes()


def test_writing_every_committed_faq_unchanged_changes_no_byte(tmp_path: Path) -> None:
    root = copy_of_this_checkout(tmp_path)
    before = contents(root)
    save(root, *read_faqs(root / "data" / "faq"))
    assert contents(root) == before


def test_a_change_touches_its_own_lines_only(root: Path) -> None:
    before = topic_text(root)
    old = faq(root, HOW_LONG)
    save(root, replace(with_answer(old, "tr", title="Ne kadar sürer?"), phrasings=(*old.phrasings, "ne kadar")))
    assert changed_lines(before, topic_text(root)) == [
        "+    - ne kadar",
        '-    metadata: {title: "Ne kadar?", source: [p1.1], reviewed_on: null, phone_line: true}',
        '+    metadata: {title: "Ne kadar sürer?", source: [p1.1], reviewed_on: null, phone_line: true}',
    ]


def test_what_a_person_wrote_beside_other_faqs_stays(root: Path) -> None:
    path = root / "data" / "faq" / "duration.yml"
    text = topic_text(root).replace("- intent: duration/more\n", "# asked for by the nurse\n- intent: duration/more\n")
    path.write_text(text.replace('"Additional doses may be given."', "Additional doses may be given."), "utf-8")
    before = topic_text(root)
    save(root, with_answer(faq(root, HOW_LONG), "en", title="How long is it?"))
    assert len(changed_lines(before, topic_text(root))) == 2
    save(root, with_answer(faq(root, MORE), "en", title="More of it?"))
    assert "# asked for by the nurse\n- intent: duration/more\n" in topic_text(root)


def test_a_new_faq_stands_behind_the_others_and_reads_back(root: Path) -> None:
    new = new_faq("duration/effect")
    add(new, version_of("duration", root), root)
    assert [faq.id for faq in read_faqs(root / "data" / "faq")] == [HOW_LONG, MORE, new.id]
    assert faq(root, new.id) == new
    assert lint(root) == []


def test_removing_an_faq_takes_its_lines_only(root: Path) -> None:
    before = contents(root)
    save(root, new_faq("duration/effect"))
    save(root, remove=("duration/effect",))
    assert contents(root) == before


def test_space_around_texts_and_empty_phrasings_are_left_out(root: Path) -> None:
    new = new_faq("duration/effect")
    save(root, replace(with_answer(new, "en", text="  Additional doses. \n"), phrasings=("  ", *new.phrasings, " x ")))
    written = faq(root, new.id)
    assert (written.phrasings, written.answers["en"].text) == ((*new.phrasings, "x"), "Additional doses.")


# topics


def test_a_new_topic_is_a_file_with_its_rule_and_an_intent_behind_the_topics(root: Path) -> None:
    save(root, new_faq("skin_care/daily"))
    assert read_yaml(root / "data" / "faq" / "skin_care.yml")["rules"] == [
        {
            "rule": "answer a question about skin care",
            "steps": [{"intent": "skin_care"}, {"action": "utter_skin_care"}],
        }
    ]
    domain = (root / "domain.yml").read_text(encoding="utf-8")
    assert changed_lines(DOMAIN, domain) == ["+  - skin_care"]
    assert read_yaml(root / "domain.yml")["intents"] == ["duration", "skin_care", "greet", "out_of_scope"]
    assert lint(root) == []


def test_an_added_topic_goes_with_its_last_faq(root: Path) -> None:
    before = contents(root)
    save(root, new_faq("cost/one", "one"), new_faq("cost/two", "two"))
    save(root, remove=("cost/one",))
    assert [faq.id for faq in read_topic(root / "data" / "faq" / "cost.yml")] == ["cost/two"]
    save(root, remove=("cost/two",))
    assert contents(root) == before


def test_a_topic_that_the_design_names_keeps_an_faq(root: Path) -> None:
    with pytest.raises(Refused, match="F025 duration: this topic must keep at least one FAQ"):
        save(root, remove=(HOW_LONG, MORE))


def test_several_topics_are_written_in_one_go(root: Path) -> None:
    phrasing = faq(root, HOW_LONG).phrasings[0]
    shorter = replace(faq(root, MORE), phrasings=(*faq(root, MORE).phrasings, "another"))
    save(root, shorter, new_faq("cost/how_much"), new_faq("a_topic/first", "first"))
    intents = read_yaml(root / "domain.yml")["intents"]
    assert sorted(intents[:3]) == ["a_topic", "cost", "duration"]
    assert phrasing in faq(root, HOW_LONG).phrasings
    assert lint(root) == []


# what is refused

Edit = Callable[[Faq], Faq]


def answer(language: str, **changes: object) -> Edit:
    return lambda old: with_answer(old, language, **changes)


def phrasing(*texts: str) -> Edit:
    return lambda old: replace(old, phrasings=(*old.phrasings, *texts))


def not_anywhere(old: Faq) -> Faq:
    return with_answer(old, "tr", text="Kalıcıdır, 4 ila 6 ay sürer.")


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (answer("en", text=""), "F005"),
        (answer("tr", text="   "), "F005"),
        (lambda old: replace(old, answers={}), "F005"),
        (lambda old: replace(old, answers={"en": old.answers["en"]}), "F005"),
        (answer("en", text="It is not {permanent} and lasts 4 to 6 months."), "F007"),
        (answer("en", text="It is <b>not</b> permanent and lasts 4 to 6 months."), "F007"),
        (answer("en", title="<script>"), "F007"),
        (answer("en", text="It is not permanent and lasts 4 to 6 months.\\n"), "F007"),
        (answer("en", title=""), "F008"),
        (answer("en", text=f"It is not permanent. Call {PHONE}."), "F009"),
        (answer("en", source=()), "F010"),
        (answer("en", source=("p9.9",)), "F010"),
        (answer("en", source=("p1.1], reviewed_on: null}\nrules: [",)), "F010"),
        (answer("en", text="It is not permanent and lasts 4 to 8 months."), "F011"),
        (answer("tr", text="Kalıcı değildir, 4 ila 8 ay sürer."), "F012"),
        (answer("en", text="It is permanent and lasts 4 to 6 months."), "F013"),
        (not_anywhere, "F013"),
        (answer("en", source=("p1.2",)), "F014"),
        (lambda old: answer("tr", source=("p1.2",))(answer("en", source=("p1.2",))(old)), "F015"),
        (phrasing("Why another DOSE 1?"), "F016"),
        (phrasing("how does it last 0!"), "F016"),
        (phrasing("hello"), "F016"),
        (phrasing("x" * 201), "F017"),
        (phrasing("how {long}"), "F017"),
        (phrasing("/restart"), "F017"),
        (phrasing(*(f"number {number}" for number in range(10_000))), "F022"),
        (answer("en", text="It is not permanent and lasts 4 to 6 months" + "!" * 2_000), "F022"),
        (answer("en", title="x" * 201), "F022"),
        (phrasing("one\n- intent: emergency/none"), "F023"),
        (phrasing("one\u2028two"), "F023"),
        (answer("tr", title="bir\niki"), "F023"),
        (answer("tr", text="Kalıcı değildir, 4 ila 6 ay\x85 sürer."), "F023"),
        (lambda old: replace(old, answers={**old.answers, "no": replace(old.answers["en"], language="no")}), "F021"),
        (lambda old: replace(old, phrasings=old.phrasings[:2]), "F004"),
        (
            lambda old: replace(old, answers={**old.answers, "de": replace(old.answers["en"], language="de", text="")}),
            "F005",
        ),
    ],
)
def test_a_bad_edit_is_refused_with_its_number_and_writes_nothing(root: Path, edit: Edit, code: str) -> None:
    before = contents(root)
    with pytest.raises(Refused) as refused:
        save(root, edit(faq(root, HOW_LONG)))
    assert code in {finding.code for finding in refused.value.findings}
    assert f"{code} " in str(refused.value)
    assert contents(root) == before


# what is only unfinished


def unfinished(root: Path, *languages: str, phrasings: int = 25) -> Faq:
    whole = new_faq("duration/effect")
    answers = {language: whole.answers[language] for language in languages}
    return replace(whole, phrasings=whole.phrasings[:phrasings], answers=answers)


def test_a_new_faq_with_few_phrasings_and_languages_is_written_with_warnings(root: Path) -> None:
    warnings = add(unfinished(root, "en", phrasings=3), version_of("duration", root), root)
    assert [(finding.code, finding.is_warning) for finding in warnings] == [("F004", True), ("F005", True)]
    assert warnings[1].values == {"language": "tr"}
    assert faq(root, "duration/effect").answers.keys() == {"en"}


def test_the_linter_still_names_what_is_unfinished(root: Path) -> None:
    save(root, unfinished(root, "en", phrasings=3))
    assert [(finding.code, finding.is_warning) for finding in lint(root)] == [("F004", True), ("F005", True)]
    assert errors(lint(root)) == []


def test_sentences_of_a_new_document_may_wait_for_an_answer_and_old_ones_keep_theirs(root: Path) -> None:
    old = "- p1.1 It is not permanent and lasts 4 to 6 months.\n- p1.2 Additional doses may be given.\n"
    found = check({}, root, document=old + "- p1.3 It is new.\n")
    assert [(finding.code, finding.where, finding.is_warning) for finding in found] == [("F015", "p1.3", True)]
    moved = old.replace("p1.2", "p1.3") + "- p1.2 It is new.\n"  # so the answer stands on another sentence now
    found = check({}, root, document=moved)
    assert [(finding.where, finding.is_warning) for finding in found if finding.code == "F015"] == [("p1.3", False)]


@pytest.mark.parametrize(
    ("languages", "phrasings", "code"),
    [(("en",), 2, "F004"), (("en",), 0, "F004"), (("tr",), 25, "F005")],
)
def test_what_a_new_faq_cannot_do_without(root: Path, languages: tuple[str, ...], phrasings: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        save(root, unfinished(root, *languages, phrasings=phrasings))
    assert [finding.code for finding in refused.value.findings] == [code]


def test_what_was_missing_already_warns_no_more_and_cannot_be_lost_once_it_is_there(root: Path) -> None:
    save(root, unfinished(root, "en", phrasings=3))
    assert check({"duration/effect": with_answer(faq(root, "duration/effect"), "en", title="Other?")}, root) == []
    more = replace(unfinished(root, "en", "tr", phrasings=4))
    assert check({"duration/effect": more}, root) == []
    save(root, more)
    (finding,) = check({"duration/effect": unfinished(root, "en", phrasings=4)}, root)
    assert (finding.code, finding.is_warning) == ("F005", False)


def test_of_few_phrasings_none_may_go(root: Path) -> None:
    save(root, unfinished(root, "en", "tr", phrasings=3))
    (finding,) = check({"duration/effect": unfinished(root, "en", "tr", phrasings=2)}, root)
    assert (finding.code, finding.is_warning) == ("F004", False)


def test_a_sentence_keeps_its_last_answer(root: Path) -> None:
    (finding,) = check({MORE: None}, root)
    assert (finding.code, finding.where, finding.is_warning) == ("F015", "p1.2", False)


@pytest.mark.parametrize(
    "faq_id", ["", "cost", "cost/", "/x", "../evil", "a/b/c", "Cost/x", "yes/x", "null/x", "a b/c", "c" * 300 + "/x"]
)
def test_an_id_that_is_no_id_is_refused(root: Path, faq_id: str) -> None:
    before = contents(root.parent)
    with pytest.raises(Refused, match="F024"):
        save(root, new_faq(faq_id))
    assert contents(root.parent) == before


def test_a_topic_cannot_take_the_name_of_an_intent_of_the_dialogue(root: Path) -> None:
    with pytest.raises(Refused, match="F024 greet/warmly: 'greet' is an intent"):
        save(root, new_faq("greet/warmly"))


def test_a_new_faq_cannot_take_the_id_of_another(root: Path) -> None:
    with pytest.raises(Refused, match="F024 duration/more: this id is taken"):
        add(new_faq(MORE), version_of("duration", root), root)


def test_an_faq_that_is_not_there_cannot_be_removed(root: Path) -> None:
    with pytest.raises(Refused, match="F025 cost/none"):
        save(root, remove=("cost/none",))


def test_only_what_is_wrong_by_this_change_counts(root: Path) -> None:
    path = root / "data" / "faq" / "duration.yml"
    path.write_text(topic_text(root).replace("    - why does it last 1\n    - when does it last 2\n", ""), "utf-8")
    assert [finding.code for finding in lint(root)] == ["F004"]
    save(root, with_answer(faq(root, MORE), "en", title="More of it?"))
    save(root, phrasing("one more")(faq(root, HOW_LONG)))  # better, though still too few
    (finding,) = check({MORE: with_answer(faq(root, MORE), "en", title="")}, root)
    assert (finding.code, finding.where) == ("F008", "duration/more (en)")


def test_a_file_in_another_form_is_named_and_left_alone(root: Path) -> None:
    path = root / "data" / "faq" / "duration.yml"
    new = new_faq("duration/effect")
    for broken in (
        topic_text(root).replace("- intent: duration/more", '- intent: "duration/more"'),
        topic_text(root).replace("responses:\n", "responses: \n"),
        topic_text(root).replace("\n", "\r\n"),
        topic_text(root).replace("    - how does it last 0", "    - how does it last 0\n- intent: duration/more"),
        topic_text(root).removesuffix("\n"),
    ):
        path.write_bytes(broken.encode())
        with pytest.raises(ContentError, match=r"duration\.yml"):
            save(root, new, phrasing("one more")(faq(root, MORE)))
        assert path.read_bytes() == broken.encode()


# two people, and a power cut


def test_an_edit_of_a_file_that_was_changed_meanwhile_is_a_conflict(root: Path) -> None:
    begun = version_of("duration", root)
    save(root, with_answer(faq(root, HOW_LONG), "en", title="First?"))
    before = contents(root)
    with pytest.raises(Conflict, match=r"data/faq/duration\.yml after this edit was begun") as conflict:
        write({MORE: with_answer(faq(root, MORE), "en", title="Second?")}, {"duration": begun}, root)
    assert conflict.value.topic == "duration"
    assert contents(root) == before


def test_two_people_who_begin_the_same_topic_are_told(root: Path) -> None:
    add(new_faq("cost/one", "one"), "", root)
    with pytest.raises(Conflict):
        add(new_faq("cost/two", "two"), "", root)


def _compete(root: Path, number: int, start: Barrier, results: "Queue[str]") -> None:
    version = version_of("duration", root)
    start.wait()
    try:
        write(
            {f"duration/new_{number}": new_faq(f"duration/new_{number}", f"new {number}")}, {"duration": version}, root
        )
    except Conflict:
        results.put("conflict")
    else:
        results.put("written")


def test_of_two_processes_that_write_at_once_one_is_told(root: Path) -> None:
    start, results = FORK.Barrier(2), FORK.Queue()
    processes = [FORK.Process(target=_compete, args=(root, number, start, results)) for number in (1, 2)]
    for process in processes:
        process.start()
    assert sorted(results.get(timeout=60) for _ in processes) == ["conflict", "written"]
    for process in processes:
        process.join()
    assert len(read_faqs(root / "data" / "faq")) == 3
    assert lint(root) == []


def test_a_file_is_on_disk_before_it_is_renamed_and_nobody_else_can_write(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, rename, sync = [], os.replace, os.fsync

    def watch_sync(handle: int) -> None:
        done.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        sync(handle)

    def watch(source: Path, target: Path) -> None:
        handle = os.open(root / "data" / "faq", os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        done.append(f"-> {target.name}")
        rename(source, target)

    monkeypatch.setattr(os, "replace", watch)
    monkeypatch.setattr(os, "fsync", watch_sync)
    save(root, new_faq("cost/how_much"))
    # the intent first: an intent without a file can be trained, a file without its intent can't
    domain = [".domain.yml.tmp", "-> domain.yml", "checkout"]
    assert done == [*domain, ".cost.yml.tmp", "-> cost.yml", "faq"]


@pytest.mark.parametrize("survived", [0, 1])
def test_a_write_that_is_cut_off_leaves_a_whole_project(
    root: Path, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    before, rename, left = contents(root), os.replace, [survived]

    def cut_off(source: Path, target: Path) -> None:
        if not left[0]:
            raise OSError(28, "No space left on device")
        left[0] -= 1
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", cut_off)
        with pytest.raises(OSError, match="No space left"):
            save(root, new_faq("cost/how_much"))
    after = contents(root)
    assert {name for name in after if after[name] != before.get(name)} == ({"domain.yml"} if survived else set())
    assert lint(root) == []
    save(root, new_faq("cost/how_much"))
    assert yaml.safe_load(contents(root)["domain.yml"])["intents"].count("cost") == 1
    assert faq(root, "cost/how_much") == new_faq("cost/how_much")


def _die_at_the_rename(root: Path) -> None:
    os.replace = lambda source, target: os._exit(9)  # type: ignore[assignment]
    save(root, with_answer(faq(root, HOW_LONG), "en", title="Never written?"))


def test_a_writer_that_is_killed_blocks_nobody_and_leaves_nothing(root: Path) -> None:
    before = contents(root)
    process = FORK.Process(target=_die_at_the_rename, args=(root,))
    process.start()
    process.join()
    assert process.exitcode == 9
    after = contents(root)
    assert set(after) - set(before) == {"data/faq/.duration.yml.tmp"}
    assert {name: after[name] for name in before} == before
    save(root, with_answer(faq(root, HOW_LONG), "en", title="Written?"))
    assert set(contents(root)) == set(before)


# any text

PLAIN = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=80)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    phrasings=st.lists(PLAIN, max_size=8, unique_by=fingerprint),
    text=PLAIN,
    title=PLAIN,
    reviewed_on=st.none() | st.dates(),
    phone_line=st.booleans(),
)
def test_any_text_that_is_accepted_reads_back_as_it_was(
    root: Path, phrasings: list[str], text: str, title: str, reviewed_on: date | None, phone_line: bool
) -> None:
    changes = {"text": text, "title": title, "reviewed_on": reviewed_on, "phone_line": phone_line}
    changed = with_answer(with_answer(new_faq("duration/any"), "en", **changes), "tr", phone_line=phone_line)
    changed = replace(changed, phrasings=(*changed.phrasings, *phrasings))
    before = topic_text(root)
    if check({changed.id: changed}, root):
        with pytest.raises(Refused):
            save(root, changed)
        assert topic_text(root) == before
    else:
        save(root, changed)
        assert faq(root, changed.id) == tidy(changed)
        assert str(cut(topic_text(root), "")) == topic_text(root)


def test_the_lines_that_yaml_could_misread_are_written(root: Path) -> None:
    phrasings = ("- dash", "# hash", "key: value", "'quoted", '"', "!tag", "&a", "*b", "? x", "|", "100%", "👍", "~")
    new = new_faq("duration/any")
    new = with_answer(new, "en", text='He said: "#1 - no"? Yes: &x *y !z, 1.\nNew line.', title="- 'a': \"b\" # c")
    found = check({new.id: replace(new, phrasings=(*new.phrasings, *phrasings))}, root)
    assert {finding.code for finding in found} <= {"F011", "F012", "F013", "F016"}  # of content, not of form
    new = with_answer(new, "en", text='He said: "# - x"? Yes: &x *y !z,\nnew line')
    save(root, replace(new, phrasings=(*new.phrasings, *phrasings)))
    assert faq(root, new.id).phrasings[25:] == phrasings
    assert faq(root, new.id).answers == new.answers


def test_the_test_content_has_no_findings(root: Path) -> None:
    assert lint(root) == []
    assert topic_text(root) == TOPIC
    assert MAX_PHRASINGS == 2_000
