"""Replies as request bodies of Twilio's message API, within its limits; without sender, recipient and callback."""

from collections.abc import Sequence
from dataclasses import replace

from clinicbot.channels.text import numbered, split_text
from clinicbot.channels.whatsapp.rendering import Body
from clinicbot.channels.whatsapp.rendering import render as render_for_whatsapp
from clinicbot.clinic import Clinic
from clinicbot.reply import Kind, Reply
from clinicbot.texts import load_texts

# Twilio's limit for `Body` (its error 21617), lower than WhatsApp's own.
TEXT_LIMIT = 1600


def render(replies: Sequence[Reply], *, clinic: Clinic, with_card: bool) -> list[Body]:
    """The request bodies that say all of the replies, in the order to send them, in as few messages as possible.

    The text is what WhatsApp would show by the Cloud API: one for all replies, emergencies first, with the addresses
    of links and the numbers to call. Twilio sends buttons only by a template that was made there before, so all
    choices stand in the text as a numbered list, with their full titles; a patient answers by the number, which the
    assistant understands.

    `with_card` changes nothing: Twilio sends a contact only as a file that it fetches from a public address, and the
    number, which stands in the text in any case, is enough.
    """
    choices = {button.value: button.title for reply in replies for button in reply.buttons if button.kind == "reply"}
    said = [
        replace(reply, buttons=tuple(button for button in reply.buttons if button.kind != "reply")) for reply in replies
    ]
    if choices:
        said.append(_offer(replies, list(choices.values())))
    pieces = [body["text"]["body"] for body in render_for_whatsapp(said, clinic=clinic, with_card=False)]
    return [{"Body": piece} for piece in split_text("\n\n".join(pieces), TEXT_LIMIT)]


def _offer(replies: Sequence[Reply], titles: Sequence[str]) -> Reply:
    language = replies[0].language
    has_text = any(reply.text.strip() for reply in replies)
    ask = "" if has_text else load_texts(language).get("please_choose") + "\n\n"
    return Reply(Kind.FALLBACK, language, ask + numbered(titles))
