"""Give a session what it misses through another that can move: it steps back here and goes on elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from readyby.planning.filling import taper_room_kw
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
    """Let another session step back where this one can run, and go on elsewhere; False if none can.

    It steps back by what limits and peaks do not leave anyway.
    """
    session, missing_kwh, below_kw = wish.session, wish.missing_kwh, np.maximum(0.0, wish.spare_kw)
    power, spare = grid.matrix(room.power_kw), np.minimum(room.spare_kw(), below_kw)
    per_kw = np.zeros(power.shape)
    per_kw[grid.cell_session, grid.cell_slot] = grid.cell_kwh_per_kw
    least, mine = float(grid.min_kw[session]), power[session]
    most = _most_kw(grid, room, pilots[session], session)
    wanted = missing_kwh / np.maximum(per_kw[session], 1e-9)
    step = np.where(mine > 0, np.minimum(wanted, most - mine), np.maximum(least, np.minimum(wanted, most)))
    step = np.ceil(step * 1000 - 1e-6) / 1000
    usable: Flags = (per_kw[session] > 0) & (step > 1e-3) & (mine + step <= most + 1e-9)
    lacking = np.maximum(0.0, np.ceil((step - spare[session]) * 1000 - 1e-6) / 1000)
    steps_back: Flags = usable[None, :] & (power > 0) & (power - lacking[None, :] >= grid.min_kw[:, None])
    may_start = np.where(power > 0, 0.0, grid.min_kw[:, None]) <= spare
    raised = np.where(may_start, np.minimum(grid.max_kw[:, None] - power, spare), 0.0) * per_kw
    potential = raised.sum(axis=1)
    steps_back &= (potential[:, None] - raised) >= lacking[None, :] * per_kw
    steps_back &= room.spare_beside_kw(session, lacking) >= step[None, :] - 1e-9
    steps_back[[bool(pilot.levels) for pilot in pilots]] = False
    steps_back[[*grid.tapered, session]] = False
    who, where = np.nonzero(steps_back)
    order = np.lexsort((where, who, -potential[who]))[:TRIES]
    cells = _cells(grid)
    for other, slot in zip(who[order].tolist(), where[order].tolist(), strict=True):
        places, back_kw = (int(cells[other, slot]), int(cells[session, slot])), float(lacking[slot])
        back_kwh = back_kw * float(per_kw[other, slot])
        if _move(room, places, (back_kw, float(step[slot])), partial(give, other, back_kwh)):
            return True
    return False


def _most_kw(grid: Grid, room: Room, pilot: Pilot, session: int) -> Floats:
    """The most that EVSE and battery allow a session in each slot, the others of its slots staying."""
    cells = grid.own_cells[session]
    most = np.zeros(grid.steps)
    most[grid.cell_slot[cells]] = grid.max_kw[session]
    bent = bool(grid.stays[session].taper)
    for place in range(len(cells)) if bent or pilot.has_rules else ():
        if pilot.has_rules and not pilot.may_start(room.power_kw[cells], place):
            most[grid.cell_slot[cells[place]]] = 0.0
        elif bent:
            kw = pilot.floor(min(pilot.most_kw, taper_room_kw(grid, room, cells, place)))
            most[grid.cell_slot[cells[place]]] = kw
    return most


def _cells(grid: Grid) -> Ints:
    cells = np.full((grid.n, grid.steps), -1, dtype=np.int64)
    cells[grid.cell_session, grid.cell_slot] = np.arange(len(grid.cell_slot))
    return cells


def _move(
    room: Room, places: tuple[int, int], kw: tuple[float, float], give_back: Callable[[], float]
) -> bool:
    """Take power from one cell, raise another, and find it elsewhere; undone if it cannot be found."""
    (theirs, mine), (back_kw, step_kw) = places, kw
    before = room.power_kw.copy()
    room.put(theirs, round(float(before[theirs]) - back_kw, 6))
    if room.of(mine) >= step_kw - 1e-9:
        room.put(mine, round(float(before[mine]) + step_kw, 6))
        if give_back() <= 1e-3:
            return True
    for cell in np.flatnonzero(room.power_kw != before):
        room.put(int(cell), float(before[cell]))
    return False
