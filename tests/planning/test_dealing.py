"""A load dealt out to EVSEs: among those whom any limit takes for one another, and under their batteries."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readyby.planning import executable
from readyby.planning.check import check
from readyby.planning.dealing import _share, _share_kinds
from readyby.planning.executable import make_executable
from readyby.planning.filling import give
from readyby.planning.grid import lay_grid
from readyby.planning.limits import Room, slot_limits
from readyby.planning.linear import Search
from readyby.planning.optimize import optimize
from readyby.planning.pilots import pilots_of, runs_of
from readyby.planning.rows import taper_limit_kw
from readyby.planning.situation import Circuit
from readyby.planning.swaps import Swap, swap_in
from tests.support.planning import a_recorded_site, situation, stay

WISHES = st.lists(st.tuples(st.floats(0, 7), st.sampled_from([0.0, 1.248, 3.3])), max_size=8)


@given(st.lists(st.tuples(WISHES, st.floats(0, 30)), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_kinds_are_dealt_to_together_as_each_alone(drawn):
    most = np.array([kw for wishes, _ in drawn for kw, _ in wishes])
    least = np.array([kw for wishes, _ in drawn for _, kw in wishes])
    kind = np.repeat(np.arange(len(drawn)), [len(wishes) for wishes, _ in drawn])
    loads = np.array([load for _, load in drawn])
    together = _share_kinds(most, least, kind, loads)
    alone = [_share(most[kind == k], least[kind == k], load) for k, load in enumerate(loads)]
    assert together == pytest.approx(np.concatenate(alone), abs=1.1e-3)


def test_whom_limits_take_for_one_another():
    wires = ("AB", "AB", "BC", "AB")
    stays = [replace(stay(f"s{i}"), circuit="F1", connection=wire) for i, wire in enumerate(wires)]
    asked = replace(situation(*stays), circuits=(Circuit(name="F1", limit_a=40.0),))
    kinds = slot_limits(lay_grid(asked)).kinds
    assert kinds[0] == kinds[1] == kinds[3] != kinds[2]
    assert set(slot_limits(lay_grid(situation(*(stay(f"s{i}") for i in range(3))))).kinds) == {0}


@pytest.mark.parametrize("seed", [3, 20190724, 20190728])
def test_a_large_site_is_rounded_without_asking_the_solver(monkeypatch, seed):
    """All features: feeders in amperes, tapers, steps, pauses, ramp. What is dealt out is good enough."""
    grid = lay_grid(a_recorded_site(100, seed=seed))
    limits = slot_limits(grid)
    ideal = optimize(grid, limits)
    monkeypatch.setattr(Search, "between", lambda *_, **__: pytest.fail("the solver was asked again"))
    power = make_executable(grid, limits, ideal)
    assert not check(grid, limits, power)
    short = np.maximum(0.0, grid.need_kwh - grid.delivered_kwh(power))
    assert short.sum() <= ideal.shortfall_kwh.sum() + 0.02 + 0.002 * grid.need_kwh.sum()
    for cells, pilot, session in zip(grid.own_cells, pilots_of(grid), grid.stays, strict=True):
        assert len(runs_of(power[cells] > 0)) <= pilot.most_runs
        energy = power[cells] * grid.cell_kwh_per_kw[cells]
        assert np.all(power[cells] <= taper_limit_kw(session.taper, np.cumsum(energy) - energy) + 1e-6)


def a_battery_that_fills():
    asked = situation(replace(stay("a", 9.0, 3.0), taper=((0.0, 6.656), (4.0, 6.656), (9.1, 2.0))))
    grid = lay_grid(asked)
    limits = slot_limits(grid)
    return grid, limits, grid.own_cells[0]


def test_what_is_given_earlier_leaves_later_powers_as_the_battery_takes_them():
    grid, limits, cells = a_battery_that_fills()
    power = np.zeros(len(cells))
    power[-3:] = (4.0, 4.0, 3.0)
    room = Room(grid, limits, power)
    anywhere = np.full(grid.steps, np.inf)
    missing = give(grid, room, pilots_of(grid)[0], cells, missing_kwh=6.0, ceiling_kw=anywhere)
    energy = room.power_kw * grid.cell_kwh_per_kw
    assert np.all(room.power_kw <= taper_limit_kw(grid.stays[0].taper, np.cumsum(energy) - energy) + 1e-6)
    assert 2.0 < missing < 6.0


@pytest.mark.parametrize(("max_pauses", "runs"), [(1, 2), (0, 1)])
def test_a_swap_begins_no_run_that_an_evse_may_not_have(max_pauses, runs):
    """One car ran early, and could only begin again where the other steps back, which goes on later."""
    asked = situation(
        replace(stay("a", 6.0, 2.0, min_kw=1.248), max_pauses=max_pauses),
        stay("b", 9.0, 2.0, min_kw=1.248),
        limit_kw=6.656,
    )
    grid = lay_grid(asked)
    power = np.zeros(len(grid.cell_slot))
    a, b = grid.own_cells
    power[a[:2]] = power[b[3:7]] = 6.0
    room, pilots = Room(grid, slot_limits(grid), power), pilots_of(grid)

    def give_back(index, kwh):
        return give(
            grid,
            room,
            pilots[index],
            grid.own_cells[index],
            missing_kwh=kwh,
            ceiling_kw=np.full(grid.steps, 6.656),
        )

    wish = Swap(session=0, missing_kwh=0.4, spare_kw=np.full(grid.steps, 0.656))
    assert swap_in(grid, room, pilots, wish, give_back) is (runs == 2)
    assert len(runs_of(room.power_kw[a] > 0)) == runs
    assert grid.delivered_kwh(room.power_kw)[1] == pytest.approx(grid.delivered_kwh(power)[1], abs=1e-3)


@pytest.mark.parametrize(("max_pauses", "asks"), [(1, False), (0, True)])
def test_what_is_dealt_with_more_pauses_than_may_be_is_not_taken(monkeypatch, max_pauses, asks):
    asked = situation(replace(stay("a", 6.0, 4.0, min_kw=1.248, cap_kw=1.0), max_pauses=max_pauses))
    grid = lay_grid(asked)
    limits = slot_limits(grid)
    ideal = optimize(grid, limits)
    made, careful = executable._made, []

    def paused(work, kept, *, asking=True, **said):
        careful.append(asking)
        power = made(work, kept, asking=asking, **said)
        if not asking:
            power[:] = 0.0
            power[[1, 2, 4, 5]] = 6.0
        return power

    monkeypatch.setattr(executable, "_made", paused)
    power = make_executable(grid, limits, ideal)
    assert (True in careful) is asks
    assert len(runs_of(power > 0)) == (1 if asks else 2)
