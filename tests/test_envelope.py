from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.envelope import (
    Envelope,
    Exposure,
    Schedule,
    constant,
    eased,
    highest,
    lagged,
    lowest,
    merged,
    peak_kw,
    raises,
    same,
    schedule,
    us,
)
from readyby.model import Step

NOW = datetime(2019, 7, 24, 15, tzinfo=UTC)
LAG_US = 30_000_000


def in_min(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    starts = sorted(draw(st.sets(st.integers(-90, 240), min_size=1, max_size=8)))
    limits = draw(
        st.lists(st.sampled_from([0.0, 1.25, 2.5, 3.3, 6.6]), min_size=len(starts), max_size=len(starts))
    )
    return merged((us(NOW) + start * 15_000_000, limit) for start, limit in zip(starts, limits, strict=True))


instants = st.integers(-120, 300).map(lambda s: us(NOW) + s * 7_500_000)


@pytest.mark.invariant("I-6")
def test_a_sequence_falls_to_the_standing_cap_when_its_lease_ends():
    sequence = schedule((Step(NOW, 6.6), Step(in_min(15), 3.3), Step(in_min(90), 6.6)), in_min(60), 1.25)
    assert [sequence.at(us(in_min(m))) for m in (-5, 0, 15, 59, 60, 600)] == [6.6, 6.6, 3.3, 3.3, 1.25, 1.25]


def test_flooring_never_raises_and_keeps_whole_quanta():
    quantum = 208 * 0.1 / 1000
    told = Schedule((0, 1, 2), (6 * 208 / 1000, 3.0, 6.656)).floored(quantum)
    assert told.limits_kw[0] == pytest.approx(1.248)
    assert told.limits_kw[1] == pytest.approx(144 * quantum)
    assert told.limits_kw[2] == pytest.approx(6.656)


@given(schedules(), schedules(), instants)
def test_highest_and_lowest_bound_each_instant(one, other, instant):
    assert highest(one, other).at(instant) == max(one.at(instant), other.at(instant))
    assert lowest(one, other).at(instant) == min(one.at(instant), other.at(instant))


@given(schedules(), instants)
def test_what_fits_as_planned_fits_as_carried_out(planned, instant):
    assert lagged(eased(planned, LAG_US), LAG_US).at(instant) <= planned.at(instant - LAG_US)


@given(schedules(), instants, st.integers(0, LAG_US))
def test_a_lagged_ceiling_covers_every_late_step(planned, instant, late_us):
    assert planned.at(instant - late_us) <= lagged(planned, LAG_US).at(instant)


@given(schedules(), schedules(), instants)
def test_raising_and_sameness_agree_with_the_values(one, other, now_us):
    edges = [now_us, *(e for e in (*one.starts_us, *other.starts_us) if e > now_us)]
    assert raises(one, other, now_us) == any(one.at(e) > other.at(e) + 1e-6 for e in edges)
    assert same(one, other, now_us) == all(one.at(e) == other.at(e) for e in edges)
    assert same(one, one.since(now_us), now_us)


@given(schedules(), instants, instants)
def test_the_highest_in_a_window_is_reached_in_it(planned, one_us, other_us):
    start, end = sorted((one_us, other_us))
    inside = [start, *(s for s in planned.starts_us if start < s <= end)]
    assert planned.highest_in(start, end) == max(planned.at(instant) for instant in inside)


def exposure(evse_id: str, *possible: Schedule, trusted: bool = True) -> Exposure:
    return Exposure(evse_id=evse_id, max_kw=6.6, floor_kw=1.25, possible=possible, trusted=trusted)


def test_the_worst_case_counts_caps_and_one_disobedient_evse():
    assert peak_kw([exposure("a"), exposure("b")], now=NOW) == pytest.approx(1.25 + 6.6)
    assert peak_kw([exposure("a"), exposure("b", constant(3.3))], now=NOW) == pytest.approx(1.25 + 3.3 + 5.35)
    assert peak_kw([exposure("a"), exposure("b", constant(0.0))], now=NOW) == pytest.approx(1.25 + 6.6)
    assert peak_kw([exposure("a"), exposure("b", trusted=False)], now=NOW) == pytest.approx(6.6 + 6.6)
    assert peak_kw([], now=NOW) == 0.0


def test_both_sequences_that_may_be_in_force_count():
    may = exposure("a", constant(6.6), constant(1.25))
    assert peak_kw([may, exposure("b")], now=NOW, spare=False) == pytest.approx(6.6 + 1.25)


@pytest.mark.invariant("I-1")
def test_a_rise_in_the_future_counts_now():
    later = schedule((Step(NOW, 1.25), Step(in_min(60), 6.6)), in_min(120), 1.25)
    assert peak_kw([exposure("a", later), exposure("b")], now=NOW, spare=False) == pytest.approx(7.85)
    assert peak_kw([exposure("a", later)], now=in_min(121), spare=False) == pytest.approx(1.25)


def test_a_fall_counts_only_when_the_latest_clock_has_taken_it():
    falling = schedule((Step(NOW, 6.6), Step(in_min(10), 1.25)), in_min(60), 1.25)
    lag = timedelta(seconds=30)
    assert peak_kw([exposure("a", falling)], now=in_min(10.4), lag=lag, spare=False) == pytest.approx(6.6)
    assert peak_kw([exposure("a", falling)], now=in_min(10.5), lag=lag, spare=False) == pytest.approx(1.25)
    assert peak_kw([exposure("a", falling)], now=in_min(10), spare=False) == pytest.approx(1.25)


def test_only_the_time_asked_about_counts():
    later = schedule((Step(NOW, 1.25), Step(in_min(60), 6.6)), in_min(120), 1.25)
    near = Envelope([exposure("a", later)], now_us=us(NOW), until_us=us(in_min(60)), lag_us=0, spare=False)
    assert near.peak_kw() == pytest.approx(1.25)


def test_increases_are_admitted_only_while_all_fit():
    envelope = Envelope(
        [exposure("a"), exposure("b"), exposure("c")], now_us=us(NOW), lag_us=0, wanted=[constant(3.3)]
    )
    assert envelope.admit("a", constant(3.3), 12.0)
    assert not envelope.admit("b", constant(3.3), 12.0)
    assert envelope.admit("b", constant(2.5), 12.4)
    assert envelope.peak_kw() == pytest.approx(3.3 + 2.5 + 1.25 + 5.35)


@pytest.mark.invariant("I-1")
@given(st.lists(st.tuples(schedules(), schedules()), min_size=1, max_size=5), st.floats(5, 40))
def test_what_was_admitted_never_exceeds_the_limit(pairs, limit_kw):
    before = [exposure(f"e{i}", held) for i, (held, _) in enumerate(pairs)]
    envelope = Envelope(before, now_us=us(NOW), lag_us=LAG_US, wanted=[wanted for _, wanted in pairs])
    started_kw = envelope.peak_kw()
    taken = [envelope.admit(f"e{i}", wanted, limit_kw) for i, (_, wanted) in enumerate(pairs)]
    after = [
        exposure(f"e{i}", held, *((wanted,) if took else ()))
        for i, ((held, wanted), took) in enumerate(zip(pairs, taken, strict=True))
    ]
    now_kw = Envelope(after, now_us=us(NOW), lag_us=LAG_US).peak_kw()
    assert now_kw == pytest.approx(envelope.peak_kw())
    assert now_kw <= max(limit_kw, started_kw) + 1e-6
