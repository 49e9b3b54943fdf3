"""Circuits, three phases, tapers, steps, ramp, events: each must bind, and plans must hold them."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.circuits import NORMALS_DEG
from readyby.errors import BadInput
from readyby.interval import Interval
from readyby.model import Circuit
from readyby.planning.check import check
from readyby.planning.executable import make_executable
from readyby.planning.grid import lay_grid
from readyby.planning.limits import slot_limits
from readyby.planning.money import cost_of
from readyby.planning.network import lay_network, line_currents_a
from readyby.planning.optimize import optimize
from readyby.planning.pilots import runs_of
from readyby.planning.rows import broken, taper_limit_kw
from readyby.planning.situation import EventKind, GridEvent
from tests.support.planning import NOW, hours, situation, stay

FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def solved(asked):
    grid = lay_grid(asked)
    limits = slot_limits(grid)
    ideal = optimize(grid, limits)
    return grid, limits, ideal, make_executable(grid, limits, ideal)


def on_circuit(name, connection="", **said):
    return replace(stay(name, **said), circuit="F1", connection=connection)


def test_a_feeder_below_a_roomy_site_binds():
    stays = [on_circuit(f"s{i}", need_kwh=10.0, leaves_h=4.0) for i in range(3)]
    asked = replace(situation(*stays, limit_kw=100.0), circuits=(Circuit(name="F1", limit_kw=9.0),))
    grid, limits, ideal, power = solved(asked)
    for plan in (ideal.power_kw, power):
        assert grid.load_kw(plan).max() <= 9.0 + 1e-6
    assert grid.load_kw(ideal.power_kw).max() > 8.9
    assert check(grid, limits, power) == ()


def test_a_parent_bounds_what_its_children_allow():
    stays = [replace(stay(f"s{i}", 8.0, 3.0), circuit=f"C{i}") for i in range(2)]
    tree = (
        Circuit(name="F1", limit_kw=7.0),
        Circuit(name="C0", parent="F1", limit_kw=6.0),
        Circuit(name="C1", parent="F1", limit_kw=6.0),
    )
    grid, _, ideal, _ = solved(replace(situation(*stays, limit_kw=50.0), circuits=tree))
    assert grid.load_kw(ideal.power_kw).max() <= 7.0 + 1e-6


def test_other_load_on_a_circuit_takes_its_part():
    asked = situation(on_circuit("a", need_kwh=10.0, leaves_h=4.0), limit_kw=50.0)
    asked = replace(asked, circuits=(Circuit(name="F1", limit_kw=6.0, reserved_kw=2.0),))
    grid, _, ideal, _ = solved(asked)
    assert grid.load_kw(ideal.power_kw).max() <= 4.0 + 1e-6


@FEW
@given(
    st.lists(
        st.tuples(st.sampled_from(["AB", "BC", "CA", "A", "B", "C", "ABC"]), st.floats(0, 15)),
        min_size=1,
        max_size=6,
    )
)
def test_the_linear_rows_are_safe_and_lose_little(loads):
    stays = [on_circuit(f"s{i}", wires, max_kw=20.0) for i, (wires, _) in enumerate(loads)]
    asked = replace(situation(*stays, limit_kw=500.0), circuits=(Circuit(name="F1", limit_a=100.0),))
    grid = lay_grid(asked)
    network = lay_network(grid)
    powers = np.array([kw for _, kw in loads])
    assert np.all(network.weights >= 0)
    exact = line_currents_a(grid, powers).max()
    linear = (network.weights @ powers).max() / math.cos(math.radians(5))
    assert linear >= exact * (1 - 1e-9) - 1e-12
    assert linear * math.cos(math.radians(5)) <= exact * (1 + 1e-9) + 1e-12
    assert len(network.names) == 3 * len(NORMALS_DEG)


def test_a_line_to_line_load_draws_in_two_lines():
    asked = replace(
        situation(on_circuit("a", "AB", max_kw=6.656)), circuits=(Circuit(name="F1", limit_a=1000.0),)
    )
    assert line_currents_a(lay_grid(asked), np.array([6.656])) == pytest.approx([32.0, 32.0, 0.0])


def test_amperes_bind_and_hold_in_the_exact_cone():
    stays = [
        on_circuit(f"s{i}", wires, need_kwh=20.0, leaves_h=3.0) for i, wires in enumerate(("AB", "AB", "CA"))
    ]
    asked = replace(situation(*stays, limit_kw=50.0), circuits=(Circuit(name="F1", limit_a=45.0),))
    grid, limits, ideal, power = solved(asked)
    worst = max(line_currents_a(grid, column).max() for column in grid.matrix(ideal.power_kw).T)
    assert 44.0 < worst <= 45.0 + 1e-6
    assert max(line_currents_a(grid, column).max() for column in grid.matrix(power).T) <= 45.0 + 1e-6
    assert check(grid, limits, power) == ()
    assert any(key.kind == "circuit" for key, _ in ideal.binding)


@pytest.mark.parametrize(
    ("circuits", "said"),
    [((), {"circuit": "F9"}), ((Circuit(name="F1", parent="F1"),), {"circuit": "F1"})],
)
def test_a_tree_that_is_none_is_refused(circuits, said):
    asked = replace(situation(replace(stay("a"), **said)), circuits=circuits)
    with pytest.raises(BadInput):
        slot_limits(lay_grid(asked))


def test_a_taper_bends_the_plan():
    bent = ((0.0, 6.656), (6.0, 6.656), (10.0, 1.5))
    grid, _, ideal, power = solved(situation(replace(stay("a", 9.5, 6.0), taper=bent)))
    for plan in (ideal.power_kw, power):
        before = np.cumsum(plan * grid.cell_kwh_per_kw) - plan * grid.cell_kwh_per_kw
        assert np.all(plan <= taper_limit_kw(bent, before) + 1e-5)
    assert grid.delivered_kwh(power)[0] == pytest.approx(9.5, abs=0.05)
    assert max(broken(grid, slot_limits(grid), power).values(), default=0.0) <= 1e-5


def test_steps_of_an_evse_are_kept():
    levels = (1.664, 3.328, 6.656)
    stays = [replace(stay(f"s{i}", 7.0 + i, 4.0, min_kw=1.664), levels_kw=levels) for i in range(3)]
    grid, limits, _, power = solved(situation(*stays, limit_kw=12.0))
    assert {round(float(kw), 6) for kw in power} <= {0.0, *levels}
    assert check(grid, limits, power) == ()
    assert np.all(grid.delivered_kwh(power) >= grid.need_kwh - 0.01)


def test_pauses_and_minimum_times_are_kept():
    prices = [(h * 0.5, 0.1 if h % 2 else 0.3) for h in range(12)]
    rules = {"max_pauses": 1, "min_on_min": 45.0, "min_off_min": 30.0}
    free = situation(stay("a", 9.0, 6.0, min_kw=1.248), prices=prices)
    held = replace(free, sessions=(replace(free.sessions[0], **rules),))
    assert len(runs_of(solved(free)[3] > 0)) > 2
    grid, _, _, power = solved(held)
    runs = runs_of(power > 0)
    assert len(runs) <= 2
    assert all(end - start >= 3 for start, end in runs[:-1])
    assert grid.delivered_kwh(power)[0] >= 9.0 - 0.01


@pytest.mark.invariant("I-7")
def test_the_load_rises_no_faster_than_the_ramp():
    asked = replace(
        situation(*[stay(f"s{i}", 5.0, 5.0, min_kw=1.248) for i in range(4)], limit_kw=50.0), ramp_kw=4.0
    )
    grid, _, ideal, power = solved(asked)
    for plan in (ideal.power_kw, power):
        assert np.diff(grid.load_kw(plan), prepend=0.0).max() <= 4.0 + 1e-5


def test_a_cap_event_holds_and_a_floor_event_draws():
    window = Interval(hours(1.0), hours(2.0))
    base = situation(*[stay(f"s{i}", 6.0, 8.0) for i in range(4)], prices=[(0, 0.3), (1, 0.1), (2, 0.3)])
    capped = replace(base, events=(GridEvent(name="c", kind=EventKind.CAP, interval=window, level_kw=5.0),))
    inside = np.array([start in window for start in lay_grid(base).starts])
    grid, _, ideal, _ = solved(base)
    assert grid.load_kw(ideal.power_kw)[inside].max() > 10
    grid, _, ideal, power = solved(capped)
    assert grid.load_kw(power)[inside].max() <= 5.0 + 1e-6
    dear = replace(base, prices_usd_per_kwh=((NOW, 0.1), (hours(1), 0.3), (hours(2), 0.1)))
    asked = GridEvent(name="f", kind=EventKind.FLOOR, interval=window, level_kw=8.0, price_usd_per_kwh=2.0)
    grid, _, ideal, _ = solved(dear)
    assert grid.load_kw(ideal.power_kw)[inside].max() < 1e-6
    grid, _, ideal, _ = solved(replace(dear, events=(asked,)))
    assert grid.load_kw(ideal.power_kw)[inside].min() >= 8.0 - 1e-5


def test_a_paid_reduction_moves_load_away():
    window = Interval(hours(0.9), hours(2.0))
    base = situation(stay("a", 6.0, 6.0), prices=[(0, 0.3), (1, 0.1), (2, 0.2)])
    event = GridEvent(
        name="r", kind=EventKind.REDUCTION, interval=window, level_kw=0.0, price_usd_per_kwh=0.5
    )
    before, after = solved(base)[2], solved(replace(base, events=(event,)))[2]
    inside = np.array([start in window for start in lay_grid(base).starts])
    assert before.power_kw[inside[: len(before.power_kw)]].sum() > 0
    assert after.power_kw[inside[: len(after.power_kw)]].sum() == pytest.approx(0.0, abs=1e-6)


def test_carbon_has_its_price():
    clean = situation(stay("a", 6.0, 6.0), prices=[(0, 0.1)])
    series = ((NOW, 0.5), (hours(2.0), 0.1))
    grid, _, ideal, _ = solved(replace(clean, co2_kg_per_kwh=series, co2_usd_per_kg=0.2))
    assert grid.load_kw(ideal.power_kw)[:6].max() < 1e-6
    assert cost_of(grid, ideal.power_kw).co2_kg == pytest.approx(0.6, abs=0.1)


def test_solar_surplus_is_used_first_and_is_no_limit():
    series = ((NOW, 0.0), (hours(3.0), 5.0), (hours(5.0), 0.0))
    asked = replace(situation(stay("a", 8.0, 8.0), prices=[(0, 0.2)], limit_kw=3.0), solar_kw=series)
    grid, _, ideal, _ = solved(asked)
    inside = np.array([hours(3.0) <= start < hours(5.0) for start in grid.starts])
    assert grid.load_kw(ideal.power_kw)[inside].mean() == pytest.approx(3.0, abs=0.3)
    assert grid.load_kw(ideal.power_kw).max() <= 3.0 + 1e-6


def test_a_building_takes_its_part_of_limit_and_peak():
    asked = situation(stay("a", 10.0, 6.0), limit_kw=10.0, demand_usd_per_kw=10.0, peak_kw=9.0)
    grid, _, ideal, _ = solved(replace(asked, building_kw=((NOW, 6.0),)))
    assert grid.load_kw(ideal.power_kw).max() <= 4.0 + 1e-6
    assert grid.demand_kw(ideal.power_kw)[1:].max() <= 9.0 + 1e-6


def test_leaving_the_last_plan_costs():
    free = situation(stay("a", 6.0, 6.0))
    later = ((NOW, 0.0), (hours(4.0), 4.0))
    held = replace(free, change_usd_per_kwh=0.05, sessions=(replace(free.sessions[0], previous_kw=later),))
    grid, _, ideal, _ = solved(held)
    assert grid.load_kw(ideal.power_kw)[:10].max() < 1e-6
    assert ideal.gap < 1e-6


def test_uncontrolled_sessions_are_load():
    loose = replace(stay("z", 12.0, 2.0), controlled=False)
    grid, _, ideal, _ = solved(situation(stay("a", 6.0, 3.0), loose, limit_kw=8.0))
    assert [s.session_id for s in grid.stays] == ["a"]
    assert grid.load_kw(ideal.power_kw)[:7].max() <= 8.0 - 6.656 + 1e-6


def test_priority_shares_a_shortage_unevenly():
    first, second = stay("a", 10.0, 1.0), stay("b", 10.0, 1.0)
    _, _, ideal, _ = solved(situation(replace(first, priority=2.0), second, limit_kw=8.0))
    assert ideal.shortfall_kwh[0] < ideal.shortfall_kwh[1]


def test_beside_a_request_that_nobody_could_meet_the_rest_is_shared_fairly():
    stays = (stay("a", 60.0, 1.0), stay("b", 10.0, 3.0), stay("c", 10.0, 3.0))
    ideal = solved(replace(situation(*stays, limit_kw=8.0), ramp_kw=100.0))[2]
    assert ideal.shortfall_kwh[0] == pytest.approx(60.0 - 6.656, abs=1e-4)
    assert ideal.shortfall_kwh[1] == pytest.approx(ideal.shortfall_kwh[2], abs=1e-4)
    assert ideal.shortfall_kwh[1] > 1.0


def test_money_does_not_share_what_is_lacking():
    """An early floor makes energy for one session worth more; it goes short as much as the other."""
    floored = replace(stay("b", 10.0, 3.0), floor_at=hours(2.9), floor_kwh=9.9)
    stays = (stay("a", 60.0, 1.0), floored, stay("c", 10.0, 3.0))
    asked = replace(situation(*stays, limit_kw=8.0), ramp_kw=100.0, floor_price_usd_per_kwh=1.0)
    ideal = solved(asked)[2]
    assert ideal.shortfall_kwh[1] == pytest.approx(ideal.shortfall_kwh[2], abs=1e-3)
    assert ideal.shortfall_kwh[1] > 1.0


def test_headroom_is_for_the_largest_disobedient_evse():
    stays = [stay(f"s{i}", 20.0, 3.0, nameplate_kw=6.656) for i in range(3)]
    grid, limits, ideal, power = solved(situation(*stays, limit_kw=15.0, headroom=True))
    for plan in (ideal.power_kw, power):
        dense = grid.matrix(plan)
        for column in dense.T:
            assert all(column.sum() - x + 6.656 <= 15.0 + 1e-6 for x in column)
    assert check(grid, limits, np.full(len(grid.cell_slot), 5.0)) != ()


def test_headroom_is_for_what_an_evse_can_draw_not_for_what_its_car_takes():
    first = stay("a", 8.0, 4.0, max_kw=3.3, nameplate_kw=9.0)
    others = [stay(f"s{i}", 8.0, 4.0) for i in range(2)]
    grid, _, ideal, power = solved(situation(first, *others, limit_kw=14.0, headroom=True))
    for plan in (ideal.power_kw, power):
        dense = grid.matrix(plan)
        assert np.max(dense[1:].sum(axis=0) + 9.0) <= 14.0 + 1e-6
    assert grid.matrix(ideal.power_kw)[1:].sum(axis=0).max() > 4.9


def test_an_early_leave_floor_moves_energy_forward():
    prices = [(0, 0.2), (4, 0.15)]
    free = situation(stay("a", 10.0, 8.0), prices=prices)
    held = replace(free, sessions=(replace(free.sessions[0], floor_at=hours(3.9), floor_kwh=5.0),))
    grid = lay_grid(held)
    early = np.array([start < hours(3.8) for start in grid.starts])
    assert solved(free)[2].power_kw[early].sum() == pytest.approx(0.0, abs=1e-6)
    assert float((solved(held)[2].power_kw * grid.cell_h)[early].sum()) == pytest.approx(5.0, abs=0.05)


def test_beyond_a_solar_surplus_energy_is_bought():
    series = ((NOW, 0.0), (hours(3.0), 2.0), (hours(5.0), 0.0))
    prices = [(0, 0.05), (3, 0.3), (5, 0.05)]
    asked = replace(situation(stay("a", 20.0, 8.0), prices=prices, limit_kw=20.0), solar_kw=series)
    grid, _, ideal, _ = solved(asked)
    inside = np.array([hours(3.0) <= start < hours(4.9) for start in grid.starts])
    assert grid.load_kw(ideal.power_kw)[inside][1:-1] == pytest.approx(2.0, abs=1e-5)


def test_a_circuit_keeps_room_for_one_that_disobeys():
    stays = [on_circuit(f"s{i}", need_kwh=20.0, leaves_h=4.0) for i in range(2)]
    asked = replace(
        situation(*stays, limit_kw=100.0, headroom=True), circuits=(Circuit(name="F1", limit_kw=9.0),)
    )
    grid, _, ideal, power = solved(asked)
    for plan in (ideal.power_kw, power):
        for column in grid.matrix(plan).T:
            assert all(column.sum() - x + 6.656 <= 9.0 + 1e-6 for x in column)


def test_the_learned_maximum_bounds_a_situation_too():
    asked = situation(replace(stay("a", 10.0, 2.0), learned_max_kw=3.3))
    grid, _, ideal, _ = solved(asked)
    assert grid.load_kw(ideal.power_kw).max() <= 3.3 + 1e-9
    assert ideal.shortfall_kwh[0] == pytest.approx(10.0 - 6.6, abs=1e-5)


SEE_SAW = [(h * 0.5, 0.1 if h % 2 else 0.3) for h in range(12)]


def runs_under(**rules):
    """The runs of one car under prices that change every half hour."""
    free = situation(stay("a", 9.0, 6.0, min_kw=1.248), prices=SEE_SAW)
    asked = replace(free, sessions=(replace(free.sessions[0], **rules),))
    grid, limits, _, power = solved(asked)
    assert check(grid, limits, power) == ()
    assert grid.delivered_kwh(power)[0] >= 9.0 - 0.01
    return runs_of(power > 0)


def test_pauses_alone_are_kept():
    assert len(runs_under()) > 2
    assert len(runs_under(max_pauses=1)) <= 2
    assert len(runs_under(max_pauses=0)) == 1


def test_a_minimum_time_on_alone_is_kept():
    assert min(end - start for start, end in runs_under()) < 4
    steps = len(lay_grid(situation(stay("a", 9.0, 6.0))).starts)
    assert all(end - start >= 4 or end == steps for start, end in runs_under(min_on_min=60.0))


def test_a_minimum_time_off_alone_is_kept():
    def gaps(runs):
        return [b[0] - a[1] for a, b in pairwise(runs)]

    assert min(gaps(runs_under())) < 5
    assert all(gap >= 5 for gap in gaps(runs_under(min_off_min=75.0)))


def test_the_least_pilot_is_kept_where_less_would_do():
    asked = situation(
        *[stay(f"s{i}", 3.0, 6.0, min_kw=1.248) for i in range(3)], demand_usd_per_kw=15.0, limit_kw=50.0
    )
    grid, limits, ideal, power = solved(asked)
    assert np.any((ideal.power_kw > 1e-6) & (ideal.power_kw < 1.247))
    assert np.all((power == 0) | (power >= 1.248))
    assert check(grid, limits, power) == ()
    assert np.all(grid.delivered_kwh(power) >= 3.0 - 0.05)


def test_no_car_is_planned_above_what_it_was_seen_to_draw():
    learned = replace(stay("a", 9.0, 4.0), learned_max_kw=3.1)
    grid, _, ideal, power = solved(situation(learned))
    for plan in (ideal.power_kw, power):
        assert plan.max() <= 3.1 + 1e-9
    assert grid.delivered_kwh(power)[0] == pytest.approx(9.0, abs=0.05)


@pytest.mark.parametrize("threads", [1, 4])
def test_many_threads_plan_the_same_bit_for_bit(threads):
    stays = [on_circuit(f"s{i}", "AB", need_kwh=5.0 + i, leaves_h=3.0 + i, min_kw=1.248) for i in range(6)]
    asked = replace(situation(*stays, limit_kw=15.0), circuits=(Circuit(name="F1", limit_a=60.0),))
    expected = solved(asked)
    with ThreadPoolExecutor(threads) as pool:
        for _, _, ideal, power in pool.map(lambda _: solved(asked), range(6)):
            assert np.array_equal(ideal.power_kw, expected[2].power_kw)
            assert np.array_equal(power, expected[3])
            assert ideal.lower_bound_usd == expected[2].lower_bound_usd
