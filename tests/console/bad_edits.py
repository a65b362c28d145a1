"""Bad edits as somebody would make them in the console, and what each of them leaves behind."""

import multiprocessing
import os
import resource
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from clinicbot.console.faq_forms import digest_of
from clinicbot.console.services import Console
from clinicbot.faq import writer
from clinicbot.faq.linter import errors, lint
from clinicbot.faq.model import Answer, Faq
from tests.console.conftest import Client
from tests.console.faq_world import HOW_LONG, MORE, draft, faq_file, open_form, phrasings, send
from tests.faq.checkouts import contents

EN, TR = "It is not permanent and lasts 4 to 6 months.", "Kalıcı değildir, 4 ila 6 ay sürer."
DOSES = "Additional doses may be given."
BOUNDARY = "cut"
_FORK = multiprocessing.get_context("fork")


@dataclass
class Desk:
    """Two editors of one console, and the files as they were before the bad edit (`mark`)."""

    editor: Client
    colleague: Client
    folder: Path
    patch: pytest.MonkeyPatch
    before: dict[str, bytes] = field(default_factory=dict)

    def mark(self) -> None:
        self.before = contents(self.console.root)

    @property
    def console(self) -> Console:
        return self.editor.console

    def twin(self, *faqs: Faq, remove: Sequence[str] = ()) -> dict[str, bytes]:
        """The files as they would be if these FAQs had been written and nothing had come in between."""
        root = self.folder / "twin"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.console.root, root)
        for faq_id, faq in {**{faq.id: faq for faq in faqs}, **dict.fromkeys(remove)}.items():
            topic = faq_id.partition("/")[0]
            writer.write({faq_id: faq}, {topic: writer.version_of(topic, root)}, root)
        return contents(root)


@dataclass(frozen=True)
class Came:
    """What came of a bad edit. `said` stands in the page, `kept` are fields of its form that hold what was typed,
    `logged` is the action in the audit log where it was refused. `new` are the files as a harmless one
    leaves them; as they were, without it."""

    response: httpx.Response | None = None
    said: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)
    logged: str = ""
    new: Mapping[str, bytes] = field(default_factory=dict)


Attempt = Callable[[Desk], Came]


def edit(said: str, faq_id: str = HOW_LONG, *, do: str = "save", logged: str = "faq.write", **changes: Any) -> Attempt:
    """The FAQ's form with these fields changed; phrasings that begin with a plus are added to those that are there."""

    def attempt(desk: Desk) -> Came:
        fields = open_form(desk.editor, faq_id)
        given = {
            name: phrasings(fields, value[1:]) if name == "phrasings" and value.startswith("+") else value
            for name, value in changes.items()
        }
        response = send(desk.editor, fields, faq_id, do, **given)
        kept = {name: value for name, value in given.items() if isinstance(value, str)}
        return Came(response, said, kept, logged)

    return attempt


def new(said: str, *, logged: str = "faq.add", **changes: Any) -> Attempt:
    """The form of a new FAQ, whole but for these fields."""

    def attempt(desk: Desk) -> Came:
        response = send(desk.editor, new_form(desk) | changes)
        return Came(response, said, {name: str(value) for name, value in changes.items()}, logged)

    return attempt


def new_form(desk: Desk, **changes: str) -> dict[str, Any]:
    whole = {
        "topic": "duration",
        "title_en": "Again?",
        "text_en": DOSES,
        "phrasings": "once\r\ntwice",
        "source": ["p1.2"],
    }
    return {**open_form(desk.editor), **whole, **changes}


def new_faq(faq_id: str, title: str) -> Faq:
    """What `new_form` makes."""
    return Faq(faq_id, (title, "once", "twice"), {"en": Answer("en", DOSES, title, ("p1.2",), None)})


def new_beside(title: str, faq_id: str, **fields: str) -> Attempt:
    """A new FAQ that is taken as it is, under this id."""

    def attempt(desk: Desk) -> Came:
        wanted = desk.twin(new_faq(faq_id, title))
        return Came(send(desk.editor, new_form(desk, title_en=title, **fields)), new=wanted)

    return attempt


def upload(area: str, name: str, content: Callable[[], bytes], said: str) -> Attempt:
    """A file that is refused; `area` is imports or documents."""

    def attempt(desk: Desk) -> Came:
        response = desk.editor.post(f"/staff/{area}", files={"file": (name, content())})
        return Came(response, said, logged=f"{area.removesuffix('s')}.upload")

    return attempt


def cut_off_upload(desk: Desk) -> Came:
    """The connection ends in the middle of the file; nobody can be told."""
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="faqs.csv"\r\n\r\nid,language\r\n'
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    headers = {"Content-Type": kind, "X-CSRF-Token": desk.editor.csrf}
    return Came(desk.editor.http.post("/staff/imports", content=part.encode(), headers=headers))


def delete(desk: Desk, faq_id: str, said: str) -> Came:
    response = desk.editor.post(f"/staff/faqs/{faq_id}/delete", {"base": digest_of(draft(desk.console, faq_id))})
    return Came(response, said, logged="faq.delete")


