"""Y repeats what a driver asked for the last time; NO goes back to what held before."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from readyby.messages import render, septets
from readyby.model import RequestKind, SessionRef
from readyby.same_again import same_again
from readyby.sms.inbound import TextDesk, TextMessage
from readyby.sms.offer import with_offer
from readyby.store.api import MessageToSend
from tests.support.drivers import ADA, DriverWorld

ZONE = ZoneInfo("America/Los_Angeles")
LINK = "https://charge.example.org/c/" + "k" * 22


def say(world: DriverWorld, body: str, sid: str) -> str:
    answer = TextDesk(world.desk).answer(TextMessage(message_sid=sid, phone=world.phone(ADA), body=body))
    return str(answer)


def test_last_time_is_offered_in_the_welcome_and_taken_by_one_letter(world: DriverWorld) -> None:
    world.plug_in(1)
    assert "Text when you leave" in say(world, "Y", "SM0")
    say(world, "5:30pm 40mi", "SM1")
    world.wait(hours=9)
    world.unplug(1)
    world.wait(hours=14)
    key = world.plug_in(2)
    message = MessageToSend(
        message_id="m",
        kind="welcome",
        phone=world.phone(ADA),
        language="en",
        session_ref=world.ref(key),
        arguments={"evse_id": "AG-1F09"},
        key_index=0,
    )
    offered = asyncio.run(with_offer(message, world.small.store, world.clock.now()))
    body = render("welcome", "en", offered.arguments, LINK)
    assert "reply Y = 40 mi by Thu 5:30 PM" in body
    assert body.endswith("STOP to opt out")
    assert septets(body) <= 160
    assert septets(render("welcome", "es", offered.arguments, LINK)) <= 160
    assert "40 mi (12 kWh) by Thu 5:30 PM" in say(world, "Y", "SM2")
    last = world.desk.read(world.ref(key)).last_request
    assert last is not None
    assert last.distance_mi == 40.0


def test_no_goes_back_step_by_step(world: DriverWorld) -> None:
    key = world.plug_in(1)
    ref: SessionRef = world.ref(key)
    assert "charges as usual" in say(world, "NO", "SM0")
    say(world, "5:30pm 40mi", "SM1")
    say(world, "NOW", "SM2")
    answer = say(world, "undo", "SM3")
    assert "Undone. " in answer
    assert "40 mi (12 kWh) by Wed 5:30 PM" in answer
    last = world.desk.read(ref).last_request
    assert last is not None
    assert last.kind is RequestKind.NEED


def test_no_to_the_first_wish_lets_the_car_charge_as_usual(world: DriverWorld) -> None:
    key = world.plug_in(1)
    say(world, "5:30pm 40mi", "SM1")
    assert "Undone: your car charges as usual" in say(world, "NO", "SM2")
    last = world.desk.read(world.ref(key)).last_request
    assert last is not None
    assert last.kind is RequestKind.RELEASE


@pytest.mark.parametrize(
    ("now", "last", "again"),
    [
        ("2019-07-25T08:00-07:00", "2019-07-24T17:30-07:00", "2019-07-25T17:30-07:00"),
        ("2019-07-25T17:15-07:00", "2019-07-24T17:30-07:00", "2019-07-26T17:30-07:00"),
        ("2019-11-02T20:00-07:00", "2019-10-30T07:00-07:00", "2019-11-03T07:00-08:00"),
        ("2019-03-09T20:00-08:00", "2019-03-08T02:30-08:00", None),
    ],
)
def test_the_same_time_of_day_is_wall_time(now: str, last: str, again: str | None) -> None:
    found = same_again(datetime.fromisoformat(last), datetime.fromisoformat(now).astimezone(UTC), ZONE)
    assert found == (datetime.fromisoformat(again) if again else None)
    assert found is None or found - datetime.fromisoformat(now) >= timedelta(minutes=20)
