"""Laws of the pure parts: order does not matter, rounding never rises, what was sent is recognized."""

import random
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.exchange.adapter import Setpoint
from readyby.exchange.ocpi.meter import meter_values
from readyby.exchange.ocpi.mirror import patched, replaced
from readyby.exchange.ocpi.objects import parse_session
from readyby.exchange.ocpi.profiles import (
    Held,
    Rating,
    charging_profile,
    held_command,
    parse_active_profile,
    parse_profile,
)
from readyby.exchange.ocpi.settings import Dialect
from readyby.exchange.ocpi.wire import stamp
from readyby.model import Step
from tests.exchange.ocpi.conftest import START
from tests.exchange.ocpi.test_receiver import period, session

SINGLE = Rating(unit="A", phases=1, voltage_v=208.0, max_kw=6.656, standing_cap_kw=2.496)
THREE = Rating(unit="A", phases=3, voltage_v=230.0, max_kw=22.08, standing_cap_kw=22.08)
DIRECT = Rating(unit="W", phases=1, voltage_v=400.0, max_kw=50.0, standing_cap_kw=50.0)
RATINGS = st.sampled_from([SINGLE, THREE, DIRECT])


def merged(deliveries: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """What a copy is after deliveries; the parts that come before any whole are lost, as OCPI has it."""
    copy: dict[str, Any] | None = None
    for verb, body in deliveries:
        if verb == "PUT":
            copy = replaced(copy, body).copy
        elif copy is not None:
            copy = patched(copy, body).copy
    assert copy is not None
    return copy


WHOLES = st.lists(
    st.builds(
        lambda minute, kwh, status: session(minute, kwh=kwh, status=status),
        st.integers(0, 5),
        st.integers(0, 3),
        st.sampled_from(["PENDING", "ACTIVE", "COMPLETED"]),
    ),
    min_size=1,
    max_size=6,
)


@given(WHOLES, st.randoms(use_true_random=False))
def test_wholes_in_any_order_any_number_of_times_end_the_same(
    wholes: list[dict[str, Any]], chance: random.Random
) -> None:
    deliveries = [("PUT", each) for each in wholes]
    shuffled = deliveries * 2
    chance.shuffle(shuffled)
    assert merged(shuffled) == merged(deliveries)


@given(st.permutations(range(6)))
def test_parts_in_any_order_bring_all_periods_and_the_newest_energy(order: list[int]) -> None:
    parts = [
        {
            "last_updated": stamp(START + timedelta(minutes=minute + 1)),
            "kwh": float(minute),
            "charging_periods": [period(minute, 2.0 + minute)],
        }
        for minute in range(6)
    ]
    copy = merged([("PUT", session()), *(("PATCH", parts[each]) for each in order)])
    assert copy["kwh"] == 5.0
    assert sorted(each["start_date_time"] for each in copy["charging_periods"]) == [
        stamp(START + timedelta(minutes=minute)) for minute in range(6)
    ]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 60)), min_size=1, max_size=12))
def test_meter_values_are_the_same_pushed_or_pulled(steps: list[tuple[int, int]]) -> None:
    """A period's end, pushed as it happens, is what a pull of all periods later says."""
    minute, energy_kwh, periods = 0, 0.0, []
    pushed, before = [], parse_session(session(), Dialect())
    for minutes, tenths in steps:
        periods.append(period(minute, tenths / 10))
        minute += minutes
        energy_kwh += tenths / 10 * minutes / 60
        now = parse_session(session(minute, kwh=energy_kwh, charging_periods=list(periods)), Dialect())
        pushed += meter_values(before, now, phases=1, voltage_v=208.0)
        before = now
    pulled = meter_values(None, before, phases=1, voltage_v=208.0)
    assert [(each.measured_at, each.power_kw) for each in pushed] == [
        (each.measured_at, each.power_kw) for each in pulled
    ]
    assert [each.energy_kwh for each in pushed] == sorted(each.energy_kwh for each in pushed)
    assert pulled[-1].energy_kwh == pytest.approx(energy_kwh)


def test_power_comes_from_power_then_energy_then_current() -> None:
    def told(*dimensions: tuple[str, float]) -> float:
        listed = [{"type": name, "volume": volume} for name, volume in dimensions]
        fields = session(30, charging_periods=[{"start_date_time": stamp(START), "dimensions": listed}])
        (value,) = meter_values(None, parse_session(fields, Dialect()), phases=3, voltage_v=230.0)
        return value.power_kw

    assert told(("POWER", 3.0), ("ENERGY", 9.0), ("CURRENT", 10)) == 3.0
    assert told(("ENERGY", 2.0), ("CURRENT", 10)) == pytest.approx(4.0)
    assert told(("CURRENT", 10)) == pytest.approx(6.9)


