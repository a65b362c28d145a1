"""A clinic with made-up staff, patients and figures, for the pictures of the console. Nothing of it is anybody's: the
telephone numbers are of ranges that are kept free for stories."""

import random
import re
from datetime import date, datetime, timedelta
from pathlib import Path

from clinicbot import paths
from clinicbot.callback import Wanted
from clinicbot.clinic import WEEKDAYS
from clinicbot.console.clinic_file import ClinicChange, change_clinic, read_versioned
from clinicbot.console.services import Console
from clinicbot.faq.files import read_faqs
from clinicbot.messages import Channel, Person
from clinicbot.releases.difference import content_digest, difference
from clinicbot.releases.proof import Group, Proof, Score, Verdict
from clinicbot.releases.store import About, copy_content
from clinicbot.reply import Kind, Reply
from clinicbot.store.callbacks import Callbacks
from clinicbot.store.contacts import contact_for
from clinicbot.store.conversations import Conversations
from clinicbot.store.figures import Counted, count_answer, count_thumb
from clinicbot.store.people import Person as Colleague
from clinicbot.store.people import Role
from clinicbot.store.staff_tasks import add_task
from clinicbot.understood import Understood

PHONE = "+44 20 7946 0123"
LESS_ASKED = "aftercare/make_up"
ONSET = "duration/onset"
WANT_CALLS = (
    ("Zelda Quist", "+442079460456", "tomorrow between 10 and 12", "en"),
    ("Jonas Weber", "+447700900123", "nachmittags", "de"),
    ("Elif Arslan", "+447700900456", "akşam 5'ten sonra", "tr"),
)
NOT_UNDERSTOOD = (
    ("can I wear my contact lenses after the injections", "aftercare/make_up"),
    ("are contact lenses ok afterwards", "aftercare/make_up"),
    ("contact lenses the same day?", "aftercare/wash_face"),
    ("wie schnell sieht man etwas", ONSET),
    ("can my husband come in with me", "procedure/follow_up"),
    ("how quick will my forehead be smooth", ONSET),
)
ASKED = ("duration/how_long", "side_effects/bruising", ONSET, "aftercare/make_up", "procedure/pain", "uses/migraine")


def make_checkout(folder: Path) -> None:
    """A copy of this one, with another telephone line and opening hours."""
    copy_content(paths.ROOT, folder)
    path = folder / "data" / "clinic.yml"
    clinic, version = read_versioned(path)
    week = {day: ("09:00-13:00", "14:00-18:00") for day in WEEKDAYS[:5]}
    days: dict[date, tuple[str, ...]] = {date(2026, 12, 31): ("09:00-12:00",)}
    change_clinic(path, ClinicChange(PHONE, week, True, days, clinic.retention_days), version)


def add_people(console: Console) -> Colleague:
    """Who looks at the pages: an administrator with all roles."""
    ayse = console.people.add("ayse.kaya", "Ayşe Kaya", Role, "en")
    people = [
        ayse,
        console.people.add("bora.demir", "Bora Demir", [Role.EDITOR, Role.APPROVER], "tr"),
        console.people.add("mary.doyle", "Mary Doyle", [Role.EDITOR], "en"),
    ]
    for person in people:
        console.people.set_password(person.id, "nobody logs in with this")
        console.audit.record("ayse.kaya", "person.add", person.username, {"roles": sorted(person.roles)})
    console.people.add("deniz.arslan", "Deniz Arslan", [Role.EDITOR], "tr")
    return ayse


def publish(console: Console, model: Path, folder: Path) -> None:
    """Two releases; what the checkout holds is live."""
    before = folder / "before"
    copy_content(console.root, before)
    _drop_phrasings(before / "data" / "faq" / "aftercare.yml")
    first = About("installation", "first release", "2026-11-20T08:12:00+00:00", "engine", content_digest(before))
    console.releases.add(before, model, first)
    console.releases.go_live(1, "installation", "first release")
    reason = "Patients ask about make-up in many more ways"
    digest = content_digest(console.root)
    about = About("ayse.kaya", reason, "2026-11-26T13:40:00+00:00", "engine", digest, seconds=8.4)
    every = Group(Score(20, 20), Score(20, 20), False, ())
    proof = Proof(Verdict.PASSED, (), (), (), every, every, every)
    changes = difference(before, console.root).to_json()
    release = console.releases.add(console.root, model, about, difference=changes, proof=proof.to_json())
    console.releases.go_live(release.number, "ayse.kaya", reason)
    console.audit.record("ayse.kaya", "publish.done", reason, {"release": release.number})