def delete_last_of_topic(desk: Desk) -> Came:
    send(desk.editor, open_form(desk.editor, HOW_LONG), HOW_LONG, source=["p1.1", "p1.2"])
    delete(desk, MORE, "")
    desk.mark()
    return delete(desk, HOW_LONG, "This is the last FAQ of its topic")


def forged(*names: str) -> Attempt:
    """One of them alone is believed only while the other says that nobody has changed the FAQ meanwhile."""

    def attempt(desk: Desk) -> Came:
        text = "More doses may be given."
        wanted = desk.twin(with_text(draft(desk.console, MORE), text))
        changes = {**dict.fromkeys(names, "f" * 64), "text_en": text}
        response = send(desk.editor, open_form(desk.editor, MORE), MORE, **changes)
        return Came(response, "Somebody else has changed this FAQ meanwhile", {"text_en": text}, new=wanted)

    return attempt


def with_text(faq: Faq, text: str) -> Faq:
    return replace(faq, answers={**faq.answers, "en": replace(faq.answers["en"], text=text)})


def two_people_one_faq(desk: Desk) -> Came:
    mine, theirs = open_form(desk.editor, MORE), open_form(desk.colleague, MORE)
    send(desk.colleague, theirs, MORE, text_en="More doses may be given.")
    desk.mark()
    response = send(desk.editor, mine, MORE, text_en="Some doses may be given.")
    return Came(response, "More doses may be given.", {"text_en": "Some doses may be given."})


def two_people_two_faqs(desk: Desk) -> Came:
    more, how_long = draft(desk.console, MORE), draft(desk.console, HOW_LONG)
    longer = replace(how_long, phrasings=(*how_long.phrasings, "until when"))
    wanted = desk.twin(with_text(more, "More doses may be given."), longer)
    mine, theirs = open_form(desk.editor, HOW_LONG), open_form(desk.colleague, MORE)
    send(desk.colleague, theirs, MORE, text_en="More doses may be given.")
    return Came(send(desk.editor, mine, HOW_LONG, phrasings=phrasings(mine, "until when")), new=wanted)


def stale_form(desk: Desk) -> Came:
    send(desk.colleague, open_form(desk.colleague, HOW_LONG), HOW_LONG, source=["p1.1", "p1.2"])
    mine = open_form(desk.editor, MORE)
    desk.colleague.post(f"/staff/faqs/{MORE}/delete", {"base": digest_of(draft(desk.console, MORE))})
    desk.mark()
    response = send(desk.editor, mine, MORE, text_en="Some doses may be given.")
    return Came(response, "It was deleted meanwhile", {"text_en": "Some doses may be given."})


def power_cut(step: int) -> Attempt:
    """A new topic is written, which takes two files; the power goes at one of its steps onto the disk. The form, sent
    again, makes it good."""

    def attempt(desk: Desk) -> Came:
        wanted = desk.twin(new_faq("cost/again", "Again?"))
        fields = new_form(desk, topic="+", new_topic="Cost")
        with desk.patch.context() as patch:
            left = [step]
            for name in ("fsync", "replace"):
                patch.setattr(os, name, _until(getattr(os, name), left))
            response = send(desk.editor, fields)
        assert response.status_code == 500
        return _made_good(desk, fields, wanted)

    return attempt


def _until(act: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    def limited(*arguments: Any) -> Any:
        if left[0] == 0:
            raise OSError(5, "the power is gone")
        left[0] -= 1
        return act(*arguments)

    return limited


def full_disk(desk: Desk) -> Came:
    """As the system says it: no file of this process may grow beyond what it has."""
    wanted = desk.twin(new_faq("duration/again", "Again?"))
    fields = new_form(desk)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (faq_file(desk.console).stat().st_size, limits[1]))
    try:
        response = send(desk.editor, fields)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert response.status_code == 500
    return _made_good(desk, fields, wanted)


def killed_writer(step: int) -> Attempt:
    """Another process is killed at one of its renames, as by `kill -9`, so that nothing of it tidies up."""

    def attempt(desk: Desk) -> Came:
        wanted_faq = new_faq("cost/again", "Again?")
        wanted = desk.twin(wanted_faq)
        process = _FORK.Process(target=_write_until_killed, args=(desk.console.root, wanted_faq, step))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        return _made_good(desk, new_form(desk, topic="+", new_topic="Cost"), wanted)

    return attempt


def _write_until_killed(root: Path, faq: Faq, step: int) -> None:
    rename, left = os.replace, [step]

    def killed(*arguments: Any) -> None:
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        rename(*arguments)

    os.replace = killed  # type: ignore[assignment]  # this process ends with it
    writer.add(faq, "", root)


def _made_good(desk: Desk, fields: dict[str, Any], wanted: dict[str, bytes]) -> Came:
    """Each file is the old or the new one and can be published, and the form, sent again, leaves what it should
    have."""
    now = {path: content for path, content in contents(desk.console.root).items() if not path.endswith(".tmp")}
    for path in {*now, *wanted}:
        assert now.get(path) in (desk.before.get(path), wanted.get(path)), path
    assert errors(lint(desk.console.root)) == []
    response = desk.editor.get("/staff/faqs") if now == wanted else send(desk.editor, fields)
    return Came(response, new=wanted)
