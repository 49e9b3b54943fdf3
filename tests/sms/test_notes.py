"""What is told without being asked: ready, cannot be met, unplugged, each once; and what must not leave."""

from datetime import timedelta
from pathlib import Path

import pytest

from readyby import links
from readyby.messages import render, septets
from readyby.model import Channel, RequestId, RequestKind, SessionId
from readyby.own_store import caps_of
from readyby.settings import Settings
from readyby.sms.delivery import PLACES, is_dead, is_stopped
from readyby.sms.inbound import TextDesk, TextMessage
from readyby.store.api import (
    ClaimMessages,
    ErasePerson,
    ListParticipants,
    MarkStopped,
    MarkUnreachable,
    MessageToSend,
    NoteDrivers,
    PauseParticipant,
    QueueMessage,
    RecordDelivery,
    Settlement,
    SettleMessage,
    SettleSession,
)
from readyby.web.driver import Wish
from tests.support.drivers import ADA, DriverWorld


def text(world: DriverWorld, body: str, sid: str) -> str | None:
    return TextDesk(world.desk).answer(TextMessage(message_sid=sid, phone=world.phone(ADA), body=body))


def note(world: DriverWorld) -> int:
    return world.store.do(NoteDrivers(now=world.clock.now()))


def claim(world: DriverWorld) -> tuple[MessageToSend, ...]:
    """What may leave now, as sent."""
    hashes = tuple(links.key_hash(links.new_key()) for _ in range(4))
    claimed = world.store.do(ClaimMessages(now=world.clock.now(), key_hashes=hashes))
    for message in claimed:
        world.store.do(
            SettleMessage(
                message_id=message.message_id,
                state="sent",
                at=world.clock.now(),
                provider_id=f"SM-{message.message_id}",
            )
        )
    return claimed


def queue(world: DriverWorld, marker: str) -> None:
    world.store.do(
        QueueMessage(
            session_id=SessionId(world.session_id(1)),
            kind="link",
            marker=marker,
            arguments={},
            at=world.clock.now(),
            not_after=world.clock.now().replace(hour=23),
        )
    )


def test_ready_is_told_once_and_not_at_night(world: DriverWorld) -> None:
    world.plug_in(1)
    text(world, "5:30pm 20mi", "SM1")
    world.plan()
    assert note(world) == 0
    world.draw(1, 6.0, 6.1)
    assert note(world) == 0  # 6:30 AM is quiet
    world.wait(hours=2)
    world.draw(1, 0.0, 6.1)
    assert note(world) == 1
    (ready,) = claim(world)
    body = render(ready.kind, "en", ready.arguments)
    assert body == "ReadyBy: ready. Your car has the 20 mi you asked for."
    assert note(world) == 0


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [
        ((21, 8), {21, 22, 23, *range(8)}),
        ((1, 5), {1, 2, 3, 4}),
        ((0, 0), set()),
        ((23, 0), {23}),
    ],
)
def test_quiet_hours_begin_and_end_as_set(hours: tuple[int, int], quiet: set[int]) -> None:
    caps = caps_of(Settings(quiet_from_h=hours[0], quiet_until_h=hours[1]))
    assert {hour for hour in range(24) if caps.is_quiet(hour)} == quiet


def test_ready_is_told_as_soon_as_the_hours_that_are_set_allow(tmp_path: Path) -> None:
    world = DriverWorld(tmp_path, quiet_from_h=22, quiet_until_h=6)
    world.plug_in(1)
    text(world, "5:30pm 20mi", "SM1")
    world.plan()
    world.draw(1, 6.0, 6.1)
    assert note(world) == 1  # 6:30 AM
    assert [message.kind for message in claim(world)] == ["ready"]
    world.close()


def test_what_cannot_be_met_is_told_with_the_choice_even_at_night(world: DriverWorld) -> None:
    world.plug_in(1)
    text(world, "7:30am 60mi", "SM1")
    world.plan()
    assert note(world) == 0, "the next plan may do better"
    world.wait(minutes=2)
    assert note(world) == 1
    (short,) = claim(world)
    body = render(short.kind, "en", short.arguments, "https://charge.example/c/" + "k" * 22)
    assert "of 60 mi" in body
    assert "Wed 7:30 AM" in body
    assert septets(body) <= 160
    assert note(world) == 0


def test_a_plan_that_falls_short_for_a_moment_alarms_nobody(world: DriverWorld) -> None:
    world.plug_in(1)
    text(world, "5:30pm 20mi", "SM1")
    for minutes, shortfall_kwh in ((0, 0.0), (4, 3.0), (1, 0.0), (1, 3.0), (1, 3.0)):
        world.wait(minutes=minutes)
        world.plan(shortfall_kwh)
        assert note(world) == 0
    world.wait(minutes=2)
    assert note(world) == 1
    assert [message.kind for message in claim(world)] == ["cannot_meet"]


