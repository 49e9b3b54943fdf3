"""Half a wish and a while later the other half are one request, in either order; nothing stale is joined."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from readyby.model import RequestKind
from readyby.sms.dialogue import HALF_REMEMBERED
from readyby.sms.inbound import TextDesk, TextMessage
from tests.support.drivers import ADA, BO, DriverWorld

Say = Callable[..., str]


@pytest.fixture
def say(world: DriverWorld) -> Say:
    """Text as a driver; the answer. A new desk each time: it remembers nothing itself."""
    count = iter(range(1, 100))

    def text(body: str, token: str = ADA) -> str:
        message = TextMessage(message_sid=f"SM{next(count)}", phone=world.phone(token), body=body)
        return TextDesk(world.desk).answer(message) or ""

    return text


def test_a_time_and_then_miles_are_one_wish(world: DriverWorld, say: Say) -> None:
    key = world.plug_in(1)
    answer = say("5:30pm")
    assert "Wed 5:30 PM, noted. How much do you need?" in answer
    assert world.in_force(key) is None
    world.wait(minutes=1)
    assert "Got it: 40 mi (12 kWh) by Wed 5:30 PM" in say("40 miles")
    request = world.in_force(key)
    assert request
    assert (request.sequence, request.distance_mi) == (1, 40.0)


@pytest.mark.parametrize(
    ("amount", "noted", "echoed"),
    [
        ("40 miles", "40 mi, noted. When do you leave?", "40 mi (12 kWh)"),
        ("50 km", "50 km, noted.", "31 mi"),
        ("12 kwh", "12 kWh, noted.", "12 kWh"),
        ("full", "Full, noted.", "as full as it gets"),
    ],
)
def test_an_amount_and_then_a_time_are_one_wish(
    world: DriverWorld, say: Say, amount: str, noted: str, echoed: str
) -> None:
    world.plug_in(1)
    assert noted in say(amount)
    answer = say("5:30pm")
    assert echoed in answer
    assert "Wed 5:30 PM" in answer


def test_the_newer_half_of_a_kind_counts(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    say("5:30pm")
    assert "6:00 PM, noted" in say("6pm")
    assert "by Wed 6:00 PM" in say("40 miles")


def test_a_half_of_long_ago_is_not_joined(world: DriverWorld, say: Say) -> None:
    key = world.plug_in(1)
    say("5:30pm")
    world.clock.instant += HALF_REMEMBERED + timedelta(seconds=1)
    assert "When do you leave?" in say("40 miles")
    assert world.in_force(key) is None


def test_a_departure_that_is_hardly_ahead_any_more_is_not_joined(world: DriverWorld, say: Say) -> None:
    key = world.plug_in(1)
    say("in 25 minutes")
    world.wait(minutes=24, seconds=30)
    assert "When do you leave?" in say("4 miles")
    assert world.in_force(key) is None


@pytest.mark.parametrize("between", ["6pm 20 miles", "NOW", "OFF", "no"])
def test_a_whole_wish_or_word_in_between_forgets_the_half(world: DriverWorld, say: Say, between: str) -> None:
    world.plug_in(1)
    say("5:30pm")
    say(between)
    assert "5:30 PM" not in say("40 miles")


def test_what_was_asked_back_leaves_the_half_as_it_is(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    say("5:30pm")
    assert "battery" in say("80%")
    assert "40 mi (12 kWh) by Wed 5:30 PM" in say("40 miles")


@pytest.mark.parametrize("figure", ["40", "20"])
def test_a_lone_figure_is_the_need_that_was_just_asked_for(world: DriverWorld, say: Say, figure: str) -> None:
    world.plug_in(1)
    assert "Is that what you need, or the time?" in say(figure)
    say("5:30pm")
    assert f"{figure} mi" in say(figure)


def test_a_lone_figure_changes_the_need_that_holds_unless_it_may_be_a_time(
    world: DriverWorld, say: Say
) -> None:
    world.plug_in(1)
    say("5:30pm 40mi")
    assert "50 mi" in say("actually 50")
    assert "Is that what you need, or the time?" in say("20")
    assert "Is that what you need, or the time?" in say("130")


def test_the_half_ends_with_the_session(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    say("5:30pm")
    world.wait(minutes=1)
    world.unplug(1)
    world.wait(minutes=1)
    world.plug_in(1)
    assert "When do you leave?" in say("40 miles")


def test_a_half_belongs_to_who_said_it(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    world.plug_in(2, BO)
    say("5:30pm")
    assert "When do you leave?" in say("40 miles", BO)


def test_a_need_in_force_is_changed_without_a_memory(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    say("5:30pm 40mi")
    assert "40 mi (12 kWh) by Wed 6:00 PM" in say("6pm")


def test_the_first_half_is_noted_in_spanish(world: DriverWorld, say: Say) -> None:
    world.speak_spanish(ADA)
    world.plug_in(1)
    assert "anotado. ¿Cuanto necesita?" in say("a las 5:30 de la tarde")
    assert "40 mi" in say("40 millas")


@pytest.mark.parametrize("text", ["no thanks", "no gracias", "not interested", "no me interesa"])
def test_who_declines_is_left_in_peace_without_a_lesson(world: DriverWorld, say: Say, text: str) -> None:
    key = world.plug_in(1)
    answer = say(text)
    assert "charges as usual" in answer
    assert "STATUS" not in answer
    request = world.in_force(key)
    assert request
    assert request.kind is RequestKind.RELEASE
