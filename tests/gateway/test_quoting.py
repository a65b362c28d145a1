"""The sentence of the clinic's text under an answer, while another release goes live."""

from pathlib import Path

from clinicbot.releases.store import Releases
from tests.gateway.conftest import Run
from tests.gateway.fake_rasa import ANSWER, FakeRasa, understood
from tests.releases.contents import add, edit, write_root


async def test_an_answer_of_the_release_before_is_quoted_from_its_document(
    run: Run, rasa: FakeRasa, tmp_path: Path
) -> None:
    root, releases = write_root(tmp_path / "root"), Releases(tmp_path / "var")
    releases.go_live(add(releases, root).number, "ayse", "first")
    edit(root, "4 to 6 months", "3 months", "data/document/apex-clinic-botox.md")
    releases.go_live(add(releases, root).number, "ayse", "Rasa has not taken it up yet")
    answer = ANSWER | {"metadata": {"title": "How long?", "source": ["p1.1"]}}
    async with run() as gateway:
        chat = await gateway.start()
        for release, months in ((1, "4 to 6 months"), (2, "3 months")):
            rasa.answers = [understood(answer, "duration/how_long", release=release)]
            (reply,) = await chat.say("How long does it last?")
            assert months in reply["source"]["passage"]
