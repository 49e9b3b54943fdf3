from datetime import UTC, datetime, timedelta

import pytest

from readyby.envelope import Schedule, constant, schedule, us
from readyby.exchange.adapter import Ack, Capabilities, EvseFacts
from readyby.exchange.commands import Command, EvseControl
from readyby.exchange.verify import Finding, Reading, Watch, bound_kw, judge, may_have_lost
from readyby.model import CommandState, Step

NOW = datetime(2019, 7, 24, 15, tzinfo=UTC)
FACTS = EvseFacts(evse_id="E0", site_id="garage", max_kw=6.656, min_kw=1.248, standing_cap_kw=1.248)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def command(limit: float | Schedule = 3.12, number: int = 1, accepted_min: float | None = 0) -> Command:
    accepted_at = at(accepted_min) if accepted_min is not None else None
    return Command(
        command_id=f"garage.1.E0.{number}",
        plan_version=1,
        attempt=number,
        evse_id="E0",
        session_id="S0",
        wave=1,
        schedule=limit if isinstance(limit, Schedule) else constant(limit),
        expires_at=at(120),
        state=CommandState.ACCEPTED if accepted_at else CommandState.SENT,
        sent_at=NOW,
        accepted_at=accepted_at,
    )


def control(*trail: Command, base: Command | None = None, following: bool = True) -> EvseControl:
    return EvseControl(facts=FACTS, session_id="S0", trail=trail, base_command=base, following=following)


def read(
    what: EvseControl, *readings: tuple[float, float], watch: Watch | None = None, ack: Ack = Ack.SYNC
) -> list[Finding]:
    watch = watch or Watch()
    return [
        judge(
            what,
            watch,
            Reading(evse_id="E0", session_id="S0", measured_at=at(minutes), power_kw=power_kw),
            Capabilities(ack=ack),
        )
        for minutes, power_kw in readings
    ]


@pytest.mark.parametrize(("limit_kw", "most_kw"), [(0.0, 0.3), (3.0, 3.3), (6.0, 6.3), (10.0, 10.5)])
def test_a_meter_may_show_a_little_more_than_the_limit(limit_kw, most_kw):
    assert bound_kw(limit_kw) == pytest.approx(most_kw)


def test_two_readings_within_the_limit_verify_once_it_had_time_to_settle():
    sent = command()
    proven = [finding.proven for finding in read(control(sent), (0.5, 3.0), (1, 3.0), (2, 3.0))]
    assert proven == [None, None, sent]


def test_drawing_less_is_never_disobedience():
    *_, last = read(control(command(6.24)), (1, 0.0), (2, 0.0), (3, 0.0))
    assert last.proven is not None
    assert not last.disobeys


def test_two_readings_above_disprove_and_one_does_not():
    found = read(control(command(3.12)), (1, 3.6), (2, 3.0), (3, 3.6), (4, 3.6))
    assert [finding.disobeys for finding in found] == [False, False, False, True]
    assert all(finding.proven is None for finding in found)


def test_a_command_without_an_answer_proves_nothing_and_bounds_nothing():
    found = read(control(command(1.248, accepted_min=None), base=command(6.24)), (1, 6.0), (2, 6.0), (3, 6.0))
    assert not any(finding.disobeys or finding.proven for finding in found)


def test_where_the_device_answers_apart_acceptance_alone_proves_nothing():
    found = read(control(command()), (1, 3.0), (2, 3.0), (3, 3.0), ack=Ack.ASYNC)
    assert all(finding.proven is None for finding in found)


def test_before_it_settled_everything_that_may_be_in_force_is_allowed():
    falling = control(command(1.248, accepted_min=1), base=command(6.24))
    found = read(falling, (0.5, 6.2), (1.0, 6.2), (1.5, 6.2), (2.0, 1.2), (3.0, 1.2))
    assert not any(finding.disobeys for finding in found)
    assert found[-1].proven is not None


def test_an_older_command_is_proven_while_newer_ones_keep_coming():
    trail = (command(3.12, 1, 0), command(2.912, 2, 1.5), command(2.704, 3, 2.5))
    found = read(control(*trail, base=command(6.24)), (1, 2.6), (2, 2.6))
    assert [finding.proven for finding in found] == [None, trail[0]]


def test_a_step_down_gets_its_time_too():
    stepping = schedule((Step(NOW, 6.24), Step(at(10), 1.248)), at(120), 1.248)
    found = read(control(base=command(stepping)), (9, 6.2), (10.5, 6.2), (10.9, 6.2), (11.5, 1.2), (12, 1.2))
    assert not any(finding.disobeys for finding in found)
    late = read(control(base=command(stepping)), (11.5, 6.2), (12.5, 6.2))
    assert [finding.disobeys for finding in late] == [False, True]


def test_without_any_command_the_standing_cap_is_the_limit():
    found = read(control(), (1, 1.5), (2, 6.4), (3, 6.4))
    assert [finding.disobeys for finding in found] == [False, False, True]


def test_trust_comes_back_after_three_readings_that_show_it_held_back():
    sent = command(3.12)
    found = read(control(sent, following=False), *((minute, 3.0) for minute in (1, 2, 3)))
    assert [finding.obeys_again for finding in found] == [False, False, True]
    assert [finding.proven for finding in found] == [None, None, sent]


@pytest.mark.parametrize(
    ("limit_kw", "power_kw"), [(3.12, 0.0), (3.12, 0.4), (4.16, 3.2), (6.656, 6.4), (0.0, 0.0)], ids=str
)
def test_readings_that_show_nothing_bring_no_trust(limit_kw, power_kw):
    found = read(control(command(limit_kw), following=False), *((m, power_kw) for m in range(1, 8)))
    assert not any(finding.obeys_again or finding.proven for finding in found)


def test_a_car_that_drew_and_now_may_not_and_does_not_shows_obedience():
    stopped = control(command(0.0, accepted_min=2), base=command(3.12), following=False)
    found = read(stopped, (1, 6.4), (2, 6.4), (3.5, 0.0), (4.5, 0.0), (5.5, 0.0))
    assert found[-1].obeys_again


def test_a_reading_above_starts_the_count_anew():
    found = read(control(command(3.12), following=False), (1, 3.0), (2, 3.0), (3, 6.4), (4, 3.0), (5, 3.0))
    assert not any(finding.obeys_again for finding in found)


def test_the_cars_own_maximum_is_learned_where_it_could_draw_more():
    watch = Watch()
    read(control(base=command(6.24)), (1, 3.2), (2, 3.25), (3, 3.1), watch=watch)
    assert watch.learned_max_kw == 3.25
    held_back = Watch()
    read(control(base=command(3.12)), (1, 3.1), (2, 3.1), watch=held_back)
    assert held_back.learned_max_kw is None


def test_an_evse_that_seems_to_have_lost_its_command_is_asked_after_now_and_then():
    watch, high = Watch(), control(base=command(6.24))
    read(high, (1, 1.2), (2, 1.2), watch=watch)
    assert not may_have_lost(watch, at(2))
    read(high, (3, 1.2), watch=watch)
    assert may_have_lost(watch, at(3))
    watch.asked_at = at(3)
    assert not may_have_lost(watch, at(10))
    assert may_have_lost(watch, at(18))
    read(high, (4, 5.0), watch=watch)
    assert not may_have_lost(watch, at(18))


def test_schedules_are_compared_in_microseconds():
    assert us(at(1)) - us(NOW) == 60_000_000
