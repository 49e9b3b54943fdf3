"""A lower bound on the cost of any plan, from prices alone: what proves a plan, whoever made it.

With limits and peaks priced instead of enforced, each session's best answer is to fill its cheapest slots
(Lagrangian duality): the sum of these, less what the prices allow for free, is below the cost of every
plan that delivers the same energies. Any prices >= 0 give a valid bound; the optimum's give its cost.
"""

import numpy as np

from readyby.planning.cuts import Nested
from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.money import base_peaks_kw
from readyby.planning.types import Floats


def lower_bound_usd(
    grid: Grid, limits: SlotLimits, nested: Nested, limit_usd_per_kwh: Floats, peak_usd_per_kwh: Floats
) -> float:
    """Energy and added demand charges that no plan with these energies can be below."""
    limit_price = np.maximum(0.0, limit_usd_per_kwh)
    peak_price = np.maximum(0.0, peak_usd_per_kwh) * grid.peak_slots
    weight = peak_price @ grid.window_h
    peak_price *= np.minimum(1.0, grid.peak_price / np.maximum(weight, 1e-300))[:, None]
    price = grid.price + limit_price + peak_price.sum(axis=0)
    bound = _greedy_usd(nested, price)
    bound -= float(limit_price @ (limits.sum_kw * grid.slot_h))
    bound -= float((peak_price * (base_peaks_kw(grid)[:, None] * grid.window_h - grid.used_kwh)).sum())
    return bound


def _greedy_usd(nested: Nested, price: Floats) -> float:
    """What all sessions pay when each fills its cheapest slots: one sort serves all that leave together."""
    total = 0.0
    needed_h = nested.need_kwh / nested.rate_kw
    for leaves in np.unique(nested.leaves):
        who = np.flatnonzero(nested.leaves == leaves)
        order = np.argsort(price[:leaves], kind="stable")
        hours = np.concatenate([[0.0], np.cumsum(nested.slot_h[:leaves][order])])
        paid = np.concatenate([[0.0], np.cumsum((price[:leaves] * nested.slot_h[:leaves])[order])])
        total += float(nested.rate_kw[who] @ np.interp(needed_h[who], hours, paid))
    return total
