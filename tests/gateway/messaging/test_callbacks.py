"""On WhatsApp the number is known: it can be chosen without being typed, and Rasa never learns it."""

from clinicbot.store.callbacks import State
from clinicbot.texts import load_texts
from tests.channels import fixtures
from tests.gateway.conftest import eventually
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.messaging.conftest import RunMeta

OWN = {
    "text": "Thank you, Zelda.",
    "buttons": [{"title": "Call", "payload": "tel:112"}],
    "metadata": {
        "kind": "handover",
        "form": True,
        "callback": {"name": "Zelda", "phone": None, "preferred_time": "any time"},
    },
}


async def test_the_number_that_somebody_writes_from_is_stored_and_not_told(run_meta: RunMeta, rasa: FakeRasa) -> None:
    rasa.answers = [OWN]
    async with run_meta() as meta:
        await meta.say("yes, please call me.")

        async def is_answered() -> bool:
            return len(meta.said_to(1)) == 1

        await eventually(is_answered)
        (request,) = meta.services.stores.callbacks.all()
    phone = fixtures.phone_of(1)
    assert (request.phone, request.channel, request.state) == (f"+{phone}", "whatsapp", State.OPEN)
    (asked,) = rasa.asked
    assert asked["metadata"]["callback"] == {
        "open": False,
        "messaging": True,
        "own_digits": phone[-2:],
        "alarmed": False,
    }
    assert phone not in str(asked)


async def test_the_erase_word_erases_the_request_too(run_meta: RunMeta, rasa: FakeRasa) -> None:
    rasa.answers = [OWN]
    async with run_meta() as meta:
        await meta.say("yes, please call me.")

        async def is_stored() -> bool:
            return len(meta.said_to(1)) == 1

        await eventually(is_stored)
        await meta.say(load_texts("en").get("erase_word"))

        async def is_erased() -> bool:
            return meta.services.stores.callbacks.all() == []

        await eventually(is_erased)
