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
    starts = np.searchsorted(grid.cell_slot[order], np.arange(grid.steps + 1)).tolist()
    stepped = np.array([bool(pilot.levels) for pilot in pilots], dtype=bool)
    any_steps = bool(np.any(stepped))
    every = grid.cell_session[order]
    top, least, per, there_h = (
        grid.max_kw[every],
        grid.min_kw[every],
        grid.cell_kwh_per_kw[order],
        (before_h + grid.cell_h)[order],
    )
    drawn = np.maximum(top * ratio, 1e-9)
    for slot in range(grid.steps - 1, -1, -1):
        here = slice(starts[slot], starts[slot + 1])
        cells, who, per_kw, least_kw = order[here], every[here], per[here], least[here]
        wanted = left[who]
        most = np.minimum(top[here], wanted / per_kw)
        laxity = there_h[here] - wanted / drawn[here]
        rank = np.lexsort((who, laxity - dealt.run_bonus_h * running[who]))
        power = np.zeros(len(cells))
        power[rank] = _share(most[rank], least_kw[rank], float(dealt.load_kw[slot]))
        power = _without_tails(power, wanted, per_kw, least_kw)
        for place in np.flatnonzero(stepped[who] & (power > 0)) if any_steps else ():
            power[place] = pilots[int(who[place])].floor(float(power[place]))
        if not room.put_slot(cells, power):
            tight = _one_by_one(grid, room, pilots, cells[rank], (most[rank], float(dealt.load_kw[slot])))
            power[rank] = tight
        left[who] = np.maximum(0.0, wanted - power * per_kw)
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
    sessions: list[int] = grid.cell_session[cells].tolist()
    wish = np.array([pilots[who].floor(kw) for who, kw in zip(sessions, most.tolist(), strict=True)])
    slot_room = room.beside(int(grid.cell_slot[cells[0]]))
    if slot_room is None:
        return _beside_neighbors(room, pilots, (cells, sessions), wish, load_kw)
    places = wish.nonzero()[0]
    lowest = min((_least_of(pilots[sessions[place]]) for place in places), default=0.0) - _ARITHMETIC
    power = np.zeros(len(cells))
    while len(places) and load_kw >= lowest:
        whole = slot_room.take_first(grid.cell_session[cells[places]], wish[places], load_kw)
        power[places[:whole]] = wish[places[:whole]]
        load_kw -= float(wish[places[:whole]].sum())
        if whole < len(places):
            place = int(places[whole])
            session = sessions[place]
            allowed = pilots[session].floor(min(float(wish[place]), slot_room.of(session), load_kw))
            if allowed > 0:
                power[place] = allowed
                slot_room.take(session, allowed)
                load_kw -= allowed
        places = places[whole + 1 :]
    room.put_each(cells, power)
    return power


def _least_of(pilot: Pilot) -> float:
    return max(min(pilot.levels, default=pilot.least_kw), QUANTUM_KW)


def _beside_neighbors(
    room: Room, pilots: list[Pilot], who: tuple[Ints, list[int]], wish: Floats, load_kw: float
) -> Floats:
    """The same where the neighbors of cells are watched."""
    power = np.zeros(len(wish))
    for index, (cell, session) in enumerate(zip(*who, strict=True)):
        if wish[index] <= 0:
            continue
        allowed = pilots[session].floor(min(float(wish[index]), room.of(int(cell)), load_kw))
        if allowed > 0:
            power[index] = allowed
            load_kw -= allowed
            room.put(int(cell), allowed)
    return power
