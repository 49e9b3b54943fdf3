"""A carrier on a bad day: it fails in every way, and tells what happened late, twice and mixed up.

It stands where Twilio's servers do: the real client talks to it, and it signs what it posts to the webhooks.
"""

import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from readyby.settings import Settings
from readyby.sms.delivery import PLACES
from readyby.sms.signature import sign
from readyby.sms.webhook import inbound_url
from readyby.sms.wiring import status_url
from tests.support.asgi import SteadyClient
from tests.support.drivers import SMS_TOKEN

FATES: Final = {
    "taken": 10,
    "taken, lost": 3,
    "taken, 503": 2,
    "taken, killed": 5,
    "busy": 2,
    "away": 2,
    "code": 1,
}
ENDS: Final = (("delivered", ""), ("delivered", ""), ("undelivered", "30003"), ("undelivered", "30008"))


class Killed(BaseException):
    """Core died while it waited for the answer."""


@dataclass(frozen=True, slots=True)
class Post:
    """A form that the network will post to us."""

    url: str
    fields: Mapping[str, str]


@dataclass(slots=True)
class PhoneNetwork(TwilioHttpClient):
    """`taken` are texts by their id, as (number, words); `late` is what is still to be posted."""

    settings: Settings
    chance: random.Random
    taken: dict[str, tuple[str, str]] = field(default_factory=dict)
    late: list[Post] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    sent_to_stopped: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    told: dict[str, int] = field(default_factory=dict)
    texts: int = 0

    def request(  # type: ignore[override]
        self, method: str, url: str, params: Any = None, data: Any = None, **_: Any
    ) -> Response:
        assert urlsplit(url).path.endswith("/Messages.json")
        if method == "GET":
            return Response(200, json.dumps({"messages": self._listed((params or {}).get("To"))}))
        return self._take(data["To"], data["Body"])

    def text(self, phone: str, body: str) -> str:
        """A driver texts; it will reach us once or twice, some time."""
        self.texts += 1
        sid = f"SMin{self.texts}"
        post = Post(inbound_url(self.settings), {"MessageSid": sid, "From": phone, "Body": body})
        self.late += [post] * self.chance.choice((1, 1, 2))
        return sid

    def deliver(self, client: SteadyClient, most: int) -> list[tuple[Post, int]]:
        """Post some of what waits, in any order; each with the answer's status."""
        self.chance.shuffle(self.late)
        now, self.late = self.late[:most], self.late[most:]
        return [(post, self._post(client, post)) for post in now]

    def _post(self, client: SteadyClient, post: Post) -> int:
        fields = dict(post.fields)
        signed = {"X-Twilio-Signature": sign(SMS_TOKEN, post.url, fields)}
        status = client.post(urlsplit(post.url).path, data=fields, headers=signed).status_code
        if "MessageStatus" in fields:
            sid, place = fields["MessageSid"], PLACES[fields["MessageStatus"]]
            self.told[sid] = max(place, self.told.get(sid, -1))
        return status

    def _take(self, phone: str, body: str) -> Response:
        fate = self.chance.choices(list(FATES), list(FATES.values()))[0]
        self.seen[fate] += 1
        if fate == "busy":
            return Response(429, json.dumps({"code": 20429, "message": "Too many", "status": 429}))
        if fate == "away":
            raise requests.exceptions.ConnectTimeout("not reached")
        if fate == "code":
            return Response(400, json.dumps({"code": 30034, "message": "no campaign", "status": 400}))
        sid = f"SMout{len(self.taken)}"
        self.taken[sid] = (phone, body)
        self.sent_to_stopped += phone in self.stopped
        self._tell(sid)
        if fate == "taken, lost":
            raise requests.exceptions.ReadTimeout("slow")
        if fate == "taken, killed":
            raise Killed
        if fate == "taken, 503":
            return Response(503, json.dumps({"code": 20503, "message": "no", "status": 503}))
        return Response(201, json.dumps({"sid": sid, "status": "queued"}))

    def _tell(self, sid: str) -> None:
        end, code = self.chance.choice(ENDS)
        for status in ("queued", "sending", "sent", end):
            fields = {"MessageSid": sid, "MessageStatus": status}
            fields |= {"ErrorCode": code} if code and status == end else {}
            self.late += [Post(status_url(self.settings), fields)] * self.chance.choice((1, 1, 2))

    def _listed(self, phone: str | None) -> list[dict[str, Any]]:
        return [
            {"sid": sid, "to": to, "body": body, "direction": "outbound-api", "from": "+18005550199"}
            for sid, (to, body) in reversed(self.taken.items())
            if phone in (None, to)
        ]
