"""Where the last optimum was found is where the next is looked for: sooner there, and never elsewhere."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given

from readyby.model import Circuit
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
