"""Round an ideal plan to setpoints that EVSEs know, asking the warm solver again after each decision.

What lies between nothing and the least pilot is decided on or off, session by session, so that its energy
stays about the same; the solver then finds the cheapest powers with these decisions, under every limit. So it
goes on until nothing is left to decide. Runs that an EVSE may not have, and steps, are decided the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from readyby.planning.filling import cells_of
from readyby.planning.grid import Grid
from readyby.planning.keeping import Kept
from readyby.planning.limits import SlotLimits
from readyby.planning.linear import NoAnswer, Search
from readyby.planning.pilots import Pilot, runs_of
from readyby.planning.types import Flags, Floats, Ints

ROUNDS = 3
FAIR_KWH = 0.3
"""About a slot at the least pilot: what rounding may take from a session's fair share."""
_HAIR_KW = 1e-6
_ENOUGH_KWH = 0.01


@dataclass(kw_only=True, eq=False)
class Bounds:
    """What is decided so far: each cell's power lies between `low_kw` and `high_kw`."""

    low_kw: Floats
    high_kw: Floats

    def switch(self, cells: Ints, on: Flags, pilot: Pilot) -> None:
        """Decide cells of a session on (at least its least pilot) or off."""
        self.low_kw[cells] = np.where(on, min(pilot.least_kw, pilot.most_kw), 0.0)
        self.high_kw[cells] = np.where(on, pilot.most_kw, 0.0)

    def fix(self, cells: Ints, power_kw: Floats) -> None:
        """Decide the power itself."""
        self.low_kw[cells] = self.high_kw[cells] = power_kw


def round_setpoints(
    grid: Grid,
    limits: SlotLimits,
    search: Search,
    *,
    start_kw: Floats,
    may_run: Flags,
    pilots: Sequence[Pilot],
    kept: Kept,
) -> Floats:
    """Power per cell that EVSEs can follow but for their quantum; only cells that `may_run` do.

    Raises:
        NoAnswer: the decisions leave nothing within the limits.
    """
    bounds = Bounds(low_kw=np.zeros(len(start_kw)), high_kw=np.where(may_run, grid.cell_max_kw, 0.0))
    ask = _Asking(search, bounds)
    power = start_kw
    held = kept.sessions[grid.cell_session]
    if np.any(held) or not np.all(may_run):
        bounds.fix(np.flatnonzero(held), kept.power_kw[held])
        power = ask()
    free = [index for index in range(grid.n) if not kept.sessions[index]]
    plain = [index for index in free if not pilots[index].levels]
    for number in range(ROUNDS):
        last = number == ROUNDS - 1
        if not _decide(grid, bounds, power, plain, pilots, whole=last):
            break
        power = ask()
    ruled = [index for index in plain if pilots[index].has_rules]
    put_right = [_rule(grid, bounds, power, index, pilots[index]) for index in ruled]
    if any(put_right):
        power = ask()
    stepped = [index for index in free if pilots[index].levels]
    if stepped:
        _step(grid, limits, bounds, power, [(index, pilots[index]) for index in stepped])
        _decide(grid, bounds, power, plain, pilots, whole=True)
        power = ask()
    return power


class _Asking:
    """The cheapest powers with the decisions so far; a fair share is passed only from where it must be."""

    def __init__(self, search: Search, bounds: Bounds) -> None:
        self._search, self._bounds = search, bounds
        self._slack_kwh = FAIR_KWH

    def __call__(self) -> Floats:
        low, high = self._bounds.low_kw, self._bounds.high_kw
        if np.isfinite(self._slack_kwh):
            try:
                return self._search.between(low, high, short_slack_kwh=self._slack_kwh)
            except NoAnswer:
                self._slack_kwh = np.inf
        return self._search.between(low, high)


def around_runs(grid: Grid, power_kw: Floats) -> Flags:
    """The cells of runs, and those right before and after them."""
    on = power_kw > _HAIR_KW
    same = np.diff(grid.cell_session) == 0
    near = on.copy()
    near[1:] |= on[:-1] & same
    near[:-1] |= on[1:] & same
    return near


def _decide(
    grid: Grid,
    bounds: Bounds,
    power_kw: Floats,
    sessions: Sequence[int],
    pilots: Sequence[Pilot],
    *,
    whole: bool,
) -> bool:
    """Switch cells below the least pilot on or off; `whole` decides all others of these sessions too."""
    among = np.zeros(grid.n, dtype=bool)
    among[list(sessions)] = True
    least = np.minimum(grid.min_kw, grid.max_kw)[grid.cell_session]
    on = power_kw >= least - _HAIR_KW
    small = (power_kw > _HAIR_KW) & ~on & among[grid.cell_session]
    for index in np.unique(grid.cell_session[small]):
        cells = cells_of(grid, int(index))
        chosen = _to_switch_on(grid, cells, power_kw, small[cells], pilots[index])
        on[chosen] = True
    which = np.flatnonzero(among[grid.cell_session] if whole else small)
    bounds.low_kw[which] = np.where(on, least, 0.0)[which]
    bounds.high_kw[which] = np.where(on, grid.cell_max_kw, 0.0)[which]
    return whole or bool(np.any(small))