def test_a_few_miles_less_are_no_news(world: DriverWorld) -> None:
    world.plug_in(1)
    text(world, "5:30pm 60mi", "SM1")
    for shortfall_kwh, told in ((1.7, 0), (1.9, 1)):
        world.plan(shortfall_kwh)
        world.wait(minutes=3)
        world.plan(shortfall_kwh)
        assert note(world) == told, shortfall_kwh


def test_a_car_that_takes_nothing_of_what_it_may_have_is_not_told_that_we_fall_short(
    world: DriverWorld,
) -> None:
    world.plug_in(1)
    text(world, "5:30pm 20mi", "SM1")
    world.plan(3.0)
    world.wait(minutes=3)
    world.draw(1, 0.0, 1.0)
    world.small.store.database.cursor().execute("update session_meter set free_since = last_at")
    assert note(world) == 0
    world.wait(minutes=1)
    world.draw(1, 3.0, 1.1)
    assert note(world) == 1


def settled(world: DriverWorld) -> Settlement:
    """The newest session at the first EVSE, settled now."""
    return Settlement(
        session_id=SessionId(world.session_id(1)),
        energy_kwh=6.0,
        cost_usd=1.0,
        uncontrolled_cost_usd=1.84,
        uncontrolled_energy_kwh=6.0,
        promise="kept",
        shortfall_kwh=0.0,
        settled_at=world.clock.now(),
    )


@pytest.mark.parametrize("words", ["not interested", "no thanks", "OFF"])
def test_who_lets_the_car_charge_as_usual_hears_no_more_of_this_stay(world: DriverWorld, words: str) -> None:
    world.plug_in(1)
    assert text(world, words, "SM1")
    world.wait(hours=3)
    world.unplug(1)
    world.store.do(SettleSession(settlement=settled(world)))
    assert note(world) == 0


def test_the_summary_follows_the_settlement(world: DriverWorld) -> None:
    world.plug_in(1)
    text(world, "5:30pm 20mi", "SM1")
    world.wait(hours=3)
    world.unplug(1)
    assert note(world) == 0
    world.store.do(SettleSession(settlement=settled(world)))
    assert note(world) == 1
    (summary,) = claim(world)
    body = render(summary.kind, "en", summary.arguments)
    assert body == "ReadyBy: unplugged with 6 kWh added, $0.84 cheaper than charging at once. Safe travels!"
    assert note(world) == 0


def test_statuses_count_in_their_order_whatever_order_they_come_in(world: DriverWorld) -> None:
    def told(status: str) -> bool:
        return world.store.do(
            RecordDelivery(provider_id="SM9", status=status, place=PLACES[status], at=world.clock.now())
        )

    assert told("sent")
    assert not told("queued")
    assert told("delivered")
    assert not told("sent")
    assert not told("delivered")


def test_a_dead_number_gets_nothing_until_it_texts(world: DriverWorld) -> None:
    world.plug_in(1)
    world.store.do(MarkUnreachable(phone=world.phone(), error_code="30005", at=world.clock.now()))
    queue(world, "one")
    assert claim(world) == ()
    text(world, "status", "SM1")
    queue(world, "two")
    assert len(claim(world)) == 1


@pytest.mark.parametrize(("code", "dead", "stopped"), [("30004", True, False), ("21610", False, True)])
def test_a_status_that_ends_a_number_marks_it(
    world: DriverWorld, code: str, dead: bool, stopped: bool
) -> None:
    assert (is_dead(code), is_stopped(code)) == (dead, stopped)
    world.plug_in(1)
    queue(world, "one")
    (message,) = claim(world)
    world.store.do(
        RecordDelivery(
            provider_id=f"SM-{message.message_id}",
            status="failed",
            place=PLACES["failed"],
            error_code=code,
            dead=dead,
            stopped=stopped,
            at=world.clock.now(),
        )
    )
    queue(world, "two")
    assert claim(world) == ()


@pytest.mark.invariant("I-19")
def test_no_session_gets_more_than_its_share(world: DriverWorld) -> None:
    world.plug_in(1)
    sent = 0
    for number in range(20):
        queue(world, f"m{number}")
        sent += len(claim(world))
    assert sent == 11  # and the welcome


@pytest.mark.invariant("I-19")
def test_two_machines_that_answer_each_other_fall_silent_but_stop_is_heard(world: DriverWorld) -> None:
    world.plug_in(1)
    answers = [text(world, "hello", f"SM{number}") for number in range(50)]
    assert sum(answer is not None for answer in answers) == 40
    assert "no more texts" in str(text(world, "STOP", "SM99"))


