"""A driver's text is done once, through the same call as the page, and said back in full."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from readyby.errors import Unreachable
from readyby.messages import septets
from readyby.model import Channel, RequestKind
from readyby.sms.inbound import TextDesk, TextMessage
from readyby.store.api import ClaimMessages, MarkAnswered, SubmitRequest
from tests.support.drivers import ADA, BO, DriverWorld

Say = Callable[..., str | None]


@pytest.fixture
def say(world: DriverWorld) -> Say:
    """Text as a driver; the answer."""
    desk, count = TextDesk(world.desk), iter(range(1, 100))

    def text(
        body: str, token: str = ADA, sid: str | None = None, *, carrier_answers: bool = False
    ) -> str | None:
        answer = desk.answer(
            TextMessage(
                message_sid=sid or f"SM{next(count)}",
                phone=world.phone(token),
                body=body,
                carrier_answers=carrier_answers,
            )
        )
        assert answer is None or septets(answer) <= 306
        return answer

    return text


def test_a_wish_is_stored_and_said_back_with_half_weekday_and_amount(world: DriverWorld, say: Say) -> None:
    key = world.plug_in(1)
    answer = say("leaving 530 need 40mi")
    assert answer is not None
    assert "40 mi (12 kWh) by Wed 5:30 PM" in answer
    request = world.in_force(key)
    assert request is not None
    assert (request.kind, request.channel) == (RequestKind.NEED, Channel.SMS)
    assert (request.distance_mi, request.energy_need_kwh) == (40.0, 12.0)


def test_half_a_wish_takes_the_other_half_from_the_one_in_force(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    say("5:30pm 40mi")
    assert "40 mi (12 kWh) by Wed 6:00 PM" in str(say("make it 6"))
    assert "20 mi (6 kWh) by Wed 6:00 PM" in str(say("20 miles is enough"))


def test_without_departure_it_is_asked_for(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    assert "When do you leave?" in str(say("40 miles"))


def test_kilometers_are_turned_into_miles(world: DriverWorld, say: Say) -> None:
    key = world.plug_in(1)
    say("50 km by 18:00")
    request = world.in_force(key)
    assert request
    assert request.distance_mi == pytest.approx(31.07)


def test_full_is_what_the_stay_can_give(world: DriverWorld, say: Say) -> None:
    key = world.plug_in(1)
    assert "as full as it gets" in str(say("full by 10:30am"))
    request = world.in_force(key)
    assert request
    assert request.energy_need_kwh == pytest.approx(4 * 6.656, abs=0.1)


def test_a_text_delivered_twice_has_one_effect_and_one_answer(world: DriverWorld, say: Say) -> None:
    key = world.plug_in(1)
    assert say("5:30pm 40mi", sid="SMsame")
    assert say("5:30pm 40mi", sid="SMsame") is None
    request = world.in_force(key)
    assert request
    assert request.sequence == 1


@pytest.mark.parametrize("falls_at", [SubmitRequest, MarkAnswered])
def test_a_text_whose_answer_fell_with_the_store_is_answered_when_it_comes_again(
    world: DriverWorld, say: Say, monkeypatch: pytest.MonkeyPatch, falls_at: type
) -> None:
    key, do = world.plug_in(1), world.store.do

    def falling(command: Any, **how: Any) -> Any:
        if isinstance(command, falls_at):
            raise Unreachable("core does not answer")
        return do(command, **how)

    monkeypatch.setattr(world.store, "do", falling)
    with pytest.raises(Unreachable):
        say("5:30pm 40mi", sid="SMsame")
    monkeypatch.undo()
    assert say("5:30pm 40mi", sid="SMsame") is None  # it may still be in hand
    world.wait(seconds=31)
    answer = say("5:30pm 40mi", sid="SMsame")
    assert answer
    assert "40 mi (12 kWh) by Wed 5:30 PM" in answer
    request = world.in_force(key)
    assert request
    assert request.sequence == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [("NOW", RequestKind.CHARGE_NOW), ("off", RequestKind.RELEASE), ("ahora", RequestKind.CHARGE_NOW)],
)
def test_ways_out(world: DriverWorld, say: Say, text: str, kind: RequestKind) -> None:
    key = world.plug_in(1)
    assert say(text)
    request = world.in_force(key)
    assert request
    assert request.kind is kind


def test_status_tells_the_promise_and_the_progress(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    say("5:30pm 40mi")
    world.plan()
    world.wait(minutes=10)
    world.draw(1, 6.2, 3.0)
    answer = str(say("STATUS"))
    assert "Ready by Wed 5:30 PM" in answer
    assert "10 of 40 mi" in answer
    assert "Charging at 6.2 kW" in answer


def test_a_new_link_is_sent_by_the_outbox(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    assert "on its way" in str(say("LINK"))
    (message,) = world.store.do(ClaimMessages(now=world.clock.now(), key_hashes=("0" * 64,)))
    assert message.kind == "link"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("6 40", "Which number"),
        ("today 5am 20mi", "past"),
        ("6:40 20mi", "20 minutes"),
        ("80% by 5", "battery"),
    ],
)
def test_doubt_is_asked_back_and_changes_nothing(world: DriverWorld, say: Say, text: str, asked: str) -> None:
    key = world.plug_in(1)
    assert asked in str(say(text))
    assert world.in_force(key) is None


def test_too_far_ahead_is_refused_with_the_remedy(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    assert "within the next 48 hours" in str(say("monday 5pm 20mi"))


def test_other_talk_gets_help(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    assert "Sorry, not understood." in str(say("my name is Dana"))
    assert "Sorry" not in str(say("HELP"))


def test_thanks_get_silence_and_are_counted(world: DriverWorld, say: Say) -> None:
    assert say("thanks!") is None
    world.plug_in(1)
    assert say("gracias") is None
    assert {say("🙏") for _ in range(world.desk.settings.most_texts_heard - 2)} == {None}
    assert say("HELP") is None


@pytest.mark.parametrize("text", ["ok", "ok thanks", "👍", "got it", "Perfect!"])
def test_an_ok_to_what_was_said_back_gets_silence(world: DriverWorld, say: Say, text: str) -> None:
    key = world.plug_in(1)
    assert "Text when you leave" in str(say(text))  # so far nothing is agreed
    say("5:30pm 40mi")
    before = world.in_force(key)
    assert say(text) is None
    assert world.in_force(key) == before
    assert "40 mi" in str(say("yes"))


def test_an_ok_after_unplugging_gets_silence(world: DriverWorld, say: Say) -> None:
    assert say("ok, thanks") is None
    assert say("👍") is None
    assert "No car of yours" in str(say("yes"))


def test_a_stranger_gets_silence(world: DriverWorld) -> None:
    desk = TextDesk(world.desk)
    for sid, body in (("SM1", "5pm 40mi"), ("SM2", "STOP"), ("SM3", "HELP")):
        assert desk.answer(TextMessage(message_sid=sid, phone="+12135550177", body=body)) is None


def test_without_a_car_there_is_nothing_to_ask(world: DriverWorld, say: Say) -> None:
    assert "No car of yours" in str(say("5pm 40mi"))


def test_two_cars_are_not_confused(world: DriverWorld, say: Say) -> None:
    first, second = world.plug_in(1), world.plug_in(2)
    assert "More than one car" in str(say("5pm 40mi"))
    assert world.in_force(first) is None
    assert world.in_force(second) is None


def test_an_ended_session_takes_no_wish(world: DriverWorld, say: Say) -> None:
    world.plug_in(1)
    world.wait(minutes=60)
    world.unplug(1)
    assert in_force_is_ended(str(say("5pm 40mi")))


def in_force_is_ended(answer: str) -> bool:
    return "ended" in answer or "No car of yours" in answer


@pytest.mark.invariant("I-18")
def test_stop_holds_at_once_and_is_confirmed_once(world: DriverWorld, say: Say) -> None:
    assert "no more texts" in str(say("stop texting me", sid="SM9"))
    assert say("stop texting me", sid="SM9") is None
    key_hashes = ("0" * 64,)
    world.wait(minutes=1)
    world.small.clock.instant += timedelta(minutes=1)
    world.plug_in(1)
    assert world.store.do(ClaimMessages(now=world.clock.now(), key_hashes=key_hashes)) == ()


def test_what_the_carrier_answers_is_done_and_not_answered_again(world: DriverWorld, say: Say) -> None:
    for word in ("STOP", "START", "HELP"):
        assert say(word, carrier_answers=True) is None
    assert world.ref(world.plug_in(1))
    assert say("ayuda", carrier_answers=True)


def test_a_stop_in_the_carriers_own_words_holds_too(world: DriverWorld) -> None:
    text = TextMessage(
        message_sid="SM1", phone=world.phone(), body="nada mas", carrier_answers=True, opt_out="STOP"
    )
    assert TextDesk(world.desk).answer(text) is None
    world.plug_in(1)
    assert world.session_refs() == ()


def test_an_old_stop_that_is_delivered_once_more_stops_nothing(world: DriverWorld, say: Say) -> None:
    say("STOP", sid="SM1")
    say("START", sid="SM2")
    assert say("STOP", sid="SM1") is None
    assert world.ref(world.plug_in(1))


def test_start_brings_the_messages_back(world: DriverWorld, say: Say) -> None:
    say("STOP")
    assert "Welcome back" in str(say("START"))
    assert world.ref(world.plug_in(1))


def test_the_answer_is_in_the_drivers_language(world: DriverWorld) -> None:

    world.speak_spanish(BO)
    world.plug_in(2, BO)
    answer = TextDesk(world.desk).answer(
        TextMessage(message_sid="SM1", phone=world.phone(BO), body="hasta las 6 de la tarde, 15 kwh")
    )
    assert "Anotado: 15 kWh para el mié 6:00 PM" in str(answer)