def _to_switch_on(grid: Grid, cells: Ints, power_kw: Floats, small: Flags, pilot: Pilot) -> Ints:
    """The small cells of a session that take up their energy at the least pilot, largest first."""
    power = power_kw[cells]
    on = power >= pilot.least_kw - _HAIR_KW
    places = np.flatnonzero(small)
    places = places[np.lexsort((places, -np.round(power[places], 6)))]
    energy = float(power[places] @ grid.cell_kwh_per_kw[cells[places]])
    beside = float((pilot.most_kw - power[on]) @ grid.cell_kwh_per_kw[cells[on]])
    each = pilot.least_kw * grid.cell_kwh_per_kw[cells[places]]
    before = np.cumsum(each) - each
    chosen = energy - before >= each / 2
    if beside < energy - float(each[chosen].sum()) - _HAIR_KW:
        chosen |= before < energy - beside - _HAIR_KW
    return np.asarray(cells[places[chosen]])


def _rule(grid: Grid, bounds: Bounds, power_kw: Floats, index: int, pilot: Pilot) -> bool:
    """Close gaps and drop runs until a session keeps its EVSE's pauses and times; the least energy first."""
    cells = cells_of(grid, index)
    power = power_kw[cells]
    per_kw = grid.cell_kwh_per_kw[cells]
    on = power > _HAIR_KW
    if pilot.allows(on):
        return False
    for _ in range(len(cells)):
        if pilot.allows(on):
            break
        runs = runs_of(on)
        short = [run for run in runs if run[1] - run[0] < pilot.on_slots and run[1] < len(on)]
        tight = [(a[1], b[0]) for a, b in pairwise(runs) if b[0] - a[1] < pilot.off_slots]
        close = [(pilot.least_kw * float(per_kw[slice(*gap)].sum()), 0, gap) for gap in tight]
        lengthen = [_longer(pilot, per_kw, run, len(on)) for run in short]
        drop = [(float(power[slice(*run)] @ per_kw[slice(*run)]), 1, run) for run in short]
        if len(runs) > pilot.most_runs:
            gaps = [(a[1], b[0]) for a, b in pairwise(runs)]
            close += [(pilot.least_kw * float(per_kw[slice(*gap)].sum()), 0, gap) for gap in gaps]
            drop += [(float(power[slice(*run)] @ per_kw[slice(*run)]), 1, run) for run in runs]
        _, what, span = min([*close, *lengthen, *drop])
        on[slice(*span)] = what == 0
    bounds.switch(cells, on, pilot)
    return True


def _longer(
    pilot: Pilot, per_kw: Floats, run: tuple[int, int], size: int
) -> tuple[float, int, tuple[int, int]]:
    end = min(size, run[0] + pilot.on_slots)
    return pilot.least_kw * float(per_kw[run[1] : end].sum()), 0, (run[1], end)


def _step(
    grid: Grid,
    limits: SlotLimits,
    bounds: Bounds,
    power_kw: Floats,
    stepped: Sequence[tuple[int, Pilot]],
) -> None:
    """Give sessions of stepped EVSEs their steps, the error carried on, where others can make room."""
    sessions = np.array([index for index, _ in stepped])
    others = ~np.isin(grid.cell_session, sessions)
    yielding = np.where(others, np.maximum(0.0, power_kw - np.maximum(bounds.low_kw, grid.cell_cap_kw)), 0.0)
    free = limits.sum_kw - grid.load_kw(grid.over_kw(power_kw)) + 0.9 * grid.load_kw(yielding)
    for index, pilot in stepped:
        cells = cells_of(grid, index)
        levels = np.array([0.0, *pilot.levels])
        carried = 0.0
        made = np.zeros(len(cells))
        for place, cell in enumerate(cells):
            per_kw, slot = float(grid.cell_kwh_per_kw[cell]), int(grid.cell_slot[cell])
            wish = float(power_kw[cell]) + carried / per_kw if power_kw[cell] > _HAIR_KW else 0.0
            level = float(levels[np.argmin(np.abs(levels - wish))])
            if level > power_kw[cell] + max(0.0, free[slot]):
                level = float(levels[levels <= power_kw[cell] + _HAIR_KW].max())
            made[place] = level
            free[slot] -= level - float(power_kw[cell])
            carried += (float(power_kw[cell]) - level) * per_kw
        if carried > _ENOUGH_KWH:
            _top_up(grid, free, (cells, levels, power_kw[cells]), made, carried)
        bounds.fix(cells, made)


def _top_up(
    grid: Grid, free_kw: Floats, given: tuple[Ints, Floats, Floats], made_kw: Floats, short_kwh: float
) -> None:
    """Raise the cheapest cells that ran in the ideal plan by a step until nothing is short."""
    cells, levels, ideal_kw = given
    slots = grid.cell_slot[cells]
    for place in np.lexsort((slots, grid.price[slots], ideal_kw <= _HAIR_KW)):
        above = levels[levels > made_kw[place] + _HAIR_KW]
        if len(above) and above[0] - made_kw[place] <= free_kw[slots[place]]:
            free_kw[slots[place]] -= above[0] - made_kw[place]
            short_kwh -= float((above[0] - made_kw[place]) * grid.cell_kwh_per_kw[cells[place]])
            made_kw[place] = above[0]
        if short_kwh <= _ENOUGH_KWH:
            return
