"""What the tests of the FAQs' pages share: a live release, an assistant that answers as told, and a browser's form."""

import gzip
import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import httpx
import numpy as np

from clinicbot.console.services import Console
from clinicbot.faq.drafts import Drafts
from clinicbot.faq.model import Faq
from clinicbot.releases.reading import Reading
from clinicbot.releases.store import About
from tests.console.conftest import Client

HOW_LONG, MORE = "duration/how_long", "duration/more"
Fields = dict[str, list[str]]


def go_live(console: Console) -> None:
    """The drafts as they are become what patients get."""
    (console.root / "config.yml").write_text("pipeline: []\n", encoding="utf-8")
    model = console.settings.var / "model.tar.gz"
    model.parent.mkdir(exist_ok=True)
    with gzip.open(model, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model"), io.BytesIO())
    about = About("test", "test", "2026-11-01T00:00:00+00:00", "engine", "content")
    release = console.releases.add(console.root, model, about)
    console.releases.go_live(release.number, "test", "test")


def draft(console: Console, faq_id: str) -> Faq:
    faq = Drafts(console.root).get(faq_id)
    assert faq is not None
    return faq


@dataclass
class ToldReader:
    """In the place of the live assistant; texts that nothing was told about aren't understood. Alike is who begins with
    the same letter."""

    readings: dict[str, Reading] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def read(self, texts: Sequence[str], language: str = "en") -> list[Reading]:
        self.asked += texts
        return [self.readings.get(text, Reading("out_of_scope", 0.1, False, (), ())) for text in texts]

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[ord(text[0].lower()) % 512] = 1.0
        return rows


def use_reader(console: Console, **readings: Reading) -> ToldReader:
    reader = ToldReader(readings)
    console.reader = reader  # type: ignore[assignment]
    return reader


class _Form(HTMLParser):
    """The fields of one form as a browser would send them; buttons are left out."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.fields: Fields = {}
        self._form_id = form_id
        self._inside = False
        self._textarea = self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._inside = given.get("id") == self._form_id
        if not self._inside:
            return
        name = given.get("name", "")
        if tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self._add(name, given.get("value", ""))
        elif tag == "textarea":
            self._textarea = name
            self._add(name, "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = [given.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            text = self.fields[self._textarea][-1] + data
            self.fields[self._textarea][-1] = text

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


def form_in(response: httpx.Response, form_id: str = "faq-form") -> Fields:
    parser = _Form(form_id)
    parser.feed(response.text)
    # a line break right behind <textarea> isn't part of its text; browsers send the others as CR LF
    return {
        name: [
            value.removeprefix("\r\n").removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n")
            for value in values
        ]
        for name, values in parser.fields.items()
    }


def open_form(client: Client, faq_id: str = "new", query: str = "") -> Fields:
    response = client.get(f"/staff/faqs/{faq_id}{query}")
    assert response.status_code == 200
    return form_in(response)


def send(client: Client, fields: Fields, faq_id: str = "new", do: str = "save", **changes: object) -> httpx.Response:
    """The form as it was opened, with some fields changed; a list is a field that comes several times."""
    return client.post(f"/staff/faqs/{faq_id}", {**fields, "do": do, **changes})


def phrasings(fields: Fields, *more: str) -> str:
    return "\r\n".join([*fields["phrasings"][0].splitlines(), *more])


def faq_file(console: Console, topic: str = "duration") -> Path:
    return console.root / "data" / "faq" / f"{topic}.yml"
