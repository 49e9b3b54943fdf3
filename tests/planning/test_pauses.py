"""A pause is filled with the least pilot where it costs nothing, and only there."""

from dataclasses import replace

import numpy as np
import pytest

from readyby.planning.executable import make_executable
from readyby.planning.filling import cells_of
from readyby.planning.grid import lay_grid
from readyby.planning.limits import Room, slot_limits
from readyby.planning.money import objective_usd
from readyby.planning.optimize import optimize
from readyby.planning.pauses import fill_pauses
from readyby.planning.pilots import pilots_of, runs_of
from tests.support.planning import NOW, a_recorded_site, hours, situation, stay

PAUSED = [0, 4, 4, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0]
WAITS = [0, 0, 0, 4, 4, 4, 4, 4, 4, 0, 0, 0, 0]


def filled(power, asked=None, *, others=0.0, ceiling_kw=np.inf):
    """Runs of car a before and after, with the energy and the objective of both."""
    asked = asked or a_site()
    grid = lay_grid(asked)
    powers = np.array([*map(float, power), *([others] * (grid.n - 1) * len(power))])
    room = Room(grid, slot_limits(grid), powers)
    among = np.arange(grid.n) == 0
    fill_pauses(grid, room, pilots_of(grid), among, np.full(grid.steps, ceiling_kw))
    mine = slice(grid.cells_of[0], grid.cells_of[1])
    before, after = powers[mine], room.power_kw[mine]
    assert after @ grid.cell_kwh_per_kw[mine] == pytest.approx(before @ grid.cell_kwh_per_kw[mine], abs=2e-3)
    assert objective_usd(grid, room.power_kw) <= objective_usd(grid, powers) + 1e-4
    assert np.array_equal(room.power_kw[mine.stop :], powers[mine.stop :])
    return after


def a_site(*more, **said):
    return situation(stay("a", 6.0, 3.0, min_kw=1.248), *more, **said)


def test_a_pause_at_one_price_is_run_through():
    after = filled(PAUSED)
    assert len(runs_of(after > 0)) == 1
    assert after[3:5].tolist() == [1.248, 1.248]
    assert min(after[after > 0]) >= 1.248


def test_a_long_pause_takes_the_last_slots_whole():
    after = filled([4, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 0, 0])
    assert len(runs_of(after > 0)) == 1
    assert after[9:].tolist() == [0.0] * 4


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (a_site(prices=[(0, 0.1), (0.6, 0.3), (1.1, 0.1)]), {}),
        (a_site(stay("b", 9.0, 3.0), limit_kw=5.0), {"others": 4.0}),
        (a_site(), {"ceiling_kw": 1.2}),
        (a_site(stay("b", 9.0, 3.0), demand_usd_per_kw=10.0), {"others": 0.0, "ceiling_kw": 1.0}),
        (replace(a_site(), ramp_kw=1.0), {}),
    ],
    ids=["dear", "full", "peak", "peaks", "ramp"],
)
def test_a_pause_that_has_a_reason_stays(asked, said):
    assert filled(PAUSED, asked, **said).tolist() == PAUSED


def test_a_pause_before_cheaper_hours_stays():
    asked = a_site(prices=[(0, 0.3), (1.0, 0.1)])
    assert filled(PAUSED, asked).tolist() == PAUSED


def test_who_was_to_draw_by_now_does_not_wait_for_nothing():
    first = stay("a", 6.0, 3.0, min_kw=1.248)
    assert filled(WAITS).tolist() == WAITS
    drawing = replace(first, previous_kw=((hours(-1.0), 3.0),))
    after = filled(WAITS, replace(a_site(), sessions=(drawing,)))
    assert after[:3].tolist() == [1.248] * 3
    resting = replace(first, previous_kw=((NOW, 0.0),))
    assert filled(WAITS, replace(a_site(), sessions=(resting,))).tolist() == WAITS


@pytest.mark.parametrize("seed", [2, 3])
def test_no_car_of_a_large_site_pauses_more_often_than_it_may(seed):
    """Batteries that bend and EVSEs that step keep the rule too."""
    grid = lay_grid(a_recorded_site(60, seed=seed))
    limits = slot_limits(grid)
    power = make_executable(grid, limits, optimize(grid, limits))
    for index, pilot in enumerate(pilots_of(grid)):
        on = power[cells_of(grid, index)] > 0
        assert len(runs_of(on)) <= pilot.most_runs, grid.stays[index]
        assert pilot.times_hold(on), grid.stays[index]
