"""From the click on Publish to the new answer being live, with 100 FAQs and patients writing meanwhile; and beside it
`rasa train` on the same data.

    python -m bench.publish [--without-rasa-train] [--write]
"""

import argparse
import asyncio
import itertools
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.clients import BotError, OurBot
from bench.processes import ENVIRONMENT, FOLDER, ServerError, free_ports, our_server
from bench.projects import copy_checkout
from bench.tables import table, write_between
from clinicbot import paths
from clinicbot.faq import writer
from clinicbot.faq.files import read_faqs
from clinicbot.faq.model import Answer, Faq
from clinicbot.faq.topic_text import cut
from clinicbot.releases.confirming import LiveAssistant
from clinicbot.releases.publish_state import Phase, PublishState
from clinicbot.releases.publishing import Publishing
from clinicbot.releases.store import Releases
from clinicbot.releases.trainer import Trainer

FAQS = 100
TOPIC = "uses"
QUALITY_PAGE = paths.ROOT / "docs" / "quality.md"
PATIENT_PAUSE = 0.1
QUESTIONS = ("How long does botox last?", "can i shower after", "what does it cost", "kaç ay sürer")
NEW = Faq(
    "aftercare/telescopes",
    (
        "can i look through a telescope after botox",
        "is a telescope allowed afterwards",
        "when may i use my telescope again",
        "telescope after the injections?",
        "telescope on the same day",
        "do i have to leave the telescope alone",
        "are there any rules for a telescope",
        "how soon can i take my telescope out",
    ),
)
TITLE = "Can I use a telescope after botox?"
# Made up, and far from anything that patients ask: they only make the number up.
THINGS = (
    *("kites", "drums", "canoes", "lanterns", "violins", "marbles", "sledges", "anchors", "cymbals", "ladders"),
    *(
        "kettles",
        "hammocks",
        "trumpets",
        "compasses",
        "windmills",
        "puppets",
        "bagpipes",
        "skittles",
        "stilts",
        "gongs",
    ),
    *("rafts", "flutes", "dominoes", "looms", "tents", "harps", "wheelbarrows", "sundials", "yo-yos", "juggling balls"),
    *(
        "banjos",
        "oars",
        "easels",
        "spinning tops",
        "paper planes",
        "chess sets",
        "roller skates",
        "bugles",
        "toboggans",
    ),
)
PATTERNS = (
    *(
        "what about {}",
        "are {} allowed",
        "may i bring {}",
        "do you have {}",
        "is it fine to use {}",
        "tell me about {}",
    ),
    *("when can i have {} again", "are {} a problem", "how is it with {}", "{}?", "could i keep my {}"),
    *("{} on the same day", "{} one week later", "anything to know about {}", "so {} are fine then", "rules on {}"),
    *("am i allowed to play with {}", "my child has {}", "who looks after {}", "why not {}", "how many {}", "old {}"),
    *("where do {} go", "{} and botox", "{} before the appointment", "{} after the appointment", "heavy {}", "new {}"),
    *("what if i forget my {}", "borrowed {}"),
)


@dataclass
class Patients:
    """What patients got while a release went live: answers by kind, the slowest, and those that were no answer."""

    kinds: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lost: int = 0


def make_project(folder: Path) -> None:
    """A copy of this checkout with FAQS FAQs."""
    copy_checkout(folder, None)
    path = folder / "data" / "faq" / f"{TOPIC}.yml"
    text = cut(path.read_text(encoding="utf-8"), str(path))
    model = next(faq for faq in read_faqs(folder / "data" / "faq") if faq.topic == TOPIC).answers["en"]
    missing = FAQS - len(read_faqs(folder / "data" / "faq"))
    for thing in itertools.islice(THINGS, missing):
        answer = Answer("en", model.text, f"What about {thing}?", model.source, None)
        phrasings = tuple(pattern.format(thing) for pattern in PATTERNS)
        text.put(Faq(f"{TOPIC}/{thing.replace(' ', '_').replace('-', '_')}", phrasings, {"en": answer}))
    path.write_text(str(text), encoding="utf-8")


async def publish(publishing: Publishing, project: Path) -> PublishState:
    """Warm as after a look at the page; then one FAQ more, and the click."""
    publishing.wake()
    await publishing.warmed_up()
    source = next(faq for faq in read_faqs(project / "data" / "faq") if faq.topic == "aftercare").answers["en"]
    answer = Answer("en", source.text, TITLE, source.source, None)
    writer.add(Faq(NEW.id, NEW.phrasings, {"en": answer}), writer.version_of("aftercare", project), project)
    await publishing.start("bench", "one FAQ more")
    return await publishing.wait()


