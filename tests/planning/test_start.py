"""Where the last optimum was found is where the next is looked for: sooner there, and never elsewhere."""

import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given

from readyby.model import Circuit
from readyby.planning import optimize as optimizer
from readyby.planning.check import check
from readyby.planning.facade import OPTIMAL, plan_site
from readyby.planning.grid import lay_grid
from readyby.planning.limits import slot_limits
from readyby.planning.optimize import optimize
from readyby.planning.start import keys_of, read_start
from tests.planning.test_optimum import LAWS, sites
from tests.support.planning import sce, session, situation, stay, stored


def a_garage():
    """Forty cars on a feeder in amperes, some with a taper, all with a price on leaving the last plan."""
    bent = ((0.0, 6.656), (6.0, 6.656), (12.0, 1.5))
    wires = ("AB", "BC", "CA")
    stays = [
        replace(
            stay(f"s{i:02}", 4.0 + i % 9, 3.0 + 0.4 * (i % 20), min_kw=1.248),
            circuit="F1",
            connection=wires[i % 3],
            taper=bent if i % 8 == 0 else (),
        )
        for i in range(40)
    ]
    asked = situation(*stays, limit_kw=90.0, prices=[(0, 0.1), (3, 0.3)], demand_usd_per_kw=15.0)
    return replace(asked, circuits=(Circuit(name="F1", limit_a=180.0),), ramp_kw=60.0)


def changed(asked, *, need=0.8, minutes=0):
    """Another need of the first car, so many minutes later."""
    first = replace(asked.sessions[0], need_kwh=asked.sessions[0].need_kwh * need)
    now = asked.now + timedelta(minutes=minutes)
    return replace(asked, now=now, sessions=(first, *asked.sessions[1:]))


def planned(asked, start=None):
    grid = lay_grid(asked)
    return grid, optimize(grid, slot_limits(grid), start)


@pytest.mark.parametrize(("minutes", "share"), [(0, 0.1), (5, 0.3), (15, 0.9)])
def test_after_one_changed_request_the_optimum_is_near(minutes, share):
    """Fifteen minutes later a slot is gone, and all that it would have given: the rest is still a start."""
    _, before = planned(a_garage())
    asked = changed(a_garage(), minutes=minutes)
    (grid, cold), (_, warm) = planned(asked), planned(asked, before.start())
    assert warm.objective_usd == pytest.approx(cold.objective_usd, abs=1e-6)
    assert warm.gap < 1e-9
    assert warm.search.solver.iterations < share * cold.search.solver.iterations
    assert len(keys_of(before.start(), grid, slot_limits(grid))) > 10


def test_the_same_situation_after_the_same_plan_is_planned_the_same():
    first, second = (planned(a_garage())[1].start() for _ in range(2))
    assert first == second
    assert read_start(first.text()) == first
    (_, one), (_, other) = (
        planned(changed(a_garage()), start) for start in (first, read_start(second.text()))
    )
    assert np.array_equal(one.power_kw, other.power_kw)
    assert one.lower_bound_usd == other.lower_bound_usd


@LAWS
@given(sites(features=True), sites(features=True))
def test_a_start_from_another_site_changes_nothing_but_the_way(asked, other):
    _, cold = planned(asked)
    start = planned(other)[1].start()
    grid, warm = planned(asked, start)
    assert warm.scarce == cold.scarce
    assert warm.shortfall_kwh.sum() == pytest.approx(cold.shortfall_kwh.sum(), abs=1e-4)
    if not cold.scarce:
        assert warm.objective_usd == pytest.approx(cold.objective_usd, rel=1e-6, abs=1e-5)
    assert np.all(warm.power_kw <= grid.cell_max_kw + 1e-9)


def a_large_site(size=40, *, peak_kw=20.0):
    """Cars that are all there, behind one limit that binds, under a demand charge."""
    dice = random.Random(7)
    stays = [
        stay(f"s{i:02}", dice.uniform(3, 16), 0.25 * dice.randint(8, 30) + 8 / 60, min_kw=1.248)
        for i in range(size)
    ]
    return situation(
        *stays,
        limit_kw=3.2 * size,
        prices=[(0, 0.1), (2 + 8 / 60, 0.3), (5 + 8 / 60, 0.15)],
        demand_usd_per_kw=15.0,
        peak_kw=peak_kw,
    )


