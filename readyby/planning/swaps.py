"""Give a session what it misses through another that can move: it steps back here and goes on elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import Room
from readyby.planning.pilots import Pilot
from readyby.planning.types import Flags, Floats, Ints

TRIES = 5
"""Moves tried for one session before its need is met at a higher peak."""

Give = Callable[[int, float], float]
"""Raise a session by so many kWh under the ideal plan's peaks; what is still missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What is looked for: a session, the energy that it misses, and what peaks leave in each slot."""

    session: int
    missing_kwh: float
    spare_kw: Floats


def swap_in(grid: Grid, room: Room, pilots: list[Pilot], wish: Swap, give: Give) -> bool:
    """Let another session step back where this one can run, and go on elsewhere; False if none can."""
    session, missing_kwh, spare_kw = wish.session, wish.missing_kwh, wish.spare_kw
    power = grid.matrix(room.power_kw)
    per_kw = np.zeros(power.shape)
    per_kw[grid.cell_session, grid.cell_slot] = grid.cell_kwh_per_kw
    least, most = float(grid.min_kw[session]), float(grid.max_kw[session])
    mine = power[session]
    wanted = missing_kwh / np.maximum(per_kw[session], 1e-9)
    step = np.where(mine > 0, np.minimum(wanted, most - mine), np.maximum(least, np.minimum(wanted, most)))
    step = np.ceil(step * 1000 - 1e-6) / 1000
    usable: Flags = (per_kw[session] > 0) & (step > 1e-3) & (mine + step <= most + 1e-9)
    after = power - step[None, :]
    steps_back: Flags = usable[None, :] & (power > 0) & (after >= grid.min_kw[:, None])
    raised = np.where(
        power > 0, np.minimum(grid.max_kw[:, None] - power, np.maximum(0.0, spare_kw)[None, :]), 0.0
    )
    potential = (raised * per_kw).sum(axis=1)
    steps_back &= (potential[:, None] - raised * per_kw) >= step[None, :] * per_kw
    steps_back[session] = False
    who, where = np.nonzero(steps_back)
    order = np.lexsort((where, who, -potential[who]))[:TRIES]
    cells = _cells(grid)
    for other, slot in zip(who[order], where[order], strict=True):
        if not pilots[other].levels and not grid.stays[other].taper:
            places = (int(cells[other, slot]), int(cells[session, slot]))
            kw = float(step[slot])
            if _move(room, places, kw, lambda: give(int(other), kw * float(per_kw[other, slot]))):  # noqa: B023
                return True
    return False


def _cells(grid: Grid) -> Ints:
    cells = np.full((grid.n, grid.steps), -1, dtype=np.int64)
    cells[grid.cell_session, grid.cell_slot] = np.arange(len(grid.cell_slot))
    return cells


def _move(room: Room, places: tuple[int, int], kw: float, give_back: Callable[[], float]) -> bool:
    """Take power from one cell, put it on another, and find it elsewhere; undone if it cannot be found."""
    theirs, mine = places
    before = room.power_kw.copy()
    room.put(theirs, round(float(before[theirs]) - kw, 6))
    if room.of(mine) >= kw - 1e-9:
        room.put(mine, round(float(before[mine]) + kw, 6))
        if give_back() <= 1e-3:
            return True
    for cell in np.flatnonzero(room.power_kw != before):
        room.put(int(cell), float(before[cell]))
    return False
