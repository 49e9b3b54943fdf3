"""The optimizer: exact, with a proof. Two ways to the same optimum.

Where all cars are there and only the site's limit and demand charges couple them, least cuts give the
optimum for any number of sessions (`nested`). Otherwise it is a linear program (`linear`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from readyby.planning.again import find_again, leaving_kwh
from readyby.planning.certificate import lower_bound_usd
from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.linear import NoAnswer, Search, solve_linear
from readyby.planning.money import cost_usd, objective_usd
from readyby.planning.nested import Core, is_nested, sessions_of, solve_nested
from readyby.planning.rows import Key
from readyby.planning.sharing import share_load
from readyby.planning.start import AnyStart, CoreStart, Start, first_slot
from readyby.planning.types import Floats

__all__ = ["Ideal", "NoAnswer", "optimize"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ideal:
    """The optimum before rounding: power per cell, shortfall per session; `scarce` where all share a lack.

    `lower_bound_usd` is ours: no plan with these shortfalls has an objective below it. `site_usd_per_kwh`
    says what one more kWh of the site's limit would save in each slot; `binding` the same of other rows;
    `search` is the solver, still warm, where there was one.
    """

    power_kw: Floats
    shortfall_kwh: Floats
    scarce: bool
    objective_usd: float
    lower_bound_usd: float
    site_usd_per_kwh: Floats
    binding: tuple[tuple[Key, float], ...] = ()
    search: Search | None = None
    start: Callable[[], AnyStart | None] = lambda: None
    """Where the next plan may begin."""

    @property
    def may_miss_kwh(self) -> Floats:
        """What each session may miss where another plan shares a lack otherwise, as fairly and as little."""
        if self.search is None:
            return self.shortfall_kwh
        return np.maximum(self.shortfall_kwh, self.search.most_short_kwh)

    @property
    def gap(self) -> float:
        """How far the objective may be above the optimum, as a share of it."""
        return (self.objective_usd - self.lower_bound_usd) / max(1e-9, abs(self.objective_usd))


def optimize(grid: Grid, limits: SlotLimits, start: AnyStart | None = None) -> Ideal:
    """The plan of least shortfall and, among those, of least cost; `start` is where the last one was found.

    Raises:
        NoAnswer: the solver found no optimum within its iterations.
    """
    if not len(grid.cell_slot):
        return Ideal(
            power_kw=np.zeros(0),
            shortfall_kwh=grid.need_kwh.copy(),
            scarce=False,
            objective_usd=0.0,
            lower_bound_usd=0.0,
            site_usd_per_kwh=np.zeros(grid.steps),
        )
    if is_nested(grid, limits):
        return _nested(grid, limits, start if isinstance(start, CoreStart) else None)
    return _linear(grid, limits, start if isinstance(start, Start) else None)


def _linear(grid: Grid, limits: SlotLimits, start: Start | None) -> Ideal:
    solution = solve_linear(grid, limits, start)
    return Ideal(
        power_kw=solution.power_kw,
        shortfall_kwh=_shortfall(grid, solution.power_kw),
        scarce=solution.scarce,
        objective_usd=objective_usd(grid, solution.power_kw),
        lower_bound_usd=solution.lower_bound_usd,
        site_usd_per_kwh=solution.site_usd_per_kwh,
        binding=tuple(
            (key, float(usd)) for key, usd in zip(solution.keys, solution.key_usd, strict=True) if usd > 1e-9
        ),
        search=solution.search,
        start=partial(solution.start, grid),
    )


def _nested(grid: Grid, limits: SlotLimits, start: CoreStart | None) -> Ideal:
    nested = sessions_of(grid)
    again = find_again(grid, limits, nested, start) if start is not None else None
    if again is None:
        core, nested = solve_nested(grid, limits)
        shares, prices = share_load(nested, core.load_kwh), core.prices
        bound = lower_bound_usd(grid, limits, nested, prices.limit_usd_per_kwh, prices.peak_usd_per_kwh)
    else:
        core, shares, bound = again
    power = shares[grid.cell_session, grid.cell_slot] / grid.slot_h[grid.cell_slot]
    power = np.minimum(np.where(power < 1e-9, 0.0, power), grid.cell_max_kw)
    short = _shortfall(grid, power)
    scarce = bool(np.any(short > grid.unavoidable_kwh + 1e-5))
    return Ideal(
        power_kw=power,
        shortfall_kwh=short,
        scarce=scarce,
        objective_usd=cost_usd(grid, power),
        lower_bound_usd=bound,
        site_usd_per_kwh=core.prices.limit_usd_per_kwh,
        start=(lambda: None) if scarce else partial(_core_start, grid, core, leaving_kwh(nested)),
    )


def _core_start(grid: Grid, core: Core, leaving: Floats) -> CoreStart:
    return CoreStart(
        first=first_slot(grid),
        slot_h=tuple(grid.slot_h.tolist()),
        load_kwh=tuple(core.load_kwh.tolist()),
        leaving_kwh=tuple(leaving.tolist()),
        limit_usd_per_kwh=tuple(core.prices.limit_usd_per_kwh.tolist()),
        peaks_usd_per_kwh=tuple(tuple(row) for row in core.prices.peak_usd_per_kwh.tolist()),
    )


def _shortfall(grid: Grid, power_kw: Floats) -> Floats:
    short = np.maximum(0.0, grid.need_kwh - grid.delivered_kwh(power_kw))
    return np.where(short < 1e-6, 0.0, short)
