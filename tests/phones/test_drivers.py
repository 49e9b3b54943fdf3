"""Simulated drivers do what people do, through the real pages and the real webhook."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from readyby import links
from readyby.clocks import SetClock
from readyby.errors import Transient
from readyby.messages import render
from readyby.model import Channel
from readyby.phones.browser import PhoneBrowser
from readyby.phones.drivers import ANSWER, CHANGE, MOST_TRIES, Drivers
from readyby.phones.inbox import DONE, GIVEN_UP, PLANNED, Inbox
from readyby.phones.manner import Manner, manner_of
from readyby.phones.people import Stay
from readyby.sms.inbound import TextDesk
from readyby.sms.webhook import InboundWebhook, inbound_url
from readyby.store.api import AcceptedRequest
from readyby.web.page import PageMaker
from readyby.web.routes import PlainPages
from tests.support.drivers import ADA, SMS_TOKEN, DriverWorld

ZONE = ZoneInfo("America/Los_Angeles")
SEED = 1


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def stay(world: DriverWorld) -> Stay:
    now = world.clock.now()
    return Stay(
        session_id="S1",
        evse_id="E1",
        phone=world.phone(),
        language="en",
        wh_per_mi=300.0,
        arrives_at=now,
        leaves_at=now + timedelta(hours=9),
        departure_at=now + timedelta(hours=8, minutes=30),
        need_kwh=12.0,
    )


def drivers_of(world: DriverWorld, *stays: Stay, inbox: Inbox | None = None) -> Drivers:
    plain = PlainPages(world.desk, PageMaker("ReadyBy", world.prices))
    webhook = InboundWebhook(TextDesk(world.desk), world.settings)
    app = Starlette(routes=[*plain.routes(), *webhook.routes()])
    return Drivers(
        stays,
        world.clock,
        inbox or Inbox(),
        zone=ZONE,
        seed=SEED,
        inbound_url=inbound_url(world.settings),
        signing_token=SMS_TOKEN,
        transport=httpx.ASGITransport(app),
    )


def welcome(world: DriverWorld, evse_id: str = "E1", number: int = 1) -> str:
    """A car plugs in; the text that reaches its driver."""
    link = links.link(world.settings.public_url, world.plug_in(number))
    return render("welcome", "en", {"evse_id": evse_id}, link)


def with_manner(monkeypatch: pytest.MonkeyPatch, **changes: object) -> Manner:
    manner = replace(manner_of("S1", SEED), **{"channel": "page", "changes_after": None, **changes})  # type: ignore[arg-type]
    monkeypatch.setattr("readyby.phones.drivers.manner_of", lambda *_: manner)
    return manner


def act_all(drivers: Drivers, clock: SetClock) -> None:
    for errand in drivers.inbox.due(clock.now()):
        asyncio.run(drivers.act(errand))


def in_force(world: DriverWorld) -> AcceptedRequest | None:
    session_ref = next(iter(world.session_refs(ADA)))
    return world.desk.read(session_ref).last_request


def test_a_driver_answers_on_the_page_after_a_while(
    world: DriverWorld, stay: Stay, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = with_manner(monkeypatch, in_kwh=False)
    drivers = drivers_of(world, stay)
    drivers.receive(stay.phone, welcome(world))
    act_all(drivers, world.clock)
    assert in_force(world) is None
    world.clock.instant += manner.delay
    act_all(drivers, world.clock)
    request = in_force(world)
    assert request
    assert (request.channel, request.distance_mi) == (Channel.PAGE, 40.0)
    assert request.departure_at == stay.departure_at
    assert [(errand.what, errand.state, errand.outcome) for errand in drivers.inbox.errands] == [
        (ANSWER, DONE, "saved")
    ]


def test_a_driver_answers_by_text_and_reads_the_answer(
    world: DriverWorld, stay: Stay, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = with_manner(monkeypatch, channel="sms", in_kwh=True)
    drivers = drivers_of(world, stay)
    drivers.receive(stay.phone, welcome(world))
    world.clock.instant += manner.delay
    act_all(drivers, world.clock)
    request = in_force(world)
    assert request
    assert (request.channel, request.energy_need_kwh) == (Channel.SMS, 12.0)
    assert "Got it: 12 kWh by Wed 3:00 PM" in drivers.inbox.texts[-1].body
    assert [text.incoming for text in drivers.inbox.texts] == [True, False, True]


def test_a_second_thought_comes_later_on_the_page(
    world: DriverWorld, stay: Stay, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = with_manner(monkeypatch, changes_after=timedelta(minutes=30), need_factor=0.7, in_kwh=True)
    drivers = drivers_of(world, stay)
    drivers.receive(stay.phone, welcome(world))
    world.clock.instant += manner.delay + timedelta(minutes=31)
    act_all(drivers, world.clock)
    request = in_force(world)
    assert request
    assert request.energy_need_kwh == 8.4
    assert [errand.what for errand in drivers.inbox.errands] == [ANSWER, CHANGE]


def test_who_never_answers_does_nothing(
    world: DriverWorld, stay: Stay, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_manner(monkeypatch, channel="never")
    drivers = drivers_of(world, stay)
    drivers.receive(stay.phone, welcome(world))
    assert drivers.inbox.errands == []


def test_a_second_welcome_is_counted_and_answered_once(
    world: DriverWorld, stay: Stay, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_manner(monkeypatch)
    drivers = drivers_of(world, stay)
    body = welcome(world)
    drivers.receive(stay.phone, body)
    drivers.receive(stay.phone, body)
    assert drivers.inbox.welcomes("S1") == 2
    assert len(drivers.inbox.errands) == 1


def test_other_messages_are_no_welcome(world: DriverWorld, stay: Stay) -> None:
    drivers = drivers_of(world, stay)
    drivers.receive(stay.phone, render("link", "en", {}, "http://127.0.0.1:8501/c/" + "k" * 22))
    assert drivers.inbox.welcomes("S1") == 0


def test_a_welcome_is_matched_by_the_evse_that_it_names(world: DriverWorld, stay: Stay) -> None:
    earlier = replace(stay, session_id="S0", evse_id="E2", arrives_at=stay.arrives_at - timedelta(hours=1))
    later = replace(stay, session_id="S9", evse_id="E3", arrives_at=stay.arrives_at + timedelta(hours=1))
    drivers = drivers_of(world, earlier, stay, later)
    link = "http://127.0.0.1:8501/c/" + "k" * 22
    texts = [render("welcome", "en", {"evse_id": evse_id}, link) for evse_id in ("E2", "E1")]
    hints = [drivers.receive(stay.phone, text).session_id for text in texts]
    assert hints == ["S0", "S1"]


def test_without_a_name_it_is_the_newest_stay_not_yet_welcomed(world: DriverWorld, stay: Stay) -> None:
    second = replace(stay, session_id="S2", evse_id="E2", arrives_at=stay.arrives_at + timedelta(hours=1))
    drivers = drivers_of(world, stay, second)
    body = "Hi: http://127.0.0.1:8501/c/" + "k" * 22 + " STOP to opt out"
    first = drivers.receive(stay.phone, body).session_id
    world.wait(hours=2)
    assert [first, drivers.receive(stay.phone, body).session_id] == ["S1", "S2"]
    assert drivers.receive("+12135550999", body).session_id is None


def test_while_nothing_answers_a_driver_tries_again_and_at_last_gives_up(
    world: DriverWorld, stay: Stay
) -> None:
    drivers = drivers_of(world, stay)
    drivers._transport = httpx.MockTransport(lambda request: httpx.Response(503))
    drivers.receive(stay.phone, welcome(world))
    world.wait(minutes=9)
    (errand,) = drivers.inbox.due(world.clock.now())[:1]
    asyncio.run(drivers.act(errand))
    assert errand.state == PLANNED
    for _ in range(MOST_TRIES):
        asyncio.run(drivers.act(errand))
    assert errand.state == GIVEN_UP
    assert sum(drivers.inbox.errors.values()) == errand.tries


async def test_a_browser_without_answer_says_so() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    browser = PhoneBrowser(httpx.MockTransport(refuse))
    with pytest.raises(Transient, match="no answer"):
        await browser.open("http://127.0.0.1:1/c/x")
    await browser.close()
