"""The outbox and the webhooks through carrier errors, deaths of core, duplicates, delays and reordering."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from readyby import wiring
from readyby.errors import ReadyByError
from readyby.links import key_hash
from readyby.sms.inbound import TextDesk
from readyby.sms.lookup import look_up
from readyby.sms.twilio import TwilioMessenger
from readyby.sms.webhook import InboundWebhook
from readyby.store.api import AbandonSending, MatchSessions
from tasks.notify import send_messages
from tests.support.asgi import SteadyClient
from tests.support.drivers import ADA, BO, DriverWorld
from tests.support.phone_network import Killed, PhoneNetwork

STEPS = 250
WORDS = (
    "5:30pm 20mi", "tomorrow 7am 12kwh", "NOW", "OFF", "status", "no", "hola?", "STOP", "START", "START",
    *("LINK",) * 12,
)  # fmt: skip
_KEY = re.compile(r"/c/(\w{22})\b")


class BadDay:
    """Cars come and go and their drivers text, while the network does its worst."""

    def __init__(self, state_dir: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        caps = dict.fromkeys(("most_texts_a_session", "most_texts_a_number", "most_texts_heard"), 10_000)
        self.world = DriverWorld(state_dir, public_url="https://ev.example", **caps)
        self.network = PhoneNetwork(self.world.settings, self.chance)
        self.carrier = TwilioMessenger("ACtest", "token", "MGtest", http_client=self.network)
        self.adapters = replace(
            self.world.small.adapters, messenger=self.carrier, settings=self.world.settings
        )
        webhook = InboundWebhook(TextDesk(self.world.desk), self.world.settings)
        self.client = SteadyClient(Starlette(routes=webhook.routes()))
        self.deaths: list[int] = []
        self.plugged: dict[int, str] = {}
        self.answers = Counter[int]()

    def step(self) -> None:
        acts: list[Callable[[], None]] = [
            self.come_or_go,
            self.text,
            self.text,
            self.hear,
            self.hear,
            self.send,
        ]
        self.world.wait(seconds=20)
        self.chance.choice(acts)()

    def come_or_go(self) -> None:
        number, token = self.chance.choice(((1, ADA), (2, BO), (3, ADA)))
        if number in self.plugged:
            self.world.unplug(number, self.plugged.pop(number))
            return
        self.world._arrivals[number] += 1
        session_id = self.world.session_id(number)
        self.world._ingest([self.world.small.session(number, token, session_id=session_id)])
        self.world.store.do(MatchSessions(now=self.world.clock.now()))
        self.plugged[number] = token

    def text(self) -> None:
        self.network.text(self.world.phone(self.chance.choice((ADA, BO))), self.chance.choice(WORDS))

    def hear(self) -> None:
        """Some of what waits reaches us; the network knows itself what a STOP means."""
        for _post, status in self.network.deliver(self.client, self.chance.randrange(1, 8)):
            self.answers[status] += 1
        self.network.stopped = {self.world.phone(ADA) for _ in self._stopped(ADA)} | {
            self.world.phone(BO) for _ in self._stopped(BO)
        }

    def send(self) -> None:
        wiring.use(self.adapters)
        try:
            asyncio.run(self._send())
        finally:
            wiring.use(None)

    async def _send(self) -> None:
        try:
            await send_messages()
        except Killed:
            self.deaths.append(await self.adapters.store.do(AbandonSending(at=self.world.clock.now())))
        except ReadyByError as error:  # pragma: no cover - an act that fails is a failure of the test
            raise AssertionError(str(error)) from error

    def _stopped(self, token: str) -> list[dict[str, Any]]:
        return self.rows(
            "select 1 from stopped_phone x join person p on p.phone_hash = x.phone_hash "
            f"where p.phone = '{self.world.phone(token)}'"
        )

    def rows(self, sql: str) -> list[dict[str, Any]]:
        cursor = self.world.small.store.database.cursor()
        found: list[dict[str, Any]] = cursor.sql(sql).to_arrow_table().to_pylist()
        cursor.close()
        return found


@pytest.fixture(scope="module", params=[1, 2])
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadDay]:
    made = BadDay(tmp_path_factory.mktemp("state"), request.param)
    with made.client:
        for _ in range(STEPS):
            made.step()
        while made.network.late:
            made.hear()
        yield made
    made.world.close()


@pytest.mark.invariant("I-17")
def test_a_bad_day_sends_nothing_twice_and_loses_nothing(day: BadDay) -> None:
    now = day.world.clock.now()
    asyncio.run(look_up(day.adapters.store, day.carrier, now))
    messages = {row["key_hash"]: row for row in day.rows("select * from message where key_hash is not null")}
    for sid, (_, body) in day.network.taken.items():
        key = _KEY.search(body)
        assert key, body
        # the text is known by its key: its message was sent, and by this very text
        assert (messages[key_hash(key[1])]["state"], messages[key_hash(key[1])]["provider_id"]) == (
            "sent",
            sid,
        )
    keys = [body for _, body in day.network.taken.values()]
    assert len(set(keys)) == len(keys)
    welcomes = Counter(row["session_id"] for row in messages.values() if row["kind"] == "welcome")
    assert max(welcomes.values()) == 1
    assert day.rows("select * from message where state = 'sending'") == []
    assert day.deaths, "core died at least once"
    assert len(day.network.seen) >= 5, f"too kind a network: {day.network.seen}"
    assert set(day.deaths) <= {0, 1}, "a death leaves one message in doubt at most"


def test_whoever_stopped_is_sent_nothing_and_every_word_counts_once(day: BadDay) -> None:
    assert day.network.sent_to_stopped == 0
    assert set(day.answers) <= {200, 204}
    told = {row["provider_id"]: row["place"] for row in day.rows("select provider_id, place from delivery")}
    assert told == day.network.told
    taken = day.rows("select * from inbound_text")
    assert len(taken) == day.network.texts
    requests = day.rows("select request_id from request where channel = 'sms'")
    assert len({row["request_id"] for row in requests}) == len(requests) <= day.network.texts