def draft(console: Console) -> None:
    """As after a new text of the clinic, in which a number is another."""
    document = console.root / "data" / "document" / "apex-clinic-botox.md"
    document.write_text(
        document.read_text(encoding="utf-8").replace("within 3 to 5 days", "within 3 to 6 days"), encoding="utf-8"
    )
    path = console.root / "data" / "faq" / "duration.yml"
    head, name, rest = path.read_text(encoding="utf-8").partition(f"  utter_{ONSET}:\n")
    answers, following, tail = rest.partition("  utter_duration/varies:\n")
    answers = re.sub(r'(?m)^  - text: ".*"$', lambda line: re.sub(r"\b5\b", "6", line[0]), answers)
    path.write_text(head + name + answers + following + tail, encoding="utf-8")
    console.audit.record("mary.doyle", "faq.write", ONSET, {})


def talk(console: Console) -> None:
    """Messages that wait for review, calls that are wanted, and a message that could not be delivered."""
    conversations = Conversations(console.engine)
    for number, (text, nearest) in enumerate(NOT_UNDERSTOOD):
        session = conversations.start("en", {}, timedelta(days=1))
        message = conversations.receive(session.id, f"m{number}", text, None)
        reply = Reply(Kind.FALLBACK, "en", "Please call us.").to_json()
        understood = Understood(("nlu_fallback",), 0.2, (nearest,))
        conversations.answer(message, [reply], language="en", emergency=False, payloads={}, understood=understood)
    callbacks = Callbacks(console.engine)
    for name, phone, when, language in WANT_CALLS:
        session = conversations.start(language, {}, timedelta(hours=1))
        write = callbacks.writing(session.id, Wanted(name, phone, when), language)
        assert write is not None
        with console.engine.begin() as connection:
            write(connection)
    with console.engine.begin() as connection:
        contact = contact_for(connection, Channel.WHATSAPP, Person("u1", "447700900789"), "en")
        text = "The effect lasts 4 to 6 months, depending on the condition of the patient."
        add_task(connection, "window_closed", contact, text, "more than 24 hours")


def count(console: Console, days: int = 60) -> None:
    chance = random.Random(5)
    kinds = [Kind.ANSWER] * 20 + [Kind.HANDOVER] * 5 + [Kind.FALLBACK] * 2 + [Kind.SMALLTALK] * 3 + [Kind.EMERGENCY]
    labels = {
        Kind.HANDOVER: ("book_appointment", "ask_price"),
        Kind.FALLBACK: ("nlu_fallback", "not_in_document"),
        Kind.SMALLTALK: ("greet", "thank"),
        Kind.EMERGENCY: ("report_red",),
    }
    today = datetime.now(console.clinic.time_zone).date()
    with console.engine.begin() as connection:
        for ago in range(days):
            for _ in range(chance.randint(8, 30)):
                kind = chance.choice(kinds)
                label = chance.choices(ASKED, weights=range(len(ASKED), 0, -1))[0]
                label = chance.choice(labels.get(kind, (label,)))
                channel = chance.choice(("web", "web", "whatsapp"))
                language = chance.choice(("en", "en", "tr", "tr", "de", "ru", "ar"))
                seconds = chance.lognormvariate(-2.8, 0.5) if channel == "web" else None
                day = today - timedelta(days=ago)
                count_answer(connection, day, Counted(channel, language, kind.value, label, seconds))
                if kind is Kind.ANSWER and chance.random() < 0.15:
                    count_thumb(connection, label, (day, chance.random() < 0.85), None)


def _drop_phrasings(path: Path) -> None:
    """The FAQ's last six."""
    faq = next(faq for faq in read_faqs(path.parent) if faq.id == LESS_ASKED)
    gone = {f"    - {phrasing}\n" for phrasing in faq.phrasings[-6:]}
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if line not in gone), encoding="utf-8")