def with_need(asked, index, share):
    """The same, one session with another need."""
    sessions = list(asked.sessions)
    sessions[index] = replace(sessions[index], need_kwh=sessions[index].need_kwh * share)
    return replace(asked, sessions=tuple(sessions))


@pytest.mark.parametrize(
    ("peak_kw", "share"), [(20.0, 0.0), (20.0, 0.7), (20.0, 1.2), (60.0, 0.7), (60.0, 1.2)]
)
def test_after_one_changed_request_no_cut_is_looked_for(monkeypatch, peak_kw, share):
    """Where the last plan's prices prove the new optimum, which they nearly always do."""
    asked = a_large_site(peak_kw=peak_kw)
    start = planned(asked)[1].start()
    looked = []
    solve = optimizer.solve_nested
    missed = 0
    for index in range(40):
        looked.clear()
        changed_one = with_need(asked, index, share)
        _, cold = planned(changed_one)
        with monkeypatch.context() as patch:
            patch.setattr(optimizer, "solve_nested", lambda *given: looked.append(given) or solve(*given))
            grid, warm = planned(changed_one, read_start(start.text()))
        missed += len(looked)
        assert warm.objective_usd == pytest.approx(cold.objective_usd, rel=1e-9, abs=1e-9)
        assert warm.gap < 1e-9
        assert grid.delivered_kwh(warm.power_kw) == pytest.approx(
            grid.need_kwh - grid.unavoidable_kwh, abs=1e-5
        )
        assert not check(grid, slot_limits(grid), warm.power_kw, executable=False)
    assert missed <= 4


@LAWS
@given(sites(booked=False), sites(booked=False))
def test_prices_of_another_site_never_make_a_plan_worse(asked, other):
    start = planned(other)[1].start()
    grid, warm = planned(asked, start)
    _, cold = planned(asked)
    assert warm.shortfall_kwh == pytest.approx(cold.shortfall_kwh, abs=1e-6)
    assert warm.objective_usd == pytest.approx(cold.objective_usd, rel=1e-8, abs=1e-8)
    assert np.all(warm.power_kw <= grid.cell_max_kw + 1e-9)


@pytest.mark.parametrize("minutes", [1, 20])
def test_later_too_the_optimum_is_the_optimum(minutes):
    start = planned(a_large_site())[1].start()
    asked = changed(a_large_site(), minutes=minutes)
    (_, warm), (_, cold) = planned(asked, start), planned(asked)
    assert warm.objective_usd == pytest.approx(cold.objective_usd, rel=1e-9)


def test_a_core_start_that_is_none_is_none():
    start = planned(a_large_site())[1].start()
    assert read_start(start.text()) == start
    assert read_start(replace(start, load_kwh=start.load_kwh[:-1]).text()) is None
    assert read_start(replace(start, load_kwh=(np.nan, *start.load_kwh[1:])).text()) is None


@pytest.mark.parametrize("text", ["", "x", "{}", "c$}#", "NotBase85 at all"])
def test_a_line_that_is_no_start_is_none(text):
    assert read_start(text) is None


def test_a_start_that_was_cut_short_is_none():
    start = planned(a_garage())[1].start()
    assert read_start(replace(start, pieces=start.pieces[:-1]).text()) is None
    assert read_start(replace(start, pieces=b"\x07" * len(start.pieces)).text()) is None


def test_a_plan_leaves_a_start_for_the_next():
    people = [session(n, need_kwh=9.0 + n, leaves_h=5.0 + n) for n in range(5)]
    first = plan_site(stored(*people), sce())
    assert read_start(first.start) is not None
    data = stored(session(0, need_kwh=6.0, leaves_h=5.0), *people[1:], last_plan=first.entries)
    warm = plan_site(replace(data, last_start=first.start), sce())
    assert warm.method == OPTIMAL
    assert warm == plan_site(replace(data, last_start=first.start), sce())
    assert sum(e.shortfall_kwh for e in warm.entries) == sum(
        e.shortfall_kwh for e in plan_site(data, sce()).entries
    )