async def write_meanwhile(http: aiohttp.ClientSession, url: str, patients: Patients) -> None:
    """One patient after the other, until cancelled."""
    bot = OurBot(http, url)
    for question in itertools.cycle(QUESTIONS):
        conversation = await bot.converse()
        began = time.monotonic()
        try:
            answer = await conversation.say(question)
        except BotError:
            patients.lost += 1
            continue
        patients.seconds.append(time.monotonic() - began)
        patients.kinds.update(answer.kinds)
        patients.lost += "fallback" in answer.kinds
        await asyncio.sleep(PATIENT_PAUSE)


async def measure(project: Path, var: Path, url: str, rasa_url: str) -> tuple[PublishState, float, bool, Patients]:
    """How it ended, the seconds of going back, whether the new question was answered, and the patients."""
    trainer = Trainer(var / "log" / "trainer.log", var / "publishing" / "memory")
    publishing = Publishing(project, Releases(var), trainer, LiveAssistant(rasa_url), lambda *_: None)
    patients = Patients()
    async with aiohttp.ClientSession() as http:
        writing = asyncio.create_task(write_meanwhile(http, url, patients))
        try:
            state = await publish(publishing, project)
            answered = "answer" in (await (await OurBot(http, url).converse()).say(NEW.phrasings[0])).kinds
            began = time.monotonic()
            await publishing.roll_back(1, "bench", "back")
            back = time.monotonic() - began
        finally:
            writing.cancel()
            await publishing.stop()
    return state, back, answered, patients


def rasa_train(project: Path) -> float:
    """Seconds of `rasa train` in a process of its own, without its cache."""
    rasa = str(Path(sys.executable).with_name("rasa"))
    environment = {**os.environ, **ENVIRONMENT, "RASA_MAX_CACHE_SIZE": "0", "PYTHONPATH": str(project)}
    environment.pop("OMP_NUM_THREADS")
    began = time.monotonic()
    with (FOLDER / "publish-rasa-train.log").open("wb") as log:
        subprocess.run(
            [rasa, "train", "--skip-validation"], cwd=project, env=environment, stdout=log, stderr=log, check=True
        )
    return time.monotonic() - began


def report(state: PublishState, back: float, answered: bool, patients: Patients, by_rasa: float | None) -> str:
    slowest = max(patients.seconds, default=0.0)
    rows = [
        ["click to live, one FAQ added to 100", f"{state.seconds:.1f} s"],
        ["`rasa train` on the same data", f"{by_rasa:.0f} s" if by_rasa else "not measured"],
        ["rollback", f"{back:.1f} s"],
        ["the new question answered right after", "yes" if answered else "no"],
        ["patients' messages meanwhile", str(len(patients.seconds))],
        ["… lost", str(patients.lost)],
        ["… slowest", f"{slowest:.2f} s"],
    ]
    return table(["publishing", "measured"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.publish", description="From click to live with 100 FAQs.")
    parser.add_argument("--without-rasa-train", action="store_true", help="leave out the comparison: five minutes less")
    parser.add_argument("--write", action="store_true", help="put the table into docs/quality.md")
    options = parser.parse_args()
    project, var = FOLDER / "publish", FOLDER / "publish-var"
    shutil.rmtree(var, ignore_errors=True)
    make_project(project)
    (rasa_port,) = free_ports(1)
    variables = {"CLINICBOT_VAR": str(var), "CLINICBOT_RASA_PORT": str(rasa_port)}
    with our_server(project, variables=variables) as server:
        result: Any = asyncio.run(measure(project, var, server.url, f"http://127.0.0.1:{rasa_port}"))
    state, back, answered, patients = result
    if state.phase is not Phase.DONE:
        sys.exit(
            f"not published: {state.phase.value} {state.error or ''} {state.proof.summary() if state.proof else ''}"
        )
    text = report(state, back, answered, patients, None if options.without_rasa_train else rasa_train(project))
    print(text)
    if options.write:
        write_between(QUALITY_PAGE, "publish", text)


if __name__ == "__main__":
    try:
        main()
    except (ServerError, BotError, aiohttp.ClientError) as error:
        sys.exit(f"{error}")
