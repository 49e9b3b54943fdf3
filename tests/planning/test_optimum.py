"""The optimum against brute force, against our own bound, and by law."""

import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from readyby.interval import Interval
from readyby.planning.check import check
from readyby.planning.executable import make_executable
from readyby.planning.fallback import least_laxity_first
from readyby.planning.grid import lay_grid
from readyby.planning.limits import slot_limits
from readyby.planning.linear import solve_linear
from readyby.planning.money import cost_usd, objective_usd
from readyby.planning.nested import is_nested
from readyby.planning.optimize import optimize
from readyby.planning.situation import DemandPeak
from tests.support.planning import NOW, hours, situation, stay

LAWS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def sites(draw, *, booked=True, features=False):
    """Small sites with everything that couples sessions."""
    count = draw(st.integers(1, 6))
    stays = []
    for index in range(count):
        arrives = draw(st.sampled_from([0.0, 0.0, 0.5, 1.3])) if booked else 0.0
        whole = draw(st.integers(1, 12)) * 0.25 - 7 / 60
        leaves = arrives + draw(st.floats(0.2, 4.0)) if booked else whole + 0.25
        stays.append(
            stay(
                f"s{index}",
                draw(st.floats(0.0, 20.0)),
                leaves,
                arrives_h=arrives,
                max_kw=draw(st.sampled_from([3.3, 6.656])),
                min_kw=1.248,
                cap_kw=draw(st.sampled_from([0.0, 1.5])) if features else 0.0,
            )
        )
    return situation(
        *stays,
        limit_kw=draw(st.floats(3.0, 30.0)),
        prices=[(0.0, 0.1), (1.0, draw(st.floats(0.02, 0.4))), (2.0, draw(st.floats(0.02, 0.4)))],
        demand_usd_per_kw=draw(st.sampled_from([0.0, 2.0, 15.0])),
        peak_kw=draw(st.sampled_from([0.0, 4.0])),
        headroom=features and draw(st.booleans()),
    )


def solved(asked):
    grid = lay_grid(asked)
    limits = slot_limits(grid)
    return grid, limits, optimize(grid, limits)


def brute_force(grid, limits, shortfall_kwh, *, pilots):
    """Least money with these shortfalls by mixed-integer programming, written out anew: (status, dollars)."""
    n, steps = grid.n, grid.steps
    size = n * steps
    ratio = grid.situation.draw_ratio
    present = np.zeros((n, steps))
    present[grid.cell_session, grid.cell_slot] = grid.cell_h
    cost = np.concatenate([(present * grid.price).ravel(), np.zeros(size), grid.peak_price])
    rows, low, high = [], [], []

    def add(row, at_least, at_most):
        rows.append(row)
        low.append(at_least)
        high.append(at_most)

    width = 2 * size + len(grid.peak_kw)
    for i in range(n):
        row = np.zeros(width)
        row[i * steps : (i + 1) * steps] = present[i] * ratio
        add(row, grid.need_kwh[i] - shortfall_kwh[i] - 2e-6, grid.need_kwh[i] + (1.0 if pilots else 1e-7))
    for t in range(steps):
        row = np.zeros(width)
        row[t:size:steps] = 1.0
        add(row, -np.inf, limits.sum_kw[t])
        for k in np.flatnonzero(grid.peak_slots[:, t]):
            row = np.zeros(width)
            row[t:size:steps] = present[:, t]
            row[2 * size + k] = -grid.window_h[t]
            add(row, -np.inf, -grid.used_kwh[t])
    for cell in range(size):
        i = cell // steps
        for sign, bound in ((1.0, grid.max_kw[i]), (-1.0, -grid.min_kw[i] if pilots else 0.0)):
            row = np.zeros(width)
            row[cell], row[size + cell] = sign, -bound
            add(row, -np.inf, 0.0)
    upper = np.concatenate([np.where(present > 0, grid.max_kw[:, None], 0.0).ravel(), np.ones(size)])
    result = milp(
        cost,
        constraints=LinearConstraint(np.array(rows), low, high),
        bounds=Bounds(
            np.concatenate([np.zeros(2 * size), grid.peak_kw]),
            np.concatenate([upper, np.full(len(grid.peak_kw), 1e4)]),
        ),
        integrality=np.concatenate([np.zeros(size), np.ones(size), np.zeros(len(grid.peak_kw))]),
    )
    money = result.fun - float(grid.peak_price @ grid.peak_kw) if result.fun is not None else None
    return result.status, money


