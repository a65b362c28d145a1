"""The open chat as a patient handles it. Its `data-testid` hooks are listed in widget/README.md."""

import json

from playwright.sync_api import Locator, Page, expect

from clinicbot.clinic import load_clinic


class Chat:
    def __init__(self, page: Page) -> None:
        self.page = page

    def __getitem__(self, hook: str) -> Locator:
        return self.page.get_by_test_id(hook)

    def open(self) -> "Chat":
        """Opens the panel and waits until the server's greeting is there."""
        self["launcher"].click()
        self.wait_until_connected()
        return self

    def wait_until_connected(self) -> None:
        """The widget's own greeting, shown until the server's comes, doesn't know the clinic's name."""
        expect(self["reply-text"].first).to_contain_text(load_clinic().name)

    def say(self, text: str) -> None:
        self["input"].fill(text)
        self["input"].press("Enter")

    def ask(self, text: str, kind: str) -> Locator:
        """Says it and waits for the newest reply to be of this kind."""
        before = self["reply"].count()
        self.say(text)
        expect(self["reply"]).to_have_count(before + 1)
        expect(self.reply).to_have_attribute("data-kind", kind)
        return self.reply

    @property
    def reply(self) -> Locator:
        return self["reply"].last

    def links(self, inside: Locator) -> list[str | None]:
        """The addresses of the call buttons there, in the order of reading."""
        return [link.get_attribute("href") for link in inside.locator("a.button").all()]

    def stored(self, key: str) -> str | None:
        """What the widget keeps in the browser under a key of widget/src/store.ts, as it stands there."""
        found: str | None = self.page.evaluate(
            "key => Object.entries(localStorage).find(([name]) => name.endsWith(`:${key}`))?.[1] ?? null", key
        )
        return found

    @property
    def token(self) -> str:
        stored = self.stored("token")
        assert stored is not None, "there is no session"
        return str(json.loads(stored)["token"])
