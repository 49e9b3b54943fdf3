"""Deal a load out to EVSEs that cannot run below their least pilot, in long runs."""

from dataclasses import dataclass

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import Room
from readyby.planning.pilots import ENOUGH_KWH, QUANTUM_KW, Pilot
from readyby.planning.types import Flags, Floats, Ints

RUN_BONUS_H = 1.0
"""Time to spare that a running session may have more than one that would have to start."""
_ARITHMETIC = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Deal:
    """What is dealt: power per slot, energy per session, the bonus in hours for going on, and to whom."""

    load_kw: Floats
    target_kwh: Floats
    run_bonus_h: float
    among: Flags


def deal(grid: Grid, room: Room, pilots: list[Pilot], dealt: Deal) -> None:
    """Set powers slot by slot, the last slot first, with the load in all where that can be."""
    left = dealt.target_kwh.copy()
    running = np.zeros(grid.n, dtype=bool)
    ratio = grid.situation.draw_ratio
    before_h = _hours_before(grid)
    order = np.argsort(grid.cell_slot, kind="stable")
    order = order[dealt.among[grid.cell_session[order]]]
    starts = np.searchsorted(grid.cell_slot[order], np.arange(grid.steps + 1))
    stepped = np.array([bool(pilot.levels) for pilot in pilots], dtype=bool)
    for slot in range(grid.steps - 1, -1, -1):
        cells = order[starts[slot] : starts[slot + 1]]
        who = grid.cell_session[cells]
        per_kw = grid.cell_kwh_per_kw[cells]
        most = np.minimum(grid.max_kw[who], left[who] / per_kw)
        laxity = before_h[cells] + grid.cell_h[cells] - left[who] / np.maximum(grid.max_kw[who] * ratio, 1e-9)
        rank = np.lexsort((who, laxity - dealt.run_bonus_h * running[who]))
        power = np.zeros(len(cells))
        power[rank] = _share(most[rank], grid.min_kw[who][rank], float(dealt.load_kw[slot]))
        power = _without_tails(power, left[who], per_kw, grid.min_kw[who])
        for place in np.flatnonzero(stepped[who] & (power > 0)):
            power[place] = pilots[int(who[place])].floor(float(power[place]))
        if not room.put_slot(cells, power):
            power = _one_by_one(grid, room, pilots, cells[rank], (most[rank], float(dealt.load_kw[slot])))[
                np.argsort(rank)
            ]
        left[who] = np.maximum(0.0, left[who] - power * per_kw)
        running[:] = False
        running[who] = power > 0


def _hours_before(grid: Grid) -> Floats:
    """For each cell, the hours that its session has been there by then, from now on."""
    total = np.cumsum(grid.cell_h)
    first = np.concatenate([[0.0], total])[grid.cells_of[:-1]]
    before: Floats = total - grid.cell_h - first[grid.cell_session]
    return before


def _share(most: Floats, least: Floats, load_kw: float) -> Floats:
    """Full power in order as long as the load lasts; who gets the rest gets its least pilot, or nobody."""
    power = np.zeros(len(most))
    able = np.flatnonzero((most >= least - _ARITHMETIC) & (most > ENOUGH_KWH))
    filled = np.cumsum(most[able])
    full = int(np.searchsorted(filled, load_kw + _ARITHMETIC, side="right"))
    power[able[:full]] = most[able[:full]]
    rest = load_kw - (float(filled[full - 1]) if full else 0.0)
    if full < len(able) and rest > QUANTUM_KW:
        last = able[full]
        if rest >= least[last]:
            power[last] = rest
        elif full:
            donor = able[full - 1]
            given = least[last] - rest
            if power[donor] - given >= least[donor]:
                power[donor] -= given
                power[last] = least[last]
    return np.round(np.floor(power / QUANTUM_KW + _ARITHMETIC) * QUANTUM_KW, 6)


def _without_tails(power: Floats, left_kwh: Floats, per_kw: Floats, least: Floats) -> Floats:
    """Leave to every session either nothing or enough for its least pilot in another slot."""
    rest = left_kwh - power * per_kw
    tail: Flags = (power > 0) & (rest > ENOUGH_KWH) & (rest < least * per_kw)
    lowered = np.floor((left_kwh - least * per_kw) / per_kw / QUANTUM_KW) * QUANTUM_KW
    return np.where(tail & (lowered >= least), np.round(lowered, 6), power)


def _one_by_one(
    grid: Grid, room: Room, pilots: list[Pilot], cells: Ints, bounds: tuple[Floats, float]
) -> Floats:
    """Most urgent first, each as far as limits allow, until the load is dealt: for tight slots."""
    most, load_kw = bounds
    power = np.zeros(len(cells))
    sessions = [int(session) for session in grid.cell_session[cells]]
    least = [min(pilots[session].levels, default=pilots[session].least_kw) for session in sessions]
    lowest = max(min(least), QUANTUM_KW) - _ARITHMETIC
    slot_room = room.beside(int(grid.cell_slot[cells[0]]))
    for index, (cell, session) in enumerate(zip(cells, sessions, strict=True)):
        if load_kw < lowest:
            break
        if most[index] < least[index] - _ARITHMETIC:
            continue
        spare = slot_room.of(session) if slot_room else room.of(int(cell))
        allowed = pilots[session].floor(min(float(most[index]), spare, load_kw))
        if allowed <= 0:
            continue
        power[index] = allowed
        load_kw -= allowed
        if slot_room:
            slot_room.take(session, allowed)
        else:
            room.put(int(cell), allowed)
    if slot_room:
        room.put_each(cells, power)
    return power
