"""Doubtful sends are looked up, never repeated; texts are fetched where the carrier cannot reach us."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from readyby import links
from readyby.errors import Transient
from readyby.model import SessionId
from readyby.sms.inbound import TextDesk, TextMessage
from readyby.sms.lookup import SentText, look_up, offer_again
from readyby.sms.memory import MemoryMessenger
from readyby.sms.polling import Poller
from readyby.sms.signature import sign
from readyby.sms.twilio import TwilioMessenger
from readyby.sms.webhook import InboundWebhook
from readyby.store.api import ClaimMessages, QueueMessage, SettleMessage, UnknownSends
from tests.support.asgi import AsgiClient
from tests.support.drivers import ADA, SMS_TOKEN, DriverWorld

MESSAGES = "https://api.twilio.com/2010-04-01/Accounts/ACtest/Messages.json"
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path, public_url="https://ev.example")
    yield made
    made.close()


@dataclass
class Remembering(MemoryMessenger):
    """A carrier that remembers what it was given, and what came in."""

    kept: list[SentText] = field(default_factory=list)
    inbox: list[TextMessage] = field(default_factory=list)

    async def sent_since(self, phone: str, since: datetime) -> tuple[SentText, ...]:
        assert phone.startswith("+1")
        assert since.tzinfo
        return tuple(self.kept)

    async def received_since(self, since: datetime) -> tuple[TextMessage, ...]:
        assert since.tzinfo
        return tuple(self.inbox)


def leave_in_doubt(world: DriverWorld) -> str:
    """A message whose send ended in nothing; its link key."""
    world.plug_in(1)
    key, now = links.new_key(), world.clock.now()
    session_id = SessionId(world.session_id(1))
    intent = QueueMessage(
        session_id=session_id, kind="link", marker="m", arguments={}, at=now, not_after=now.replace(hour=23)
    )
    world.store.do(intent)
    (message,) = world.store.do(ClaimMessages(now=now, key_hashes=(links.key_hash(key),)))
    world.store.do(SettleMessage(message_id=message.message_id, state="unknown", at=now))
    return key


def test_what_the_carrier_has_is_settled_by_the_key_in_its_text(world: DriverWorld) -> None:
    key = leave_in_doubt(world)
    carrier, store, now = Remembering(), world.small.store, world.clock.now()
    other = links.new_key()
    carrier.kept = [SentText(provider_id="SMother", body=f"ReadyBy: https://ev.example/c/{other}")]
    assert asyncio.run(look_up(store, carrier, now)) == 0
    assert len(world.store.ask(UnknownSends(since=now))) == 1
    carrier.kept.append(SentText(provider_id="SMours", body=f"ReadyBy: https://ev.example/c/{key} STOP"))
    assert asyncio.run(look_up(store, carrier, now)) == 1
    assert world.store.ask(UnknownSends(since=now)) == ()
    assert asyncio.run(look_up(store, carrier, now)) == 0
    assert carrier.sent == []


def test_a_carrier_without_memory_leaves_it_in_doubt(world: DriverWorld) -> None:
    leave_in_doubt(world)
    assert asyncio.run(look_up(world.small.store, MemoryMessenger(), world.clock.now())) == 0
    assert len(world.store.ask(UnknownSends(since=world.clock.now()))) == 1


@dataclass
class Sure(Remembering):
    """One that forgets nothing; `late` comes in between two questions."""

    sure_after_s: float = 0.0
    late: list[SentText] = field(default_factory=list)
    away: bool = False

    async def sent_since(self, phone: str, since: datetime) -> tuple[SentText, ...]:
        if self.away:
            raise Transient("phones: cannot be asked")
        known = await super().sent_since(phone, since)
        self.kept += self.late
        return known


def test_what_a_dead_core_surely_never_handed_over_is_sent_after_all(world: DriverWorld) -> None:
    leave_in_doubt(world)
    store, now = world.small.store, world.clock.now()
    assert asyncio.run(offer_again(store, Remembering(), now)) == 0, "this one may forget"
    assert asyncio.run(offer_again(store, Sure(away=True), now)) == 0
    assert len(world.store.ask(UnknownSends(since=now))) == 1
    assert asyncio.run(offer_again(store, Sure(), now)) == 1
    assert asyncio.run(offer_again(store, Sure(), now)) == 0
    assert world.store.ask(UnknownSends(since=now)) == ()
    (message,) = world.store.do(ClaimMessages(now=now, key_hashes=(links.key_hash(links.new_key()),)))
    assert message.kind == "link"


def test_what_was_still_on_its_way_is_not_sent_again(world: DriverWorld) -> None:
    key = leave_in_doubt(world)
    text = SentText(provider_id="p1", body=f"ReadyBy: https://ev.example/c/{key}")
    assert asyncio.run(offer_again(world.small.store, Sure(late=[text]), world.clock.now())) == 0
    assert world.store.ask(UnknownSends(since=world.clock.now())) == ()
    assert world.store.do(ClaimMessages(now=world.clock.now(), key_hashes=("k",))) == ()


def test_fetched_texts_meet_the_one_handler_once(world: DriverWorld) -> None:
    key = world.plug_in(1)
    carrier = Remembering()
    poller = Poller(TextDesk(world.desk), carrier)
    carrier.inbox = [TextMessage(message_sid="SM1", phone=world.phone(ADA), body="5:30pm 40mi")]
    assert asyncio.run(poller.look(NOW)) == 1
    assert asyncio.run(poller.look(NOW)) == 0
    again = Poller(TextDesk(world.desk), carrier)  # a new process remembers nothing; the store does
    assert asyncio.run(again.look(NOW)) == 1
    ((phone, answer),) = carrier.sent
    assert phone == world.phone(ADA)
    assert "40 mi (12 kWh)" in answer
    assert world.desk.read(world.ref(key)).last_request is not None


def test_an_answer_that_cannot_be_sent_is_not_repeated(world: DriverWorld) -> None:
    world.plug_in(1)
    carrier = Remembering()
    carrier.failures.append(Transient("away"))
    carrier.inbox = [TextMessage(message_sid="SM1", phone=world.phone(ADA), body="NOW")]
    poller = Poller(TextDesk(world.desk), carrier)
    assert asyncio.run(poller.look(NOW)) == 1
    assert asyncio.run(poller.look(NOW)) == 0
    assert carrier.sent == []


def listed(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": list(messages), "page_size": 200, "uri": "/x", "first_page_uri": "/x", "page": 0}


@responses.activate
def test_twilio_tells_what_it_sent_and_what_came_in() -> None:
    out = {"sid": "SM1", "direction": "outbound-api", "body": "hello", "from": "+18005550199"}
    came = {"sid": "SM2", "direction": "inbound", "body": "5pm 20mi", "from": "+12135550101"}
    responses.get(MESSAGES, json=listed(came, out))
    twilio = TwilioMessenger("ACtest", "token", "MGtest")
    assert asyncio.run(twilio.sent_since("+12135550101", NOW)) == (SentText(provider_id="SM1", body="hello"),)
    (text,) = asyncio.run(twilio.received_since(NOW))
    assert (text.message_sid, text.phone, text.body) == ("SM2", "+12135550101", "5pm 20mi")


@responses.activate
def test_twilio_that_cannot_be_asked_is_asked_later() -> None:
    responses.get(MESSAGES, body=requests.exceptions.ReadTimeout())
    with pytest.raises(Transient):
        asyncio.run(TwilioMessenger("ACtest", "token", "MGtest").received_since(NOW))


@responses.activate
def test_twilio_is_asked_to_call_back_where_it_can_reach_us() -> None:
    responses.post(MESSAGES, json={"sid": "SM1"}, status=201)
    twilio = TwilioMessenger("ACtest", "t", "MGtest", status_callback="https://ev.example/sms/status")
    asyncio.run(twilio.send("+12135550101", "hello"))
    assert "StatusCallback=https%3A%2F%2Fev.example%2Fsms%2Fstatus" in str(responses.calls[0].request.body)


def test_a_status_needs_the_carriers_signature(world: DriverWorld) -> None:
    client = AsgiClient(_app(world))
    form = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+12135550101"}
    good = sign(SMS_TOKEN, "https://ev.example/sms/status", form)
    wrong = sign(SMS_TOKEN, "https://ev.example/sms/inbound", form)

    def post(fields: dict[str, str], signature: str) -> int:
        return client.post("/sms/status", data=fields, headers={"X-Twilio-Signature": signature}).status_code

    assert post(form, good) == 204
    assert post(form, good) == 204
    assert post(form, wrong) == 403
    assert post({**form, "MessageStatus": "failed"}, good) == 403
    odd = {**form, "MessageStatus": "teleported"}
    assert post(odd, sign(SMS_TOKEN, "https://ev.example/sms/status", odd)) == 400


def _app(world: DriverWorld) -> Any:
    from starlette.applications import Starlette

    return Starlette(routes=InboundWebhook(TextDesk(world.desk), world.settings).routes())