def test_without_periods_power_is_what_the_energy_grew_by() -> None:
    old, new = (parse_session(session(minute, kwh=kwh), Dialect()) for minute, kwh in ((0, 1.0), (15, 2.0)))
    (value,) = meter_values(old, new, phases=1, voltage_v=208.0)
    assert (value.power_kw, value.energy_kwh) == (pytest.approx(4.0), 2.0)
    cost_only = parse_session(session(16, kwh=2.0, charging_periods=[period(0, 4.0)]), Dialect())
    assert (
        meter_values(
            cost_only,
            parse_session(session(17, kwh=2.0, charging_periods=[period(0, 4.0)]), Dialect()),
            phases=1,
            voltage_v=208.0,
        )
        == []
    )


def test_units_of_a_dialect() -> None:
    dialect = Dialect(power_unit="W", energy_unit="Wh", kwh_field="kWh", session_defaults={"party_id": "PYO"})
    fields = session(30, kWh=1.5, charging_periods=[period(0, 3000)])
    del fields["kwh"], fields["party_id"]
    told = parse_session(fields, dialect)
    assert (told.party_id, told.energy_kwh, told.periods[0].volume("POWER")) == ("PYO", 1.5, 3.0)


@st.composite
def setpoints(draw: st.DrawFn) -> tuple[Setpoint, Rating]:
    rating = draw(RATINGS)
    least_kw = 6 * rating.kw_per_unit if rating.unit == "A" else 0.1
    limits = st.just(0.0) | st.floats(least_kw, rating.max_kw)
    offsets = sorted(draw(st.sets(st.floats(-7200, 20_000), min_size=1, max_size=10)))
    steps = tuple(Step(START + timedelta(seconds=offset), draw(limits)) for offset in offsets)
    expires_at = START + timedelta(seconds=max(offsets[-1], 0) + draw(st.floats(60, 7200)))
    made = Setpoint(
        command_id="c", rank=(1, 1), evse_id="E", session_id="S", steps=steps, expires_at=expires_at
    )
    return made, rating


def planned_kw(setpoint: Setpoint, rating: Rating, at: Any) -> float:
    if setpoint.expires_at is not None and at >= setpoint.expires_at:
        return rating.standing_cap_kw
    past = [step for step in setpoint.steps if step.start_at <= at] or [setpoint.steps[0]]
    return past[-1].limit_kw


@given(setpoints(), st.lists(st.floats(0, 30_000), min_size=1, max_size=20))
def test_a_profile_never_allows_more_than_the_setpoint(
    made: tuple[Setpoint, Rating], offsets: list[float]
) -> None:
    setpoint, rating = made
    profile = charging_profile(setpoint, rating, START)
    periods = profile["charging_profile_period"]
    assert isinstance(periods, list)
    starts = [each["start_period"] for each in periods]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert all(abs(each["limit"] * 10 - round(each["limit"] * 10)) < 1e-9 for each in periods)
    assert all(one["limit"] != other["limit"] for one, other in pairwise(periods))
    held = parse_profile(profile, rating)
    for offset in offsets:
        at = START + timedelta(seconds=offset)
        assert held.at(at) <= planned_kw(setpoint, rating, at) + 1e-6


@given(setpoints())
def test_a_profile_lags_a_rise_by_a_second_at_most_and_loses_a_tenth(made: tuple[Setpoint, Rating]) -> None:
    setpoint, rating = made
    held = parse_profile(charging_profile(setpoint, rating, START), rating)
    changes = [step.start_at for step in setpoint.steps] + [setpoint.expires_at or START]
    for at in (START + timedelta(seconds=offset) for offset in range(0, 20_000, 997)):
        if all(not timedelta(0) <= at - change <= timedelta(seconds=1) for change in changes) and all(
            not timedelta(0) <= change - at <= timedelta(seconds=1) for change in changes
        ):
            assert held.at(at) >= planned_kw(setpoint, rating, at) - rating.quantum_kw - 1e-6


@given(setpoints())
def test_what_was_sent_is_recognized_when_it_is_read_back(made: tuple[Setpoint, Rating]) -> None:
    setpoint, rating = made
    profile = charging_profile(setpoint, rating, START)
    active = parse_active_profile(
        {"start_date_time": profile["start_date_time"], "charging_profile": profile}, rating
    )
    other = Held((START,), (0.123,))
    sent = [("other", other), ("c", parse_profile(profile, rating))]
    assert held_command(active, sent, rating, START, START + timedelta(minutes=15)) == "c"


def test_a_lower_limit_of_somebody_elses_still_holds_the_command_and_a_higher_one_does_not() -> None:
    end = START + timedelta(minutes=15)
    sent = [("c", Held((START,), (4.0,)))]
    assert held_command(Held((START,), (2.0,)), sent, SINGLE, START, end) == "c"
    assert held_command(Held((START,), (5.0,)), sent, SINGLE, START, end) is None
    assert held_command(Held((START,), (6.656,)), sent, SINGLE, START, end) is None
    assert held_command(Held((START,), (2.0,)), sent, SINGLE, START, end, exactly=True) is None
