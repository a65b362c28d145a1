"""What we send is, key by key, what an independent client library sends for the same thing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from pywa.types import Button as ReplyButton
from pywa.types import Section, SectionList, SectionRow

from clinicbot.channels.whatsapp.client import GraphClient
from clinicbot.channels.whatsapp.rendering import render
from clinicbot.clinic import Clinic
from clinicbot.messages import Person
from clinicbot.reply import Button, Kind, Reply
from clinicbot.settings import Settings
from tests.channels.fixtures import PHONE_NUMBER_ID, Json, phone_of, user_id_of
from tests.channels.whatsapp.oracle import ACCESS_TOKEN, GRAPH_VERSION, Oracle, Request, graph_answer
from tests.conftest import MakeClinic

PHONE_LINE = Button("Call the clinic", "call", "tel:+442079460123")
EMERGENCY_LINE = Button("Call 112", "call", "tel:112")
SENTENCES = " ".join(f"This is sentence {n} of a long answer." for n in range(400))


def options(count: int, title: str = "Option {}") -> tuple[Button, ...]:
    return tuple(Button(title.format(n), "reply", f"opaque-id-{n:03}") for n in range(count))


def answer(text: str, buttons: tuple[Button, ...] = (), kind: Kind = Kind.ANSWER, language: str = "en") -> Reply:
    return Reply(kind, language, text, buttons)


REPLIES = {
    "plain": [answer("The effect lasts 4 to 6 months.")],
    "with an address": [answer("See https://clinic.example/ for more.")],
    "arabic": [answer("يدوم المفعول من 4 إلى 6 أشهر.", language="ar")],
    "two bubbles": [answer("The effect lasts 4 to 6 months."), answer("It takes 15 minutes.")],
    "long": [answer(SENTENCES)],
    "long with options": [answer(SENTENCES, options(2))],
    "long titles": [answer("Which one?", options(3, "What does the document say about number {}?"))],
    "long titles in a list": [answer("Which one?", options(6, "What does the document say about number {}?"))],
    "a call": [answer("Please call +44 20 7946 0123.", (PHONE_LINE,), Kind.HANDOVER)],
    "an emergency": [
        answer("Call 112 now. The clinic: +44 20 7946 0123.", (EMERGENCY_LINE, PHONE_LINE), Kind.EMERGENCY)
    ],
    "a link": [answer("See our page.", (Button("Our page", "link", "https://clinic.example/"),))],
    **{f"{count} options": [answer("Which one?", options(count))] for count in (1, 2, 3, 4, 7, 10, 11, 25)},
}
PEOPLE = {
    "phone and user id": Person(user_id_of(123), phone_of(123)),
    "phone only": Person(None, phone_of(321)),
    "user id only": Person(user_id_of(789), None),
}


@dataclass
class Graph:
    """A stand-in for the Graph API that accepts everything and keeps it."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)

    async def accept(self, request: web.Request) -> web.Response:
        body = await request.json()
        headers = request.headers
        self.requests.append(
            Request(request.method, request.path, headers["Authorization"], headers["Content-Type"], body)
        )
        return web.json_response(graph_answer(body))


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    graph = Graph()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", graph.accept)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    graph.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v{GRAPH_VERSION}"
    yield graph
    await runner.cleanup()


@pytest.fixture
async def client(graph: Graph) -> AsyncIterator[GraphClient]:
    async with GraphClient(graph.url, ACCESS_TOKEN, PHONE_NUMBER_ID) as client:
        yield client


@pytest.fixture
def clinic(make_clinic: MakeClinic) -> Clinic:
    return make_clinic()


def option_ids(body: Json) -> list[str]:
    action = body.get("interactive", {}).get("action", {})
    buttons = [button["reply"]["id"] for button in action.get("buttons", ())]
    return buttons + [row["id"] for section in action.get("sections", ()) for row in section["rows"]]


def test_pywa_sends_to_the_same_address(oracle: Oracle) -> None:
    assert oracle.graph_url == Settings().whatsapp_graph_url


@pytest.mark.parametrize("with_card", [False, True])
@pytest.mark.parametrize("case", REPLIES)
async def test_pywa_sends_the_same(
    oracle: Oracle, graph: Graph, client: GraphClient, clinic: Clinic, case: str, with_card: bool
) -> None:
    person = PEOPLE["phone only"]
    assert person.phone
    bodies = render(REPLIES[case], clinic=clinic, with_card=with_card)
    assert bodies
    for number, body in enumerate(bodies):
        assert await client.send(person, body, f"outbox-{number}") == "wamid.of-ours"
        assert graph.requests[-1] == oracle.sends(body, person.phone, f"outbox-{number}")
    offered = [button for reply in REPLIES[case] for button in reply.buttons]
    sent = [request.body for request in graph.requests]
    assert len(sent) == len(bodies)
    assert [i for body in sent for i in option_ids(body)] == [b.value for b in offered if b.kind == "reply"]
    has_card = with_card and any(button.kind == "call" for button in offered)
    assert [body["type"] for body in sent].count("contacts") == has_card


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_pywa_offers_the_same_buttons(
    oracle: Oracle, graph: Graph, client: GraphClient, clinic: Clinic, count: int
) -> None:
    """Here pywa is given the reply itself, not what we made of it."""
    (reply,) = REPLIES[f"{count} options"]
    (body,) = render([reply], clinic=clinic, with_card=False)
    await client.send(PEOPLE["phone only"], body, "outbox-1")
    buttons = [ReplyButton(button.title, button.value) for button in reply.buttons]
    assert graph.requests == [oracle.sends_text(phone_of(321), reply.text, buttons, "outbox-1")]


@pytest.mark.parametrize("count", [4, 7, 10])
async def test_pywa_offers_the_same_list(
    oracle: Oracle, graph: Graph, client: GraphClient, clinic: Clinic, count: int
) -> None:
    (reply,) = REPLIES[f"{count} options"]
    (body,) = render([reply], clinic=clinic, with_card=False)
    await client.send(PEOPLE["phone only"], body, "outbox-1")
    (sent,) = graph.requests
    opens = sent.body["interactive"]["action"]["button"]
    assert 0 < len(opens) <= 20
    rows = [SectionRow(button.title, button.value) for button in reply.buttons]
    choices = SectionList(opens, [Section("", rows)])
    assert sent == oracle.sends_text(phone_of(321), reply.text, choices, "outbox-1")


@pytest.mark.parametrize("who", PEOPLE)
async def test_pywa_writes_to_the_same_person(oracle: Oracle, graph: Graph, client: GraphClient, who: str) -> None:
    person = PEOPLE[who]
    await client.send(person, {"type": "text", "text": {"body": "Hello.", "preview_url": False}}, "outbox-1")
    to = oracle.prefers(person.user_id, person.phone)
    assert graph.requests == [oracle.sends_text(to, "Hello.", None, "outbox-1")]


async def test_pywa_shows_the_same_reading(oracle: Oracle, graph: Graph, client: GraphClient) -> None:
    await client.show_reading("wamid.of-theirs")
    assert graph.requests == [oracle.shows_typing("wamid.of-theirs")]