@LAWS
@given(sites())
def test_the_ideal_plan_is_as_cheap_as_brute_force(asked):
    grid, limits, ideal = solved(asked)
    status, money = brute_force(grid, limits, ideal.shortfall_kwh, pilots=False)
    assert status == 0
    assert cost_usd(grid, ideal.power_kw) == pytest.approx(money, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("booked", [False, True], ids=["by cuts", "by program"])
@LAWS
@given(st.data())
def test_several_demand_charges_of_hours_of_their_own_are_weighed_together(booked, data):
    asked = data.draw(sites(booked=booked))
    dollars = st.sampled_from([1.0, 6.0, 20.0])
    noon = Interval(hours(1.0), hours(data.draw(st.sampled_from([1.5, 2.5]))))
    peaks = (
        DemandPeak(name="always", price_usd_per_kw=data.draw(dollars), peak_kw=3.0),
        DemandPeak(name="noon", price_usd_per_kw=data.draw(dollars), intervals=(noon,), proxy=0.8),
    )
    grid, limits, ideal = solved(replace(asked, demand_peaks=peaks))
    status, money = brute_force(grid, limits, ideal.shortfall_kwh, pilots=False)
    assert status == 0
    assert cost_usd(grid, ideal.power_kw) == pytest.approx(money, rel=1e-4, abs=1e-3)
    assert ideal.gap < 1e-6


@settings(LAWS, max_examples=15)
@given(sites(booked=False))
def test_the_executable_plan_is_near_the_best_with_pilots(asked):
    assume(sum(s.need_kwh for s in asked.sessions) > 5)
    grid, limits, ideal = solved(asked)
    power = make_executable(grid, limits, ideal)
    short = np.maximum(0.0, grid.need_kwh - grid.delivered_kwh(power))
    status, money = brute_force(grid, limits, short, pilots=True)
    assert status == 0
    assert cost_usd(grid, power) >= money - 1e-3 - 0.4 * grid.n * 0.25 * grid.min_kw.max()


@LAWS
@given(sites(booked=False))
def test_least_cuts_and_the_linear_program_agree(asked):
    grid = lay_grid(replace(asked, early_usd_per_kwh_h=0.0))
    limits = slot_limits(grid)
    assume(is_nested(grid, limits))
    by_cuts, by_program = optimize(grid, limits), solve_linear(grid, limits)
    short = np.maximum(0.0, grid.need_kwh - grid.delivered_kwh(by_program.power_kw))
    worst = [(s / np.maximum(grid.need_kwh, 0.1)).max() for s in (by_cuts.shortfall_kwh, short)]
    assert worst[0] == pytest.approx(worst[1], abs=1e-4)
    assert by_cuts.shortfall_kwh.sum() == pytest.approx(short.sum(), abs=1e-4)
    if not by_program.scarce:
        by_cuts_usd, by_program_usd = (cost_usd(grid, x.power_kw) for x in (by_cuts, by_program))
        assert by_cuts_usd == pytest.approx(by_program_usd, abs=1e-4)


@LAWS
@given(sites(features=True))
def test_the_bound_proves_the_plan(asked):
    _, _, ideal = solved(asked)
    assert ideal.lower_bound_usd <= ideal.objective_usd + 1e-6
    assert ideal.objective_usd - ideal.lower_bound_usd <= 1e-4 * abs(ideal.objective_usd) + 1e-3


@LAWS
@given(sites(features=True), st.booleans())
def test_no_plan_breaks_a_limit_or_its_window(asked, fallback):
    grid, limits, ideal = solved(asked)
    assert check(grid, limits, ideal.power_kw, executable=False) == ()
    power = least_laxity_first(grid, limits) if fallback else make_executable(grid, limits, ideal)
    assert check(grid, limits, power) == ()
    for t in range(grid.steps):
        cells = grid.cell_slot == t
        worst = np.maximum(power, grid.cell_cap_kw)[cells]
        here = float(worst.sum()) + float(np.delete(grid.cap_kw, grid.cell_session[cells]).sum())
        surge = (grid.worst_kw[grid.cell_session[cells]] - worst).max(initial=0.0) if asked.headroom else 0.0
        alone = (grid.worst_kw - grid.cap_kw)[grid.cell_session[cells]].max(initial=0.0)
        anyway = float(grid.cap_kw.sum()) + (alone if asked.headroom else 0.0)
        assert here + surge <= max(grid.limit_kw[t], anyway) + 1e-6


@LAWS
@given(sites(features=True))
def test_delivered_and_shortfall_make_the_need(asked):
    grid, _, ideal = solved(asked)
    assert grid.delivered_kwh(ideal.power_kw) + ideal.shortfall_kwh == pytest.approx(grid.need_kwh, abs=2e-5)


def has_room_for_pilots(grid, limits, ideal):
    """Whether each car could have its least pilot, alone, wherever the ideal plan gives it less."""
    least = grid.min_kw[grid.cell_session]
    for cell in np.flatnonzero((ideal.power_kw > 1e-9) & (ideal.power_kw < least)):
        power = np.zeros(len(least))
        power[cell] = least[cell]
        if check(grid, limits, power, executable=False):
            return False
    return True


@LAWS
@given(sites(features=True))
def test_rounding_costs_no_promise_that_room_could_keep(asked):
    """Headroom may leave a car less than its least pilot, which only an ideal plan can use."""
    grid, limits, ideal = solved(replace(asked, headroom=False))
    assume(has_room_for_pilots(grid, limits, ideal))
    power = make_executable(grid, limits, ideal)
    short = np.maximum(0.0, grid.need_kwh - grid.delivered_kwh(power)).sum()
    slots_lost = grid.min_kw.max(initial=0.0) * 0.25 * grid.n
    assert short <= ideal.shortfall_kwh.sum() + slots_lost * (2 if ideal.scarce else 1) + 1e-3


def worth(grid, ideal):
    """The ordered objective as a tuple of the first two places."""
    share = (ideal.shortfall_kwh / np.maximum(grid.need_kwh, 1e-9)).max(initial=0.0)
    return share, float(ideal.shortfall_kwh.sum())


@LAWS
@given(sites(), st.sampled_from(["laxity", "capacity", "price"]))
def test_more_freedom_is_never_worse(asked, what):
    if what == "laxity":
        later = tuple(replace(s, departure_at=s.departure_at + timedelta(hours=1)) for s in asked.sessions)
        freer = replace(asked, sessions=later)
    elif what == "capacity":
        freer = replace(asked, limit_kw=((NOW, asked.limit_kw[0][1] + 3.0),))
    else:
        freer = replace(asked, prices_usd_per_kwh=tuple((at, p * 0.9) for at, p in asked.prices_usd_per_kwh))
    before, _, ideal = solved(asked)
    after, _, better = solved(freer)
    assert worth(after, better)[0] <= worth(before, ideal)[0] + 1e-5
    if worth(after, better)[0] >= worth(before, ideal)[0] - 1e-6:
        assert worth(after, better)[1] <= worth(before, ideal)[1] + 1e-4
        if worth(before, ideal)[1] < 1e-6:
            assert cost_usd(after, better.power_kw) <= cost_usd(before, ideal.power_kw) + 2e-3


@LAWS
@given(sites(), st.sampled_from(["uncontrolled", "laxity", "deadline", "robin"]))
def test_never_dearer_than_simple_rules_at_equal_energy(asked, rule):
    grid, limits, ideal = solved(asked)
    power = simple_rule(grid, limits, rule)
    assume(np.allclose(grid.delivered_kwh(power), grid.delivered_kwh(ideal.power_kw), atol=1e-6))
    assume(np.all(grid.load_kw(power) <= limits.sum_kw + 1e-9))
    assert objective_usd(grid, ideal.power_kw) <= objective_usd(grid, power) + 5e-5


def simple_rule(grid, limits, rule):
    """Charging in order of urgency, or evenly, without an optimizer."""
    power, left = np.zeros(len(grid.cell_slot)), grid.need_kwh.copy()
    for slot in range(grid.steps):
        cells = np.flatnonzero(grid.cell_slot == slot)
        who = grid.cell_session[cells]
        most = np.minimum(grid.max_kw[who], left[who] / grid.cell_kwh_per_kw[cells])
        room = np.inf if rule == "uncontrolled" else float(limits.sum_kw[slot])
        if rule == "robin":
            share = most * min(1.0, room / max(most.sum(), 1e-9))
        else:
            departures = [grid.stays[i].departure_at.timestamp() for i in who]
            spare = [d - 3600 * e for d, e in zip(departures, left[who] / grid.max_kw[who], strict=True)]
            order = np.argsort(departures if rule == "deadline" else spare, kind="stable")
            share = np.zeros(len(cells))
            before = np.cumsum(most[order]) - most[order]
            share[order] = np.clip(room - before, 0.0, most[order])
        power[cells] = share
        left[who] -= share * grid.cell_kwh_per_kw[cells]
    return power


@LAWS
@given(sites(features=True), st.randoms(use_true_random=False))
def test_the_order_of_sessions_does_not_matter(asked, dice):
    shuffled = list(asked.sessions)
    dice.shuffle(shuffled)
    first, second = solved(asked), solved(replace(asked, sessions=tuple(shuffled)))
    assert np.array_equal(first[2].power_kw, second[2].power_kw)
    assert np.array_equal(make_executable(*first), make_executable(*second))


@LAWS
@given(sites(), st.sampled_from([0.5, 3.0]))
def test_scaling_power_and_energy_scales_the_plan(asked, by):
    # shares of a few watt-hours lie within the solver's tolerance
    assume(all(s.need_kwh == 0 or s.need_kwh >= 0.1 for s in asked.sessions))

    def scaled(s):
        return replace(s, need_kwh=s.need_kwh * by, max_kw=s.max_kw * by, min_kw=s.min_kw * by)

    larger = replace(
        asked,
        sessions=tuple(scaled(s) for s in asked.sessions),
        limit_kw=((NOW, asked.limit_kw[0][1] * by),),
        demand_peaks=tuple(replace(p, peak_kw=p.peak_kw * by) for p in asked.demand_peaks),
    )
    (grid, _, ideal), (other, _, more) = solved(asked), solved(larger)
    assert worth(grid, ideal)[0] == pytest.approx(worth(other, more)[0], abs=1e-4)
    assert worth(grid, ideal)[1] * by == pytest.approx(worth(other, more)[1], abs=1e-3)
    if worth(grid, ideal)[1] < 1e-6:
        assert cost_usd(other, more.power_kw) == pytest.approx(
            by * cost_usd(grid, ideal.power_kw), rel=1e-4, abs=5e-3
        )


def test_a_shortage_is_shared_and_nobody_starves():
    stays = (stay("a", 12.0, 2.0), stay("b", 12.0, 2.0), stay("c", 6.0, 2.0))
    _, _, ideal = solved(situation(*stays, limit_kw=6.0))
    shares = ideal.shortfall_kwh / np.array([12.0, 12.0, 6.0])
    assert shares == pytest.approx([0.6, 0.6, 0.6], abs=1e-5)


def test_an_impossible_request_does_not_starve_the_others():
    _, _, ideal = solved(situation(stay("a", 60.0, 1.0), stay("b", 3.0, 4.0), limit_kw=7.0))
    assert ideal.shortfall_kwh[0] == pytest.approx(60.0 - 6.656, abs=1e-4)
    assert ideal.shortfall_kwh[1] == 0.0


def test_the_peak_already_paid_is_free():
    prices = [(0.0, 0.1), (2.0, 0.3)]
    dear = situation(stay("a", 12.0, 4.0), prices=prices, demand_usd_per_kw=15.0)
    paid = replace(dear, demand_peaks=(replace(dear.demand_peaks[0], peak_kw=6.656),))
    (grid, _, flat), (_, _, fast) = solved(dear), solved(paid)
    assert grid.demand_kw(flat.power_kw).max() < 3.5
    assert grid.load_kw(fast.power_kw).max() == pytest.approx(6.656)


def test_energy_used_already_counts_in_the_running_window():
    """Seven minutes of 6 kW are 0.7 kWh: at a peak of 4 kW, 0.3 kWh are left for eight minutes."""
    asked = situation(stay("a", 12.0, 6.0), demand_usd_per_kw=1000.0, peak_kw=4.0)
    grid, _, ideal = solved(replace(asked, window_kwh=0.7))
    first = grid.load_kw(ideal.power_kw)[0]
    assert first * 8 / 60 <= 0.3 + 1e-6


def test_earlier_is_better_at_one_price():
    grid, _, ideal = solved(situation(stay("a", 5.0, 6.0)))
    assert grid.load_kw(ideal.power_kw)[:3] == pytest.approx([6.656] * 3)
    assert not np.any(grid.load_kw(ideal.power_kw)[5:] > 1e-6)


def test_nothing_flows_before_arrival_or_after_departure():
    grid, _, ideal = solved(situation(stay("a", 50.0, 3.1, arrives_h=1.05), limit_kw=30.0))
    delivered = ideal.power_kw @ grid.cell_h
    assert delivered == pytest.approx(6.656 * (3.1 - 1.05), abs=1e-6)


def test_random_large_sites_are_proved_by_cuts():
    dice = random.Random(7)
    stays = [stay(f"s{i:03}", dice.uniform(1, 40), 0.25 * dice.randint(4, 40) - 7 / 60) for i in range(150)]
    asked = situation(*stays, limit_kw=250.0, prices=[(0, 0.1), (3, 0.3)], demand_usd_per_kw=15.0)
    grid, limits, ideal = solved(asked)
    assert is_nested(grid, limits)
    assert ideal.gap < 1e-9
    assert check(grid, limits, ideal.power_kw, executable=False) == ()
