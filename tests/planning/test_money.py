"""Prices that the planner weighs: a demand charge's hours, how much of it, what a surplus is worth."""

from dataclasses import replace

import numpy as np
import pytest

from readyby.interval import Interval
from readyby.planning.grid import lay_grid
from readyby.planning.limits import slot_limits
from readyby.planning.money import cost_of
from readyby.planning.optimize import optimize
from readyby.planning.situation import DemandPeak
from tests.support.planning import NOW, hours, situation, stay


def planned(asked):
    grid = lay_grid(asked)
    return grid, optimize(grid, slot_limits(grid)).power_kw


@pytest.mark.parametrize("cap_kw", [0.0, 1.0], ids=["by cuts", "by program"])
def test_a_demand_charge_counts_the_hours_of_its_own(cap_kw):
    window = Interval(hours(0.9), hours(3.0))
    asked = situation(stay("a", 14.0, 6.0, cap_kw=cap_kw))
    peak = DemandPeak(name="noon", price_usd_per_kw=5.0, intervals=(window,))
    grid, power = planned(replace(asked, demand_peaks=(peak,)))
    inside = np.array([start in window for start in grid.starts])
    assert grid.load_kw(power)[inside].max() < 1e-6
    assert grid.load_kw(power)[~inside].max() == pytest.approx(6.656)


@pytest.mark.parametrize("cap_kw", [0.0, 1.0], ids=["by cuts", "by program"])
def test_of_a_demand_charge_the_share_counts_that_its_proxy_says(cap_kw):
    prices = [(0, 0.1), (2, 0.2)]
    asked = situation(stay("a", 12.0, 6.0, cap_kw=cap_kw), prices=prices, demand_usd_per_kw=4.0)
    spared = replace(asked, demand_peaks=(replace(asked.demand_peaks[0], proxy=0.01),))
    (grid, flat), (_, steep) = planned(asked), planned(spared)
    assert grid.demand_kw(flat).max() < 2.0
    assert grid.demand_kw(steep).max() > 6.0


def test_a_surplus_is_worth_what_exporting_it_would_bring():
    series = ((NOW, 0.0), (hours(2.0), 5.0), (hours(4.0), 0.0))
    asked = replace(situation(stay("a", 6.0, 6.0), prices=[(0, 0.1)]), solar_kw=series)
    inside = np.array([hours(2.0) <= start < hours(3.8) for start in lay_grid(asked).starts])
    grid, given_away = planned(asked)
    assert grid.load_kw(given_away)[inside].sum() > 0
    grid, sold = planned(replace(asked, export_usd_per_kwh=0.2))
    assert grid.load_kw(sold)[inside].max() < 1e-6
    assert cost_of(grid, sold).energy_usd == pytest.approx(0.6, abs=0.01)
