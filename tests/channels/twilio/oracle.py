"""Twilio's own client library, which shares no code with ours, as a sender of messages."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from requests import Request
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.channels.twilio.fake_twilio import QUEUED, Asked
from tests.channels.twilio.fixtures import ACCOUNT_SID, AUTH_TOKEN


class _Recorder(HttpClient):
    """Encodes requests as the library's real client does, and sends none."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def request(self, method: str, url: str, **options: Any) -> Response:
        sent = Request(method, url, data=options["data"], headers=options["headers"], auth=options["auth"]).prepare()
        assert isinstance(sent.body, str)
        self.asked.append(
            Asked(
                method,
                urlsplit(url).path,
                sent.headers["Authorization"],
                sent.headers["Content-Type"],
                tuple(parse_qsl(sent.body, keep_blank_values=True, strict_parsing=True)),
            )
        )
        return Response(201, json.dumps(QUEUED))


def official_request(**message: str) -> Asked:
    """The library's request for `client.messages.create(**message)`."""
    recorder = _Recorder()
    Client(ACCOUNT_SID, AUTH_TOKEN, http_client=recorder).messages.create(**message)
    (asked,) = recorder.asked
    return asked