def test_who_is_paused_charges_as_usual_and_hears_nothing(world: DriverWorld) -> None:
    world.store.do(PauseParticipant(phone=world.phone(), paused=True, at=world.clock.now()))
    world.plug_in(1)
    assert world.session_refs() == ()
    world.store.do(PauseParticipant(phone=world.phone(), paused=False, at=world.clock.now()))
    world.plug_in(2)
    assert len(world.session_refs()) == 1


@pytest.mark.invariant("I-31")
def test_who_is_erased_is_nowhere_but_on_the_stop_list(world: DriverWorld) -> None:
    world.plug_in(1)
    text(world, "5:30pm 20mi", "SM1")
    world.store.do(MarkStopped(phone=world.phone(), stopped=True, at=world.clock.now()))
    before = len(world.store.ask(ListParticipants()))
    erased = world.store.do(ErasePerson(phone=world.phone(), at=world.clock.now()))
    assert (erased.people, erased.sessions) == (1, 1)
    assert erased.messages >= 1
    assert erased.links >= 1
    assert len(world.store.ask(ListParticipants())) == before - 1
    assert world.session_refs() == ()


def ask_on_page(world: DriverWorld, key: str, request: str, amount_mi: float, hours: float = 10) -> None:
    wish = Wish(
        kind=RequestKind.NEED,
        departure_at=world.clock.now() + timedelta(hours=hours),
        distance_mi=amount_mi,
    )
    world.desk.submit(world.desk.read(world.ref(key)), wish, RequestId(request), Channel.PAGE)


def test_what_was_asked_on_a_page_is_said_back_by_text_once_it_stands(world: DriverWorld) -> None:
    key = world.plug_in(1)
    ask_on_page(world, key, "first", 20)
    world.plan()
    assert note(world) == 0
    world.wait(seconds=30)
    ask_on_page(world, key, "second", 25)
    world.wait(seconds=59)
    world.plan()
    assert note(world) == 0
    world.wait(seconds=2)
    assert note(world) == 1
    (accepted,) = claim(world)
    body = render(accepted.kind, "en", accepted.arguments)
    assert body.startswith("ReadyBy: got it, 25 mi by Wed 4:30 PM.")
    world.wait(minutes=5)
    assert note(world) == 0


def test_what_cannot_be_met_is_not_said_to_be_accepted(world: DriverWorld) -> None:
    ask_on_page(world, world.plug_in(1), "first", 100, hours=2)
    world.plan()
    world.wait(minutes=2)
    assert note(world) == 1
    assert [message.kind for message in claim(world)] == ["cannot_meet"]
    assert note(world) == 0


def test_a_text_is_answered_at_once_and_not_once_more(world: DriverWorld) -> None:
    world.plug_in(1)
    assert "Got it" in str(text(world, "5:30pm 20mi", "SM1"))
    world.plan()
    world.wait(minutes=5)
    assert note(world) == 0


def test_ready_that_could_not_leave_before_the_night_does_not_wake_anybody(world: DriverWorld) -> None:
    world.wait(hours=14)  # 8:30 PM
    world.plug_in(1)
    text(world, "tomorrow 7am 20mi", "SM1")
    world.plan()
    world.draw(1, 0.0, 6.1)
    assert note(world) == 1
    world.wait(minutes=31)
    assert claim(world) == ()


@pytest.mark.parametrize("code", ["30004", "21610"])
def test_a_status_may_come_before_the_message_is_known_to_be_sent(world: DriverWorld, code: str) -> None:
    world.plug_in(1)
    world.store.do(
        RecordDelivery(
            provider_id="SM-early",
            status="undelivered",
            place=PLACES["undelivered"],
            error_code=code,
            dead=is_dead(code),
            stopped=is_stopped(code),
            at=world.clock.now(),
        )
    )
    queue(world, "one")
    hashes = (links.key_hash(links.new_key()),)
    (message,) = world.store.do(ClaimMessages(now=world.clock.now(), key_hashes=hashes))
    world.store.do(
        SettleMessage(
            message_id=message.message_id, state="sent", at=world.clock.now(), provider_id="SM-early"
        )
    )
    queue(world, "two")
    assert claim(world) == ()


def test_a_status_told_once_more_ends_nothing_after_the_driver_came_back(world: DriverWorld) -> None:
    world.plug_in(1)
    queue(world, "one")
    (message,) = claim(world)
    failed = RecordDelivery(
        provider_id=f"SM-{message.message_id}",
        status="failed",
        place=PLACES["failed"],
        error_code="21610",
        stopped=True,
        at=world.clock.now(),
    )
    world.store.do(failed)
    text(world, "START", "SM1")
    world.store.do(failed)
    queue(world, "two")
    assert len(claim(world)) == 1
